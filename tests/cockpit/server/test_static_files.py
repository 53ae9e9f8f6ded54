"""Static files are compressed, typed, and immutable if their name contains a hash."""

import asyncio
import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cockpit.server import assets, shell, static_files
from cockpit.server.compression import CODINGS, Copies, digest

UNDO = {"br": brotli.decompress, "gzip": gzip.decompress}
SHRINKS = re.compile(r"\.(css|html|js|json|svg)$")


async def inner(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("inner")(scope, receive, send)


@dataclass(frozen=True)
class Answer:
    """raw: the body as it was sent."""

    status_code: int
    headers: httpx.Headers
    raw: bytes


def get(path: str, method: str = "GET", app: ASGIApp | None = None, **headers: str) -> Answer:
    async def run() -> Answer:
        transport = httpx.ASGITransport(app or static_files.StaticFiles(shell.Shell(inner)))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            del client.headers["accept-encoding"]
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            async with client.stream(method, path, headers=named) as answer:
                raw = b"".join([part async for part in answer.aiter_raw()])
                return Answer(answer.status_code, answer.headers, raw)

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Copies]:
    """Copies in a folder of the test."""
    made = Copies(tmp_path / "copies")
    monkeypatch.setattr(static_files, "copies", lambda: made)
    static_files.forget()
    yield made
    static_files.forget()


@pytest.mark.parametrize("coding", CODINGS)
def test_every_file_that_shrinks_is_sent_compressed(coding: str) -> None:
    for path, file in static_files.index().items():
        answer, raw = get(path, accept_encoding=coding), file.read()
        sent = answer.headers.get("content-encoding")
        assert answer.status_code == 200, path
        assert (UNDO[sent](answer.raw) if sent else answer.raw) == raw, path
        assert answer.headers["content-length"] == str(len(answer.raw)), path
        assert answer.headers["vary"] == "Accept-Encoding", path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        if SHRINKS.search(path) and len(raw) > 500:
            assert sent == coding, path
        assert len(answer.raw) <= len(raw), path


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (".js", "text/javascript; charset=utf-8"),
        (".css", "text/css; charset=utf-8"),
        (".woff2", "font/woff2"),
        (".png", "image/png"),
        (".gif", "image/gif"),
        (".svg", "image/svg+xml"),
    ],
)
def test_every_file_has_its_type(ending: str, kind: str) -> None:
    assert {file.type for path, file in static_files.index().items() if path.endswith(ending)} == {kind}
    assert "application/octet-stream" not in {file.type for file in static_files.index().values()}


def test_only_names_with_a_hash_are_immutable() -> None:
    for path, file in static_files.index().items():
        hashed = path.startswith("/assets/") or re.search(r"\.[\w-]{8}\.\w+$", path) is not None
        assert file.for_ever == hashed, path
    some = next(path for path in static_files.index() if path.endswith(".js"))
    assert get(some).headers["cache-control"] == "public, max-age=31536000, immutable"
    assert get("/favicon.png").headers["cache-control"] == "no-cache"
    assert get("/").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("coding", ["", *CODINGS])
def test_a_file_that_is_still_the_same_is_304(coding: str) -> None:
    path = assets.url("cockpit.js")
    first = get(path, accept_encoding=coding)
    tag = first.headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = get(path, accept_encoding=coding, if_none_match=known)
        assert (again.status_code, again.raw) == (304, b"")
        assert {name: again.headers[name] for name in ("etag", "cache-control", "vary")} == {
            name: first.headers[name] for name in ("etag", "cache-control", "vary")
        }
    assert get(path, accept_encoding=coding, if_none_match='"other"').status_code == 200


def test_each_coding_has_a_tag_of_its_own() -> None:
    path = assets.url("cockpit.js")
    assert len({get(path, accept_encoding=coding).headers["etag"] for coding in ("", *CODINGS)}) == 3


@pytest.mark.parametrize("coding", ["", *CODINGS])
@pytest.mark.parametrize("path", ["/", "/favicon.png"])
def test_head_has_the_headers_of_get(path: str, coding: str) -> None:
    full, head = get(path, accept_encoding=coding), get(path, "HEAD", accept_encoding=coding)
    assert head.raw == b""
    assert dict(head.headers) == dict(full.headers)


def test_a_range_is_answered_by_the_whole_file() -> None:
    path = assets.url("cockpit.js")
    answer = get(path, range="bytes=10-19", accept_encoding="br")
    assert (answer.status_code, answer.headers["accept-ranges"]) == (200, "none")
    assert brotli.decompress(answer.raw).decode() == assets.content("cockpit.js")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_file_can_only_be_read(method: str) -> None:
    answer = get("/favicon.png", method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/js", "/static/js/none.js", "/static/../index.html", "/static//js", "/static/./js",
     "/static/\0", "/static/js/../../../__init__.py", "/static/\\..\\index.html", "/static/é", "/assets/",
     "/assets/x/app.py", "/assets/0000000000000000/cockpit.js", "/assets/../app.py"]
)  # fmt: skip
def test_nothing_else_is_served(path: str) -> None:
    sent: list[dict[str, Any]] = []

    async def run() -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        await static_files.StaticFiles(inner)(scope, receive, send)

    asyncio.run(run())
    assert sent[0]["status"] == 404
    assert not any(b"immutable" in value for _, value in sent[0]["headers"])
    assert sent[1]["body"] == b"there is no such file: reload the page\n"


def test_other_paths_go_on() -> None:
    for path in ("/api/v1/metrics", "/statics", "/favicon.ico", "/sites/more"):
        assert get(path).raw == b"inner"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", ""),
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.2, gzip;q=0.8", "gzip"),
        ("*", "br"),
        ("*;q=0", ""),
        ("br;q=0, *", "gzip"),
        ("identity", ""),
        ("deflate", ""),
        ("brotli", ""),
        ("br;q=nonsense", ""),
        ("br ; q=0", ""),
        (",;,", ""),
    ],
)
def test_preferred_encoding_is_used(accepted: str, coding: str) -> None:
    assert static_files.chosen(accepted) == coding


@given(st.text(alphabet="abgirzpq=;,.01* -é", max_size=40))
def test_any_header_chooses_something(accepted: str) -> None:
    assert static_files.chosen(accepted) in ("", *CODINGS)


def test_copies_are_made_once_and_sent(store: Copies) -> None:
    raws = [b"some text " * 500, bytes(range(256)) * 2, b""]
    assert not store.has(map(digest, raws))
    store.make(raws)
    assert store.has(map(digest, raws))
    before = {path: path.stat().st_mtime_ns for path in store.folder.iterdir()}
    store.make(raws)
    assert {path: path.stat().st_mtime_ns for path in store.folder.iterdir()} == before
    for coding, undo in UNDO.items():
        packed = store.of(raws[0], coding)
        assert packed == (store.folder / f"{digest(raws[0])}.{coding}").read_bytes()
        assert undo(packed) == raws[0]
        assert store.of(b"", coding) is None
    assert {path.stat().st_mode & 0o077 for path in store.folder.iterdir()} == {0}


def test_copies_of_an_older_version_are_removed(store: Copies) -> None:
    store.make([b"old " * 500])
    store.make([b"new " * 500])
    assert {path.stem for path in store.folder.iterdir()} == {digest(b"new " * 500)}


@pytest.mark.parametrize("damage", [b"x", b"\x1f\x8b\x08", brotli.compress(b"another text " * 9)])
@pytest.mark.parametrize("coding", CODINGS)
def test_a_damaged_copy_is_not_sent(store: Copies, coding: str, damage: bytes) -> None:
    raw = b"some text " * 500
    store.make([raw])
    (store.folder / f"{digest(raw)}.{coding}").write_bytes(damage)
    packed = store.of(raw, coding)
    assert packed is not None
    assert UNDO[coding](packed) == raw


def test_a_home_that_cannot_be_written_is_served_compressed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    packed = Copies(tmp_path / "file" / "copies").of(b"some text " * 500, "br")
    assert packed
    assert len(packed) < 100


def test_when_all_copies_are_made_the_quick_ones_are_forgotten(store: Copies, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = assets.content("cockpit.js").encode()
    path = assets.url("cockpit.js")
    monkeypatch.setattr(static_files, "index", lambda: {path: static_files.File("text/javascript", True, lambda: raw)})
    quick = get(path, accept_encoding="br").raw
    assert not static_files.are_copied()
    store.make([raw])
    assert get(path, accept_encoding="br").raw == quick
    assert static_files.are_copied()
    assert len(get(path, accept_encoding="br").raw) < len(quick)


def test_the_page_names_only_files_that_are_served() -> None:
    named = {url.removeprefix(".") for url in re.findall(r'(?:src|href)="([^"]+)"', shell.page())}
    assert assets.url("style.css") in named
    assert assets.url("cockpit.js") in named
    assert named <= set(static_files.index())


def test_the_page_names_everything_a_first_screen_loads_and_no_font() -> None:
    page = shell.page()
    scripts = set(re.findall(r'js/([^"]+\.js)"', page))
    for name in scripts:
        needed = set(shell.IMPORT.findall((shell.SCRIPTS / name).read_text("utf-8")))
        assert needed <= scripts, name
    assert any(name.startswith(f"{shell.LAZY}.") for name in scripts), f"Streamlit has no part {shell.LAZY} any more"
    assert "Plotly" not in page
    assert "woff" not in page
    assert "<!--" not in page
    assert page.index(shell.POLYFILLS.read_text("utf-8")) < page.index(shell.CONNECT.read_text("utf-8"))
    assert "/_stcore/agent" not in page


def test_the_page_is_streamlits_own_but_for_what_we_replace() -> None:
    """What is replaced has to be in Streamlit's page: a new version may have it in another form."""
    theirs = (shell.STREAMLIT / "index.html").read_text("utf-8")
    for part in ('<html lang="en">', "<title>Streamlit</title>", 'rel="preload"', 'rel="service-desc"', "<noscript>"):
        assert part in theirs
    assert set(shell.MODULE.findall(theirs)) <= set(re.findall(r'js/([^"]+\.js)"', shell.page()))
    assert re.search(r'<script type="module" crossorigin src="\./static/js/index\.[\w-]{8}\.js">', shell.page())
    assert '<div id="root"></div>' in shell.page()


@pytest.mark.parametrize(
    ("address", "elsewhere"),
    [
        ("/?wall=1", "/?wall=1&embed_options=dark_theme"),
        ("/?area=990101001000&wall=1&q=a%26b", "/?area=990101001000&wall=1&q=a%26b&embed_options=dark_theme"),
        ("/?wall=1&embed_options=light_theme", ""),
        ("/?wall=0", ""),
        ("/?wall=1&wall=0", ""),
        ("/", ""),
    ],
)
def test_a_wall_is_dark_unless_its_address_names_a_theme(address: str, elsewhere: str) -> None:
    answer = get(address)
    assert answer.headers.get("location", "") == elsewhere
    assert answer.status_code == (303 if elsewhere else 200)


@pytest.mark.parametrize("path", sorted(shell.PATHS))
def test_every_page_is_the_same_page(path: str) -> None:
    answer = get(path, accept_encoding="br")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert brotli.decompress(answer.raw).decode() == shell.page()
