"""The fonts of official documents where the office has them, the free ones that come with us where not.

The named fonts of GB/T 9704 are not free. An office puts the ones it is licensed for into the folder that
COCKPIT_FONTS names; the system's own fonts are never used, so that another machine gives the same file.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.i18n import _
from cockpit.screens import words

if TYPE_CHECKING:
    import typst

OFFICIAL = {
    "title": ("方正小标宋简体", "FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "FZXiaoBiaoSong-B05"),
    "heading": ("黑体", "SimHei"),
    "sub": ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "SimKai"),
    "body": ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "SimFang"),
}
"""What each part of a document is set in, the first of them by its official name."""
SERIF, SANS = "Noto Serif SC", "Noto Sans SC"
LATIN = "Times New Roman"
"""What a Word document names for letters and digits."""
FREE = {"title": SERIF, "heading": SANS, "sub": SERIF, "body": SERIF}


@dataclass(frozen=True)
class Faces:
    """The family that each part is set in: one of OFFICIAL where it was found in `folder`, else one of FREE."""

    title: str
    heading: str
    sub: str
    body: str
    folder: Path | None

    def of(self, part: str) -> str:
        return str(getattr(self, part))

    @property
    def shelf(self) -> "typst.Fonts":
        """The files, for whoever sets type."""
        return shelf(self.folder)

    @property
    def told(self) -> str:
        """`仿宋_GB2312→Noto Serif SC`, for each part: the official name and what was found for it."""
        return "；".join(
            names[0] if self.of(part) in names else f"{names[0]}→{self.of(part)}" for part, names in OFFICIAL.items()
        )

    @property
    def embedded(self) -> str:
        """What a file is set in that brings its fonts."""
        return _("{fonts}; embedded in this file", fonts=self.told)

    @property
    def named(self) -> str:
        """What a file is set in that only names its fonts: that is for the machine of whoever reads it to say."""
        names = {part: official[0] for part, official in OFFICIAL.items()}
        told = named_only(*names.values(), LATIN)
        missing = [name for part, name in names.items() if self.of(part) not in OFFICIAL[part]]
        if not missing:
            return told
        lacking = (
            _("none of the official ones was at hand where it was made")
            if len(missing) == len(names)
            else _("not at hand where it was made: {names}", names=words.listed(missing))
        )
        instead = words.listed(dict.fromkeys(FREE[part] for part in names if names[part] in missing))
        stand_in = _("named in their place: {fonts}", fonts=instead)
        return f"{told}；{lacking}；{stand_in}"


def named_only(*names: str) -> str:
    """The fonts that a file names and does not bring."""
    listed = words.listed(names)
    return _("Named, not embedded: {names}; a reader without them sees other ones", names=listed)


@cache
def faces(folder: Path | None) -> Faces:
    """The fonts of a folder and our own."""
    there = set(shelf(folder).families()) if folder else set()
    chosen = {part: next((n for n in names if n in there), FREE[part]) for part, names in OFFICIAL.items()}
    return Faces(**chosen, folder=folder)


@cache
def shelf(folder: Path | None) -> "typst.Fonts":
    """The files of a folder and our own. Slow to import: what holds no page and no picture does without."""
    import pylopdf_fonts_zh_cn as free
    import typst

    paths = [str(free.sans_path().parent), *([str(folder)] if folder else [])]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=paths)
