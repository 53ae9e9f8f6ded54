"""Encrypt with a key of the home (Fernet: AES-128-CBC and HMAC-SHA256), and keep named secrets of the operator.

`folder` is the folder of the home's keys. Source files and settings refer to a secret as `${secret:NAME}`.
"""

import base64
import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from data import keyring
from data.errors import DataError
from data.keyring import KeyRing
from data.system_errors import line_of, of_os

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

KEY, SECRETS, LOCK = "secrets.key", "secrets.json", "lock"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
REFERENCE = re.compile(r"\$\{secret:([^}]*)\}")
LONGEST = 4_000
"""Characters of a secret."""


class WrongKey(DataError):
    """The text was encrypted with a key that is not available."""


def encrypt(folder: Path, text: str) -> str:
    """Encrypt a text with the newest key; creates a key if there is none. Raises DataError."""
    ring, _made = keyring.read_or_make(folder / KEY)
    return _fernet(ring).encrypt(text.encode()).decode()


def decrypt(folder: Path, token: str, *, seconds: int | None = None) -> str:
    """Decrypt a token. seconds: maximum age. Raises WrongKey, also if it is too old; DataError without a key."""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet(keyring.read(folder / KEY)).decrypt(token.encode(), ttl=seconds).decode()
    except InvalidToken:
        raise WrongKey("key.other", "the key {path} is another: put it back from a backup", path=folder / KEY) from None


def put(folder: Path, name: str, value: str) -> None:
    """Keep a secret under a name, in place of one of before. Raises DataError for an unfit name or value."""
    check_name(name)
    if not value or len(value) > LONGEST or not value.isprintable():
        raise DataError("secret.length", "a secret has 1 to {n} printable characters in one line", n=LONGEST)
    with locked(folder):
        _write(folder, {**_read(folder), name: encrypt(folder, value)})


def check_name(name: str) -> None:
    """Raise DataError for what is no name of a secret."""
    if not NAME.fullmatch(name):
        raise DataError(
            "secret.name",
            "{name} is no name of a secret: use letters, digits, _, - and ., a letter first",
            name=repr(name),
        )


def remove(folder: Path, name: str) -> None:
    """Forget a secret. Raises DataError if there is none."""
    with locked(folder):
        secrets = _read(folder)
        if name not in secrets:
            raise _missing(folder, name)
        del secrets[name]
        _write(folder, secrets)


def names(folder: Path) -> list[str]:
    """The names of all secrets."""
    return sorted(_read(folder))


def secret(folder: Path, name: str) -> str:
    """The secret with this name. Raises DataError if it does not exist."""
    secrets = _read(folder)
    if name not in secrets:
        raise _missing(folder, name)
    return decrypt(folder, secrets[name])


def filled(folder: Path, text: str, quote: Callable[[str], str] = str) -> str:
    """Replace the secret references in a text. quote: applied to each secret unless it is the whole text."""

    def value(match: re.Match[str]) -> str:
        secret_value = secret(folder, match[1])
        return secret_value if match[0] == text else quote(secret_value)

    return REFERENCE.sub(value, text)


def encrypt_again(folder: Path) -> int:
    """Encrypt all named secrets by the newest key; how many there are. The caller holds the lock."""
    secrets = _read(folder)
    if secrets:
        _write(folder, {name: encrypt(folder, decrypt(folder, token)) for name, token in secrets.items()})
    return len(secrets)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock for changing keys and secrets. Raises DataError if the folder is not writable."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise DataError(
            "key.folder_unwritable",
            "the folder of keys {folder} cannot be written: {why}",
            folder=folder,
            why=of_os(error),
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _fernet(ring: KeyRing) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in ring.keys])


def _read(folder: Path) -> dict[str, str]:
    file = folder / SECRETS
    try:
        return {str(name): str(token) for name, token in json.loads(file.read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(
            "secret.unreadable",
            "the file of secrets {file} cannot be read ({why}): put it back from a backup",
            file=file,
            why=line_of(error),
        ) from None


def _write(folder: Path, secrets: dict[str, str]) -> None:
    try:
        keyring.replace(folder / SECRETS, json.dumps(secrets, indent=1, sort_keys=True) + "\n")
    except OSError as error:
        raise DataError(
            "secret.unwritable",
            "the file of secrets {file} cannot be written: {why}",
            file=folder / SECRETS,
            why=of_os(error),
        ) from None


def _missing(folder: Path, name: str) -> DataError:
    return DataError(
        "secret.unknown", "there is no secret {name} in {folder}: keep it with `python -m cockpit secret set {name}`",
        name=name, folder=folder,
    )  # fmt: skip
