"""`scheme`: list the proposed schemes of assessment, propose, withdraw, approve or refuse one, as the operator."""

from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened as open_desk
from cockpit.commands.common import DAY, FILE, area_code, as_usage, catalog_of, opened, with_settings
from cockpit.commands.output import format_option, write

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cockpit.settings import Settings

COLUMNS = ("id", "state", "scheme", "name", "level", "period", "area", "valid_from", "lines", "source", "proposed_by",
           "decided_by", "note")  # fmt: skip


@click.group()
def scheme() -> None:
    """Schemes of assessment. An approved one is used for periods that begin on its first day or later."""


@scheme.command("list")
@format_option
@with_settings
def listed(settings: "Settings", layout: str) -> None:
    """All proposals, the newest first. lines: metric, weight, target and floor."""
    from data.desk.assessing import schemes

    with as_usage():
        rows = schemes.listing(open_desk(settings))
    body = []
    for row in rows:
        what = row.what
        lines = "; ".join(f"{line.metric} {line.weight:g} {line.target:g} {line.floor:g}" for line in what.lines)
        body.append((
            row.id, row.state, what.scheme, what.en, what.level, what.period, what.area, what.valid_from, lines,
            what.source, row.proposed_by, row.decided_by, row.note,
        ))  # fmt: skip
    write(COLUMNS, body, layout)


@scheme.command()
@click.argument("file", type=FILE)
@click.option("--area", required=True, help="Code or name; the scheme is for all below it as well.")
@click.option("--from", "start", type=DAY, required=True, metavar="DAY", help="First day.")
@click.option("--source", required=True, help="The document or decision it is from.")
@with_settings
def propose(settings: "Settings", file: "Path", area: str, start: "datetime", source: str) -> None:
    """Propose the scheme of FILE, a YAML file as in COCKPIT_SCHEMES."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.assessments import propose_scheme
    from data.desk.assessing.schemes import Proposal, SchemeLine
    from data.editions.scoped import EVERYTHING
    from metrics.assessment.schemes import read

    edition = opened(settings, None)
    with as_usage():
        given = read(file)
        lines = tuple(SchemeLine(line.metric, line.weight, line.target, line.floor) for line in given.lines)
        what = Proposal(
            given.id, given.name["zh"], given.name["en"], given.level, given.period, given.least, lines,
            area_code(edition, area), start.date(), source,
        )  # fmt: skip
        desk, scoped = open_desk(settings), edition.scoped(EVERYTHING)
        id = propose_scheme(desk, OPERATOR, scoped, catalog_of(settings), what)
    click.echo(f"scheme {id}: proposed")


@scheme.command()
@click.argument("id", type=int)
@with_settings
def approve(settings: "Settings", id: int) -> None:
    """Approve proposal ID of somebody else."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.assessments import approve_scheme

    with as_usage():
        approve_scheme(open_desk(settings), OPERATOR, id)
    click.echo(f"scheme {id}: approved; periods that begin on its first day or later use it")


@scheme.command()
@click.argument("id", type=int)
@click.option("--reason", required=True, help="Shown to who proposed it.")
@with_settings
def refuse(settings: "Settings", id: int, reason: str) -> None:
    """Refuse proposal ID of somebody else."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.assessments import refuse_scheme

    with as_usage():
        refuse_scheme(open_desk(settings), OPERATOR, id, reason)
    click.echo(f"scheme {id}: refused")


@scheme.command()
@click.argument("id", type=int)
@with_settings
def withdraw(settings: "Settings", id: int) -> None:
    """Take back proposal ID of the operator that nobody has decided on."""
    from cockpit.actions.action import OPERATOR
    from cockpit.actions.assessments import withdraw_scheme

    with as_usage():
        withdraw_scheme(open_desk(settings), OPERATOR, id)
    click.echo(f"scheme {id}: withdrawn")
