"""Layers of the time-and-space map: YAML files, ours and a district's own."""

import json
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from data import yamls
from data.areas.levels import LEVELS
from data.errors import DataError
from data.schema import FACTS
from data.sources.expressions import SESSION_WORDS, parse
from data.system_errors import line_of
from data.values.crs import CRS
from metrics.catalog import Catalog
from metrics.catalog.model import Model, Name, Text
from metrics.errors import MetricsError, did_you_mean

MOST_FAULTS = 8
MOST_GROUPS = 9
"""Colours of categories that a layer can have; the rest is one group."""
DEEPEST = 24
"""Zoom levels of web maps: 0 is the world, 24 a table."""

Of = Literal["areas", "hotspots", "cases", "assets", "readings", "geojson"]
Shape = Literal["areas", "points", "clusters", "hexagons", "symbols", "outlines"]
SHAPES: dict[Of, tuple[Shape, ...]] = {
    "areas": ("areas",),
    "hotspots": ("areas",),
    "cases": ("points", "clusters", "hexagons"),
    "assets": ("symbols",),
    "readings": ("symbols",),
    "geojson": ("outlines",),
}
"""The shapes that each kind of content can have; the first is the default."""
MARKS: tuple[Of, ...] = ("cases", "assets", "readings")
FACTUAL: tuple[Of, ...] = (*MARKS, "hotspots")
"""Facts, each drawn as a mark that is there from one day to another."""


def _row_expression(sql: str) -> str:
    """An SQL expression of one row, as a source file may hold it."""
    try:
        words = SESSION_WORDS & {column.lower() for column in parse(sql).columns}
    except DataError as error:
        raise ValueError(str(error)) from None
    if words:
        raise ValueError(f"must not say {min(words)}: a layer is the same each time it is read")
    return sql


class Layer(Model):
    """One layer.

    of: areas (a metric, by area and time), hotspots (areas with more cases than expected), cases, assets, readings, or
    geojson (a file next to the YAML file).
    metric: of areas; the metric of the screen by default. level: of areas and hotspots; the areas right below by
    default.
    where: SQL condition of one row of the fact.
    colour: `state` (overdue, due soon, other), or a column whose values are coloured.
    size: `value` (readings) or pixels; hexagons and clusters are sized by their counts.
    file, crs: of geojson, the name of the file and its coordinate system. colour: a property of its features.
    place: of cases, `own`, or `area` where those without a place of their own stand at that of their area.
    label: a column, or a property of geojson, that names a mark; of assets their name.
    link: what a click opens: `rows` and cases open the case, `area` the cockpit of the area, none nothing.
    right: who may see it: look, or the right of another page.
    zoom: the zoom levels of the map at which it is drawn. shown: drawn unless the address says otherwise.
    """

    id: Name
    name: Text
    of: Of
    shape: Shape | None = None
    metric: Name | None = None
    level: str | None = None
    where: Annotated[str, AfterValidator(_row_expression)] | None = None
    colour: str = "state"
    size: Literal["value"] | float = 5.0
    place: Literal["own", "area"] = "own"
    label: Name | None = None
    link: Literal["case", "area", "none"] | None = None
    right: Literal["look", "act", "export", "data"] = "look"
    zoom: tuple[float, float] = (0, DEEPEST)
    shown: bool = False
    opacity: float = Field(0.85, gt=0, le=1)
    order: int = 50
    file: str | None = None
    crs: CRS = "wgs84"
    folder: str = ""

    @model_validator(mode="after")
    def _fits(self) -> "Layer":
        if self.id == "tiles":
            raise ValueError("id: tiles is the base map: use another")
        if self.shape is not None and self.shape not in SHAPES[self.of]:
            raise ValueError(f"shape: {self.of} can be {', '.join(SHAPES[self.of])}, not {self.shape}")
        if self.level is not None and self.level not in LEVELS:
            raise ValueError(f"level: use one of {', '.join(LEVELS)}")
        if self.where and self.of not in FACTUAL:
            raise ValueError(f"where: not used with {self.of}")
        if self.metric and self.of != "areas":
            raise ValueError(f"metric: not used with {self.of}")
        if (self.file is not None) != (self.of == "geojson"):
            raise ValueError(f"file: {'missing' if self.of == 'geojson' else f'not used with {self.of}'}")
        if self.file and Path(self.file).name != self.file:
            raise ValueError("file: the name of a file in the same folder")
        if not 0 <= self.zoom[0] < self.zoom[1] <= DEEPEST:
            raise ValueError(f"zoom: two levels from 0 to {DEEPEST}, the lower one first")
        if self.place == "area" and self.form != "points":
            raise ValueError("place: area is for cases shown as points only")
        if self.size == "value" and self.of != "readings":
            raise ValueError("size: value is for readings only")
        return self

    @property
    def form(self) -> Shape:
        """Its shape, or the default one."""
        return self.shape or SHAPES[self.of][0]

    @property
    def fact(self) -> str:
        """The fact that it reads, for those of FACTUAL."""
        return "cases" if self.of == "hotspots" else self.of

    @property
    def data_definition(self) -> tuple[object, ...]:
        """What its data depend on; layers where it is equal have the same data. Others than marks have their own."""
        if self.of in MARKS:
            return (self.of, self.where, self.right, self.place)
        own = (self.id, self.metric, self.level, self.content, self.label, self.crs)
        return (self.of, self.where, self.colour, self.right, *own)

    @property
    def content(self) -> str:
        """The text of its GeoJSON file; empty for another layer. Raises OSError."""
        return (Path(self.folder) / self.file).read_text("utf-8") if self.file else ""

    @property
    def fingerprint(self) -> str:
        """Part of the addresses of its data: they change with its definition."""
        return _fingerprint(self.data_definition)

    @property
    def has_groups(self) -> bool:
        """Whether its marks are coloured by the values of a column; they have an address of their own."""
        return self.of in MARKS and self.colour != "state"

    @property
    def group_fingerprint(self) -> str:
        """As `fingerprint`, of the groups of its marks."""
        return _fingerprint((self.colour, *self.data_definition))


def _fingerprint(definition: tuple[object, ...]) -> str:
    return sha256(repr(definition).encode()).hexdigest()[:12]


class LayerFile(Model):
    """A file of layers."""

    layers: tuple[Layer, ...] = Field(min_length=1)


@lru_cache(maxsize=8)
def load(catalog: Catalog, ours: Path, own: Path | None = None) -> dict[str, Layer]:
    """The layers of the YAML files of two folders by id, in the order they are drawn; an own one replaces ours.

    Raises MetricsError that lists the faults, each with file, layer and field.
    """
    if own is not None and not own.is_dir():
        raise MetricsError(
            "layers.no_folder", "the folder of layers {folder} does not exist: create it or clear COCKPIT_LAYERS",
            folder=own,
        )  # fmt: skip
    layers: dict[str, Layer] = {}
    faults: list[str] = []
    for folder in filter(None, (ours, own)):
        read: dict[str, str] = {}
        for file in sorted(folder.glob("*.yaml")):
            try:
                layers_of_file = _read(file)
            except MetricsError as error:
                faults.append(str(error))
                continue
            for layer in layers_of_file:
                at = f"{file.name}: layers.{layer.id}"
                if layer.id in read:
                    faults.append(f"{at}: the id is used in {read[layer.id]} already")
                read[layer.id] = file.name
                faults += [f"{at}.{fault}" for fault in _faults(layer, catalog)]
                layers[layer.id] = layer
    if faults:
        more = f" (and {len(faults) - MOST_FAULTS} more)" if len(faults) > MOST_FAULTS else ""
        raise MetricsError("layers.faults", "{faults}{more}", faults="; ".join(faults[:MOST_FAULTS]), more=more)
    return dict(sorted(layers.items(), key=lambda item: item[1].order))


def _read(file: Path) -> tuple[Layer, ...]:
    try:
        raw = yamls.parsed(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MetricsError(
            "layers.not_yaml", "{file}: not readable as YAML: {why}", file=file.name, why=line_of(error)
        ) from error
    try:
        layers = LayerFile.model_validate(raw).layers
    except ValidationError as error:
        faults = "; ".join(_located(fault, raw) for fault in error.errors()[:MOST_FAULTS])
        raise MetricsError("layers.invalid", "{file}: {faults}", file=file.name, faults=faults) from None
    return tuple(layer.model_copy(update={"folder": str(file.parent)}) for layer in layers)


def _located(fault: Any, raw: Any) -> str:
    """A fault with the id of its layer in place of its position."""
    path = [str(part) for part in fault["loc"]]
    if len(path) > 1 and path[0] == "layers" and path[1].isdigit():
        layer = raw["layers"][int(path[1])]
        named = layer.get("id") if isinstance(layer, dict) else None
        path[1] = str(named or f"layer {int(path[1]) + 1}")
    return f"{'.'.join(path)}: {fault['msg'].removeprefix('Value error, ')}"


def _faults(layer: Layer, catalog: Catalog) -> Iterator[str]:
    """What is wrong with a layer by the catalog, the facts and its file: `field: what`."""
    if layer.metric and layer.metric not in catalog.metrics:
        yield f'metric: there is no metric "{layer.metric}"{did_you_mean(layer.metric, catalog.metrics)}'
    if layer.of == "geojson":
        yield from _file_faults(layer)
    if layer.of not in FACTUAL:
        return
    columns = FACTS[layer.fact].by_name
    named = {"label": layer.label, "colour": None if layer.colour == "state" else layer.colour}
    for field, name in named.items():
        if name and name not in columns:
            yield f'{field}: {layer.fact} have no column "{name}"{did_you_mean(name, columns)}'
        elif name and not columns[name].exported:
            yield f"{field}: the column {name} leaves the product in no list, so it is on no map"
        elif name and field == "colour" and (columns[name].type != "VARCHAR" or columns[name].free_text):
            yield f"{field}: the column {name} has no groups to colour"
    for column in parse(layer.where).columns if layer.where else ():
        if column.lower() not in columns:
            yield f'where: {layer.fact} have no column "{column}"{did_you_mean(column, columns)}'
        elif not columns[column.lower()].exported:
            yield f"where: the column {column} leaves the product in no list, so no layer selects by it"


def _file_faults(layer: Layer) -> Iterator[str]:
    """What is wrong with the file of a layer of GeoJSON."""
    try:
        features = json.loads(layer.content)["features"]
        if not all(isinstance(feature["geometry"]["coordinates"], list) for feature in features):
            yield f"file: {layer.file} has a feature without coordinates"
    except (OSError, UnicodeDecodeError) as error:
        yield f"file: {layer.file} cannot be read: {line_of(error)}"
    except (ValueError, KeyError, TypeError, RecursionError):
        yield f"file: {layer.file} is no GeoJSON FeatureCollection"


__all__ = ["MARKS", "MOST_GROUPS", "SHAPES", "Layer", "load"]
