"""Notifications of alerts that fired, were not acknowledged in time, or are over: one message per town."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal

from cockpit.access.policy import MATRIX, Can
from cockpit.address import link
from cockpit.i18n import using
from cockpit.labels import format
from cockpit.labels.names import area_name, source_name
from cockpit.notifications.announce import Occasion, announce
from cockpit.notifications.recipients import of_rule
from cockpit.settings import Settings
from data.areas.levels import TABLE, end_of
from data.desk import clock
from data.desk.alerting import alerts, silences
from data.desk.alerting.alerts import Alert, Outcome
from data.desk.notifications import recipients
from data.desk.notifications.recipients import areas_above
from data.desk.store import Desk
from data.editions.edition import AnyEdition
from data.messages import Message, Name
from metrics import directory
from metrics.alerting.rules import Rule
from metrics.catalog import Catalog

What = Literal["fired", "escalated", "resolved"]
TEXTS = {
    "fired": (
        Message("notification.fired", "New alert in {area}: {subject} {value}"),
        Message("notification.fired_many", "{n} new alerts in {area}, the most severe: {subject} {value}"),
    ),
    "escalated": (
        Message("notification.escalated", "Not acknowledged in time in {area}: {subject} {value}"),
        Message(
            "notification.escalated_many", "{n} alerts of {area} not acknowledged in time, such as {subject} {value}"
        ),
    ),
    "resolved": (
        Message("notification.resolved", "Over in {area}: {subject}"),
        Message("notification.resolved_many", "{n} alerts are over in {area}, such as {subject}"),
    ),
}
"""The text of one alert and that of several."""
ROLES = tuple(role for role, rights in MATRIX.items() if Can.ALERT in rights)
"""Roles that may acknowledge alerts."""


@dataclass(frozen=True)
class Context:
    """Look-up tables for the names in a message."""

    edition: AnyEdition
    catalog: Catalog
    rules: Mapping[str, Rule] = field(default_factory=dict)

    def area(self, code: int) -> Name:
        name = area_name(self.edition, code)
        return Name("area", str(code), name, name)

    def subject(self, alert: Alert) -> Name:
        """The subject of an alert: a site, item or unit by its name, else the metric or the source."""
        metric = self.catalog.metrics.get(alert.metric)
        if alert.key:
            return Name("subject", alert.key, alert.name, alert.name)
        if metric is None:
            zh, en = (self._in(language, alert.name) for language in ("zh", "en"))
            return Name("source", alert.name, zh, en)
        unit = f"{alert.name} " if alert.name else ""
        return Name("metric", metric.id, unit + metric.name.zh, unit + metric.name.en)

    def value(self, alert: Alert) -> Name | str:
        if alert.value is None or alert.key or alert.metric not in self.catalog.metrics:
            return ""
        return self.quantity(alert.metric, alert.value)

    def quantity(self, metric: str, value: float) -> Name:
        """A value of a metric with its unit."""
        texts = []
        for language in ("zh", "en"):
            with using(language):
                texts.append(format.quantity(self.catalog.metrics[metric], value))
        return Name("value", str(value), *texts)

    def _in(self, language: str, source: str) -> str:
        with using(language):
            return source_name(self.edition, source)


def of_outcome(
    desk: Desk, config: Settings, context: Context, outcome: Outcome, *, now: datetime | None = None
) -> None:
    """Announce what a turn of the rules has changed, in its transaction. What is silent is not announced."""
    now = now or clock.now()
    by_what: dict[What, tuple[int, ...]] = {
        "fired": outcome.fired, "escalated": outcome.escalated, "resolved": outcome.resolved,
    }  # fmt: skip
    with desk.begin() as session:
        silent = silences.silent_at(session, now)
        for what, ids in by_what.items():
            changed = [alert for alert in alerts.of_ids(desk, ids) if not silent(alert.rule, alert.area)]
            announce(desk, config, _occasions(desk, config, context, what, changed, now), now=now)


def _occasions(
    desk: Desk, config: Settings, context: Context, what: What, changed: list[Alert], now: datetime
) -> Iterator[tuple[Occasion, set[int]]]:
    """One for each town and for those who are to learn of the same alerts in it; the whole town's goes to groups."""
    towns: dict[int, list[Alert]] = defaultdict(list)
    for alert in changed:
        towns[town_of(alert.area)].append(alert)
    for town, group in towns.items():
        by_account: dict[int, list[Alert]] = defaultdict(list)
        for alert in group:
            for account in _recipients(desk, config, context, what, alert, now):
                by_account[account].append(alert)
        same: dict[tuple[int, ...], set[int]] = defaultdict(set)
        same[tuple(alert.id for alert in group)] = set()
        for account, theirs in by_account.items():
            same[tuple(alert.id for alert in theirs)].add(account)
        by_id = {alert.id: alert for alert in group}
        for ids, accounts in same.items():
            some = [by_id[id] for id in ids]
            yield _occasion(context, what, town, some, to_groups=len(some) == len(group)), accounts


def town_of(area: int) -> int:
    """The town that an area belongs to; a district or what is above it stays itself."""
    span = TABLE[-2].span
    return area // span * span if end_of(area) - area < span else area


def _recipients(
    desk: Desk, config: Settings, context: Context, what: What, alert: Alert, now: datetime
) -> Iterable[int]:
    """The accounts that its rule names; by default those that may acknowledge it, of its unit, else of its area.

    Once it is late, those of the area above.
    """
    from cockpit.workflows.desk_source import rules

    day = rules(config).local(now).date()
    if what == "escalated":
        above = areas_above(alert.area)[1:] or [alert.area]
        holders = recipients.holders(desk, above, day, ROLES)
        nearest = next((code for code in above if any(one.area == code for one in holders)), None)
        return {one.account_id for one in holders if one.area == nearest and not one.unit}
    rule = context.rules.get(alert.rule)
    if rule and rule.recipients and (by_rule := of_rule(desk, context.edition, rule.recipients, alert.area, day)):
        return by_rule
    if alert.name and not alert.key and alert.metric:
        places = directory.areas_of_unit(context.edition, alert.name)
        of_unit = recipients.holders(desk, places, day, ROLES) if places else []
        if named := {one.account_id for one in of_unit if one.unit == alert.name}:
            return named
    return {one.account_id for one in recipients.responsible(desk, alert.area, day, ROLES) if not one.unit}


def _occasion(context: Context, what: What, town: int, some: list[Alert], *, to_groups: bool) -> Occasion:
    first, count = some[0], len(some)
    text = TEXTS[what][count > 1]
    area = context.area(first.area if count == 1 else town)
    values = {"area": area, "subject": context.subject(first), "value": context.value(first), "n": count}
    used = {name: value for name, value in values.items() if f"{{{name}}}" in text.text}
    digest = sha256(",".join(str(alert.id) for alert in some).encode()).hexdigest()[:32]
    to = {"alert": first.id} if count == 1 else {"area": town}
    return Occasion(
        f"alert/{what}/{digest}", "alert", Message(text.code, text.text, **used), town, link("alerts", to),
        "none" if what == "resolved" else "red", to_groups=to_groups,
    )  # fmt: skip
