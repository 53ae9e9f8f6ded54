"""`python -m bench`: every figure that the README quotes, one command after the other."""

from bench import areas, load, query, viewers

for figures in (load, areas, query, viewers):
    figures.main()
