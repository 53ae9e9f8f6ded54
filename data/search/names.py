"""Find names by a part of them, by their pinyin, or by its initials.

`qbz`, `qingbu` and `qbzhen` all find 青埠镇. A character of several readings is found by each of them. All names lie
in one array, so that hundreds of thousands are searched in a few milliseconds.
"""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from pypinyin import Style, pinyin

from data.search.folding import DROPPED, fold, table

EXACT, BEGINS, HOLDS, SOUNDS_FROM_START, SOUNDS = range(5)
NOT = 255
"""How well a name matches, best first: itself, its beginning, a part; by pinyin from its beginning, or within."""
LONGEST_PINYIN = 60
"""No query longer than that is read as pinyin."""
_END = "\U0010ffff"
"""Stands between names: no character."""


class Names:
    """A list of names to search; positions are those of the list."""

    def __init__(self, names: Iterable[str]) -> None:
        clean = [name.replace(_END, "") for name in names]
        points = np.frombuffer(_END.join(["", *clean, ""]).encode("utf-32-le", "replace"), np.uint32)
        points = table().take(points)
        self._points = points[points != DROPPED]
        ends = np.flatnonzero(self._points == ord(_END))
        self._starts = ends[:-1] + 1 if clean else ends[:0]
        self._lengths = np.diff(ends)[: len(clean)] - 1
        unique, self._characters = np.unique(self._points, return_inverse=True)
        syllables: dict[str, int] = {"": 0}
        read = [[syllables.setdefault(r, len(syllables)) for r in readings(chr(code))] for code in unique]
        self._syllables = tuple(syllables)
        self._readings = np.zeros((max(1, *map(len, read)), len(unique)), np.int64)
        for at, known in enumerate(read):
            self._readings[: len(known), at] = known

    def __len__(self) -> int:
        return len(self._starts)

    def find(self, query: str) -> np.ndarray:
        """How well each name matches: EXACT to SOUNDS, or NOT."""
        matches = np.full(len(self), NOT, np.uint8)
        wanted = fold(query)
        if wanted and len(self) and _END not in wanted:
            self._hold(wanted, matches)
            if wanted.isascii() and wanted.isalnum() and not wanted.isdecimal() and len(wanted) <= LONGEST_PINYIN:
                self._sound(wanted, matches)
        return matches

    def _hold(self, wanted: str, matches: np.ndarray) -> None:
        points = np.frombuffer(wanted.encode("utf-32-le"), np.uint32)
        at = np.flatnonzero(self._points == points[0])
        for step, point in enumerate(points[1:], 1):
            at = at[at + step < len(self._points)]
            at = at[self._points[at + step] == point]
        owners = self._owners(at)
        begins = at == self._starts[owners]
        exact = begins & (self._lengths[owners] == len(points))
        np.minimum.at(matches, owners, np.where(exact, EXACT, np.where(begins, BEGINS, HOLDS)).astype(np.uint8))

    def _sound(self, wanted: str, matches: np.ndarray) -> None:
        """The names of which characters in a row sound like the query: each read in full or by its initial."""
        steps = [self._steps(wanted, at) for at in range(len(wanted))]
        done = np.uint64(1 << len(wanted))
        at = np.flatnonzero((steps[0] != 0)[self._characters])
        begun, states = at, steps[0][self._characters[at]]
        while len(at):
            complete = begun[(states & done) != 0]
            owners = self._owners(complete)
            kinds = np.where(complete == self._starts[owners], SOUNDS_FROM_START, SOUNDS).astype(np.uint8)
            np.minimum.at(matches, owners, kinds)
            at = at + 1
            characters, reached = self._characters[at], np.zeros(len(at), np.uint64)
            for here in range(1, len(wanted)):
                inside = (states & np.uint64(1 << here)) != 0
                reached[inside] |= steps[here][characters[inside]]
            on = reached != 0
            at, begun, states = at[on], begun[on], reached[on]

    def _owners(self, places: np.ndarray) -> np.ndarray:
        """The name that each place of the array lies in."""
        owners: np.ndarray = np.searchsorted(self._starts, places, side="right") - 1
        return owners

    def _steps(self, wanted: str, at: int) -> np.ndarray:
        """For each character, the places of the query that it leads to from `at`: bits of uint64."""
        bits = np.array([_reached(wanted, at, syllable) for syllable in self._syllables], np.uint64)
        steps: np.ndarray = np.bitwise_or.reduce(bits[self._readings], axis=0)
        return steps


def _reached(wanted: str, at: int, syllable: str) -> int:
    """The possible positions in the query after a syllable: after all of it, its initial, or a part at the end."""
    if not syllable or wanted[at] != syllable[0]:
        return 0
    reached = 1 << (at + 1)
    if syllable[1:2] == "h" and wanted.startswith(syllable[:2], at):
        reached |= 1 << (at + 2)
    if wanted.startswith(syllable, at):
        reached |= 1 << (at + len(syllable))
    elif syllable.startswith(wanted[at:]):
        reached |= 1 << len(wanted)
    return reached


@lru_cache(maxsize=65536)
def readings(character: str) -> tuple[str, ...]:
    """All readings of a folded character without tones, `lü` as `lv` and `lu`; a letter or digit reads as itself."""
    if character == _END:
        return ()
    if character.isascii():
        return (character,) if character.isalnum() else ()
    syllables: dict[str, None] = {}
    for reading in pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore", v_to_u=True)[0:1] or [[]]:
        for plain in reading:
            for spelt in {plain, plain.replace("ü", "v"), plain.replace("ü", "u")}:
                if spelt.isascii() and spelt.isalpha():
                    syllables[spelt] = None
    return tuple(syllables)


def best(matches: np.ndarray, order: np.ndarray, limit: int) -> list[int]:
    """The positions that match best, at most `limit`; those that match alike by `order`."""
    matching = np.flatnonzero(matches != NOT)
    best_first = matching[np.lexsort((order[matching], matches[matching]))]
    return [int(at) for at in best_first[:limit]]
