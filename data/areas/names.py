"""Area names as people write them: with or without their endings, slashes and the areas above them.

A text is read from its largest area to its smallest. An area is found by its own name or an alias; by its name with
another ending of the same kind (村, 村委会); or by its name without an ending or with one of another kind (社区, 村).
The closest of these readings wins; if it fits two areas, the text means neither.
"""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from data.areas.levels import LOWEST, ROLLED, TABLE, end_of

EXACT, ALIKE, LOOSE = range(3)
"""Grades of a match between a text and a name: equal; ending of the same kind; different ending."""

_KINDS = {
    level.id: sorted(
        ((end, kind) for kind, ends in level.endings.items() for end in ends), key=lambda pair: -len(pair[0])
    )
    for level in TABLE
}
"""Endings of names and their kinds by level, the longest first."""
_ABOVE = tuple(level.id for level in TABLE if level.endings and level not in (ROLLED, LOWEST))
_SEPARATORS = re.compile(r"[/\\>|→»]+")
_NOISE = re.compile(r"[\W_]+")
CANDIDATES = 3


def _likeness(name: str, other_name: str) -> float:
    return difflib.SequenceMatcher(None, name, other_name, autojunk=False).ratio()


@dataclass(frozen=True)
class Named:
    """A name of an area, valid on the days [low, high). alias: it is not the official name."""

    code: int
    level: str
    name: str
    low: date
    high: date
    alias: bool = False


def segments(text: str) -> tuple[str, ...]:
    """The parts of a text between its slashes, in one width and case, without blanks and punctuation."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    parts = (_NOISE.sub("", part) for part in _SEPARATORS.split(plain))
    return tuple(part for part in parts if part)


def split_ending(name: str, level: str) -> tuple[str, str | None]:
    """A name without its ending, and the ending's kind: (新河, 村). A name that consists of an ending is kept."""
    for ending, kind in _KINDS[level]:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending), kind
    return name, None


class AreaNames:
    """Finds the areas that a text means on a day. Names: all areas with their versions, and the aliases."""

    def __init__(self, names: Iterable[Named]) -> None:
        self.names = list(names)
        self._stems: dict[str, list[tuple[int, str | None]]] = defaultdict(list)
        self._whole: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for index, named in enumerate(self.names):
            parts = segments(named.name)
            if len(parts) > 1:
                self._whole[parts].append(index)
            if len(parts) != 1:
                continue
            stem, kind = split_ending(parts[0], named.level)
            self._stems[parts[0]].append((index, None))
            if kind:
                self._stems[stem].append((index, kind))
        self._longest = max(map(len, self._stems), default=0)
        real = {named.level for named in self.names if not named.name.isdigit()}
        self._unnamed = [level for level in _ABOVE if level not in real]

    def find(self, text: str, day: date) -> tuple[int, ...]:
        """The codes that fit the text best: none if it is unknown, several if it is ambiguous."""
        parts = segments(text)
        if not parts:
            return ()
        exact = {self.names[index].code for index in self._whole.get(parts, ()) if self._valid(index, day)}
        if exact:
            return tuple(sorted(exact))
        fits = self._read(parts, day)
        best = min(fits.values(), default=EXACT)
        return tuple(sorted(code for code, fit in fits.items() if fit == best))

    def path(self, code: int) -> str:
        """The area's name behind that of its town: 北塘街道/新河村."""
        own, _ = self._own_names.get(code, (str(code), ""))
        town = code // ROLLED.span * ROLLED.span
        return f"{self._own_names[town][0]}/{own}" if town != code and town in self._own_names else own

    def nearest(self, text: str, day: date, limit: int = CANDIDATES) -> list[int]:
        """The codes that fit or, most similar first, towns and villages whose names look like the text.

        If the text names a town, they lie in it.
        """
        if codes := self.find(text, day):
            return list(codes[:limit])
        joined = "".join(segments(text))
        towns, remainder = self._town_of(joined, day)
        scored = []
        for index, named in enumerate(self.names):
            inside = not towns or any(code < named.code < end_of(code) for code in towns)
            if not inside or named.level not in (ROLLED.id, LOWEST.id) or not self._valid(index, day):
                continue
            name = "".join(segments(named.name))
            stems = (split_ending(name_part, named.level)[0] for name_part in (remainder, name))
            score = _likeness(*stems) + _likeness(remainder, name) / 10
            scored.append((-score, named.code))
        return list(dict.fromkeys(code for score, code in sorted(scored) if score <= -0.4))[:limit]

    @cached_property
    def _own_names(self) -> dict[int, tuple[str, str]]:
        """The newest own name of each code, as written and in plain form."""
        newest = sorted((named for named in self.names if not named.alias), key=lambda named: named.low)
        return {named.code: (named.name, "".join(segments(named.name))) for named in newest}

    def _town_of(self, joined: str, day: date) -> tuple[set[int], str]:
        """The towns whose name without its ending is in the text, and the text after them."""
        towns, remainder = set(), joined
        for index, named in enumerate(self.names):
            stem, _ = split_ending("".join(segments(named.name)), ROLLED.id)
            if named.level == ROLLED.id and len(stem) > 1 and stem in joined and self._valid(index, day):
                behind = joined.partition(stem)[2]
                ending = next((ending for ending, _ in _KINDS[ROLLED.id] if behind.startswith(ending)), "")
                if behind.removeprefix(ending):
                    towns.add(named.code)
                    remainder = min(remainder, behind.removeprefix(ending), key=len)
        return towns, remainder

    def _valid(self, index: int, day: date) -> bool:
        return self.names[index].low <= day < self.names[index].high

    def _read(self, parts: tuple[str, ...], day: date) -> dict[int, int]:
        """The areas that the whole text can be read as, each with its worst fit in its best reading."""
        fits: dict[int, int] = {}
        self._continue(parts, 0, 0, None, EXACT, day, fits)
        if not fits:
            for end in self._prefixes(parts[0]):
                self._continue(parts, 0, end, None, EXACT, day, fits, below_prefix=True)
        return fits

    def _continue(
        self, parts: Sequence[str], part: int, at: int, area: int | None, worst: int, day: date, fits: dict[int, int],
        below_prefix: bool = False,
    ) -> None:  # fmt: skip
        """Continue reading at position `at`; `area` is the area read so far."""
        if at == len(parts[part]):
            part, at = part + 1, 0
        if part == len(parts):
            if area is not None and worst < fits.get(area, LOOSE + 1):
                fits[area] = worst
            return
        for end, code, fit in self._next(parts[part], at, area, day, below_prefix):
            self._continue(parts, part, end, code, max(worst, fit), day, fits)

    def _next(
        self, text: str, at: int, area: int | None, day: date, below_prefix: bool
    ) -> Iterator[tuple[int, int, int]]:
        """End, area and fit of each name that can follow at `at`.

        The next name is below `area`; `area` or one above it may be repeated.
        """
        below: dict[int, dict[int, int]] = defaultdict(dict)
        retries: dict[int, int] = {}
        for end, index, fit in self._matches(text, at, day):
            named = self.names[index]
            if below_prefix and named.level == LOWEST.id:
                continue
            if area is None or area < named.code < end_of(area):
                below[end][named.code] = min(fit, below[end].get(named.code, LOOSE))
            elif named.code <= area < end_of(named.code):
                retries[end] = min(fit, retries.get(end, LOOSE))
        for end, codes in below.items():
            best = min(codes.values())
            yield from ((end, code, fit) for code, fit in codes.items() if fit == best)
        if area is not None:
            yield from ((end, area, fit) for end, fit in retries.items() if end not in below)

    def _matches(self, text: str, at: int, day: date) -> Iterator[tuple[int, int, int]]:
        """End, index and fit of every name in the text at `at`."""
        for end in range(at + 1, min(len(text), at + self._longest) + 1):
            for index, kind in self._stems.get(text[at:end], ()):
                if not self._valid(index, day):
                    continue
                level = self.names[index].level
                if kind is None:
                    yield end, index, EXACT
                elif end - at > 1:
                    yield end, index, LOOSE
                own = kind or split_ending(text[at:end], level)[1]
                for ending, other in _KINDS[level]:
                    if text.startswith(ending, end):
                        yield end + len(ending), index, ALIKE if own in (other, None) else LOOSE

    def _prefixes(self, text: str) -> list[int]:
        """The ends of the names of a province, city and district that are not in the tree."""
        ends = {0}
        for level in self._unnamed:
            pattern = re.compile(rf"\w{{2,8}}?(?:{'|'.join(ending for ending, _ in _KINDS[level])})")
            ends |= {match.end() for start in ends if (match := pattern.match(text, start))}
        return sorted(ends - {0})
