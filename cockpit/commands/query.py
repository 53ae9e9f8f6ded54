"""`query` and `rows`: the numbers, and the facts behind them."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from cockpit.commands.common import DAY, TIME, area_code, as_usage, catalog_of, opened, with_settings
from cockpit.commands.output import format_option, write_frame
from cockpit.errors import UsageError

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from metrics.analysis.compare import How
    from metrics.period import Period

PARTS = ("numerator", "denominator", "rest")

area_option = click.option("--area", required=True, help="Code of the area, or its name: 北塘街道/新河村.")
from_option = click.option("--from", "start", type=DAY, required=True, metavar="D", help="First day, 2026-11-01.")
to_option = click.option(
    "--to", "end", type=DAY, required=True, metavar="D", help="The day after the last, 2026-12-01."
)
as_of_option = click.option(
    "--as-of", type=TIME, metavar="T", help="What was known before T; the edition's own time by default."
)
where_option = click.option(
    "--where", "filters", multiple=True, metavar="SPLIT=VALUE",
    help="Only the facts with this value, category=路灯; may be repeated; an empty value: those without one.",
)  # fmt: skip
edition_option = click.option("--edition", metavar="ID", help="Ask this edition in place of the current one.")


@click.command()
@click.argument("metric", nargs=-1, required=True)
@area_option
@from_option
@to_option
@click.option(
    "--by",
    metavar="SPLIT",
    help="One row a group: town, month, category and others; an error names those of the metric.",
)
@click.option(
    "--vs", type=click.Choice(("previous", "last_year")),
    help="The period compared with as well, cut at the same time of day.",
)  # fmt: skip
@where_option
@as_of_option
@edition_option
@format_option
@with_settings
def query(
    settings: "Settings",
    metric: tuple[str, ...],
    area: str,
    start: datetime,
    end: datetime,
    by: str | None,
    vs: "How | None",
    filters: tuple[str, ...],
    as_of: datetime | None,
    edition: str | None,
    layout: str,
) -> None:
    """The numbers of one or more metrics, with numerator, denominator, sample size and quality.

    The period is half-open: a whole November is --from 2026-11-01 --to 2026-12-01. With --vs the columns period, end
    and until say which of the two a row is of.
    """
    from metrics.analysis.compare import with_compared
    from metrics.query import query as ask

    with as_usage():
        asked, days = opened(settings, edition), period(start, end)
        frame = ask(
            asked,
            metric,
            area_code(asked, area),
            days,
            by=by,
            periods=with_compared(days, vs, as_of or asked.as_of) if vs else None,
            as_of=as_of,
            where=where(filters),
            catalog=catalog_of(settings),
        )
    write_frame(frame, layout)


@click.command()
@click.argument("metric")
@area_option
@from_option
@to_option
@click.option("--part", type=click.Choice(PARTS), help="Which side of a rate; all it counted by default.")
@where_option
@as_of_option
@edition_option
@format_option
@with_settings
def rows(
    settings: "Settings",
    metric: str,
    area: str,
    start: datetime,
    end: datetime,
    part: str | None,
    filters: tuple[str, ...],
    as_of: datetime | None,
    edition: str | None,
    layout: str,
) -> None:
    """Exactly the facts behind a number, with their columns as known at the as-of time; who reported is left out."""
    from metrics.rows import exported
    from metrics.rows import rows as facts

    with as_usage():
        read = opened(settings, edition)
        frame = facts(
            read,
            metric,
            area_code(read, area),
            period(start, end),
            part=part,
            as_of=as_of,
            where=where(filters),
            catalog=(catalog := catalog_of(settings)),
        )
    write_frame(exported(frame, catalog, metric), layout)


def where(filters: tuple[str, ...]) -> dict[str, str]:
    """`category=路灯` as name and value. Raises UsageError for a text without "=", and for a name given twice."""
    chosen: dict[str, str] = {}
    for text in filters:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f'--where: "{text}" has no value: write SPLIT=VALUE, such as category=路灯')
        if name in chosen:
            raise UsageError(f"--where: {name} is given twice: a fact has one value of it")
        chosen[name] = value
    return chosen


def period(start: datetime, end: datetime) -> "Period":
    from metrics.period import Period

    return Period(start.date(), end.date())
