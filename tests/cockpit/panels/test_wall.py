"""The wall: which areas it turns to, with which metric."""

from pathlib import Path

import pytest

from cockpit import settings
from cockpit.panels import answers, layouts
from cockpit.panels.kinds.tiles import TilesPanel
from cockpit.screens import wall
from tests.cockpit.panels.conftest import See
from tests.factory import DISTRICT, VILLAGES


def test_a_wall_turns_through_the_area_and_those_with_reds(see: See) -> None:
    view = see(wall=1)
    stops = wall.stops_of(view)
    assert stops[0] == wall.Stop(view.area)
    assert stops[0].area.code == DISTRICT
    assert {stop.area.level for stop in stops[1:]} == {"town"}
    scenes = layouts.of(settings.current()).wall.scenes
    assert len({stop.area.code for stop in stops}) == len(stops) <= 1 + scenes[1].most


def test_the_scenes_of_a_wall_come_from_its_layout(see: See, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = (layouts.HERE / "wall.yaml").read_text("utf-8").partition("turn:")
    scenes = "turn: 5\nscenes:\n  - {of: reds, most: 1}\n  - {of: area, metric: closed, rows: [[{kind: ranking}]]}\n"
    rows = "rows:" + built_in[2].partition("rows:")[2]
    (tmp_path / "wall.yaml").write_text(built_in[0] + scenes + rows, "utf-8")
    view = see(wall=1)
    own = layouts.load(tmp_path, view.catalog)
    monkeypatch.setattr(layouts, "of", lambda _config: own)
    red, area = wall.stops_of(view)
    assert red.area.level == "town"
    assert red.metric
    assert not red.rows
    assert (area.area.code, area.metric, area.rows[0].panels[0].kind) == (DISTRICT, "closed", "ranking")
    assert area.of(view).metric.id == "closed"
    assert own.wall.turn == 5


def test_a_wall_shows_the_metric_for_which_it_turned_to_a_town(see: See) -> None:
    view = see(wall=1)
    (panel,) = [one for one in layouts.of(settings.current()).wall.panels if isinstance(one, TilesPanel)]
    for stop in wall.stops_of(view)[1:]:
        reds = [red.metric for red in answers.reds(view.ask()) if red.area == stop.area.code and red.kind == "below"]
        assert stop.metric == reds[0]
        tiles = panel.tiles(stop.of(view))
        assert tiles[0].name == view.catalog.metrics[stop.metric].name["zh"]
        assert tiles[0].chosen
        assert len(tiles) <= panel.most


def test_a_wall_of_a_village_stays_there(see: See) -> None:
    assert [stop.area.code for stop in wall.stops_of(see(area=VILLAGES[0], wall=1))] == [VILLAGES[0]]
