"""Fills a store directly with areas and deliveries, for tests of publication."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from data.editions.rollups import Measure, Quantile, Rollup
from data.home import Home
from data.schema import FACTS
from data.store import open_store, stored

Row = Mapping[str, Any]

TOWN, OTHER_TOWN = 990101001000, 990101002000
VILLAGE, MERGED, OTHER_VILLAGE = 990101001201, 990101001202, 990101002201
DISTRICT = 990101000000
MERGED_ON = datetime(2026, 3, 1)
AREAS: tuple[Row, ...] = (
    {"code": DISTRICT, "name": "临江区", "level": "district"},
    {"code": TOWN, "name": "北塘街道", "level": "town", "parent": DISTRICT},
    {"code": OTHER_TOWN, "name": "沙洲镇", "level": "town", "parent": DISTRICT},
    {"code": VILLAGE, "name": "新河村", "level": "village", "parent": TOWN},
    {
        "code": MERGED,
        "name": "东桥村",
        "level": "village",
        "parent": TOWN,
        "valid_to": MERGED_ON.date(),
        "merged_into": VILLAGE,
    },
    {"code": OTHER_VILLAGE, "name": "苇塘村", "level": "village", "parent": OTHER_TOWN},
)

TERMS = (("standing", "coalesce(close_kind, 'done') = 'done' AND deferred IS NOT TRUE"),)
LATE = "CASE WHEN due_at IS NOT NULL AND closed_at IS NOT NULL THEN greatest(due_at, closed_at) END"
MEASURES = (
    Measure("intake", "registered_at"),
    Measure("left_", "closed_at"),
    Measure("due", "due_at", "standing"),
    Measure("due_on_time", "due_at", "standing AND closed_at <= due_at"),
    Measure("caught_up", LATE),
    Measure("first_clock", "coalesce(signed_at, sign_due_at)"),
    Measure("responded", "respond_due_at", "responded_at IS NOT NULL"),
    Measure("dispatches", "registered_at", value="returned + 1"),
    Measure("repeats", "registered_at", "repeated"),
    Measure("solved", "closed_at", "reached AND solved"),
)
QUANTILES = (
    Quantile("till_signed", "signed_at", "date_diff('minute', registered_at, signed_at)", 0.5),
    Quantile("till_closed", "closed_at", "date_diff('hour', registered_at, closed_at)", 0.9, "standing"),
    # counted at a time of its own, of a value that may be known much later
    Quantile("since_due", "registered_at", "date_diff('hour', due_at, closed_at)", 0.25),
)
ROLLUPS = (
    Rollup("cases", MEASURES, TERMS, quantiles=QUANTILES),
    Rollup("cases", MEASURES, TERMS, "category"),
    Rollup("cases", MEASURES, TERMS, by_town=True),
    Rollup("cases", (Measure("where_", "registered_at", value="lon"),), name="fractions"),
    Rollup("checks", (Measure("visits", "checked_at"), Measure("failed", "checked_at", "NOT passed"))),
    Rollup("steps", (Measure("begun", "started_at"), Measure("ended", "ended_at"))),
    Rollup("readings", (Measure("people", "measured_at", value="n"),)),
    Rollup("assets", (Measure("shared", "share_done_at"), Measure("share_due", "share_due_at"))),
)


_stores: dict[tuple[str, str], bytes] = {}
"""What `put_areas` makes of a home without a store, by the rows and the zone."""
STORES = 20


def put_areas(home: Home, rows: Iterable[Row] = AREAS) -> None:
    """Replace the areas. A home without a store gets a copy of the one that the same rows made before."""
    rows = list(rows)
    key, is_new = (repr(rows), home.zone), not home.store.exists()
    if is_new and key in _stores:
        home.prepare()
        home.store.write_bytes(_stores[key])
        return
    _replace_areas(home, rows)
    if is_new and len(_stores) < STORES:
        _stores[key] = home.store.read_bytes()


def _replace_areas(home: Home, rows: Iterable[Row]) -> None:
    with open_store(home) as store:
        store.execute("DELETE FROM areas")
        _insert(store, "areas", list(rows))
        store.execute("UPDATE counters SET value = value + 1 WHERE name = 'areas_version'")


def put(home: Home, fact: str, rows: Sequence[Row], source: str = "hotline") -> None:
    """One accepted delivery: the rows replace those of the same key."""
    put_all(home, [(fact, source, rows)])


def put_all(home: Home, deliveries: Iterable[tuple[str, str, Sequence[Row]]]) -> None:
    with open_store(home) as store:
        store.execute("BEGIN")
        for fact, source, rows in deliveries:
            _put(store, fact, source, rows)
        store.execute("COMMIT")


def _put(store: Any, fact: str, source: str, rows: Sequence[Row]) -> None:
    batch = store.execute("SELECT coalesce(max(batch), 0) + 1 FROM batches").fetchone()[0]
    values = {"source": source, "name_zh": source, "name_en": source, "fact": fact, "cycle_days": 1.0}
    store.execute("DELETE FROM sources WHERE source = ?", [source])
    _insert(store, "sources", [values])
    identity = {"batch": batch, "source": source, "fact": fact, "status": "accepted", "identity": str(batch)}
    _insert(store, "batches", [identity])
    keys = [row["key"] for row in rows]
    store.execute(f"DELETE FROM {fact} WHERE source = ? AND list_contains(?::VARCHAR[], key)", [source, keys])
    _insert(store, fact, [{"source": source, **row, "batch": batch} for row in rows])


def a_case(key: object, registered_at: datetime, **more: Any) -> Row:
    return {"key": str(key), "kind": "hotline", "area": VILLAGE, "registered_at": registered_at, **more}


def _insert(store: Any, table: str, rows: Sequence[Row]) -> None:
    assert table not in FACTS or all(row.keys() <= stored(FACTS[table]).keys() for row in rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    marks = ", ".join(f"({', '.join('?' for _ in names)})" for _ in rows)
    values = [row.get(name) for row in rows for name in names]
    store.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES {marks}", values)
