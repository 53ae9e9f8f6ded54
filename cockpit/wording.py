"""Messages of the layers below, which speak English alone, in the language of the screens.

A message is known by the text that it is made of: {placeholders} stand for what differs. One that is not known is
shown as it came.
"""

import re
from functools import cache

from cockpit import i18n


def N_(text: str) -> str:
    """Marks a text for the catalogue that is translated elsewhere."""
    return text


REFUSALS = (
    N_("say in a note why: whoever looks at the finding later wants to know"),
    N_("a decision holds on for {days} days"),
    N_("there is no decision {id}"),
    N_("a deduction is named by a short word of a-z, 0-9 and _"),
    N_("points are above 0 and at most {most}"),
    N_("an entry without points cannot be enabled: say how many it costs"),
    N_("say which columns, and after how many months"),
    N_("the pattern of columns cannot be read: {error}"),
)
"""What the desk says to who decides of findings and edits deductions."""

DETAILS = (
    N_("{n} s, waiting for dns"),
    N_("{n} s, waiting for connect"),
    N_("{n} s, waiting for answer"),
    N_("{n} s, waiting for the page's end"),
    N_("more than {n} bytes"),
    N_("more than {n}, the last to {address}"),
    N_("no text, no picture"),
    N_("HTTP {came}, not {wanted}"),
    N_("without “{text}”"),
    N_("content-encoding {coding} was not asked for"),
    N_("the compressed page ends too early"),
    N_("{address} is no address of the web"),
    N_("{host}: no address"),
    N_("{host}: Name or service not known"),
    N_("{host}: No address associated with hostname"),
    N_("{host}: Temporary failure in name resolution"),
    N_("Connection refused"),
    N_("Connection reset by peer"),
    N_("Broken pipe"),
    N_("Network is unreachable"),
    N_("No route to host"),
    N_("Server disconnected without sending a response."),
    N_("peer closed connection without sending complete message body (received {came} bytes, expected {told})"),
    N_("peer closed connection without sending complete message body (incomplete chunked read)"),
    N_("certificate has expired"),
    N_("certificate is not yet valid"),
    N_("self-signed certificate"),
    N_("self-signed certificate in certificate chain"),
    N_("unable to get local issuer certificate"),
    N_("Hostname mismatch, certificate is not valid for '{host}'."),
    N_("IP address mismatch, certificate is not valid for '{host}'."),
    N_("{host} is {address}"),
)
"""What the prober, the system and OpenSSL say of a request that failed."""


LIKE = dict.fromkeys(("n", "id", "host", "address", "coding", "came", "wanted"), r"\S+")
"""What stands for a placeholder holds no blank."""


def worded(message: str) -> str:
    """A message of the layers below in the language spoken."""
    if i18n.language() == "en":
        return message
    for text, pattern in _patterns():
        if found := pattern.fullmatch(message):
            return i18n._(text, **found.groupdict())
    return message


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    return [(text, _pattern(text)) for text in (*REFUSALS, *DETAILS)]


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)
    said = [re.escape(part) if i % 2 == 0 else f"(?P<{part}>{LIKE.get(part, '.+?')})" for i, part in enumerate(parts)]
    return re.compile("".join(said), re.DOTALL)
