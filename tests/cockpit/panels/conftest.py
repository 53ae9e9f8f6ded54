"""A small district with late, open and merged, and its cockpits."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import filters, i18n, settings
from cockpit.components.status.tiles import Tile
from cockpit.panels.kinds import breakdowns
from cockpit.panels.kinds.tiles import TilesPanel
from cockpit.settings import Settings
from cockpit.view import View, read
from data.home import Home
from metrics.period import Period
from tests.asking import count_rows
from tests.factory import AREAS, DISTRICT, TOWNS, VILLAGES, edition_of

MAIN = str(Path(__file__).parents[3] / "cockpit" / "main.py")
AS_OF = datetime(2026, 11, 22, 8)
MERGED = 990101101202
PLACES = (
    *({**area, "kind": kind} for area, kind in zip(AREAS, ("区", "街道", "镇", "村", "村", "村"), strict=True)),
    {
        "code": MERGED, "name": "小塘村", "level": "village", "kind": "村",
        "valid_from": "2010-01-01", "valid_to": "2026-09-01", "merged_into": VILLAGES[2],
    },
)  # fmt: skip
DAY = timedelta(days=1)
METRICS = ("backlog", "on_time_rate", "first_response_median", "three_rate_score", "site_health")
See = Callable[..., View]
Screen = Callable[..., AppTest]


def _cases() -> Iterator[dict[str, object]]:
    """Sixty closed cases in each town, late in the second one; open ones of every urgency in the first village."""
    for i in range(120):
        town, start = TOWNS[i % 2], datetime(2026, 10, 14, 9) + i * timedelta(hours=6)
        late = i % 2 and i % 4 == 1
        yield {
            "area": (VILLAGES[i % 4 // 2] if town == TOWNS[0] else VILLAGES[2]), "registered_at": start,
            "accepted_at": start, "due_at": start + 3 * DAY, "closed_at": start + (5 if late else 1) * DAY,
            "category": f"类别{i % 11}", "unit": "城管" if i % 3 else "住建",
            "title": f"张三家门口 {i}", "place": f"解放路 {i} 号",
            "lon": 119.9, "lat": 30.2, "reached": True, "solved": True, "satisfied": i % 5 > 0,
        }  # fmt: skip
    for i, due in enumerate((-2 * DAY, timedelta(hours=5), 2 * DAY, 9 * DAY, None)):
        yield {
            "area": VILLAGES[0], "title": f"在办 {i}", "registered_at": datetime(2026, 11, 18, 9 + i),
            "due_at": AS_OF + due if due is not None else None, "lon": 119.9 + i / 1000, "lat": 30.2, "unit": "城管",
        }  # fmt: skip
    for i in range(20):
        since = datetime(2026, 8, 1, 9) + i * DAY
        yield {"area": VILLAGES[2], "registered_at": since, "due_at": datetime(2026, 11, 20)}
    yield {"area": DISTRICT, "registered_at": datetime(2026, 11, 2, 9), "due_at": datetime(2026, 12, 20)}
    yield {
        "area": MERGED, "registered_at": datetime(2026, 7, 2, 9),
        "closed_at": datetime(2026, 7, 3), "due_at": datetime(2026, 7, 9),
    }  # fmt: skip


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = Home(tmp_path_factory.mktemp("layouts"), memory="1GB")
    edition_of(home, list(_cases()), AS_OF, places=PLACES)
    return settings.load(home=home.root)


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    with i18n.using("zh"):
        yield


@pytest.fixture
def see(config: Settings) -> See:
    """The view of a URL's parameters."""
    return lambda **parameters: read({name: str(value) for name, value in parameters.items()}, config)


@pytest.fixture
def screen(config: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """Runs the cockpit with URL parameters."""

    def run(**parameters: object) -> AppTest:
        monkeypatch.setenv("COCKPIT_HOME", str(config.home))
        settings.current.cache_clear()
        app = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in parameters.items():
            app.query_params[name] = str(value)
        return app.run()

    yield run
    settings.current.cache_clear()


def parameters(href: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(href).query))


def panel_of(view: View) -> TilesPanel:
    """The tiles of a layout."""
    return next(panel for panel in view.layout.panels if isinstance(panel, TilesPanel))


def split_of(view: View, by: str) -> breakdowns.SplitPanel:
    return next(p for p in view.layout.panels if isinstance(p, breakdowns.SplitPanel) and p.split == by)


def tiles_of(view: View) -> tuple[Tile, ...]:
    return panel_of(view).tiles(view)


def counted(view: View, href: str) -> int:
    """How many facts the rows page of a link shows."""
    parsed = parameters(href)
    assert urlsplit(href).path == "/rows"
    low, _, high = parsed.get("age", "").partition("-")
    start, end = parsed.get("from"), parsed.get("to")
    period = Period(date.fromisoformat(start), date.fromisoformat(end)) if start and end else view.period
    return count_rows(
        view.edition, parsed["metric"], int(parsed.get("area", view.area.code)), period,
        where=dict(filters.read(parsed)),
        age=(float(low), float(high) if high else None) if low else None,
    )  # fmt: skip
