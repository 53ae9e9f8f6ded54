"""The register of assets: lists, and the versions of one."""

from typing import Any

from data.editions.edition import AnyEdition
from data.editions.from_desk import read
from data.editions.scoped import ScopedEdition

MOST = 2000


def assets(edition: ScopedEdition, first: int, end: int, kind: str, text: str) -> list[dict[str, Any]]:
    """The assets of a kind in [first, end) whose name, key or unit has `text`, by name; at most MOST.

    Only those in the edition's scope.
    """
    sql = (
        "SELECT source, key, name, kind, area, unit, registered_at, retired_at FROM assets "
        f"WHERE area >= $1 AND area < $2 AND {edition.scope_sql('area')} AND ($3 = '' OR kind = $3) "
        "AND ($4 = '' OR contains(lower(concat_ws(' ', name, key, unit)), lower($4))) "
        f"ORDER BY retired_at IS NOT NULL, name, source, key LIMIT {MOST}"
    )
    cursor = edition.unscoped.cursor().execute(sql, [first, end, kind, text])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def kinds(edition: ScopedEdition) -> list[str]:
    """The kinds of assets in the scope, most frequent first."""
    sql = f"SELECT kind FROM assets WHERE {edition.scope_sql('area')} GROUP BY kind ORDER BY count(*) DESC, kind"
    return [kind for (kind,) in edition.unscoped.cursor().execute(sql).fetchall()]


def versions(edition: ScopedEdition, source: str, key: str) -> list[dict[str, Any]]:
    """All versions of an asset, the newest first, with valid_from and valid_to, for those in the scope."""
    sql = (
        "SELECT * FROM asset_history WHERE source = $1 AND key = $2 "
        f"AND {edition.scope_sql('area')} ORDER BY valid_to DESC NULLS FIRST"
    )
    cursor = edition.unscoped.cursor().execute(sql, [source, key])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def loaded_values(edition: ScopedEdition, source: str, key: str) -> dict[str, Any]:
    """The loaded values of the columns of an asset that are edited in the edition: those of the version before."""
    edited = edited_columns(edition, source, key)
    before = versions(edition, source, key)[1:2] if edited else []
    return {name: before[0][name] for name in edited if before}


def edited_columns(edition: AnyEdition, source: str, key: str) -> tuple[str, ...]:
    """The columns of an asset that have an edited value in the edition."""
    return tuple(edit.field for edit in read(edition.unscoped).edits if (edit.source, edit.key) == (source, key))
