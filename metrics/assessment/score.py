"""Scores of areas by an assessment scheme, explained line by line down to counted rows."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from data.areas.levels import is_urban
from metrics.analysis.interval import wilson
from metrics.answer import WITHOUT_VALUE, answer
from metrics.areas import area
from metrics.assessment.schemes import Line, Scheme
from metrics.catalog import Metric
from metrics.engine.frames import each
from metrics.query import Query


@dataclass(frozen=True)
class LineScore:
    """One line of one area. value: None without data. points: 0 to 100 before the weight; None if not scored.

    low, high: the points at the two ends of the 95 % interval of the value.
    """

    metric: str
    weight: float
    target: float
    floor: float
    value: float | None
    numerator: float
    denominator: float
    points: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Assessed:
    """One area. total: its points of 100; None where a line has too small a sample. low, high: its interval.

    place: its rank among the areas of its kind. tied: its interval overlaps that of the one before it.
    """

    code: int
    name: str
    kind: str
    lines: tuple[LineScore, ...]
    total: float | None
    low: float | None
    high: float | None
    place: int | None = None
    tied: bool = False


def score(query: Query, scheme: Scheme) -> tuple[Assessed, ...]:
    """The areas of the scheme's level below the query's area, by kind and rank; those not scored come last.

    Of the query's period alone, whatever it is compared with.
    """
    query = replace(query, comparison=None)
    names = [line.metric for line in scheme.lines]
    rows: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in each(answer(query.of(*names, by=scheme.level))):
        rows[int(row.group)][row.metric] = row
    # what belongs to the areas above themselves is theirs
    codes = [code for code in rows if area(query.edition, code).level == scheme.level]
    scored = [_assessed(query, scheme, code, rows[code]) for code in codes]
    return tuple(_ranked(scored))


def _assessed(query: Query, scheme: Scheme, code: int, rows: dict[str, Any]) -> Assessed:
    place = area(query.edition, code)
    lines = tuple(
        _line(query.catalog.metrics[line.metric], line, rows.get(line.metric), scheme.least) for line in scheme.lines
    )
    total, low, high = (_total(lines, [getattr(line, of) for line in lines]) for of in ("points", "low", "high"))
    return Assessed(code, place.name, place.kind or "", lines, total, low, high)


def _line(metric: Metric, line: Line, row: Any, least: int) -> LineScore:
    given: dict[str, Any] = {"metric": line.metric, "weight": line.weight, "target": line.target, "floor": line.floor}
    if row is None or str(row.quality) in WITHOUT_VALUE:
        return LineScore(**given, value=None, numerator=0, denominator=0, points=None, low=None, high=None)
    value, numerator, denominator = float(row.value), float(row.numerator), float(row.denominator)
    points = low = high = None
    if row.n >= max(least, metric.min_n):
        points = line.points(value)
        shares = wilson(numerator, denominator) if metric.is_percent else None
        ends = [line.points(100 * share) for share in shares] if shares else [points, points]
        low, high = min(ends), max(ends)
    return LineScore(
        **given, value=value, numerator=numerator, denominator=denominator, points=points, low=low, high=high
    )


def _total(lines: Sequence[LineScore], points: Sequence[float | None]) -> float | None:
    """The weighted sum; None if a line is not scored: what is missing is neither 0 nor full marks."""
    known = [point for point in points if point is not None]
    if len(known) < len(points):
        return None
    return sum(line.weight * point for line, point in zip(lines, known, strict=True)) / 100


def _ranked(scored: Sequence[Assessed]) -> Iterator[Assessed]:
    """Towns and streets apart, the best first; the same total has the same rank."""
    by_kind: dict[bool, list[Assessed]] = defaultdict(list)
    for one in scored:
        by_kind[is_urban(one.kind)].append(one)
    for kind in sorted(by_kind):
        known = sorted(
            (one for one in by_kind[kind] if one.total is not None), key=lambda one: (-(one.total or 0), one.code)
        )
        before: Assessed | None = None
        for i, one in enumerate(known, 1):
            place = before.place if before and before.total == one.total else i
            tied = bool(before and (one.high or 0) >= (before.low or 0))
            before = replace(one, place=place, tied=tied)
            yield before
        yield from sorted((one for one in by_kind[kind] if one.total is None), key=lambda one: one.code)


def packed(scored: Sequence[Assessed]) -> list[dict[str, Any]]:
    """The scores as plain values, as an assessment keeps them."""
    return [asdict(one) for one in scored]


def unpacked(rows: Sequence[dict[str, Any]]) -> tuple[Assessed, ...]:
    """The scores of plain values."""
    return tuple(Assessed(**row | {"lines": tuple(LineScore(**line) for line in row["lines"])}) for row in rows)
