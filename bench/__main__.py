"""`python -m bench`: every figure that the README quotes, one command after the other."""

from bench import areas, attack, databases, load, prober, pushes, query, reports, viewers

for figures in (load, databases, areas, query, viewers, pushes, reports, prober, attack):
    figures.main()
