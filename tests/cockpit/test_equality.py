"""Tile, areas below, splits, rows, why, report and API give one number, for each metric at every level."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pandas as pd
import pytest

from cockpit import settings
from cockpit.access.policy import OPERATOR
from cockpit.access.visitors import COOKIE
from cockpit.i18n import using
from cockpit.labels import format
from cockpit.panels import answers
from cockpit.panels.answers import MetricSummary, Part
from cockpit.panels.kinds.tiles import tile
from cockpit.reports.model import Document, Table
from cockpit.reports.request import Request, check
from cockpit.reports.sections import content
from cockpit.reports.sections.numbers import name_of
from cockpit.view import read
from cockpit.view_state import View
from data.editions import workdays
from data.values.calendar import calendar
from metrics.analysis.why import why
from metrics.areas import BELOW
from metrics.catalog import Metric, Trailing, load
from metrics.engine.plan import COLUMNS, exists_at, filters
from metrics.period import Period
from metrics.rows import Selection, count_rows, rows
from tests.cockpit.api.conftest import Served
from tests.cockpit.conftest import session_of
from tests.homes import Homes

ROOT = Path(__file__).parents[2]
CASES = 20_000
LAST_DAY = date(2026, 11, 20)
MONTH = Period(date(2026, 11, 1), date(2026, 12, 1))
AREAS = {"district": 990101000000, "town": 990101100000, "village": 990101100001}
CATALOG = load()
QUICK = ("cases", "sites", "functions", "guides", "messages")
"""Domains that are checked in every run; the others are slow by mark."""
METRICS = {
    name: CATALOG.metrics[name]
    for name in sorted(CATALOG.metrics, key=lambda name: CATALOG.metrics[name].domain not in QUICK)
}
MOST = 40
"""Metrics that a report takes."""
EVERYWHERE = [
    pytest.param(level, name, id=f"{level}-{name}", marks=() if metric.domain in QUICK else pytest.mark.slow)
    for level in AREAS
    for name, metric in METRICS.items()
    if exists_at(metric, level)
]
FILTERED = [
    pytest.param(*of.values, where, id=f"{named}-{of.id}", marks=of.marks)
    for named, where in (("all", None), ("category", ("category", "路灯照明")), ("without a unit", ("department", "")))
    for of in EVERYWHERE
    if where is None or where[0] in filters(CATALOG, CATALOG.metrics[str(of.values[1])])
]
"""Each metric at each level, whole and under the filters that it has."""


def equal(home: Path) -> None:
    """A small demo district, with 22 towns, 549 villages and every source of the demo."""
    command = [sys.executable, "-m", "cockpit", "demo", "--cases", str(CASES), "--home", str(home)]
    built = subprocess.run(
        [*command, "--until", str(LAST_DAY)], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr


@pytest.fixture(scope="module")
def demo(homes: Homes) -> Path:
    return homes.copy(equal)


@pytest.fixture(autouse=True)
def _settings(demo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COCKPIT_HOME", str(demo))
    settings.current.cache_clear()
    with using("zh"):
        yield
    settings.current.cache_clear()


def shown(level: str, name: str = "backlog", where: tuple[str, str] | None = None) -> View:
    """The cockpit of an area in November, with a metric and a filter."""
    parameters = {"area": str(AREAS[level]), "metric": name, "from": str(MONTH.start), "to": str(MONTH.end)}
    view = read(parameters, settings.current())
    return view.asking(where=(where,)) if where else view


def names_at(level: str) -> tuple[str, ...]:
    return tuple(name for name, metric in METRICS.items() if exists_at(metric, level))


def summary_of(view: View) -> MetricSummary:
    """The number as the tile has it: asked together with all the others."""
    return answers.summaries(view.ask(*names_at(view.area.level)))[view.metric.id]


def number(value: Any) -> float | None:
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else float(value)


def same(left: Any, right: Any) -> bool:
    """Two numbers, or twice none."""
    a, b = number(left), number(right)
    return a is b if a is None or b is None else a == pytest.approx(b, rel=1e-9, abs=1e-9)


# --- tile and breakdowns --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "name", "where"), FILTERED)
def test_breakdowns_add_up_to_the_tile(level: str, name: str, where: tuple[str, str] | None) -> None:
    """By the areas below (map and ranking) and by every column: what adds up does, and of a rate both its counts."""
    view = shown(level, name, where)
    metric, columns = view.metric, filters(CATALOG, view.metric)
    now = summary_of(view).now
    assert tile(view, summary_of(view), {}).value == worded(metric, now.value)
    splits = [by for by in columns if not where or by != where[0]]
    below = {"district": "town", "town": "village"}.get(level, "")
    for by in [*([BELOW] if below and exists_at(metric, below) else []), *splits]:
        parts = answers.parts(view.ask(name, by=by))
        assert adds_up(metric, parts, now), (by, now)


def worded(metric: Metric, value: Any) -> str:
    return format.value(metric, value) if number(value) is not None else "无数据"


def adds_up(metric: Metric, parts: tuple[Part, ...], now: Any) -> bool:
    def total(of: str) -> float:
        return sum(number(getattr(part.now, of)) or 0 for part in parts)

    if metric.rollup == "sum":
        return same(total("value"), number(now.value) or 0)
    if metric.rollup == "ratio of sums":
        whole = float(now.denominator or 0).is_integer()  # a sample of hours or yuan is a rounded one
        fields = ("numerator", "denominator", *(("n",) if whole else ()))
        return all(same(total(of), number(getattr(now, of)) or 0) for of in fields)
    if metric.rollup == "max":
        known = [value for part in parts if (value := number(part.now.value)) is not None]
        return same(max(known, default=None), now.value)
    return metric.composite is not None or same(total("n"), now.n)


@pytest.mark.parametrize("level", AREAS)
def test_a_score_is_made_of_the_rates_on_the_tiles(level: str) -> None:
    summaries = answers.summaries(shown(level).ask(*names_at(level)))
    scores = [metric for metric in METRICS.values() if metric.composite and exists_at(metric, level)]
    for metric in scores:
        parts = metric.composite or ()
        values = [(part.weight, number(summaries[part.metric].now.value)) for part in parts]
        value = number(summaries[metric.id].now.value)
        if any(of is None for _, of in values):
            assert value is None
        else:
            assert same(value, sum(w * (of or 0) for w, of in values) / sum(w for w, _ in values))


# --- rows -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "name", "where"), FILTERED)
def test_the_rows_give_the_value_again(level: str, name: str, where: tuple[str, str] | None) -> None:
    """Computed from the rows that a number opens, the value is that of the tile."""
    view = shown(level, name, where)
    if view.metric.components:
        return
    now = summary_of(view).now
    if number(now.value) is None:
        assert count_rows(view.query, Selection("denominator" if now.denominator == 0 else None)) == 0
        return
    value, numerator, denominator = from_rows(view)
    assert same(value, now.value)
    if view.metric.rollup == "ratio of sums":
        assert (same(numerator, now.numerator), same(denominator, now.denominator)) == (True, True)


def from_rows(view: View) -> tuple[float | None, float | None, float | None]:
    """Value, numerator and denominator of the rows."""
    metric = view.metric
    if metric.numerator:
        over, per = (of_measure(view, part) for part in ("numerator", "denominator"))
        return (over / per * metric.scale if per else None), over, per
    if metric.concentration:
        over, per = (len(rows(view.query, Selection(part))) for part in ("numerator", "denominator"))
        return (over / per * metric.scale if per else None), over, per
    frame = rows(view.query)
    if metric.quantile:
        return computed(frame, f"quantile_cont({metric.quantile.value}, {metric.quantile.q})"), None, None
    if metric.oldest:
        at = min(datetime.combine(view.period.end, time.min), view.as_of)
        days = f"max(date_diff('second', {metric.oldest.since}, TIMESTAMP '{at}')) // 86400"
        return computed(frame, days), None, None
    if metric.aggregate:
        made, terms = metric.aggregate, CATALOG.domain(metric).terms
        at = min(datetime.combine(view.period.end, time.min), view.as_of)
        with duckdb.connect() as con:
            con.register("listed", frame)
            derived = "".join(f", ({sql}) AS {name}" for name, sql in terms.items())
            frame = con.execute(f"SELECT *{derived} FROM (SELECT *, TIMESTAMP '{at}' AS moment FROM listed)").df()
        if made.quantile:
            return computed(frame, f"quantile_cont({made.quantile}, {made.q})"), None, None
        over = computed(frame, f"sum({made.sum})" if made.sum else f"max({made.max})")
        counted = rows(view.query, Selection("denominator")) if made.existing and made.per else frame
        per = computed(counted, f"sum({made.per})") if made.per else None
        if made.sum and not made.per:
            over = over or 0  # rows that add zero are not listed
        return (over / per * metric.scale if per and over is not None else over), over, per
    return of_measure(view, None), None, None


def of_measure(view: View, part: str | None) -> float:
    """The measure of a part over the rows of the part: how many there are, or what its facts are worth together."""
    metric, domain = view.metric, CATALOG.domain(view.metric)
    measure = domain.measures[getattr(metric, part or "value")]
    if isinstance(measure, Trailing):
        measure = domain.measures[measure.of]
    frame = rows(view.query, Selection(part))
    assert count_rows(view.query, Selection(part)) == len(frame)
    value = getattr(measure, "value", None)
    return (computed(frame, f"sum({value})") or 0) if value else len(frame)


def computed(frame: pd.DataFrame, sql: str) -> float | None:
    days, passed = calendar().lists()
    with duckdb.connect() as con:
        workdays.declare(con)
        con.execute("INSERT INTO workdays VALUES ($1, $2)", [days.tolist(), passed.tolist()])
        con.register("listed", frame)
        row = con.execute(f"SELECT {sql} FROM listed").fetchone()
    return number(row[0]) if row else None


# --- why ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "name"), EVERYWHERE)
def test_why_explains_the_change_of_the_tile(level: str, name: str) -> None:
    view = shown(level, name)
    summary, explanation = summary_of(view), why(view.query, view.against)
    assert same(explanation.after, summary.now.value)
    assert same(explanation.before, summary.before.value)
    if explanation.change is None:
        return
    for by, moves in explanation.splits.items():
        assert sum(move.effect for move in moves) == pytest.approx(explanation.change, abs=1e-9), by


# --- what is over its limit -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", AREAS)
def test_what_is_over_its_limit_has_the_numbers_of_tiles_and_rankings(level: str) -> None:
    view = shown(level)
    reds = [red for red in answers.reds(view.ask()) if red.metric in METRICS]
    listed = [red for red in reds if red.kind in ("own", "below", "unit")]
    assert listed or level == "village"
    for red in listed:
        if red.kind == "own":
            assert same(red.value, summary_of(view.asking(metrics=(red.metric,))).now.value), red
            continue
        parts = answers.parts(view.ask(red.metric, by="department" if red.kind == "unit" else BELOW))
        (part,) = (part for part in parts if part.group == (red.name if red.kind == "unit" else str(red.area)))
        assert (red.value, part.state) == (part.now.value, "red"), red


# --- reports --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def documents() -> dict[tuple[str, int], Document]:
    return {}


def document_of(level: str, kept: dict[tuple[str, int], Document], part: int = 0) -> Document:
    """The workbook of a cockpit with a part of the metrics of its level: as many as a report takes."""
    if (level, part) not in kept:
        names = names_at(level)[part * MOST : (part + 1) * MOST]
        request = Request(kind="cockpit", areas=(AREAS[level],), start=MONTH.start, end=MONTH.end, metrics=names)
        checked = check(request, settings.current(), OPERATOR)
        kept[level, part] = content.build(checked, id="R20261120-00000001", who="w", made_at=datetime(2026, 11, 20, 9))
    return kept[level, part]


def table(document: Document, heading: str) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table) and block.name == heading)


@pytest.mark.parametrize(("level", "name"), EVERYWHERE)
def test_a_report_has_the_number_of_the_tile(level: str, name: str, documents: dict[tuple[str, int], Document]) -> None:
    metric, now = CATALOG.metrics[name], summary_of(shown(level, name)).now
    listed = table(document_of(level, documents, names_at(level).index(name) // MOST), "主要指标")
    if name_of(metric) not in [row[0].text for row in listed.rows]:  # what no source has delivered is left out
        assert number(now.value) is None
        return
    heads = [column.text for column in listed.columns]
    (row,) = (row for row in listed.rows if row[0].text == name_of(metric))
    assert same(row[heads.index("本期")].value, now.value)
    assert same(row[heads.index("分子")].value, now.numerator)
    assert same(row[heads.index("分母")].value, now.denominator)


@pytest.mark.parametrize(
    ("level", "heading", "by"),
    [
        ("district", "下辖单位", BELOW), ("town", "下辖单位", BELOW),
        *((level, f"按{words}", by) for level in AREAS for words, by in (("类别", "category"), ("来源", "source"))),
    ],
)  # fmt: skip
def test_a_table_of_a_report_has_the_numbers_of_the_panel(
    level: str, heading: str, by: str, documents: dict[tuple[str, int], Document]
) -> None:
    view, listed = shown(level), table(document_of(level, documents), heading)
    metrics = {name_of(metric): metric for metric in METRICS.values()}
    checked = 0
    for at, column in enumerate(listed.columns):
        if column.text not in metrics:
            continue
        parts = answers.parts(view.ask(metrics[column.text].id, by=by))
        expected = sorted(value for part in parts if (value := number(part.now.value)))
        *rows_of, together = listed.rows
        values = sorted(value for row in rows_of if (value := number(row[at].value)))
        assert values == pytest.approx(expected), column.text
        assert same(together[at].value, summary_of(view.asking(metrics=(metrics[column.text].id,))).now.value)
        checked += 1
    assert checked


# --- the API, over HTTP ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(demo: Path) -> Iterator[httpx.Client]:
    """An inspector's session of a served demo district."""
    token = session_of(f"sqlite:///{demo.resolve() / 'desk.sqlite'}", ("inspector",), AREAS["district"])
    server = Served(demo)
    address = server.start()
    with httpx.Client(base_url=f"{address}/api/v1", cookies={COOKIE: token}, timeout=60) as made:
        yield made
    server.stop()


@pytest.mark.parametrize("quick", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["quick", "others"])
@pytest.mark.parametrize("level", AREAS)
def test_the_api_has_the_numbers_of_the_screen(level: str, quick: bool, client: httpx.Client) -> None:
    period = {"from": str(MONTH.start), "to": str(MONTH.end), "area": AREAS[level]}
    for name in names_at(level):
        if (METRICS[name].domain in QUICK) != quick:
            continue
        view = shown(level, name)
        summary, metric = summary_of(view), CATALOG.metrics[name]
        now, before = client.get(f"/metrics/{name}", params={**period, "vs": "previous"}).raise_for_status().json()
        for reported, shown_row in ((now, summary.now), (before, summary.before)):
            for field in ("value", "numerator", "denominator", "n"):
                assert same(reported[field], getattr(shown_row, field)), (name, field)
            assert reported["quality"] == shown_row.quality
        if metric.composite or metric.quotient:
            continue
        rest = {"part": "numerator"} if metric.numerator else {}
        body = client.get(f"/rows/{name}", params={**period, **rest, "limit": 1}).raise_for_status().json()
        assert body["total"] == count_rows(view.query, Selection(rest.get("part")))
        for by in (*COLUMNS, BELOW):
            if by in filters(CATALOG, metric) and by in ("category", "department"):
                groups = client.get(f"/metrics/{name}", params={**period, "by": by}).raise_for_status().json()
                parts = {part.group: part.now.value for part in answers.parts(view.ask(name, by=by))}
                assert {row["group"] for row in groups} >= {group for group, value in parts.items() if number(value)}
                assert all(same(row["value"], parts[row["group"]]) for row in groups), (name, by)
