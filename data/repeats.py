"""Which cases repeat an earlier one: same caller, or same place and category, within 30 days (domain.md 4.4, EV15).

A case may repeat by its caller (reporter and district) and by its spot (area, place and category). Both are hashed
to one number, since windows over ten million rows of text are slow: a chance meeting of two hashes, within the
same 30 days, is far below one in a million editions.
"""

from data.schema import SPANS

DAYS = 30
KINDS = ("caller", "spot")
_SPAN = f"INTERVAL {DAYS} DAY"


def clues(relation: str, id: str, within: str = "true") -> str:
    """SQL of id, moment, source, key, caller and spot of the cases in `relation`, whose `area` is the holder.

    id: SQL of a number that names the row. within: a condition on registered_at.
    """
    return (
        f"SELECT {id} AS id, registered_at AS moment, source, key, "
        f"CASE WHEN reporter IS NOT NULL THEN hash(area // {SPANS['district']}, reporter) END AS caller, "
        "CASE WHEN place IS NOT NULL AND category IS NOT NULL THEN hash(area, place, category) END AS spot "
        f"FROM {relation} WHERE {within}"
    )


def repeats(clues: str) -> str:
    """SQL of the ids, each once, of cases with an earlier one of the same caller or spot within the 30 days before.

    Of two cases of one instant the second counts, so that dates without a time of day are seen as well; which one
    is the second is the same in every edition.
    """
    links = _links(clues, "id, moment, hash(source, key) AS tie")
    before = f"lag(moment) OVER (PARTITION BY link ORDER BY moment, tie) >= moment - {_SPAN}"
    return f"SELECT DISTINCT id FROM (SELECT id, {before} AS repeated FROM ({links})) WHERE repeated"


def behind(clues: str) -> str:
    """SQL of link, low and high: where a change of these cases may turn the verdict on another one."""
    return (
        f"SELECT link, min(moment) AS low, max(moment) + {_SPAN} AS high FROM ({_links(clues, 'moment')}) GROUP BY link"
    )


def before(clues: str) -> str:
    """SQL of link, low and high: where the cases lie that decide about these."""
    return (
        f"SELECT link, min(moment) - {_SPAN} AS low, max(moment) AS high FROM ({_links(clues, 'moment')}) GROUP BY link"
    )


def near(clues: str, ranges: str) -> str:
    """SQL of the clues, each once, that lie in one of the ranges `behind` or `before`."""
    arms = (
        f"SELECT c.* FROM ({clues}) c SEMI JOIN {ranges} r ON c.{kind} = r.link AND c.moment BETWEEN r.low AND r.high"
        for kind in KINDS
    )
    return " UNION ".join(arms)


def _links(clues: str, columns: str) -> str:
    arms = (f"SELECT {columns}, {kind} AS link FROM ({clues}) WHERE {kind} IS NOT NULL" for kind in KINDS)
    return " UNION ALL ".join(arms)
