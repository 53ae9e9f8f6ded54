"""Notifications of metrics that turned red, to the accounts that subscribed to them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date

from cockpit.address import link
from cockpit.notifications.alerts import Context
from cockpit.notifications.announce import Occasion, announce
from cockpit.notifications.recipients import may_look
from cockpit.settings import Settings
from cockpit.workflows.desk_source import rules
from data.desk import clock
from data.desk.notifications import subscriptions
from data.desk.notifications.subscriptions import Subscription
from data.desk.store import Desk
from data.editions.edition import AnyEdition
from data.editions.scoped import EVERYTHING
from data.messages import Message, Name
from metrics.analysis.reds import Red, beyond_limits
from metrics.areas import area
from metrics.availability.extent import default_period
from metrics.catalog import Catalog
from metrics.engine.plan import exists_at
from metrics.errors import MetricsError
from metrics.query import Query


def red_metrics(edition: AnyEdition, catalog: Catalog, code: int, names: Collection[str]) -> dict[str, Red]:
    """Which of these metrics of an area are red in the period that screens show by default."""
    whole = edition.unscoped.scoped(EVERYTHING)
    try:
        level = area(whole, code).level
    except MetricsError:
        return {}  # the area is gone
    known = [name for name in names if name in catalog.metrics and catalog.metrics[name].thresholds]
    there = [name for name in known if exists_at(catalog.metrics[name], level)]
    if not there:
        return {}
    query = Query(whole, catalog, tuple(there), code, default_period(whole))
    return {red.metric: red for red in beyond_limits(query, "own")}


def current(desk: Desk, context: Context) -> dict[int, Red]:
    """The subscriptions whose metric is red now, by id."""
    by_area: dict[int, list[Subscription]] = defaultdict(list)
    for one in subscriptions.listing(desk):
        by_area[one.area].append(one)
    current_reds: dict[int, Red] = {}
    for code, some in by_area.items():
        red = red_metrics(context.edition, context.catalog, code, sorted({one.metric for one in some}))
        current_reds |= {one.id: red[one.metric] for one in some if one.metric in red}
    return current_reds


def produce(desk: Desk, config: Settings, context: Context, edition: str, red: dict[int, Red]) -> None:
    """Announce what has turned red since the last edition, and store what is red. red: of `current`."""
    with desk.begin():
        every = subscriptions.listing(desk)
        turned = [one for one in every if one.id in red and not one.was_red]
        subscriptions.set_state(desk, list(red), [one.id for one in every if one.id not in red])
        today = rules(config).local(clock.now()).date()
        announce(desk, config, _occasions(desk, context, edition, turned, red, today))


def _occasions(
    desk: Desk, context: Context, edition: str, turned: Iterable[Subscription], red: dict[int, Red], today: date
) -> Iterator[tuple[Occasion, set[int]]]:
    wanting: dict[tuple[str, int], list[Subscription]] = defaultdict(list)
    for one in turned:
        wanting[one.metric, one.area].append(one)
    for (metric, code), some in wanting.items():
        named = context.catalog.metrics[metric].name
        message = Message(
            "notification.turned_red", "{metric} of {area} has turned red: {value}",
            metric=Name("metric", metric, named.zh, named.en), area=context.area(code),
            value=context.quantity(metric, red[some[0].id].value),
        )  # fmt: skip
        key, address = f"red/{metric}/{code}/{edition}", link("passport", {"area": code, "metric": metric})
        readers = {one.account_id for one in some if may_look(desk, one.account_id, one.area, today)}
        unmailed = frozenset(one.account_id for one in some if not one.by_mail)
        yield (
            Occasion(key, "subscription", message, code, address, "red", to_groups=False, unmailed=unmailed),
            readers,
        )
