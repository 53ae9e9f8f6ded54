"""Layouts: rows of panels, one YAML file each, ours and a district's own (COCKPIT_LAYOUTS).

A layout is the cockpit of some levels, the wall, a topic of the menu, or the pattern for topics that name no rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

import yaml
from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from cockpit.drawing.row import MOST
from cockpit.errors import UsageError
from cockpit.modules import import_all
from cockpit.panels import kinds
from cockpit.panels.base import Panel, classes
from cockpit.settings import Settings
from cockpit.view_state import catalog_of
from data import yamls
from data.areas.levels import LEVELS, expand_levels
from data.system_errors import line_of
from metrics.catalog import Catalog
from metrics.catalog.model import Model, Name, Text
from metrics.engine.plan import COLUMNS
from metrics.errors import did_you_mean

HERE = Path(__file__).parents[1] / "layouts"
MOST_FAULTS = 8
WALL, PATTERN = "wall", "topic"
"""The ids of the layout of a wall, and of the one whose rows a topic without rows has."""


class StackPanel(Panel):
    """Several panels below one another, in one place of a row."""

    kind: Literal["stack"]
    panels: tuple["AnyPanel", ...] = Field(min_length=1)


import_all(kinds)
if TYPE_CHECKING:
    AnyPanel = Panel
else:
    AnyPanel = Annotated[Union[tuple(classes().values())], Field(discriminator="kind")]  # noqa: UP007
    """A panel of any kind: the class is chosen by `kind`."""


class Row(Model):
    """Panels side by side. new_page: it begins a new page on paper."""

    panels: tuple[AnyPanel, ...] = Field(min_length=1, max_length=MOST)
    new_page: bool = False

    @model_validator(mode="before")
    @classmethod
    def _plain_list(cls, data: Any) -> Any:
        return {"panels": data} if isinstance(data, list) else data


class Scene(Model):
    """Scenes of a wall: its own area, or the areas below with the most reds, each with its most severe metric.

    most: how many areas below. metric: of the own area, in place of the chosen one. rows: in place of the layout's.
    """

    of: Literal["area", "reds"]
    most: int = Field(default=7, ge=1, le=50)
    metric: Name | None = None
    rows: tuple[Row, ...] = ()


class Layout(Model):
    """One screen as rows of panels. Equal only to itself: views are compared by it often.

    metric: the chosen metric where the address names none.
    metrics: what its panels show by default; spare: what takes the place of those that no source feeds.
    order: its place in the menu of topics; those without one come last, by id.
    levels: of a cockpit, the levels that it is the first screen of; of a topic, those where the menu offers it.
    scenes: of a wall, what it turns through; turn: the seconds that each is shown.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))

    id: Name
    file: str
    use: Literal["cockpit", "topic", "wall", "pattern"]
    name: Text
    order: int = Field(default=1000, ge=0)
    levels: Annotated[tuple[str, ...], AfterValidator(expand_levels)] = LEVELS
    metric: Name
    metrics: tuple[Name, ...] = ()
    spare: tuple[Name, ...] = ()
    rows: tuple[Row, ...] = ()
    scenes: tuple[Scene, ...] = (Scene(of="area"), Scene(of="reds"))
    turn: int = Field(default=20, ge=1, le=3600)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    @cached_property
    def panels(self) -> tuple[Panel, ...]:
        """All panels in the order of the screen, those of stacks included."""
        rows = (*self.rows, *(row for scene in self.scenes for row in scene.rows))
        return tuple(flat(panel for row in rows for panel in row.panels))

    @cached_property
    def by_name(self) -> dict[str, Panel]:
        """The panels by what links and files call them: kind, column and metric, and a number where these repeat."""
        panels: dict[str, Panel] = {}
        for panel in self.panels:
            plain = "-".join((panel.kind, *panel.splits, *panel.metrics[:1]))
            again = sum(name == plain or name.startswith(f"{plain}~") for name in panels)
            panels[f"{plain}~{again + 1}" if again else plain] = panel
        return panels

    @cached_property
    def names(self) -> dict[int, str]:
        """The names of `by_name` by `id()` of the panel: equal panels are different ones."""
        return {id(panel): name for name, panel in self.by_name.items()}

    @cached_property
    def grouped(self) -> tuple[str, ...]:
        """The metrics of the groups of its tiles."""
        return tuple(dict.fromkeys(name for panel in self.panels for name in panel.grouped))

    @property
    def tiles(self) -> tuple[str, ...]:
        """The metrics that stand as tiles where a visitor has chosen none."""
        return self.grouped or self.metrics

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The columns by which its panels break a metric down."""
        return tuple(dict.fromkeys(by for panel in self.panels for by in panel.splits))


def flat(panels: Any) -> Iterator[Panel]:
    """The panels, and in place of a stack its own."""
    for panel in panels:
        if isinstance(panel, StackPanel):
            yield from flat(panel.panels)
        else:
            yield panel


@dataclass(frozen=True)
class Layouts:
    """All layouts by id, in the order of the menu."""

    by_id: dict[str, Layout]

    __hash__ = object.__hash__

    def cockpit(self, level: str) -> Layout:
        """The first screen of a level."""
        return next(layout for layout in self.by_id.values() if layout.use == "cockpit" and level in layout.levels)

    def topics(self, level: str | None = None) -> list[Layout]:
        """The topics that the menu offers at a level; without one, all."""
        topics = [layout for layout in self.by_id.values() if layout.use == "topic"]
        return [layout for layout in topics if level is None or level in layout.levels]

    @property
    def wall(self) -> Layout:
        return self.by_id[WALL]


@cache
def load(extra: Path | None, catalog: Catalog) -> Layouts:
    """Our layouts and those of the folder `extra`; one of theirs replaces ours of the same id.

    Raises UsageError that lists the faults found, each with file and field.
    """
    if extra is not None and not extra.is_dir():
        raise UsageError(
            "layout.no_folder", "the folder {folder} does not exist: create it or clear COCKPIT_LAYOUTS", folder=extra
        )
    files = [*sorted(HERE.glob("*.yaml")), *(sorted(extra.glob("*.yaml")) if extra else [])]
    layouts: dict[str, Layout] = {}
    faults: list[str] = []
    for file in files:
        try:
            layout = read(file)
        except UsageError as error:
            faults.append(str(error))
            continue
        faults += _metric_faults(layout, catalog)
        layouts[layout.id] = layout
    layouts = {id: _with_rows(layout, layouts) for id, layout in layouts.items()}
    layouts = dict(sorted(layouts.items(), key=lambda entry: (entry[1].order, entry[0])))
    faults += _missing(layouts)
    if faults:
        more = f" and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise UsageError("layout.faults", "{faults}{more}", faults="; ".join(faults[:MOST_FAULTS]), more=more)
    return Layouts(layouts)


def of(config: Settings) -> Layouts:
    """The layouts of these settings."""
    return load(config.layouts, catalog_of(config))


def read(file: Path) -> Layout:
    """One file. UsageError with each of its faults and where it is."""
    try:
        raw = yamls.parsed(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            "layout.not_yaml", "{file}: cannot be read as YAML: {why}", file=file.name, why=line_of(error)
        ) from error
    if not isinstance(raw, dict):
        raise UsageError(
            "layout.not_a_mapping", "{file}: a layout has id, use, name, metric and metrics", file=file.name
        )
    try:
        return Layout.model_validate({"metric": next(iter(raw.get("metrics") or ()), None), **raw, "file": file.name})
    except (ValidationError, TypeError) as error:
        faults = error.errors() if isinstance(error, ValidationError) else [{"loc": ("metrics",), "msg": str(error)}]
        text = "; ".join(_worded(file.name, fault) for fault in faults)
        raise UsageError("layout.invalid", "{faults}", faults=text) from error


def _worded(file: str, fault: Any) -> str:
    where = ".".join(str(step) for step in fault["loc"])
    match fault.get("type"):
        case "missing":
            return f"{file}: {where}: is missing"
        case "extra_forbidden":
            return f"{file}: {where}: no such field"
        case "union_tag_invalid":
            context = fault["ctx"]
            return f"{file}: {where}: there is no panel {context['tag']}: use {context['expected_tags']}"
    return f"{file}: {where}: {fault['msg'].removeprefix('Value error, ')}"


def _with_rows(layout: Layout, layouts: dict[str, Layout]) -> Layout:
    pattern = layouts.get(PATTERN)
    if layout.rows or layout.use != "topic" or pattern is None:
        return layout
    return Layout(**{name: getattr(layout, name) for name in Layout.model_fields} | {"rows": pattern.rows})


def _metric_faults(layout: Layout, catalog: Catalog) -> Iterator[str]:
    named = {"metric": (layout.metric,), "metrics": layout.metrics, "spare": layout.spare}
    named["scenes"] = tuple(scene.metric for scene in layout.scenes if scene.metric)
    named |= {f"rows: {panel.kind}: metrics": (*panel.metrics, *panel.grouped) for panel in layout.panels}
    for field, names in named.items():
        for name in names:
            if name not in catalog.metrics:
                yield f'{layout.file}: {field}: there is no metric "{name}".{did_you_mean(name, catalog.metrics)}'
    for by in layout.splits:
        if by not in COLUMNS:
            yield f'{layout.file}: split: "{by}" is not a column: use {", ".join(COLUMNS)}.{did_you_mean(by, COLUMNS)}'
    if layout.use == "topic" and not layout.metrics:
        yield f"{layout.file}: metrics: a topic names its metrics"


def _missing(layouts: dict[str, Layout]) -> Iterator[str]:
    """The parts that a layout lacks."""
    for level in LEVELS:
        if not any(layout.use == "cockpit" and level in layout.levels for layout in layouts.values()):
            yield f"no layout with use: cockpit has {level} among its levels"
    for id in (WALL, PATTERN):
        if id not in layouts:
            yield f"there is no layout {id}"
    for layout in layouts.values():
        if not layout.rows:
            yield f"{layout.file}: rows: is missing"
