"""Cost of a search of ten million cases: each kind of text in the district, a town and a village.

    python -m bench.search [--cases 10000000] [--home FOLDER]

Builds the demo district of that size in FOLDER as `bench.query` does. Milliseconds of wall and of processor time,
median and slowest of many searches; then how long the index takes to build, its share of the edition, and what
publishing without it takes.
"""

import argparse
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from bench.support.district import district
from data.editions.edition import Edition
from data.editions.scoped import ScopedEdition
from data.home import Home
from data.search import index
from metrics.areas import Area, children, root
from metrics.catalog import load
from metrics.search import search, warm

EACH = 20
"""Searches of a kind."""
CATALOG = load()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    options = parser.parse_args()
    home, edition_id = district(options.home, options.cases)
    edition = Edition(home, edition_id)
    _index(home, edition)
    started = time.perf_counter()
    warm(edition, CATALOG)
    print(f"made ready for an edition, once: {1e3 * (time.perf_counter() - started):.0f} ms\n")
    print(f"{'milliseconds':44} {'wall':>8} {'slowest':>8} {'processor':>9} {'complete':>9}")
    top = root(edition)
    town = children(edition, top)[0]
    for place in (top, town, children(edition, town)[0]):
        own = edition.scoped(((place.code, place.end),))
        for name, texts in _texts(edition, place).items():
            _timed(f"{place.level}: {name}", own, texts)


def _timed(name: str, edition: ScopedEdition, texts: list[str]) -> None:
    walls, processors, complete = [], [], 0
    for text in texts:
        wall, processor = time.perf_counter(), time.process_time()
        complete += search(edition, CATALOG, text).is_complete
        walls.append(1e3 * (time.perf_counter() - wall))
        processors.append(1e3 * (time.process_time() - processor))
    share = f"{complete} of {len(texts)}"
    print(
        f"{name:44} {statistics.median(walls):8.1f} {max(walls):8.1f} {statistics.median(processors):9.1f} {share:>9}"
    )


def _texts(edition: Edition, place: Area) -> dict[str, list[str]]:
    """Texts of cases drawn from the place, and some that no case has."""
    dice = random.Random(7)
    drawn = (
        edition.cursor()
        .execute(
            f"SELECT key, title, place FROM cases WHERE area >= {place.code} AND area < {place.end} "
            f"AND title > '' AND place > '' ORDER BY hash(key) LIMIT {EACH}"
        )
        .fetchall()
    )
    return {
        "a number": [key for key, _title, _place in drawn],
        "the beginning of a number": [key[:9] for key, _title, _place in drawn],
        "two characters of a title": [title[:2] for _key, title, _place in drawn],
        "a place in full": [where for _key, _title, where in drawn],
        "part of a place": [where[: max(3, len(where) // 2)] for _key, _title, where in drawn],
        "two characters that no text has": list(_nowhere(dice, 2)),
        "five characters that no text has": list(_nowhere(dice, 5)),
        "a place and a number that do not meet": [f"{where[:3]}{dice.randrange(900, 999)}号楼" for *_, where in drawn],
        "pinyin": ["xhc", "qingbu", "shazhou", "jyl", "ljq"] * (EACH // 5),
    }


def _nowhere(dice: random.Random, length: int) -> Iterator[str]:
    for _ in range(EACH):
        yield "".join(chr(dice.randrange(0x8000, 0x9F00)) for _ in range(length))


def _index(home: Home, edition: Edition) -> None:
    """Rebuild the index in a copy of the edition's cases."""
    path = home.scratch / "bench-search.duckdb"
    path.unlink(missing_ok=True)
    try:
        con = home.connect()
        con.execute(f"ATTACH '{edition.path}' AS published (READ_ONLY)")
        con.execute(f"ATTACH '{path}' AS edition")
        con.execute("SET preserve_insertion_order = true")
        con.execute("CREATE TABLE edition.cases AS SELECT source, key, title, place, area, registered_at, closed_at "
                    "FROM published.cases")  # fmt: skip
        con.execute("CHECKPOINT edition")
        con.execute("SET preserve_insertion_order = false")
        before, wall, processor = path.stat().st_size, time.perf_counter(), time.process_time()
        index.build(con)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        con.execute("CHECKPOINT edition")
        con.close()
        size = (path.stat().st_size - before) / 1e6
        share = 1e8 * size / edition.path.stat().st_size
        print(
            f"the index: {wall:.1f} s, {processor:.1f} s of processor time, {size:.0f} MB, {share:.1f} % of the edition"
        )
    except duckdb.Error as error:
        raise SystemExit(str(error)) from error
    finally:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
