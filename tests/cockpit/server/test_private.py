"""Files are readable by their owner only and headers disable unneeded browser features, in any environment."""

import asyncio
import errno
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import app as application
from cockpit import settings
from cockpit.access import changes
from cockpit.commands import cli
from cockpit.errors import UsageError
from cockpit.serving import headers
from cockpit.serving.protocol import STATUS_LINE, Refusal
from data.desk.auditing.custody import Custody
from data.desk.store import open_desk
from data.errors import DataError
from data.home import Home
from tests.disk import mounted


def test_files_written_by_commands_are_private_for_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        cli.main(
            ["user", "add", "li", "--password", "Hongqi+2026+x", "--home", str(tmp_path / "var")],
            standalone_mode=False,
        )
    finally:
        os.umask(before)
    made = [path for path in tmp_path.rglob("*") if not path.is_symlink()]
    assert {path.name for path in made} >= {"desk.sqlite", "audit.key", "var-audit.jsonl"}
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in made} == {0}


def test_a_home_that_others_may_read_is_closed(tmp_path: Path) -> None:
    root = tmp_path / "var"
    (root / "editions").mkdir(parents=True)
    (root / "spool" / "deep").mkdir(parents=True)
    (root / "of-others").mkdir()
    outside = tmp_path / "outside"
    outside.write_text("")
    for file in ("editions/a.duckdb", "spool/deep/b.csv", "store.duckdb", "of-others/c"):
        (root / file).write_text("")
    (root / "link").symlink_to(outside)
    for path in (*root.rglob("*"), root, outside):
        path.chmod(0o777)
    Home(root).make_private()
    mode = {path.name: stat.S_IMODE(path.lstat().st_mode) & 0o077 for path in (*root.rglob("*"), root, outside)}
    assert {name for name, rights in mode.items() if rights} == {"link", "outside", "of-others", "c"}


def test_a_folder_of_all_users_is_no_home(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    with pytest.raises(DataError, match="name one of its own with COCKPIT_HOME"):
        Home(tmp_path).make_private()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o1777


@pytest.mark.parametrize("below", ["", "home"])
def test_a_home_that_is_no_folder_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"the home .*/file.* is no folder: name another"):
        Home(tmp_path / "file" / below).make_private()


def test_a_home_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home").chmod(0o755)  # whatever the umask: a command that ran in this process has set it

    def refused(*_args: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted", str(tmp_path / "home"))

    monkeypatch.setattr(Path, "chmod", refused)
    with pytest.raises(DataError, match="home cannot be made private"):
        Home(tmp_path / "home").make_private()


def test_keys_and_secrets_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = ["--home", str(tmp_path / "var")]
    run = CliRunner()

    def ran(*words: str, text: str = "") -> Result:
        return run.invoke(cli, [*words, *home], input=text)

    assert "mail is kept" in ran("secret", "set", "mail", text="p@ss/word\n").output
    assert ran("secret", "set", "db", "--stdin", text="geheim\n").exit_code == 0
    assert ran("secret", "list").output.split() == ["db", "mail"]
    assert "2 secrets are encrypted" in ran("keys", "rotate").output
    assert ran("secret", "remove", "db").exit_code == 0
    assert isinstance(ran("secret", "remove", "db").exception, UsageError)
    assert isinstance(ran("secret", "set", "a b", text="x\n").exception, UsageError)
    assert "the audit is intact" in ran("audit", "verify").output
    monkeypatch.setenv("COCKPIT_SMTP", "smtp://me:${secret:mail}@host:25")
    monkeypatch.setenv("COCKPIT_DESK", "postgresql+psycopg://me:${secret:mail}@host/db")
    monkeypatch.setenv("COCKPIT_OIDC_CLIENT_SECRET", "${secret:mail}")
    config = settings.load(home=tmp_path / "var")
    assert config.filled(config.smtp) == "smtp://me:p%40ss%2Fword@host:25"
    assert config.desk_url == "postgresql+psycopg://me:p%40ss%2Fword@host/db"
    assert config.filled(config.oidc_client_secret) == "p@ss/word"
    assert "p@ss" not in changes.describe(config)
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        assert b"p@ss" not in file.read_bytes()


def test_nothing_runs_without_an_anchor_of_the_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COCKPIT_AUDIT_ANCHOR", str(tmp_path / "file" / "anchor.jsonl"))
    completed = CliRunner().invoke(cli, ["user", "list", "--home", str(tmp_path / "var")])
    assert "COCKPIT_AUDIT_ANCHOR" in str(completed.exception)
    assert "\n" not in str(completed.exception)


def test_headers_close_what_no_page_needs() -> None:
    sent = headers.HEADERS
    assert "camera=()" in sent["Permissions-Policy"]
    assert "geolocation=(self)" in sent["Permissions-Policy"]
    assert sent["Cross-Origin-Opener-Policy"] == sent["Cross-Origin-Resource-Policy"] == "same-origin"


async def _fails(request: Request) -> Response:
    raise RuntimeError("unexpected")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/none", 401),
        ("/login", 200),
        ("/login/demo", 405),
        ("/media/x", 404),
        ("/login/fails", 500),
    ],
)
def test_every_answer_carries_the_headers(path: str, status: int, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "var"))
    settings.current.cache_clear()
    routes = [Route("/login/fails", _fails), *application.ROUTES]
    served = Starlette(routes=routes, middleware=[Middleware(outer) for outer in application.OUTER])

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(served, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(path)

    answer = asyncio.run(send())
    settings.current.cache_clear()
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in headers.HEADERS} == headers.HEADERS


@pytest.mark.parametrize("status", sorted(STATUS_LINE.keys() & {400, 408, 413, 414, 431, 503}))
def test_an_answer_without_the_application_carries_them_too(status: int) -> None:
    response = Refusal(status, "no", page=b"<p>no</p>" if status == 503 else b"").answer()
    head = response.split(b"\r\n\r\n")[0].decode().splitlines()[1:]
    headers_sent = dict(line.split(": ", 1) for line in head)
    assert {name: headers_sent.get(name.lower()) for name in headers.HEADERS} == headers.HEADERS


def test_a_home_on_a_disk_for_reading_is_said_in_one_line(tmp_path: Path) -> None:
    root = tmp_path / "disk" / "var"
    with mounted(tmp_path / "disk", 16) as disk:
        open_desk(f"sqlite:///{root / 'desk.sqlite'}", Custody.of_home(root)).close()
        remount = ["mount", "-o", "remount,ro", str(disk)]
        if subprocess.run(remount, capture_output=True, check=False).returncode:
            pytest.skip("this machine lets nobody mount a disk again for reading")
        with pytest.raises(DataError, match=r"the home .*/var cannot be written"):
            Home(root).make_private()
        with pytest.raises(DataError, match=r"the folder .*/var cannot be written"):
            open_desk(f"sqlite:///{root / 'desk.sqlite'}", Custody.of_home(root))
        said = CliRunner().invoke(cli, ["user", "list", "--home", str(root)])
        assert "cannot be written" in str(said.exception)
