"""The alerts' background process: evaluates the rules of each new edition, and escalates what was not acknowledged.

Evaluating takes a second of processor time, which readers need: it is no part of the server's process. The process is
started when there is a new edition or a late alert, and ends when that is done.
"""

import logging
import os
import time
from pathlib import Path

from cockpit import settings
from cockpit.server.background import Program, end_with_parent, module
from cockpit.settings import Settings
from data.desk import alerts
from data.desk.alerts import Found, Outcome
from data.desk.store import Desk, open_desk
from data.editions import edition as editions
from data.errors import Problem
from metrics.alerting import rules as alert_rules
from metrics.alerting.rules import Rule

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
        edition = editions.pointed(self._config.data)
        if not edition or (edition == self._edition and time.monotonic() < self._looked + CLOCK_SECONDS):
            return False
        desk = open_desk(self._config.desk_url, self._config.custody)
        try:
            self._edition, self._looked = edition, time.monotonic()
            return alerts.last_edition(desk) != edition or alerts.is_late(desk)
        finally:
            desk.close()


def rules_of(config: Settings) -> dict[str, Rule]:
    """The alert rules, ours and the district's own. Raises MetricsError that lists the faults."""
    from metrics.catalog import load_usable

    catalog, _faults = load_usable(config.catalog, config.three_rate_weights)
    return alert_rules.load(catalog, OURS, config.alerts)


def evaluate(config: Settings, desk: Desk) -> Outcome:
    """Bring the alerts up to date with the current edition, and escalate those that are late."""
    from metrics.alerting.signals import signals
    from metrics.catalog import load_usable

    edition = editions.current(config.data, memory=config.read_memory)
    if edition is None:
        return Outcome()
    escalated = alerts.escalate(desk).escalated
    if alerts.last_edition(desk) == edition.id:
        return Outcome(escalated=escalated)
    catalog, _faults = load_usable(config.catalog, config.three_rate_weights)
    rules = rules_of(config)
    found = [
        Found(
            signal.rule, signal.subject.area, signal.subject.metric, signal.subject.name, signal.subject.source,
            signal.subject.key, signal.value, signal.affected, signal.severity, rules[signal.rule].acknowledge_hours,
        )
        for signal in signals(edition, catalog, rules)
    ]  # fmt: skip
    clear = {rule.id: rule.clear_hours for rule in rules.values()}
    outcome = alerts.settle(desk, edition.id, edition.as_of, found, clear)
    return Outcome(outcome.fired, escalated, outcome.resolved)


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
