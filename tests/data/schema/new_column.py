"""A home whose cases have two more columns, each one row of the contract, and what every place makes of them.

`python -m tests.data.schema.new_column HOME` writes HOME/answers.json. It runs in its own process, because the layers
read the contract when they are imported.
"""

import io
import json
import os
import sys
import zipfile
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from data import schema
from data.schema import Column

MOOD = Column("mood", "情绪", "Mood", split="temper", listed=8, export_name="feeling")
SECRET = Column("secret", "密级", "Secrecy", listed=9, exported=False)
AREA, SPAN = "990101000000", ("--from", "2026-11-01", "--to", "2026-12-01")
PRIVATE = "not-for-export"
REPORT = {
    "id": "moods", "name": {"zh": "情绪", "en": "Moods"}, "title": {"zh": "{area}", "en": "{area}"},
    "about": {"zh": "情绪", "en": "Moods"}, "metrics": ["intake"],
    "sections": [
        {"type": "table", "by": "temper"}, {"type": "cases", "columns": ["key", "mood"]},
    ],
}  # fmt: skip
LAYOUT = {
    "id": "moods", "use": "topic", "name": {"zh": "情绪", "en": "Moods"}, "metrics": ["intake"],
    "rows": [[{"kind": "split", "split": "temper"}]],
}  # fmt: skip


def extend() -> None:
    """The two columns, before any other layer is imported."""
    schema.CASES = replace(schema.CASES, columns=(*schema.CASES.columns, MOOD, SECRET))
    schema.FACTS["cases"] = schema.CASES


def prepare(home: Path) -> None:
    """Six cases, four of them calm, one without a mood; a report kind and a topic of the district's own."""
    from data.home import Home
    from tests.factory import TOWNS, edition_of

    moods = ("calm", "calm", "calm", "calm", "angry", None)
    cases = [
        {
            "key": f"c{i}", "area": TOWNS[i % 2], "registered_at": datetime(2026, 11, 2 + i, 9), "mood": mood,
            "secret": PRIVATE,
        }
        for i, mood in enumerate(moods)
    ]  # fmt: skip
    edition_of(Home(home, memory="1GB"), cases, datetime(2026, 11, 22, 8))
    for name, content in (("reports", REPORT), ("layouts", LAYOUT)):
        (home / name).mkdir()
        (home / name / "moods.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def command(*args: str) -> str:
    """What a command prints."""
    from cockpit.commands import main

    with redirect_stdout(io.StringIO()) as printed:
        assert main([*args, *SPAN, "--area", AREA]) == 0, args
    return printed.getvalue()


def report(home: Path, form: str) -> str:
    """All text of a report, unpacked."""
    file = home / f"moods.{form}"
    command("report", "moods", "--format", form, "-o", str(file))
    with zipfile.ZipFile(file) as packed:
        return "\n".join(packed.read(name).decode("utf-8", "replace") for name in packed.namelist())


def api() -> dict[str, Any]:
    """Answers of the API to an official of the district."""
    from starlette.testclient import TestClient

    from cockpit.access.policy import OPERATOR
    from cockpit.api.app import api as app
    from cockpit.api.caller import Caller, caller

    app.dependency_overrides[caller] = lambda: Caller("tester", OPERATOR, "")
    client, days = TestClient(app), {"from": "2026-11-01", "to": "2026-12-01", "area": AREA}

    def get(path: str, **more: str) -> Any:
        answer = client.get(path, params={**days, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return {
        "numbers": get("/metrics/intake", by="temper"),
        "filtered": get("/metrics/intake", temper="calm"),
        "unset": get("/metrics/intake", temper=""),
        "rows": get("/rows/intake", temper="angry"),
        "parameters": [
            p["name"] for p in client.get("/openapi.json").json()["paths"]["/rows/{id}"]["get"]["parameters"]
        ],
    }


def pages() -> dict[str, Any]:
    """The page of rows, its file, and a split panel."""
    from cockpit import settings
    from cockpit.access.policy import OPERATOR
    from cockpit.i18n import using
    from cockpit.panels import layouts
    from cockpit.panels.kinds import breakdowns
    from cockpit.screens.listing import download, row_tools, rows
    from cockpit.view import read

    config, chosen = settings.current(), {"metric": "intake", "temper": "calm", "from": SPAN[1], "to": SPAN[3]}
    row_tools.remembered = lambda view, known: ()  # nobody is signed in who could have chosen columns
    with using("en"):
        view = read(chosen, config, OPERATOR)
        query = rows.read(view, chosen)
        selected = rows.find(view, query)
        topic = replace(view, layout=layouts.of(config).by_id["moods"])
        return {
            "headings": [column.text for column in selected.columns],
            "count": selected.count,
            "chips": [chip.text for chip in selected.chips],
            "file": download.file(view, query, "zh").decode("utf-8-sig"),
            "bars": [(bar.name, bar.value) for bar in breakdowns.split_bars(topic, "temper")],
        }


def main(home: Path) -> None:
    os.environ |= {"COCKPIT_HOME": str(home), "COCKPIT_REPORTS": str(home / "reports")}
    os.environ |= {"COCKPIT_LAYOUTS": str(home / "layouts"), "COCKPIT_MEMORY": "1GB"}
    extend()
    prepare(home)
    answers = {
        "query": command("query", "intake", "--by", "temper", "--format", "csv"),
        "where": command("query", "intake", "--where", "temper=calm", "--format", "csv"),
        "rows": command("rows", "intake", "--where", "temper=angry", "--format", "csv"),
        "api": api(),
        "pages": pages(),
        "reports": {form: report(home, form) for form in ("csv", "xlsx", "docx")},
    }
    (home / "answers.json").write_text(json.dumps(answers, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
