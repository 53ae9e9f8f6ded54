"""Clock of the prober, replaceable in tests."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, naive, in the district's zone."""

    def utc(self) -> datetime:
        """The present, naive UTC."""

    def seconds(self) -> float:
        """Monotonic seconds."""

    async def sleep(self, seconds: float) -> None: ...


class RealClock:
    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)

    def now(self) -> datetime:
        return datetime.now(self._zone).replace(tzinfo=None)

    def utc(self) -> datetime:
        return datetime.now(UTC).replace(tzinfo=None)

    def seconds(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
