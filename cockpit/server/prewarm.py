"""Prewarming: slow imports, the catalog, the edition and the answers of its first screens."""

import asyncio
import importlib
import logging
import time

from starlette.concurrency import run_in_threadpool

from cockpit import editions, settings
from cockpit.panels import layouts, screen
from cockpit.view import read
from cockpit.view_state import catalog_of
from data.editions.edition import Edition
from data.errors import DataError
from metrics import areas, search, sites
from metrics.errors import MetricsError

log = logging.getLogger(__name__)

SLOW = ("numpy", "pandas", "pyarrow", "streamlit.elements.arrow", "cockpit.components.navigation.header")
LOOK_SECONDS = 2.0
ALL_SECONDS = 1800.0
BREATH_SECONDS = 0.05
"""Pause between two areas, to let requests through."""


def up() -> None:
    """Import slow modules and open catalog and edition. A missing edition is no error."""
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
    """Loop: compute the answers of each new edition for the top area, the areas below it, and the topics of the top.

    The edition is shown when its top and the verdicts of its sites are ready, and everybody who may see an area shares
    its answers, so that the first one to come finds them made. Where pushes make an edition a minute, the areas below
    and the topics have their turn now and then.
    """
    ready, all_at = "", -ALL_SECONDS
    while True:
        edition, codes = await run_in_threadpool(_codes)
        if edition and edition.id != ready:
            topics: list[str] = []
            if time.monotonic() - all_at < ALL_SECONDS:
                codes = codes[:1]
            else:
                all_at, topics = time.monotonic(), await run_in_threadpool(_topics, edition, codes[0])
            await run_in_threadpool(_verdicts, edition)
            await run_in_threadpool(_names, edition)
            for code in codes:
                await run_in_threadpool(_answers, edition, code)
                editions.show(edition)
                await asyncio.sleep(BREATH_SECONDS)
            for topic in topics:
                await run_in_threadpool(_answers, edition, codes[0], topic)
                await asyncio.sleep(BREATH_SECONDS)
            ready = edition.id
        await asyncio.sleep(LOOK_SECONDS)


def _codes() -> tuple[Edition | None, list[int]]:
    """The newest edition and the area codes to prewarm; (None, []) without an edition."""
    try:
        edition = editions.newest(settings.current())
        top = areas.root(edition)
        return edition, [place.code for place in (top, *areas.children(edition, top))]
    except (DataError, MetricsError):
        return None, []


def _verdicts(edition: Edition) -> None:
    """Verdicts for the list of sites, which take a second for thousands of them."""
    try:
        sites.warm(edition)
    except Exception as error:  # as below
        log.info("the verdicts of the sites are not made ready: %s", error)


def _names(edition: Edition) -> None:
    """Search index: the readings (pinyin) of all names."""
    try:
        search.warm(edition, catalog_of(settings.current()))
    except Exception as error:  # as below
        log.info("the search is not made ready: %s", error)


def _topics(edition: Edition, code: int) -> list[str]:
    """The topics that the menu offers at the level of an area."""
    try:
        level = areas.area(edition, code).level
        return [topic.id for topic in layouts.of(settings.current()).topics(level)]
    except (DataError, MetricsError):
        return []


def _answers(edition: Edition, code: int, topic: str = "") -> None:
    """Answers of an area's cockpit, or of a topic there, with default filters."""
    try:
        with editions.ahead(edition):
            of_topic = {"topic": topic} if topic else {}
            screen.prepare(read({"area": str(code), **of_topic}, settings.current()).shared)
    except Exception as error:  # prewarming is optional: opening the area shows the error
        log.info("area %s is not made ready: %s", code, error)  # also at shutdown, which cancels queries
