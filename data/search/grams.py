"""Grams: pieces of a folded text, as slot numbers of the case index.

Two neighbouring characters are a gram, or three where the first two are narrow, as letters and digits are: pairs of
those stand in nearly every text. A number is one with the two characters before it, and with those behind it as well,
as in 鹭路452 and 鹭路452号北: they distinguish a house from all others. Single characters and the beginnings of a
case's number have slots of their own.
"""

from dataclasses import dataclass

import numpy as np

from data.search.folding import DROPPED, table

FORMAT = 1
"""Goes up when texts are cut in another way."""
SLOTS_OF_GRAMS, SLOTS_OF_CHARACTERS, SLOTS_OF_NUMBERS = 2**18, 2**13, 2**17
SLOTS = SLOTS_OF_GRAMS + SLOTS_OF_CHARACTERS + SLOTS_OF_NUMBERS
PREFIXES = (1, 2, 3, 4, 6, *range(8, 21), 24, 32)
"""How many characters the indexed beginnings of a number have."""
_NARROW = np.uint32(0x2E80)
"""Below it lie letters, digits and signs; above it ideographs."""
_WEIGHTS = np.random.default_rng(0).integers(1, 2**32, 32, np.uint32) | np.uint32(1)
"""What the digits of a number are multiplied with, by their place."""
_A, _B, _C = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D)


def codes(text: bytes) -> np.ndarray:
    """The folded code points of a text in UTF-8."""
    if text.isascii():
        folded = table().take(np.frombuffer(text, np.uint8))
    else:
        folded = table().take(np.frombuffer(text.decode().encode("utf-32-le"), np.uint32))
    return folded if folded.all() else folded[folded != DROPPED]


def slots_of_texts(folded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The slots of all grams, and of all single characters, in folded code points."""
    single = folded * _A
    double = single[:-1] ^ (folded[1:] * _B)
    narrow = folded[:-1] < _NARROW
    narrow &= folded[1:] < _NARROW
    at = np.flatnonzero(narrow[:-1])
    double[at] += folded[at + 2] * _C
    if len(narrow) and narrow[-1]:
        double = double[:-1]  # a pair of narrow characters with nothing behind it is no gram
    slots = np.concatenate([double, _numerals(folded)]) >> np.uint32(14)
    return slots.astype(np.intp), (single >> np.uint32(19)).astype(np.intp) + SLOTS_OF_GRAMS


def _numerals(folded: np.ndarray) -> np.ndarray:
    """Hashes of each number with the two characters before it, and with the two behind it as well.

    A number that ends the text has none: it may go on.
    """
    at = np.flatnonzero((folded - np.uint32(ord("0"))) < 10)
    if not len(at):
        return np.zeros(0, np.uint32)
    offsets = np.flatnonzero(np.diff(at, prepend=-2) != 1)
    lengths = np.diff(offsets, append=len(at))
    places = np.minimum(np.arange(len(at)) - np.repeat(offsets, lengths), len(_WEIGHTS) - 1)
    values = np.add.reduceat(folded[at] * _WEIGHTS[places], offsets, dtype=np.uint32)
    starts, ends = at[offsets], at[offsets] + lengths
    complete = (starts >= 2) & (ends < len(folded))
    starts, ends, values = starts[complete], ends[complete], values[complete]
    before = (values ^ (folded[starts - 2] * _B) ^ (folded[starts - 1] * _C)) * _A
    inside = ends + 1 < len(folded)
    ends = ends[inside]
    return np.concatenate([before, (before[inside] ^ (folded[ends] * _B) ^ (folded[ends + 1] * _C)) * _A])


def slots_of_text(folded: str) -> np.ndarray:
    """The slots that a text which holds `folded` has; those of its characters where it is too short for a gram."""
    grams, single = slots_of_texts(np.frombuffer(folded.encode("utf-32-le"), np.uint32))
    return np.unique(grams if len(grams) else single)


@dataclass(frozen=True)
class Numbers:
    """Folded numbers of cases. codes: of all of them. starts, lengths: where each begins, and its characters."""

    codes: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray


def numbers(text: bytes, ends: np.ndarray) -> Numbers:
    """Numbers in UTF-8, one behind the other; `ends` are offsets in bytes."""
    lengths = np.diff(ends, prepend=0)
    if text.isascii():
        folded = table().take(np.frombuffer(text, np.uint8))
    else:
        raw = np.frombuffer(text, np.uint8)
        begins = (raw & 0xC0) != 0x80
        lengths = np.diff(np.r_[0, np.cumsum(begins)][ends], prepend=0)
        folded = table()[np.frombuffer(text.decode().encode("utf-32-le"), np.uint32)]
    kept_characters = folded != DROPPED
    if not kept_characters.all():
        owner = np.repeat(np.arange(len(lengths)), lengths)[kept_characters]
        folded, lengths = folded[kept_characters], np.bincount(owner, minlength=len(lengths))
    return Numbers(folded, np.cumsum(lengths) - lengths, lengths)


def slots_of_numbers(given: Numbers) -> np.ndarray:
    """The slots of the beginnings of all numbers."""
    parts = []
    longest = min(int(given.lengths.max(initial=0)), PREFIXES[-1])
    starts, lengths = given.starts, given.lengths
    value = np.zeros(len(starts), np.uint32)
    for at in range(longest):
        if not (long := lengths > at).all():
            starts, lengths, value = starts[long], lengths[long], value[long]
        value = (value ^ given.codes[starts + at]) * _A
        value ^= value >> np.uint32(15)
        if at + 1 in PREFIXES:
            parts.append(value >> np.uint32(15))
    slots = np.concatenate(parts) if parts else np.zeros(0, np.uint32)
    return slots.astype(np.intp) + (SLOTS_OF_GRAMS + SLOTS_OF_CHARACTERS)


def slots_of_number(folded: str) -> np.ndarray:
    """The slots that a number which begins with `folded` has."""
    points = np.frombuffer(folded.encode("utf-32-le"), np.uint32)
    return np.unique(slots_of_numbers(Numbers(points, np.zeros(1, np.int64), np.array([len(points)]))))
