"""The headline names the worst red, the lines below it each other red once, with its ways in."""

import re
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from cockpit.access.policy import OPERATOR, Grants
from cockpit.access.visitors import Visitor
from cockpit.panels import answers
from cockpit.panels.kinds import alerts
from cockpit.panels.kinds import headline as headlines
from data.desk import clock
from data.desk.identity.sessions import Session
from metrics.analysis.reds import Red
from tests.cockpit.panels.conftest import (
    See,
    parameters,
)
from tests.factory import VILLAGES


def test_the_headline_and_the_lines_under_it_name_each_red_once_with_its_ways_in(see: See) -> None:
    view = see()
    every, head = answers.reds(view.ask()), alerts.headline(view)
    assert head
    assert head.strong == headlines.subject(view, every[0])
    assert view.compared in head.moved
    assert {urlsplit(href).path for _text, href in head.links} <= {"/rows", "/why", "/site"}
    leader = Visitor(Session(1, "leader", "", "", clock.now(), False), OPERATOR)
    problems = alerts._problems(view)
    assert problems
    worst = answers.headline(problems)
    assert worst
    offered = headlines.with_next_step(view, head, worst, leader)
    order = parameters(next(href for _text, href in offered.links if urlsplit(href).path == "/start"))
    assert (order["kind"], order["origin"]) == ("order", "red")
    assert order["title"].startswith(head.strong)
    assert order.get("holder", "") == (worst.holder.unit if worst.holder else "")
    red, old = alerts.lines(view)
    assert red.state == "red"
    assert {"临江区", "沙洲镇", "北塘街道"} & {item.strong for item in red.items}
    assert parameters(red.items[0].href)["metric"]
    brief = [item for item in red.items if item.brief]
    assert {urlsplit(item.rows).path for item in brief if item.rows} == {"/rows"}
    assert {urlsplit(item.why).path for item in brief if item.why} == {"/why"}
    assert all(item.rows or item.why for item in brief if urlsplit(item.href).path == "/")
    assert all(parameters(item.why)["metric"] == parameters(item.href)["metric"] for item in brief if item.why)
    assert head.held
    assert all(item.held and item.held.text for item in brief), "each names who holds it, or that nobody is registered"
    orders = [(item, parameters(item.held.order)) for item in brief if item.held]
    assert all((order["kind"], order["origin"]) == ("order", "red") for _item, order in orders)
    assert all(order["title"].startswith(item.strong) for item, order in orders), "each leads to an order about it"
    assert alerts.offered(view, leader) == (red, old)
    reader = replace(leader, grants=Grants())
    assert not [i for line in alerts.offered(view, reader) for i in line.items if i.held and i.held.order]
    assert all(item.text == f"{item.group} {item.brief}" for item in brief), "folded under the metric's name"
    assert len(every) == 1 + red.shown + red.left
    assert not any("持平" in item.text for item in red.items)
    assert [item.strong for item in old.items] == ["112 天", "111 天", "110 天"]
    assert {urlsplit(item.href).path for item in old.items} == {"/case"}


@pytest.mark.parametrize("count", [1, 3, 6, 7, 60])
def test_fold_has_a_few_of_each_metric_and_a_link_to_the_rest(see: See, count: int) -> None:
    view = see()
    problems = [Red("backlog", area, 50.0 + n, 40.0, False) for n, area in enumerate(VILLAGES * 20)][:count]
    problems += [
        Red("site_health", view.area.code, 0.0, None, False, "site", f"网站{n}", "sites", f"{n}") for n in range(5)
    ]
    line = alerts.reds(view, problems)
    assert line.shown + line.left == len(problems)
    folded = line.items[line.shown :]
    more = [item for item in folded if not item.brief]
    for group in {item.group for item in folded}:
        assert len([item for item in folded if item.group == group and item.brief]) <= 2 * alerts.FOLDED
    hidden = sum(int(item.strong.split()[1]) for item in more)
    assert len(folded) - len(more) + hidden == line.left
    assert {urlsplit(item.href).path for item in more} <= {"/", "/sites"}


def test_a_number_of_the_headline_stays_in_one_line_with_its_unit(see: See) -> None:
    head = alerts.headline(see())
    assert head
    assert re.search(r"\d\u00a0(件|%|天)", head.text), head.text
    assert not re.search(r"[<>≤≥\d] (件|%|天|\d)", head.text), head.text


def test_a_red_without_a_unit_says_why_and_what_to_do(see: See) -> None:
    view = see()
    for red in answers.reds(view.ask()):
        text = headlines.held(view, red, None).text
        assert ("台账" if red.of_site else "单位目录") in text
        assert "督办" in text


def test_no_metric_over_its_limit_is_shown_in_green(see: See) -> None:
    line = alerts.reds(see(), [])
    assert (line.state, line.mark, len(line.items)) == ("green", "●", 0)
