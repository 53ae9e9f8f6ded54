"""Assessment schemes (考核评价): weighted lines, each a metric with a target and a floor.

One YAML file a scheme, or a row of the desk that a leader approved: it replaces the file of its id from a day on. Which
one is in force is decided here and nowhere else.

A scheme is refused that counts how an app is used, or a number without a sample or a good direction.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from math import isclose
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, FiniteFloat, ValidationError, model_validator

from data import yamls
from data.areas.levels import LEVELS, end_of
from data.desk.assessing.schemes import Proposal, Row
from data.messages import Name as Named
from data.system_errors import line_of
from metrics.catalog import Catalog, Domain, Metric
from metrics.catalog.model import Flow, Model, Name, Text
from metrics.engine.plan import exists_at
from metrics.errors import MetricsError, did_you_mean

OURS = Path(__file__).parent / "schemes"
MOST_FAULTS = 8
LEAST = 10
"""Cases of a line below which nobody is assessed."""
APP_USE = re.compile(
    r"users_registered|registered_users|log_?ins?\b|installs?\b|downloads?\b|online_minutes|check_?ins?\b|likes\b"
)
"""Columns and measures that count how an app is used: no part of an assessment."""


class Line(Model):
    """One line. Points: 0 at the floor and below, 100 at the target and above, in proportion between them."""

    metric: Name
    weight: Annotated[float, Field(gt=0, le=100)]
    target: FiniteFloat
    floor: FiniteFloat

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
    least: int = Field(default=LEAST, ge=LEAST)
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
            scheme = read(file)
        except MetricsError as error:
            faults.append(str(error))
            continue
        faults += [f"{file.name}: lines: {fault}" for line in scheme.lines for fault in _faults(scheme, line, catalog)]
        schemes[scheme.id] = scheme
    if faults:
        more = f" (and {len(faults) - MOST_FAULTS} more)" if len(faults) > MOST_FAULTS else ""
        raise MetricsError("schemes.faults", "{faults}{more}", faults="; ".join(faults[:MOST_FAULTS]), more=more)
    return schemes


def in_force(known: Mapping[str, Scheme], rows: Iterable[Row], area: int, day: date) -> dict[str, Scheme]:
    """The schemes by id for an assessment of an area over a period that begins on a day.

    known: those of files. An approved row of the area or of one above replaces the file of its id: that of the smallest
    area, of these the one that began last, and of the same day the newest.
    """
    valid = [
        row
        for row in rows
        if row.state == "approved" and row.what.area <= area < end_of(row.what.area) and row.what.valid_from <= day
    ]
    return dict(known) | {row.what.scheme: of_row(row) for row in sorted(valid, key=_precedence)}


def _precedence(row: Row) -> tuple[int, date, int]:
    return row.what.area - end_of(row.what.area), row.what.valid_from, row.id


def of_row(row: Row) -> Scheme:
    """The scheme of a row of the desk."""
    return _scheme(row.what)


def _scheme(what: Proposal) -> Scheme:
    lines = [asdict(line) for line in what.lines]
    name = {"zh": what.zh.strip() or "–", "en": what.en.strip() or "–"}
    given = {"id": what.scheme, "file": "", "name": name, "level": what.level, "period": what.period}
    return Scheme.model_validate(given | {"least": what.least, "lines": lines})


def proposed(what: Proposal, catalog: Catalog) -> Scheme:
    """The scheme of a proposal. Raises MetricsError for what cannot be assessed by."""
    total = sum(line.weight for line in what.lines)
    if not what.lines:
        raise MetricsError("scheme.no_lines", "a scheme needs a line: a metric with weight, target and floor")
    if any(not 0 < line.weight <= 100 for line in what.lines) or not isclose(total, 100, abs_tol=1e-6):
        raise MetricsError(
            "scheme.weights", "the weights add up to {total}: make it 100, each above 0", total=f"{total:g}"
        )
    names = [line.metric for line in what.lines]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise MetricsError("scheme.twice", "{metric} is in two lines", metric=_label(catalog, twice))
    try:
        scheme = _scheme(what)
    except ValidationError:
        raise MetricsError(
            "scheme.shape",
            "a scheme has an id of small letters, digits and _, a level, a period of month, quarter or year, and "
            "at least 10 cases a line",
        ) from None
    check(scheme, catalog)
    return scheme


def check(scheme: Scheme, catalog: Catalog) -> None:
    """Raise MetricsError for the first line that nobody can be assessed by."""
    for line in scheme.lines:
        for fault in _faults(scheme, line, catalog):
            raise fault


def usable(catalog: Catalog, level: str) -> list[Metric]:
    """The metrics that areas of a level can be assessed by."""
    return [metric for metric in catalog.metrics.values() if not any(_unfit(metric, level, catalog))]


def _label(catalog: Catalog, name: str) -> Any:
    return catalog.metrics[name].label if name in catalog.metrics else name


def read(file: Path) -> Scheme:
    """The scheme of a file. Raises MetricsError that names the file and each field at fault."""
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


def _faults(scheme: Scheme, line: Line, catalog: Catalog) -> Iterator[MetricsError]:
    """Why a metric cannot be a line of a scheme."""
    metric = catalog.metrics.get(line.metric)
    if metric is None:
        near = did_you_mean(line.metric, catalog.metrics)
        yield MetricsError("metric.unknown", 'there is no metric "{name}".{near}', name=line.metric, near=near)
        return
    yield from _unfit(metric, scheme.level, catalog)
    if metric.direction == "up" and line.target <= line.floor:
        yield MetricsError("scheme.target_above", "{metric}: the target must lie above the floor", metric=metric.label)
    if metric.direction == "down" and line.target >= line.floor:
        yield MetricsError("scheme.target_below", "{metric}: the target must lie below the floor", metric=metric.label)


def _unfit(metric: Metric, level: str, catalog: Catalog) -> Iterator[MetricsError]:
    """Why areas of a level cannot be assessed by a metric, whatever its target."""
    if not exists_at(metric, level):
        yield MetricsError(
            "scheme.level",
            "{metric} does not exist at the level {level}",
            metric=metric.label,
            level=Named("level", level),
        )
    if not metric.parts[1:]:
        yield MetricsError(
            "scheme.no_sample",
            "{metric} is no rate of counted rows and has no sample: use a metric with a denominator",
            metric=metric.label,
        )  # fmt: skip
    if metric.direction == "none":
        yield MetricsError(
            "scheme.no_direction", "{metric} has no good direction: nobody can be assessed by it", metric=metric.label
        )
    if _counts_app_use(catalog, metric):
        yield MetricsError(
            "scheme.app_use", "{metric} counts how an app is used, which must not be assessed", metric=metric.label
        )


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
