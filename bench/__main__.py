"""`python -m bench`: every figure of docs/figures.md, one command after the other."""

from bench import (
    alerts,
    areas,
    attack,
    databases,
    items,
    load,
    prober,
    pushes,
    query,
    reports,
    search,
    sites,
    viewers,
    visit,
)
from bench.timemap import __main__ as timemap
from bench.topics import __main__ as topics

FIGURES = (
    load,
    databases,
    areas,
    query,
    search,
    viewers,
    visit,
    pushes,
    timemap,
    items,
    alerts,
    reports,
    prober,
    sites,
    attack,
    topics,
)

if __name__ == "__main__":
    for figures in FIGURES:
        figures.main()
