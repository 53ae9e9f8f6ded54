"""From the spool into an edition: in order, row by row, with faulty pushes, and without any."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from data.editions import edition as editions
from data.editions import files as edition_files
from data.editions.edition import Edition
from data.editions.publish import publish
from data.errors import DataError, OutOfMemory, Unavailable
from data.home import Home
from data.push import publisher as pushes
from data.push.intake import Intake, Kind, Limits
from data.push.publisher import MAX_POSTPONE_SECONDS, Publisher
from data.push.spool import SUSPECT, Push, Sender, Spool
from data.sources.declared import declared
from data.store import open_store, read_store
from tests.data.hotline import COLUMNS, ENDED, GOOD, HEADER, NEW, VILLAGE, deliver, facts, settle
from tests.data.stock import ROLLUPS

TOWN, OTHER_TOWN = 990101001000, 990101002000


def declare(home: Home, name: str = "hotline", **changes: Any) -> Path:
    """A source that is pushed to."""
    folder = home.root / "sources"
    folder.mkdir(exist_ok=True)
    content = {
        "source": name, "name": "热线", "fact": "cases", "push": True, "zone": home.zone, "key": "id", "area": "area",
        "columns": COLUMNS,
    } | changes  # fmt: skip
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in content.items() if v is not None}, allow_unicode=True), "utf-8")
    return path


BAD = tuple({"id": f"bad {n}", "area": "1"} for n in range(5))


def push(
    home: Home, *rows: Any, area: int | None = None, source: str = "hotline", csv: str = "", token: int = 1
) -> Push:
    """Rows are changes of a good one, or whatever else stands in the array."""
    sent = [GOOD | row if isinstance(row, dict) else row for row in rows]
    return accept(home, csv or json.dumps(sent), "csv" if csv else "json", Sender(token, "s", area), source)


def accept(home: Home, text: str, kind: Kind, sender: Sender, source: str) -> Push:
    spool = Spool(home)
    body = Intake(spool.incoming_path(), kind, Limits(10**6, 1000))
    body.feed(text.encode())
    body.close()
    return spool.accept(body, sender, source, None)[0]


@pytest.fixture
def publisher(home: Home) -> Publisher:
    settle(home)
    declare(home)
    publisher_of_home = Publisher(home, home.root / "sources", ROLLUPS)
    publisher_of_home.pause = 0
    return publisher_of_home


def work(publisher: Publisher) -> None:
    while publisher.turn():
        pass


def state_and_counts(home: Home, push: Push) -> tuple[str, int | None, int | None, int | None]:
    stored = Spool(home).find(push.id)
    assert stored
    return stored.state, stored.read, stored.accepted, stored.rejected


def current(home: Home) -> Edition:
    return Edition(home, edition_files.pointed(home) or "none")


def shown(home: Home) -> list[str]:
    return [key for (key,) in current(home).cursor().execute("SELECT key FROM cases ORDER BY key").fetchall()]


def test_publisher_without_pushes_changes_nothing(publisher: Publisher, home: Home) -> None:
    before = {file: file.stat().st_mtime_ns for file in home.root.rglob("*")}
    assert publisher.turn() is False
    assert {file: file.stat().st_mtime_ns for file in home.root.rglob("*")} == before


def test_push_is_published_and_rejected_rows_are_listed(publisher: Publisher, home: Home) -> None:
    rows = [{"id": f"A{i}"} for i in range(8)]
    sent = push(home, *rows, {"id": "B", "area": "999", "closed": "2020-01-01"}, 7)
    work(publisher)
    assert state_and_counts(home, sent) == ("published", 10, 8, 2)
    assert shown(home) == [row["id"] for row in rows]
    verdict = [(r.row, r.key, r.reasons) for r in Spool(home).rejects(sent, 10)]
    assert verdict == [
        (9, "B", ["unknown area: 999", "closed before registered"]), (10, None, ["unreadable row"]),
    ]  # fmt: skip
    assert Spool(home).find(sent.id).edition == current(home).id  # type: ignore[union-attr]


def test_unclosed_quote_holds_push(publisher: Publisher, home: Home) -> None:
    rows = [",".join((GOOD | {"id": f"K{number}"})[name] for name in HEADER.split(",")) for number in range(20)]
    rows[10] = rows[10].replace("路灯不亮", '"路灯不亮')
    sent = push(home, csv="\n".join([HEADER, *rows]))
    work(publisher)
    assert state_and_counts(home, sent) == ("held", 20, 10, 10)
    assert {row.row for row in Spool(home).rejects(sent, 99)} == set(range(12, 22))


def test_every_line_of_fuzzed_push_is_accepted_or_rejected(publisher: Publisher, home: Home) -> None:
    lines = [json.dumps(GOOD | {"id": f"K{number}"}) for number in range(20)]
    lines[5:8] = ['{"id": "a\tb"}', '{"id": "x\ry"}', '{"id": "cut']
    sent = accept(home, "\n".join(lines), "ndjson", Sender(1, "s", None), "hotline")
    work(publisher)
    assert state_and_counts(home, sent) == ("published", 20, 17, 3)


def test_newest_push_of_key_wins(publisher: Publisher, home: Home) -> None:
    declare(home, columns={k: v for k, v in COLUMNS.items() if k != "updated_at"})
    for rating in ("1", "2", "1"):
        push(home, {"rating": rating})
    work(publisher)
    assert facts(home, "key, rating") == [("A1", 1)]
    with read_store(home) as store:
        assert store.execute("SELECT updated FROM batches ORDER BY batch").fetchall() == [(0,), (1,), (1,)]


def test_bad_push_does_not_block_others(publisher: Publisher, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pushes.load

    def load(home: Home, source: Any, **more: Any) -> Any:
        if more["pushed"].id == broken.id:
            raise RuntimeError("a bug")
        return real(home, source, **more)

    monkeypatch.setattr(pushes, "load", load)
    unknown, wrong = push(home, {}, source="nobody"), push(home, csv="x,y\n1,2\n")
    broken, held = push(home, {}), push(home, *BAD)
    valid = push(home, {"id": "G"})
    work(publisher)
    assert [state_and_counts(home, sent)[0] for sent in (unknown, wrong, broken, held, valid)] == [
        "queued", "failed", "queued", "held", "published",
    ]  # fmt: skip
    assert shown(home) == ["G"]
    faults = [str(Spool(home).find(sent.id).why) for sent in (unknown, wrong, broken)]  # type: ignore[union-attr]
    assert "declared no more" in faults[0]
    assert "there is no column id" in faults[1]
    assert str(home.root) not in faults[1], "answers name no paths of the server"
    assert faults[2] == "it could not be loaded: RuntimeError"


def test_held_push_can_be_released(publisher: Publisher, home: Home) -> None:
    held = push(home, {"id": "1"}, *BAD)
    work(publisher)
    assert state_and_counts(home, held)[0] == "held"
    Spool(home).again(Spool(home).find(held.id))  # type: ignore[arg-type]
    work(publisher)
    assert state_and_counts(home, held) == ("published", 6, 1, 5)
    assert shown(home) == ["1"]


def test_a_few_rejects_do_not_hold_a_small_push(publisher: Publisher, home: Home) -> None:
    sent = push(home, {"id": "1"}, {"id": "2", "area": "1"})
    work(publisher)
    assert state_and_counts(home, sent) == ("published", 2, 1, 1)


def test_json_rows_may_omit_columns(publisher: Publisher, home: Home) -> None:
    text = json.dumps([{"id": "1", "area": str(VILLAGE), "kind": "hotline", "registered": "2026-01-05 08:00"}])
    sent = accept(home, text, "json", Sender(1, "s", None), "hotline")
    work(publisher)
    assert state_and_counts(home, sent)[0] == "published"
    assert facts(home, "key, closed_at, rating") == [("1", None, None)]


def test_pushed_csv_is_read_as_utf_8(publisher: Publisher, home: Home) -> None:
    declare(home, csv={"encoding": "gb18030"}, push=None, file="x.parquet", format="parquet")
    text = HEADER + "\n" + ",".join(GOOD[name] for name in HEADER.split(","))
    sent = push(home, csv=text)
    work(publisher)
    assert state_and_counts(home, sent)[0] == "published"
    assert facts(home, "title") == [("路灯不亮",)]


def test_token_with_area_is_limited_to_it(publisher: Publisher, home: Home) -> None:
    publisher.reject_limit = 1
    push(home, {"id": "theirs", "area": str(NEW), "title": "as it was"}, {"id": "ours", "title": "old"})
    sent = push(
        home,
        {"id": "ours", "title": "new", "updated": "2026-02-01"},
        {"id": "theirs", "title": "taken", "updated": "2026-02-01"},
        {"id": "own level", "area": "990101001"},
        {"id": "ended", "area": str(ENDED)},
        {"id": "elsewhere", "area": str(NEW)},
        {"id": "district", "area": "990101"},
        {"id": "none", "area": ""},
        area=TOWN,
    )  # fmt: skip
    work(publisher)
    assert [(r.key, r.reasons) for r in Spool(home).rejects(sent, 10)] == [
        ("theirs", ["key of a row outside of what the sender may push"]),
        ("elsewhere", ["area outside of what the sender may push"]),
        ("district", ["area outside of what the sender may push"]),
        ("none", ["missing area"]),
    ]
    assert dict(facts(home, "key, title")) | {"ended": 0, "own level": 0} == {
        "theirs": "as it was", "ours": "new", "own level": 0, "ended": 0,
    }  # fmt: skip
    with read_store(home) as store:
        assert '"title":"taken"' in store.execute("SELECT raw FROM rejects WHERE key = 'theirs'").fetchone()[0]


def test_check_from_token_with_area_requires_area(publisher: Publisher, home: Home) -> None:
    columns = {"asset": "asset", "rule": "'opens'", "checked_at": "at", "passed": "ok"}
    declare(home, "checks", fact="checks", columns=columns)
    publisher.reject_limit = 1
    row = {"id": "1", "asset": "site", "at": "2026-01-05", "ok": "1"}
    anywhere = accept(home, json.dumps([row]), "json", Sender(1, "s", None), "checks")
    limited = accept(home, json.dumps([row | {"id": "2"}, row | {"id": "1", "area": str(VILLAGE)}]), "json",
                     Sender(1, "s", TOWN), "checks")  # fmt: skip
    work(publisher)
    assert state_and_counts(home, anywhere) == ("published", 1, 1, 0)
    assert [r.reasons for r in Spool(home).rejects(limited, 10)] == [
        ["missing area"], ["key of a row outside of what the sender may push"],
    ]  # fmt: skip


def test_previously_loaded_source_accepts_pushes(publisher: Publisher, home: Home) -> None:
    (home.root / "sources" / "hotline.yaml").unlink()
    deliver(home)  # an empty delivery of the source's file
    sent = push(home, {"id": "P"})
    work(publisher)
    assert state_and_counts(home, sent)[0] == "published"
    assert shown(home) == ["P"]


def test_a_source_is_found_under_its_own_name(home: Home) -> None:
    folder = declare(home).parent
    assert declared(home, folder, "hotline").push  # type: ignore[union-attr]
    assert declared(home, folder, "grid") is None
    assert not home.store.exists()
    (folder / "hotline.yaml").rename(folder / "grid.yaml")
    with pytest.raises(DataError, match="source: is hotline"):
        declared(home, folder, "grid")


def test_first_push_is_published_at_once_then_at_interval(publisher: Publisher, home: Home) -> None:
    publisher.pause = 3600
    first = push(home, {"id": "1"})
    work(publisher)
    second = push(home, {"id": "2"})
    work(publisher)
    assert (state_and_counts(home, first)[0], state_and_counts(home, second)[0]) == ("published", "loaded")
    assert (shown(home), len(edition_files.ids(home))) == (["1"], 1)
    publisher._due = 0
    work(publisher)
    assert shown(home) == ["1", "2"]


def test_manually_published_push_needs_no_new_edition(publisher: Publisher, home: Home) -> None:
    sent = push(home, {})
    assert publisher.turn()
    by_hand = publish(home, ROLLUPS, as_of=datetime(2026, 6, 1)).edition
    work(publisher)
    assert state_and_counts(home, sent)[0] == "published"
    assert edition_files.ids(home) == [by_hand]


def test_rollback_pauses_publishing_until_manual_publish(publisher: Publisher, home: Home) -> None:
    older, newer = (publish(home, ROLLUPS, as_of=datetime(2026, 6, day)).edition for day in (1, 2))
    editions.rollback(home, older)
    sent = push(home, {})
    work(publisher)
    assert (state_and_counts(home, sent)[0], edition_files.pointed(home)) == ("loaded", older)
    editions.rollback(home, newer)
    work(publisher)
    assert state_and_counts(home, sent)[0] == "published"
    editions.rollback(home, older)
    publish(home, ROLLUPS)
    assert not edition_files.rolled_back(home)


def test_pushes_keep_demo_flag(publisher: Publisher, home: Home) -> None:
    publish(home, ROLLUPS, as_of=datetime(2026, 6, 1), demo=True)
    push(home, {})
    work(publisher)
    assert current(home).demo
    assert shown(home) == ["A1"]


def test_busy_store_does_not_fail_push(publisher: Publisher, home: Home) -> None:
    sent = push(home, {})

    def busy(*_: Any, **__: Any) -> None:
        raise Unavailable("store.busy", "busy")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pushes, "load", busy)
        for _ in range(SUSPECT + 1):
            with pytest.raises(Unavailable):
                publisher.turn()
    assert (state_and_counts(home, sent)[0], Spool(home).find(sent.id).attempts) == ("queued", 0)  # type: ignore[union-attr]
    work(publisher)
    assert state_and_counts(home, sent)[0] == "published"


def test_crashing_push_is_postponed_and_never_dropped(publisher: Publisher, home: Home) -> None:
    deadly, valid = push(home, {"id": "D"}), push(home, {"id": "G"})
    for _ in range(SUSPECT):
        Spool(home).begin(Spool(home).find(deadly.id))  # type: ignore[arg-type]
    publisher.turn()
    assert (state_and_counts(home, deadly)[0], state_and_counts(home, valid)[0]) == ("queued", "loaded")
    publisher.turn()
    assert state_and_counts(home, valid)[0] == "published"
    for _ in range(100):
        Spool(home).begin(Spool(home).find(deadly.id))  # type: ignore[arg-type]
    work(publisher)
    assert state_and_counts(home, deadly)[0] == "queued", "it rests"
    publisher._began -= MAX_POSTPONE_SECONDS
    work(publisher)
    assert state_and_counts(home, deadly)[0] == "published"


@pytest.mark.parametrize(
    "fault",
    [
        OutOfMemory("load.memory", "1GB of memory are not enough"), MemoryError(), RuntimeError("a defect"),
        OSError(5, "I/O error"),
        duckdb.InternalException("x"),
    ],
    ids=lambda fault: type(fault).__name__,
)  # fmt: skip
def test_unrelated_errors_do_not_fail_push(publisher: Publisher, home: Home, fault: Exception) -> None:
    sent, real = push(home, {"id": "S"}), pushes.load
    other_push = push(home, {"id": "O"})

    def load(home: Home, source: Any, **more: Any) -> Any:
        if more["pushed"].id == sent.id:
            raise fault
        return real(home, source, **more)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pushes, "load", load)
        work(publisher)
        assert (state_and_counts(home, sent)[0], state_and_counts(home, other_push)[0]) == ("queued", "published")
        assert Spool(home).find(sent.id).fault  # type: ignore[union-attr]
    publisher._began -= MAX_POSTPONE_SECONDS
    publisher._postponed.clear()
    work(publisher)
    assert state_and_counts(home, sent)[0] == "published"
    assert Spool(home).find(sent.id).fault is None  # type: ignore[union-attr]


def test_fixed_source_file_loads_its_pushes(publisher: Publisher, home: Home) -> None:
    path = declare(home)
    fixed = path.read_text("utf-8")
    sent = push(home, {})
    path.write_text("source: [", "utf-8")
    work(publisher)
    assert state_and_counts(home, sent)[0] == "queued"
    path.write_text(fixed, "utf-8")
    publisher._began -= MAX_POSTPONE_SECONDS
    publisher._postponed.clear()
    work(publisher)
    assert state_and_counts(home, sent)[0] == "published"


def test_a_journal_lost_after_loading_loses_nothing(publisher: Publisher, home: Home) -> None:
    publisher.pause = 3600
    first = push(home, {"id": "1"})
    work(publisher)
    sent, waits = push(home, {"id": "2"}, {"id": "B", "area": "999"}), push(home, {"id": "3"})
    publisher._load(sent)
    assert (state_and_counts(home, first)[0], state_and_counts(home, sent)[0], state_and_counts(home, waits)[0]) == (
        "published",
        "loaded",
        "queued",
    )
    Spool(home).journal.write_bytes(b"x" * 9000)
    publisher._due = publisher.pause = 0
    work(publisher)
    assert (state_and_counts(home, sent), state_and_counts(home, waits)) == (
        ("published", 2, 1, 1),
        ("published", 1, 1, 0),
    )
    assert [r.reasons for r in Spool(home).rejects(sent, 10)] == [["unknown area: 999"]]
    assert shown(home) == ["1", "2", "3"]


def test_rows_count_once_if_journal_update_was_lost(publisher: Publisher, home: Home) -> None:
    """The process was killed between the store's transaction and the journal's."""
    sent, held = push(home, {}), push(home, *BAD)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(publisher.spool, "record_result", lambda *_: (_ for _ in ()).throw(SystemExit))
        for _ in range(2):
            with pytest.raises(SystemExit):
                publisher.turn()
    work(publisher)
    assert (state_and_counts(home, sent), state_and_counts(home, held)) == (("published", 1, 1, 0), ("held", 5, 0, 5))
    with open_store(home) as store:
        assert store.execute("SELECT count(*) FROM batches").fetchone() == (2,)
        assert store.execute("SELECT count(*) FROM rejects").fetchone() == (5,)
