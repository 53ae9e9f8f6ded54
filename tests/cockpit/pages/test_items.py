"""Work items on screen: begin one from a red, find it in the inbox, do its steps, by those who may."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from cockpit import editions, settings
from cockpit.access import guard, visitors
from cockpit.access.policy import Held
from cockpit.screens import alerts as alert_screen
from cockpit.screens.timemap import screen as timemap
from cockpit.screens.work import card
from cockpit.workflows.desk_source import rules
from data.areas.levels import end_of
from data.desk import clock
from data.desk.alerting import alerts
from data.desk.alerting.alerts import Observed
from data.desk.items import lists, store
from data.desk.items.item import Item
from data.desk.items.lists import Reader
from data.desk.items.store import Beginning
from tests.cockpit.conftest import session_of
from tests.cockpit.pages.conftest import Screen, drawn, lines, parameters, words
from tests.factory import DISTRICT, TOWNS, VILLAGES

WATCHER = Reader("somebody", (Held("leader", DISTRICT, end_of(DISTRICT)),))


def begun(title: str, kind: str = "order", area: int = VILLAGES[0]) -> Item:
    """An item that another account has begun."""
    known = rules(settings.current())
    urgency = {"urgency": "normal", "category": "lighting"} if kind == "event" else {}
    beginning = Beginning(kind, title, area, {"matter": "修好", **urgency})
    return store.start(visitors.desk(), known, beginning, key=f"{title}{clock.now()}", actor="li").item


def pressed(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception, page.exception
    return page


def newest() -> Item:
    items = lists.items(visitors.desk(), WATCHER, "all", clock.now(), most=500)
    return max(items, key=lambda item: item.id)


def test_an_order_is_begun_about_a_red(screen: Screen) -> None:
    given = {"kind": "order", "origin": "red", "ref": f"backlog {VILLAGES[0]}", "title": "新河村 积压件数"}
    given["area"] = str(VILLAGES[0])
    page = screen("start", lang="en", **given)
    page.text_area[0].set_value("查明原因并整改，电话 13812345678")
    pressed(page, "Begin")
    item = newest()
    assert (item.kind, item.origin, item.title) == ("order", "red", given["title"])
    assert item.number in words(page)


def test_the_search_finds_a_new_item_by_number_and_title_for_those_who_may_see_it(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen("search")
    item = begun("河边护栏松动")
    for text in (item.number, item.number.lower(), "护栏松"):
        found = screen("search", q=text)
        assert item.title in drawn(found, "table")[0]["rows"][0][0]["text"], text
    token = session_of(settings.current().desk_url, ("cadre",), VILLAGES[2])
    monkeypatch.setattr(guard, "token", lambda: token)
    assert item.title not in words(screen("search", q="护栏松"))


def test_an_order_about_selected_rows_is_of_their_common_area_and_their_cases_show_it(screen: Screen) -> None:
    rows = screen("rows", metric="backlog", area=DISTRICT, lang="en")
    (order,) = (a for a in drawn(rows, "table")[-1]["picks"]["actions"] if a["text"] == "Begin an order")
    given = parameters(order["href"]) | {"pick": "hotline/H000,hotline/H006"}  # both of the same village
    page = screen("start", **given)
    page.text_area[0].set_value("一并办理")
    pressed(page, "Begin")
    item = newest()
    assert (item.origin, item.area) == ("row", VILLAGES[0])
    shown = lines(screen("case", source="hotline", key="H006", lang="en"))
    assert item.number in [line["text"] for line in shown.values()]
    card = lines(screen("item", item=item.number, lang="en"))["About the case"]
    assert parameters(card["href"])["source"] == "hotline"
    assert not any(item.number in line["text"] for line in lines(screen("case", source="hotline", key="H003")).values())


@pytest.mark.parametrize(
    ("page", "given", "label", "reference"),
    [
        ("passport", {"metric": "backlog"}, "red", f"backlog {VILLAGES[0]}"),
        ("rows", {"metric": "backlog"}, "red", f"backlog {VILLAGES[0]}"),
        ("case", {"source": "hotline", "key": "H000"}, "case", "hotline/H000"),
        ("cockpit", {}, "area", f"{VILLAGES[0]}"),
    ],
)
def test_a_note_begins_and_is_read_where_its_subject_is_shown_with_the_data_of_then(
    screen: Screen, page: str, given: dict[str, str], label: str, reference: str
) -> None:
    where = given | {"area": str(VILLAGES[0])}
    (href,) = (href for text, href in actions(screen(page, lang="en", **where)) if text == "Begin: Note")
    begin = parameters(href)
    assert (begin["origin"], begin["ref"]) == (label, reference)
    form = screen("start", **begin)
    form.text_area[0].set_value("与现场情况不符，电话 13812345678")
    pressed(form, "Begin")
    item = newest()
    shown = screen(page, lang="en", **where)
    (line,) = (line for record in drawn(shown, "record") for line in record["items"] if item.number in str(line))
    assert "与现场情况不符" in str(line)
    assert "13812345678" not in str(line)
    assert f"on the data of {view_edition()}" in str(line)
    assert (item.is_open, item.turn) == (True, ""), "it waits for nobody"


def actions(page: AppTest) -> list[tuple[str, str]]:
    """The buttons that lead somewhere."""
    return [(text, href) for bar in drawn(page, "actions") for text, href in bar["links"]]


def view_edition() -> str:
    return str(editions.current(settings.current()).id)


def test_an_alert_that_has_become_an_order_leads_to_it(screen: Screen) -> None:
    screen("inbox")
    observation = Observed("other_rule", VILLAGES[1], "backlog", value=9.0)
    stay = dict.fromkeys(alert_screen.rules(), 1000000.0)  # the alerts of other tests do not end by this
    (id,) = alerts.settle(visitors.desk(), "one", clock.now(), [observation], stay).fired
    page = screen("alerts", alert=id, lang="en")
    (data,) = (d for d in drawn(page, "actions") if any(text == "Begin: Order" for text, _href in d["links"]))
    href = dict(data["links"])["Begin: Order"]
    page = screen("start", **parameters(href))
    page.text_area[0].set_value("查明原因")
    pressed(page, "Begin")
    item = newest()
    page = screen("alerts", alert=id, lang="en")
    assert item.number in [line["text"] for line in lines(page).values()]
    assert "False alarm" not in [button.label for button in page.button]
    assert not any("Begin: Order" in dict(d["links"]) for d in drawn(page, "actions"))


def test_an_alert_about_an_item_names_it_and_its_deadline(screen: Screen) -> None:
    screen("inbox")
    item = begun("沿河管线移位", kind="event")
    observation = Observed("item_due", item.area, name=item.number, source=alerts.DESK, key=item.number, value=48.0)
    stay = dict.fromkeys(alert_screen.rules(), 1000000.0)
    (id,) = alerts.settle(visitors.desk(), "two", clock.now(), [observation], stay).fired
    (row,) = (
        [cell["text"] + cell["note"] for cell in row]
        for data in drawn(screen("alerts", lang="en"), "table")
        for row in data["rows"]
        if row[0]["text"] == item.number
    )
    assert row[0] == f"{item.number}沿河管线移位"
    assert row[2].endswith("left")
    assert "沿河管线移位" in words(screen("alerts", alert=id, lang="en"))


def test_a_form_without_a_title_says_what_is_missing_and_stores_nothing(screen: Screen) -> None:
    page = screen("start", kind="order", lang="en")
    before = store.count(visitors.desk())
    assert "a title has 1 to" in words(pressed(page, "Begin"))
    assert store.count(visitors.desk()) == before


@pytest.mark.parametrize("kind", ["", "nothing", "not theirs"])
@pytest.mark.parametrize("role", ["leader", "cadre", "data_officer"])
def test_begin_without_a_kind_that_is_ones_to_begin_offers_those_that_are(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, role: str, kind: str | None
) -> None:
    monkeypatch.setattr(guard, "token", lambda: session_of(settings.current().desk_url, (role,), VILLAGES[0]))
    flows = rules(settings.current()).flows
    kind = (
        next((id for id, flow in flows.items() if role not in flow.start.roles), "nothing")
        if kind == "not theirs"
        else kind
    )
    page = screen(
        "start", area=VILLAGES[0], lang="en", origin="area", ref=str(VILLAGES[0]), **({"kind": kind} if kind else {})
    )
    offered = [dict(parameters(href)) for bar in drawn(page, "actions") for _text, href in bar["links"]]
    for given in offered:
        assert (given["origin"], given["ref"]) == ("area", str(VILLAGES[0]))
        assert screen("start", **given).text_input, given
    begun_so = {id for id, flow in flows.items() if role in flow.start.roles and "area" in flow.origins}
    assert {given["kind"] for given in offered} == begun_so
    assert bool(offered) == (role != "data_officer")


def test_an_unknown_kind_or_number_is_one_line(screen: Screen) -> None:
    assert "There is no kind of item “nothing”." in words(screen("start", kind="nothing", lang="en"))
    assert "No such item" in words(screen("item", item="DB20260101-99999", lang="en"))


def test_the_inbox_lists_what_waits_and_its_cards_lead_to_the_item(screen: Screen) -> None:
    screen("inbox")
    item = begun("<b>路灯</b>")
    (data,) = drawn(screen("inbox", lang="en", show="mine"), "todo")
    card = next(card for card in data["cards"] if item.number in card["facts"])
    assert (card["title"], parameters(card["href"])["item"]) == ("<b>路灯</b>", item.number)
    assert [count["text"] for count in data["counts"]] == [
        "For me", "Waiting for others", "Overdue", "All open", "Closed",
    ]  # fmt: skip


def test_a_step_is_done_on_the_card_and_says_that_figures_follow(screen: Screen) -> None:
    screen("inbox")
    item = begun("电梯停运", "event")
    page = screen("item", item=item.number, lang="en")
    assert "Not in the figures yet" in words(page)
    assert "Done: Accept" in words(pressed(page, "Accept"))
    after = store.find(visitors.desk(), item.number)
    assert after
    assert after.state == "accepted"
    assert "Accept" not in [button.label for button in page.button]


def test_a_card_that_somebody_else_has_changed_meanwhile_says_so(screen: Screen) -> None:
    screen("inbox")
    item = begun("电梯停运", "event")
    page = screen("item", item=item.number, lang="en")
    known = rules(settings.current())
    with visitors.desk().begin():
        locked = store.lock(visitors.desk(), known, item.number)
        store.append(visitors.desk(), known, locked, "refuse", {"reason": "重复"}, key=f"k{clock.now()}", actor="qian")
    assert "somebody has changed the item" in words(page.run()), "the click on a form that is gone was not heard"
    assert "somebody has changed the item" not in words(page.run())


def test_the_map_says_how_many_items_are_newer_than_its_data(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timemap, "own_box", lambda *_area: (118.0, 32.0, 118.2, 32.2))

    def newer(area: int) -> int:
        found = re.search(r"(\d+) work items? that began after the data of", words(screen("map", area=area, lang="en")))
        return int(found[1]) if found else 0

    before = newer(VILLAGES[1]), newer(VILLAGES[2])
    begun("电梯停运", area=VILLAGES[1])
    assert (newer(VILLAGES[1]), newer(VILLAGES[2])) == (before[0] + 1, before[1])


@pytest.mark.parametrize(
    ("kind", "steps", "opened"),
    [
        ("order", ("request_extension", "reply"), "reply"),
        ("order", ("urge", "suspend", "cancel"), "urge"),
        ("project", ("progress", "complete"), "progress"),
        ("event", ("accept",), ""),
        ("event", ("accept", "refuse", "merge", "void"), ""),
        ("event", ("merge", "dispatch", "void"), "dispatch"),
        ("event", ("refuse", "merge"), "refuse"),
        ("order", ("sign", "refuse"), ""),
    ],
)
def test_the_form_of_the_main_step_is_open(kind: str, steps: tuple[str, ...], opened: str) -> None:
    flow = rules(settings.current()).flows[kind]
    state = flow.transitions[steps[0]].from_[0]
    assert card.open_step(flow, state, {id: flow.transitions[id] for id in steps}) == opened


def refused(screen: Screen, step: str, label: str) -> tuple[Item, AppTest]:
    """A page whose step was sent, with a reason, after somebody else had accepted the event."""
    screen("inbox")
    known, item = rules(settings.current()), begun("路灯不亮", "event")
    page = screen("item", item=item.number, lang="en")
    next(field for field in page.text_area if f" {step} " in str(field.key)).set_value("与昨天的一件相同")
    with visitors.desk().begin():
        locked = store.lock(visitors.desk(), known, item.number)
        store.append(visitors.desk(), known, locked, "accept", {}, key=f"k{clock.now()}", actor="qian")
    pressed(page, label)
    assert "somebody has changed the item" in words(page)
    after = store.find(visitors.desk(), item.number)
    assert after
    assert after.state == "accepted"
    return item, page


def test_a_reason_of_a_step_that_is_not_possible_any_more_is_shown(screen: Screen) -> None:
    item, page = refused(screen, "refuse", "Do not accept")
    assert lines(page)["Do not accept · Reason"]["text"] == "与昨天的一件相同"
    assert "与昨天的一件相同" in str(drawn(page.run(), "record")), "until another step is done"
    next(box for box in page.selectbox if box.label.startswith("Responsible unit")).set_value("区城管局")
    pressed(page, "Dispatch")
    after = store.find(visitors.desk(), item.number)
    assert after
    assert after.state == "dispatched"
    assert "与昨天的一件相同" not in str(drawn(page, "record"))


def test_a_reason_of_a_step_that_is_possible_still_stands_in_its_form(screen: Screen) -> None:
    item, page = refused(screen, "merge", "Merge")
    assert "与昨天的一件相同" in [field.value for field in page.text_area]
    pressed(page, "Merge")
    after = store.find(visitors.desk(), item.number)
    assert after
    assert after.state == "merged"


def test_an_order_about_a_red_names_who_holds_it(screen: Screen) -> None:
    given = {"kind": "order", "origin": "red", "ref": f"backlog {DISTRICT}", "title": "积压件数", "area": str(DISTRICT)}

    def unit(**more: str) -> str | None:
        page = screen("start", lang="en", **(given | more))
        return next(box.value for box in page.selectbox if box.label.startswith("Responsible unit"))

    assert unit() is None
    assert unit(holder="区城管局") == "区城管局"
    assert unit(ref=f"backlog {DISTRICT} 区城管局") == "区城管局"
    assert unit(holder="没有的单位") is None


def test_own_steps_are_not_called_those_of_somebody_else(screen: Screen) -> None:
    screen("inbox")
    page = screen("item", item=begun("电梯停运", "event").number, lang="en")
    assert "somebody has changed the item" not in words(pressed(page, "Accept"))


def test_who_has_no_step_is_told_whom_the_item_waits_for(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """And of which clock its deadline is."""
    screen("inbox")
    item = begun("等待下达")
    with monkeypatch.context() as nobody:
        nobody.setattr(card, "open_transitions", lambda *_given: {})
        page = screen("item", item=item.number, lang="en")
    assert "No step is open to you now: it waits for supervisor." in words(page)
    begun_event = begun("电梯停运", "event")
    clock_name = rules(settings.current()).flow("event").clocks[str(begun_event.clock)].name["en"]
    assert lines(screen("item", item=begun_event.number, lang="en"))["Deadline"]["note"].startswith(f"{clock_name}; ")


def test_item_is_hidden_from_users_of_other_areas(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    screen("inbox")
    item = begun("保密的标题")
    other = session_of(settings.current().desk_url, ("official",), TOWNS[1])
    monkeypatch.setattr(guard, "token", lambda: other)
    page = screen("item", item=item.number, lang="en")
    assert "No such item" in words(page)
    assert item.title not in words(page)
    assert item.number not in str(drawn(screen("inbox", show="all"), "todo"))


def test_the_board_counts_by_unit_and_state_and_its_counts_lead_to_their_items(screen: Screen) -> None:
    screen("inbox")
    item = begun("看板上的件", "wish")
    page = screen("board", kind="wish", lang="en")
    board = drawn(page, "table")[-1]
    assert [column["text"] for column in board["columns"]] == ["Unit", "Collected", "Total"]
    cell = board["rows"][0][1]
    (data,) = drawn(screen("inbox", **parameters(cell["href"])), "todo")
    assert len(data["cards"]) == int(cell["text"].split()[0])
    assert item.number in str(data["cards"])
    (data,) = drawn(screen("inbox", show="all", q="看板上", lang="en"), "todo")
    assert [card["title"] for card in data["cards"]] == [item.title]


def test_an_event_takes_its_title_from_its_category_and_proposes_the_unit(screen: Screen) -> None:
    cockpit = screen("cockpit", area=VILLAGES[0])
    (data,) = (d for d in drawn(cockpit, "actions") if any(text == "一键上报" for text, _href in d["links"]))
    page = screen("start", **parameters(dict(data["links"])["一键上报"]))
    page.pills[0].set_value("lighting")
    pressed(page, "发起")
    item = newest()
    assert (item.kind, item.title) == ("event", "新河村 路灯照明")
    known = rules(settings.current())
    assert store.events(visitors.desk(), known, item.id)[0].fields["urgency"] == "normal"
    pressed(screen("item", item=item.number), "受理")
    page = screen("item", item=item.number)
    assert next(box for box in page.selectbox if box.label == "处置单位").value == "区城管局"


def test_an_inspector_takes_the_ledger_as_a_file_and_samples_it(screen: Screen) -> None:
    screen("inbox")
    items = [begun(f"台账 {n}", "wish") for n in range(12)]
    page = screen("inbox", show="all", kind="wish", lang="en")
    (links,) = (d["links"] for d in drawn(page, "actions") if any("CSV" in text for text, _href in d["links"]))
    sampled = parameters(dict(links)["Sample of 10"])
    assert "Sample of 10, seed" in words(screen("inbox", **sampled))
    (data,) = drawn(screen("inbox", **sampled), "todo")
    again = drawn(screen("inbox", **sampled), "todo")[0]
    assert (len(data["cards"]), data["cards"]) == (10, again["cards"])
    assert {item.title for item in items} >= {card["title"] for card in data["cards"] if "台账" in card["title"]}


def test_who_may_not_export_has_no_ledger(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    screen("inbox")
    cadre = session_of(settings.current().desk_url, ("cadre",), VILLAGES[1])
    monkeypatch.setattr(guard, "token", lambda: cadre)
    page = screen("inbox", show="all", lang="en", sample="10-5")
    assert "CSV" not in str(drawn(page, "actions"))
    assert "Sample" not in words(page)
