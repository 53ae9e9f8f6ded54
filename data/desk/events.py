"""Known events, such as a typhoon or a change of rules, that trends are marked with."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from data.desk import models, typed
from data.desk.errors import Refused
from data.desk.store import Desk

LONGEST = 40
"""Characters of an event's words."""
MOST = 500


@dataclass(frozen=True)
class Event:
    """An event of a day. words: in Chinese and English. area: a code of 12 digits; None where it concerns all."""

    day: date
    zh: str
    en: str
    area: int | None = None
    id: int = 0


def listing(desk: Desk) -> tuple[Event, ...]:
    """All events, the newest first."""
    order = (models.Event.day.desc(), models.Event.id.desc())
    with desk.read() as session:
        rows = session.scalars(select(models.Event).order_by(*order))
        return tuple(Event(row.day, row.zh, row.en, row.area, row.id) for row in rows)


def add(desk: Desk, event: Event) -> int:
    """Keep an event and return its number. Refused without words, with too many, or for one that is there already."""
    texts = (event.zh.strip(), event.en.strip())
    if not all(texts):
        raise Refused("event.words", "an event needs words in both languages")
    if any(len(text) > LONGEST or not typed.is_line(text) for text in texts):
        raise Refused("event.long", "the words of an event have at most {n} characters, in one line", n=LONGEST)
    with desk.alone("events") as session:
        known = listing(desk)
        if len(known) >= MOST:
            raise Refused("event.many", "{n} events are kept already: remove some", n=MOST)
        if any((one.day, one.zh, one.area) == (event.day, texts[0], event.area) for one in known):
            raise Refused("event.twice", "this event is kept already")
        row = models.Event(day=event.day, zh=texts[0], en=texts[1], area=event.area)
        session.add(row)
        session.flush()
        return row.id


def remove(desk: Desk, id: int) -> None:
    """Forget an event. Refused if there is none of this number."""
    with desk.begin() as session:
        row = session.get(models.Event, id)
        if row is None:
            raise Refused("event.unknown", "there is no event {id}", id=id)
        session.delete(row)
