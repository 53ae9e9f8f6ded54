"""Performance levels of the demo's towns and units, behind every rate.

Calibrated to published ones: on-time closure 94 to 96 %, satisfaction about 95 %, signing in time above 99 %. Levels
are fixed, the seed only draws the cases: a town that is slow is slow in every demo.
"""

import random
from dataclasses import dataclass, replace

import data.demo.names as names
import data.demo.stories as stories


@dataclass(frozen=True)
class Level:
    """Shares unless said otherwise.

    intake: cases per head, 1 = average; late: closed after the deadline; pace: exponent, the larger the sooner before
    the deadline; unsigned, silent: first two clocks missed; first_minutes, urgent_minutes: medians of urgent cases;
    solved, satisfied: of the callers reached; hot: how many of the trouble spots lie here, 1 = average.
    """

    intake: float
    late: float
    pace: float
    unsigned: float
    silent: float
    first_minutes: float
    urgent_minutes: float
    solved: float
    satisfied: float
    reworked: float
    returned: float
    hot: float


PLANTED: dict[int, dict[str, float]] = {
    stories.GROWING_TOWN: {"intake": 1.5, "late": 0.05},
    stories.UNHAPPY_TOWN: {"satisfied": 0.78, "solved": 0.86},
    stories.SLOW_TOWN: {"late": 0.15, "pace": 0.9, "silent": 0.045},
    stories.BOUNCING_TOWN: {"returned": 0.125},
    990101_002_000: {"first_minutes": 1.6, "urgent_minutes": 26, "late": 0.014, "satisfied": 0.985},
    990101_107_000: {"first_minutes": 12.0, "urgent_minutes": 75},
    990101_105_000: {"reworked": 0.038},
    990101_201_000: {"silent": 0.07, "unsigned": 0.03},
    990101_106_000: {"late": 0.08, "hot": 2.2},
    990101_004_000: {"late": 0.07},
}


def town(code: int) -> Level:
    """The level of a town, its planted weakness in place of the drawn one."""
    rng = random.Random(f"level of {code}")
    street = code < stories.GROWING_TOWN
    level = Level(
        intake=rng.uniform(0.9, 1.2) if street else rng.uniform(0.75, 1.1),
        late=rng.uniform(0.018, 0.046),
        pace=rng.uniform(1.2, 2.2),
        unsigned=rng.uniform(0.002, 0.009),
        silent=rng.uniform(0.006, 0.024),
        first_minutes=rng.uniform(2.2, 5.5),
        urgent_minutes=rng.uniform(24, 50),
        solved=rng.uniform(0.90, 0.965),
        satisfied=rng.uniform(0.92, 0.975),
        reworked=rng.uniform(0.006, 0.02),
        returned=rng.uniform(0.02, 0.055),
        hot=rng.uniform(0.6, 1.4),
    )
    return replace(level, **PLANTED.get(code, {}))


@dataclass(frozen=True)
class Unit:
    """late: times the town's share; pace: times the town's; burst: closes on the deadline day."""

    name: str
    late: float = 1.0
    pace: float = 1.0
    burst: bool = False


def units() -> list[Unit]:
    """The departments, and what handles cases in towns and villages."""
    rng = random.Random("level of departments")
    departments = [Unit(name, rng.uniform(0.7, 1.4), rng.uniform(0.8, 1.3)) for name in names.DEPARTMENTS]
    burst = [replace(unit, late=0.5, burst=True) if unit.name == stories.BURST_UNIT else unit for unit in departments]
    return [*burst, Unit(names.TOWN_UNIT), Unit(names.TOWN_SERVICE, 0.9, 1.1), Unit(names.VILLAGE_UNIT, 0.8, 1.2)]
