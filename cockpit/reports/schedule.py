"""Weekly and monthly reports, made by the server when their turn comes; a turn that was missed is caught up once."""

import logging
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import yaml
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from cockpit.access.policy import Grants, Held
from cockpit.i18n import using
from cockpit.reports import make, request
from cockpit.reports.errors import ReportError
from cockpit.reports.kind import Format, named
from cockpit.reports.request import Code, Request
from cockpit.settings import Settings
from data import yamls
from data.areas.levels import end_of
from data.desk import reports
from data.desk.auditing import audit
from data.desk.store import Desk
from data.editions.edition import current
from data.errors import DataError
from data.messages import Message
from data.system_errors import line_of
from metrics.errors import MetricsError
from metrics.period import Period, shift

log = logging.getLogger("cockpit.reports")

Address = Annotated[str, Field(pattern=re.compile(r"^[^@\s,]+@[^@\s,]+$"))]


class Plan(BaseModel):
    """One entry of the schedule. A week's report is made on Monday of the week before, a month's on the first."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,60}$")]
    kind: str
    areas: Annotated[tuple[Code, ...], Field(min_length=1)]
    every: Literal["week", "month"]
    at: time = time(6, 30)
    format: Format = "docx"
    lang: Literal["zh", "en"] = "zh"
    mail: tuple[Address, ...] = ()

    def turn(self, now: datetime) -> datetime:
        """The last turn at or before `now`, local."""
        day = now.date()
        first = day.replace(day=1) if self.every == "month" else day - timedelta(days=day.weekday())
        latest = datetime.combine(first, self.at)
        if latest <= now:
            return latest
        return datetime.combine(shift(first, -1) if self.every == "month" else first - timedelta(days=7), self.at)

    def period(self, turn: date) -> Period:
        """The whole week or month before a turn."""
        return Period(shift(turn, -1) if self.every == "month" else turn - timedelta(days=7), turn)

    def trigger(self, zone: str) -> CronTrigger:
        when = {"day": 1} if self.every == "month" else {"day_of_week": "mon"}
        return CronTrigger(hour=self.at.hour, minute=self.at.minute, timezone=ZoneInfo(zone), **when)


class Turns:
    """The running schedule."""

    def __init__(self, scheduler: BackgroundScheduler | None) -> None:
        self._scheduler = scheduler

    def stop(self) -> None:
        if self._scheduler:
            self._scheduler.shutdown(wait=False)


NEVER = Turns(None)


def read(file: Path, config: Settings) -> tuple[Plan, ...]:
    """The plans of a file. ReportError that names entry and field."""
    try:
        raw = yamls.parsed(file.read_text("utf-8"))
        plans = TypeAdapter(tuple[Plan, ...]).validate_python(raw or [])
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ReportError(
            "schedule.unreadable", "COCKPIT_SCHEDULE {file}: not readable: {why}", file=file, why=line_of(error)
        ) from error
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ReportError(
            "schedule.invalid", "COCKPIT_SCHEDULE {file}: {faults}", file=file.name, faults="; ".join(faults)
        ) from error
    kinds = request.kinds_of(config)
    ids = [plan.id for plan in plans]
    for plan in plans:
        if ids.count(plan.id) > 1:
            raise ReportError(
                "schedule.twice", "COCKPIT_SCHEDULE {file}: two plans are called {id}", file=file.name, id=plan.id
            )
        if plan.format not in named(kinds, plan.kind).formats:
            raise ReportError(
                "schedule.format",
                "COCKPIT_SCHEDULE {file}: {id}: {kind} is not made as {format}",
                file=file.name,
                id=plan.id,
                kind=plan.kind,
                format=plan.format,
            )
    return plans


def start(desk: Desk, config: Settings) -> Turns:
    """Catch up what was missed, then wait for the turns to come."""
    assert config.schedule is not None
    plans = read(config.schedule, config)
    catch_up(desk, config, plans, now(config))
    scheduler = BackgroundScheduler(timezone=ZoneInfo(config.zone))
    for plan in plans:
        scheduler.add_job(
            lambda plan=plan: take_turn(desk, config, plan, now(config)), plan.trigger(config.zone), id=plan.id,
            coalesce=True, misfire_grace_time=None,
        )  # fmt: skip
    scheduler.start()
    return Turns(scheduler)


def catch_up(desk: Desk, config: Settings, plans: Sequence[Plan], at: datetime) -> None:
    """Ask for the last turn of each plan that was not taken; the ones before it are past."""
    for plan in plans:
        take_turn(desk, config, plan, at)


def take_turn(desk: Desk, config: Settings, plan: Plan, at: datetime) -> None:
    """Request the report of the last turn, unless it was requested. A fault is stored with it."""
    turn = plan.turn(at).date()
    period = plan.period(turn)
    due = Request(
        kind=plan.kind, areas=plan.areas, start=period.start, end=period.end, format=plan.format, lang=plan.lang
    )
    grants = Grants(tuple(Held("inspector", code, end_of(code)) for code in plan.areas))
    try:
        if current(config.data) is None:
            log.warning("%s: nothing is published yet", plan.id)
            return
        with using(plan.lang):
            _ask(desk, config, due, grants, plan, turn)
    except (ReportError, MetricsError) as error:
        _failed(desk, due, plan, turn, error.message)
    except DataError as error:
        log.error("%s: %s", plan.id, error)


def _ask(desk: Desk, config: Settings, due: Request, grants: Grants, plan: Plan, turn: date) -> None:
    """Store the request with its audit row, unless this turn is stored already."""
    requester = f"schedule:{plan.id}"
    checked = request.check(due, config, grants)
    with desk.begin():
        if report := make.keep(desk, config, checked, requester, plan=plan.id, slot=turn.isoformat(), mail=plan.mail):
            what = f"report {report.id} {due.kind} {due.format} {checked.edition} asked for"
            audit.write(desk, who=requester, role="", scope=",".join(map(str, plan.areas)), event="export", what=what)


def _failed(desk: Desk, due: Request, plan: Plan, turn: date, fault: Message) -> None:
    log.error("%s: %s", plan.id, fault)
    report = reports.ask(
        desk, kind=plan.kind, request=due.stored(), edition="", who=f"schedule:{plan.id}", plan=plan.id,
        scope=tuple((code, end_of(code)) for code in plan.areas), slot=turn.isoformat(), status=reports.FAILED,
    )  # fmt: skip
    if report:
        reports.fail(desk, report.id, fault)


def now(config: Settings) -> datetime:
    """The present in the district's zone."""
    return datetime.now(ZoneInfo(config.zone)).replace(tzinfo=None)
