"""Fold texts so that spellings of the same text are equal.

Width, case and traditional characters are folded, blanks and invisible characters are dropped. Each character folds by
itself: a folded text can be searched without knowing what stands around it.
"""

import hashlib
import re
import unicodedata
from functools import cache, lru_cache

import numpy as np
import opencc

LONGEST = 100
"""Characters of a text that is searched for: the time of a search grows with it."""
DROPPED = 0
"""What blanks, control and invisible characters fold to."""
_INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_HAN = (range(0x3400, 0xA000), range(0x20000, 0x2FA20))
_WITH_FORMS = (range(0x20, 0x10000), range(0x1D400, 0x1D800), range(0x1F100, 0x1F200), range(0x2F800, 0x2FA20))
"""Where characters have another width, case or form."""
_SURROGATES = range(0xD800, 0xE000)


@cache
def table() -> np.ndarray:
    """The folded code point of every code point; uint32 of 0x110000 entries."""
    folded = np.arange(0x110000, dtype=np.uint32)
    for codes in _WITH_FORMS:
        for code in codes:
            if code not in _SURROGATES:
                folded[code] = _plain(code)
    simplify = opencc.OpenCC("t2s")
    for codes in _HAN:
        simple = simplify.convert("\n".join(map(chr, codes))).split("\n")
        for code, text in zip(codes, simple, strict=True):
            if folded[code] == code and len(text) == 1:
                folded[code] = ord(text)
    folded = folded[folded]
    folded[:0x20] = DROPPED
    return folded[folded]


@cache
def fingerprint() -> str:
    """Changes when texts fold in another way, as with a new version of a library."""
    return hashlib.blake2b(table().tobytes(), digest_size=8).hexdigest()


def fold(text: str) -> str:
    """`text` folded; empty if nothing of it can be seen."""
    codes = table()[np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)]
    return bytes(codes[codes != DROPPED]).decode("utf-32-le")


def pattern(folded: str, *, begins: bool = False) -> str:
    """A regular expression (RE2) of all texts that hold one which folds to this, or begin with one."""
    spelt = f"{_gap()}*".join(_spellings(ord(character)) for character in folded)
    return f"^{_gap()}*{spelt}" if begins else spelt


@lru_cache(maxsize=4096)
def _spellings(code: int) -> str:
    codes = np.flatnonzero(table() == code).tolist()
    return _escaped(code) if codes == [code] else f"[{''.join(_escaped(c) for c in codes if c not in _SURROGATES)}]"


@cache
def _gap() -> str:
    codes = np.flatnonzero(table() == DROPPED)
    edges = np.flatnonzero(np.diff(codes) > 1)
    firsts, lasts = np.r_[codes[:1], codes[edges + 1]], np.r_[codes[edges], codes[-1:]]
    return f"[{''.join(f'{_escaped(a)}-{_escaped(b)}' for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True))}]"


def _escaped(code: int) -> str:
    return chr(code) if code >= 0x2E80 or re.fullmatch(r"[0-9a-zA-Z]", chr(code)) else f"\\x{{{code:x}}}"


def _plain(code: int) -> int:
    character = chr(code)
    if unicodedata.category(character) in _INVISIBLE or code in _VARIATION_SELECTORS:
        return DROPPED
    for form in (unicodedata.normalize("NFKC", character), character):
        if len(form) == 1 and len(form.casefold()) == 1:
            return DROPPED if form.isspace() else ord(form.casefold())
    return code
