"""Every kind of definition file with hostile values: it is loaded or refused in one line, soon, and nothing is run."""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cockpit import settings
from cockpit.notifications import channels, outbox
from cockpit.panels import layouts
from cockpit.reports import request, schedule
from cockpit.screens.timemap import layers
from cockpit.screens.timemap.tiles import services
from cockpit.server import alerting
from cockpit.settings import Settings
from cockpit.workflows import definitions
from data.errors import Problem
from data.sources.definition import read_source
from metrics.catalog import load
from tests.data.hotline import COLUMNS
from tests.examples import examples

ROOT = Path(__file__).parents[3]
SECONDS = 10.0
"""Of processor time for one file: the machine may be busy."""
LONGEST = 5_000
"""Characters of a message."""
TRIGGERED = Path("/tmp/cockpit-hostile-definition")
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 2**63, 1e308, float("nan"), float("inf"), "", " ", "x" * 100_000, "(a+)+$", "((a*)*)*b",
    f"'; COPY cases TO '{TRIGGERED}'; --", f"1); COPY (SELECT 1) TO '{TRIGGERED}' --", "read_text('/etc/passwd')",
    "{0.__class__.__mro__}", "{", "}", "{x!r:>999999999}", "%(x)s" * 50, "../../../etc/passwd", "=1+1", "<b>x</b>",
    [], {}, [[[[]]]], {"zh": 1}, {"zh": "x"}, ["x"] * 5000, "2026-02-30", "on", "\x00", "\u202e", "select" * 5000,
)  # fmt: skip
CHANNELS = {
    "address": "https://cockpit.district.example", "networks": ["10.8.0.0/16"],
    "channels": [
        {"id": "mail", "kind": "mail", "name": {"zh": "邮件", "en": "Mail"}, "domains": ["district.example"]},
        {
            "id": "town", "kind": "webhook", "name": {"zh": "平台", "en": "Platform"}, "area": 990101001000,
            "kinds": ["alert", "item"], "secret": "${secret:town}", "url": "https://platform.example/hooks",
        },
    ],
}  # fmt: skip
OUTBOX = {
    "networks": ["10.8.0.0/16"],
    "sources": {"hotline": {"url": "https://hotline.example/hooks", "secret": "${secret:hotline}", "steps": ["reply"]}},
}  # fmt: skip
TILES = {
    "attribution": "天地图", "review": "GS(2024)0650号", "networks": ["10.8.0.0/16"], "days": 7,
    "tiles": [
        {"id": "base", "url": "https://t{s}.tiles.example/{z}/{x}/{y}?tk={key}", "servers": ["0"], "zoom": [1, 18],
         "key": "${secret:tiles}"},
    ],
}  # fmt: skip
SCHEDULE = [
    {
        "id": "office", "kind": "monthly", "every": "month", "areas": [990101000000], "format": "docx",
        "at": "06:30", "mail": ["office@district.example"],
    },
]  # fmt: skip
SOURCE = {
    "source": "hotline", "name": "热线", "fact": "cases", "file": "hotline.csv", "key": "id", "area": "area",
    "zone": "Asia/Shanghai", "columns": COLUMNS,
}  # fmt: skip


def of(folder: str) -> list[Any]:
    return [yaml.safe_load(file.read_text("utf-8")) for file in sorted((ROOT / folder).glob("*.yaml"))]


def loaded(setting: str, use: Callable[[Settings], object]) -> Callable[[Path], object]:
    """Loads a folder of definitions as the server does at its start."""
    return lambda file: use(settings.load(**{setting: file.parent}))


KINDS: dict[str, tuple[list[Any], Callable[[Path], object]]] = {
    "catalog": ([*of("tests/forms"), *of("metrics/catalog")], lambda file: load(file.parent)),
    "layouts": (of("cockpit/layouts"), loaded("layouts", layouts.of)),
    "workflows": (of("cockpit/workflows"), loaded("workflows", definitions.of)),
    "alerts": (of("cockpit/alerts"), loaded("alerts", alerting.rules_of)),
    "layers": (of("cockpit/layers"), loaded("layers", layers.of)),
    "tiles": ([TILES], lambda file: channels.read(file, services.Service)),
    "channels": ([CHANNELS], lambda file: channels.read(file, channels.Channels)),
    "outbox": ([OUTBOX], lambda file: channels.read(file, outbox.Outbox)),
    "reports": (of("cockpit/reports/kinds"), loaded("reports", request.kinds_of)),
    "schedule": ([SCHEDULE], lambda file: schedule.read(file, settings.load())),
    "source": ([SOURCE], read_source),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_value_is_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    originals, read = KINDS[kind]
    dice, refused = random.Random(kind), 0
    for number in range(examples(300)):
        content = yaml.safe_load(yaml.safe_dump(dice.choice(originals)))
        place, value = _changed(content, dice)
        folder = tmp_path / str(number)
        folder.mkdir()
        file = folder / "own.yaml"
        file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        began = time.process_time()
        try:
            read(file)
        except Problem as error:
            refused, message = refused + 1, str(error)
        except Exception as error:
            pytest.fail(f"{kind}: {place} = {str(value)[:80]!r}: {error!r}")
        else:
            message = ""
        assert "\n" not in message, (place, value)
        assert len(message) < LONGEST, (place, str(value)[:80])
        assert time.process_time() - began < SECONDS, (place, str(value)[:80])
        assert not TRIGGERED.exists(), (place, value)
    assert refused > 0


def _changed(content: Any, dice: random.Random) -> tuple[list[Any], Any]:
    """Replace a value or a key somewhere. Gives the path to it, and what stands there now."""
    place = dice.choice(list(_places(content)))
    *above, last = place
    inside = content
    for step in above:
        inside = inside[step]
    value = dice.choice(VALUES)
    if (
        isinstance(inside, dict)
        and dice.random() < 0.2
        and isinstance(value, (str, int, float, type(None)))
        and len(str(value)) < 100
    ):
        inside[value] = inside.pop(last)
    else:
        inside[last] = value
    return place, value


def _places(content: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value below the top."""
    steps = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for step, value in steps:
        yield (*above, step)
        yield from _places(value, (*above, step))
