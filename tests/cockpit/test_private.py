"""Files are their owner's alone and headers close what no page needs, whatever the surroundings."""

import os
import stat
from pathlib import Path

import app as application
from cockpit.commands import cli


def test_what_a_command_writes_is_private_whatever_the_umask(tmp_path: Path) -> None:
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


def test_headers_close_what_no_page_needs() -> None:
    headers = application.HEADERS
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
