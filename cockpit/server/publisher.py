"""The publisher's background process: loads pushes and publishes editions.

Loading and publishing take processors and the interpreter's lock, which readers need. The process is started when
something waits and ends when nothing has for a while.
"""

import logging
import os
import time
from functools import partial

from cockpit import settings
from cockpit.server.background import Program, end_with_parent, module
from cockpit.settings import Settings
from cockpit.workflows.desk_source import decided, deliver_if_possible
from data.errors import DataError
from data.home import Home
from data.push.publisher import Publisher
from data.push.spool import Spool

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
IDLE_SECONDS = 60.0
PATIENCE = (2.0, 60.0)
"""Seconds to wait after a fault: initial and maximum."""


def program(config: Settings) -> Program:
    """Program that runs while pushes wait; one per home."""
    spool = Spool(config.data)

    def wanted() -> bool:
        return spool.exists and has_work(spool)

    return Program(
        "publisher", module("cockpit.server.publisher"), wanted, retry=PATIENCE, lock=spool.folder / "publisher.lock"
    )


def has_work(spool: Spool) -> bool:
    """Whether a push waits to be loaded or published."""
    return spool.next() is not None or bool(spool.loaded())


def counters(home: Home) -> dict[str, int]:
    """Pushes by state and refused rows, of the last month."""
    spool = Spool(home)
    return dict(spool.counts().items(), refused_rows=spool.refused_rows())


def run(config: Settings) -> None:
    """Load and publish until idle for IDLE_SECONDS."""
    from metrics.catalog import load_usable

    catalog, faults = load_usable(config.catalog, config.three_rate_weights)
    for fault in faults:
        log.warning("left out of the catalog: %s", fault)
    rollups = catalog.rollups()
    publisher = Publisher(
        config.data, config.sources_folder, rollups, reject_limit=config.reject_limit, keep=config.keep_editions,
        seconds=config.publish_seconds, before=partial(deliver_if_possible, config), decided=partial(decided, config),
    )  # fmt: skip
    publisher.spool.sweep()
    patience, idle_since = PATIENCE[0], time.monotonic()
    while time.monotonic() - idle_since < IDLE_SECONDS:
        try:
            if publisher.turn():
                patience, idle_since = PATIENCE[0], time.monotonic()
                continue
            if has_work(publisher.spool):
                idle_since = time.monotonic()
            time.sleep(LOOK_SECONDS / 2)
        except DataError as error:
            log.warning("%s: tried again in %g s", error, patience)
            time.sleep(patience)
            patience = min(patience * 2, PATIENCE[1])
            idle_since = time.monotonic()


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="publisher: %(message)s")
    end_with_parent()
    try:
        run(settings.load())
    except Exception:
        log.exception("the publisher stops")
        os._exit(1)
    os._exit(0)  # at a normal exit DuckDB's binding lists what still lives


if __name__ == "__main__":
    main()
