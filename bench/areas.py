"""Cost of the list of all villages of a country, codes and names only: loading, publishing and look-ups.

    python -m bench.areas [--villages 620000] [--folder FOLDER]

Seconds of the commands' wall time; looking up is the median of questions to the published edition.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.load import report, run
from data.editions.edition import current
from data.editions.scoped import EVERYTHING
from data.home import Home
from metrics.areas import area, children, path
from metrics.search import areas_like

PROVINCES, CITIES, DISTRICTS, TOWNS, VILLAGES = 31, 4, 25, 10, 20
RUNS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--villages", type=int, default=PROVINCES * CITIES * DISTRICTS * TOWNS * VILLAGES)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-areas-", dir=options.folder) as name:
        home = Path(name) / "home"
        codes = _list(Path(name) / "villages.csv", options.villages)
        print(f"{len(codes):,} villages, code and name\n")
        print(f"{'step':52} {'seconds':>8} {'processor':>9} {'memory':>9}")
        report("load the list of villages", run(home, "areas", Path(name) / "villages.csv"))
        report("publish it", run(home, "publish"))
        edition = current(Home(home))
        assert edition
        middle = codes[len(codes) // 2]
        village = area(edition, middle)
        _looked("the way up from a village", lambda: path(edition, area(edition, middle)))
        _looked("what lies below its district", lambda: children(edition, area(edition, middle // 10**6 * 10**6)))
        _looked("find a village by its name", lambda: areas_like(edition.scoped(EVERYTHING), village.name, 20))


def _list(csv: Path, villages: int) -> list[int]:
    """A file of that many codes and names, as many in each town."""
    codes = [
        (11 + p) * 10**10 + (c + 1) * 10**8 + (d + 1) * 10**6 + (t + 1) * 10**3 + v + 1
        for p in range(PROVINCES)
        for c in range(CITIES)
        for d in range(DISTRICTS)
        for t in range(TOWNS)
        for v in range(VILLAGES)
    ][:villages]
    csv.write_text("code,name\n" + "".join(f"{code},第{i}村\n" for i, code in enumerate(codes)), "utf-8")
    return codes


def _looked(what: str, ask: Callable[[], object]) -> None:
    times = []
    for _ in range(RUNS):
        for cached in (area, path, children):
            getattr(cached, "cache_clear", lambda: None)()
        started = time.perf_counter()
        ask()
        times.append(time.perf_counter() - started)
    print(f"{what:52} {statistics.median(times):8.3f}")


if __name__ == "__main__":
    main()
