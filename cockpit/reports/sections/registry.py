"""The builder of each section type: from a context to blocks of the neutral document."""

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from cockpit.i18n import language
from cockpit.reports import kind, wording
from cockpit.reports.context import ReportContext
from cockpit.reports.model import Block, Form, Text
from cockpit.reports.sections import cases, chart_sections, ranking_sections, sites, tables


@singledispatch
def blocks(section: Any, context: ReportContext) -> Iterator[Block]:
    """The blocks of a section, without its heading; none where it has nothing to say of this context."""
    raise AssertionError(type(section))


@blocks.register
def text(section: kind.TextSection, context: ReportContext) -> Iterator[Block]:
    """A paragraph whose sentences run on; in small print each has its own line."""
    sentences = wording.lines(context, section.text)
    if section.style == "body" and sentences:
        sentences = [("" if language() == "zh" else " ").join(sentences)]
    yield from (Text(line, section.style) for line in sentences)


@blocks.register
def form(section: kind.FormSection, context: ReportContext) -> Iterator[Block]:
    rows = [(row.label[language()], _filled(context, row)) for row in section.rows]
    yield Form(wording.named(context, section), rows, [row.lines for row in section.rows])


def _filled(context: ReportContext, row: kind.FormRow) -> str:
    return "\n".join(wording.lines(context, row.text)) if row.text else ""


blocks.register(kind.Tiles, tables.tiles)
blocks.register(kind.TableBy, tables.table_by)
blocks.register(kind.Ranking, ranking_sections.ranking)
blocks.register(kind.Reds, ranking_sections.reds)
blocks.register(kind.Trend, chart_sections.trends)
blocks.register(kind.Ages, chart_sections.ages)
blocks.register(kind.Cases, cases.case_tables)
blocks.register(kind.Sites, sites.site_tables)
