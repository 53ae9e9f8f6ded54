"""Progress of the report that this thread makes: reported by its sections, received by a listener."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[str, float], None]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(by: Listener) -> Iterator[None]:
    """Progress reported inside goes to `by`: a step in words and the share done, 0 to 1."""
    token = _listener.set(by)
    try:
        yield
    finally:
        _listener.reset(token)


def report(step: str, share: float) -> None:
    """Report progress; ignored without a listener."""
    if listener := _listener.get():
        listener(step, share)
