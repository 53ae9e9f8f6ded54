"""A catalog whose definitions bind and fail on the facts: by a cast, by zero, by overflow, by a pattern; and one sound
metric next to them.
"""

from pathlib import Path

from metrics.catalog import Catalog, load

FOLDER = Path(__file__).parent
FAILING = {
    "fails_by_cast": "measures.title_number.value",
    "fails_by_zero": "measures.divided.value",
    "fails_by_overflow": "measures.too_large.value",
    "fails_by_pattern": "measures.patterned.where",
    "fails_by_anchor": "measures.anchored.anchor",
    "fails_by_term": "terms.lasted",
    "fails_in_a_quantile": "metrics.fails_in_a_quantile.quantile.value",
    "fails_in_its_oldest": "metrics.fails_in_its_oldest.oldest.since",
    "fails_as_a_rate": "measures.patterned.where",
    "view_fails_in_sum": "metrics.view_fails_in_sum.aggregate.sum",
}
"""Each metric that fails, and the field that is to blame."""
SOUND = ("sound_count", "view_sound")


def catalog() -> Catalog:
    return load(FOLDER)
