"""Suppressed counts cannot be computed from the rest of the file: an attacker solves for each of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from cockpit.i18n import using
from cockpit.reports.disclosure.tables import Guarded, published
from cockpit.reports.model import Cell, Column, Part, Table
from metrics.catalog import load as load_catalog
from tests.examples import examples

LEAST = 10
DISTRICT = 990101000000
CATALOG = load_catalog()
COUNTS = ("intake", "closed", "backlog")
RATES = {"closure_rate": ("closed_of", "intake"), "satisfaction_rate": ("satisfied", "reached")}
METRICS = tuple(CATALOG.metrics[name] for name in (*COUNTS, *RATES))
QUANTITIES = (*COUNTS, "closed_of", "satisfied", "reached")


@dataclass(frozen=True)
class Case:
    area: int
    month: str
    category: str
    closed: bool
    reached: bool
    satisfied: bool


VILLAGES = [DISTRICT + 1000 * town + village for town in (1, 2, 3) for village in (0, 201, 202, 203)]
"""Three towns of three villages each, and what belongs to a town alone."""


@st.composite
def cases(draw: Callable[[Any], Any]) -> list[Case]:
    """A few hundred cases, most of them in a few places, so that there are small counts and large ones."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = rng.dirichlet([draw(st.sampled_from((0.15, 0.4, 2.0)))] * len(VILLAGES))
    return [
        Case(
            int(rng.choice([*VILLAGES], p=weights)), f"2026-{rng.choice((9, 10, 11), p=(0.7, 0.25, 0.05)):02}-01",
            str(rng.choice(("噪声", "路灯", "积水"), p=(0.8, 0.17, 0.03))), bool(closed := rng.random() < 0.9),
            bool(reached := closed and rng.random() < 0.7), bool(reached and rng.random() < 0.9),
        )
        for _ in range(draw(st.integers(5, 400)))
    ]  # fmt: skip


def counted(cases: list[Case]) -> dict[str, float]:
    counts = {
        "intake": len(cases), "closed": sum(c.closed for c in cases), "reached": sum(c.reached for c in cases),
        "satisfied": sum(c.satisfied for c in cases),
    }  # fmt: skip
    return {**counts, "backlog": counts["intake"] - counts["closed"], "closed_of": counts["closed"]}


def group_of(by: str, case: Case) -> str:
    match by:
        case "town":
            return str(case.area // 1000 * 1000)
        case "village":
            return str(case.area)
        case _:
            return getattr(case, by)


def tables_of(cases: list[Case]) -> list[Guarded]:
    return [table_of(cases, by) for by in ("town", "village", "month", "category")]


def table_of(cases: list[Case], by: str) -> Guarded:
    groups = sorted({group_of(by, case) for case in cases})
    samples, rows = [], []
    for group in [*groups, None]:
        counts = counted([case for case in cases if group in (None, group_of(by, case))])
        line = [
            SimpleNamespace(value=counts[name], n=counts[name], numerator=None, denominator=None) for name in COUNTS
        ]
        for over, under in RATES.values():
            value = 100 * counts[over] / counts[under] if counts[under] else None
            line.append(
                SimpleNamespace(value=value, n=counts[under], numerator=counts[over], denominator=counts[under])
            )  # fmt: skip
        samples.append(line)
        rows.append([Cell(group or "together"), *(Cell(str(row.value), row.value) for row in line)])
    columns = [Column("group"), *(Column(metric.id, True) for metric in METRICS)]
    return Guarded(
        by, columns, rows, True, area=DISTRICT, by=by, groups=groups, metrics=METRICS, samples=samples, least=LEAST
    )


class Attacker:
    """Knows what is printed, and that groups add up, that a rate is one count over another, open = in - out."""

    def __init__(self, printed: list[Table], names: list[str]) -> None:
        self.index: dict[tuple[str, str], int] = {}
        self.rows: list[tuple[dict[int, float], float]] = []
        self.below: list[tuple[dict[int, float], float]] = []
        self.hidden: list[tuple[str, str, str]] = []
        for table, by in zip(printed, names, strict=True):
            self._table(table, by)

    def at(self, quantity: str, place: str) -> int:
        return self.index.setdefault((quantity, place), len(self.index))

    def _table(self, table: Table, by: str) -> None:
        places = []
        for row in table.rows:
            place = "" if row[0].text == "together" else row[0].text if by == "town" else f"{by}:{row[0].text}"
            places.append(place)
            for metric, cell in zip(METRICS, row[1:], strict=True):
                if cell.text == "left out":
                    self.hidden.append((metric.id, place, by))
                elif metric.id in COUNTS:
                    self.rows.append(({self.at(metric.id, place): 1.0}, float(cell.value)))
                elif cell.value is not None:
                    over, under = (self.at(name, place) for name in RATES[metric.id])
                    self.rows.append(({over: 1.0, under: -float(cell.value) / 100}, 0.0))
                else:
                    self.rows.append(({self.at(RATES[metric.id][1], place): 1.0}, 0.0))
            for over, under in (*RATES.values(), ("reached", "closed")):
                if under != "closed":
                    self.below.append(({self.at(over, place): 1.0, self.at(under, place): -1.0}, 0.0))
            self.rows.append(
                ({self.at("intake", place): 1.0, self.at("closed", place): -1.0, self.at("backlog", place): -1.0}, 0.0)
            )
        for quantity in QUANTITIES:
            parts = {self.at(quantity, place): 1.0 for place in places[:-1]}
            self.rows.append(({**parts, self.at(quantity, ""): -1.0}, 0.0))
            if by == "village":
                for town in {place[8:] for place in places[:-1]}:
                    district = str(int(town) // 1000 * 1000)
                    inside = [p for p in places[:-1] if int(p[8:]) // 1000 * 1000 == int(district)]
                    terms = {self.at(quantity, p): 1.0 for p in inside}
                    self.rows.append(({**terms, self.at(quantity, district): -1.0}, 0.0))

    def width(self, quantity: str, place: str) -> float:
        """How far apart the least and the greatest value of a count are that all of this allows."""
        ends = []
        for sign in (1.0, -1.0):
            objective = np.zeros(len(self.index))
            objective[self.index[quantity, place]] = sign
            solution = linprog(objective, *self._sides(self.below), *self._sides(self.rows), bounds=(0, 10_000))
            assert solution.status == 0, solution.message
            ends.append(solution.x[self.index[quantity, place]])
        return ends[1] - ends[0]

    def _sides(self, rows: list[tuple[dict[int, float], float]]) -> tuple[np.ndarray, np.ndarray]:
        table = np.zeros((len(rows), len(self.index)))
        for i, (terms, _known) in enumerate(rows):
            for j, factor in terms.items():
                table[i, j] = factor
        return table, np.array([known for _terms, known in rows])


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with using("en"):
        yield


@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=cases())
def test_no_suppressed_count_is_bounded_more_tightly_than_the_limit(drawn: list[Case]) -> None:
    guarded = tables_of(drawn)
    (part,) = published([Part("临江区", "", guarded)], CATALOG)
    attacker = Attacker(list(part.blocks), [table.by for table in guarded])  # type: ignore[arg-type]
    true = {
        ("" if i == len(t.groups) else t.groups[i] if t.by == "town" else f"{t.by}:{t.groups[i]}"): counted(
            [c for c in drawn if i == len(t.groups) or group_of(t.by, c) == t.groups[i]]
        )
        for t in guarded
        for i in range(len(t.groups) + 1)
    }
    for place, count in true.items():  # what is small is left out
        for name in COUNTS:
            if 0 < count[name] < LEAST:
                assert any(hidden[:2] == (name, place) for hidden in attacker.hidden), (name, place)
    for metric, place, _by in attacker.hidden:
        sides = (metric,) if metric in COUNTS else RATES[metric]
        for name in sides:
            if (metric in COUNTS or 0 < true[place][name] < LEAST) and true[place][name]:
                assert attacker.width(name, place) >= LEAST - 1e-4, (name, place, true[place])


def test_zero_and_large_counts_are_published() -> None:
    """With nothing small in it a file is published whole."""
    many = [
        Case(area, f"2026-{9 + i % 2:02}-01", ("噪声", "路灯")[i // 2 % 2], True, True, True)
        for area in (DISTRICT + 1201, DISTRICT + 2201)
        for i in range(80)
    ]
    guarded = tables_of(many)
    (part,) = published([Part("", "", guarded)], CATALOG)
    assert [block.rows for block in part.blocks] == [table.rows for table in guarded]  # type: ignore[union-attr]


def test_towns_and_district_in_one_file_do_not_reveal_small_counts() -> None:
    """A table of a town in the same file gives away what the district's leaves out, unless both are looked at."""
    listed = [Case(VILLAGES[1], "2026-11-01", "噪声", True, True, True)] * 40
    listed += [Case(VILLAGES[5], "2026-11-01", "路灯", True, True, True)] * 3 + [listed[0]] * 20
    of_town = [case for case in listed if case.area == VILLAGES[1]]
    town = table_of(of_town, "category")
    parts = [Part("区", "", [table_of(listed, "category")])]
    parts.append(Part("镇", "", [Guarded(**{**vars(town), "area": DISTRICT + 1000})]))
    district, alone = published(parts, CATALOG)
    shown = {row[0].text: row[1].text for row in district.blocks[0].rows}  # type: ignore[union-attr]
    assert shown["路灯"] == "left out"
    assert "left out" in (shown["噪声"], shown["together"])
    assert alone.blocks[0].rows[-1][1].text in ("60", "left out")  # type: ignore[union-attr]


def test_single_case_cannot_be_derived_from_totals(opendata: list[Table]) -> None:
    """Forty cases in a village, one in the next and one in another town, of one month and one category."""
    by_town, by_village, by_month, by_category = opendata
    for table in (by_town, by_village):
        assert all(row[2].text == "left out" for row in table.rows[:-1] if row[2].text != "0"), table.name
    assert [row[1].text for row in by_month.rows] == ["42", "42"]
    assert by_category.rows[-1][1].text == "42"


@pytest.fixture
def opendata(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Table]]:
    from cockpit import settings as config
    from cockpit.access.policy import OPERATOR
    from cockpit.reports.request import check
    from cockpit.reports.sections import content
    from data.home import Home
    from tests.cockpit.reports.conftest import november
    from tests.factory import VILLAGES, edition_of

    home = Home(tmp_path_factory.mktemp("opendata"), memory="1GB")
    start = datetime(2026, 11, 2, 8)
    places = [VILLAGES[0]] * 40 + [VILLAGES[1], VILLAGES[2]]
    cases = [
        {
            "area": area, "category": "噪声", "registered_at": start + timedelta(hours=5 * i),
            "due_at": start + timedelta(days=3, hours=5 * i), "closed_at": start + timedelta(days=1, hours=5 * i),
        }
        for i, area in enumerate(places)
    ]  # fmt: skip
    edition_of(home, cases, datetime(2026, 11, 23, 8))
    monkeypatch.setenv("COCKPIT_HOME", str(home.root))
    config.current.cache_clear()
    checked = check(november("open_data", format="csv", lang="en"), config.current(), OPERATOR)
    document = content.build(checked, id="R20261123-00000001", who="x", made_at=datetime(2026, 11, 23, 8))
    yield [block for block in document.blocks if isinstance(block, Table)]
    config.current.cache_clear()
