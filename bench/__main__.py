"""`python -m bench`: every figure that the README quotes, one command after the other."""

from bench import areas, load, prober, query, reports, viewers

for figures in (load, areas, query, viewers, reports, prober):
    figures.main()
