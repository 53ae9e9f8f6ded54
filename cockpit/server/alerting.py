"""The alerts' background process: evaluates the rules of each new edition, and every minute the clocks.

It escalates what was not acknowledged, and notifies who is concerned of alerts, colours and deadlines.

Evaluating takes a second of processor time, which readers need: it is no part of the server's process. The process is
started when there is a new edition, a late alert or a deadline, and ends when that is done.
"""

import logging
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit import settings
from cockpit.server.background import Program, end_with_parent, module
from cockpit.settings import Settings
from data.desk import clock
from data.desk.alerting import alerts
from data.desk.alerting.alerts import DESK, Observed, Outcome
from data.desk.items import due
from data.desk.notifications import answers
from data.desk.store import Desk, open_desk
from data.editions import edition as editions
from data.editions import files as edition_files
from data.errors import Problem
from metrics.alerting import rules as alert_rules
from metrics.alerting.rules import Rule

if TYPE_CHECKING:
    from data.editions.edition import Edition
    from metrics.catalog import Catalog

log = logging.getLogger(__name__)

OURS = Path(__file__).parents[1] / "alerts"
CLOCK_SECONDS = 60.0
"""Between two looks at alerts that are late."""
REST_SECONDS = 2.0
PATIENCE = (5.0, 300.0)
"""Seconds to wait after a fault: initial and maximum."""


def program(config: Settings) -> Program:
    """Program that runs when there is something to evaluate or to escalate; one per home."""
    due = _Due(config)
    return Program(
        "alerts", module("cockpit.server.alerting"), due.wanted, retry=PATIENCE, rest=REST_SECONDS,
        lock=config.data.root / "alerts.lock",
    )  # fmt: skip


class _Due:
    """Whether there is something to do, without asking the desk every second."""

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._edition = ""
        self._looked = 0.0

    def wanted(self) -> bool:
        """Raises DataError if the desk cannot be reached."""
        edition = edition_files.pointed(self._config.data)
        if not edition or (edition == self._edition and time.monotonic() < self._looked + CLOCK_SECONDS):
            return False
        from cockpit.notifications import clocks

        desk = open_desk(self._config.desk_url, self._config.custody)
        try:
            self._edition, self._looked = edition, time.monotonic()
            return alerts.last_edition(desk) != edition or alerts.is_late(desk) or clocks.is_due(desk)
        finally:
            desk.close()


def rules_of(config: Settings) -> dict[str, Rule]:
    """The alert rules, ours and the district's own. Raises MetricsError that lists the faults."""
    from metrics.catalog import load_usable

    catalog, _faults = load_usable(config.catalog, config.three_rate_weights)
    return alert_rules.load(catalog, OURS, config.alerts)


def evaluate(config: Settings, desk: Desk) -> Outcome:
    """Bring the alerts up to date with the clock and the current edition, and notify who is concerned."""
    from cockpit.notifications import alerts as notifications
    from cockpit.notifications import clocks, outbox, subscriptions
    from cockpit.workflows.desk_source import rules as rules_of_items
    from metrics.analysis.reconcile import reconciled
    from metrics.catalog import load_usable

    edition = editions.current(config.data, memory=config.read_memory)
    if edition is None:
        return Outcome()
    catalog, _faults = load_usable(config.catalog, config.three_rate_weights)
    rules = rules_of(config)
    context = notifications.Context(edition, catalog, rules)
    clocks.produce(desk, config, context.area)
    with desk.begin():
        by_clock = _of_items(desk, config, rules)
        outcome = Outcome(by_clock.fired, alerts.escalate(desk).escalated, by_clock.resolved)
        notifications.of_outcome(desk, config, context, outcome)
        outbox.produce(desk, config, answers.given_up(desk), confirmed=False)
    if alerts.last_edition(desk) == edition.id:
        return outcome
    reconciled(edition, catalog)
    observed = _observed(edition, catalog, rules)
    clear = {rule.id: rule.clear_hours for rule in rules.values()}
    apart = [rule.id for rule in rules.values() if rule.over == "items"]
    red = subscriptions.current(desk, context)
    again = outbox.confirmed(desk, edition, rules_of_items(config).utc)
    with desk.begin():
        answers.confirm(desk, [one.id for one in again])
        outbox.produce(desk, config, again, confirmed=True)
        settled = alerts.settle(desk, edition.id, edition.as_of, observed, clear, apart=apart)
        notifications.of_outcome(desk, config, context, settled)
        subscriptions.produce(desk, config, context, edition.id, red)
    return Outcome(outcome.fired + settled.fired, outcome.escalated, outcome.resolved + settled.resolved)


def _observed(edition: "Edition", catalog: "Catalog", rules: dict[str, Rule]) -> list[Observed]:
    """The signals of the rules in an edition."""
    from metrics.alerting.signals import signals

    return [
        Observed(
            signal.rule, signal.subject.area, signal.subject.metric, signal.subject.name, signal.subject.source,
            signal.subject.key, signal.value, signal.affected, signal.severity, rules[signal.rule].acknowledge_hours,
            rules[signal.rule].hold_hours,
        )
        for signal in signals(edition, catalog, rules)
    ]  # fmt: skip


def _of_items(desk: Desk, config: Settings, rules: dict[str, Rule]) -> Outcome:
    """Bring the alerts of deadlines up to date with the clock."""
    from cockpit.workflows.desk_source import rules as rules_of_items

    of_items = [rule for rule in rules.values() if rule.over == "items"]
    if not of_items:
        return Outcome()
    now = clock.now()
    observed = [
        Observed(
            rule.id, item.area, name=item.number, source=DESK, key=item.number,
            value=round((item.due_at - now).total_seconds() / 3600, 1) if item.due_at else None,
            acknowledge_hours=rule.acknowledge_hours, hold_hours=rule.hold_hours,
        )
        for rule in of_items
        for item in due.due_before(desk, now + timedelta(hours=rule.ahead_hours), rule.kinds)
        if rule.covers(item.area)
    ]  # fmt: skip
    local = rules_of_items(config).local(now)
    return alerts.settle_rules(desk, local, observed, {rule.id: rule.clear_hours for rule in of_items}, now=now)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="alerts: %(message)s")
    end_with_parent()
    try:
        config = settings.load()
        outcome = evaluate(config, open_desk(config.desk_url, config.custody))
    except Problem as error:
        log.warning("%s: tried again", error)
        os._exit(1)
    except Exception:
        log.exception("the alerts cannot be evaluated")
        os._exit(1)
    if outcome != Outcome():
        counts = (len(outcome.fired), len(outcome.escalated), len(outcome.resolved))
        log.info("%d fired, %d escalated, %d resolved", *counts)
    os._exit(0)  # at a normal exit DuckDB's binding lists what still lives


if __name__ == "__main__":
    main()
