"""Which cases repeat an earlier one: same caller, or same place and category, within 30 days (domain.md 4.4, EV15).

A case may repeat by its caller (reporter and district) and by its spot (area, place and category). Both are hashed
to one number, since windows over ten million rows of text are slow: a chance meeting of two hashes, within the
same 30 days, is far below one in a million editions.
"""

from data.schema import SPANS

DAYS = 30
_SPAN = f"INTERVAL {DAYS} DAY"


def clues(relation: str, id: str) -> str:
    """SQL of id, moment, tie, caller and spot of the cases in `relation`, whose `area` is the holder.

    id: SQL of a number that names the row. tie: orders cases of one instant, the same way in every edition.
    """
    return (
        f"SELECT {id} AS id, registered_at AS moment, hash(source, key) AS tie, "
        f"CASE WHEN reporter IS NOT NULL THEN hash(area // {SPANS['district']}, reporter) END AS caller, "
        "CASE WHEN place IS NOT NULL AND category IS NOT NULL THEN hash(area, place, category) END AS spot "
        f"FROM {relation}"
    )


def repeats(clues: str) -> str:
    """SQL of the ids, each once, of cases with an earlier one of the same caller or spot within the 30 days before.

    Of two cases of one instant the second counts, so that dates without a time of day are seen as well.
    """
    before = f"lag(moment) OVER (PARTITION BY link ORDER BY moment, tie) >= moment - {_SPAN}"
    return f"SELECT DISTINCT id FROM (SELECT id, {before} AS repeated FROM ({_links(clues)})) WHERE repeated"


def suspects(clues: str, changed: str) -> str:
    """SQL of the clues whose verdict a change may turn: those within 30 days behind a changed case of their link.

    changed: SQL of the clues of the changed cases, as they were and as they are.
    """
    return _near(
        clues, f"SELECT link, min(moment) AS low, max(moment) + {_SPAN} AS high FROM ({_links(changed)}) GROUP BY link"
    )


def context(clues: str, suspects: str) -> str:
    """SQL of the clues that decide about `suspects`: of each link the 30 days before the first up to the last."""
    return _near(
        clues, f"SELECT link, min(moment) - {_SPAN} AS low, max(moment) AS high FROM ({_links(suspects)}) GROUP BY link"
    )


def _links(clues: str) -> str:
    arms = (
        f"SELECT id, moment, tie, {kind} AS link FROM ({clues}) WHERE {kind} IS NOT NULL" for kind in ("caller", "spot")
    )
    return " UNION ALL ".join(arms)


def _near(clues: str, ranges: str) -> str:
    arms = (
        f"SELECT c.* FROM ({clues}) c SEMI JOIN ({ranges}) r ON c.{kind} = r.link AND c.moment BETWEEN r.low AND r.high"
        for kind in ("caller", "spot")
    )
    return " UNION ".join(arms)
