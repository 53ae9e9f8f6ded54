"""Alert rules agree with the list of reds and with answers; faults in a file are reported."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cockpit.server.alerting import OURS
from data.areas.levels import LEVELS
from data.editions.edition import Edition
from metrics.alerting import rules as alert_rules
from metrics.alerting.rules import CONDITIONS, Rule
from metrics.alerting.signals import Signal, Subject, signals
from metrics.analysis.reds import with_thresholds
from metrics.areas import area, children, root
from metrics.availability.extent import default_period
from metrics.catalog import load
from metrics.errors import MetricsError
from metrics.period import Period
from tests.asking import answer, reds
from tests.factory import DISTRICT, TOWNS

NAME = {"zh": "规则", "en": "Rule"}


def rule(**fields: object) -> Rule:
    return Rule.model_validate({"id": "one", "name": NAME, "over": "areas", "when": "red"} | fields)


def found(edition: Edition, *rules: Rule) -> list[Signal]:
    return signals(edition, load(), {one.id: one for one in rules})


def test_our_rules_are_valid_and_of_every_kind() -> None:
    rules = alert_rules.load(load(), OURS)
    assert {one.over for one in rules.values()} == set(CONDITIONS)


def test_red_areas_and_units_are_those_of_the_list_of_reds(district: Edition) -> None:
    """What the list says of the district itself, of the areas right below and of its units, and no more."""
    every = found(
        district, rule(id="areas", levels=["district", "town"]), rule(id="units", over="units"),
    )  # fmt: skip
    listed = reds(district, DISTRICT, default_period(district))
    assert listed
    by_rule = {
        id: {(s.subject.metric, s.subject.area, s.subject.name, s.value) for s in every if s.rule == id}
        for id in ("areas", "units")
    }
    towns = {place.code for place in children(district, root(district))}
    expected = {
        (red.metric, red.area, "", red.value) for red in listed
        if red.kind == "own" or (red.kind == "below" and red.area in towns)
    }  # fmt: skip
    assert {one for one in by_rule["areas"] if one[1] in (DISTRICT, *towns)} == expected
    assert by_rule["units"] == {(red.metric, DISTRICT, red.name, red.value) for red in listed if red.kind == "unit"}


@pytest.mark.parametrize("level", ["district", "town", "village"])
def test_level_limit_applies_to_answers_of_that_level(district: Edition, level: str) -> None:
    one = rule(when="value", metrics=["backlog"], limit="> 30", levels=[level])
    by = None if level == "district" else level
    frame = answer(district, ["backlog"], DISTRICT, default_period(district), by=by)
    beyond = {
        int(row.group) if by else DISTRICT: row.value for row in frame.itertuples()
        if row.quality == "ok" and row.value > 30 and (not by or area(district, int(row.group)).level == level)
    }  # fmt: skip
    assert {s.subject.area: s.value for s in found(district, one)} == beyond
    assert beyond


def test_a_change_is_against_the_day_before_and_counts_what_is_affected(district: Edition) -> None:
    period = default_period(district)
    shorter = Period(period.start, district.as_of.date())
    now, before = (
        answer(district, ["intake"], DISTRICT, span, by="town").set_index("group")["value"]
        for span in (period, shorter)
    )
    rises = {
        int(town) for town in now.index if before.get(town) and 100 * (now[town] - before[town]) / before[town] > 1
    }
    one = rule(when="rise", metrics=["intake"], limit="> 1", levels=["town"])
    assert {s.subject.area for s in found(district, one)} == rises
    many = one.model_copy(update={"at_least": 10**6})
    assert found(district, many) == []
    assert found(district, rule(when="fall", metrics=["intake"], limit="> 1", levels=["town"])) == []


def test_days_and_number_narrow_what_fires(district: Edition) -> None:
    every = {s.subject for s in found(district, rule(levels=["town"]))}
    for narrower in (rule(levels=["town"], at_least=20), rule(levels=["town"], days=7)):
        assert {s.subject for s in found(district, narrower)} < every


def test_rules_say_what_they_watch() -> None:
    catalog = load()
    assert set(rule().watched(catalog, "district")) <= set(with_thresholds(catalog))
    assert rule(metrics=["backlog"]).watched(catalog, "town") == ("backlog",)
    assert rule(over="units", metrics=["backlog"]).watched(catalog, "district") == (), "its limit is meant for areas"
    assert rule(levels=["district"]).levels == LEVELS[: LEVELS.index("district") + 1], "and those above"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rules: []", "at least 1 item"),
        ("rules: {", "not readable as YAML"),
        ("- a", "valid dictionary"),
        (
            "rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: silent}]",
            "x: when: areas can be red, value, rise, fall",
        ),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: moons, when: red}]", "x.over"),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: value, metrics: [backlog]}]", "limit: missing"),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, limit: '> 3'}]", "limit: not used"),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: value, limit: '> 3'}]", "metrics: at least one"),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: value, limit: 3, metrics: [backlog]}]", "x.limit"),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: sites, when: veto, metrics: [backlog]}]", "metrics: not used"),
        (
            "rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, metrics: [baklog]}]",
            'Did you mean "backlog"',
        ),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, levels: [moon]}]", "x.levels"),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, days: 99}]", "x.days"),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, clear_hours: .nan}]", "x.clear_hours"),
        (
            "rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, recipients: {}}]",
            "x.recipients: name at least",
        ),
        (
            "rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, recipients: {roles: [system_admin]}}]",
            "x.recipients: roles: there is no role system_admin that sees numbers: use leader",
        ),
        (
            "rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, recipients: {units: [' ']}}]",
            "a name is not",
        ),
        (
            "rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, names: [区住建局]}]",
            "names: used over units",
        ),
        ("rules: [{id: x, name: {zh: 名, en: N}, over: areas, when: red, who: me}]", "x.who"),
        ("rules: [7]", "rule 1"),
    ],
)
def test_a_wrong_file_is_refused_with_file_rule_and_field(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "own.yaml").write_text(text, "utf-8")
    with pytest.raises(MetricsError) as refusal:
        alert_rules.load(load(), OURS, tmp_path)
    assert str(refusal.value).startswith("own.yaml: ")
    assert why in str(refusal.value)
    assert len(str(refusal.value)) < 1000


def write(folder: Path, name: str, *ids: str, more: str = "") -> None:
    lines = [f"  - {{id: {id}, name: {{zh: 名, en: N}}, over: areas, when: red{more}}}" for id in ids]
    (folder / name).write_text("rules:\n" + "\n".join(lines), "utf-8")


def test_a_district_adds_replaces_and_switches_off_rules(tmp_path: Path) -> None:
    ours: Sequence[str] = tuple(alert_rules.load(load(), OURS))
    write(tmp_path, "own.yaml", "new")
    write(tmp_path, "replaced.yaml", ours[0], more=", at_least: 99")
    write(tmp_path, "off.yaml", ours[1], more=", enabled: false")
    rules = alert_rules.load(load(), OURS, tmp_path)
    assert set(rules) == {*ours, "new"} - {ours[1]}
    assert rules[ours[0]].at_least == 99


def test_an_id_used_twice_in_one_folder_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "same")
    write(tmp_path, "b.yaml", "same")
    with pytest.raises(MetricsError, match=r"b\.yaml: rules\.same: the id is used in a\.yaml already"):
        alert_rules.load(load(), OURS, tmp_path)
    with pytest.raises(MetricsError, match="does not exist"):
        alert_rules.load(load(), OURS, tmp_path / "gone")


def test_within_and_names_narrow_a_rule(district: Edition) -> None:
    every = found(district, rule(when="value", metrics=["backlog"], limit="> 0", levels=["town", "village"]))
    narrowed = rule(when="value", metrics=["backlog"], limit="> 0", levels=["town", "village"], within=[TOWNS[0]])
    inside = {s.subject.area for s in every if TOWNS[0] <= s.subject.area < TOWNS[0] + 1000}
    assert {s.subject.area for s in found(district, narrowed)} == inside != {s.subject.area for s in every}
    units = {
        s.subject.name for s in found(district, rule(over="units", when="value", metrics=["backlog"], limit="> 0"))
    }
    one = min(units)
    of_one = rule(over="units", when="value", metrics=["backlog"], limit="> 0", names=[one])
    assert {s.subject.name for s in found(district, of_one)} == {one} != units


def test_an_area_is_a_subject_by_its_code(district: Edition) -> None:
    one = rule(when="value", metrics=["backlog"], limit="> 0", levels=["town"])
    assert Subject(TOWNS[0], "backlog") in {s.subject for s in found(district, one)}
