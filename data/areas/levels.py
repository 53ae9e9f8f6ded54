"""The levels of the area tree: one row each. Everything that depends on a level is derived from this table.

The children of an area follow from the tree, not from this table: towns may be directly below a city.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

CODES = range(10**12)
"""Of areas: up to twelve digits. A larger number in an address or a request is the code of no area."""


@dataclass(frozen=True)
class Level:
    """One level.

    span: how many codes an area of it covers: its scope is [code, code + span).
    zh, en, plural: what its areas are called.
    words: what lists of areas write for it; where they give no kind, such a word is the kind as well.
    endings: the endings of its areas' names by kind.
    optional: a tree begins below it, or leaves it out. What holds of a district holds of such a level too.
    unnamed: the name of an area of it that no list names; the digits of its code by default.
    urban, rural: what its areas are called (zh, en) that are ranked apart from each other; empty: ranked together.
    """

    id: str
    span: int
    zh: str
    en: str
    plural: str
    words: tuple[str, ...] = ()
    endings: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    optional: bool = False
    unnamed: str = ""
    urban: tuple[str, str] | None = None
    rural: tuple[str, str] | None = None


TABLE = (
    Level("nation", 10**12, "全国", "nation", "nations", ("国", "国家"), optional=True, unnamed="全国"),
    Level(
        "province", 10**10, "省", "province", "provinces", ("省", "自治区", "直辖市"),
        {"省": ("省", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "特别行政区", "市")}, optional=True,
    ),
    Level(
        "city", 10**8, "市", "city", "cities", ("市", "地级市", "自治州", "盟"),
        {"市": ("市", "自治州", "地区", "盟", "州")}, optional=True,
    ),
    Level(
        "district", 10**6, "区县", "district", "districts", ("区", "县", "县级市", "自治县", "旗", "区县"),
        {"区": ("区", "自治县", "县", "市", "自治旗", "旗")},
    ),
    Level(
        "town", 10**3, "镇街", "town", "towns", ("镇", "乡", "街道", "民族乡", "镇街", "乡镇"),
        {
            "镇": ("镇人民政府", "镇政府", "镇"),
            "街道": ("街道办事处", "街道办", "街道", "街办"),
            "乡": ("乡人民政府", "乡政府", "民族乡", "乡", "苏木"),
        },
        urban=("街道", "Streets"), rural=("乡镇", "Towns and townships"),
    ),
    Level(
        "village", 1, "村社", "village", "villages", ("村", "社区", "村社", "居委会", "村委会"),
        {
            "村": ("村民委员会", "村委会", "村委", "行政村", "村"),
            "社区": ("社区居民委员会", "社区居委会", "社区居委", "社区", "居民委员会", "居委会", "居委"),
            "嘎查": ("嘎查委员会", "嘎查"),
        },
        urban=("社区", "Communities"), rural=("村", "Villages"),
    ),
)  # fmt: skip
"""From the highest to the lowest."""

LEVELS = tuple(level.id for level in TABLE)
SPANS = {level.id: level.span for level in TABLE}
BY_ID = {level.id: level for level in TABLE}

BASE = next(level for level in TABLE if not level.optional)
"""The district: the highest level that every tree has."""
ROLLED, LOWEST = TABLE[-2:]
"""ROLLED: the level of the daily roll-ups."""


def end_of(code: int) -> int:
    """The first code behind the scope of the area that `code` names: a village's ends with itself."""
    return code + next(span for span in SPANS.values() if code % span == 0)


def is_above(one: str, other: str) -> bool:
    """Whether a level is higher than another one."""
    return LEVELS.index(one) < LEVELS.index(other)


def expand_levels(names: Iterable[str]) -> tuple[str, ...]:
    """The levels that a list in a definition includes, highest first.

    A list with the district but no level above it includes all levels above. Raises ValueError for an unknown level.
    """
    named = set(names)
    for name in sorted(named - set(LEVELS)):
        raise ValueError(f'"{name}" is not a level: use {", ".join(LEVELS)}')
    optional = {level.id for level in TABLE if level.optional}
    if BASE.id in named and not named & optional:
        named |= optional
    return tuple(level for level in LEVELS if level in named)


URBAN = ("街道", "社区")
"""Kinds of areas whose tasks differ from those of the others of their level: they are ranked apart."""


def is_urban(kind: str | None) -> bool:
    """Whether an area of this kind is ranked with streets and communities, not with towns and villages."""
    return kind in URBAN
