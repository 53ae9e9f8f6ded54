"""Rate limit of searches per person or system. Typing sends one every 150 ms."""

import hashlib

from cockpit import settings
from data.push import rate_limit

A_SECOND, AT_ONCE = 10.0, 40.0


def wait_of(name: str) -> float:
    """Seconds until `name` may search again. 0 counts as a search."""
    bucket = f"search-{hashlib.blake2b(name.encode(), digest_size=12).hexdigest()}"
    return rate_limit.take(settings.current().data.scratch, bucket, A_SECOND, AT_ONCE)
