"""Columns come back as they went in."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from metrics.mapping.columns import ALIGN, packed, unpacked

TYPES = st.sampled_from(["uint8", "uint16", "uint32", "float32"])


@given(st.data())
def test_columns_survive_packing(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.text("abc", min_size=1), max_size=4, unique=True))
    columns = {
        name: data.draw(arrays.arrays(data.draw(TYPES), st.integers(0, 40), elements={"allow_nan": False}))
        for name in names
    }
    delta = tuple(name for name in names if columns[name].dtype.kind == "u" and data.draw(st.booleans()))
    header, read = unpacked(packed(columns, {"note": "村"}, delta))
    assert header["note"] == "村"
    assert [column["at"] % ALIGN for column in header["columns"]] == [0] * len(columns)
    for name, values in columns.items():
        assert np.array_equal(read[name], values)


def test_sorted_days_cost_almost_nothing() -> None:
    days = np.sort(np.arange(100_000) % 1100).astype("uint16")
    assert len(packed({"start": days}, {}, ("start",))) < 1000
