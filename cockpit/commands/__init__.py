"""The command line: `python -m cockpit …`. One module a family of commands; heavy imports happen inside them."""

import os
import sys
import traceback
from collections.abc import Sequence

import click

from cockpit.commands.admin.audit import audit
from cockpit.commands.admin.backup import backup, inventory, restore
from cockpit.commands.admin.keys import keys, secret
from cockpit.commands.admin.token import token
from cockpit.commands.admin.user import user
from cockpit.commands.assessment import assessment
from cockpit.commands.asset import asset
from cockpit.commands.check import check
from cockpit.commands.data.editions import editions, publish, rollback
from cockpit.commands.data.load import areas, load, rejects, unload
from cockpit.commands.data.probe import probe
from cockpit.commands.data.pushes import pushes
from cockpit.commands.demo import demo
from cockpit.commands.item import item
from cockpit.commands.limit import limit
from cockpit.commands.query import query, rows
from cockpit.commands.report import report
from cockpit.commands.scheme import scheme
from cockpit.commands.serve import serve
from cockpit.errors import CockpitError
from data.errors import DataError
from metrics.errors import MetricsError

INTERRUPTED = 130
PRIVATE = 0o077


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """The governance cockpit: load what the district's systems hold, publish it, ask it, serve it.

    Settings are environment variables COCKPIT_…; docs/settings.md lists them.
    """
    os.umask(PRIVATE)  # whatever a command writes is its owner's alone


for command in (
    serve,
    demo,
    load,
    unload,
    areas,
    publish,
    editions,
    rollback,
    query,
    rows,
    rejects,
    pushes,
    report,
    check,
    probe,
    limit,
    scheme,
    assessment,
    asset,
    item,
    user,
    token,
    audit,
    keys,
    secret,
    backup,
    restore,
    inventory,
):
    cli.add_command(command)


def main(args: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0, 1 failed run, 2 bad usage or configuration.

    Whatever goes wrong is one line on stderr; COCKPIT_DEBUG=1 adds the trace.
    """
    try:
        return cli.main(args, prog_name="python -m cockpit", standalone_mode=False) or 0
    except BrokenPipeError:  # the reader has seen enough: `… | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("COCKPIT_DEBUG", "0").lower() not in ("", "0", "false", "no", "off"):
            traceback.print_exc()
        message, code = explain(error)
        click.echo(f"error: {' '.join(message.split())}", err=True)
        return code


def explain(error: Exception) -> tuple[str, int]:
    """The message for the terminal, and the exit code."""
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        hint = f" (see {context.command_path} --help)" if context else ""
        return error.format_message() + hint, 2
    if isinstance(error, CockpitError):
        return str(error), error.exit_code
    if isinstance(error, (DataError, MetricsError)):
        return " – ".join([str(error), *getattr(error, "__notes__", ())]), 1
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}", 1
    return f"{type(error).__name__}: {error}; run with COCKPIT_DEBUG=1 for the trace", 1
