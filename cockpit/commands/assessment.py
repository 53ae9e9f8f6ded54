"""`assessment`: list assessments, show the lines of one. Their steps are decisions of persons, made on the screen."""

from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened as open_desk
from cockpit.commands.common import as_usage, with_settings
from cockpit.commands.output import format_option, write

if TYPE_CHECKING:
    from cockpit.settings import Settings

COLUMNS = ("id", "state", "scheme", "area", "from", "to", "edition", "made_by", "approved_by", "published_by")
LINES = ("area", "name", "kind", "place", "total", "metric", "numerator", "denominator", "value", "points", "weight")


@click.group()
def assessment() -> None:
    """Assessments by a scheme, and the counted rows behind each of their points."""


@assessment.command("list")
@format_option
@with_settings
def listed(settings: "Settings", layout: str) -> None:
    """The newest first. to: the first day after the period."""
    from data.desk.assessing import assessments

    with as_usage():
        rows = assessments.listing(open_desk(settings))
    body = [
        (one.id, one.state, one.scheme["id"], one.area, one.first, one.end, one.edition, one.made_by, one.approved_by,
         one.published_by)
        for one in rows
    ]  # fmt: skip
    write(COLUMNS, body, layout)


@assessment.command()
@click.argument("id", type=int)
@format_option
@with_settings
def show(settings: "Settings", id: int, layout: str) -> None:
    """The lines of assessment ID by area and rank.

    An area with too small a sample in a line has neither a total nor a place.
    """
    from data.desk.assessing import assessments
    from metrics.assessment.score import unpacked

    with as_usage():
        one = assessments.find(open_desk(settings), id)
    body = [
        (area.code, area.name, area.kind, area.place, area.total, line.metric, line.numerator, line.denominator,
         line.value, line.points, line.weight)
        for area in unpacked(one.results)
        for line in area.lines
    ]  # fmt: skip
    write(LINES, body, layout)
