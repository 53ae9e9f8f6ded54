"""Checks of the facts of an edition: orders of time and place, sources that disagree, and printed rates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from data.editions.edition import Edition
from data.messages import Message, joined

TOLERANCE = 0.01
"""Two sources of one reading may differ by 1 % or one unit, whichever is more."""
FIRST = 3
"""Faults that a finding names."""
MOST_SAMPLE = 5000
"""Of a larger sample nearly every rate of two decimals is some whole count."""
_ORDERED = {
    "cases": (
        *(("registered_at", time) for time in ("pushed_at", "accepted_at", "signed_at", "responded_at", "handled_at")),
        ("pushed_at", "delivered_at"),
    ),
    "steps": (("started_at", "ended_at"),),
}
"""Pairs of times of a fact of which the second never comes before the first."""
_VALID = """NOT EXISTS (FROM areas a WHERE a.code = area_then AND coalesce(a.valid_from <= registered_at, true)
    AND coalesce(a.valid_to > registered_at, true))"""
_IMPOSSIBLE = {
    "closed_before_registered": "closed_at < registered_at",
    "due_before_registered": "due_at < registered_at",
    "due_before_accepted": "due_at < accepted_at AND NOT due_at < registered_at",
    "unknown_area": "area NOT IN (SELECT code FROM areas)",
    "area_not_valid": f"area_then IN (SELECT code FROM areas) AND {_VALID}",
    "from_the_future": "registered_at >= $1",
}
"""SQL of what no case may be. The loader rejects the first and those of areas; the rest is reported."""


@dataclass(frozen=True)
class Finding:
    """One check and what it found. `faults` = how many of `tried` did not agree; `passed` is None if none was tried.

    detail: where and by how much the first of them do not.
    """

    check: str
    passed: bool | None
    tried: int
    faults: int
    detail: Message


def finding(check: str, tried: int, faults: Sequence[Message]) -> Finding:
    """The finding of a check; it names the first faults."""
    return Finding(check, not faults if tried else None, tried, len(faults), joined(faults[:FIRST]))


def of_facts(edition: Edition) -> Iterator[Finding]:
    """All checks of single facts."""
    yield _sources(edition)
    yield from _impossible(edition)
    yield _negative(edition)
    yield _printed(edition)


def _sources(edition: Edition) -> Finding:
    """Two sources of one reading of one area and day agree within the tolerance."""
    sql = (
        "SELECT area, measure, measured_at::DATE AS day, min(value), max(value), count(DISTINCT source) AS sources "
        "FROM readings GROUP BY ALL HAVING count(DISTINCT source) > 1"
    )
    rows = edition.cursor().execute(sql).fetchall()
    faults = [
        Message(
            "reconciled.conflict", "{area} {name} {day}: {n} and {came}", area=place, name=measure, day=str(day),
            n=f"{low:g}", came=f"{high:g}",
        )
        for place, measure, day, low, high, _ in rows
        if high - low > max(TOLERANCE * abs(high), 1)
    ]  # fmt: skip
    return finding("conflict", len(rows), faults)


def _impossible(edition: Edition) -> Iterator[Finding]:
    """Orders of time and place that no case may break."""
    for name, condition in _IMPOSSIBLE.items():
        values = [edition.as_of] if "$1" in condition else []
        broken = f"FILTER (WHERE {condition})"
        sql = f"SELECT count(*), count(*) {broken}, min(key) {broken} FROM cases"
        tried, faults, key = edition.cursor().execute(sql, values).fetchone() or (0, 0, None)
        first = [Message("reconciled.first", "{key} …", key=key)] if faults else []
        yield Finding(name, faults == 0 if tried else None, tried, faults, joined(first))


def _negative(edition: Edition) -> Finding:
    """No stage takes less than no time: what follows the registration, a delivery after its push, a step."""
    tried, faults = 0, []
    for fact, pairs in _ORDERED.items():
        for first, time in pairs:
            broken = f"FILTER (WHERE {time} < {first})"
            both = f"FILTER (WHERE {first} IS NOT NULL)"
            sql = f"SELECT count({time}) {both}, count(*) {broken}, min(key) {broken} FROM {fact}"
            count, wrong, key = edition.cursor().execute(sql).fetchone() or (0, 0, None)
            tried += count
            if wrong:
                faults += [Message("reconciled.negative", "{key} {time} …", key=key, time=time)] * wrong
    return finding("negative_time", tried, faults)


def _printed(edition: Edition) -> Finding:
    """A rate that a source delivers in %, with its sample, is that of a whole count, at its own decimals."""
    sql = f"""SELECT source, key, value, n FROM readings
        WHERE value_unit = '%' AND n BETWEEN 1 AND {MOST_SAMPLE} ORDER BY source, key"""
    rows = edition.cursor().execute(sql).fetchall()
    faults = [
        Message("reconciled.printed", "{source} {key}: {value} % of {n}", source=source, key=key, value=value, n=n)
        for source, key, value, n in rows
        if not is_a_rate_of(int(n), f"{value:.10g}")
    ]  # fmt: skip
    return finding("printed", len(rows), faults)


def is_a_rate_of(denominator: int, printed: str) -> bool:
    """Whether some whole count of `denominator` gives the printed rate in %."""
    near = round(Decimal(printed) * denominator / 100)
    return any(agrees(count, denominator, printed) for count in range(max(near - 1, 0), near + 2))


def agrees(numerator: int, denominator: int, printed: str) -> bool:
    """Whether a rate printed in a bulletin is numerator / denominator in %, rounded or cut to its own decimals.

    A bulletin that does not reconcile is flagged, never taken over: 126 of 134 is 94.0 %, not the printed 94.3 %.
    """
    if not denominator:
        return False
    shown_value = Decimal(printed)
    exact = Decimal(numerator) * 100 / Decimal(denominator)
    step = Decimal(1).scaleb(int(shown_value.as_tuple().exponent))
    return shown_value in (exact.quantize(step, ROUND_HALF_UP), exact.quantize(step, ROUND_DOWN))
