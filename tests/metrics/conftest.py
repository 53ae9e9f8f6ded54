"""A district of random and unusual cases, made once for the property tests."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from data.editions.edition import Edition
from data.home import Home
from tests.factory import DISTRICT, TOWNS, VILLAGES, edition_of

AS_OF = datetime(2026, 11, 22, 8)
PLACES = (*VILLAGES, *TOWNS, DISTRICT)


def random_cases(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Cases of a year: own-level ones, at midnight, never closed, closed after the as-of time, without any clock."""
    dice = random.Random(seed)

    def after(start: datetime, hours: float, chance: float) -> datetime | None:
        return start + timedelta(minutes=int(dice.random() * hours * 60)) if dice.random() < chance else None

    for _ in range(count):
        at = AS_OF - timedelta(minutes=dice.randrange(370 * 24 * 60)) + timedelta(days=2 * (dice.random() < 0.02))
        at = at.replace(hour=0, minute=0) if dice.random() < 0.1 else at
        yield {
            "area": dice.choice(PLACES),
            "registered_at": at,
            "accepted_at": after(at, 2, 0.9),
            "sign_due_at": after(at, 4, 0.7),
            "signed_at": after(at, 5, 0.8),
            "respond_due_at": after(at, 24, 0.7),
            "responded_at": after(at, 30, 0.8),
            "due_at": (after(at, 240, 0.9) or at).replace(hour=0, minute=0) + timedelta(days=1)
            if dice.random() < 0.8
            else None,
            "closed_at": after(at, 400, 0.85),
            "close_kind": dice.choice(["done"] * 8 + ["void", "returned"]),
            "deferred": dice.choice([None, False, False, True]),
            "urgency": dice.choice([None, "normal", "normal", "urgent", "critical"]),
            "returned": dice.choice([None, 0, 0, 1, 3]),
            "reworked": dice.choice([None, 0, 0, 1]),
            "reached": dice.choice([None, True, True, False]),
            "solved": dice.choice([None, True, False]),
            "satisfied": dice.choice([None, True, False]),
            "category": dice.choice(["路灯照明", "噪声扰民", "停车秩序", None]),
            "unit": dice.choice(["区住建局", "区城管局", None]),
            "channel": dice.choice(["电话", "网站"]),
            "place": dice.choice(["1号", "2号", None]),
        }


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """An edition of 4,000 random cases over two towns and three villages."""
    home = Home(tmp_path_factory.mktemp("district"), memory="1GB")
    return edition_of(home, list(random_cases(4000, seed=7)), AS_OF)
