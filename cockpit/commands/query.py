"""`query` and `rows`: the numbers, and the facts behind them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from cockpit.commands.common import DAY, TIME, area_code, as_usage, catalog_of, opened, with_settings
from cockpit.commands.output import format_option, write_frame
from cockpit.errors import UsageError

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from metrics.analysis.compare import Comparison
    from metrics.query import Query

PARTS = ("numerator", "denominator", "rest")
from_option = click.option("--from", "start", type=DAY, required=True, metavar="D", help="First day, 2026-11-01.")
to_option = click.option(
    "--to", "end", type=DAY, required=True, metavar="D", help="The day after the last, 2026-12-01."
)
edition_option = click.option("--edition", metavar="ID", help="Ask this edition in place of the current one.")
OPTIONS = (
    click.option("--area", required=True, help="Code of the area, or its name: 北塘街道/新河村."),
    from_option,
    to_option,
    click.option(
        "--where", "filters", multiple=True, metavar="SPLIT=VALUE",
        help="Only the facts with this value, category=路灯; may be repeated; an empty value: those without one.",
    ),
    click.option(
        "--as-of", type=TIME, metavar="T", help="What was known before T; the edition's own time by default."
    ),
    edition_option,
)  # fmt: skip
"""Options of both commands besides their metrics."""


class Named(TypedDict):
    """The values of OPTIONS."""

    area: str
    start: datetime
    end: datetime
    filters: tuple[str, ...]
    as_of: datetime | None
    edition: str | None


def naming(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command OPTIONS."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command()
@click.argument("metric", nargs=-1, required=True)
@naming
@click.option(
    "--by",
    metavar="SPLIT",
    help="One row a group: town, month, category and others; an error names those of the metric.",
)
@click.option(
    "--vs", type=click.Choice(("previous", "last_year")),
    help="The period compared with as well, cut at the same time of day.",
)  # fmt: skip
@format_option
@with_settings
def query(
    settings: "Settings",
    metric: tuple[str, ...],
    by: str | None,
    vs: "Comparison | None",
    layout: str,
    **named: Unpack[Named],
) -> None:
    """The numbers of one or more metrics, with numerator, denominator, sample size and quality.

    The period is half-open: a whole November is --from 2026-11-01 --to 2026-12-01. With --vs the columns period, end
    and until say which of the two a row is of.
    """
    from metrics.answer import answer

    with as_usage():
        frame = answer(replace(query_of(settings, metric, named), by=by, comparison=vs))
    write_frame(frame, layout)


@click.command()
@click.argument("metric")
@naming
@click.option("--part", type=click.Choice(PARTS), help="Which side of a rate; all it counted by default.")
@format_option
@with_settings
def rows(settings: "Settings", metric: str, part: str | None, layout: str, **named: Unpack[Named]) -> None:
    """Exactly the facts behind a number, with their columns as known at the as-of time; who reported is left out."""
    from metrics.rows import Selection, exported
    from metrics.rows import rows as facts

    with as_usage():
        query = query_of(settings, (metric,), named)
        frame = facts(query, Selection(part))
    write_frame(exported(frame, query), layout)


def query_of(settings: "Settings", metrics: tuple[str, ...], named: Named) -> "Query":
    """The query of the options; the command line is not restricted to a scope. Raises UsageError."""
    from data.editions.scoped import EVERYTHING
    from metrics.period import Period
    from metrics.query import Query

    edition = opened(settings, named["edition"])
    period = Period(named["start"].date(), named["end"].date())
    return Query(
        edition.scoped(EVERYTHING), catalog_of(settings), metrics, area_code(edition, named["area"]), period,
        where=tuple(where(named["filters"]).items()), as_of=named["as_of"],
    )  # fmt: skip


def where(filters: tuple[str, ...]) -> dict[str, str]:
    """`category=路灯` as name and value. Raises UsageError for a text without "=", and for a name given twice."""
    chosen: dict[str, str] = {}
    for text in filters:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(
                "where.no_value", '--where: "{text}" has no value: write SPLIT=VALUE, such as category=路灯', text=text
            )
        if name in chosen:
            raise UsageError("where.twice", "--where: {name} is given twice: a fact has one value of it", name=name)
        chosen[name] = value
    return chosen
