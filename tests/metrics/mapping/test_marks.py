"""Marks say of each day what SQL says of it, and reach no further than the caller's areas."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.editions.edition import Edition
from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.answer import answer
from metrics.catalog import load
from metrics.mapping.groups import groups
from metrics.mapping.layers import MOST_GROUPS, Layer
from metrics.mapping.marks import NEVER, STEPS, Marks, marks
from metrics.period import DAY, Period
from metrics.query import Query
from metrics.scope import OutOfScope
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, edition_of

AS_OF = datetime(2026, 11, 22, 8)
FIRST = datetime(2026, 10, 1)
NAME = {"zh": "件", "en": "Cases"}
CASES = Layer(id="cases", name=NAME, of="cases")


def case(i: int) -> dict[str, Any]:
    at = FIRST + timedelta(hours=11 * i)
    return {
        "key": f"C{i}", "area": VILLAGES[i % 3], "registered_at": at, "category": f"类{i % 12}" if i % 5 else None,
        "closed_at": at + timedelta(hours=7 * (i % 40)) if i % 4 else None, "lon": 118 + i / 1000,
        "lat": 32 + i % 7 / 100,
        "due_at": at + timedelta(days=i % 9) if i % 6 else None, "kind": "event" if i % 2 else "order",
    }  # fmt: skip


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    home = Home(tmp_path_factory.mktemp("marks"), memory="1GB")
    cases = [case(i) for i in range(110)] + [{**case(90), "key": "nowhere", "lon": None}]
    late = {**case(3), "key": "late", "registered_at": datetime(2026, 11, 22, 9), "closed_at": None}
    places = [{**row, "lon": 118.5, "lat": 32.5} for row in AREAS]
    hall = {"key": "h", "kind": "hall", "name": "大厅", "area": TOWNS[0], "registered_at": datetime(2026, 10, 5)}
    readings = [
        {"key": f"r{day}", "area": TOWNS[0], "unit": "大厅", "measure": "queue_waiting", "value": day,
         "measured_at": datetime(2026, 11, day, 9)}
        for day in (1, 4, 9)
    ]  # fmt: skip
    return edition_of(home, [*cases, late], AS_OF, places=places, assets=[hall], readings=readings)


def there(columns: Marks, day: date) -> np.ndarray:
    at = (day - columns.first).days
    return (columns.start <= at) & (columns.end > at)


@settings(max_examples=40, deadline=None)
@given(day=st.dates(date(2026, 10, 1), date(2026, 11, 22)), area=st.sampled_from([DISTRICT, *TOWNS, *VILLAGES]))
def test_what_is_open_on_a_day_is_the_backlog_at_its_end(edition: Edition, day: date, area: int) -> None:
    columns = marks(edition.scoped(EVERYTHING), area, CASES)
    query = Query(edition.scoped(EVERYTHING), load(), ("backlog",), area, Period(day, day + DAY))
    placed = (
        edition.cursor()
        .execute(
            "SELECT count(*) FROM cases WHERE area >= $1 AND area < $2 AND lon IS NULL AND registered_at::DATE <= $3 "
            "AND (closed_at IS NULL OR closed_at::DATE > $3)",
            [area, area + (10**6 if area == DISTRICT else 1000 if area in TOWNS else 1), day],
        )
        .fetchone()
    )
    assert there(columns, day).sum() + placed[0] == answer(query)["value"].fillna(0).iloc[0]


@settings(max_examples=30, deadline=None)
@given(day=st.dates(date(2026, 10, 1), date(2026, 11, 21)))
def test_overdue_registered_and_closed_on_a_day_are_those_of_sql(edition: Edition, day: date) -> None:
    columns = marks(edition.scoped(EVERYTHING), DISTRICT, CASES)
    at = (day - columns.first).days
    count = (
        "SELECT count(*) FILTER (registered_at::DATE = $1), count(*) FILTER (closed_at::DATE = $1), "
        "count(*) FILTER (registered_at::DATE <= $1 AND (closed_at IS NULL OR closed_at::DATE > $1) "
        "AND due_at < $1 + INTERVAL 1 DAY) FROM cases WHERE lon IS NOT NULL AND registered_at < $2"
    )
    expected = edition.cursor().execute(count, [day, AS_OF]).fetchone()
    overdue = there(columns, day) & (columns.due <= at)
    assert ((columns.start == at).sum(), (columns.end == at).sum(), overdue.sum()) == expected


def test_a_place_is_kept_to_a_metre_and_rows_without_one_are_counted(edition: Edition) -> None:
    columns = marks(edition.scoped(EVERYTHING), DISTRICT, CASES)
    west, south, east, north = columns.box
    sql = "SELECT lon, lat FROM cases WHERE rowid = $1"
    for i in range(len(columns)):
        lon, lat = edition.cursor().execute(sql, [int(columns.rows[i])]).fetchone()
        assert abs(west + (east - west) * columns.x[i] / STEPS - lon) < 1e-5
        assert abs(south + (north - south) * columns.y[i] / STEPS - lat) < 1e-5
    assert (len(columns), columns.unplaced) == (110, 1)
    assert list(columns.start) == sorted(columns.start)


def test_groups_are_the_most_frequent_values_and_the_rest(edition: Edition) -> None:
    everything, coloured = edition.scoped(EVERYTHING), CASES.model_copy(update={"colour": "category"})
    grouped, rows = groups(everything, DISTRICT, coloured), marks(everything, DISTRICT, coloured).rows
    assert len(grouped.names) == MOST_GROUPS
    assert grouped.names[-1] == ""
    for row, i in zip(rows, grouped.index, strict=True):
        (category,) = edition.cursor().execute("SELECT category FROM cases WHERE rowid = $1", [int(row)]).fetchone()
        assert grouped.names[i] in (category, "")
    for name, count in zip(grouped.names[:-1], np.bincount(grouped.index), strict=False):
        sql = "SELECT count(*) FROM cases WHERE category = $1 AND lon IS NOT NULL AND registered_at < $2"
        assert edition.cursor().execute(sql, [name, AS_OF]).fetchone() == (count,)


def test_a_condition_and_filters_narrow_the_marks(edition: Edition) -> None:
    orders = CASES.model_copy(update={"where": "kind = 'order'"})
    assert len(marks(edition.scoped(EVERYTHING), DISTRICT, orders)) == 55
    sql = "SELECT count(*) FROM cases WHERE category IS NULL AND lon IS NOT NULL AND registered_at < $1"
    none = edition.cursor().execute(sql, [AS_OF]).fetchone()
    assert (len(marks(edition.scoped(EVERYTHING), DISTRICT, CASES, (("category", ""),))),) == none


def test_a_reading_is_there_until_the_next_one(edition: Edition) -> None:
    layer = Layer(id="queues", name=NAME, of="readings", where="measure = 'queue_waiting'", size="value")
    columns = marks(edition.scoped(EVERYTHING), DISTRICT, layer)
    shown = [columns.value[there(columns, date(2026, 11, day))].tolist() for day in (1, 3, 4, 8, 9, 20)]
    assert shown == [[1.0], [1.0], [4.0], [4.0], [9.0], [9.0]]
    hall = marks(edition.scoped(EVERYTHING), DISTRICT, Layer(id="halls", name=NAME, of="assets", where="kind = 'hall'"))
    assert (len(hall), hall.first, hall.end.tolist()) == (1, date(2026, 10, 5), [NEVER])


@pytest.mark.parametrize("area", [DISTRICT, TOWNS[1], VILLAGES[1], VILLAGES[2]])
def test_a_cadre_gets_the_own_village_alone(edition: Edition, area: int) -> None:
    own = edition.scoped(((VILLAGES[0], VILLAGES[0] + 1),))
    columns = marks(own, VILLAGES[0], CASES)
    sql = "SELECT count(*) FROM cases WHERE area = $1 AND lon IS NOT NULL AND registered_at < $2"
    assert edition.cursor().execute(sql, [VILLAGES[0], AS_OF]).fetchone() == (len(columns),)
    with pytest.raises(OutOfScope):
        marks(own, area, CASES)
    with pytest.raises(OutOfScope):
        groups(own, area, CASES.model_copy(update={"colour": "category"}))


def test_an_area_without_marks_has_none(tmp_path: Path) -> None:
    edition = edition_of(Home(tmp_path, memory="1GB"), [], AS_OF)
    columns = marks(edition.scoped(EVERYTHING), DISTRICT, CASES)
    assert (len(columns), columns.unplaced) == (0, 0)
    assert groups(edition.scoped(EVERYTHING), DISTRICT, CASES.model_copy(update={"colour": "category"})).names == ()


def test_a_place_far_away_leaves_the_others_as_fine_as_they_were(tmp_path: Path) -> None:
    cases = [case(i) for i in range(60)]
    wrong = [{**case(1), "key": f"far {i}", "lon": lon, "lat": lat} for i, (lon, lat) in enumerate([(0, 0), (87, 43)])]
    outlines = {
        "points": [{**row, "lon": 118 + n / 100, "lat": 32 + n / 100} for n, row in enumerate(AREAS)],
        "none": AREAS,
    }
    for name, places in outlines.items():
        edition = edition_of(Home(tmp_path / name, memory="1GB"), [*cases, *wrong], AS_OF, places=places)
        columns = marks(edition.scoped(EVERYTHING), DISTRICT, CASES)
        assert (len(columns), columns.unplaced) == (60, 2), name
        west, south, east, north = columns.box
        assert (west, south) == pytest.approx((118, 32)), name
        assert max(east - west, north - south) < 0.1, name


def test_cases_without_a_place_stand_at_that_of_their_area_where_the_layer_says_so(edition: Edition) -> None:
    layer = Layer(id="orders", name=NAME, of="cases", place="area")
    columns = marks(edition.scoped(EVERYTHING), DISTRICT, layer)
    own = marks(edition.scoped(EVERYTHING), DISTRICT, CASES)
    assert (columns.unplaced, own.unplaced) == (0, 1)
    assert len(columns) == len(own) + 1
    west, south, east, north = columns.box
    lon, lat = west + columns.x / STEPS * (east - west), south + columns.y / STEPS * (north - south)
    assert ((abs(lon - 118.5) < 1e-4) & (abs(lat - 32.5) < 1e-4)).sum() == 1
