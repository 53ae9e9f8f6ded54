"""The text of a body, whatever charset it is in and says it is in."""

import codecs
import re

from charset_normalizer import from_bytes

META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,20})", re.IGNORECASE)
LOOKED_AT = 4096
"""Bytes in which a page says its charset."""
WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "iso-8859-1": "cp1252"}
"""Pages that claim GB 2312 hold characters of GB 18030."""
NO_CHARSETS = ("idna", "punycode", "unicode_escape", "raw_unicode_escape", "utf-7")
"""Codecs of Python that no browser takes for a charset."""
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode(body: bytes, content_type: str) -> tuple[str, str]:
    """Text and charset: by byte order mark, by header, by meta, as UTF-8, as GB 18030, by likelihood; in this order.

    A charset that is said but does not fit is not believed. What cannot be read is replaced, never an error.
    """
    for mark, name in MARKS:
        if body.startswith(mark):
            return body.decode(name, "replace"), name
    header = re.search(r"charset\s*=\s*[\"']?([\w-]+)", content_type, re.IGNORECASE)
    meta = META.search(body[:LOOKED_AT])
    said = [header[1] if header else "", meta[1].decode("ascii") if meta else "", "utf-8", "gb18030"]
    for name in said:
        name = WIDER.get(name.lower(), name.lower())
        try:
            if name and name not in NO_CHARSETS and "\x00" not in (text := body.decode(name)):
                return text, name
        except (LookupError, UnicodeError):
            continue
    best = from_bytes(body[:65_536]).best()
    # One broken byte in a page of ours is more likely than a charset of the other side of the world.
    name = best.encoding if best and best.encoding.startswith(("big5", "gb", "utf")) else _nearest(body)
    return body.decode(name, "replace"), name


def _nearest(body: bytes) -> str:
    """UTF-8 or GB 18030, whichever spoils less."""
    return min(("utf-8", "gb18030"), key=lambda name: body.decode(name, "replace").count("�"))
