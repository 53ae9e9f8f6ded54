"""Others change the rows between the drawing of a form and the click: nothing else is changed, and one line says so."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import settings
from cockpit.access import guard, visitors
from cockpit.screens.admin import limits as screen_of_limits
from cockpit.screens.admin import registry as screen_of_registry
from data.areas.levels import end_of
from data.desk import clock, events, models
from data.desk.alerting import models as alerting
from data.desk.alerting import silences
from data.desk.alerting.silences import Silence
from data.desk.assessing import schemes
from data.desk.assessing.schemes import SchemeLine
from data.desk.identity import tokens
from data.desk.notifications import dispatches
from data.desk.notifications import models as notifications
from data.desk.register import edits, limits
from data.desk.register.edits import Wanted
from tests.cockpit.conftest import EVERYWHERE, session_of
from tests.cockpit.pages.conftest import Screen, words
from tests.factory import DISTRICT

GONE, CHOOSE, TYPED = "已被他人处理，请重新查看", "请先从列表中选择一项", "依据不足，请补充"
TABLES = (
    models.Limit, models.AssessmentScheme, alerting.Silence, models.Token, notifications.Dispatch, models.AssetEdit,
    models.Event,
)  # fmt: skip


def _limit(n: int, who: str = "other") -> int:
    what = limits.Proposal("on_time_rate", DISTRICT, "", f"< {20 + n}", date(2026, 10, n), f"文件{n}")
    return limits.propose(visitors.desk(), what, who)


def _approved(n: int) -> int:
    limits.decide(visitors.desk(), id := _limit(n), "leader", approve=True)
    return id


def _scheme(n: int, who: str = "other") -> int:
    lines = tuple(SchemeLine(metric, 50, 90, 50) for metric in ("on_time_rate", "satisfaction_rate"))
    what = schemes.Proposal(f"own{n}", f"方案{n}", f"Scheme {n}", "town", "quarter", 10, lines, DISTRICT,
                            date(2026, 10, n), "文件")  # fmt: skip
    return schemes.propose(visitors.desk(), what, who)


def _silence(n: int) -> int:
    one = Silence("", DISTRICT, end_of(DISTRICT), f"系统割接{n}", clock.now() + timedelta(days=n), "li")
    return silences.add(visitors.desk(), one)


def _token(n: int) -> int:
    expires = clock.now() + timedelta(days=9)
    tokens.issue(visitors.desk(), f"系统{n}", sources=("hotline",), expires_at=expires)
    return max(one.id for one in tokens.listing(visitors.desk()))


def _message(n: int) -> int:
    with visitors.desk().begin() as session:
        row = notifications.Dispatch(key=f"m{n}", channel="hotline", content="{}", state="dead", made_at=clock.now(),
                              due_at=clock.now(), tries=9)  # fmt: skip
        session.add(row)
        session.flush()
        return row.id


def _edit(n: int) -> int:
    field = ("vendor", "unit", "name")[n % 3]
    return edits.edit(visitors.desk(), Wanted("register", "site", field, f"值{n}", None, "合同变更"), "other")


def _event(n: int) -> int:
    return events.add(visitors.desk(), events.Event(date(2026, 11, n), f"事件{n}", f"Event {n}"))


@dataclass(frozen=True)
class Form:
    """A form that acts on a row of a list. add: another row. settle: what somebody else does with one."""

    page: str
    role: str
    label: str
    buttons: tuple[str, ...]
    add: Callable[[int], int]
    settle: Callable[[int], object]
    typed: bool = False
    address: tuple[tuple[str, str], ...] = ()


def _with(work: Callable[..., object], *after: Any, **named: Any) -> Callable[[int], object]:
    return lambda id: work(visitors.desk(), id, *after, **named)


def _version(id: int) -> int:
    return limits.find(visitors.desk(), id).version


OWN = f"data_officer-{EVERYWHERE}"
FORMS = {
    "decide limit": Form("limits", "leader", "提出的阈值", ("批准", "驳回"), _limit,
                         _with(limits.decide, "sun", approve=True), typed=True),
    "withdraw limit": Form("limits", "data_officer", "本人提出的阈值", ("撤回",), partial(_limit, who=OWN),
                           _with(limits.decide, "sun", approve=True)),
    "end limit": Form("limits", "leader", "阈值", ("终止",), _approved,
                      lambda id: limits.end(visitors.desk(), id, "sun", date(2026, 11, 28), version=_version(id))),
    "decide scheme": Form("schemes", "leader", "提出的方案", ("批准", "驳回"), _scheme,
                          _with(schemes.decide, "sun", approve=True), typed=True),
    "withdraw scheme": Form("schemes", "data_officer", "本人提出的方案", ("撤回",), partial(_scheme, who=OWN),
                            _with(schemes.decide, "sun", approve=True)),
    "end silence": Form("alerts", "leader", "静默项", ("结束静默",), _silence, _with(silences.end)),
    "revoke token": Form("grants", "security_admin", "令牌", ("撤销",), _token, _with(tokens.revoke)),
    "messages": Form("data", "data_officer", "编号", ("重新发送", "放弃"), _message,
                     lambda id: dispatches.discard(visitors.desk(), [id])),
    "withdraw edit": Form("registry", "data_officer", "修改", ("撤回",), _edit, _with(edits.withdraw, "sun"),
                          address=(("asset_source", "register"), ("asset", "site"))),
    "remove event": Form("data", "data_officer", "事件", ("删除事件",), _event, _with(events.remove)),
}  # fmt: skip
CLICKS = [pytest.param(form, button, id=f"{name} {button}") for name, form in FORMS.items() for button in form.buttons]


@pytest.fixture(autouse=True)
def _clean(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for module in (screen_of_limits, screen_of_registry):
        monkeypatch.setattr(module, "publish_decided_in_background", lambda: None)
    screen("dictionary")
    _empty()
    yield
    _empty()


def _empty() -> None:
    with visitors.desk().begin() as session:
        for table in TABLES:
            session.query(table).delete()


@pytest.fixture
def opened(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Callable[[Form], AppTest]:
    def sign_in_and_open(form: Form) -> AppTest:
        monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, (form.role,)))
        return screen(form.page, **dict(form.address))

    return sign_in_and_open


def rows() -> list[list[dict[str, Any]]]:
    """Everything that the desk keeps of these rows."""
    with visitors.desk().read() as session:
        return [
            sorted(
                ({c.key: getattr(row, c.key) for c in table.__mapper__.column_attrs} for row in session.query(table)),
                key=lambda row: row["id"],
            )
            for table in TABLES
        ]


def box(page: AppTest, form: Form) -> Any:
    (found,) = [one for one in page.selectbox if one.label == form.label]
    return found


def press(page: AppTest, form: Form, button: str) -> AppTest:
    if form.typed:
        next(one for one in page.text_input if one.label == "原因").set_value(TYPED)
    next(one for one in reversed(page.button) if one.label == button).click().run()
    assert not page.exception, page.exception
    return page


@pytest.mark.parametrize(("form", "button"), CLICKS)
def test_a_row_that_is_gone_takes_no_other_with_it(opened: Callable[[Form], AppTest], form: Form, button: str) -> None:
    ids = [form.add(n) for n in (1, 2, 3)]
    page = opened(form)
    shown = box(page, form).value
    assert shown in ids
    form.settle(shown)
    before = rows()
    press(page, form, button)
    assert rows() == before
    assert GONE in words(page)
    assert box(page, form).value is None, "nothing is chosen that nobody chose"
    press(page, form, button)
    assert rows() == before
    assert CHOOSE in words(page)
    if form.typed:
        assert TYPED in [one.value for one in page.text_input]


@pytest.mark.parametrize(("form", "button"), CLICKS)
def test_a_row_that_comes_first_does_not_take_the_place_of_the_one_shown(
    opened: Callable[[Form], AppTest], form: Form, button: str
) -> None:
    form.add(2)
    page = opened(form)
    shown = box(page, form).value
    others = [form.add(n) for n in (1, 3)]
    before = rows()
    press(page, form, button)
    assert GONE not in words(page)
    changed = [row["id"] for old, new in zip(before, rows(), strict=True) for row in old if row not in new]
    assert changed == [shown]
    assert not set(changed) & set(others)


@pytest.mark.parametrize(("form", "button"), CLICKS)
def test_the_last_row_that_is_gone_is_said(opened: Callable[[Form], AppTest], form: Form, button: str) -> None:
    form.add(1)
    page = opened(form)
    form.settle(box(page, form).value)
    before = rows()
    press(page, form, button)
    assert rows() == before
    assert GONE in words(page)
    if form.typed:
        assert f"您填写的内容：{TYPED}" in words(page)


def test_rows_of_one_title_are_told_apart(opened: Callable[[Form], AppTest]) -> None:
    form = FORMS["end silence"]
    ids = [form.add(1), form.add(1)]
    with visitors.desk().begin() as session:
        until = {session.get_one(alerting.Silence, id).until for id in ids}
        for id in ids:
            session.get_one(alerting.Silence, id).until = max(until)
    page = opened(form)
    assert len(set(box(page, form).options)) == 2
    for id in ids:
        box(page, form).set_value(id)
        press(page, form, "结束静默")
        assert id not in [one.id for one in silences.listing(visitors.desk())]
