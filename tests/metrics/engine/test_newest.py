"""The newest readings held in memory against those that SQL finds."""

import random
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data.editions.edition import Edition
from data.home import Home
from metrics.catalog import Catalog
from metrics.engine import newest, views
from metrics.period import Period
from tests.asking import answer
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, areas, deliver, published
from tests.metrics.engine.test_latest import MERGED, catalog, metric

AS_OF = datetime(2026, 11, 22, 8)
MONTHS = [Period(date(2026, month, 1), date(2026, month + 1, 1)) for month in range(3, 12)]
LONG_AGO = Period(date(2024, 6, 1), date(2024, 7, 1))
METRICS = {
    "people": metric("people", "aggregate: {sum: value, where: measure = 'people'}"),
    "debtors": metric("debtors", "aggregate: {sum: (value > 40)::INTEGER, per: '1', where: measure = 'debt'}",
                      "ratio of sums"),
    "dearest": metric("dearest", "aggregate: {max: value, where: measure = 'debt' AND value < 90}", "max"),
    "middle": metric("middle", "aggregate: {quantile: value, q: 0.5, where: measure = 'debt'}", "recompute"),
    "tiers": metric("tiers", "aggregate: {sum: value, per: '1', where: measure = 'tier'}", "ratio of sums"),
    "share": metric("share", "aggregate: {sum: CASE WHEN measure = 'debt' THEN value ELSE 0 END, per: CASE WHEN "
                    "measure = 'people' THEN value END, where: \"measure IN ('debt', 'people')\"}", "ratio of sums"),
    "villages": metric("villages", "aggregate: {sum: value, per: '1', where: measure = 'debt', existing: true}",
                       "ratio of sums"),
    "own_debts": metric("own_debts", "aggregate: {quantile: value, q: 0.5, where: measure = 'debt', existing: true}",
                        "recompute"),
    "high": metric("high", "aggregate: {sum: '1', where: value > 60 OR measure = 'queue'}"),
}  # fmt: skip


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[Edition, Catalog]:
    """Two measures of villages over two and a half years, one of them from two sources; a queue by unit; a merger."""
    folder = tmp_path_factory.mktemp("newest")
    home, chance = Home(folder / "home", memory="1GB"), random.Random(7)
    ended = {"name": "小塘村", "level": "village", "valid_to": date(2026, 9, 1), "merged_into": VILLAGES[0]}
    areas(home, [*AREAS, {"code": MERGED, **ended}])
    rows = [
        reading(code, measure, at, chance.randint(1, 120))
        for code, measure, month in product([*VILLAGES, MERGED, DISTRICT], ("people", "debt", "tier"), range(35))
        if (at := datetime(2024 + month // 12, 1 + month % 12, chance.randint(1, 28))) < datetime(2026, 8, 25)
        or code != MERGED
        if at < AS_OF
    ]
    rows += [
        reading(DISTRICT, "queue", AS_OF - timedelta(hours=chance.randint(1, 900)), chance.randint(1, 90), unit=unit)
        for unit in ("综合", "医保", None) for _ in range(60)
    ]  # fmt: skip
    deliver(home, "readings", list({row["key"]: row for row in rows}.values()))
    others = [
        reading(code, "people", datetime(2026, m, 9), chance.randint(1, 120)) for code in VILLAGES for m in (5, 9)
    ]
    deliver(home, "readings", others, source="second")
    own = catalog(
        folder / "own",
        "readings",
        "latest: {people: 62, debt: 100, queue: 1, tier: 400}\ntraits: [tier]",
        *METRICS.values(),
    )
    return published(home, AS_OF, own), own


def reading(area: int, measure: str, at: datetime, value: float, **more: Any) -> dict[str, Any]:
    key = f"{area}/{more.get('unit')}/{measure}/{at}"
    return {"key": key, "area": area, "unit": None, "measure": measure, "measured_at": at, "value": value, **more}


@pytest.mark.parametrize("ask", [
    {}, {"by": "town"}, {"by": "village"}, {"by": "department"}, {"by": "source"}, {"area": TOWNS[0], "by": "village"},
    {"area": MERGED}, {"area": VILLAGES[0]}, {"where": {"department": "综合"}}, {"where": {"source": "second"}},
    {"where": {"department": ""}, "by": "source"}, {"as_of": datetime(2026, 10, 3, 11)}, {"periods": [LONG_AGO]},
], ids=str)  # fmt: skip
def test_memory_answers_as_sql(
    given: tuple[Edition, Catalog], monkeypatch: pytest.MonkeyPatch, ask: dict[str, Any]
) -> None:
    edition, own = given
    ask = {"area": DISTRICT, "periods": MONTHS, **ask}
    if ask["area"] == MERGED or "department" in str(ask) or "source" in str(ask):
        ask["periods"] = ask["periods"][:3] + ask["periods"][-2:]
    held = numbers(edition, own, ask)
    monkeypatch.setattr(newest, "MOST_READINGS", 0)
    newest._store.cache_clear()
    views._view_cache.cache_clear()
    from_sql = numbers(edition, own, ask)
    newest._store.cache_clear()
    pd.testing.assert_frame_equal(held, from_sql)
    assert held["value"].notna().any() or ask["periods"] != MONTHS


def test_a_term_at_the_instant_is_left_to_sql(given: tuple[Edition, Catalog], tmp_path: Path) -> None:
    edition, _ = given
    aged = metric("aged", "aggregate: {max: \"date_diff('day', measured_at, moment)\", where: measure = 'debt'}", "max")
    own = catalog(tmp_path / "aged", "readings", "latest: {debt: 100}", aged)
    frame = answer(edition, ["aged"], DISTRICT, MONTHS[-1], catalog=own)
    assert 0 < frame["value"].item() <= 100


def numbers(edition: Edition, own: Catalog, ask: dict[str, Any]) -> pd.DataFrame:
    """The rows with a number, in order. An area without any may be listed or not."""
    more = {name: value for name, value in ask.items() if name not in ("area", "periods")}
    frame = answer(edition, list(METRICS), ask["area"], ask["periods"][0], catalog=own, periods=ask["periods"], **more)
    frame = frame[frame["n"] > 0].sort_values(["metric", "period", "group"], ignore_index=True)
    return frame[["metric", "period", "group", "value", "numerator", "denominator", "n", "quality"]]
