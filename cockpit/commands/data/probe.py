"""`probe`: check the registered websites, apps and service pages, and deliver what was found."""

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

import click

from cockpit.commands.common import as_usage, opened, with_settings
from cockpit.errors import CockpitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cockpit.settings import Settings
    from data.probe.deliver import Spool
    from data.probe.runner import Counts

UNITS = {"s": 1, "m": 60, "h": 3600}
MOST_LISTED = 5


class Every(click.ParamType[float]):
    """A span such as 60s, 15m or 1h, in seconds."""

    name = "span"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, (int, float)):
            return value
        number, unit = value[:-1], value[-1:]
        if unit not in UNITS or not number.isdecimal() or not 10 <= int(number) * UNITS[unit] <= 86400:
            self.fail(f"{value!r} is not a span from 10s to 24h, such as 60s, 15m or 1h", param, ctx)
        return int(number) * UNITS[unit]


@click.command()
@click.option("--site", default="", help="Only the site of this key, with its columns and service items.")
@click.option("--once", is_flag=True, help="Everything now, one time; then deliver, publish and stop.")
@click.option("--every", type=Every(), default="15m", show_default=True, help="How often to deliver and publish.")
@click.option("--deliver", is_flag=True, help="Only load and publish what was found and is not loaded yet.")
@with_settings
def probe(settings: "Settings", site: str, once: bool, every: float, deliver: bool) -> None:
    """Check the websites, apps and service pages that are registered with an address, until Ctrl-C.

    Each site is visited twenty times a day, its home page and columns are read daily, guides, links and search weekly.
    Only registered hosts are contacted. The results are a delivery of the source `prober` and feed the site metrics.
    """
    from data.probe import service

    if deliver:
        _deliver(settings)
        return
    options = settings.probing
    with service.alone(settings.data):
        if once:
            counts = asyncio.run(service.once(settings.data, opened(settings), options, site=site))
            _deliver(settings)
        else:
            counts = asyncio.run(always(settings, site, every))
    click.echo(in_words(counts))
    if once and not counts.checks:
        raise CockpitError(
            "probe.nothing",
            "nothing could be checked: see that the register holds sites with an address "
            "(docs/probe.md), and the reasons above",
        )


def in_words(counts: "Counts") -> str:
    """One line of numbers; then one for each of the first sites that only a browser can decide on."""
    withheld = ", ".join(f"{n} withheld ({reason})" for reason, n in list(counts.withheld.items())[:MOST_LISTED])
    return (
        f"{counts.done} tasks, {counts.checks} checks, {counts.failed} failed"
        + (f", {withheld}" if withheld else "")
        + _uncertain(counts.uncertain)
    )


def _uncertain(evidence_of: "Mapping[str, str]") -> str:
    from cockpit.i18n import using
    from cockpit.labels import faults

    if not evidence_of:
        return ""
    with using("en"):
        lines = [
            f"  {asset}: {'; '.join(faults.texts(evidence))}"
            for asset, evidence in list(evidence_of.items())[:MOST_LISTED]
        ]
    more = [f"  and {len(evidence_of) - MOST_LISTED} more"] if len(evidence_of) > MOST_LISTED else []
    first = f"\n{len(evidence_of)} uncertain: not opened here, and no browser has looked (set COCKPIT_PROBE_CHROMIUM)"
    return "\n".join([first, *lines, *more])


def _deliver(settings: "Settings") -> None:
    """Load what was found and decided, publish it, and once a day what the sites lose by the deductions."""
    from data.desk import deductions as table
    from data.desk import findings
    from data.desk.store import open_desk
    from data.probe import decisions, deductions
    from data.probe.clock import RealClock
    from data.probe.deliver import Spool

    desk, spool, clock = (
        open_desk(settings.desk_url, settings.custody),
        Spool(settings.data),
        RealClock(settings.data.zone),
    )
    decided = decisions.deliver(settings.data, findings.listing(desk))
    if _load(settings, spool) or (decided and decided.status == "accepted"):
        _publish(settings)
    with as_usage():
        if not spool.is_time_for("deductions", clock.now()):
            return
        spool.write(deductions.deductions(opened(settings), table.listing(desk), clock.now()))
    spool.close(clock.now())
    if _load(settings, spool):
        _publish(settings)


def _load(settings: "Settings", spool: "Spool") -> bool:
    accepted = [report.accepted for report in spool.deliver(reject_limit=settings.reject_limit)]
    return any(accepted)


def _publish(settings: "Settings") -> None:
    """A demonstration stays as of its own time: it would grow old by being published."""
    from cockpit.workflows.desk_source import decided
    from data.editions.publish import publish
    from metrics.catalog import load_usable

    now = opened(settings)
    catalog, faults = load_usable(settings.catalog, settings.three_rate_weights)
    for fault in faults:
        click.echo(f"left out of the catalog: {fault}", err=True)
    rollups = catalog.rollups()
    as_of = now.as_of if now.demo else None
    publish(
        settings.data, rollups, as_of=as_of, demo=now.demo, keep=settings.keep_editions, from_desk=decided(settings)
    )


async def always(settings: "Settings", site: str, every: float) -> "Counts":
    from data.probe import service

    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    async def publish() -> None:
        """Publish in a separate process, since it takes memory and time while visits continue."""
        command = (sys.executable, "-m", "cockpit", "probe", "--deliver", "--home", str(settings.home))
        process = await asyncio.create_subprocess_exec(*command, process_group=0)
        await process.wait()

    return await service.always(
        settings.data, lambda: opened(settings), settings.probing, publish, every=every, site=site, until=stop.is_set
    )
