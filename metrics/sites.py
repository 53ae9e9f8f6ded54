"""Government sites for inspectors: distance from a veto, checks, changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import pandas as pd

from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING, ScopedEdition
from data.site_rules import site_rules
from metrics.areas import root
from metrics.availability.feeds import feed
from metrics.catalog import load
from metrics.engine.frames import dictionaries
from metrics.engine.plan import make_plan
from metrics.engine.views import view_sql
from metrics.period import DAY, Period, last_day
from metrics.query import Query
from metrics.rows import fact
from metrics.scope import area_in_scope

DAYS = 14
"""How far back the checks of a site are shown."""
MOST_FINDINGS = 400
NEAR = 0.8
"""Share of the way to a veto from which a site is near it."""
UNDECIDED = ("measured", "uncertain")
"""Rules of visits without a result: the prober is not let in, or could not open what a browser might."""


@dataclass(frozen=True)
class Limit:
    """A veto rule as a number that runs towards its limit. unit: what it is counted in."""

    rule: str
    limit: int
    unit: str


LIMITS = tuple(Limit(rule, veto.limit, veto.unit) for rule, veto in site_rules().vetoes.items())


def observed(row: Mapping[str, Any], rule: str) -> float | None:
    """A site's value of a rule relative to its limit; None if unknown."""
    if rule == "site_open":
        return 100 * row["down"] / row["visits"] if row["visits"] else None
    if rule == "guides":
        return float(row["poor_guides"]) if row["guides"] else None
    value = row["home_age" if rule == "home_updated" else rule]
    return None if value is None or value != value else float(value)


def failures_left(row: Mapping[str, Any]) -> int:
    """How many more visits of the week may fail before the limit is reached; 0 when it is."""
    if not row["visits"]:
        return 0
    share = site_rules().vetoes["site_open"].limit
    return max(-(-int(row["visits"]) * share // 100) - int(row["down"]), 0)


def until_veto(row: Mapping[str, Any], limit: Limit) -> int:
    """How many more failed visits, days, … make a veto of the rule."""
    if limit.rule == "site_open":
        return failures_left(row)
    return int(limit.limit - (observed(row, limit.rule) or 0))


def near_veto(row: Mapping[str, Any]) -> Limit | None:
    """The rule whose veto a site that passes is near; None where it is near none, or was not checked."""
    if row["score"] is None or not row["passed"] or nearness(row) < NEAR:
        return None
    return max(LIMITS, key=lambda limit: _share(row, limit))


@lru_cache(maxsize=4)
def _all(edition: Edition) -> pd.DataFrame:
    """Every registered site of an edition with its verdict, or without one where nothing was checked for two weeks or
    the edition, of an older release, does not have what a verdict needs."""
    day = last_day(edition.as_of)
    catalog = load()
    query = Query(
        edition.scoped(EVERYTHING), catalog, (catalog.id_of("site_score"),), root(edition).code, Period(day, day + DAY)
    )
    metric = catalog.metrics[query.metric]
    verdicts = view_sql(make_plan(query), catalog.domain(metric))
    if feed(edition, catalog, metric).lacked:  # what an older release did not publish would look like a fault of a site
        verdicts = f"SELECT * FROM ({verdicts}) WHERE false"
    frame = (
        edition.cursor()
        .execute(
            f"""SELECT a.source, a.key, a.name, a.area, a.area_then, a.unit, a.url,
            v.* EXCLUDE (i, moment, source, key, name, area, area_then, unit), coalesce(u.uncertain, false) AS uncertain
        FROM assets a LEFT JOIN ({verdicts}) v ON v.source = a.source AND v.key = a.key
        LEFT JOIN (
            SELECT asset_source, asset, arg_max(rule, checked_at) = 'uncertain' AS uncertain FROM checks
            WHERE rule IN ('site_open', 'measured', 'uncertain') AND checked_at < $1
                AND checked_at >= $1 - to_days({DAYS}) GROUP BY ALL
        ) u ON u.asset_source = a.source AND u.asset = a.key
        WHERE a.kind = 'site' AND NOT coalesce(a.retired_at < $1, false) AND NOT coalesce(a.registered_at >= $1, false)
        ORDER BY a.source, a.key""",
            [edition.as_of],
        )
        .df()
    )
    return frame.astype(object).where(frame.notna(), None)


def sites(edition: ScopedEdition, code: int) -> list[dict[str, Any]]:
    """The sites of an area and all below, the worst first: vetoed, then nearest to a veto, then by score.

    Columns of site_verdict.sql, all None for a site that was not checked; url; and uncertain, whether the last visit
    could not decide if the site opens. OutOfScope for an area not granted.
    """
    place = area_in_scope(edition, code)
    frame = _all(edition.unscoped)
    inside = frame["area" if place.live else "area_then"].between(place.code, place.end - 1)
    return sorted(dictionaries(frame[inside]), key=_worst_first)


def warm(edition: Edition) -> None:
    """Work out the verdicts before somebody asks."""
    _all(edition)


def nearness(row: Mapping[str, Any]) -> float:
    """How near a site is to a veto, 1 at the limit."""
    return max(_share(row, limit) for limit in LIMITS) if row["score"] is not None else 0


def _share(row: Mapping[str, Any], limit: Limit) -> float:
    return (observed(row, limit.rule) or 0) / limit.limit


def _worst_first(row: Mapping[str, Any]) -> tuple[Any, ...]:
    checked = row["score"] is not None
    vetoes = len(row["vetoes"]) if checked else 0
    return (-vetoes, -nearness(row), row["score"] if checked else 101, str(row["key"]))


def site(edition: ScopedEdition, source: str, key: str) -> dict[str, Any] | None:
    """One site with its verdict; None if none is registered under this key. OutOfScope for one of another area."""
    asset = fact(edition, "assets", source, key)
    if asset is None or asset["kind"] != "site":
        return None
    frame = _all(edition.unscoped)
    rows = dictionaries(frame[(frame["source"] == source) & (frame["key"] == key)])
    return rows[0] if rows else None


def checks(edition: ScopedEdition, site: Mapping[str, Any], days: int = DAYS) -> pd.DataFrame:
    """Checks of a site and its parts of the last `days` days, oldest first, with the part's name and kind."""
    assert edition.holds(int(site["area"]), int(site["area"]) + 1), "the caller checked the scope of the site"
    sql = """
        SELECT c.source, c.key, c.rule, c.asset, c.checked_at, c.observed, c.observed_unit, c.passed, c.veto,
            c.evidence, c.checker, c.window_days, a.name, a.kind, a.url
        FROM checks c JOIN assets a ON a.source = c.asset_source AND a.key = c.asset
        WHERE c.asset_source = $1 AND (a.key = $2 OR a.parent = $2)
            AND c.checked_at >= $3 AND c.checked_at < $4
        ORDER BY c.checked_at, c.key"""
    since = edition.as_of - timedelta(days=days)
    frame = edition.unscoped.cursor().execute(sql, [site["source"], site["key"], since, edition.as_of]).df()
    return frame.astype(object).where(frame.notna(), None)


def newest(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The newest check of each rule and asset, failed ones first. A conclusive visit supersedes an inconclusive one."""
    last = _findings(frame).drop_duplicates(["asset", "rule"], keep="last")
    opened = last[last["rule"].isin(["site_open", "column_open"])].set_index("asset")["checked_at"]
    superseded = last["rule"].isin(UNDECIDED) & (last["checked_at"] < last["asset"].map(opened))
    rows = dictionaries(last[~superseded])
    return sorted(rows, key=lambda row: (bool(row["passed"]), row["rule"], str(row["asset"])))[:MOST_FINDINGS]


def lacks_browser(frame: pd.DataFrame) -> bool:
    """Whether accessibility was looked at, but not through a browser."""
    rules = set(frame["rule"])
    return "accessibility" in rules and "axe_faults" not in rules


def failed(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The checks that failed, the newest first; an inconclusive visit is none."""
    rows = _findings(frame)
    rows = rows[~rows["rule"].isin(UNDECIDED)]
    return dictionaries(rows[~rows["passed"].astype(bool)].iloc[::-1].head(MOST_FINDINGS))


def changes(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The changes of a rule between passed and failed, newest first; visits are in the calendar."""
    rows = _findings(frame)
    rows = rows[~rows["rule"].isin(["site_open", *UNDECIDED])]
    before = rows.groupby(["asset", "rule"])["passed"].shift()
    return dictionaries(rows[before.notna() & (before != rows["passed"])].iloc[::-1])


def _findings(frame: pd.DataFrame) -> pd.DataFrame:
    """Without what was decided of them."""
    return frame[~frame["rule"].str.startswith(("dismissed:", "confirmed:"))]


@dataclass(frozen=True)
class Day:
    """The visits of a day: when each was and whether the site opened."""

    start: datetime
    visits: tuple[tuple[datetime, bool], ...]

    @property
    def down(self) -> int:
        return sum(not opened for _at, opened in self.visits)


def calendar(frame: pd.DataFrame, as_of: datetime, days: int = DAYS) -> list[Day]:
    """The visits by day, the newest day first; a day without one is there as well."""
    visits = frame[frame["rule"] == "site_open"]
    by_day: dict[datetime, list[tuple[datetime, bool]]] = {}
    for at, passed in zip(visits["checked_at"], visits["passed"], strict=True):
        moment = pd.Timestamp(at).to_pydatetime()
        by_day.setdefault(moment.replace(hour=0, minute=0, second=0, microsecond=0), []).append((moment, bool(passed)))
    first = (as_of - timedelta(microseconds=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    starts: Iterable[datetime] = (first - timedelta(days=i) for i in range(days))
    return [Day(start, tuple(by_day.get(start, ()))) for start in starts]
