"""Write areas.csv from the sites: `python examples/gov_sites/areas.py`."""

import os
from pathlib import Path

import duckdb

if __name__ == "__main__":
    os.chdir(Path(__file__).parent)
    duckdb.sql(Path("areas.sql").read_text("utf-8")).write_csv("areas.csv")
