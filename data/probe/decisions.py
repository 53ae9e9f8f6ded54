"""Load decisions on findings from the desk as checks of the source `findings`."""

import json
from collections.abc import Iterable
from datetime import UTC
from zoneinfo import ZoneInfo

from data.desk.findings import Decision
from data.home import Home
from data.ingest.loading import load
from data.ingest.merge import LoadReport
from data.probe.deliver import source_file
from data.sources.definition import read_source

SOURCE = "findings"
NAMES = {"zh": "核查认定", "en": "Decisions on findings"}


def deliver(home: Home, decisions: Iterable[Decision]) -> LoadReport | None:
    """Load all decisions; already loaded ones change nothing. None without decisions."""
    lines = [json.dumps(row_of(home, decision), ensure_ascii=False) for decision in decisions]
    if not lines:
        return None
    file = home.root / "probe" / f"{SOURCE}.ndjson"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(sorted(lines)) + "\n", "utf-8")
    return load(home, read_source(source_file(home, SOURCE, NAMES, file.name, cycle_days=None)), reject_limit=0)


def row_of(home: Home, decision: Decision) -> dict[str, object]:
    """A decision as a line of a delivery; a withdrawn one has not passed."""
    changed_at = decision.taken_back_at or decision.decided_at
    updated = changed_at.replace(tzinfo=UTC).astimezone(ZoneInfo(home.zone)).replace(tzinfo=None)
    return {
        "key": f"finding-{decision.id}", "asset_source": decision.source, "asset": decision.asset,
        "rule": f"{decision.choice}:{decision.rule}", "checked_at": decision.at.isoformat(),
        "window_days": decision.window, "observed": decision.holds, "observed_unit": "天",
        "passed": decision.taken_back_at is None, "veto": False, "points": None, "evidence": decision.note,
        "checker": decision.who, "method": "manual", "updated_at": updated.isoformat(),
    }  # fmt: skip
