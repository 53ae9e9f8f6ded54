"""What evaluating alerts after a publish costs: all metrics with limits in every area, and each rule of ours.

    python -m bench.alerts [--cases 1000000] [--home FOLDER]

Builds the demo district of that size in FOLDER (kept). Times are medians of wall time; "cold" opens the edition again
before each run, so that nothing is cached. Processor time is that of all threads.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bench.support.district import district
from cockpit.server.alerting import OURS
from data.editions.edition import Edition, open_edition
from data.home import Home
from metrics.alerting import rules as alert_rules
from metrics.alerting.rules import Rule
from metrics.alerting.signals import signals
from metrics.analysis.reds import with_thresholds
from metrics.catalog import load

RUNS = 5


def cold(home: Home, id: str, work: Callable[[Edition], object]) -> tuple[float, float]:
    """Median seconds of wall and of processor time on an edition just opened."""
    walls, processors = [], []
    for _run in range(RUNS):
        edition = open_edition(home, id)
        wall, processor = time.perf_counter(), time.process_time()
        work(edition)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
        edition.close()
    return statistics.median(walls), statistics.median(processors)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    given = parser.parse_args()
    home, id = district(given.home, given.cases)
    catalog = load()
    gc.collect()
    gc.freeze()
    everything = Rule.model_validate(
        {"id": "all", "name": {"zh": "全", "en": "All"}, "over": "areas", "when": "red", "at_least": 1}
    )
    ours = alert_rules.load(catalog, OURS)
    edition = open_edition(home, id)
    areas = edition.cursor().execute("SELECT count(*) FROM areas WHERE holder = code").fetchall()[0][0]
    count = len(with_thresholds(catalog))
    edition.close()
    print(f"{given.cases:,} cases, median of {RUNS}, cold")
    wall, processor = cold(home, id, lambda edition: signals(edition, catalog, {"all": everything}))
    print(f"{count} metrics with limits x {areas} areas: {wall:.2f} s, {processor:.2f} s of processor time")
    wall, processor = cold(home, id, lambda edition: signals(edition, catalog, ours))
    print(f"our {len(ours)} rules: {wall:.2f} s, {processor:.2f} s of processor time")
    for rule in ours.values():
        wall, processor = cold(home, id, lambda edition, rule=rule: signals(edition, catalog, {rule.id: rule}))  # type: ignore[misc]
        print(f"  {rule.id}: {wall:.2f} s, {processor:.2f} s of processor time")


if __name__ == "__main__":
    main()
