"""Task loop: one request at a time per host, isolated from slow hosts.

A host has one worker while it has tasks. A task begins in one of a few places, so that no answer waits for our
processor, and gives it back when it ends or its host keeps it waiting for PATIENCE seconds; however many hosts keep us
waiting, the next ones begin. Hosts that answered last time begin first; those that were slow begin when few others are
under way, and no more of them than leaves connections for the others.
"""

import asyncio
import contextlib
import heapq
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data.probe import plan
from data.probe.checks.rules import UNCERTAIN, Check
from data.probe.jobs import NETWORK, Jobs, Withheld
from data.probe.plan import Task
from data.probe.slots import Places, allow_files

log = logging.getLogger(__name__)

BEGINNING = 100
"""Maximum tasks that begin concurrently."""
CALM = 50
"""Tasks of hosts that are not slow under way, from which on the slow ones wait."""
PATIENCE = 0.1
SLOW_SECONDS = 5.0
LOOK_SECONDS = 1.0
SPARE_FILES = 300
MET, UNKNOWN, SLOW = range(3)
"""Ranks of hosts."""
SET_BACK = timedelta(minutes=1)
"""A clock that goes back by more moves all that is due with it."""
Write = Callable[[Iterable[Check]], None]


@dataclass
class Counts:
    """Counters of a run. withheld: tasks without a result, by reason."""

    done: int = 0
    checks: int = 0
    failed: int = 0
    uncertain: dict[str, str] = field(default_factory=dict)
    """Details of assets that need a browser."""
    withheld: dict[str, int] = field(default_factory=dict)
    latest: timedelta = timedelta()
    """Maximum delay of a task of a host that is not slow."""


class Runner:
    """Performs due tasks and passes their checks to `write`."""

    def __init__(self, jobs: Jobs, write: Write) -> None:
        self.jobs, self.write, self.clock = jobs, write, jobs.clock
        self.counts = Counts()
        self.slow = jobs.state.slow()
        self.met: set[str] = set()
        most = connections(allow_files())
        self._open, self._slowly = Places(most), Places(most // 2)
        self._beginning = Places(BEGINNING)
        self._others, self._calm = 0, asyncio.Event()
        self._calm.set()
        self._queues: dict[str, deque[tuple[Task, datetime]]] = {}
        self._working: dict[str, asyncio.Task[None]] = {}
        self._due: list[tuple[datetime, int, Task, bool]] = []
        self._found: list[Check] = []
        self._looked = self.clock.now()

    async def once(self) -> Counts:
        """Run every task of the register once."""
        now = self.clock.now()
        for task in plan.tasks(self.jobs.register):
            self._give(task, now)
        await self.idle()
        return self.counts

    def schedule(self) -> None:
        """Put all tasks at their times: those that wait for it already, and new ones by what was done before."""
        done, now = self.jobs.state.done(), self.clock.now()
        tasks = list(plan.tasks(self.jobs.register))
        waiting = {task.id: due for due, _order, task, again in self._due if again}
        self._due = [(waiting.get(t.id) or plan.first_due(t, done, now), i, t, True) for i, t in enumerate(tasks)]
        heapq.heapify(self._due)
        visited = {task.thing.host[0] for task in tasks if task.id in done}
        self.met |= visited - self.slow.keys()

    async def step(self) -> None:
        """Dispatch due tasks, wait briefly and flush the results."""
        self.take()
        await self.clock.sleep(LOOK_SECONDS)
        self.flush()

    async def stop(self) -> None:
        """Cancel running tasks; they are repeated after a restart."""
        for work in self._working.values():
            work.cancel()
        await asyncio.gather(*self._working.values(), return_exceptions=True)
        self.flush()

    def take(self) -> None:
        """Hand what is due to the workers of its hosts, and say when it is due again."""
        now = self.clock.now()
        if now < self._looked - SET_BACK:  # or nothing were due until the clock is where it was
            moved = now - self._looked
            self._due = [(due + moved, order, task, again) for due, order, task, again in self._due]
        self._looked = now
        while self._due and self._due[0][0] <= now:
            due, order, task, again = heapq.heappop(self._due)
            self._give(task, due)
            if again:
                heapq.heappush(self._due, (plan.next_due(task, due, now), order, task, True))

    async def idle(self) -> None:
        """Wait until all dispatched tasks are done."""
        while self._working:
            await asyncio.wait(list(self._working.values()), timeout=LOOK_SECONDS)
            self.flush()

    def flush(self) -> None:
        """Write the checks, then mark their tasks as done."""
        checks, self._found = self._found, []
        self.write(checks)
        self.jobs.state.commit()

    def _give(self, task: Task, due: datetime) -> None:
        host = task.thing.host[0]
        queue = self._queues.setdefault(host, deque())
        if any(waiting.id == task.id for waiting, _due in queue):
            return  # its turn before has not come yet
        if task.job == "visit":
            queue.appendleft((task, due))
        else:
            queue.append((task, due))
        if host not in self._working:
            self._working[host] = asyncio.create_task(self._work(host))

    async def _work(self, host: str) -> None:
        queue = self._queues[host]
        try:
            while queue:
                async with self._place(host):
                    task, due = queue.popleft()
                    await self._perform(task, due, host)
                if queue:
                    await self.clock.sleep(max(self.jobs.register.delay, self.jobs.robots.delay(queue[0][0].thing.url)))
        finally:
            del self._working[host], self._queues[host]

    async def _perform(self, task: Task, due: datetime, host: str) -> None:
        if host not in self.slow:
            self.counts.latest = max(self.counts.latest, self.clock.now() - due)
        began = self.clock.seconds()
        try:
            checks = await self.jobs.do(task.job, task.thing)
        except Withheld as reason:
            kind = str(reason).split(":")[0]
            self.counts.withheld[kind] = self.counts.withheld.get(kind, 0) + 1
            log.info("%s: withheld, %s", task.id, reason)
            if kind == NETWORK:
                heapq.heappush(self._due, (self.clock.now() + plan.AGAIN, id(task), task, False))
            return
        except Exception:
            log.exception("%s failed on our side", task.id)
            return
        self._note(host, self.clock.seconds() - began, task)
        self.counts.done += 1
        self.counts.checks += len(checks)
        doubted = [check for check in checks if check.rule == UNCERTAIN]
        self.counts.failed += sum(not check.passed for check in checks) - len(doubted)
        for check in doubted:
            self.counts.uncertain[f"{check.source}/{check.asset}"] = check.evidence
        self._found += checks
        self.jobs.state.finish(task.id, self.clock.now())

    def _note(self, host: str, seconds: float, task: Task) -> None:
        """Record slow hosts, measured by visits, which are single requests."""
        if task.job != "visit":
            return
        slow = seconds >= SLOW_SECONDS
        if slow:
            self.slow[host] = seconds
            self.met.discard(host)
        else:
            self.met.add(host)
        if slow or self.slow.pop(host, None) is not None:
            self.jobs.state.note_host(host, seconds, slow=slow)

    def _count(self, more: int) -> None:
        """Change the number of running tasks of hosts that are not slow."""
        self._others += more
        if self._others < CALM:
            self._calm.set()
        else:
            self._calm.clear()

    def _rank(self, host: str) -> int:
        return SLOW if host in self.slow else MET if host in self.met else UNKNOWN

    @contextlib.asynccontextmanager
    async def _place(self, host: str) -> AsyncIterator[None]:
        """A connection of our share for as long as the task takes, and a place to begin in for PATIENCE seconds."""
        rank = self._rank(host)
        async with contextlib.AsyncExitStack() as stack:
            if rank == SLOW:
                await asyncio.sleep(0)  # those that are due at the same instant count themselves first
                await self._calm.wait()
            else:
                self._count(1)
                stack.callback(self._count, -1)
            for places in [self._slowly, self._open] if rank == SLOW else [self._open]:
                await places.take(rank)
                stack.callback(places.give)
            await self._beginning.take(rank)
            begun = [self._beginning]

            def give_back() -> None:
                if begun:
                    begun.pop().give()

            stack.callback(give_back)
            stack.callback(asyncio.get_running_loop().call_later(PATIENCE, give_back).cancel)
            yield


def connections(files: int) -> int:
    """How many connections may be open where so many files may: a quarter is for names that are being resolved."""
    return max(files - files // 4 - SPARE_FILES, files // 4)
