"""Workflow files: the built-in ones are valid, and each class of fault is reported with file, path and remedy."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from data.errors import DataError
from data.workflow.read import load, read

ROOT = Path(__file__).parents[3]
OURS = ROOT / "cockpit" / "workflows"
KINDS = {
    "note",
    "event",
    "order",
    "escalation",
    "whistle",
    "problem",
    "wish",
    "approval",
    "topic",
    "pairing",
    "instruction",
    "project",
}
Change = Callable[[dict[str, Any]], object]


def own() -> dict[str, Any]:
    """The example of docs/extending.md."""
    text = (ROOT / "docs" / "extending.md").read_text("utf-8")
    example = re.search(r"^```yaml\n# workflows/visit.yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert example
    return dict(yaml.safe_load(example[1]))


def written(folder: Path, content: dict[str, Any]) -> Path:
    file = folder / "visit.yaml"
    file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return file


def test_all_kinds_of_the_product_are_there() -> None:
    assert load(OURS).keys() == KINDS


def test_a_district_adds_a_kind_and_replaces_one_of_ours(tmp_path: Path) -> None:
    written(tmp_path, own())
    (tmp_path / "order.yaml").write_text(
        (OURS / "order.yaml").read_text("utf-8").replace("督办事项", "交办事项"), "utf-8"
    )
    flows = load(OURS, tmp_path)
    assert flows.keys() == {*KINDS, "visit"}
    assert flows["order"].fields["matter"].name.zh == "交办事项"


FAULTS: dict[str, tuple[Change, str]] = {
    "unreachable state": (
        lambda flow: flow["states"].update(lost={"name": {"zh": "无", "en": "x"}, "type": "closed"}),
        r"visit.yaml: states.lost: cannot be reached: add",
    ),
    "dead end": (
        lambda flow: flow["transitions"].pop("finish"),
        r"states.signed: is a dead end: add a transition out of it",
    ),
    "no end": (
        lambda flow: flow["transitions"]["finish"].update(to="asked"),
        r"asked: no path leads to a closed or cancelled",
    ),
    "clock that never stops": (
        lambda flow: (
            flow["clocks"]["visit"].update(stop=["signed"], start=["asked"], pause=[], resume=[])
            or flow["transitions"].update(drop={**flow["transitions"]["finish"], "from": ["asked"], "required": []})
        ),
        r"clocks.visit.stop: the clock never stops on a path that ends in done: add done to stop",
    ),
    "unknown role": (
        lambda flow: flow["transitions"]["sign"].update(roles=["oficial"]),
        r'transitions.sign.roles: there is no role "oficial": use official',
    ),
    "administrator": (lambda flow: flow["start"].update(roles=["system_admin"]), r"start.roles: there is no role"),
    "unknown state": (
        lambda flow: flow["transitions"]["sign"].update(to="sined"),
        r'transitions.sign.to: there is no state "sined": use signed',
    ),
    "unknown field": (
        lambda flow: flow["transitions"]["finish"].update(required=["results"]),
        r'transitions.finish.required: there is no field "results": use result',
    ),
    "unknown clock": (
        lambda flow: flow["colours"][0].update(clock="visits"),
        r'colours.0.clock: there is no clock "visits": use visit',
    ),
    "unknown step": (
        lambda flow: flow["transitions"]["sign"].update(step="sing"),
        r'there is no step "sing": use sign',
    ),
    "unknown key": (lambda flow: flow.update(colors=[]), r"visit.yaml: colors: no such field: remove it"),
    "missing key": (lambda flow: flow.pop("number"), r"visit.yaml: number: is missing: add it"),
    "limit by a missing field": (
        lambda flow: (
            flow["fields"].update(due={"name": {"zh": "期限", "en": "Due"}, "type": "date"})
            or flow["clocks"]["visit"].update(limit={"field": "due"})
        ),
        r"clocks.visit.limit: due may be missing when asked starts the clock: require it before",
    ),
    "choice without limit": (
        lambda flow: (
            flow["fields"].update(
                size={
                    "name": {"zh": "类", "en": "Size"},
                    "type": "choice",
                    "choices": {"big": {"zh": "大", "en": "Big"}, "small": {"zh": "小", "en": "Small"}},
                }
            )
            or flow["clocks"]["visit"].update(limit={"by": "size", "of": {"big": {"days": 1}}})
        ),
        r"clocks.visit.limit.of: small is missing",
    ),
    "two ways of a limit": (
        lambda flow: flow["clocks"]["visit"].update(limit={"days": 1, "hours": 2}),
        r"clocks.visit.limit: give one of",
    ),
    "state without a turn": (lambda flow: flow["states"]["asked"].pop("turn"), r"states.asked.turn: is missing"),
    "answer before anybody was asked": (
        lambda flow: (
            flow["fields"].update(
                others={"name": {"zh": "单位", "en": "Units"}, "type": "units"},
                answering={"name": {"zh": "代表单位", "en": "For"}, "type": "asked", "of": "others"},
            )
            or flow["transitions"]["finish"].update(party=["asked"], required=["answering"])
        ),
        r"transitions.finish.from: signed can be reached before others is filled in: require it",
    ),
    "answer of nobody": (
        lambda flow: flow["transitions"]["finish"].update(party=["asked"]),
        r"transitions.finish.party: a step of the party asked requires a field of type asked",
    ),
    "answer without units": (
        lambda flow: flow["fields"].update(
            answering={"name": {"zh": "单位", "en": "For"}, "type": "asked", "of": "unit"}
        ),
        r'fields.answering.of: there is no field of type units "unit"',
    ),
    "state that waits for nobody": (
        lambda flow: flow["states"]["asked"].update(turn="asked"),
        r"states.asked.turn: no step of the party asked leaves it",
    ),
    "remark that is no text": (
        lambda flow: flow.update(remark="unit"),
        r'visit.yaml: remark: there is no field of type text "unit": use matter, result',
    ),
    "unknown column": (
        lambda flow: flow["fields"]["matter"].update(column="descripton"),
        r'no column of cases "descripton": use description',
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported_with_path_and_remedy(name: str, tmp_path: Path) -> None:
    change, expected = FAULTS[name]
    content = own()
    change(content)
    with pytest.raises(DataError, match=expected):
        read(written(tmp_path, content))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id: [", "visit.yaml: cannot be read as YAML"),
        ("- a list", "visit.yaml: a workflow has id"),
        ("id: a\nid: b\n", "id stands twice"),
    ],
)
def test_a_file_that_is_no_workflow_is_one_line(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "visit.yaml").write_text(text, "utf-8")
    with pytest.raises(DataError, match=expected) as error:
        read(tmp_path / "visit.yaml")
    assert "\n" not in str(error.value)


def test_ids_and_letters_of_numbers_are_unique(tmp_path: Path) -> None:
    content = own()
    written(tmp_path, content | {"number": "DB"})
    with pytest.raises(DataError, match=r"visit.yaml: number: DB is that of order.yaml too"):
        load(OURS, tmp_path)
    written(tmp_path, content)
    (tmp_path / "visit2.yaml").write_text((tmp_path / "visit.yaml").read_text("utf-8"), "utf-8")
    with pytest.raises(DataError, match=r"visit2.yaml: id: visit is that of visit.yaml too"):
        load(OURS, tmp_path / ".")


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    content = own()
    FAULTS["unknown role"][0](content)
    FAULTS["unknown step"][0](content)
    with pytest.raises(DataError, match=r"oficial.*sing"):
        read(written(tmp_path, content))
