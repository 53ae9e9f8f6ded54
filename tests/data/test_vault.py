"""Named secrets: encrypted at home, filled into URLs, and no password in clear text in a source file."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import vault
from data.errors import DataError
from data.home import Home
from data.ingest.merge import record_source
from data.passwords import holds_password, without_passwords
from data.sources.declared import declared
from data.store import open_store, read_store
from tests.data.sources.test_sources import read


def test_secret_is_stored_encrypted_in_private_file(tmp_path: Path) -> None:
    vault.put(tmp_path / "keys", "hotline", "p@ss/word")
    file = tmp_path / "keys" / vault.SECRETS
    assert "p@ss" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (vault.names(tmp_path / "keys"), vault.secret(tmp_path / "keys", "hotline")) == (["hotline"], "p@ss/word")
    vault.put(tmp_path / "keys", "hotline", "other")
    assert vault.secret(tmp_path / "keys", "hotline") == "other"
    vault.remove(tmp_path / "keys", "hotline")
    assert vault.names(tmp_path / "keys") == []


@pytest.mark.parametrize("name", ["", "9a", "a b", "a}", "../a", "a" * 65, "密码"])
def test_invalid_secret_names_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="no name of a secret"):
        vault.put(tmp_path, name, "x")


@pytest.mark.parametrize("value", ["", "a\nb", "x" * 4_001, "a\0"])
def test_invalid_secrets_are_refused_and_not_echoed(tmp_path: Path, value: str) -> None:
    with pytest.raises(DataError, match="printable characters") as error:
        vault.put(tmp_path, "a", value)
    assert "\n" not in str(error.value)


def test_missing_or_unreadable_secret_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no secret hotline .* `python -m cockpit secret set hotline`"):
        vault.filled(tmp_path, "x${secret:hotline}")
    vault.put(tmp_path, "hotline", "x")
    (tmp_path / vault.KEY).unlink()
    vault.encrypt(tmp_path, "makes another key")
    with pytest.raises(DataError, match="is another: put it back"):
        vault.secret(tmp_path, "hotline")
    (tmp_path / vault.SECRETS).write_text("[")
    with pytest.raises(DataError, match="cannot be read"):
        vault.names(tmp_path)


def test_source_secret_appears_only_in_its_url(tmp_path: Path) -> None:
    source = read(tmp_path, file=None, url="postgresql://me:${secret:db}@host/db", query="SELECT 1")
    vault.put(tmp_path / "keys", "db", "p@ss/word")
    assert source.database(tmp_path / "keys") == "postgresql://me:p%40ss%2Fword@host/db"
    assert "p@ss" not in source.definition
    vault.put(tmp_path / "keys", "db", "postgresql://me:x@host/db")
    total = read(tmp_path, file=None, url="${secret:db}", query="SELECT 1")
    assert total.database(tmp_path / "keys") == "postgresql://me:x@host/db"


def test_secret_reference_inside_secret_is_not_expanded(tmp_path: Path) -> None:
    vault.put(tmp_path, "a", "${secret:b}")
    assert vault.filled(tmp_path, "${secret:a}") == "${secret:b}"


words = st.text("abcXYZ019._~!$-", min_size=1, max_size=12)


@given(password=words, user=words, kind=st.sampled_from(["postgresql+psycopg", "mysql", "oracle+oracledb", "mssql"]))
def test_plain_text_password_is_refused_anywhere_in_url(password: str, user: str, kind: str) -> None:
    assert holds_password(f"{kind}://{user}:{password}@host/db")
    assert holds_password(f"{kind}://{user}:{password}${{MORE}}@host/db")
    assert holds_password(f"{kind}://{user}@host/db?password={password}")
    assert holds_password(f"{kind}:///?odbc_connect=DRIVER%3Dx%3BPWD%3D{password}")
    for reference in ("${NAME}", "${secret:NAME}"):
        assert not holds_password(f"{kind}://{user}:{reference}@host:5432/db?sslmode=verify-full")
        assert not holds_password(f"{kind}://{user}@host/db?password={reference}")
        assert not holds_password(reference)


@pytest.mark.parametrize(
    "url", ["sqlite:///a.db", "sqlite:////srv/a:b@c.db", "oracle://h:1521/?service_name=d", "${A}"]
)
def test_urls_without_password_are_accepted(url: str) -> None:
    assert not holds_password(url)


@given(password=st.text("abc019.@:/?&=;%$-", min_size=1, max_size=12).map(lambda text: f"geheim{text}geheim"))
def test_masked_url_contains_no_part_of_password(password: str) -> None:
    for url in (
        f"postgresql+psycopg://me:{password}@host:5432/db?sslmode=verify-full",
        f"mysql://me@host/db?password={quote(password)}&charset=utf8mb4",
        f"mssql:///?odbc_connect={quote(f'DRIVER=x;UID=me;PWD={password}')}",
    ):
        masked = without_passwords(url, "${secret:tickets}")
        assert "geheim" not in masked
        assert not holds_password(masked)
        assert without_passwords(masked, "***") == masked


def test_masking_keeps_other_parts_of_url() -> None:
    url = "postgresql+psycopg://me:geheim@host:5432/db?sslmode=verify-full&application_name=a%20b"
    assert without_passwords(url, "***") == url.replace("geheim", "***")


def test_opening_older_store_masks_its_passwords(tmp_path: Path) -> None:
    home = Home(tmp_path, memory="1GB")
    url = "postgresql+psycopg://me:geheim@host/db?sslmode=verify-full"
    source = read(tmp_path, file=None, url="${secret:old}", query="SELECT 1")
    with open_store(home) as store:
        record_source(store, source)
        definition = json.dumps(json.loads(source.definition) | {"url": url})
        store.execute("UPDATE sources SET definition = ?, file = ?", [definition, url])
    with read_store(home) as store:
        rows = store.execute("SELECT definition, file FROM sources").fetchall()
    assert "geheim" not in str(rows)
    assert json.loads(rows[0][0])["url"] == url.replace("geheim", "${secret:hotline}")
    declaration = declared(home, tmp_path / "nowhere", "hotline")
    assert declaration is not None
    assert declaration.query == "SELECT 1"


def test_refusal_does_not_echo_password(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds a password in clear text") as error:
        read(tmp_path, file=None, url="postgresql://me:geheim@host/db", query="SELECT 1")
    assert "geheim" not in str(error.value)
