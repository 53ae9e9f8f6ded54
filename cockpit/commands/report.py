"""`report`: make a report, prove one, make it again, list them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened
from cockpit.commands.common import DAY, FILE, area_code, as_usage, on_the_clock, progress, with_settings
from cockpit.commands.common import opened as published
from cockpit.commands.output import format_option, write
from cockpit.commands.query import edition_option, from_option, to_option
from cockpit.errors import CockpitError, UsageError

if TYPE_CHECKING:
    from cockpit.reports.progress import Listener
    from cockpit.reports.request import Request
    from cockpit.settings import Settings
    from data.desk.reports import Report
    from data.desk.store import Desk

FORMATS = ("docx", "pdf", "xlsx", "csv")
STATES = ("draft", "final", "issued")


def _in_a_folder(_context: click.Context, _option: click.Parameter, file: Path | None) -> Path | None:
    """Said before anything is made."""
    if file and not file.parent.is_dir():
        raise UsageError(
            "folder.missing",
            "the folder {folder} does not exist: create it, or name another file with -o",
            folder=file.parent,
        )
    return file


OUT = click.Path(dir_okay=False, path_type=Path)
COLUMNS = ("id", "status", "kind", "areas", "from", "to", "format", "edition", "who", "asked_at", "sha256")


class Reports(click.Group):
    """A word that is no command of the group is a kind of report: `report brief …` is `report make brief …`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            return "make", self.commands["make"], args
        return super().resolve_command(ctx, args)


@contextmanager
def asking() -> Iterator[None]:
    """Turn faults of a request into usage errors, in English like all output of commands."""
    from cockpit.i18n import using

    with using("en"), as_usage():
        yield


@click.group(cls=Reports)
def report() -> None:
    """Make a report: `report KIND --area CODE --from D --to D --format docx -o FILE`.

    `report kinds` lists the kinds.
    """


area_options = click.option(
    "--area", "areas", required=True, multiple=True, help="Code or name of an area; may be given again.",
)  # fmt: skip


@report.command()
@click.argument("kind")
@area_options
@from_option
@to_option
@click.option(
    "--vs",
    type=click.Choice(("previous", "last_year")),
    default="previous",
    show_default=True,
    help="What it is compared with: the period before, or the same a year ago.",
)
@click.option("--format", "format", type=click.Choice(FORMATS), help="The kind's first one by default.")
@click.option("--lang", type=click.Choice(("zh", "en")), help="Language of the report (COCKPIT_LANGUAGE).")
@click.option("--metric", "metrics", multiple=True, help="In place of the kind's own, where it lets choose.")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="A filter, such as category=路灯照明.")
@click.option("--deadline", type=DAY, help="By when a notice asks for a reply.")
@edition_option
@click.option("-o", "--output", help="File to write; the store keeps one as well.", type=OUT, callback=_in_a_folder)
@with_settings
def make(
    settings: "Settings", kind: str, areas: tuple[str, ...], start: datetime, end: datetime, vs: str,
    format: str | None, lang: str | None, metrics: tuple[str, ...], where: tuple[str, ...], deadline: datetime | None,
    edition: str | None, output: Path | None,
) -> None:  # fmt: skip
    """Make a report of KIND now; its id and hash are printed and kept at the desk."""
    from cockpit.actions import reports as actions
    from cockpit.actions.action import OPERATOR
    from cockpit.reports import make as made
    from cockpit.reports.kind import named
    from cockpit.reports.request import Request, kinds_of

    filters = dict(_pair(condition) for condition in where)
    with asking(), progress() as show:
        selected = named(kinds_of(settings), kind)
        codes = tuple(area_code(published(settings, edition), area) for area in areas)
        request = Request.model_validate({
            "kind": kind, "areas": codes, "start": start.date(), "end": end.date(), "vs": vs,
            "format": format or selected.formats[0], "lang": lang or settings.language, "edition": edition or "",
            "metrics": metrics, "where": filters, "deadline": deadline.date() if deadline else None,
        })  # fmt: skip
        desk = opened(settings)
        stored = actions.ask(desk, OPERATOR, settings, request, status="running", worker="command line")
        done = _made(settings, desk, stored, show)
        if output:
            made.copy(settings, done, output)
    click.echo(f"{done.id}  {output or made.file_of(settings, done)}  sha256:{done.sha256}")


def _made(settings: "Settings", desk: "Desk", stored: "Report", show: "Listener") -> "Report":
    from cockpit.reports import make as made
    from cockpit.reports.errors import explained
    from data.desk import reports

    try:
        return made.make(desk, settings, stored, show)
    except BaseException as error:
        reports.fail(desk, stored.id, explained(error))
        raise


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(
            "where.no_value", "--where {text}: a filter is COLUMN=VALUE, such as category=路灯照明", text=text
        )
    return name, value


@report.command()
@click.argument("file", type=FILE)
@with_settings
def verify(settings: "Settings", file: Path) -> None:
    """Say whether FILE is a report as it was made here. Exit code 1 if it is not."""
    from cockpit.reports.delivery import prove

    verdict = prove.verify(opened(settings), file)
    if verdict.kind == "unknown":
        raise CockpitError(
            "report.not_ours", "{file} is no report of this desk (sha256:{sha256})", file=file, sha256=verdict.sha256
        )
    assert verdict.report is not None
    if verdict.kind == "changed":
        raise CockpitError(
            "report.changed",
            "{file} was changed: it says it is {id}, whose sha256 is {expected}, but its own is {sha256}",
            file=file,
            id=verdict.id,
            expected=verdict.report.sha256 or "not known",
            sha256=verdict.sha256,
        )
    stored = verdict.report
    made_of = f"as made by {stored.who} from edition {stored.edition}"
    click.echo(f"{file} is {stored.id} {made_of}: {stored.status}, sha256:{stored.sha256}")


@report.command()
@click.argument("id")
@click.option("-o", "--output", required=True, help="File to write.", type=OUT, callback=_in_a_folder)
@with_settings
def again(settings: "Settings", id: str, output: Path) -> None:
    """Make the report ID again from its edition and hold it against what was made. Exit code 1 if it differs."""
    from cockpit.reports import make as made

    with asking():
        stored = _stored(opened(settings), id)
        digest = made.again(settings, stored, output)
    if digest != stored.sha256:
        raise CockpitError(
            "report.differs",
            "{output} differs from {id} as it was made: sha256 {digest} in place of {expected}. A report that an "
            "earlier release made may be laid out otherwise by this one: `report verify` checks a file itself",
            output=output,
            id=id,
            digest=digest,
            expected=stored.sha256,
        )
    click.echo(f"{output} is the same as {id}: sha256:{digest}")


@report.command()
@click.argument("id")
@click.argument("state", type=click.Choice(STATES))
@with_settings
def mark(settings: "Settings", id: str, state: str) -> None:
    """Make a draft final, or a final report issued."""
    from cockpit.actions import reports
    from cockpit.actions.action import OPERATOR

    with asking():
        reports.move(opened(settings), OPERATOR, settings, id, state)
    click.echo(f"{id} is {state}")


@report.command()
@format_option
@with_settings
def kinds(settings: "Settings", layout: str) -> None:
    """The kinds of report, ours and the district's own."""
    from cockpit.reports.request import kinds_of

    with asking():
        all_kinds = kinds_of(settings).values()
    spoken = settings.language
    rows = [(k.id, k.name[spoken], ",".join(k.levels), ",".join(k.formats), k.about[spoken]) for k in all_kinds]
    write(("kind", "name", "levels", "formats", "about"), rows, layout)


@report.command("list")
@format_option
@with_settings
def listed(settings: "Settings", layout: str) -> None:
    """The requested reports, newest first."""
    from cockpit.reports import make as made
    from data.desk import reports

    with asking():
        stored = reports.listing(opened(settings))
    rows = []
    for one in stored:
        requested: Request = made.request_of(one)
        codes = ",".join(map(str, requested.areas))
        at = on_the_clock(settings, one.asked_at)
        when = (requested.start, requested.end, requested.format, one.edition, one.who, at, one.sha256)
        rows.append((one.id, one.status, one.kind, codes, *when))
    write(COLUMNS, rows, layout)


def _stored(desk: "Desk", id: str) -> "Report":
    from data.desk import reports

    report = reports.find(desk, id)
    if report is None:
        raise UsageError("report.unknown", "there is no report {id}: `python -m cockpit report list` names them", id=id)
    return report
