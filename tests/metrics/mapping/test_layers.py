"""A wrong layer is one clear line with file, layer and field."""

from pathlib import Path

import pytest
import yaml

from cockpit.screens.timemap.layers import OURS
from metrics.catalog import load as load_catalog
from metrics.errors import MetricsError
from metrics.mapping.layers import load

CATALOG = load_catalog()
GOOD = {"id": "lamps", "name": {"zh": "路灯", "en": "Lamps"}, "of": "cases"}


def layers(folder: Path, *given: dict[str, object], name: str = "own.yaml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(yaml.dump({"layers": list(given)}, allow_unicode=True), "utf-8")
    return folder


def test_our_layers_are_sound() -> None:
    assert {"areas", "villages", "cases", "orders", "sites", "halls"} <= set(load(CATALOG, OURS))


def test_an_own_layer_is_added_and_one_of_our_id_takes_its_place(tmp_path: Path) -> None:
    own = layers(tmp_path / "own", GOOD, {**GOOD, "id": "cases", "where": "kind = 'event'"})
    by_id = load(CATALOG, OURS, own)
    assert by_id["lamps"].form == "points"
    assert by_id["cases"].where == "kind = 'event'"
    assert list(by_id) == sorted(by_id, key=lambda name: by_id[name].order)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"of": "cars"}, "own.yaml: layers.lamps.of: Input should be"),
        ({"shape": "areas"}, "layers.lamps: shape: cases can be points, clusters, hexagons, not areas"),
        ({"colour": "categry"}, 'layers.lamps.colour: cases have no column "categry"'),
        ({"colour": "reporter"}, "layers.lamps.colour: the column reporter leaves the product in no list"),
        ({"label": "description2"}, 'layers.lamps.label: cases have no column "description2"'),
        ({"where": "categry = 'x'"}, 'layers.lamps.where: cases have no column "categry"'),
        ({"where": "reporter = 'x'"}, "layers.lamps.where: the column reporter leaves"),
        ({"where": "registered_at > current_date"}, "must not say current_date"),
        ({"where": "(SELECT 1) = 1"}, "layers.lamps.where: "),
        ({"where": "true; DROP TABLE cases"}, "layers.lamps.where: "),
        ({"metric": "backlog"}, "metric: not used with cases"),
        ({"of": "areas", "metric": "backlok"}, 'layers.lamps.metric: there is no metric "backlok"'),
        ({"of": "areas", "level": "planet"}, "level: use one of"),
        ({"zoom": [9, 3]}, "zoom: two levels from 0 to 24"),
        ({"size": "value"}, "size: value is for readings only"),
        ({"of": "geojson"}, "file: missing"),
        ({"of": "geojson", "file": "../x.geojson"}, "file: the name of a file in the same folder"),
        ({"of": "geojson", "file": "x.geojson"}, "layers.lamps.file: x.geojson cannot be read"),
        ({"of": "geojson", "file": "own.yaml"}, "layers.lamps.file: own.yaml is no GeoJSON FeatureCollection"),
        ({"file": "x.geojson"}, "file: not used with cases"),
        ({"of": "geojson", "file": "x.geojson", "crs": "mars"}, "layers.lamps.crs"),
        ({"opacity": 0}, "layers.lamps.opacity"),
        ({"colours": "x"}, "layers.lamps.colours: Extra inputs"),
    ],
)
def test_a_fault_names_file_layer_and_field(tmp_path: Path, change: dict[str, object], fault: str) -> None:
    with pytest.raises(MetricsError) as raised:
        load(CATALOG, OURS, layers(tmp_path / "own", {**GOOD, **change}))
    assert fault in str(raised.value)
    assert "own.yaml: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_two_layers_of_one_id_and_what_is_no_yaml_are_faults(tmp_path: Path) -> None:
    own = layers(tmp_path / "own", GOOD, name="a.yaml")
    layers(own, GOOD, name="b.yaml")
    (own / "c.yaml").write_text("layers: [", "utf-8")
    with pytest.raises(MetricsError, match=r"b\.yaml: layers\.lamps: the id is used in a\.yaml.*c\.yaml: not readable"):
        load(CATALOG, OURS, own)
    with pytest.raises(MetricsError, match="does not exist: create it or clear COCKPIT_LAYERS"):
        load(CATALOG, OURS, tmp_path / "nowhere")


def test_the_address_of_data_changes_with_what_is_in_them_alone(tmp_path: Path) -> None:
    by_id = load(CATALOG, OURS, layers(tmp_path / "own", GOOD, {**GOOD, "id": "b", "shape": "hexagons", "opacity": 0.5},
                                       {**GOOD, "id": "c", "where": "kind = 'event'"}))  # fmt: skip
    assert by_id["lamps"].fingerprint == by_id["b"].fingerprint != by_id["c"].fingerprint
