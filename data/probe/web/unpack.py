"""Bodies by their Content-Encoding, as far as they can be unpacked.

Servers send raw deflate for zlib, cut trailers off, name a coding that they did not use, or name what is none. A coding
that does not fit the body is replaced by the one whose mark the body bears; without any the body stays as it is.
"""

import io
import zlib
from collections.abc import Callable

import brotli
import zstandard

PIECE = 16_384
"""Bytes that are unpacked at once: what came before a fault is kept."""
ZSTD_WINDOW = 8 << 20
"""The largest window that RFC 9659 allows on the web."""
GZIP_MARK, ZSTD_MARK = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
GZIP_EXTRA, GZIP_NAME, GZIP_COMMENT, GZIP_CHECK = 4, 8, 16, 2
Unpack = Callable[[bytes, int], bytes]
"""Unpacks a body to at most so many bytes; empty if it is not of this coding."""


def unpacked(body: bytes, codings: str, most: int) -> bytes:
    """A body without its codings, at most `most` bytes of it. codings: as in Content-Encoding, outermost last."""
    for coding in reversed(codings.lower().split(",")):
        body = _without(body, coding.strip(), most)
    return body[:most]


def is_packed(body: bytes) -> bool:
    """Whether a body bears the mark of gzip or zstd, whatever its head says."""
    return body.startswith((GZIP_MARK, ZSTD_MARK))


def _without(body: bytes, coding: str, most: int) -> bytes:
    if coding not in CODINGS:
        return body
    marked = [name for name, fits in MARKED if fits(body)]
    for name in dict.fromkeys([coding, *marked]):
        content = CODINGS[name](body, most)
        if content and not (_is_page(body) and not _is_page(content)):
            return content
    return body


def _is_page(content: bytes) -> bool:
    """Whether a body is HTML already, as one is whose coding is said but was not used."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def _gunzip(body: bytes, most: int) -> bytes:
    """All members of a gzip file. Trailers are not checked: browsers do not, and servers send them cut or wrong."""
    content = bytearray()
    while body.startswith(GZIP_MARK) and len(content) < most:
        piece, rest = _inflate(body[_gzip_head(body) :], most - len(content))
        content += piece
        body = rest[8:]
    return bytes(content)


def _gzip_head(body: bytes) -> int:
    """The position of the compressed data in a gzip member."""
    flags, at = body[3] if len(body) > 3 else 0, 10
    if flags & GZIP_EXTRA:
        at += 2 + int.from_bytes(body[at : at + 2], "little")
    for flag in (GZIP_NAME, GZIP_COMMENT):
        if flags & flag:
            at = body.find(b"\0", at) + 1 or len(body)
    return at + (2 if flags & GZIP_CHECK else 0)


def _deflate(body: bytes, most: int) -> bytes:
    """With the head of zlib, as the standard has it, or without."""
    if _is_zlib(body) and (content := _inflate(body[2:], most)[0]):
        return content
    return _inflate(body, most)[0]


def _is_zlib(body: bytes) -> bool:
    return len(body) > 2 and body[0] & 15 == 8 and int.from_bytes(body[:2]) % 31 == 0


def _inflate(body: bytes, most: int) -> tuple[bytes, bytes]:
    """Inflate raw deflate up to its end, a fault or `most` bytes; also returns the bytes after its end."""
    unpack, content = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    for at in range(0, len(body), PIECE):
        piece = body[at : at + PIECE]
        try:
            while piece and len(content) < most and not unpack.eof:
                content += unpack.decompress(piece, most - len(content))
                piece = unpack.unconsumed_tail
        except zlib.error:
            break
        if unpack.eof:
            return bytes(content), unpack.unused_data + body[at + PIECE :]
        if len(content) >= most:
            break
    return bytes(content), b""


def _brotli(body: bytes, most: int) -> bytes:
    unpack, content = brotli.Decompressor(), bytearray()
    try:
        for at in range(0, len(body), PIECE):
            content += unpack.process(body[at : at + PIECE], output_buffer_limit=PIECE)
            while not unpack.can_accept_more_data() and len(content) <= most:
                content += unpack.process(b"", output_buffer_limit=PIECE)
            if len(content) > most or unpack.is_finished():
                break
    except brotli.error:
        pass
    return bytes(content[:most])


def _zstd(body: bytes, most: int) -> bytes:
    unpack, content = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW), bytearray()
    try:
        with unpack.stream_reader(io.BytesIO(body), read_across_frames=True) as reader:
            while len(content) < most and (piece := reader.read(min(PIECE, most - len(content)))):
                content += piece
    except zstandard.ZstdError:
        pass
    return bytes(content)


CODINGS: dict[str, Unpack] = {
    "gzip": _gunzip, "x-gzip": _gunzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd,
}  # fmt: skip
MARKED: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    ("gzip", lambda body: body.startswith(GZIP_MARK)),
    ("zstd", lambda body: body.startswith(ZSTD_MARK)),
    ("deflate", _is_zlib),
    ("br", lambda body: not _is_page(body)),  # it has no mark
)
