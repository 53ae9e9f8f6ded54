"""The zoo of a module, a clock that tests set, and a network that may connect to loopback addresses."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.probe.network.addresses import Allowance
from data.probe.network.net import Limits, Net
from tests.data.probe.zoo import NETWORK, Authority, Zoo, open_zoo

LIMIT = 1.5
"""Seconds that tests wait for a site that never opens; the rules' own limit is 15."""


class FakeClock:
    """Goes on only by `sleep`, which takes no time: weeks pass in seconds."""

    def __init__(self, at: datetime = datetime(2026, 11, 1, 8)) -> None:
        self.at, self.start = at, at

    def now(self) -> datetime:
        return self.at

    def utc(self) -> datetime:
        return datetime.now(UTC).replace(tzinfo=None)  # certificates of the tests hold from the real day on

    def seconds(self) -> float:
        return (self.at - self.start).total_seconds()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zoo]:
    with open_zoo(tmp_path_factory.mktemp("zoo")) as made:
        yield made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def net(authority: Authority) -> Net:
    return Net(Allowance.of([NETWORK]), Limits(seconds=LIMIT, body=2_000_000), authorities=Path(authority.file))
