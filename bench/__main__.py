"""`python -m bench`: every figure of docs/figures.md, one command after the other."""

from bench import areas, attack, databases, load, prober, pushes, query, reports, search, viewers, visit

FIGURES = (load, databases, areas, query, search, viewers, visit, pushes, reports, prober, attack)

if __name__ == "__main__":
    for figures in FIGURES:
        figures.main()
