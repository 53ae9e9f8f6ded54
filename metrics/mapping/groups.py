"""The groups that colour the marks of a layer: the values of one column, in the order of the marks."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.editions.edition import Edition
from data.editions.scoped import ScopedEdition
from data.schema import FACTS
from metrics.mapping.layers import MOST_GROUPS, Layer, Of
from metrics.mapping.marks import Marks, Where, chosen, marks
from metrics.scope import area_in_scope


@dataclass(frozen=True)
class Groups:
    """names: by frequency, "" for no value and the rest. index: of each mark's group in `names`."""

    names: tuple[str, ...]
    index: npt.NDArray[np.uint8]


def groups(edition: ScopedEdition, code: int, layer: Layer, where: Where = ()) -> Groups:
    """The groups of the marks that `marks` gives for the same arguments, at most MOST_GROUPS.

    OutOfScope for an area that the user may not see.
    """
    place = area_in_scope(edition, code)
    placed = marks(edition, code, layer, where)
    splits = FACTS[layer.fact].splits
    known_filters = tuple(one for one in where if one[0] in splits)
    ids, values = _values(edition.unscoped, place.code, place.end, layer.of, layer.where, layer.colour, known_filters)
    return _grouped(values[_positions(ids, placed)])


@lru_cache(maxsize=4)
def _values(
    edition: Edition, first: int, end: int, of: Of, condition: str | None, column: str, where: Where
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_]]:
    """Row ids, ascending, and the column's texts, "" for none."""
    rows = chosen(edition, FACTS[of], condition, where)
    sql = f"SELECT rowid AS id, coalesce({column}::VARCHAR, '') AS text FROM ({rows}) ORDER BY id"
    values = [first, end, *(value for _name, value in where)]
    columns = edition.cursor().execute(sql, values).fetchnumpy()
    return np.asarray(columns["id"], np.int64), np.asarray(columns["text"], object)


def _positions(ids: npt.NDArray[np.int64], placed: Marks) -> npt.NDArray[np.int64]:
    """The position in `ids` of each mark's row."""
    if not len(ids):
        return np.zeros(0, np.int64)
    place = np.zeros(int(ids[-1]) + 1, np.int64)
    place[ids] = np.arange(len(ids))
    return place[placed.rows]


def _grouped(texts: npt.NDArray[np.object_]) -> Groups:
    index, names = pd.factorize(texts)
    counts = np.bincount(index, minlength=len(names))
    order = sorted(range(len(names)), key=lambda i: (names[i] == "", -counts[i], names[i]))
    shown = [i for i in order if names[i]][: MOST_GROUPS - 1]
    place = np.full(len(names), len(shown), np.uint8)
    place[shown] = np.arange(len(shown), dtype=np.uint8)
    rest = len(shown) < len(names)
    return Groups(tuple(str(names[i]) for i in shown) + (("",) if rest else ()), place[index])
