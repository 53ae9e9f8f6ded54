"""The fonts of official documents where the office has them, the free ones that come with us where not.

The named fonts of GB/T 9704 are not free. An office puts the ones it is licensed for into the folder that
COCKPIT_FONTS names; the system's own fonts are never used, so that another machine gives the same file.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn as free
import typst

OFFICIAL = {
    "title": ("方正小标宋简体", "FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "FZXiaoBiaoSong-B05"),
    "heading": ("黑体", "SimHei"),
    "sub": ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "SimKai"),
    "body": ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "SimFang"),
}
"""What each part of a document is set in, the first of them by its official name."""
SERIF, SANS = "Noto Serif SC", "Noto Sans SC"
FREE = {"title": SERIF, "heading": SANS, "sub": SERIF, "body": SERIF}


@dataclass(frozen=True)
class Faces:
    """The family that each part is set in: one of OFFICIAL where it was found, else one of FREE."""

    title: str
    heading: str
    sub: str
    body: str
    shelf: typst.Fonts

    def of(self, part: str) -> str:
        return str(getattr(self, part))

    @property
    def told(self) -> str:
        """`仿宋_GB2312：Noto Serif SC`, for each part: the official name and what was used."""
        return "；".join(
            names[0] if self.of(part) in names else f"{names[0]}→{self.of(part)}" for part, names in OFFICIAL.items()
        )


@cache
def faces(folder: Path | None) -> Faces:
    """The fonts of a folder and our own."""
    own = free.sans_path().parent
    paths = [str(own), *([str(folder)] if folder else [])]
    shelf = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
    there = set(shelf.families())
    chosen = {part: next((n for n in names if n in there), FREE[part]) for part, names in OFFICIAL.items()}
    return Faces(**chosen, shelf=shelf)
