"""Reports on a full disk: a clear refusal, nothing half-written, and success once there is room."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from data.desk import clock, reports
from data.desk.identity import tokens
from data.desk.store import open_desk
from tests.cockpit.api.conftest import Served, prepared
from tests.disk import fill, mounted
from tests.factory import DISTRICT

pytestmark = pytest.mark.slow

DISK_MB = 64
PATIENCE_SECONDS = 240
REPORT = {"kind": "brief", "areas": [DISTRICT], "from": "2026-11-01", "to": "2026-11-20", "format": "docx"}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Served, httpx.Client]]:
    """A disk, the server whose home lies on it, and a client of the API that may ask for reports."""
    with mounted(tmp_path_factory.mktemp("full") / "disk", DISK_MB) as disk:
        served = Served(prepared(disk / "var"))
        desk = open_desk(f"sqlite:///{served.home / 'desk.sqlite'}")
        until = clock.now() + timedelta(days=1)
        token = tokens.issue(desk, "reader", area=DISTRICT, reports=True, expires_at=until)
        desk.close()
        served.start(COCKPIT_PUBLISH_SECONDS="3600", COCKPIT_LANGUAGE="en")
        with httpx.Client(
            base_url=f"{served.address}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=120
        ) as client:
            yield disk, served, client
        served.stop()


def settled(client: httpx.Client, id: str, *wanted: str) -> dict:
    """The report, once its status is one of the wanted."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (body := client.get(f"/reports/{id}").json()).get("status") not in wanted:
        assert time.monotonic() < until, body
        time.sleep(0.5)
    return body


def is_static(file: Path) -> bool:
    """A compressed static file, or the lock of the process that makes them."""
    return "static" in (file.stem, file.parent.name)


def left(home: Path) -> list[str]:
    """Drafts of reports, and what the writers put aside; compressed static files are the server's and stay."""
    drafts = [file for file in (home / "reports").rglob(".*") if file.name != ".worker"]
    scratch = [file for file in home.glob("scratch/**/*") if file.is_file() and not is_static(file)]
    return sorted(str(file.relative_to(home)) for file in (*drafts, *scratch))


def test_report_request_on_full_disk_is_refused_with_a_message(full: tuple[Path, Served, httpx.Client]) -> None:
    disk, served, client = full
    filler = fill(disk, 0)
    answers = [client.post("/reports", json=REPORT) for _ in range(3)]
    before = len([one for one in answers if one.status_code == 202])
    assert all(one.status_code in (202, 503) for one in answers)
    assert any(one.status_code == 503 for one in answers)
    for one in answers:
        assert one.status_code == 202 or re.search("is full|no room on the disk", one.json()["detail"])
    assert httpx.get(f"{served.address}/readyz").status_code == 503, "nobody is sent here now"
    assert client.get("/reds?from=2026-11-01&to=2026-11-20").status_code in (200, 503)
    filler.unlink()
    assert len(client.get("/reports").json()) == before
    body = settled(client, client.post("/reports", json=REPORT).json()["id"], "draft", "failed")
    assert body["status"] == "draft"
    assert "Traceback" not in (served.home / "serve.log").read_text()
    assert left(served.home) == []


@pytest.mark.parametrize("format", ["docx", "xlsx", "pdf", "csv"])
def test_a_report_that_finds_no_room_while_it_is_made(
    full: tuple[Path, Served, httpx.Client], format: str, request: pytest.FixtureRequest
) -> None:
    """It fails in words or is made once there is room, and leaves nothing behind."""
    disk, served, client = full
    lines_of: Callable[[], list[str]] = lambda: sorted(file.name for file in (served.home / "reports").rglob("R*"))  # noqa: E731
    before = lines_of()
    filler = fill(disk, 400_000)
    rest = disk / "rest"
    try:
        response = client.post("/reports", json=REPORT | {"format": format})
        # what was left for the desk's row is gone when the file is written
        with contextlib.suppress(OSError), rest.open("wb", buffering=0) as file:
            while file.write(b"0" * 4096):
                pass
        if response.status_code == 503:
            assert "full" in response.json()["detail"]
            return
        time.sleep(6)
        assert [name for name in lines_of() if name not in before and not name.startswith(response.json()["id"])] == []
    finally:
        rest.unlink(missing_ok=True)
        filler.unlink()
    body = settled(client, response.json()["id"], "draft", "failed")
    if body["status"] == "failed":
        assert "No space left" in body["fault"] or "full" in body["fault"]
        assert lines_of() == before
    assert left(served.home) == []
    log = (served.home / "serve.log").read_text()
    assert "Traceback" not in log
    desk = open_desk(f"sqlite:///{served.home / 'desk.sqlite'}")
    stored = reports.find(desk, response.json()["id"])
    desk.close()
    assert stored
    assert bool(stored.file) == (body["status"] == "draft")
