"""Links between cases: the key of a case outside the caller's areas is hidden, its existence is not."""

import pandas as pd

from data.editions.scoped import EVERYTHING, ScopedEdition

HIDDEN = "***"
"""In place of the key of a linked case that the caller may not see."""
LINKS = ("parent", "repeat_of")
"""Columns of cases that hold the key of another case of the same source."""


def mask_links(edition: ScopedEdition, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of cases with HIDDEN in place of each linked key that lies outside of the edition's scope.

    frame: has `source`, and the columns of LINKS as far as they were requested.
    """
    columns = [name for name in LINKS if name in frame]
    if edition.scope == EVERYTHING or not columns or frame.empty:
        return frame
    frame = frame.copy()
    for name in columns:
        linked = frame.loc[frame[name].notna(), ["source", name]].drop_duplicates()
        outside = _outside(edition, list(linked.itertuples(index=False, name=None)))
        if outside:
            pairs = pd.Series(list(zip(frame["source"], frame[name], strict=True)), index=frame.index)
            frame[name] = frame[name].mask(pairs.isin(outside), HIDDEN)
    return frame


def _outside(edition: ScopedEdition, linked: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """The (source, key) pairs that are cases outside of the scope. Unknown keys are left as delivered."""
    if not linked:
        return set()
    sql = (
        "SELECT c.source, c.key, c.area FROM cases c "
        "JOIN (SELECT unnest($1::VARCHAR[]) AS source, unnest($2::VARCHAR[]) AS key) l USING (source, key)"
    )
    sources, keys = zip(*linked, strict=True)
    rows = edition.unscoped.cursor().execute(sql, [list(sources), list(keys)]).fetchall()
    return {(source, key) for source, key, area in rows if area is None or not edition.holds(area, area + 1)}
