"""Addresses of our own pages."""

from collections.abc import Mapping
from urllib.parse import urlencode


def link(page: str, parameters: Mapping[str, object]) -> str:
    """`/page?a=1&b=2`; the cockpit itself is `/`. Parameters that are None or empty are left out."""
    query = urlencode({name: str(value) for name, value in parameters.items() if value not in (None, "")})
    return f"/{'' if page == 'cockpit' else page}" + (f"?{query}" if query else "")
