"""What each type of section makes of a scene: blocks of the neutral document, no format in sight."""

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from cockpit.i18n import language
from cockpit.reports import kind, wording
from cockpit.reports.model import Block, Form, Text
from cockpit.reports.scene import Scene
from cockpit.reports.sections import cases, drawn, ranked, sites, tables


@singledispatch
def blocks(section: Any, scene: Scene) -> Iterator[Block]:
    """The blocks of a section, without its heading; none where it has nothing to say of this scene."""
    raise AssertionError(type(section))


@blocks.register
def text(section: kind.TextSection, scene: Scene) -> Iterator[Block]:
    """A paragraph whose sentences run on; in small print each has its own line."""
    told = wording.lines(scene, section.text)
    if section.style == "body" and told:
        told = [("" if language() == "zh" else " ").join(told)]
    yield from (Text(line, section.style) for line in told)


@blocks.register
def form(section: kind.FormSection, scene: Scene) -> Iterator[Block]:
    rows = [(row.label[language()], _filled(scene, row)) for row in section.rows]
    yield Form(wording.named(scene, section), rows, [row.lines for row in section.rows])


def _filled(scene: Scene, row: kind.FormRow) -> str:
    return "\n".join(wording.lines(scene, row.text)) if row.text else ""


blocks.register(kind.Tiles, tables.tiles)
blocks.register(kind.TableBy, tables.table_by)
blocks.register(kind.Ranking, ranked.ranking)
blocks.register(kind.Reds, ranked.reds)
blocks.register(kind.Trend, drawn.trends)
blocks.register(kind.Ages, drawn.ages)
blocks.register(kind.Cases, cases.case_tables)
blocks.register(kind.Sites, sites.site_tables)
