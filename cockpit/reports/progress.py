"""How far the report is that is being made here: told by whoever reads its rows, heard by whoever waits for it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, float], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard(by: Listener) -> Iterator[None]:
    """What is told inside goes to `by`: a step in words and the share done, 0 to 1."""
    token = _listener.set(by)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(step: str, share: float) -> None:
    """Say how far the report is; nobody may be listening."""
    if listener := _listener.get():
        listener(step, share)
