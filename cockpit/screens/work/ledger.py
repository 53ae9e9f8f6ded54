"""The ledger of work items as a file, and random samples for inspection: by the right to export, recorded."""

import secrets
from collections.abc import Sequence
from hashlib import sha256

import pandas as pd
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cockpit import editions, settings
from cockpit.access import record
from cockpit.access.gate import visitor_of
from cockpit.access.policy import MATRIX, Can, Grants
from cockpit.access.signin.forms import spoken
from cockpit.access.signin.new_session import address_of
from cockpit.access.visitors import Visitor, desk
from cockpit.address import link
from cockpit.i18n import _, using
from cockpit.labels import format
from cockpit.labels.names import area_name
from cockpit.labels.spreadsheets import safe_csv
from cockpit.labels.wording import worded
from cockpit.nav import here
from cockpit.screens.work import shared
from data.desk import clock
from data.desk.items import lists
from data.desk.items.item import Item
from data.desk.items.lists import VIEWS, Filter, Reader
from data.errors import DataError

PATH = "/files/items.csv"
MOST_IN_FILE = 20_000
SIZES = (10, 20, 50)
"""Items of a sample."""
PARAMETERS = ("show", "kind", "state", "owner", "q", "sample", "lang")


def exporter(name: str, grants: Grants) -> Reader:
    """Who exports: an account with its roles that may."""
    return Reader(name, tuple(held for held in grants.held if {Can.EXPORT, Can.ACT} <= MATRIX[held.role]))


def ways() -> list[tuple[str, str]]:
    """The ledger as a file and new samples, of the list that the address shows."""
    given = {name: st.query_params[name] for name in PARAMETERS if name in st.query_params}
    file = [(_("Download CSV"), link(PATH.lstrip("/"), given))]
    seed = secrets.randbelow(10**6)
    samples = [(_("Sample of {n}", n=n), here(sample=f"{n}-{seed}", page=None)) for n in SIZES]
    return [*file, *samples, *([(_("Whole list"), here(sample=None))] if given.get("sample") else [])]


def read_sample(text: str) -> tuple[int, int] | None:
    """Size and seed of a sample as an address has them, such as `20-123456`."""
    size, dash, seed = text.partition("-")
    if not dash or not (size.isdecimal() and seed.isdecimal()) or len(size) > 3 or len(seed) > 6:
        return None
    return int(size), int(seed)


async def serve(request: Request) -> Response:
    """The items of the list that the address names, as an attachment, once the audit has its hash.

    403 without the right to export, 503 without a desk.
    """
    visitor = visitor_of(request.scope)
    assert visitor, "the gate lets nobody else through"
    reader = exporter(visitor.name, visitor.grants)
    if not reader.held:
        note = {"event": "refused", "what": "export items", "result": "refused", "address": address_of(request)}
        await run_in_threadpool(record.note, visitor=visitor, **note)
        return PlainTextResponse("no right to export\n", 403, {"Cache-Control": "no-store"})
    with using(spoken(request)):
        try:
            given = dict(request.query_params)
            return await run_in_threadpool(_recorded, visitor, reader, given, address_of(request))
        except DataError as error:
            return PlainTextResponse(f"{worded(error)}\n", 503, {"Cache-Control": "no-store"})


def _recorded(visitor: Visitor, reader: Reader, given: dict[str, str], address: str) -> Response:
    view: lists.View = next((view for view in VIEWS if view == given.get("show")), "all")
    only = Filter(given.get("kind", ""), given.get("state", ""), given.get("owner", ""), given.get("q", "").strip())
    sample = read_sample(given.get("sample", ""))
    now = clock.now()
    if sample:
        items = lists.sample(desk(), reader, view, now, only, *sample)
    else:
        items = lists.items(desk(), reader, view, now, only, most=MOST_IN_FILE)
    made = safe_csv(_frame(items)).encode("utf-8-sig")
    what = f"items {view} {only.kind} {given.get('sample', '')} {len(items)} sha256:{sha256(made).hexdigest()}"
    record.write(visitor=visitor, event="export", what=" ".join(what.split()), address=address)
    name = f"items-{view}{f'-{only.kind}' if only.kind.isidentifier() else ''}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made, media_type="text/csv; charset=utf-8", headers=headers)


def _frame(items: Sequence[Item]) -> pd.DataFrame:
    """The items in words. Without the accounts that began them or have them in hand: the ledger is about matters."""
    edition = editions.current(settings.current())
    names = (_("Number"), _("Kind"), _("State"), _("Title"), _("Area"), _("Responsible unit"), _("Begun at"),
             _("Deadline"), _("Overdue"), _("Changed"), _("Colour"))  # fmt: skip
    now = clock.now()
    rows = [
        (item.number, shared.kind_name(item), shared.state_name(item), item.title, area_name(edition, item.area),
         item.unit or "", shared.stamp(item.opened_at), shared.stamp(item.due_at) if item.due_at else "",
         _("Yes") if shared.is_overdue(item, now) else _("No"), shared.stamp(item.changed_at),
         shared.colour_name(item.colour(now)))
        for item in items
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(names))


def in_words(sample: tuple[int, int]) -> str:
    """`抽查样本 20 件（种子 123456）`"""
    return _("Sample of {n}, seed {seed}", n=format.number(sample[0]), seed=str(sample[1]))


ROUTES = (Route(PATH, serve),)
