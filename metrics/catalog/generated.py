"""Views that a catalog file need not write: a snapshot of assets, and the newest readings.

Both give one row a thing and instant, as the view of an SQL file does (see `metrics.engine.views`).
"""

from collections.abc import Collection, Mapping, Sequence

from data.schema import ASSETS, words_of

IDENTITY = ("source", "key", "name", "area", "area_then", "unit")
"""What each row of a snapshot has besides the columns that its file names."""
EXISTING = "existing"
"""The column of newest readings that marks one of each area that exists, for `Aggregate.existing`."""
LATEST = (
    "source", "key", "area", "area_then", "unit", "measure", "measured_at", "value", "value_unit", "n", EXISTING,
    "lowest", "highest", "by_lowest", "by_highest",
)  # fmt: skip
DISPUTED = LATEST[-4:]
"""Columns of a reading on which sources disagree; NULL otherwise."""
MERGED = "SELECT code, any_value(holder) AS heir, max(valid_to) AS ended FROM areas WHERE holder <> code GROUP BY code"
"""SQL of the areas that were merged into another, and the first day without them."""


def columns(snapshot: Sequence[str]) -> tuple[str, ...]:
    """The columns of the rows of a snapshot with these columns of its own; of newest readings if there are none."""
    return tuple(dict.fromkeys((*IDENTITY, *snapshot))) if snapshot else LATEST


def snapshot_sql(named: Sequence[str], where: str | None, terms: Mapping[str, str]) -> str:
    """SQL of the assets registered and not retired at each instant; one without a registration has always existed.

    Each has the values of the version that was valid then. A value that became known later is NULL. where: a condition
    on the columns of assets; terms: see `Domain`. Columns that none of these names are left out: planning them would
    take longer than reading the rest.
    """
    words = words_of(*columns(named), where or "", *terms.values())
    values = ", ".join(
        f"CASE WHEN a.{name} < moment THEN a.{name} END AS {name}" if ASSETS[name].known_at == name else f"a.{name}"
        for name in (column.name for column in ASSETS.columns if column.name in words)
    )
    existing = "coalesce(a.registered_at < moment, true) AND NOT coalesce(a.retired_at < moment, false)"
    valid = "coalesce(a.valid_from < moment, true) AND coalesce(a.valid_to >= moment, true)"
    rows = f"SELECT i, moment, {values} FROM instants JOIN asset_history a ON {existing} AND {valid}"
    return _selected(rows, columns(named), where, terms)


def latest_sql(
    valid: Mapping[str, int], where: str | None, terms: Mapping[str, str], traits: Collection[str] = (), *,
    merged: bool = True, disputed: bool = True, existing: bool = True,
) -> str:  # fmt: skip
    """SQL of the newest valid reading of each area, unit and measure at each instant.

    valid: for how many days a reading of each measure is valid unless a newer one follows. Of an area that was merged
    into another, readings are valid until the other has one of its own from after the merger; those of `traits`, which
    describe an area itself, end with it. Where the newest values of two sources differ by more than 1 % and by more
    than 1, the row has the lowest and highest with their sources. `existing` marks one row of each area that exists at
    the instant, by unit and measure: its own, else the first of those that were merged into it.

    merged, disputed: False where no area was merged, or no source shares a measure with another: planning what finds
    nothing costs more than reading the rest. existing: False where nobody asks for it; it is true of all rows then.
    """
    measures = ", ".join(map(_text, valid))
    spans = " ".join(f"WHEN {_text(measure)} THEN {days}" for measure, days in valid.items())
    days = f"to_days(CASE measure {spans} END)"
    # each reading with the time until which it is the newest valid one: one pass then serves all instants
    ending = ", ".join(_text(measure) for measure in traits if merged and measure in valid)
    until, ends = f"measured_at + {days}", ""
    if ending:
        until += ", ended::TIMESTAMP"
        ends = f"LEFT JOIN ({MERGED}) AS former ON former.code = area_then AND measure IN ({ending}) "
    spaced = (
        "SELECT readings.*, least(lead(measured_at) OVER (PARTITION BY area_then, unit, measure "
        f"ORDER BY measured_at, updated_at NULLS FIRST, source DESC, key DESC), {until}) AS until "
        f"FROM readings {ends}WHERE measure IN ({measures}) AND measured_at < (SELECT max(moment) FROM instants) "
        f"AND measured_at >= (SELECT min(moment) FROM instants) - to_days({max(valid.values())})"
    )
    newest = f"SELECT * FROM ({spaced}) JOIN instants ON measured_at < moment AND until >= moment"
    tables = {"newest": newest}
    range_of, joins = "NULL::DOUBLE AS lowest, NULL::DOUBLE AS highest, NULL AS by_lowest, NULL AS by_highest", ""
    if disputed:
        tables |= _disputes(measures, days)
        range_of = "lowest, highest, by_lowest, by_highest"
        joins += " LEFT JOIN disputes d ON d.i = n.i AND d.area_then = n.area_then AND d.measure = n.measure"
    exists = "true"
    if merged and existing:
        joins += f" LEFT JOIN ({MERGED}) AS former ON former.code = n.area_then AND former.ended < moment"
        exists = (
            "row_number() OVER (PARTITION BY n.i, coalesce(heir, n.area_then), n.unit, n.measure "
            "ORDER BY heir IS NOT NULL, n.area_then) = 1"
        )
    if merged:
        tables["succeeded"] = _succeeded(measures)
        joins += (
            " ANTI JOIN succeeded s ON s.code = n.area_then AND s.measure = n.measure "
            "AND s.unit IS NOT DISTINCT FROM n.unit AND s.since < moment"
        )
    columns = ", ".join(f"n.{name}" for name in ("i", "moment", *LATEST[: -len(DISPUTED) - 1]))
    with_tables = ", ".join(f"{name} AS ({sql})" for name, sql in tables.items())
    rows = f"WITH {with_tables} SELECT {columns}, {exists} AS {EXISTING}, {range_of} FROM newest n{joins}"
    return _selected(rows, LATEST, where, terms)


def _succeeded(measures: str) -> str:
    """SQL of the merged areas whose heir has reported a measure since the merger, and since when."""
    return (
        f"SELECT code, r.unit, r.measure, min(r.measured_at) AS since FROM ({MERGED}) "
        f"JOIN readings r ON r.area_then = heir AND r.measured_at >= ended AND r.measure IN ({measures}) GROUP BY ALL"
    )


def _disputes(measures: str, days: str) -> dict[str, str]:
    """SQL of the newest value of each source, and of the areas, measures and instants whose sources disagree."""
    by_source = (
        "SELECT i, area_then, measure, readings.source, arg_max(value, measured_at) AS value "
        "FROM readings JOIN shared_measures USING (measure) "
        f"JOIN instants ON measured_at < moment AND measured_at >= moment - {days} "
        f"WHERE measure IN ({measures}) GROUP BY ALL"
    )
    disputes = (
        "SELECT i, area_then, measure, min(value) AS lowest, max(value) AS highest, "
        "arg_min(source, value) AS by_lowest, arg_max(source, value) AS by_highest FROM by_source GROUP BY ALL "
        "HAVING max(value) - min(value) > greatest(1, 0.01 * max(abs(value)))"
    )
    return {"by_source": by_source, "disputes": disputes}


def _selected(rows: str, names: Sequence[str], where: str | None, terms: Mapping[str, str]) -> str:
    derived = "".join(f", ({sql}) AS {name}" for name, sql in terms.items())
    condition = f" WHERE {where}" if where else ""
    chosen = ", ".join(("i", "moment", *names, *terms))
    return f"SELECT {chosen} FROM (SELECT *{derived} FROM ({rows}){condition})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
