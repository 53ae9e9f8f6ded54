"""Views that a catalog file need not write: a snapshot of assets, and the newest readings.

Both give one row a thing and instant, as the view of an SQL file does (see `metrics.engine.views`).
"""

from collections.abc import Mapping, Sequence

from data.schema import ASSETS, READINGS

IDENTITY = ("source", "key", "name", "area", "area_then", "unit")
"""What each row of a snapshot has besides the columns that its file names."""
LATEST = (
    "source", "key", "area", "area_then", "unit", "measure", "measured_at", "value", "value_unit", "n",
)  # fmt: skip


def columns(snapshot: Sequence[str]) -> tuple[str, ...]:
    """The columns of the rows of a snapshot with these columns of its own; of newest readings if there are none."""
    return tuple(dict.fromkeys((*IDENTITY, *snapshot))) if snapshot else LATEST


def snapshot_sql(named: Sequence[str], where: str | None, terms: Mapping[str, str]) -> str:
    """SQL of the assets registered and not retired at each instant; one without a registration has always existed.

    A value that became known later is NULL. where: a condition on the columns of assets; terms: see `Domain`.
    """
    values = ", ".join(
        f"CASE WHEN a.{name} < moment THEN a.{name} END AS {name}" if ASSETS[name].known_at == name else f"a.{name}"
        for name in (column.name for column in ASSETS.columns)
    )
    existing = "coalesce(a.registered_at < moment, true) AND NOT coalesce(a.retired_at < moment, false)"
    rows = f"SELECT i, moment, {values} FROM instants JOIN assets a ON {existing}"
    return _selected(rows, columns(named), where, terms)


def latest_sql(valid: Mapping[str, int], where: str | None, terms: Mapping[str, str]) -> str:
    """SQL of the newest valid reading of each area, unit and measure at each instant.

    valid: for how many days a reading of each measure is valid unless a newer one follows. Of an area that was merged
    into another, readings are valid until the other has one of its own from after the merger.
    """
    measures = ", ".join(map(_text, valid))
    days = " ".join(f"WHEN {_text(measure)} THEN {days}" for measure, days in valid.items())
    rows = ", ".join(f"r.{column.name}" for column in READINGS.columns)
    newest = (
        f"SELECT instants.i, moment, {rows}, merged.ended, "
        "max(CASE WHEN area = area_then THEN measured_at END) "
        "OVER (PARTITION BY instants.i, area, unit, measure) AS own "
        "FROM readings r JOIN instants ON measured_at < moment "
        f"AND measured_at >= moment - to_days(CASE measure {days} END) "
        "LEFT JOIN (SELECT code, max(valid_to) AS ended FROM areas WHERE holder <> code GROUP BY code) merged "
        f"ON merged.code = area_then WHERE measure IN ({measures}) "
        "QUALIFY row_number() OVER (PARTITION BY instants.i, area_then, unit, measure "
        "ORDER BY measured_at DESC, updated_at DESC, source, key) = 1"
    )
    return _selected(
        f"SELECT * FROM ({newest}) WHERE ended IS NULL OR own IS NULL OR own < ended", LATEST, where, terms
    )


def _selected(rows: str, names: Sequence[str], where: str | None, terms: Mapping[str, str]) -> str:
    derived = "".join(f", ({sql}) AS {name}" for name, sql in terms.items())
    condition = f" WHERE {where}" if where else ""
    chosen = ", ".join(("i", "moment", *names, *terms))
    return f"SELECT {chosen} FROM (SELECT *{derived} FROM ({rows}){condition})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
