"""The queue: one worker a home, interrupted reports retried, scheduled reports made once, and mail sent."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from cockpit.access.policy import OPERATOR
from cockpit.i18n import using
from cockpit.labels.wording import worded
from cockpit.reports import make, schedule, worker
from cockpit.reports.delivery import mail
from cockpit.reports.errors import ReportError
from cockpit.server import background
from cockpit.settings import Settings, load
from data.desk import clock, reports
from data.desk.models import Report as Stored
from data.desk.store import Desk
from tests.cockpit.reports.conftest import november
from tests.factory import DISTRICT, TOWNS

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 240
"""The worker gives way to everything else on a busy machine."""
PLAN = {"id": "monthly", "kind": "brief", "areas": [DISTRICT], "every": "month", "format": "pdf"}


def order(desk: Desk, config: Settings, **more: object) -> str:
    report, _told = make.ask(desk, config, november("brief", **more), OPERATOR, "tester")
    assert report
    return report.id


@pytest.fixture
def clear(desk: Desk) -> None:
    """An empty queue."""
    with desk.begin() as session:
        session.query(Stored).delete()


@pytest.mark.usefixtures("clear")
def test_reports_are_made_in_request_order(desk: Desk, config: Settings) -> None:
    ids = [order(desk, config, format=format) for format in ("pdf", "csv")]
    assert [worker.once(desk, config), worker.once(desk, config), worker.once(desk, config)] == [True, True, False]
    made = [reports.find(desk, id) for id in ids]
    assert all(one.status == "draft" and len(one.sha256) == 64 for one in made)


@pytest.mark.usefixtures("clear")
def test_failed_report_gives_its_reason(desk: Desk, config: Settings) -> None:
    id = order(desk, config, start=datetime(1990, 1, 1).date(), end=datetime(1990, 2, 1).date())
    worker.once(desk, config)
    report = reports.find(desk, id)
    assert report.status == "failed"
    with using("zh"):
        reason = worded(report.why)
    assert "临江区" in reason
    assert "没有任何数据" in reason


@pytest.mark.usefixtures("clear")
def test_report_of_a_dead_worker_is_retried_a_few_times(desk: Desk, config: Settings) -> None:
    id, worker_name = order(desk, config), worker.name(config)
    for _ in range(reports.MOST_TRIES):
        assert reports.take(desk, worker_name).id == id
    assert reports.take(desk, worker_name) is None
    assert "died three times" in str(reports.find(desk, id).why)


@pytest.mark.usefixtures("clear")
def test_drafts_of_killed_workers_are_removed(config: Settings) -> None:
    folder = make.store(config)
    folder.mkdir(parents=True, exist_ok=True)
    gone = subprocess.Popen(["true"])
    gone.wait()
    ends = {f".R20261126-1.docx-{gone.pid}": False, f".R20261126-2.pdf-{os.getpid()}": False}
    ends |= {f".R20261126-3.pdf-{os.getppid()}": True, "R20261126-4.pdf": True}
    for name in ends:
        (folder / name).touch()
    worker._tidy(config)
    assert {name: (folder / name).exists() for name in ends} == ends


def test_another_home_takes_over_only_from_the_silent(desk: Desk, config: Settings) -> None:
    id = order(desk, config)
    assert reports.take(desk, "first").id == id
    assert reports.take(desk, "second") is None
    with desk.begin() as session:
        session.get_one(Stored, id).seen_at = clock.now() - 2 * reports.ALIVE
    assert reports.take(desk, "second").id == id


@pytest.mark.slow  # kills processes
@pytest.mark.usefixtures("clear")
def test_a_queue_survives_its_workers(desk: Desk, config: Settings) -> None:
    """A worker killed at work, then another one: every requested report is made, by one process at a time."""
    first = _started(config)
    ids = [order(desk, config, format="pdf") for _ in range(2)]
    time.sleep(0.5)
    first.kill()
    first.wait(20)
    second, third = _started(config), _started(config)
    try:
        _until(lambda: all(reports.find(desk, id).made for id in ids))
        at_work = [p.pid for p in (second, third) if os.getpriority(os.PRIO_PROCESS, p.pid) == background.NICENESS]
        assert [os.sched_getscheduler(pid) for pid in at_work] == [os.SCHED_BATCH]
    finally:
        for process in (second, third):
            process.send_signal(signal.SIGTERM)
        assert [process.wait(20) for process in (second, third)] == [0, 0]


def _started(config: Settings) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "COCKPIT_HOME": str(config.home)}
    return subprocess.Popen([sys.executable, "-m", "cockpit.reports.worker"], cwd=ROOT, env=environment)


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < end, "it was not made in time"
        time.sleep(0.2)


# --- the schedule -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("every", "now", "turn", "start", "end"),
    [
        ("month", datetime(2026, 12, 1, 6, 30), datetime(2026, 12, 1, 6, 30), "2026-11-01", "2026-12-01"),
        ("month", datetime(2026, 12, 1, 6, 29), datetime(2026, 11, 1, 6, 30), "2026-10-01", "2026-11-01"),
        ("week", datetime(2026, 11, 25, 12), datetime(2026, 11, 23, 6, 30), "2026-11-16", "2026-11-23"),
        ("week", datetime(2026, 11, 23, 6), datetime(2026, 11, 16, 6, 30), "2026-11-09", "2026-11-16"),
    ],
)
def test_a_turn_is_of_the_week_or_month_before(every: str, now: datetime, turn: datetime, start: str, end: str) -> None:
    plan = schedule.Plan(**{**PLAN, "every": every})
    assert plan.turn(now) == turn
    period = plan.period(turn.date())
    assert (str(period.start), str(period.end)) == (start, end)
    fires = plan.trigger("Asia/Shanghai").get_next_fire_time(None, turn.astimezone())
    assert fires.strftime("%H:%M") == "06:30"


@pytest.mark.usefixtures("clear")
def test_a_missed_turn_is_caught_up_once(desk: Desk, config: Settings) -> None:
    plan, now = schedule.Plan(**PLAN), datetime(2026, 12, 9, 8)
    for at in (now, now + timedelta(days=1), now + timedelta(days=2)):
        schedule.catch_up(desk, config, [plan], at)
    listed = reports.listing(desk)
    assert [(one.plan, one.slot, one.who) for one in listed] == [("monthly", "2026-12-01", "schedule:monthly")]
    schedule.catch_up(desk, config, [plan], datetime(2027, 1, 1, 7))
    assert len(reports.listing(desk)) == 2


@pytest.mark.usefixtures("clear")
def test_failed_scheduled_request_is_listed(desk: Desk, config: Settings) -> None:
    plan = schedule.Plan(**{**PLAN, "areas": [990109000000]})
    schedule.take_turn(desk, config, plan, datetime(2026, 12, 9))
    report = reports.listing(desk)[0]
    assert (report.status, "990109000000" in str(report.why)) == ("failed", True)


def test_a_wrong_schedule_names_entry_and_field(config: Settings, tmp_path: Path) -> None:
    file = tmp_path / "schedule.yaml"
    for text, location in (
        ("- {id: a, kind: brief, areas: [990101000000], every: day}", "0.every"),
        ("- {id: a, kind: brief, areas: [990101000000], every: week, mail: [nobody]}", "0.mail.0"),
        ("- {id: a, kind: open_data, areas: [990101000000], every: week}", "open_data is not made as docx"),
        ("- {id: a, kind: breif, areas: [990101000000], every: week}", 'Did you mean "brief"'),
        ("[", "not readable"),
    ):
        file.write_text(text, "utf-8")
        with using("en"), pytest.raises(ReportError, match=location):
            schedule.read(file, config)


# --- mail ---------------------------------------------------------------------------------------------------------


class Box:
    """What a mail server received."""

    def __init__(self) -> None:
        self.received: list[tuple[list[str], Message]] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, str]]:
    """A real SMTP server, and its address as a setting."""
    box = Box()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"smtp://127.0.0.1:{port}"
    server.stop()


@pytest.mark.usefixtures("clear")
def test_a_scheduled_report_goes_to_its_addresses_once(
    desk: Desk, config: Settings, box: tuple[Box, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    received, address = box
    sending = load(smtp=address, mail_from="cockpit@example.org")
    plan = schedule.Plan(**{**PLAN, "areas": TOWNS, "mail": ["a@example.org", "b@example.org"]})
    schedule.catch_up(desk, sending, [plan], datetime(2026, 12, 9))
    while worker.once(desk, sending):
        pass
    report = reports.listing(desk)[0]
    assert report.mailed_at
    (to, message), *more = received.received
    assert (to, more) == (["a@example.org", "b@example.org"], [])
    text, attached = message.walk() if not message.is_multipart() else list(message.walk())[1:]
    assert report.sha256 in text.get_payload(decode=True).decode()
    assert attached.get_payload(decode=True) == make.file_of(sending, report).read_bytes()
    assert attached.get_filename().endswith(f"{report.id}.pdf")
    assert parsedate_to_datetime(message["Date"])
    assert message["Message-ID"] == f"<{report.id}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.usefixtures("clear")
def test_an_attachment_has_its_chinese_name_for_every_reader(
    desk: Desk, config: Settings, box: tuple[Box, str]
) -> None:
    """Outlook reads the encoded words of Content-Type, others the RFC 2231 name of Content-Disposition."""
    received, address = box
    sending = load(smtp=address, mail_from="cockpit@example.org")
    schedule.catch_up(desk, sending, [schedule.Plan(**{**PLAN, "mail": ["a@example.org"]})], datetime(2026, 12, 9))
    worker.once(desk, sending)
    (_to, message), *_more = received.received
    attached = list(message.walk())[-1]
    name = attached.get_filename()
    assert any("一" <= character <= "鿿" for character in name)
    words = dict(attached.get_params())["name"]
    assert words.isascii()
    assert str(make_header(decode_header(words))) == name
    assert "filename*=utf-8''" in attached["Content-Disposition"]
    assert "filename=" not in attached["Content-Disposition"]
    assert all(len(line) < 998 for line in message.as_bytes().splitlines())
    assert name.startswith(str(make_header(decode_header(message["Subject"])))[:2])


@pytest.mark.usefixtures("clear")
def test_failed_mail_is_logged_and_retried(desk: Desk, config: Settings, box: tuple[Box, str]) -> None:
    received, address = box
    plan = schedule.Plan(**{**PLAN, "mail": ["a@example.org"]})
    schedule.catch_up(desk, config, [plan], datetime(2026, 12, 9))
    worker.once(desk, config)
    mail.deliver(desk, load(smtp="smtp://127.0.0.1:9"))
    report = reports.listing(desk)[0]
    assert (report.mailed_at, bool(report.mail_fault), report.status) == (None, True, "draft")
    mail.deliver(desk, load(smtp=address))
    assert received.received == []  # not at once again
    mail._tried.clear()
    mail.deliver(desk, load(smtp=address))
    assert len(received.received) == 1
    assert reports.listing(desk)[0].mail_fault == ""


@pytest.mark.parametrize("page", ["docs/reports.md", "docs/zh/reports.md"])
def test_the_documented_schedule_is_one(config: Settings, tmp_path: Path, page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    start = text.index("- {id: district-monthly")
    (tmp_path / "schedule.yaml").write_text(text[start : text.index("```", start)], "utf-8")
    plans = schedule.read(tmp_path / "schedule.yaml", config)
    assert [(plan.kind, plan.every) for plan in plans] == [("monthly", "month"), ("brief", "week")]
