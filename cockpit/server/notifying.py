"""The notifier's background process: sends queued messages by the channels of the settings."""

import logging
import os
import time

from cockpit import settings
from cockpit.notifications import delivery
from cockpit.server.background import Program, end_with_parent, module
from cockpit.settings import Settings
from data.desk.notifications import dispatches, store
from data.desk.store import Desk, open_desk
from data.errors import DataError

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
CLEAN_SECONDS = 3600.0
PATIENCE = (2.0, 60.0)
"""Seconds to wait after a fault: initial and maximum."""


def program(config: Settings) -> Program:
    """Program that runs where there are channels; one per home. Several on one desk send each message once."""
    return Program(
        "notifier", module("cockpit.server.notifying"), lambda: bool(config.channels or config.outbox), retry=PATIENCE,
        lock=config.data.root / "notifier.lock",
    )  # fmt: skip


def run(desk: Desk, config: Settings) -> None:
    """Send what is due, for ever."""
    patience, cleaned = PATIENCE[0], 0.0
    while True:
        try:
            if time.monotonic() - cleaned > CLEAN_SECONDS or not cleaned:
                store.delete_old(desk)
                dispatches.delete_old(desk)
                cleaned = time.monotonic()
            attempts = delivery.deliver(desk, config)
            patience = PATIENCE[0]
            if not attempts:
                time.sleep(LOOK_SECONDS)
        except DataError as error:
            log.warning("%s: tried again in %g s", error, patience)
            time.sleep(patience)
            patience = min(patience * 2, PATIENCE[1])


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="notifier: %(message)s")
    end_with_parent()
    try:
        config = settings.load()
        run(open_desk(config.desk_url, config.custody), config)
    except Exception:
        log.exception("the notifier stops")
        os._exit(1)


if __name__ == "__main__":
    main()
