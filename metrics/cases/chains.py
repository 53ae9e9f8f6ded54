"""Chains of repeats of an area and period: cases tied by their caller, by their place, or by their source."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.ingest.repeats import link_values, pairs
from metrics.query import Query
from metrics.rows import relation

LEAST = 3
"""Cases of a chain: two alone are a repeat, which the repeat rate counts."""
COLUMNS = ("source", "key", "area", "category", "subcategory", "registered_at", "closed_at")
TYING = ("source", "key", "area", "place", "category", "reporter", "registered_at", "repeat_of")
"""The columns that decide what ties two cases."""


@dataclass(frozen=True)
class RepeatChain:
    """Cases of a chain by source and key, oldest first. area, topic: those that most of its cases have.

    Nothing personal: neither caller nor address nor text.
    """

    cases: tuple[tuple[str, str], ...]
    area: int
    topic: tuple[str, ...]
    first: datetime
    last: datetime
    open: int

    @property
    def length(self) -> int:
        return len(self.cases)


def chains(query: Query, most: int) -> tuple[tuple[RepeatChain, ...], int]:
    """The longest chains among the facts of the query's metric in its period, and how many chains there are.

    The rule of `data.ingest.repeats`. A chain has LEAST cases or more; those of other areas and periods do not count.
    """
    facts, values = relation(query, TYING)
    ties = (
        f"WITH facts AS MATERIALIZED ({facts}) "
        f"{pairs(link_values('facts', 'id'))} "
        "UNION SELECT c.id, e.id FROM facts c JOIN facts e ON c.source = e.source AND c.repeat_of = e.key"
    )
    cursor = query.edition.unscoped.cursor()
    groups = [group for group in joined(cursor.execute(ties, values).fetchall()) if len(group) >= LEAST]
    longest = sorted(groups, key=lambda group: (-len(group), group[0]))[:most]
    ids = [id for group in longest for id in group]
    chosen = f"SELECT unnest(${len(values) + 1}::BIGINT[])"
    listed = f"SELECT * FROM ({relation(query, COLUMNS)[0]}) WHERE id IN ({chosen})"
    rows = {row[-1]: row[:-1] for row in cursor.execute(listed, [*values, ids]).fetchall()} if ids else {}
    return tuple(_chain([rows[id] for id in group]) for group in longest), len(groups)


def joined(ties: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The connected components of pairs of numbers, each in ascending order."""
    roots: dict[int, int] = {}

    def root(id: int) -> int:
        while (above := roots.setdefault(id, id)) != id:
            roots[id] = id = roots[above]
        return id

    for one, other in ties:
        roots[root(one)] = root(other)
    components: dict[int, list[int]] = defaultdict(list)
    for id in sorted(roots):
        components[root(id)].append(id)
    return list(components.values())


def _chain(rows: list[tuple[Any, ...]]) -> RepeatChain:
    cases = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    cases.sort(key=lambda case: (case["registered_at"], case["source"], case["key"]))
    topics = Counter(tuple(text for name in ("category", "subcategory") if (text := case[name])) for case in cases)
    return RepeatChain(
        tuple((case["source"], case["key"]) for case in cases),
        Counter(case["area"] for case in cases).most_common(1)[0][0],
        topics.most_common(1)[0][0],
        cases[0]["registered_at"],
        cases[-1]["registered_at"],
        sum(case["closed_at"] is None for case in cases),
    )
