"""The prober's background process.

Probing takes processor time that readers need, so it is no part of the server's process. Of all servers of a home one
runs it: the process itself holds the home's lock, and one that finds it taken ends and is tried again later.
"""

import asyncio
import logging

from cockpit import settings
from cockpit.server.background import Program, end_with_parent, module
from data.errors import DataError

log = logging.getLogger(__name__)

AGAIN_SECONDS = 60.0
"""Seconds until the next start."""

PROGRAM = Program("prober", module("cockpit.server.prober"), retry=(AGAIN_SECONDS, AGAIN_SECONDS), rest=AGAIN_SECONDS)


def main() -> None:
    from cockpit.commands.data.probe import always
    from data.probe import service

    logging.basicConfig(level=logging.WARNING, format="prober: %(message)s")
    end_with_parent()
    config = settings.load()
    try:
        with service.alone(config.data):
            asyncio.run(always(config, "", config.probe_every))
    except DataError as error:
        log.info("%s", error)  # another server keeps it


if __name__ == "__main__":
    main()
