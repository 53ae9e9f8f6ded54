"""Chinese names as people type them."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """`jyjs` of 积压件数: the first letter of each character's usual reading."""
    from data.search.names import readings  # pypinyin takes 0.2 s to import: most commands type no names

    return "".join(known[0][0] for character in name if (known := readings(character)) and known[0])
