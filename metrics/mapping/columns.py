"""Numbers as typed columns in one compact file, which a browser reads without parsing.

    u32 length of the header | header, JSON, padded with spaces to 8 bytes | columns, each at a multiple of 8 bytes

A column of several bytes a number is stored by planes: the lowest byte of all numbers, then the next. With `delta` a
number is stored as the difference from the one before. Both make gzip's work of it a third smaller.
"""

import gzip
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

ALIGN = 8
LEVEL, QUICK_LEVEL, LARGE = 6, 1, 4_000_000
"""Levels of compression, the quick one for a file of more bytes than LARGE."""
KINDS = {"uint8": "u8", "uint16": "u16", "uint32": "u32", "float32": "f32"}


def packed(columns: Mapping[str, npt.NDArray[Any]], about: Mapping[str, Any], delta: tuple[str, ...] = ()) -> bytes:
    """The gzipped file. about: what else the header says. delta: names of unsigned columns stored as differences."""
    described, bodies, offset = [], [], 0
    for name, values in columns.items():
        raw = _planes(np.diff(values, prepend=values.dtype.type(0)) if name in delta else values)
        described.append(
            {"name": name, "type": KINDS[values.dtype.name], "n": len(values), "at": offset, "delta": name in delta}
        )
        raw += b"\0" * (-len(raw) % ALIGN)
        bodies.append(raw)
        offset += len(raw)
    header = json.dumps({**about, "columns": described}, ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (-(len(header) + 4) % ALIGN)
    body = b"".join([len(header).to_bytes(4, "little"), header, *bodies])
    return gzip.compress(body, QUICK_LEVEL if len(body) > LARGE else LEVEL, mtime=0)


def _planes(values: npt.NDArray[Any]) -> bytes:
    size = values.dtype.itemsize
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return little.view(np.uint8).reshape(-1, size).T.tobytes() if size > 1 else little.tobytes()


def unpacked(file: bytes) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Header and columns of a file that `packed` made."""
    body = gzip.decompress(file)
    length = int.from_bytes(body[:4], "little")
    header = json.loads(body[4 : 4 + length])
    columns = {}
    for column in header["columns"]:
        dtype = np.dtype(next(name for name, kind in KINDS.items() if kind == column["type"])).newbyteorder("<")
        size, at = dtype.itemsize, 4 + length + column["at"]
        planes = np.frombuffer(body, np.uint8, column["n"] * size, at).reshape(size, -1)
        values = np.ascontiguousarray(planes.T).view(dtype).reshape(-1)
        columns[column["name"]] = np.cumsum(values, dtype=dtype) if column["delta"] else values
    return header, columns
