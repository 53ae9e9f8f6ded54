"""Read workflow files and check them: every fault is reported with its file and path."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from data import yamls
from data.errors import DataError
from data.system_errors import line_of
from data.workflow.check import faults
from data.workflow.model import Workflow

MOST_FAULTS = 8


class _Loader(yamls.Loader):
    """Refuses a key that stands twice in one mapping: the second would silently replace the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        keys = [key.value for key, _value in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"{key} stands twice, at line {node.start_mark.line + 1} and after: keep one")
        return super().construct_mapping(node, deep)


class Workflows(dict[str, Workflow]):
    """All workflows by id, in the order of their files."""

    __hash__ = object.__hash__  # type: ignore[assignment]


@lru_cache(maxsize=8)
def load(ours: Path, extra: Path | None = None) -> Workflows:
    """The workflows of two folders; one of `extra` replaces ours of the same id.

    Raises DataError that lists the faults, each with file, path and what to do.
    """
    if extra is not None and not extra.is_dir():
        raise DataError(
            "workflow.no_folder", "the folder {folder} does not exist: create it or clear COCKPIT_WORKFLOWS",
            folder=extra,
        )  # fmt: skip
    workflows, problems = Workflows(), list[str]()
    for folder in filter(None, (ours, extra)):
        own: dict[str, Workflow] = {}
        for file in sorted(folder.glob("*.yaml")):
            try:
                flow = read(file)
            except DataError as error:
                problems.append(str(error))
                continue
            if flow.id in own:
                problems.append(f"{file.name}: id: {flow.id} is that of {own[flow.id].file} too: give another id")
            own[flow.id] = flow
        workflows |= own
    prefixes: dict[str, Workflow] = {}
    for flow in workflows.values():
        if other := prefixes.setdefault(flow.number, flow) if flow.number in prefixes else None:
            problems.append(f"{flow.file}: number: {flow.number} is that of {other.file} too: use other letters")
        prefixes[flow.number] = flow
    if problems:
        more = f" and {len(problems) - MOST_FAULTS} more" if len(problems) > MOST_FAULTS else ""
        raise DataError("workflow.faults", "{faults}{more}", faults="; ".join(problems[:MOST_FAULTS]), more=more)
    return workflows


def read(file: Path) -> Workflow:
    """One file. Raises DataError with each of its faults."""
    try:
        raw = yamls.parsed(file.read_text("utf-8"), _Loader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DataError(
            "workflow.not_yaml", "{file}: cannot be read as YAML: {why}", file=file.name, why=line_of(error)
        ) from error
    if not isinstance(raw, dict):
        raise DataError(
            "workflow.not_a_mapping",
            "{file}: a workflow has id, name, number, states, start and transitions",
            file=file.name,
        )
    try:
        flow = Workflow.model_validate({**raw, "file": file.name})
    except (ValidationError, TypeError) as error:
        listed = error.errors() if isinstance(error, ValidationError) else [{"loc": (), "msg": str(error)}]
        problems = [_worded(fault) for fault in listed]
    else:
        problems = faults(flow)
    if problems:
        raise DataError(
            "workflow.invalid",
            "{faults}",
            faults="; ".join(f"{file.name}: {fault}" for fault in problems[:MOST_FAULTS]),
        )
    return flow


def _worded(fault: Any) -> str:
    where = ".".join(str(step) for step in fault["loc"])
    match fault.get("type"):
        case "missing":
            return f"{where}: is missing: add it"
        case "extra_forbidden":
            return f"{where}: no such field: remove it"
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}"
