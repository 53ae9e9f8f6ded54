"""Readings of the demo: queues in the service halls, and the yearbook of the villages.

Measures (the SQL is next to this module):
  queue_waiting     people waiting, hourly in 14 days, by hall and counter; n = open windows
  queue_wait_min    mean minutes from number to call, by working day, hall and counter; n = people called
  tickets_booked    tickets booked ahead, by working day, hall and counter; n = tickets
  registered_users  people, monthly, by town; n = residents
  resident_pop, has_5g and service_station (0 or 1), bandwidth_mbps, households, households_sewered,
    petition_households: monthly, by village
  income_wan, debt_wan, arrears_due_wan, arrears_paid_wan: yearly in January, by village (not by community)
  secretary_fulltime (0 or 1), secretary_years, digital_tier (0 to 3): yearly in January, by village
  cameras, cameras_online: monthly, by town; survey_valid, survey_aware, survey_support, survey_joined: half-yearly
  cloud_cpu, cloud_memory, cloud_storage and what of them is used: monthly, by the district
  form_kinds        kinds of forms asked of a village, yearly in January
  repeated_fields   fields asked of a village that the data catalogue holds, monthly
  prefilled_fields  fields that were filled in ahead in the forms of a village, monthly; n = fields
"""

import random
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

import data.demo.calendar as calendar
import data.demo.geography as geography
import data.demo.stories as stories
from data.demo.registers import halls
from data.demo.tables import copy, give, table

QUEUES, VILLAGES, POLICE = (Path(__file__).with_name(f"{name}.sql") for name in ("queues", "villages", "police"))
COUNTERS = (("综合受理", 1.0), ("医保社保", 1.5), ("不动产登记", 0.8))
BUSY = (4, 9, 15, 17, 12, 4, 5, 10, 12, 9, 3)
"""People waiting at 7:30, 8:30 … 17:30 at an average counter of the district's hall."""
IN_TOWNS = 0.45
"""Times as many in a town's hall."""


def write(con: duckdb.DuckDBPyConnection, folder: Path, *, seed: int, as_of: datetime) -> None:
    """Write `hall_queues.parquet` and `villages.parquet`: what was measured before the data time."""
    lines = (
        (area, f"{hall} {counter}", times * (1.0 if area == stories.DISTRICT else IN_TOWNS))
        for hall, area in halls()
        for counter, times in COUNTERS
    )
    grounds = (
        (a.code, a.code // 1000 * 1000, a.kind == "村", a.population, a.households, a.merged_into or 0)
        for a in geography.areas()
        if a.level == "village"
    )
    table(con, "lines", "area unit times", lines)
    table(con, "busy", "hour people", enumerate(BUSY, 7))
    table(con, "grounds", "code town rural people homes merged_into", grounds)
    table(con, "months", "month", ((day,) for day in _months(as_of)))
    salt = random.Random(f"{seed} readings").getrandbits(62)
    give(con, as_of=as_of, today=as_of.date(), merged=as_of.date() - stories.MERGED_AGO, salt=salt,
         forms=list(reversed(stories.FORMS)), queue=stories.LONG_QUEUE[0], people=stories.LONG_QUEUE[1],
         crowded=stories.CROWDED_COUNTER[0], crowd=stories.CROWDED_COUNTER[1],
         disputed=stories.DISPUTED_TOWN, dark=stories.DARK_TOWN, unbooked=stories.UNBOOKED_TOWN,
         unserved=stories.UNSERVED_TOWN, prefilled=stories.PREFILLED_FOR, united=stories.UNITED_TOWN[0],
         gain=stories.UNITED_TOWN[1], aggrieved=stories.AGGRIEVED_VILLAGE[0], petitions=stories.AGGRIEVED_VILLAGE[1],
         district=stories.DISTRICT)  # fmt: skip
    table(con, "open_days", "day", ((day,) for day in _working_days(as_of)))
    copy(con, QUEUES.read_text("utf-8"), folder / "hall_queues.parquet")
    copy(con, VILLAGES.read_text("utf-8"), folder / "villages.parquet")
    copy(con, POLICE.read_text("utf-8"), folder / "police.parquet")


def _working_days(as_of: datetime) -> list[datetime]:
    """The working days of the last 13 months, today left out."""
    days = [as_of.date() - timedelta(days=i) for i in range(1, 400)]
    return [datetime(day.year, day.month, day.day) for day in days if calendar.is_working(day)]


def _months(as_of: datetime) -> list[datetime]:
    """The first of each month in the demo's years, up to the data time."""
    first = as_of.year - calendar.YEARS
    days = [datetime(year, month, 1) for year in range(first, as_of.year + 1) for month in range(1, 13)]
    return [day for day in days if datetime(first, as_of.month, 1) < day < as_of]
