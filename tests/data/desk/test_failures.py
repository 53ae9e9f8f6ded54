"""An address that fails too often waits, and is forgotten after that, on both kinds of desk."""

from datetime import datetime, timedelta

from sqlalchemy import text

from data.desk import failures
from data.desk.store import Desk

NOW = datetime(2026, 11, 20, 8)


def test_an_address_waits_after_its_last_failures_and_others_do_not(desk: Desk) -> None:
    for i in range(failures.MOST):
        assert failures.wait(desk, "10.1.2.3", now=NOW) == 0
        failures.note(desk, "10.1.2.3", now=NOW + timedelta(seconds=i))
    last = NOW + timedelta(seconds=failures.MOST - 1)
    assert failures.wait(desk, "10.1.2.3", now=last) == (NOW + failures.SPAN - last).total_seconds()
    assert failures.wait(desk, "10.1.2.4", now=last) == 0
    assert failures.wait(desk, "10.1.2.3", now=NOW + failures.SPAN) == 0


def test_what_is_old_is_forgotten_and_no_address_is_kept_in_clear(desk: Desk) -> None:
    failures.note(desk, "10.1.2.3", now=NOW)
    failures.note(desk, "10.9.9.9", now=NOW + failures.SPAN)
    with desk.read() as session:
        kept = session.execute(text("SELECT address FROM failure")).scalars().all()
    assert len(kept) == 1
    assert "10." not in kept[0]
