"""The commands of the README and of docs/api.md work as written, in both languages."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from data.areas.loading import load_areas
from data.home import Home
from data.ingest.loading import load
from data.push.metadata import Pushed
from data.sources.definition import read_source

ROOT = Path(__file__).parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
API = {"README": ROOT / "docs" / "api.md", "README.zh-CN": ROOT / "docs" / "zh" / "api.md"}

pytestmark = pytest.mark.parametrize("readme", READMES, ids=["English", "Chinese"])


def blocks(readme: Path) -> list[str]:
    """The code blocks of a README, without their indent."""
    blocks_found = re.findall(r"^( *)```\w*\n(.*?)^\1```", readme.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return ["\n".join(line.removeprefix(indent) for line in text.splitlines()) + "\n" for indent, text in blocks_found]


def block(readme: Path, start: str) -> str:
    return next(text for text in blocks(readme) if text.startswith(start))


def test_the_areas_and_the_source_file_load(readme: Path, tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text(block(readme, "code,name,level"), "utf-8")
    (tmp_path / "hotline.yaml").write_text(block(readme, "source: hotline"), "utf-8")
    source = read_source(tmp_path / "hotline.yaml")
    expressions = source.expressions
    columns = [
        expressions[f"columns.{c}"].columns for c in ("category", "registered_at", "due_at", "closed_at", "updated_at")
    ]
    names = [
        name
        for columns_used in (expressions["key"].columns, expressions["area"].columns, *columns)
        for name in columns_used
    ]
    row = ("1", "990101001001", "路灯", "2026-03-01 08:00", "2026-03-08 08:00", "", "2026-03-01 08:00")
    (tmp_path / "hotline.csv").write_text(f"{','.join(names)}\n{','.join(row)}\n", "utf-8")
    home = Home(tmp_path / "var", memory="1GB")
    assert load_areas(home, tmp_path / "areas.csv").added == 3
    report = load(home, source)
    assert (report.read, report.accepted, report.rejected) == (1, 1, 0)


@pytest.mark.slow
def test_the_five_minutes_work_word_for_word(readme: Path, tmp_path: Path) -> None:
    """Every command as it stands, in an empty folder; then the first login, and a period that has data."""
    for name, start in {
        "areas.csv": "code,name,level", "hotline.yaml": "source: hotline", "polygons.geojson": "{",
        "hotline.csv": "ticket_no," if readme.stem == "README" else "工单编号,",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(block(readme, start), "utf-8")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    set_up, commands = block(readme, "make setup"), block(readme, "python -m cockpit areas areas.csv")
    *before, serve = commands.splitlines()
    assert serve == "python -m cockpit serve"
    export = set_up.removeprefix("make setup\n")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COCKPIT_PORT": port}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", export + "\n".join(before)], cwd=tmp_path, env=environment,
        input="Harbour-7712\n" * 2, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "2 read, 2 accepted" in ran.stdout
    assert "1 polygons" in ran.stdout
    server = subprocess.Popen(["bash", "-c", export + f"exec {serve}"], cwd=tmp_path, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        with httpx2.Client(base_url=address, headers={"Origin": address}, timeout=60) as client:
            sign_in(client, "wang", "Harbour-7712", "Harbour-8823")
            assert client.get("/").status_code == 200
            response = client.get("/api/v1/metrics/backlog", params={"from": "2026-11-01", "to": "2026-12-01"})
            assert response.status_code == 200, response.text
            assert response.json()[0]["value"] == 1
    finally:
        server.terminate()
        server.wait(20)


def sign_in(client: httpx2.Client, name: str, first: str, new: str) -> None:
    """Sign in for the first time and choose a new password, as the pages ask for."""
    for _ in range(120):
        with suppress(httpx2.TransportError):
            if client.get("/healthz").status_code == 200:
                break
        time.sleep(0.5)
    response = client.post("/login?next=/", data={"name": name, "password": first})
    assert (response.status_code, response.headers["location"].split("?")[0]) == (303, "/password")
    changed = client.post("/password", data={"old": first, "new": new, "again": new})
    assert changed.status_code == 303, changed.text


def test_the_push_is_one_that_its_source_takes(readme: Path, tmp_path: Path) -> None:
    (tmp_path / "areas.csv").write_text(block(readme, "code,name,level"), "utf-8")
    declared = re.sub(r"^file: .*$", "push: true", block(readme, "source: hotline"), flags=re.MULTILINE)
    (tmp_path / "hotline.yaml").write_text(declared, "utf-8")
    shown = block(API[readme.stem], "export TOKEN")
    (sent,) = re.findall(r"-d '(.*)'", shown, re.DOTALL)
    (tmp_path / "body.ndjson").write_text("\n".join(json.dumps(row) for row in json.loads(sent)), "utf-8")
    home = Home(tmp_path / "var", memory="1GB")
    load_areas(home, tmp_path / "areas.csv")
    report = load(
        home, read_source(tmp_path / "hotline.yaml"), file=tmp_path / "body.ndjson", pushed=Pushed("1", "ndjson")
    )
    assert (report.accepted, report.rejected) == (1, 0)
    assert {"push/hotline", "token issue hotline-system --source hotline"} <= set(
        re.findall(r"push/\w+|token issue.*(?=\))", shown)
    )
