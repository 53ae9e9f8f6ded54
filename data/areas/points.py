"""The area that a point lies in."""

import duckdb
import numpy as np
import pyarrow as pa
import shapely

from data.areas.levels import LEVELS
from data.areas.lookups import columns


class AreaAtPoint:
    """The smallest area whose outline holds a point; of those that are valid on the day, if any is."""

    def __init__(self, store: duckdb.DuckDBPyConnection) -> None:
        self.codes, outlines, self.low, self.high = columns(
            store,
            f"""
            SELECT o.code, o.wkb, v.low, v.high FROM outlines o JOIN versions v USING (code)
            ORDER BY list_position({list(LEVELS)}, v.level) DESC, o.code""",
        )
        self.tree = shapely.STRtree(shapely.from_wkb(outlines))

    def __call__(self, lon: pa.ChunkedArray, lat: pa.ChunkedArray, day: pa.ChunkedArray) -> pa.Array:
        days = day.to_numpy()
        row, area = self.tree.query(shapely.points(lon.to_numpy(), lat.to_numpy()), predicate="intersects")
        invalid = ~((self.low[area] <= days[row]) & (days[row] < self.high[area]))
        best = np.lexsort((area, invalid, row))
        row, area = row[best], area[best]
        first = np.unique(row, return_index=True)[1]
        codes = np.zeros(len(days), np.int64)
        codes[row[first]] = self.codes[area[first]]
        return pa.array(codes)
