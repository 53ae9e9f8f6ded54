"""Deliveries of the source `prober`: an NDJSON spool and its source file."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from data.home import Home
from data.ingest.loading import load
from data.ingest.merge import LoadReport
from data.probe.checks.rules import Check
from data.sources.definition import read_source

SOURCE = "prober"
NAMES = {"zh": "网站探测", "en": "Site prober"}
CHECKER = "网站探测"
OPEN = "open.ndjson"
COLUMNS = (
    "asset_source", "asset", "rule", "checked_at", "window_days", "observed", "observed_unit", "passed", "veto",
    "points", "evidence", "checker", "method", "updated_at",
)  # fmt: skip


@dataclass(frozen=True)
class Spool:
    """Checks that are not loaded yet, in files of a folder. Single writer."""

    home: Home

    @property
    def folder(self) -> Path:
        return self.home.root / "probe" / "spool"

    def write(self, checks: Iterable[Check]) -> None:
        """Append checks and sync them to disk."""
        lines = "".join(json.dumps(row_of(check), ensure_ascii=False) + "\n" for check in checks)
        if lines:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / OPEN).open("a", encoding="utf-8") as file:
                file.write(lines)
                file.flush()
                os.fsync(file.fileno())

    def close(self, now: datetime) -> None:
        """Turn the written file into a delivery; a line torn by a crash is cut off."""
        file = self.folder / OPEN
        if not file.exists():
            return
        content = file.read_bytes()
        if not content.endswith(b"\n"):
            file.write_bytes(content[: content.rfind(b"\n") + 1])
        if file.stat().st_size:
            file.rename(self.folder / f"checks-{now:%Y%m%d-%H%M%S-%f}.ndjson")

    def is_time_for(self, what: str, now: datetime) -> bool:
        """Whether a daily job is due today; marks it as done."""
        mark = self.folder.parent / f"{what}.day"
        today = now.date().isoformat()
        if mark.exists() and mark.read_text("utf-8") == today:
            return False
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(today, "utf-8")
        return True

    def deliver(self, *, reject_limit: float = 0.2) -> Iterator[LoadReport]:
        """Load and remove all deliveries, oldest first. On DataError the rest stays for the next time."""
        source = read_source(source_file(self.home))
        for file in sorted(self.folder.glob("checks-*.ndjson")):
            yield load(self.home, source, file=file, reject_limit=reject_limit)
            file.unlink()


def source_file(
    home: Home, source: str = SOURCE, names: dict[str, str] = NAMES, file: str = f"spool/{OPEN}", *,
    cycle_days: float | None = 1,
) -> Path:  # fmt: skip
    """Source file of the prober's deliveries, written if missing or outdated."""
    path = home.root / "probe" / f"{source}.yaml"
    content = {
        "source": source, "name": names, "fact": "checks", "file": file, "format": "ndjson", "zone": home.zone,
        **({"cycle_days": cycle_days} if cycle_days else {}), "key": "key", "columns": {name: name for name in COLUMNS},
    }  # fmt: skip
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    if not path.exists() or path.read_text("utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return path


def row_of(check: Check) -> dict[str, object]:
    """A check as a line of a delivery. Its key holds asset, rule and time, so that repeats merge."""
    at = check.at.isoformat(timespec="seconds")
    return {
        "key": f"{check.source}/{check.asset}/{check.rule}/{check.at:%Y%m%d%H%M%S}", "asset_source": check.source,
        "asset": check.asset, "rule": check.rule, "checked_at": at, "window_days": check.window,
        "observed": check.observed, "observed_unit": check.unit, "passed": check.passed, "veto": check.veto,
        "points": check.points, "evidence": check.evidence, "checker": CHECKER, "method": "auto", "updated_at": at,
    }  # fmt: skip
