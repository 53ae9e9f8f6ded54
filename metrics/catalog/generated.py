"""Views that a catalog file need not write: a snapshot of assets, and the newest readings.

Both give one row a thing and instant, as the view of an SQL file does (see `metrics.engine.views`).
"""

from collections.abc import Mapping, Sequence

from data.schema import ASSETS, READINGS

IDENTITY = ("source", "key", "name", "area", "area_then", "unit")
"""What each row of a snapshot has besides the columns that its file names."""
LATEST = (
    "source", "key", "area", "area_then", "unit", "measure", "measured_at", "value", "value_unit", "n",
    "lowest", "highest", "by_lowest", "by_highest",
)  # fmt: skip
DISPUTED = LATEST[-4:]
"""Columns of a reading on which sources disagree; NULL otherwise."""


def columns(snapshot: Sequence[str]) -> tuple[str, ...]:
    """The columns of the rows of a snapshot with these columns of its own; of newest readings if there are none."""
    return tuple(dict.fromkeys((*IDENTITY, *snapshot))) if snapshot else LATEST


def snapshot_sql(named: Sequence[str], where: str | None, terms: Mapping[str, str]) -> str:
    """SQL of the assets registered and not retired at each instant; one without a registration has always existed.

    Each has the values of the version that was valid then. A value that became known later is NULL. where: a condition
    on the columns of assets; terms: see `Domain`.
    """
    values = ", ".join(
        f"CASE WHEN a.{name} < moment THEN a.{name} END AS {name}" if ASSETS[name].known_at == name else f"a.{name}"
        for name in (column.name for column in ASSETS.columns)
    )
    existing = "coalesce(a.registered_at < moment, true) AND NOT coalesce(a.retired_at < moment, false)"
    valid = "coalesce(a.valid_from < moment, true) AND coalesce(a.valid_to >= moment, true)"
    rows = f"SELECT i, moment, {values} FROM instants JOIN asset_history a ON {existing} AND {valid}"
    return _selected(rows, columns(named), where, terms)


def latest_sql(valid: Mapping[str, int], where: str | None, terms: Mapping[str, str]) -> str:
    """SQL of the newest valid reading of each area, unit and measure at each instant.

    valid: for how many days a reading of each measure is valid unless a newer one follows. Of an area that was merged
    into another, readings are valid until the other has one of its own from after the merger. Where the newest values
    of two sources differ by more than 1 % and by more than 1, the row has the lowest and highest with their sources.
    """
    spans = " UNION ALL ".join(f"SELECT {_text(measure)} AS measure, {days} AS days" for measure, days in valid.items())
    # each reading with the time of the next one: it is the newest until then, and one pass serves all instants
    spaced = (
        "SELECT *, lead(measured_at) OVER (PARTITION BY area_then, unit, measure "
        "ORDER BY measured_at, updated_at NULLS FIRST, source DESC, key DESC) AS next "
        "FROM readings JOIN spans USING (measure) "
        "WHERE measured_at < (SELECT max(moment) FROM instants) "
        "AND measured_at >= (SELECT min(moment) FROM instants) - to_days(days)"
    )
    columns = ", ".join(column.name for column in READINGS.columns)
    valid_then = "measured_at < moment AND coalesce(next >= moment, true) AND measured_at >= moment - to_days(days)"
    newest = f"SELECT i, moment, {columns} FROM spaced JOIN instants ON {valid_then}"
    merged = "SELECT code, max(valid_to) AS ended FROM areas WHERE holder <> code GROUP BY code"
    same = "{0}.i = n.i AND {0}.measure = n.measure AND {0}.unit IS NOT DISTINCT FROM n.unit"
    replaced = (
        "SELECT n.i, n.area_then, n.unit, n.measure FROM newest n JOIN merged ON merged.code = n.area_then "
        f"JOIN newest heir ON heir.area_then = n.area AND {same.format('heir')} WHERE heir.measured_at >= ended"
    )
    by_source = (
        "SELECT i, area_then, measure, readings.source, arg_max(value, measured_at) AS value "
        "FROM readings JOIN shared_measures USING (measure) JOIN spans USING (measure) "
        "JOIN instants ON measured_at < moment AND measured_at >= moment - to_days(days) GROUP BY ALL"
    )
    disputes = (
        "SELECT i, area_then, measure, min(value) AS lowest, max(value) AS highest, "
        "arg_min(source, value) AS by_lowest, arg_max(source, value) AS by_highest FROM by_source GROUP BY ALL "
        "HAVING max(value) - min(value) > greatest(1, 0.01 * max(abs(value)))"
    )
    rows = (
        f"WITH spans AS ({spans}), spaced AS ({spaced}), newest AS MATERIALIZED ({newest}), merged AS ({merged}), "
        f"replaced AS ({replaced}), by_source AS ({by_source}), disputes AS ({disputes}) "
        "SELECT n.*, lowest, highest, by_lowest, by_highest FROM newest n "
        "LEFT JOIN disputes d ON d.i = n.i AND d.area_then = n.area_then AND d.measure = n.measure "
        f"ANTI JOIN replaced r ON r.area_then = n.area_then AND {same.format('r')}"
    )
    return _selected(rows, LATEST, where, terms)


def _selected(rows: str, names: Sequence[str], where: str | None, terms: Mapping[str, str]) -> str:
    derived = "".join(f", ({sql}) AS {name}" for name, sql in terms.items())
    condition = f" WHERE {where}" if where else ""
    chosen = ", ".join(("i", "moment", *names, *terms))
    return f"SELECT {chosen} FROM (SELECT *{derived} FROM ({rows}){condition})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
