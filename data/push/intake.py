"""Stream the body of a push to disk: decompress, check, and write one row per line.

JSON arrays are converted to NDJSON, all encodings to UTF-8. Bodies over a limit or in the wrong format are refused
at once; faults of single rows are left to the loader.
"""

import codecs
import json
import os
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn

import blake3

from data.errors import DataError
from data.push.metadata import PushFormat
from data.system_errors import line_of

Kind = Literal["json", "ndjson", "csv"]
STEP = 1 << 20
"""Bytes to decompress, and characters to parse, at a time."""
LONGEST_ROW = 1 << 20
MOST_MEMBERS = 1_000
"""Limit of gzip members: each needs a decompressor, and a body may hold millions of empty ones."""
MOST_BLANK = 10_000
"""Limit of lines beyond two per row: each takes time, and 50 million compress to 50 kB."""
DEEPEST = 8
"""Maximum nesting of a row, which is itself the first level."""
ENCODINGS = ("utf-8", "gb18030", "gbk", "gb2312", "us-ascii")
BLANK = re.compile(r"[ \t\r\n]*")
MB = 1_000_000


class TooLarge(DataError):
    """The body exceeds a limit."""


class Malformed(DataError):
    """The body does not have the format that its headers declare."""


@dataclass(frozen=True)
class Limits:
    """size: maximum decompressed bytes of a body. rows: maximum rows; for CSV, maximum lines."""

    size: int
    rows: int


def size_text(size: int) -> str:
    return f"{size / MB:g} MB"


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_int=str, parse_float=str)
"""Checks syntax only; numbers stay text."""


@dataclass
class Intake:
    """Receives a body in chunks and writes it to `path`. Call `close` at the end, `discard` after an error.

    rows, size: rows and decompressed bytes so far; sent: received bytes. content: BLAKE3 hash of the decompressed UTF-8
    text, set by `close`.
    Raises TooLarge and Malformed.
    """

    path: Path
    kind: Kind
    limits: Limits
    encoding: str = "utf-8"
    zipped: bool = False
    rows: int = 0
    size: int = 0
    sent: int = 0
    content: str = ""
    _text: str = ""
    _begun: bool = False
    _ended: bool = False
    _comma: bool = False
    _records: int = 0
    _members: int = 1
    _lines_read: int = 0
    _file: BinaryIO = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._file = self.path.open("wb")
        self._hash = blake3.blake3()
        self._decoder = codecs.getincrementaldecoder("utf-8-sig" if self.encoding == "utf-8" else self.encoding)()
        self._unzip = zlib.decompressobj(wbits=31) if self.zipped else None
        self.rows = -1 if self.kind == "csv" else 0  # the header line is not a row

    @property
    def format(self) -> PushFormat:
        return "csv" if self.kind == "csv" else "ndjson"

    def feed(self, piece: bytes) -> None:
        """Process a chunk of the body as received."""
        self.sent += len(piece)
        if self.sent > self.limits.size:
            raise TooLarge(
                "body.too_large", "the body has more than {size}: send it in parts", size=size_text(self.limits.size)
            )
        if self._unzip is None:
            self._plain(piece)
            return
        while piece:
            if self._unzip.eof:  # a gzip file may be several, one behind the other
                self._members += 1
                if self._members > MOST_MEMBERS:
                    raise TooLarge(
                        "body.too_many_members",
                        "the gzip of the body has more than {n} members: send it as one",
                        n=MOST_MEMBERS,
                    )
                self._unzip = zlib.decompressobj(wbits=31)
            try:
                plain = self._unzip.decompress(piece, STEP)
            except zlib.error as error:
                raise Malformed(
                    "body.not_gzip", "the body is no gzip, though Content-Encoding says so ({why})", why=line_of(error)
                ) from None
            self._plain(plain)
            piece = self._unzip.unused_data if self._unzip.eof else self._unzip.unconsumed_tail

    def close(self) -> None:
        """Finish the body. On return its rows are synced to disk."""
        if self._unzip is not None:
            while not self._unzip.eof and (plain := self._unzip.decompress(b"", STEP)):
                self._plain(plain)
            if not self._unzip.eof:
                raise Malformed("body.gzip_cut", "the gzip of the body is cut off: send it again")
        self._decoded(b"", final=True)
        {"csv": self._lines_end, "ndjson": self._rows_end, "json": self._array_end}[self.kind]()
        if self.rows < 1:
            raise Malformed("body.no_row", "the body holds no row")
        if self.kind != "csv" and self._records == 0:
            raise Malformed("body.no_object", "the body holds no JSON object: one a row is needed")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.content = self._hash.hexdigest()

    def discard(self) -> None:
        """Close and remove the file."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _plain(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self.limits.size:
            raise TooLarge(
                "body.too_large", "the body has more than {size}: send it in parts", size=size_text(self.limits.size)
            )
        self._decoded(piece)

    def _decoded(self, piece: bytes, final: bool = False) -> None:
        try:
            self._text += self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            raise Malformed(
                "body.not_in_charset",
                "the body is not {encoding} (byte 0x{byte:02x}): name its charset in Content-Type, for "
                "Chinese text gb18030",
                encoding=self.encoding,
                byte=error.object[error.start],
            ) from None
        if "\0" in self._text:
            raise Malformed("body.zero_byte", "the body holds a zero byte: it is no text")
        {"csv": self._lines, "ndjson": self._rows, "json": self._array}[self.kind]()

    def _write(self, text: str) -> None:
        data = text.encode()
        self._hash.update(data)
        self._file.write(data)

    def _count(self, more: int = 1) -> None:
        self.rows += more
        if self.rows > self.limits.rows:
            raise TooLarge(
                "body.too_many_rows", "the body has more than {n} rows: send it in parts", n=self.limits.rows
            )

    # --- CSV: stored unchanged; the header line is not a row

    def _lines(self) -> None:
        self._count(self._text.count("\n"))
        if self._text:
            self._begun = not self._text.endswith("\n")
        self._write(self._text)
        self._text = ""

    def _lines_end(self) -> None:
        self._count(self._begun)  # the last line may have no end

    # --- NDJSON: one row per line; the loader rejects lines that are not JSON

    def _rows(self) -> None:
        *lines, self._text = self._text.split("\n")
        self._lines_read += len(lines)
        if self._lines_read > (most := 2 * self.limits.rows + MOST_BLANK):
            raise TooLarge(
                "body.too_many_lines", "the body has more than {most} lines: leave blank ones out", most=most
            )
        for line in lines:
            self._line(line)
        self._short(self._text)

    def _rows_end(self) -> None:
        self._line(self._text)

    def _line(self, line: str) -> None:
        line = line.strip(" \t\r")
        if not line:
            return
        self._short(line)
        self._count()
        try:
            self._record(_DECODER.decode(line))
        except RecursionError:
            self._too_deep()
        except ValueError:
            pass  # the loader rejects it
        self._write(line + "\n")

    # --- JSON array: one element per line

    def _array(self) -> None:
        at = 0
        while True:
            blank = BLANK.match(self._text, at)
            assert blank, "it matches anywhere"
            at = blank.end()
            if at >= len(self._text):
                break
            if self._ended:
                raise Malformed("body.after_array", "something follows the end of the JSON array")
            sign = self._text[at]
            if not self._begun:
                if sign != "[":
                    raise Malformed(
                        "body.no_array",
                        "the body is no JSON array: [{…}, {…}]; rows without brackets are application/x-ndjson",
                    )
                self._begun, at = True, at + 1
                continue
            if sign == "]" and not self._comma:
                self._ended, at = True, at + 1
                continue
            if self.rows and not self._comma:
                if sign != ",":
                    raise Malformed(
                        "body.no_comma",
                        "the JSON array is broken behind row {row}: a comma or ] is expected",
                        row=self.rows,
                    )
                self._comma, at = True, at + 1
                continue
            end = self._element(at)
            if end is None:
                break
            at = end
        self._text = self._text[at:]
        self._short(self._text)

    def _element(self, at: int, final: bool = False) -> int | None:
        """The end of the element at `at`; None if it is incomplete so far."""
        try:
            value, end = _DECODER.raw_decode(self._text, at)
        except RecursionError:
            self._too_deep()
        except ValueError as error:
            if final or len(self._text) - at > LONGEST_ROW:
                raise Malformed(
                    "body.row_unreadable",
                    "row {row} of the JSON array cannot be read: {why}",
                    row=self.rows + 1,
                    why=line_of(error),
                ) from None
            return None
        if end == len(self._text) and not final:  # a number may go on
            return None
        self._short(self._text[at:end])
        self._count()
        self._record(value)
        self._comma = False
        self._write(re.sub(r"[\r\n]", " ", self._text[at:end]) + "\n")
        return end

    def _array_end(self) -> None:
        if self._begun and not self._ended:
            if self._text:
                self._element(0, final=True)
            raise Malformed("body.array_cut", "the JSON array is broken or cut off behind row {row}", row=self.rows)

    # --- checks of a row

    def _short(self, row: str) -> None:
        if len(row) > LONGEST_ROW:
            raise TooLarge(
                "body.row_too_long", "row {row} has more than {size}", row=self.rows + 1, size=size_text(LONGEST_ROW)
            )

    def _record(self, value: object) -> None:
        if not isinstance(value, dict):
            return
        self._records += 1
        if any(type(part) in (dict, list) for part in value.values()) and _depth(value) > DEEPEST:
            self._too_deep()

    def _too_deep(self) -> NoReturn:
        raise TooLarge(
            "body.row_too_deep",
            "row {row} is nested deeper than {levels} levels: facts are flat",
            row=self.rows + 1,
            levels=DEEPEST,
        )


def _depth(value: object) -> int:
    """Nesting depth of objects and arrays."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, (dict, list))]:
        depth += 1
        level = [inner for part in level for inner in (part.values() if isinstance(part, dict) else part)]
    return depth
