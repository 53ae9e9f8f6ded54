"""Request and outcome."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from data.probe.network.failures import Failure


@dataclass(frozen=True)
class Ask:
    """One request. Redirects are followed if `follow`."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    follow: bool = True


@dataclass(frozen=True)
class Answer:
    """Outcome of a request. `failure` is None if a page came back; `seconds` is the total time.

    picture: of the page where a browser had to show it, WebP. uncertain: the failure may be ours alone, since browsers
    often open such a page and none has looked at it.
    """

    url: str
    at: datetime
    seconds: float
    failure: Failure | None = None
    detail: str = ""
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    final: str = ""
    redirects: tuple[str, ...] = ()
    phases: Mapping[str, float] = field(default_factory=dict)
    address: str = ""
    certificate_ends: datetime | None = None
    picture: bytes = b""
    uncertain: bool = False

    @property
    def ok(self) -> bool:
        return self.failure is None

    @property
    def is_html(self) -> bool:
        kind = self.header("content-type").lower()
        return not kind or "html" in kind

    def header(self, name: str) -> str:
        """The first value of a header, its bytes as Latin-1; empty without one."""
        return next((value for key, value in self.headers if key == name.lower()), "")

    def all_headers(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name.lower()]
