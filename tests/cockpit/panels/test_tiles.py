"""Tiles hold the numbers of the query and keep area and period."""

from datetime import date
from urllib.parse import urlsplit

from cockpit.panels import answers
from metrics.period import Period
from tests.asking import answer
from tests.cockpit.panels.conftest import See, panel_of, parameters, tiles_of
from tests.factory import TOWNS


def test_tiles_hold_the_numbers_of_the_query(see: See) -> None:
    view = see(area=TOWNS[1])
    frame = answer(view.edition, ["overdue_open"], view.area.code, view.period)
    tile = next(tile for tile in tiles_of(view) if tile.name == "超期未结件数")
    assert tile.value == f"{frame['value'].item():.0f}" == "20"
    assert len(tile.trend) == answers.MONTHS
    assert tile.trend[-1] == 20


def test_a_metric_without_a_source_gives_its_place_and_is_named(see: See) -> None:
    names = [tile.name for tile in tiles_of(see())]
    assert len(names) == panel_of(see()).most
    assert "站点健康" not in names
    assert "首次响应时长" not in names
    assert "受理量" in names
    unfed = {summary.metric.name.zh for summary in panel_of(see()).unfed(see())}
    assert unfed >= {"站点健康", "首次响应时长"}


def test_tile_notes_a_rate_that_hides_late_open_cases(see: See) -> None:
    def note(area: int) -> str:
        tile = next(tile for tile in tiles_of(see(area=area)) if tile.name == "按期办结率")
        return " ".join(text for _label, text in tile.rows)

    assert "办结件中为" in note(TOWNS[1])
    assert "办结件中为" not in note(TOWNS[0])


def test_choosing_a_tile_keeps_area_and_period(see: See) -> None:
    view = see(area=TOWNS[0], **{"from": "2026-10-01", "to": "2026-11-01"}, metric="closure_rate")
    tiles = tiles_of(view)
    assert [tile.name for tile in tiles if tile.chosen] == ["办结率"]
    view_parameters = {"area": str(TOWNS[0]), "from": "2026-10-01", "to": "2026-11-01"}
    assert parameters(tiles[0].href) == {**view_parameters, "metric": "backlog"}
    assert urlsplit(tiles[0].passport).path == "/passport"


def test_a_tiles_line_ends_with_this_month_and_begins_a_year_before() -> None:
    months = answers.last_months(date(2026, 11, 21))
    assert (months[0].start, months[-1]) == (date(2025, 11, 1), Period(date(2026, 11, 1), date(2026, 12, 1)))
