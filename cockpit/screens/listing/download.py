"""A selection of rows as a file for a spreadsheet."""

from collections.abc import Callable
from hashlib import sha256

import pandas as pd
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from cockpit import settings
from cockpit.access import record
from cockpit.access.gate import visitor_of
from cockpit.access.policy import Can
from cockpit.access.signin.forms import spoken
from cockpit.access.signin.new_session import address_of
from cockpit.access.visitors import Visitor
from cockpit.i18n import language, using
from cockpit.labels import words
from cockpit.labels.names import area_name
from cockpit.labels.spreadsheets import safe_csv
from cockpit.labels.wording import worded
from cockpit.screens.listing import rows
from cockpit.screens.listing.row_table import in_order
from cockpit.screens.listing.rows import Chosen
from cockpit.serving import slow_queries
from cockpit.view import BadParameter, read
from cockpit.view_state import View
from data.desk.errors import DeskError
from data.errors import DataError, TooMany, TooSlow, Unavailable
from data.schema import FACTS
from metrics import rows as facts
from metrics.errors import MetricsError
from metrics.scope import OutOfScope

PATH = "/files/rows.csv"
MOST_IN_FILE = 100_000


def href(view: View, chosen: Chosen) -> str:
    """The address of the selection as a file; empty without the right to export it."""
    if not view.grants.may(Can.EXPORT, view.area.code, view.area.end):
        return ""
    return PATH + view.permalink("rows", **chosen.parameters).removeprefix("/rows")


async def serve(request: Request) -> Response:
    """The rows that the address names, as an attachment. The audit holds the hash of what is given away, or nothing is.

    403 for an area that the visitor may not export, 400 for an address that names nothing, 503 without a desk.
    """
    return await answered(request, _recorded, f"export {request.query_params.get('area', '')}")


async def answered(request: Request, work: Callable[[Visitor, dict[str, str], str], Response], what: str) -> Response:
    """The answer of `work`, which takes the visitor, the parameters and the client's address; a fault in one line.

    what: what the audit says of a refusal.
    """
    visitor = visitor_of(request.scope)
    assert visitor, "the gate requires a session"
    with using(spoken(request)):
        try:
            return await run_in_threadpool(work, visitor, dict(request.query_params), address_of(request))
        except OutOfScope as error:
            address = address_of(request)
            await run_in_threadpool(
                record.note, event="refused", result="refused", visitor=visitor, what=what[:200], address=address
            )
            return _said(worded(error), 403)
        except TooMany as error:
            return _said(worded(error), 429)
        except (DeskError, Unavailable, TooSlow) as error:
            return _said(worded(error), 503)
        except (MetricsError, DataError) as error:
            return _said(worded(error), 400)
        except BadParameter as error:
            return _said(str(error), 400)


def _recorded(visitor: Visitor, parameters: dict[str, str], address: str) -> Response:
    slow_queries.asks(slow_queries.Asker(visitor.name))
    view = read(parameters, settings.current(), visitor.grants)
    check_export(view, visitor)
    chosen = rows.read(view, parameters)
    return attachment(visitor, view, file(view, chosen, language()), file_name(view, chosen), address)


def check_export(view: View, visitor: Visitor) -> None:
    """OutOfScope unless the visitor may export of the view's area."""
    if not visitor.grants.may(Can.EXPORT, view.area.code, view.area.end):
        raise OutOfScope("rows.no_right", "your roles do not let you export rows of {area}", area=view.area.name)


def attachment(visitor: Visitor, view: View, made: bytes, name: str, address: str) -> Response:
    """A CSV file, once the audit has its hash. DeskError if it cannot be written: then nothing is given away."""
    what = f"{name} {view.edition.id} sha256:{sha256(made).hexdigest()}"
    record.write(visitor=visitor, event="export", what=what, address=address)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(made, media_type="text/csv; charset=utf-8", headers=headers)


def _said(message: str, status: int) -> Response:
    return PlainTextResponse(f"{message}\n", status, {"Cache-Control": "no-store"})


def file_name(view: View, chosen: Chosen) -> str:
    """`backlog-rest-990101000000-2026-11-01-2026-11-30.csv`: the first and the last day, as in the names of reports."""
    parts = (view.metric.id, chosen.selection.part, view.area.code, view.period.start, view.period.last)
    return "-".join(str(part) for part in parts if part) + ".csv"


def file(view: View, chosen: Chosen, spoken: str) -> bytes:
    """The selection as CSV for a spreadsheet, at most MOST_IN_FILE rows; made on request, outside a page's run."""
    with using(spoken):
        frame = facts.rows(chosen.query, in_order(view, chosen.selection), limit=MOST_IN_FILE)
        return safe_csv(_for_people(view, frame)).encode("utf-8-sig")


def _for_people(view: View, frame: pd.DataFrame) -> pd.DataFrame:
    """Headings and enumerations in words, the name of the area next to its code."""
    fact = FACTS[view.catalog.domain(view.metric).fact]
    if "area" in frame:
        names = {code: area_name(view.edition, code) for code in frame["area"].unique()}
        frame.insert(list(frame.columns).index("area") + 1, "area_name", frame["area"].map(names))
    for name in (c.name for c in fact.columns if c.words and c.name in frame):
        frame[name] = frame[name].map({value: words.value(name, value) for value in frame[name].dropna().unique()})
    return frame.rename(columns=lambda name: words.column(name, fact.name))


ROUTES = (Route(PATH, serve),)
