"""Chinese names as people type them."""

from functools import lru_cache


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """`jyjs` of 积压件数."""
    from pypinyin import Style, lazy_pinyin  # takes 0.2 s to import: a command that types no names starts without

    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors="ignore"))
