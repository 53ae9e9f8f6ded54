"""Mask personal data: phone and ID numbers in free text, keyed hashes for reporters."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from data.errors import DataError
from data.home import Home
from data.system_errors import of_os

_GAP = "[\\s\u00a0\u200b\u3000.·•_~()（）+\u2010-\u2015\u2212－-]"
"""Separators between the digits of a number."""

_SUSPECT = f"[0-9０-９](?:[0-9０-９]|{_GAP}){{5,}}[0-9０-９]"
"""Seven digits or more, perhaps grouped. Cheap: it spares all other text the rules below."""

_WIDE, _PLAIN = "０１２３４５６７８９", "0123456789"


def _digits(*parts: str) -> str:
    """RE2 of digits with any gaps between them."""
    return f"{_GAP}{{0,3}}".join(parts)


_D = "[0-9]"
_ID = _digits(
    *(_D,) * 3, "(?:1[89]|20)", *(_D,) * 2, "(?:0[1-9]|1[0-2])", "(?:[0-2][0-9]|3[01])", *(_D,) * 3, "[0-9Xx]"
)
"""An 18-digit ID behind its first three digits: area, year, month, day, serial number."""
_MOBILE = (
    rf"(^|[^0-9])((?:(?:00)?86|0)?{_GAP}{{0,3}})({_digits('1', '[3-9]', _D)}){_GAP}{{0,3}}{_digits(*(_D,) * 4)}"
    rf"{_GAP}{{0,3}}({_digits(*(_D,) * 4)})($|[^0-9])",
    r"\1\2\3****\4\5",
)
"""138****1234, also grouped and with the country code."""
_ID_NUMBER = (rf"(^|[^0-9])([0-9]{{3}}){_GAP}{{0,3}}{_ID}($|[^0-9])", r"\1\2************\3")
"""An 18-digit ID, also written in groups."""
_RULES = (
    # ID and bank numbers, 15 to 19 characters: keep three.
    (r"(^|[^0-9])([0-9]{3})[0-9]{11,15}[0-9Xx]($|[^0-9])", r"\1\2************\3"),
    _ID_NUMBER,
    # A bank card in groups of four.
    (
        rf"(^|[^0-9])([0-9]{{3}})[0-9](?:{_GAP}{{1,3}}[0-9]{{4}}){{3}}(?:{_GAP}{{1,3}}[0-9]{{1,3}})?($|[^0-9])",
        r"\1\2************\3",
    ),
    _MOBILE,
    # Landline with its area code.
    (
        rf"(^|[^0-9])(0[1-9][0-9]{{1,2}})({_GAP}{{0,3}})[2-9][0-9]{{2,3}}{_GAP}{{0,3}}([0-9]{{4}})($|[^0-9])",
        r"\1\2\3****\4\5",
    ),
    # Landline that only the word before gives away.
    (
        r"(电话|座机|手机|号码|[Tt][Ee][Ll]|[Pp]hone)([^0-9]{0,6})"
        rf"[2-9][0-9]{{2,3}}{_GAP}{{0,3}}([0-9]{{4}})($|[^0-9])",
        r"\1\2****\3\4",
    ),
    # Ten digits in three groups, as North America writes them.
    (r"(^|[^0-9])([2-9][0-9]{2})([)]?[ .-])[0-9]{3}[ .-]([0-9]{4})($|[^0-9])", r"\1\2\3***-\4\5"),
)
"""RE2 pattern and replacement. A match eats its boundaries, so each rule runs twice to reach a neighbour."""


def mask(text: str) -> str:
    """SQL of the VARCHAR expression `text` with phone and ID numbers masked; twice masked is masked once."""
    return _masked(text, _RULES)


def mask_key(text: str) -> str:
    """SQL of a key with mobile and ID numbers masked: a case number is long as well, and has to be found again."""
    return _masked(text, (_ID_NUMBER, _MOBILE))


def mask_mobile(text: str) -> str:
    """SQL of the VARCHAR expression `text` with mobile numbers masked: those of offices stay."""
    return _masked(text, (_MOBILE,))


def initial(text: str) -> str:
    """SQL of a person's name of which the first character is left, as in 张*; NULL of a blank one."""
    return f"left(nullif(trim({text}), ''), 1) || '*'"


def _masked(text: str, rules: tuple[tuple[str, str], ...]) -> str:
    masked = f"translate({text}, '{_WIDE}', '{_PLAIN}')"
    for pattern, replacement in rules:
        for _ in range(2):
            masked = f"regexp_replace({masked}, '{pattern}', '{replacement}', 'g')"
    return f"CASE WHEN regexp_matches({text}, '{_SUSPECT}') THEN {masked} ELSE {text} END"


def pseudonym(text: str) -> str:
    """SQL of a keyed hash of `text`, 128 bits in hex; the key is the variable `pepper` of the connection."""
    return f"left(sha256(getvariable('pepper') || lower(trim({text}))), 32)"


def pepper(home: Home) -> str:
    """The secret of this home that pseudonyms are made with; made at first use, readable by its owner only."""
    path = home.root / "pepper"
    try:
        if not path.exists():
            _create(path, secrets.token_hex(32))
        return path.read_text()
    except PermissionError as error:
        raise DataError(
            "masking.key",
            "{path} cannot be read or made: {why}; give its folder to this user",
            path=path,
            why=of_os(error),
        ) from error


def _create(path: Path, secret: str) -> None:
    """Write the secret atomically; if two processes start at once, the first one wins."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix="pepper.")
    try:
        with open(descriptor, "w") as file:
            file.write(secret)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
