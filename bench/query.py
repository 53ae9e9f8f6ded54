"""Cost of an answer: the query function against hand-written SQL, and a whole district cockpit, cold.

    python -m bench.query [--cases 10000000] [--home FOLDER]

Builds the demo district of that size in FOLDER (kept, so a second run starts at once). Times are medians: of queries
over a quarter wall time, of the cockpit of this month the processor time of all threads. "Cold" opens the edition again
before each run, so that nothing is cached in the process. What was imported is left out of garbage collection, as the
server does.
"""

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pandas as pd

from bench.support.district import district
from cockpit.access.policy import OPERATOR
from cockpit.panels import screen
from cockpit.panels.layouts import load
from cockpit.view_state import View
from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.answer import answer
from metrics.areas import children, root
from metrics.availability.freshness import freshness
from metrics.catalog import load as load_catalog
from metrics.catalog import read
from metrics.period import DAY, Period, last_day, month_start, shift, this_month
from metrics.query import Query

RUNS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    options = parser.parse_args()
    home, edition_id = district(options.home, options.cases)
    edition = Edition(home, edition_id)
    day = last_day(edition.as_of)
    quarter = Period(shift(month_start(day), -2), shift(month_start(day), 1))
    print(f"{options.cases:,} cases, {quarter.start} to {quarter.end}, threads {home.threads}\n")
    _against_by_hand(edition, quarter)
    _cockpit_cold(home, edition_id, this_month(edition.as_of))


def _against_by_hand(edition: Edition, period: Period) -> None:
    """Ratios within one run, the two in turn: the machine may be noisy, the ratio is not."""
    top, day = root(edition).code, last_day(edition.as_of)
    flows = ["intake", "closed", "closure_rate", "on_time_rate", "satisfaction_rate", "rework_rate"]
    print(f"{'the query function against SQL by hand':46} {'function':>9} {'by hand':>9} {'ratio':>6}")
    for name, metrics, by, sql in (
        ("six metrics by town, roll-up", flows, "town", _flows_by_town(top, period)),
        ("backlog by town from all history, roll-up", ["backlog"], "town", _backlog_by_town(top, period)),
        ("backlog by day, roll-up", ["backlog"], "day", _backlog_by_day(top, period, day)),
        ("p90 of urgent cases by town, facts", ["urgent_p90"], "town", _p90_by_town(top, period, edition)),
    ):
        query = Query(edition.scoped(EVERYTHING), load_catalog(), tuple(metrics), top, period, by=by)
        hand = _by_hand(edition, sql)
        assert sorted(answer(query)["value"].dropna().round(6)) == sorted(hand["value"].dropna().round(6)), name
        ours, theirs = _in_turn(
            partial(answer, query),
            partial(_by_hand, edition, sql),
        )
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        print(f"{name:46} {_ms(ours)} {_ms(theirs)} {ratio:6.2f}")
    print()


def _cockpit_cold(home: Home, edition_id: str, period: Period) -> None:
    """Every number of a district cockpit, queried as its panels do, each run on a newly opened edition."""
    parts: dict[str, list[float]] = {}
    gc.collect()
    gc.freeze()
    for _ in range(RUNS):
        edition = Edition(home, edition_id)
        _forget()
        for name, ask in _panels(edition, period).items():
            started = time.process_time()
            ask()
            parts.setdefault(name, []).append(time.process_time() - started)
        edition.close()
    print(f"{'a district cockpit, cold, processor time':52} {'median':>9}")
    for name, times in parts.items():
        print(f"{name:52} {_ms(times)}")
    total = [sum(times) for times in zip(*parts.values(), strict=True)]
    print(f"{'all panels':52} {_ms(total)}")


def _forget() -> None:
    """Empty every cache of answers and look-ups; the catalog, which no edition changes, stays."""
    for module in [m for name, m in sys.modules.items() if name.startswith(("metrics.", "cockpit.panels."))]:
        for cached in vars(module).values():
            if hasattr(cached, "cache_clear") and cached.__module__ != read.__name__:
                cached.cache_clear()


def _panels(edition: Edition, period: Period) -> dict[str, Callable[[], object]]:
    """The queries of the district cockpit in the order of the page: what it asks side by side, then the rest."""
    top, catalog = root(edition), load_catalog()
    layout = load(None, catalog).cockpit(top.level)
    query = Query(edition.scoped(EVERYTHING), catalog, (layout.metric,), top.code, period, "previous")
    view = View(query, "zh", "m", False, OPERATOR, layout)
    return {
        "areas and freshness": lambda: (children(edition, top), freshness(edition)),
        "what the panels query in parallel": lambda: screen.query_ahead(view),
        "what rests on it: alerts, figures, words": lambda: screen.prepare(view),
    }


def _by_hand(edition: Edition, sql: str) -> pd.DataFrame:
    return edition.cursor().execute(sql).df()


def _in_turn(first: Callable[[], object], second: Callable[[], object]) -> tuple[list[float], list[float]]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for ask, timings in zip((first, second), times, strict=True):
            started = time.perf_counter()
            ask()
            timings.append(time.perf_counter() - started)
    return times


def _ms(times: list[float]) -> str:
    return f"{statistics.median(times) * 1000:6.1f} ms"


def _days(period: Period) -> str:
    return f"day >= DATE '{period.start}' AND day < DATE '{period.end}'"


def _flows_by_town(top: int, period: Period) -> str:
    """Hand-written SQL over the roll-up for the same six numbers of every town."""
    return f"""
        WITH t AS (
            SELECT area // 1000 * 1000 AS town, sum(intake) AS intake, sum(closed) AS closed, sum(due) AS due,
                sum(due_closed) AS due_closed, sum(due_on_time) AS due_on_time, sum(callbacks) AS callbacks,
                sum(satisfied_callbacks) AS satisfied, sum(checked) AS checked, sum(reworked_cases) AS reworked
            FROM daily_cases_town WHERE area >= {top} AND area < {top + 10**6} AND {_days(period)} GROUP BY ALL
        )
        SELECT 'intake' AS metric, town, intake::DOUBLE AS value, intake AS numerator, NULL AS denominator FROM t
        UNION ALL SELECT 'closed', town, closed, closed, NULL FROM t
        UNION ALL SELECT 'closure_rate', town, due_closed / nullif(due, 0) * 100, due_closed, due FROM t
        UNION ALL SELECT 'on_time_rate', town, due_on_time / nullif(due, 0) * 100, due_on_time, due FROM t
        UNION ALL SELECT 'satisfaction_rate', town, satisfied / nullif(callbacks, 0) * 100, satisfied, callbacks FROM t
        UNION ALL SELECT 'rework_rate', town, reworked / nullif(checked, 0) * 100, reworked, checked FROM t
    """


def _backlog_by_town(top: int, period: Period) -> str:
    return (
        "SELECT area // 1000 * 1000 AS town, sum(intake - finished)::DOUBLE AS value FROM daily_cases_town "
        f"WHERE area >= {top} AND area < {top + 10**6} AND day < DATE '{period.end}' GROUP BY ALL"
    )


def _backlog_by_day(top: int, period: Period, last: date) -> str:
    """The backlog by day; days after `last` are left out."""
    days = [date.fromordinal(n) for n in range(period.start.toordinal(), min(period.end, last + DAY).toordinal())]
    values = ", ".join(f"(DATE '{day}')" for day in days)
    return f"""
        WITH d AS (
            SELECT day, sum(intake - finished) AS net FROM daily_cases_town
            WHERE area >= {top} AND area < {top + 10**6} AND day < DATE '{period.end}' GROUP BY day
        ), wanted(day) AS (VALUES {values})
        SELECT wanted.day, sum(net)::DOUBLE AS value FROM wanted JOIN d ON d.day <= wanted.day GROUP BY ALL
    """


def _p90_by_town(top: int, period: Period, edition: Edition) -> str:
    return f"""
        SELECT area // 1000 * 1000 AS town,
            quantile_cont(date_diff('second', registered_at, closed_at) / 60.0, 0.9) AS value, count(*) AS n
        FROM cases
        WHERE area >= {top} AND area < {top + 10**6} AND urgency IN ('urgent', 'critical')
            AND coalesce(close_kind, 'done') = 'done' AND closed_at >= TIMESTAMP '{period.start}'
            AND closed_at < TIMESTAMP '{period.end}' AND closed_at < TIMESTAMP '{edition.as_of}'
        GROUP BY ALL
    """


if __name__ == "__main__":
    main()
