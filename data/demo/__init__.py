"""The demo district 临江区: a district that does not exist, three years to the last eight in the morning.

`build` writes what a district's own systems would deliver, files and source files, and nothing else: the ordinary
commands load and publish them, so every row of the demo has a real batch and the whole path is walked.

names       invented names                      geography   areas, people, polygons (schematic)
streams     the six sources of cases            topics      what people report
levels      how well towns and units work       stories     what is planted, in one place
calendar    days, hours, deadlines              cases       cases.sql draws every case from hashes
sites       government sites, their checks      registers   systems, projects, data sets, items, halls
steps       the logs of the newest cases        units       who handles cases, with telephones
readings    queues and the village yearbook     deliveries  the source files
applications  of the halls, and bad ratings       requests    for data of other units
planned_works  topics, projects, pairing          market      enterprises, their credit, inspections
escalations  what towns propose to the district

The same (cases, seed, today) gives the same rows, on any number of threads; ground, names and levels never change.
Every daily source is fresh to within hours, but for stories.SILENT_SOURCE.
"""

import shutil
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from data.demo import deliveries, geography, readings, registers, sites, tables, units
from data.demo.casework import applications, escalations, market, planned_works, requests, steps
from data.demo.casework import cases as case_files

MORNING = time(8)


@dataclass(frozen=True)
class Delivery:
    """The written files. `areas` (table, then polygons) and `sources` are in loading order."""

    folder: Path
    areas: tuple[Path, Path]
    sources: tuple[Path, ...]
    as_of: datetime


def build(
    home_folder: Path,
    *,
    cases: int = 200_000,
    seed: int = 20261122,
    today: date | None = None,
    memory: str = "3GB",
    threads: int = 2,
) -> Delivery:
    """Write the demo's deliveries into `<home_folder>/demo`, in place of an older demo.

    cases: good rows of the six streams; the website delivers a few broken ones on top (stories.REJECTED).
    today: the day of the data time, 08:00 in the district's zone; by default that of the last such morning, since data
    of a time that has not come would be taken back by the next publish.
    """
    today = today or (datetime.now(ZoneInfo(deliveries.ZONE)) - timedelta(hours=MORNING.hour)).date()
    as_of = datetime.combine(today, MORNING)
    folder = home_folder / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tables.connect(memory, threads) as con:
        case_files.write(con, folder, cases=cases, seed=seed, as_of=as_of)
        steps.write(con, folder, as_of=as_of)
        sites.write(con, folder, seed=seed, as_of=as_of)
        units.write(con, folder, as_of=as_of)
        registers.write(con, folder, as_of=as_of)
        readings.write(con, folder, seed=seed, as_of=as_of)
        applications.write(con, folder, cases=cases, seed=seed, as_of=as_of)
        requests.write(con, folder, seed=seed, as_of=as_of)
        escalations.write(con, folder, cases=cases, seed=seed, as_of=as_of)
        planned_works.write(con, folder, seed=seed, as_of=as_of)
        market.write(con, folder, seed=seed, as_of=as_of)
    return Delivery(folder, geography.write(folder, today), tuple(deliveries.write(folder)), as_of)
