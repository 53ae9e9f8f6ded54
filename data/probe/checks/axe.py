"""axe-core, where it is installed: the accessibility faults that only a browser sees, such as too little contrast."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGE, SCRIPT = "axe_playwright_python", "axe.min.js"
"""The package brings axe-core; nothing else of it is used."""
LEVELS = ("wcag2a", "wcag2aa")
"""WCAG 2 A and AA, which GB/T 37668-2019 follows."""
GRAVE = ("serious", "critical")
MOST_RULES, MOST_PLACES, LONGEST_PLACE = 60, 3, 160
RUN = f"""axe.run(document, {{
    runOnly: {json.dumps(LEVELS)}, resultTypes: ["violations"], iframes: false, elementRef: false,
}}).then(result => result.violations.slice(0, {MOST_RULES}).map(rule => ({{
    rule: String(rule.id), impact: String(rule.impact), count: rule.nodes.length,
    places: rule.nodes.slice(0, {MOST_PLACES}).map(node => String(node.target[0]).slice(0, {LONGEST_PLACE})),
}})))"""


@dataclass(frozen=True)
class Fault:
    """A rule of axe-core that a page breaks: how grave, how many elements, and the first of them as CSS selectors."""

    rule: str
    impact: str
    count: int
    places: tuple[str, ...]

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> "Fault":
        return cls(str(node["rule"]), str(node["impact"]), int(node["count"]), tuple(map(str, node["places"])))

    def record(self) -> dict[str, Any]:
        return asdict(self)


@cache
def script() -> str:
    """The source of axe-core; empty where it is not installed."""
    spec = find_spec(PACKAGE)
    files = (Path(folder) / SCRIPT for folder in (spec.submodule_search_locations or ()) if spec) if spec else ()
    return next((file.read_text("utf-8") for file in files if file.is_file()), "")


def grave(faults: Iterable[Fault]) -> list[Fault]:
    """The faults that exclude users, most frequent first."""
    return sorted((fault for fault in faults if fault.impact in GRAVE), key=lambda fault: (-fault.count, fault.rule))
