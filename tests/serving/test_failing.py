"""A metric whose definition fails on the facts, on a running server: every page ends its run and says so."""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from itertools import product

import pytest

from bench.support.viewer import BadRun, Viewer
from data.home import Home
from tests import failing
from tests.factory import TOWNS, VILLAGES, areas, deliver, published
from tests.serving.conftest import HERE, Server

SECRET = "张三家漏水"
PAGES = {"cockpit": "", "why": "why", "rows": "rows", "passport": "passport", "wall": ""}
SAID_BY = set(product(("why", "rows"), failing.FAILING))
"""Where the page itself says that the number cannot be computed, whether its rows can be listed or not."""
HIDDEN = re.compile(r"Traceback|File \\?\"|This app has encountered|DuckDB|Conversion Error")


@pytest.fixture(scope="module")
def server(start: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    home = Home(tmp_path_factory.mktemp("failing"), memory="1GB")
    areas(home)
    cases = [
        {
            "key": str(i), "area": VILLAGES[i % 3], "registered_at": datetime(2026, 11, 1 + i % 20, 9), "title": SECRET,
            "category": ("供水", "路灯照明")[i % 2], "extended": 0,
        }
        for i in range(40)
    ]  # fmt: skip
    deliver(home, "cases", cases)
    published(home, datetime(2026, 11, 22, 8), failing.catalog())
    return start(home.root, COCKPIT_CATALOG=str(failing.FOLDER))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_to_its_end_with_every_metric_that_fails(server: Server, page: str) -> None:
    said = asyncio.run(visit(server, page, [*failing.FAILING, *failing.SOUND]))
    for name, text in said.items():
        assert not HIDDEN.search(text), (name, text[:500])
        if (page, name) in SAID_BY:
            assert "无法计算" in text
            assert name in text
        elif name in failing.SOUND:
            assert "无法计算" not in text
    # what is handled is one line of the log, without a trace and without a value of a row
    assert SECRET not in server.log
    assert not HIDDEN.search(server.log), server.log
    assert "\n  " not in server.log, server.log
    if page == "why":
        assert {line for line in server.log.splitlines() if "cannot be computed" in line}


@pytest.mark.parametrize("area", [TOWNS[0], pytest.param(VILLAGES[0], marks=pytest.mark.slow)])
def test_the_levels_below_run_to_their_end_too(server: Server, area: int) -> None:
    for page in ("cockpit", "why", "rows", "passport"):
        said = asyncio.run(visit(server, page, ["fails_by_cast", "view_fails_in_sum"], area=area))
        assert not any(HIDDEN.search(text) for text in said.values())


async def visit(server: Server, page: str, metrics: list[str], **parameters: object) -> dict[str, str]:
    """What a page says of each metric. Raises BadRun if a run does not end, or ends otherwise than well."""
    said = {}
    async with Viewer(server.address, server.token(), HERE, shows=set(), page=PAGES[page]) as viewer:
        for name in metrics:
            try:
                await viewer.run(metric=name, **({"wall": 1} if page == "wall" else {}), **parameters)
            except BadRun as error:
                if "does not name" not in str(error):  # a page that says what went wrong has no header
                    raise
            said[name] = viewer.said.decode("utf-8", "replace")
    return said
