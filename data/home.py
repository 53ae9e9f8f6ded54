"""The folder that holds all state, and how DuckDB is opened on what lies in it."""

from dataclasses import dataclass
from pathlib import Path

import duckdb


@dataclass(frozen=True)
class Home:
    """Where the state lives and with which limits it is worked on.

    zone: the district's own time zone; every stored time is local to it.
    memory: DuckDB's memory limit for loading and publishing, e.g. "4GB".
    calendar: the district's own table of working days, a CSV; None for the official calendar alone.
    """

    root: Path
    zone: str = "Asia/Shanghai"
    memory: str = "4GB"
    threads: int = 2
    calendar: Path | None = None

    @property
    def store(self) -> Path:
        """The working store: areas, batches, rejects and the facts as delivered."""
        return self.root / "store.duckdb"

    @property
    def editions(self) -> Path:
        """Published editions `edition-<id>.duckdb` and the pointer `CURRENT`."""
        return self.root / "editions"

    @property
    def scratch(self) -> Path:
        """Where DuckDB spills; may be deleted whenever nothing runs."""
        return self.root / "scratch"

    def prepare(self) -> None:
        for folder in (self.root, self.editions, self.scratch):
            folder.mkdir(parents=True, exist_ok=True)

    def connect(self, path: Path | str = ":memory:", *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
        """Open DuckDB with this home's limits. No extension is fetched, row order is free."""
        return duckdb.connect(
            str(path),
            read_only=read_only,
            config={
                "memory_limit": self.memory,
                "threads": self.threads,
                "temp_directory": str(self.scratch),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
