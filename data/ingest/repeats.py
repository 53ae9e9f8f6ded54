"""Which cases repeat an earlier one: same caller, or same place and category, within 30 days.

A case may repeat by its caller (reporter and district) and by its spot (area, place and category). Both are hashed
to one number, since windows over ten million rows of text are slow. The chance of a hash collision within 30 days
is far below one in a million editions.
"""

from data.areas.levels import BASE

DAYS = 30
_SPAN = f"INTERVAL {DAYS} DAY"
LINKS = {
    "caller": ("reporter IS NOT NULL", f"hash(area // {BASE.span}, reporter)"),
    "spot": ("place IS NOT NULL AND category IS NOT NULL", "hash(area, place, category)"),
}
"""Links between cases: SQL of the condition, and of its hash."""


def link_values(relation: str, id: str) -> str:
    """SQL of id, moment, source, key, caller and spot of the cases in `relation`, whose `area` is the holder.

    id: SQL of a number that names the row.
    """
    links = ", ".join(f"CASE WHEN {condition} THEN {link} END AS {name}" for name, (condition, link) in LINKS.items())
    return f"SELECT {id} AS id, registered_at AS moment, source, key, {links} FROM {relation}"


def repeats(link_values: str) -> str:
    """SQL of the ids, each once, of cases with an earlier one of the same caller or spot within the 30 days before.

    Of two cases at the same instant the second counts, so that dates without a time of day work too; their order is
    the same in every edition.
    """
    links = _links(link_values, "id, moment, hash(source, key) AS tie")
    before = f"lag(moment) OVER (PARTITION BY link ORDER BY moment, tie) >= moment - {_SPAN}"
    return f"SELECT DISTINCT id FROM (SELECT id, {before} AS repeated FROM ({links})) WHERE repeated"


def pairs(link_values: str) -> str:
    """SQL of id and before: each case that repeats one, and that earlier one, by the rule of `repeats`.

    Most links have one case: to order only the others takes half the time.
    """
    window = "(PARTITION BY link ORDER BY moment, tie)"
    before = f"lag(id) OVER {window} AS before, lag(moment) OVER {window} >= moment - {_SPAN} AS repeated"
    return (
        f"SELECT DISTINCT id, before FROM (WITH links AS MATERIALIZED "
        f"({_links(link_values, 'id, moment, hash(source, key) AS tie')}) SELECT id, {before} FROM links "
        "WHERE link IN (SELECT link FROM links GROUP BY link HAVING count(*) > 1)) WHERE repeated"
    )


def affected_ranges(link_values: str) -> str:
    """SQL of link, low and high: ranges of cases whose `repeated` flag may change when these cases change."""
    links = _links(link_values, "moment")
    return f"SELECT link, min(moment) AS low, max(moment) + {_SPAN} AS high FROM ({links}) GROUP BY link"


def deciding_ranges(link_values: str) -> str:
    """SQL of link, low and high: ranges of cases that determine the `repeated` flag of these."""
    links = _links(link_values, "moment")
    return f"SELECT link, min(moment) - {_SPAN} AS low, max(moment) AS high FROM ({links}) GROUP BY link"


def in_ranges(relation: str, ranges: str) -> str:
    """SQL of the distinct rowids (as `id`) of cases inside `affected_ranges` or `deciding_ranges`.

    Reads only the necessary columns: 10 million cases take 0.3 s.
    """
    arms = (
        "SELECT c.id "
        f"FROM (SELECT rowid AS id, registered_at AS moment, {link} AS link FROM {relation} WHERE {condition}) c "
        f"SEMI JOIN {ranges} r ON c.link = r.link AND c.moment BETWEEN r.low AND r.high"
        for condition, link in LINKS.values()
    )
    return " UNION ".join(arms)


def _links(link_values: str, columns: str) -> str:
    arms = (f"SELECT {columns}, {name} AS link FROM ({link_values}) WHERE {name} IS NOT NULL" for name in LINKS)
    return " UNION ALL ".join(arms)
