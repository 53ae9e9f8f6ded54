"""Load YAML with libyaml if installed: ten times faster, and every command reads the catalog."""

from typing import Any

import yaml

MOST_NODES, MOST_DEPTH = 1_000_000, 100
"""Limits of values (with aliases expanded) and of nesting.

Ten lines of nested aliases can expand to billions of values, and libyaml crashes the process on too deep nesting.
"""
_Safe: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loader(_Safe):  # type: ignore[misc]  # one of two, as installed
    """Counts the depth while the nodes are read."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: object) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise yaml.YAMLError(f"it is nested deeper than {MOST_DEPTH} levels")
        super().descend_resolver(current_node, current_index)

    def ascend_resolver(self) -> None:
        self._depth -= 1
        super().ascend_resolver()


def parsed(text: str, kind: type[Loader] = Loader) -> Any:
    """The content of a YAML text. Raises yaml.YAMLError, also above the limits of nesting and expanded aliases."""
    loader = kind(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > MOST_NODES:
            raise yaml.YAMLError(f"its aliases grow to more than {MOST_NODES:,} values: write them out")
        return loader.construct_document(node)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:  # invalid dates, 5,000 digits
        raise yaml.YAMLError(f"it holds a value that there is not: {error}") from None
    finally:
        loader.dispose()


def _size(node: yaml.Node, sizes: dict[int, int]) -> int:
    """How many values a node holds with every alias written out. YAMLError for one that holds itself."""
    size = sizes.get(id(node))
    if size == 0:
        raise yaml.YAMLError("an alias stands inside what it names")
    if size is None:
        sizes[id(node)] = 0  # under way
        below: list[Any] = []
        if isinstance(node, yaml.SequenceNode):
            below = node.value
        elif isinstance(node, yaml.MappingNode):
            below = [part for pair in node.value for part in pair]
        size = sizes[id(node)] = 1 + sum(_size(part, sizes) for part in below)
    return size
