"""`backup` and `restore` of a home and its desk, and `inventory` of what the program is made of."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cockpit.commands.admin.user import opened
from cockpit.commands.common import FILE, with_settings
from cockpit.errors import CockpitError, UsageError
from data.system_errors import of_os

if TYPE_CHECKING:
    from cockpit.settings import Settings
    from data.backup.archive import Manifest

ROOT = Path(__file__).parents[3]
OUT = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=OUT)
@with_settings
def backup(settings: "Settings", file: Path) -> None:
    """Write the home and its desk to a new FILE, while they are served.

    Only its owner can read it: it holds personal data, password hashes and the keys of the home.
    """
    from cockpit.actions import data
    from cockpit.actions.action import OPERATOR

    manifest = data.backup(opened(settings), OPERATOR, settings, file)
    size = sum(size for size, _digest in manifest.files.values())
    click.echo(f"{len(manifest.files)} files, {size / 1e6:,.1f} MB, are in {file}: {_summary(manifest)}")
    for name in manifest.left_out:
        click.echo(f"left out, as it is no plain file: {name}", err=True)
    _warn(manifest)


@click.command()
@click.argument("file", type=FILE)
@click.option("--replace", is_flag=True, help="Also into a home that is not empty; what is there is moved aside.")
@click.option("--check", is_flag=True, help="Only verify FILE: its content, totals and the chain of the audit.")
@with_settings
def restore(settings: "Settings", file: Path, replace: bool, check: bool) -> None:
    """Put the backup of FILE into an empty home and desk, verified first. Stop the server before."""
    from cockpit.actions import data
    from cockpit.actions.action import OPERATOR
    from data.backup.restore import restore as put

    manifest = put(file, settings.data, settings.desk_url, settings.custody, replace=replace, check=check)
    if not check and manifest.desk:
        data.record_restore(opened(settings), OPERATOR, manifest)
    outcome = "is whole" if check else f"is restored into {settings.home}"
    click.echo(f"the backup of {manifest.made_at} {outcome}: {_summary(manifest)}")
    _warn(manifest)


@click.command()
@click.argument("file", type=OUT, required=False)
def inventory(file: Path | None) -> None:
    """Write the CycloneDX inventory of all installed libraries to FILE, or print it. It works offline."""
    if file is not None and not file.parent.is_dir():
        raise UsageError("folder.none", "{folder} is no folder: make it, or name another", folder=file.parent)
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--of", "JSON"]
    try:
        done = subprocess.run([*command, "--", sys.executable], capture_output=True, text=True, check=False)
    except OSError as error:
        raise CockpitError("inventory.failed", "the inventory cannot be made: {why}", why=of_os(error)) from None
    if done.returncode:
        missing = "No module named cyclonedx_py" in done.stderr
        why = "install it with `pip install -r requirements-optional.txt`" if missing else done.stderr.strip()[-300:]
        raise CockpitError("inventory.failed", "the inventory cannot be made: {why}", why=why)
    if file is None:
        click.echo(done.stdout, nl=False)
        return
    file.write_text(done.stdout, "utf-8")
    click.echo(f"the inventory is in {file}")


def _summary(manifest: "Manifest") -> str:
    store, desk = manifest.totals["store"], manifest.totals["desk"]
    edition = manifest.totals["editions"].get("current", "none")
    return (
        f"{store.get('cases', 0):,} cases, {store.get('batches', 0):,} batches, edition {edition}, "
        f"{desk.get('accounts', 0):,} accounts, {desk.get('audit', 0):,} rows of the audit"
    )


def _warn(manifest: "Manifest") -> None:
    """A chain that is broken is kept as it is, and said to be."""
    if fault := manifest.totals["desk"].get("fault"):
        raise CockpitError("backup.audit_not_whole", "the audit in it is not whole: {fault}", fault=fault)
