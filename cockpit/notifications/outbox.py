"""The systems that answers to their cases are sent to: a YAML file, COCKPIT_OUTBOX.

```yaml
networks: [10.8.0.0/16]
sources:
  hotline: {url: "https://hotline.example.gov.cn/hooks/cases", secret: "${secret:hotline}", steps: [acknowledge, reply]}
```
"""

import logging
from collections.abc import Collection
from typing import Annotated, Any

from pydantic import Field, model_validator

from cockpit.address import link
from cockpit.errors import UsageError
from cockpit.notifications import channels
from cockpit.notifications.announce import Occasion, announce
from cockpit.notifications.channels import Endpoint, Reachable
from cockpit.settings import Settings
from data.desk.notifications import answers, recipients
from data.desk.notifications.answers import STEPS, Answer, Step
from data.desk.notifications.store import Severity
from data.desk.store import Desk
from data.editions.edition import AnyEdition
from data.ingest.ledger import batch_of
from data.messages import Message

CONFIRMED = Message("notification.answer_confirmed", "Case {number} of {source}: the answer is confirmed")
GIVEN_UP = Message("notification.answer_dead", "Case {number} of {source}: the answer could not be sent")
log = logging.getLogger(__name__)

PREFIX = "outbox/"
"""Of the channel of a source's messages."""
TYPES: dict[Step, str] = {"acknowledge": "case.acknowledged", "reply": "case.replied", "return": "case.returned"}


class Receiver(Endpoint):
    """A system. steps: what it takes."""

    steps: tuple[Step, ...] = Field(STEPS, min_length=1)

    @model_validator(mode="after")
    def _signed(self) -> "Receiver":
        if not self.secret:
            raise ValueError("secret: is missing: answers are signed")
        return self


class Outbox(Reachable):
    """Receivers by the source of their cases."""

    sources: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], Receiver] = Field(default_factory=dict)


NONE = Outbox()


def of(config: Settings) -> Outbox:
    """The outbox of these settings. UsageError that lists the faults."""
    file = config.outbox
    if file is None:
        return NONE
    outbox: Any = channels.cached(file, file.stat().st_mtime_ns, Outbox)
    assert isinstance(outbox, Outbox)
    return outbox


def usable(config: Settings) -> Outbox:
    """As `of`; none where the file is gone or wrong, which is logged."""
    try:
        return of(config)
    except (UsageError, OSError) as error:
        log.warning("no answers are sent: %s", error)
        return NONE


def check(config: Settings) -> None:
    """Raise UsageError for a wrong file or a secret that is not kept."""
    for source, receiver in of(config).sources.items():
        channels.check_secrets(config, receiver, f"sources.{source}")


def confirmed(desk: Desk, edition: AnyEdition, zone_utc: Any) -> list[Answer]:
    """The answers whose case has come in again, by a delivery that began after the answer was sent.

    zone_utc: turns a local time of the ledger into naive UTC.
    """
    return [one for one in answers.unconfirmed(desk) if _came_again(edition, one, zone_utc)]


def produce(desk: Desk, config: Settings, answered: Collection[Answer], *, confirmed: bool) -> None:
    """Notify the author of an answer that it is confirmed or could not be sent. Idempotent."""
    occasions = []
    for one in answered:
        text = CONFIRMED if confirmed else GIVEN_UP
        message = Message(text.code, text.text, source=one.source, number=one.case_key)
        key = f"answer/{one.id}/{'confirmed' if confirmed else one.state}"
        address = link("case", {"source": one.source, "key": one.case_key})
        severity: Severity = "none" if confirmed else "yellow"
        occasion = Occasion(key, "answer", message, one.area, address, severity, to_groups=False)
        occasions.append((occasion, recipients.named(desk, [one.who])))
    announce(desk, config, occasions)


def _came_again(edition: AnyEdition, one: Answer, zone_utc: Any) -> bool:
    rows = edition.unscoped.cursor().execute(
        "SELECT batch FROM cases WHERE source = $1 AND key = $2", [one.source, one.case_key]
    )
    row = rows.fetchone()
    if row is None or row[0] == one.batch or one.sent_at is None:
        return False
    batch = batch_of(edition, row[0])
    return batch is not None and batch.started_at is not None and zone_utc(batch.started_at) > one.sent_at
