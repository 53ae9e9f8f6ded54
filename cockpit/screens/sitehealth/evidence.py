"""Evidence of a failed check: as a line of a table, and opened."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from cockpit import settings
from cockpit.components.lists.record import Item, record
from cockpit.components.lists.table import Cell, Column, table
from cockpit.components.navigation import header
from cockpit.i18n import _
from cockpit.labels import faults, format, words
from cockpit.view_state import View
from data.probe.evidence import ID, Evidence
from data.probe.network.failures import Failure
from data.probe.web.charset import decode

MOST_BODY = 6_000
PICTURE = "data:image/webp;base64,"
Site = Mapping[str, Any]
Check = Mapping[str, Any]


def key_of(site: Site) -> dict[str, str]:
    return {"source": str(site["source"]), "key": str(site["key"])}


def cell(view: View, site: Site, check: Check) -> Cell:
    """The finding of a failed check in words, with a link to its evidence."""
    if check["passed"]:
        return Cell("")
    text = str(check["evidence"] or "")
    id, texts = ID.search(text), words.listed(faults.texts(text))
    if id is None:
        return Cell(texts)
    href = view.href("site", **key_of(site), evidence=id[0])
    return Cell(texts or _("Evidence"), href, note=_("evidence") if texts else "")


def shown(view: View, site: Site, frame: pd.DataFrame) -> None:
    """The stored evidence of the check in the address, if the check belongs to this site."""
    id = st.query_params.get("evidence", "")
    if not id:
        return
    store = Evidence.of(settings.current().data)
    own = ID.fullmatch(id) and frame["evidence"].fillna("").str.contains(id, regex=False).any()
    stored = store.record(id) if own else None
    header.title(_("Evidence"), links=[(_("Close"), view.href("site", **key_of(site)))])
    if stored is None:
        header.notice(_("This evidence is not kept, or no longer: it stays for 180 days."))
        return
    record(_items(stored, store.body(stored), store.picture(stored)), key="evidence")
    if stored.get("faults"):
        _faults(stored["faults"])


def _items(stored: Mapping[str, Any], body: bytes, picture: bytes) -> list[Item]:
    failure = Failure(stored["failure"]) if stored["failure"] else None
    content_type = next((value for name, value in stored["headers"] if name == "content-type"), "")
    return [
        Item(_("Time"), format.stamp(datetime.fromisoformat(stored["at"]))),
        Item(_("Address asked"), stored["url"]),
        Item(_("Led to"), stored["final"] if stored["final"] != stored["url"] else ""),
        Item(_("Connected to"), stored["address"]),
        Item(_("Result"), faults.named(failure) if failure else f"HTTP {stored['status']}",
             state="red" if failure else "none", note=faults.detail(stored["detail"])),
        Item(_("What to do"), faults.remedy(failure) if failure else ""),
        Item(_("Timing"), _phases(stored["phases"]), note=_("{n} s in all", n=stored["seconds"])),
        Item("SHA-256", stored["body_sha256"]),
        Item(_("Picture"), _("The page as a browser showed it") if picture else "",
             image=PICTURE + b64encode(picture).decode() if picture else ""),
        Item(_("Headers"), "\n".join(f"{name}: {value}" for name, value in stored["headers"]), fold=True),
        Item(_("Page as it came"), decode(body, content_type)[0][:MOST_BODY] if body else "", fold=True),
    ]  # fmt: skip


def _phases(seconds: Mapping[str, float]) -> str:
    named = {
        "dns": _("name"), "connect": _("connection"), "tls": _("encryption"), "answer": _("answer"),
        "body": _("page"), "rest": _("rest"),
    }  # fmt: skip
    return "  ".join(
        _("{phase} {n} s", phase=text, n=f"{seconds[name]:.3f}") for name, text in named.items() if name in seconds
    )


def _faults(faults_listed: Iterable[Mapping[str, Any]]) -> None:
    """The stored findings of axe-core, by element."""
    grave = {"critical": _("critical"), "serious": _("serious"), "moderate": _("moderate"), "minor": _("minor")}
    columns = [
        Column(_("Accessibility fault"), lead=True), Column(_("Impact")), Column(_("Elements"), number=True),
        Column(_("Where, as CSS selectors")),
    ]  # fmt: skip
    rows = [
        [Cell(faults.fault(fault["rule"]), note=fault["rule"]), grave.get(fault["impact"], fault["impact"]),
         format.number(fault["count"]), Cell("   ".join(fault["places"]), code=True)]
        for fault in faults_listed
    ]  # fmt: skip
    table(columns, rows, key="faults")
