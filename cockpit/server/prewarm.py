"""What the first visitor would otherwise wait for: slow imports, the catalog, the edition and its first screens."""

import asyncio
import importlib
import logging
import time

from starlette.concurrency import run_in_threadpool

from cockpit import editions, settings
from cockpit.panels import screen
from cockpit.view import read
from cockpit.view_state import catalog_of
from data.editions.edition import Edition
from data.errors import DataError
from metrics import areas, search, sites
from metrics.errors import MetricsError

log = logging.getLogger(__name__)

SLOW = ("numpy", "pandas", "pyarrow", "streamlit.elements.arrow", "cockpit.components.header")
LOOK_SECONDS = 2.0
ALL_SECONDS = 1800.0
BREATH_SECONDS = 0.05
"""Between two areas, for those who are looking at something meanwhile."""


def up() -> None:
    """Import, read and open. No edition yet is no error: the screens say what to do."""
    for module in SLOW:
        importlib.import_module(module)
    config = settings.current()
    catalog_of(config)
    try:
        edition = editions.current(config)
        areas.children(edition, areas.root(edition))
    except (DataError, MetricsError) as error:
        log.warning("%s", error)


async def stay() -> None:
    """Have the answers of every new edition ready, for ever: of the top and of the areas right below it.

    The edition is shown when its top and the verdicts of its sites are ready, and everybody who may see an area shares
    its answers, so that the first one to come finds them made. Where pushes make an edition a minute, the areas below
    have their turn now and then.
    """
    ready, all_at = "", -ALL_SECONDS
    while True:
        edition, codes = await run_in_threadpool(_codes)
        if edition and edition.id != ready:
            if time.monotonic() - all_at < ALL_SECONDS:
                codes = codes[:1]
            else:
                all_at = time.monotonic()
            await run_in_threadpool(_verdicts, edition)
            await run_in_threadpool(_names, edition)
            for code in codes:
                await run_in_threadpool(_answers, edition, code)
                editions.show(edition)
                await asyncio.sleep(BREATH_SECONDS)
            ready = edition.id
        await asyncio.sleep(LOOK_SECONDS)


def _codes() -> tuple[Edition | None, list[int]]:
    """The newest edition, and the areas to make ready of it; none while there is nothing to serve."""
    try:
        edition = editions.newest(settings.current())
        top = areas.root(edition)
        return edition, [place.code for place in (top, *areas.children(edition, top))]
    except (DataError, MetricsError):
        return None, []


def _verdicts(edition: Edition) -> None:
    """What the list of sites shows: of thousands of them it takes a second."""
    try:
        sites.warm(edition)
    except Exception as error:  # as below
        log.info("the verdicts of the sites are not made ready: %s", error)


def _names(edition: Edition) -> None:
    """What a search looks through: the readings of all names."""
    try:
        search.warm(edition, catalog_of(settings.current()))
    except Exception as error:  # as below
        log.info("the search is not made ready: %s", error)


def _answers(edition: Edition, code: int) -> None:
    """What the cockpit of an area shows when nothing else is asked of it."""
    try:
        with editions.ahead(edition):
            screen.prepare(read({"area": str(code)}, settings.current()).shared)
    except Exception as error:  # a courtesy: whoever opens this area is told what is wrong with it
        log.info("area %s is not made ready: %s", code, error)  # also at the end, which stops what is being asked
