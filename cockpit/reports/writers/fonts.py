"""The fonts of official documents where the office has them, the free ones that come with us where not.

The named fonts of GB/T 9704 are not free. An office puts the ones it is licensed for into the folder that
COCKPIT_FONTS names; the system's own fonts are never used, so that another machine gives the same file.
"""

import contextlib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typst

OFFICIAL = {
    "title": ("方正小标宋简体", "FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "FZXiaoBiaoSong-B05"),
    "heading": ("黑体", "SimHei"),
    "sub": ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "SimKai"),
    "body": ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "SimFang"),
}
"""Fonts of each part of a document, the official name first."""
SERIF, SANS = "Noto Serif SC", "Noto Sans SC"
LATIN = "Times New Roman"
"""Font of letters and digits in a Word document."""
FONTS = (".otf", ".ttf", ".ttc", ".otc")
INVISIBLE = "\ufe0e\ufe0f"
"""Variation selectors: part of the character before them."""
FREE = {"title": SERIF, "heading": SANS, "sub": SERIF, "body": SERIF}


@dataclass(frozen=True)
class Faces:
    """The family that each part is set in: one of OFFICIAL where it was found in `folder`, else one of FREE."""

    title: str
    heading: str
    sub: str
    body: str
    folder: Path | None

    def missing(self, text: str) -> str:
        """The characters of a text that none of the fonts can draw, each once; they would be empty boxes."""
        drawn = covered(self.folder)
        lacking = (c for c in dict.fromkeys(text) if ord(c) not in drawn)
        return "".join(c for c in lacking if unicodedata.category(c)[0] not in "CZ" and c not in INVISIBLE)

    def of(self, part: str) -> str:
        return str(getattr(self, part))

    @property
    def font_book(self) -> "typst.Fonts":
        """The font files, for a typesetter."""
        return font_book(self.folder)


@cache
def faces(folder: Path | None) -> Faces:
    """The fonts of a folder and our own."""
    available = set(font_book(folder).families()) if folder else set()
    selected = {part: next((n for n in names if n in available), FREE[part]) for part, names in OFFICIAL.items()}
    return Faces(**selected, folder=folder)


@cache
def covered(folder: Path | None) -> frozenset[int]:
    """The code points that our fonts and those of a folder can draw. What is no font there is passed over."""
    import pylopdf_fonts_zh_cn as free
    from fontTools.ttLib import TTCollection, TTFont, TTLibError

    characters: set[int] = set()
    for path in (p for folder_ in (free.sans_path().parent, folder) if folder_ for p in sorted(folder_.rglob("*"))):
        if path.suffix.lower() not in FONTS:
            continue
        with contextlib.suppress(TTLibError, OSError, KeyError), path.open("rb") as file:
            many = path.suffix.lower() in (".ttc", ".otc")
            fonts = TTCollection(file, lazy=True).fonts if many else [TTFont(file, lazy=True)]
            for font in fonts:
                characters.update(font.getBestCmap() or ())
    return frozenset(characters)


@cache
def font_book(folder: Path | None) -> "typst.Fonts":
    """The files of a folder and our own. Slow to import: what holds no page and no picture does without."""
    import pylopdf_fonts_zh_cn as free
    import typst

    paths = [str(free.sans_path().parent), *([str(folder)] if folder else [])]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
