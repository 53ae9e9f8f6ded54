"""The files of an item on its card, and the route that serves them."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Can
from cockpit.access.signin.forms import spoken
from cockpit.access.signin.new_session import address_of
from cockpit.actions import attachments as actions
from cockpit.actions.action import Actor, Forbidden
from cockpit.address import link
from cockpit.components.lists.record import Item as Line
from cockpit.components.lists.record import record
from cockpit.components.navigation import header
from cockpit.i18n import _, pgettext, using
from cockpit.labels import format
from cockpit.labels.wording import worded
from cockpit.screens.admin import desk
from cockpit.screens.work import shared
from cockpit.serving.uploads import Offer, uploader
from data.desk.errors import Refused
from data.desk.items import attachments, content
from data.desk.items.item import Item
from data.errors import DataError

PATH = "/files/attachment"
PICTURES = ("jpg", "jpeg", "png", "webp")
OFFER = Offer(Can.ACT, content.MOST_BYTES, 1, (*PICTURES, "pdf"))
MOST_MB = content.MOST_BYTES // 1_000_000
PHOTO = Offer(Can.ACT, content.MOST_BYTES, 1, PICTURES)


def draw(item: Item) -> None:
    """The files with their links, and the field that takes another while the item is open."""
    files = attachments.listing(visitors.desk(), item.id)
    if not files and not item.is_open:
        return
    header.title(_("Files"), note=_("pictures without camera data, or PDF"))
    record(
        [
            Line(
                shared.stamp(one.at), one.name, href=link(PATH.lstrip("/"), {"item": item.number, "id": one.id}),
                note=f"{one.who} · {format.number(max(1, one.size // 1000))} kB",
            )
            for one in files
        ],
        key="files",
    )  # fmt: skip
    if item.is_open and len(files) < attachments.MOST_OF_ITEM:
        _field(item, len(files))


def _field(item: Item, number: int) -> None:
    with st.expander(_("Add a file")):
        given = uploader(
            _("Picture or PDF, up to {n} MB", n=MOST_MB), OFFER, token=guard.token(), key=f"file {item.number} {number}"
        )
        if given and st.button(pgettext("a file", "Add")):
            home, data = settings.current().data, given[0].getvalue()
            work = partial(actions.attach, visitors.desk(), home, shared.actor(), item.number, data)
            desk.act(work, _("The file is added."))


def photo(key: str) -> list[Any]:
    """The field for a photo of something that is being reported; the photo, if one is given."""
    return uploader(_("Photo, up to {n} MB (optional)", n=MOST_MB), PHOTO, token=guard.token(), key=f"photo {key}")


def attached(number: str, photos: Sequence[Any]) -> str:
    """Add photos to an item that has begun; why one was not added, in words."""
    for one in photos:
        try:
            actions.attach(visitors.desk(), settings.current().data, shared.actor(), number, one.getvalue())
        except DataError as error:
            return worded(error)
    return ""


async def serve(request: Request) -> Response:
    """GET with `item` and `id`: the file, as an attachment; recorded. 404 for what the visitor may not see."""
    visitor = visitor_of(request.scope)
    assert visitor, "the gate lets nobody else through"
    given = request.query_params
    number, id = given.get("item", "")[:60], given.get("id", "")
    if not id.isdecimal() or len(id) > 9:
        return _said("there is no such file", 404)
    actor = Actor.holding(visitor.name, visitor.grants, address_of(request))
    with using(spoken(request)):
        try:
            home = settings.current().data
            attachment, data = await run_in_threadpool(actions.read, visitors.desk(), home, actor, number, int(id))
        except Forbidden as error:
            return _said(worded(error), 403)
        except Refused as error:
            return _said(worded(error), 404)
        except DataError as error:
            return _said(worded(error), 503)
    headers = {
        "Content-Disposition": f'attachment; filename="{attachment.name}"', "Cache-Control": "no-store",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }  # fmt: skip
    return Response(data, media_type=attachment.type, headers=headers)


def _said(message: str, status: int) -> Response:
    return PlainTextResponse(f"{message}\n", status, {"Cache-Control": "no-store"})


ROUTES = (Route(PATH, serve),)
