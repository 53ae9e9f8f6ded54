"""`/api/v1/assets`: the register of assets, one with its loaded and edited values, edit a value, withdraw an edit."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from cockpit import editions, settings
from cockpit.access import visitors
from cockpit.access.policy import Can
from cockpit.actions import register as actions
from cockpit.actions.action import Actor
from cockpit.actions.action import Forbidden as NotAllowed
from cockpit.actions.register import Change
from cockpit.api import times
from cockpit.api.caller import Caller, Known
from cockpit.api.errors import Forbidden, NotFound
from data.desk.errors import Refused
from data.desk.register import edits
from data.desk.register.edits import EDITABLE, LONGEST_REASON, LONGEST_VALUE
from data.editions.scoped import EVERYTHING, ScopedEdition
from data.schema import ASSETS
from metrics import register

router = APIRouter(tags=["assets"])
MOST = 200
UNKNOWN = ("asset.unknown", "edit.unknown")

Source = Annotated[str, Path(max_length=60, description="the source that registered it")]
Key = Annotated[str, Path(max_length=200, description="its key in that source")]


class AssetOut(BaseModel):
    """A registered asset."""

    source: str
    key: str
    name: str
    kind: str
    area: str = Field(description="code of twelve digits")
    unit: str | None
    registered_at: datetime | None
    retired_at: datetime | None


class Assets(BaseModel):
    """A page of the register. total: at most 2,000 are counted."""

    total: int
    assets: list[AssetOut]


class ValueOut(BaseModel):
    """A column of an asset: the value that applies in the edition, and the loaded one that an edit replaces there."""

    field: str
    value: Any
    edited: bool = Field(description="an edited value applies in this edition")
    loaded: Any = Field(description="as its source has it; null unless edited")
    editable: bool


class EditOut(BaseModel):
    """An edit of a value. It applies from the next edition on, until it is withdrawn or followed by another."""

    id: int
    field: str
    value: str | None
    loaded: str | None
    reason: str
    who: str
    at: datetime
    withdrawn_by: str
    withdrawn_at: datetime | None


class WholeAsset(AssetOut):
    """An asset with its values and edits, the newest edit first."""

    values: list[ValueOut]
    edits: list[EditOut]


class NewEdit(BaseModel):
    """Another value of a column; an empty one for none. reason: why the loaded value is wrong.

    seen: id of the edit that applied when this was decided, 0 for none: refused if it is another by now.
    """

    model_config = ConfigDict(extra="forbid")
    field: str = Field(max_length=40)
    value: str = Field(max_length=LONGEST_VALUE)
    reason: str = Field(max_length=LONGEST_REASON)
    seen: int | None = Field(default=None, ge=0, lt=2**31)


@router.get("/assets", summary="The register of assets")
def listed(
    caller: Known,
    kind: Annotated[str, Query(max_length=40, description="of one kind, such as dataset")] = "",
    q: Annotated[str, Query(max_length=100, description="part of name, key or unit")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> Assets:
    """Those of the caller's areas by name, the retired ones last."""
    ((first, end),) = EVERYTHING
    rows = register.assets(_edition(caller), first, end, kind, q.strip())
    return Assets(total=len(rows), assets=[AssetOut(**_identity(row)) for row in rows[offset : offset + limit]])


@router.get("/assets/{source}/{key:path}", summary="One asset")
def one(caller: Known, source: Source, key: Key) -> WholeAsset:
    """With the value of each column, the loaded one where it is edited, and all edits."""
    return _whole(_edition(caller), source, key)


@router.post("/assets/{source}/{key:path}/edits", summary="Edit a value", status_code=201)
def edit(caller: Known, source: Source, key: Key, new: NewEdit) -> WholeAsset:
    """The asset with its edits. The same edit sent again is kept once."""
    actor, edition = _actor(caller), _edition(caller)
    change = Change(new.field, new.value, new.reason, new.seen)
    _done(lambda: actions.edit_asset(visitors.desk(), actor, edition, source, key, change))
    return _whole(edition, source, key)


@router.post("/assets/{source}/{key:path}/edits/{id}/withdrawal", summary="Withdraw an edit")
def withdraw(caller: Known, source: Source, key: Key, id: Annotated[int, Path(ge=1, lt=2**31)]) -> WholeAsset:
    """The asset with its edits: the loaded value applies again from the next edition on."""
    actor, edition = _actor(caller), _edition(caller)
    _done(lambda: actions.withdraw_edit(visitors.desk(), actor, edition, source, key, id))
    return _whole(edition, source, key)


def _edition(caller: Caller) -> ScopedEdition:
    """The edition as far as the caller manages data. 403 for who manages none."""
    if not caller.grants.may(Can.DATA):
        caller.note("refused", "assets", "refused")
        raise Forbidden("assets.not_allowed", "the register of assets is for accounts that manage data")
    return editions.current(settings.current()).scoped(caller.grants.scope(Can.DATA))


def _actor(caller: Caller) -> Actor:
    """The acting account. 403 for tokens, since only people edit, and for roles without the right."""
    if caller.token or not caller.grants.may(Can.PROPOSE):
        caller.note("refused", "assets", "refused")
        raise Forbidden("assets.no_edits", "assets are edited by accounts with that right, not by tokens")
    return Actor.holding(caller.name, caller.grants, caller.address)


def _done(work: Any) -> None:
    """Do an action; its refusals with their status."""
    try:
        work()
    except NotAllowed as error:
        raise Forbidden.of(error) from None
    except Refused as error:
        if error.message.code in UNKNOWN:
            raise NotFound.of(error) from None
        raise


def _whole(edition: ScopedEdition, source: str, key: str) -> WholeAsset:
    try:
        asset = actions.registered(edition, source, key)
    except Refused as error:
        raise NotFound.of(error) from None
    loaded = register.loaded_values(edition, source, key)
    edited = register.edited_columns(edition, source, key)
    values = [
        ValueOut(
            field=column.name, value=_value(asset.get(column.name)), edited=column.name in edited,
            loaded=_value(loaded.get(column.name)), editable=column.name in EDITABLE,
        )
        for column in ASSETS.exported if column.name not in AssetOut.model_fields or column.name in EDITABLE
    ]  # fmt: skip
    made = [EditOut(**{name: _utc(getattr(row, name)) for name in EditOut.model_fields})
            for row in edits.listing(visitors.desk(), source, key)]  # fmt: skip
    return WholeAsset(**_identity(asset), values=values, edits=made)


def _identity(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(row.get(name)) for name in AssetOut.model_fields} | {"area": f"{int(row['area']):012}"}


def _value(value: Any) -> Any:
    """A value as JSON has it: times with their offset, a missing one as null."""
    if isinstance(value, datetime):
        return times.of_district(value)
    return None if value is None or value != value else getattr(value, "item", lambda: value)()


def _utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
