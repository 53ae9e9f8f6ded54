"""Strict YAML: no duplicate keys, no keys that are not text, no words that turn into booleans."""

from collections.abc import Hashable
from typing import Any, NoReturn

import yaml

from data import yamls

STRING, MERGE, BOOLEAN = (f"tag:yaml.org,2002:{name}" for name in ("str", "merge", "bool"))


class UniqueKeys(yamls.Loader):
    """YAML loader that rejects duplicate keys, keys that are not text, and the booleans yes, no, on and off."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = set()
        for key, value in node.value:
            if key.tag not in (STRING, MERGE) or not isinstance(key, yaml.ScalarNode):
                _refuse(key, f"the key {key.value} is no text to YAML: write '{key.value}'")
            if value.tag == BOOLEAN and value.value.lower() not in ("true", "false"):
                word = value.value
                _refuse(value, f"{key.value}: {word} is yes or no to YAML: for a column of that name write '{word}'")
            if key.value in keys:
                _refuse(key, f"key {key.value} is given twice")
            keys.add(key.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def _refuse(node: yaml.Node, fault: str) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, fault, node.start_mark)
