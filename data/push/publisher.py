"""Load the pushes of the spool in order and publish them.

One process does this for a home. It can be killed at any time: a push is identified by its id and loaded once, and
loaded pushes not marked as published are first searched for in the current edition.

A push is retried until it is loaded or refused for its content. Other failures (locked store, full disk, too little
memory, wrong source file, killed process, a bug) leave it queued.
"""

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from data.editions import edition as editions
from data.editions import files as edition_files
from data.editions.edition import Edition
from data.editions.from_desk import FromDesk
from data.editions.publish import publish
from data.editions.rollups import Rollup
from data.errors import DataError, OutOfMemory, Unavailable
from data.home import Home
from data.ingest.loading import load
from data.ingest.merge import LoadReport
from data.messages import Message, changed
from data.push.spool import SUSPECT, Push, Spool
from data.sources.declared import declared
from data.store import read_store

log = logging.getLogger(__name__)

MAX_POSTPONE_SECONDS = 600.0
"""Maximum seconds between two attempts to load a push."""


class _Undeclared(DataError):
    """The source file of a push is missing or wrong, which does not mean the push is."""


class Publisher:
    """Loads and publishes the pushes of one home. `turn` does the next step.

    sources: folder of source files. reject_limit: as in `load`. keep: editions, as in `publish`. seconds: target time
    from accepting a push to publishing it. before: run before each edition, such as to load what else has changed.
    decided: what was decided at the desk, for each edition.
    """

    def __init__(
        self, home: Home, sources: Path, rollups: Sequence[Rollup], *, reject_limit: float = 0.2, keep: int = 10,
        seconds: float = 60, before: Callable[[], object] = lambda: None,
        decided: Callable[[], FromDesk | None] = lambda: None,
    ) -> None:  # fmt: skip
        self.home, self.sources, self.rollups = home, sources, rollups
        self.reject_limit, self.keep = reject_limit, keep
        self.pause, self.before, self.decided = seconds / 2, before, decided
        self.spool = Spool(home)
        self._due = 0.0
        self._warned = False
        self._began, self._postponed = time.monotonic(), dict[str, float]()

    def turn(self) -> bool:
        """Publish if due, else load one push. Returns False if there is nothing to do.

        The first push after a quiet time is published at once; under load, two editions are made per `seconds`.
        Raises Unavailable if store or disk are unavailable, DataError if publishing failed.
        """
        loaded, push = self.spool.loaded(), self._next()
        if loaded and time.monotonic() >= self._due and self._may_publish():
            self._due = time.monotonic() + self.pause
            self._publish(loaded)
            return True
        if push and (push.attempts < SUSPECT or not loaded):
            self._load(push)
            return True
        return False

    def _next(self) -> Push | None:
        """The push to load now. Repeatedly failed pushes wait between attempts."""
        push = self.spool.next()
        if push is None or push.attempts < SUSPECT:
            return push
        now = time.monotonic()
        return next((push for push in self.spool.suspects() if self._next_attempt(push) <= now), None)

    def _next_attempt(self, push: Push) -> float:
        """Monotonic time of the next attempt at a suspect push."""
        return self._postponed.get(push.id, self._began) + min(
            2.0 ** min(push.attempts - SUSPECT, 20) - 1, MAX_POSTPONE_SECONDS
        )

    def _load(self, push: Push) -> None:
        """Load one push. Its faults are recorded and do not stop other pushes."""
        self.spool.begin(push)
        try:
            report = self._report(push)
            self.spool.record_result(push, report, self._refused(report))
        except (OutOfMemory, _Undeclared) as error:
            self._postpone(push, error.message)
        except Unavailable:
            self.spool.cancel_attempt(push)
            raise
        except DataError as error:
            self._give_up(push, error.message)
        except Exception as error:  # a bug or MemoryError: not the fault of the push
            log.exception("push %s", push.id)
            self._postpone(push, Message("push.not_loaded", "it could not be loaded: {why}", why=type(error).__name__))
        else:
            self._postponed.pop(push.id, None)
            log.info("push %s of %s: %s, %s rows, %s refused", push.id, push.source, report.status, report.read,
                     report.rejected)  # fmt: skip

    def _report(self, push: Push) -> LoadReport:
        """Load a push. Raises DataError if its content is refused as a whole."""
        if not self.spool.file(push).is_file():  # the journal was lost after it was loaded
            if report := self._recorded(push):
                return report
            raise DataError("push.rows_gone", "its rows are gone from the spool: send them again")
        try:
            source = declared(self.home, self.sources, push.source)
        except Unavailable:
            raise
        except DataError as error:
            raise _Undeclared.of(error) from None
        if source is None:
            raise _Undeclared("push.undeclared", "the source {source} is declared no more", source=push.source)
        return load(
            self.home, source, file=self.spool.file(push), pushed=push.pushed, force=push.forced,
            reject_limit=self.reject_limit,
        )  # fmt: skip

    def _recorded(self, push: Push) -> LoadReport | None:
        """The report of a push that is already in the store, else None."""
        with read_store(self.home) as store:
            row = store.execute(
                "SELECT batch, rows_read, accepted, updated, unchanged, rejected, seconds, status FROM batches "
                "WHERE source = ? AND split_part(identity, ':', 1) = ? ORDER BY batch DESC LIMIT 1",
                [push.source, push.id],
            ).fetchall()
        return LoadReport(push.source, *row[0]) if row else None

    def _postpone(self, push: Push, fault: Message) -> None:
        """Keep a push queued behind others."""
        self._postponed[push.id] = time.monotonic()
        log.warning("push %s of %s has to be tried again: %s", push.id, push.source, fault)
        self.spool.record_fault(push, self._without_paths(push, fault))

    def _give_up(self, push: Push, fault: Message) -> None:
        message = self._without_paths(push, fault)
        log.warning("push %s of %s was not loaded: %s", push.id, push.source, message)
        self.spool.mark_failed(push, message)

    def _without_paths(self, push: Push, fault: Message) -> Message:
        """The fault without server paths, for the sender."""
        names = {
            str(self.spool.file(push)): push.pushed.origin,
            str(self.sources / f"{push.source}.yaml"): push.source,
            str(self.home.root): "home",
        }

        def named(text: str) -> str:
            for path, name in names.items():
                text = text.replace(path, name)
            return text

        message: Message = changed(fault, named)
        return message

    def _refused(self, report: LoadReport) -> list[tuple[int | None, str | None, list[str]]]:
        if not report.rejected:
            return []
        with read_store(self.home) as store:
            sql = "SELECT row, key, reasons FROM rejects WHERE batch = ? ORDER BY row"
            return store.execute(sql, [report.batch]).fetchall()

    def _may_publish(self) -> bool:
        pinned = edition_files.rolled_back(self.home)
        if pinned and not self._warned:
            log.warning("readers were pointed at an older edition: nothing is published until `publish` is run by hand")
        self._warned = pinned
        return not pinned

    def _publish(self, loaded: Sequence[Push]) -> None:
        current = self._current()
        if current and self._shows(current, loaded):
            self.spool.mark_published(loaded, current.id)
            return
        demo = bool(current and current.demo)
        self.before()
        report = publish(self.home, self.rollups, demo=demo, keep=self.keep, from_desk=self.decided())
        self.spool.mark_published(loaded, report.edition)
        log.info("edition %s: %s pushes, %.1f seconds", report.edition, len(loaded), report.seconds)

    def _current(self) -> Edition | None:
        id = edition_files.pointed(self.home)
        try:
            return editions.look(self.home, id) if id else None
        except DataError as error:
            log.warning("%s", error)
            return None

    @staticmethod
    def _shows(edition: Edition, loaded: Sequence[Push]) -> bool:
        """Whether the edition contains all loaded pushes."""
        identities = edition.cursor().execute("SELECT identity FROM batches").fetchall()
        ids = {identity.partition(":")[0] for (identity,) in identities}
        return ids.issuperset(push.id for push in loaded)
