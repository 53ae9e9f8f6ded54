"""Assessment schemes (考核评价): weighted lines, each a metric with a target and a floor; one YAML file a scheme.

A scheme is refused that counts how an app is used, or a number without a sample or a good direction.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from math import isclose
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from data import yamls
from data.areas.levels import LEVELS
from data.system_errors import line_of
from metrics.catalog import Catalog, Domain, Metric
from metrics.catalog.model import Flow, Model, Name, Text
from metrics.engine.plan import exists_at
from metrics.errors import MetricsError, did_you_mean

OURS = Path(__file__).parent / "schemes"
MOST_FAULTS = 8
APP_USE = re.compile(
    r"users_registered|registered_users|log_?ins?\b|installs?\b|downloads?\b|online_minutes|check_?ins?\b|likes\b"
)
"""Columns and measures that count how an app is used: no part of an assessment."""


class Line(Model):
    """One line. Points: 0 at the floor and below, 100 at the target and above, in proportion between them."""

    metric: Name
    weight: Annotated[float, Field(gt=0, le=100)]
    target: float
    floor: float

    def points(self, value: float) -> float:
        """The points of a value, from 0 to 100. The floor lies below the target, or above it where less is better."""
        return 100 * min(max((value - self.floor) / (self.target - self.floor), 0.0), 1.0)


class Scheme(Model):
    """Which areas are assessed, over which period, by which lines.

    level: of the areas, which are ranked by kind: towns and streets apart. period: what an assessment covers.
    least: cases that every line needs in an area; what has fewer is neither scored nor ranked.
    """

    id: Name
    file: str
    name: Text
    level: str
    period: Literal["month", "quarter", "year"]
    least: int = Field(default=10, ge=10)
    lines: tuple[Line, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> "Scheme":
        if self.level not in LEVELS:
            raise ValueError(f"level: there is no level {self.level}: use {', '.join(LEVELS)}")
        total = sum(line.weight for line in self.lines)
        if not isclose(total, 100, abs_tol=1e-6):
            raise ValueError(f"lines: the weights add up to {total:g}: make it 100")
        names = [line.metric for line in self.lines]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"lines: {', '.join(twice)} is named twice")
        return self


@lru_cache(maxsize=8)
def load(catalog: Catalog, own: Path | None = None) -> dict[str, Scheme]:
    """The schemes by id; one of the folder `own` replaces ours of the same id.

    Raises MetricsError that lists the faults, each with file and field.
    """
    if own is not None and not own.is_dir():
        raise MetricsError(
            "schemes.no_folder", "the folder of schemes {folder} does not exist: create it or clear COCKPIT_SCHEMES",
            folder=own,
        )  # fmt: skip
    schemes: dict[str, Scheme] = {}
    faults: list[str] = []
    for file in [*sorted(OURS.glob("*.yaml")), *(sorted(own.glob("*.yaml")) if own else [])]:
        try:
            scheme = _read(file)
        except MetricsError as error:
            faults.append(str(error))
            continue
        faults += [f"{file.name}: {fault}" for line in scheme.lines for fault in _faults(scheme, line, catalog)]
        schemes[scheme.id] = scheme
    if faults:
        more = f" (and {len(faults) - MOST_FAULTS} more)" if len(faults) > MOST_FAULTS else ""
        raise MetricsError("schemes.faults", "{faults}{more}", faults="; ".join(faults[:MOST_FAULTS]), more=more)
    return schemes


def _read(file: Path) -> Scheme:
    try:
        raw: Any = yamls.parsed(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MetricsError(
            "schemes.not_yaml", "{file}: cannot be read as YAML: {why}", file=file.name, why=line_of(error)
        ) from error
    if not isinstance(raw, dict):
        raise MetricsError(
            "schemes.not_a_mapping", "{file}: a scheme has id, name, level, period and lines", file=file.name
        )
    try:
        return Scheme.model_validate({**raw, "file": file.name})
    except (ValidationError, TypeError) as error:
        faults: list[Any] = error.errors() if isinstance(error, ValidationError) else [{"loc": (), "msg": str(error)}]
        text = "; ".join(
            f"{file.name}: {'.'.join(map(str, fault['loc']))}: {fault['msg'].removeprefix('Value error, ')}".replace(
                ": : ", ": "
            )
            for fault in faults
        )
        raise MetricsError("schemes.invalid", "{faults}", faults=text) from error


def _faults(scheme: Scheme, line: Line, catalog: Catalog) -> Iterator[str]:
    """Why a metric cannot be a line of a scheme."""
    metric = catalog.metrics.get(line.metric)
    if metric is None:
        yield f'lines: there is no metric "{line.metric}".{did_you_mean(line.metric, catalog.metrics)}'
        return
    if not exists_at(metric, scheme.level):
        yield f"lines: {metric.id} does not exist at the level {scheme.level}"
    if not metric.parts[1:]:
        yield f"lines: {metric.id} is no rate of counted rows and has no sample: use a metric with a denominator"
    if metric.direction == "none":
        yield f"lines: {metric.id} has no good direction: nobody can be assessed by it"
    elif (line.target > line.floor) != (metric.direction == "up") or line.target == line.floor:
        better = "above" if metric.direction == "up" else "below"
        yield f"lines: {metric.id}: the target must lie {better} the floor"
    if _counts_app_use(catalog, metric):
        yield f"lines: {metric.id} counts how an app is used, which must not be assessed"


def _counts_app_use(catalog: Catalog, metric: Metric) -> bool:
    """Whether an expression of the metric, or of one that it is made of, reads how an app is used."""
    if metric.components:
        return any(_counts_app_use(catalog, catalog.metrics[name]) for name in metric.components)
    return any(APP_USE.search(sql) for sql in _expressions(catalog.domain(metric), metric))


def _expressions(domain: Domain, metric: Metric) -> Iterator[str]:
    if aggregate := metric.aggregate:
        yield from filter(None, (aggregate.sum, aggregate.max, aggregate.per, aggregate.where))
    for name in metric.measures:
        measure = domain.measures[name]
        if isinstance(measure, Flow):
            yield from filter(None, (measure.anchor, measure.where, measure.value))
    yield from filter(None, (domain.where, *domain.terms.values()))
