"""Edits of assets: what wins, what a delivery leaves, what an edition and its figures have."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from cockpit.access.policy import Grants, Held
from cockpit.actions.action import Actor, Forbidden
from cockpit.actions.register import Change, edit_asset, withdraw_edit
from data.areas.levels import end_of
from data.desk.errors import Refused
from data.desk.register import edits
from data.desk.store import Desk, open_desk
from data.editions.edition import Edition, open_edition
from data.editions.from_desk import Edit, FromDesk
from data.editions.publish import publish
from data.editions.scoped import EVERYTHING, ScopedEdition
from data.home import Home
from metrics import register
from metrics.catalog import load
from metrics.period import Period
from metrics.rows import fact
from tests.asking import answer
from tests.desks import sqlite_tables
from tests.factory import DISTRICT, TOWNS, areas, deliver

AS_OF = datetime(2026, 11, 22, 8)
EDITED_AT = datetime(2026, 11, 10, 9)
CATALOG = load()
OFFICER = Actor("officer", Grants((Held("data_officer", DISTRICT, end_of(DISTRICT)),)))
LEADER = Actor("leader", Grants((Held("leader", DISTRICT, end_of(DISTRICT)),)))
OTHER = Actor("other", Grants((Held("data_officer", TOWNS[0], end_of(TOWNS[0])),)))


def loaded(folder: Path) -> Home:
    home = Home(folder / "home", memory="1GB")
    areas(home)
    deliver(home, "assets", systems(False), source="systems")
    return home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return loaded(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> ScopedEdition:
    """An edition for tests that change nothing."""
    return edition_with(loaded(tmp_path_factory.mktemp("register"))).scoped(EVERYTHING)


def systems(on_cloud: bool, **more: object) -> list[dict[str, object]]:
    updated = {"updated_at": datetime(2026, 9, 1 if not on_cloud and not more else 20)}
    return [
        {"key": f"s{i}", "kind": "system", "name": f"系统{i}", "area": DISTRICT, "unit": "区数据局",
         "owner_level": "区", "on_cloud": on_cloud, "items": i, **updated, **more}
        for i in range(2)
    ]  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(sqlite_tables(tmp_path / "desk.sqlite"))
    yield desk
    desk.close()


def edition_with(home: Home, *rows: Edit, as_of: datetime = AS_OF) -> Edition:
    report = publish(home, CATALOG.rollups(), as_of=as_of, from_desk=FromDesk((), rows))
    return open_edition(home, report.edition)


def made(field: str, value: str | None, id: int = 1) -> Edit:
    return Edit(id, "systems", "s0", field, value, EDITED_AT)


def value(edition: Edition, name: str) -> object:
    asset = fact(edition.scoped(EVERYTHING), "assets", "systems", "s0")
    assert asset is not None
    return asset[name]


def test_an_edited_value_wins_over_the_next_delivery_until_it_is_withdrawn(home: Home) -> None:
    edition = edition_with(home, made("unit", "区信息中心"), made("items", None, 2), made("on_cloud", "true", 3))
    assert [value(edition, name) for name in ("unit", "items", "on_cloud", "name")] == [
        "区信息中心",
        None,
        True,
        "系统0",
    ]
    deliver(home, "assets", systems(False, unit="区大数据局"), source="systems")
    edition = edition_with(home, made("unit", "区信息中心"))
    assert [value(edition, name) for name in ("unit", "items")] == ["区信息中心", 0], "an edit that is gone is undone"
    everything = edition.scoped(EVERYTHING)
    assert register.loaded_values(everything, "systems", "s0") == {"unit": "区大数据局"}
    assert [v["unit"] for v in register.versions(everything, "systems", "s0")] == [
        "区信息中心",
        "区大数据局",
        "区数据局",
    ]
    assert value(edition_with(home), "unit") == "区大数据局"


def test_figures_have_an_edit_from_its_day_on(home: Home) -> None:
    edition = edition_with(home, made("on_cloud", "true"))
    share = {
        day: answer(edition, ["cloud_rate"], DISTRICT, Period(date(2026, 11, 1), day))["value"][0]
        for day in (date(2026, 11, 10), date(2026, 11, 12))
    }
    assert list(share.values()) == [0, 50]


def test_an_increment_keeps_edits_and_a_changed_edit_is_a_new_edition(home: Home) -> None:
    first = edition_with(home, made("unit", "区信息中心"), as_of=datetime(2026, 11, 21))
    deliver(home, "assets", systems(True)[:1], source="systems")
    report = publish(home, CATALOG.rollups(), as_of=AS_OF)
    edition = open_edition(home, report.edition)
    assert [value(edition, name) for name in ("unit", "on_cloud")] == ["区信息中心", True]
    assert first.id != edition.id != edition_with(home, made("unit", "x")).id


def test_only_a_data_officer_of_the_area_edits_and_says_why(shared: ScopedEdition, desk: Desk) -> None:
    edition = shared
    change = Change("unit", "区信息中心", "机构改革")
    for actor in (LEADER, OTHER):
        with pytest.raises(Forbidden):
            edit_asset(desk, actor, edition, "systems", "s0", change)
    with pytest.raises(Refused, match="there is no asset"):
        edit_asset(desk, OFFICER, edition, "systems", "nobody", change)
    edit_asset(desk, OFFICER, edition, "systems", "s0", change)
    (row,) = edits.listing(desk, "systems", "s0")
    assert (row.value, row.loaded, row.who, row.reason) == ("区信息中心", "区数据局", "officer", "机构改革")
    assert [(e.field, e.value) for e in edits.current(desk, "Asia/Shanghai")] == [("unit", "区信息中心")]
    newer = edit_asset(desk, OFFICER, edition, "systems", "s0", Change("unit", "区数据局二科", "更正"))
    assert [e.id for e in edits.current(desk, "Asia/Shanghai")] == [newer], "the newest edit of a column"
    withdraw_edit(desk, OFFICER, edition, "systems", "s0", newer)
    assert edits.current(desk, "Asia/Shanghai") == (), "not the edit that it replaced: the loaded value"
    with pytest.raises(Refused, match="there is no edit"):
        withdraw_edit(desk, OFFICER, edition, "systems", "s0", newer)


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("area", "1", "corrected by its source"),
        ("phone", "1", "corrected by its source"),
        ("name", " ", "cannot be empty"),
        ("on_cloud", "maybe", "is yes or no"),
        ("items", "-1", "a number within its limits"),
        ("items", "1.5", "a number within its limits"),
        ("mlps_level", "6", "a number within its limits"),
        ("registered_at", "soon", "a day or time"),
        ("share_class", "secret", "is one of"),
        ("name", "系统 138 1234 5678", "telephone or ID"),
        ("unit", "x" * 501, "at most 500 characters"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_refused_in_one_line(
    shared: ScopedEdition, desk: Desk, field: str, typed: str, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        edit_asset(desk, OFFICER, shared, "systems", "s0", Change(field, typed, "x"))
    assert edits.listing(desk, "systems", "s0") == []


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [("on_cloud", "是", "true"), ("items", "1,200", "1200"), ("share_class", "无条件", "open"),
     ("registered_at", "2026-03-01", "2026-03-01 00:00:00"), ("items", "", None)],
)  # fmt: skip
def test_values_are_read_as_sources_write_them(field: str, typed: str, stored: str | None) -> None:
    assert edits.read_value(edits.EDITABLE[field], typed) == stored
