"""Shared by commands: settings with --home, times, progress, and user errors."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from cockpit.errors import UsageError
from data.errors import DataError
from metrics.errors import MetricsError

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from data.editions.edition import Edition
    from metrics.catalog import Catalog

YEARS = range(1950, 2150)
"""Of every day and time, as on the screens."""


class Moment(click.DateTime):
    """A day or time of the years that data can be of."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        moment = super().convert(value, param, ctx)
        if moment.year not in YEARS:
            self.fail(f"{value!r} is not in the years {YEARS.start} to {YEARS.stop - 1}.", param, ctx)
        return moment


DAY = Moment(["%Y-%m-%d"])
TIME = Moment(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"])
DIGITS = 12
"""Of an area's code."""
MOST_NAMED = 8
"""Units that a refusal names."""
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --home and passes the settings as the first argument."""

    @click.option(
        "--home", type=click.Path(file_okay=False, path_type=Path), help="Folder of all state (COCKPIT_HOME)."
    )
    @functools.wraps(command)
    def run(*args: Any, home: Path | None, **options: Any) -> Any:
        from cockpit.settings import load

        return command(load(**({"home": home} if home else {})), *args, **options)

    return run


def prompted(label: str, instead: str, *, twice: bool = False) -> str:
    """A secret that is typed at the terminal, or the first line of a pipe. instead: the option to give it with."""
    if sys.stdin.isatty():
        return str(click.prompt(label, hide_input=True, confirmation_prompt=twice, err=True))
    if not (typed := sys.stdin.readline().rstrip("\r\n")):
        raise UsageError(
            "prompt.nobody", "there is no terminal to ask at: give {option}, or run it in a terminal", option=instead
        )
    return typed


@contextmanager
def as_usage() -> Iterator[None]:
    """Turn errors of the layers below into usage errors (exit 2)."""
    try:
        yield
    except (DataError, MetricsError) as error:
        raise UsageError.of(error) from error


def catalog_of(settings: "Settings") -> "Catalog":
    """Our metrics and the district's own. Raises UsageError for a wrong definition."""
    from metrics.catalog import load

    with as_usage():
        return load(settings.catalog, settings.three_rate_weights)


def nothing_published(settings: "Settings") -> UsageError:
    """The error of a command that needs an edition when none is published."""
    return UsageError(
        "edition.none_for_command",
        "nothing is published in {home}: build the demo district with `python -m cockpit demo`, or load your own data "
        "with `areas`, `load` and `publish` (README)",
        home=settings.home,
    )


def opened(settings: "Settings", edition: str | None = None) -> "Edition":
    """The edition of an id, else the current one. Raises UsageError when there is none."""
    from data.editions.edition import current, open_edition

    with as_usage():
        chosen = (
            open_edition(settings.data, edition, memory=settings.read_memory)
            if edition
            else current(settings.data, memory=settings.read_memory)
        )
    if chosen is None:
        raise nothing_published(settings)
    return chosen


def area_to_grant(settings: "Settings", text: str | None) -> int | None:
    """The code of the area that a grant or token is for: in the tree of what is published, or above all of it.

    Before anything is published, any code of 12 digits. Raises UsageError for one that would reach nothing.
    """
    from data.areas.levels import end_of
    from data.editions.edition import current
    from metrics.areas import area, root
    from metrics.errors import MetricsError

    if text is None:
        return None
    with as_usage():
        edition = current(settings.data, memory=settings.read_memory)
    if edition is None:
        if not (text.isdecimal() and len(text) == DIGITS):
            raise UsageError("area.no_code", "--area: {text} is not a code of 12 digits", text=text)
        return int(text)
    code = area_code(edition, text)
    top = root(edition)
    if code <= top.code < end_of(code):
        return code
    try:
        return area(edition, code).code
    except MetricsError as error:
        raise UsageError.of(error) from None


def unit_to_grant(settings: "Settings", unit: str, area: int | None) -> str:
    """The name of a unit of the published directory, for a grant on its area; as it is before anything is published.

    Raises UsageError for a unit that the area does not have: nobody could name it in a work item.
    """
    from data.editions.edition import current
    from metrics.directory import unit_names
    from metrics.errors import nearest

    with as_usage():
        edition = current(settings.data, memory=settings.read_memory) if unit and area is not None else None
    if edition is None or area is None:
        return unit
    known = unit_names(edition, [area])
    if unit not in known:
        raise UsageError(
            "unit.not_of_area", "the directory has no unit {unit} of {area}. Near: {near}", unit=unit, area=area,
            near=nearest(unit, known) or ", ".join(known[:MOST_NAMED]) or "it has none",
        )  # fmt: skip
    return unit


def on_the_clock(settings: "Settings", at: datetime | None) -> datetime | None:
    """A time of the desk (naive UTC) on the district's clock, as every command prints times."""
    if at is None:
        return None
    return at.replace(tzinfo=UTC, microsecond=0).astimezone(ZoneInfo(settings.zone)).replace(tzinfo=None)


def area_code(edition: "Edition", text: str) -> int:
    """The code that a text of 2 to 12 digits means, or of the live area that a name means. Raises UsageError."""
    from data.areas.names import CANDIDATES, AreaNames, Named
    from data.areas.resolution import CODE_OF

    if text.isdecimal() and len(text) in CODE_OF:
        return int(text) * CODE_OF[len(text)]
    low, day, high = date.min, edition.as_of.date(), date.max
    rows = edition.cursor().execute("SELECT DISTINCT code, level, name FROM areas WHERE holder = code").fetchall()
    names = AreaNames(Named(code, level, name, low, high) for code, level, name in rows)
    matches = names.find(text, day)
    if len(matches) == 1:
        return matches[0]
    near = ", ".join(f"{code} {names.path(code)}" for code in matches[:CANDIDATES] or names.nearest(text, day))
    if matches:
        raise UsageError(
            "area.ambiguous",
            "--area: {text} is the name of {n} areas, name the town as well: {near}",
            text=text,
            n=len(matches),
            near=near,
        )
    if near:
        raise UsageError("area.no_such", "--area: there is no area {text}; the nearest: {near}", text=text, near=near)
    raise UsageError("area.no_such", "--area: there is no area {text}", text=text)


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A callback (step, share done) that keeps one line of a terminal's stderr up to date; silent elsewhere."""
    if not sys.stderr.isatty():
        yield lambda step, share: None
        return

    def show(step: str, share: float) -> None:
        sys.stderr.write(f"\r\033[K{min(max(share, 0), 1):4.0%}  {step}")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\033[K")
        sys.stderr.flush()
