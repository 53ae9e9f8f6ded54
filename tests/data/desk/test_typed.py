"""Every text that people type keeps to the same characters, by whatever form, command or program it came."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import String

from data.desk import clock, deductions, events, findings, saved_views
from data.desk.alerting import alerts, silences
from data.desk.alerting.alerts import Observed
from data.desk.assessing import assessments, schemes
from data.desk.auditing import audit
from data.desk.errors import Refused
from data.desk.identity import accounts, tokens
from data.desk.notifications import answers
from data.desk.register import edits, limits
from data.desk.store import Desk
from data.desk.tables import metadata
from data.workflow.fields import titled

HIDDEN = ("\0", "\x1b", "\x9f", "\u202e", "\u2066", "\u2028", "\ud800", "\U000e0041")
FINE = ("大　江 a\u0301 👨\u200d👩\u200d👧 <b>x</b>", "=1+1'; DROP TABLE item; --")
PHONE = "13912345678"
BY_PROGRAM = {
    "item": "kind number unit state turn origin author holder clock",
    "item_asked": "unit",
    "item_link": "kind reference address",
    "item_attachment": "sha256 type name who",
    "item_event": "key digest transition state actor role fields",
    "account": "name password totp_secret",
    "old_password": "password",
    "preference": "name value",
    "saved_view": "address",
    "identity": "issuer subject",
    "role_grant": "role",
    "session": "token_hash address browser",
    "recovery_code": "code",
    "pending_request": "kind asked_by decided_by",
    "failure": "account address place",
    "known_place": "place",
    "token": "token_hash sources",
    "audit": "who role scope event what result address previous hash",
    "audit_head": "last_hash anchor_hash seal",
    "report": "id kind asked edition scope who status step worker "
    "issued_by file sha256 definitions fault plan slot mail mail_fault",
    "finding": "source asset rule decision who",
    "deduction": "name rule columns",
    "metric_limit": "metric state proposed_by decided_by",
    "alert": "rule subject metric name source key state",
    "alert_event": "what who",
    "silence": "rule who",
    "alert_pending": "subject rule",
    "assessment": "scheme edition results state made_by approved_by published_by",
    "objection": "metric who answered_by",
    "alert_run": "edition",
    "asset_edit": "source key field loaded who withdrawn_by",
    "notification": "key kind message link severity",
    "notification_run": "name",
    "dispatch": "key channel sequence batch content state fault",
    "subscription": "metric",
    "case_answer": "key source case_key step who",
    "assessment_scheme": "scheme level period lines state proposed_by decided_by",
}
"""The columns of text that programs write, by table; the fields of items are checked as they are recorded."""


def limit(source: str, category: str = "") -> limits.Proposal:
    return limits.Proposal("backlog", 990101001000, "", "> 5", date(2026, 1, 1), source, category=category)


def scheme(source: str, name: str = "考核") -> schemes.Proposal:
    lines = (schemes.SchemeLine("on_time_rate", 100, 95, 75),)
    return schemes.Proposal("s", name, name, "town", "month", 10, lines, 990101000000, date(2026, 1, 1), source)


def silence(desk: Desk, text: str) -> None:
    silences.add(desk, silences.Silence("", 0, 1, text, clock.now() + timedelta(days=1)))


def false_alarm(desk: Desk, text: str) -> None:
    now = clock.now()
    fired = alerts.settle(desk, f"edition {now}", now, [Observed("r", 1, "backlog")], {}).fired
    alerts.record(desk, fired[0] if fired else 1, "false_alarm", "li", text)


def assessment(desk: Desk) -> int:
    lines = [{"code": 1, "lines": []}]
    draft = assessments.Draft({}, 1, date(2026, 1, 1), date(2026, 4, 1), "e", lines)
    id = assessments.add(desk, draft, "li")
    assessments.take_objections(desk, id)
    return id


def answered(desk: Desk, text: str) -> None:
    objection = assessments.raise_objection(desk, assessment(desk), 1, "", "不同意", "wang")
    assessments.answer(desk, objection, text, False, "li")


def decided(desk: Desk, text: str) -> None:
    findings.decide(
        desk, source="s", asset="a", rule="r", choice="confirmed", note=text, at=clock.now(), who="li"
    )  # fmt: skip


def account(desk: Desk) -> int:
    try:
        return accounts.named(desk, "zhao").id
    except Refused:
        return accounts.add(desk, "zhao", "Hongqi+2026+x").id


def edited(desk: Desk, text: str) -> None:
    edits.edit(desk, edits.Wanted("s", "k", "name", "新名", None, text), "li")


WAYS: dict[str, Callable[[Desk, str], object]] = {
    "source of a limit": lambda desk, text: limits.propose(desk, limit(text), "li"),
    "category of a limit": lambda desk, text: limits.propose(desk, limit("文件", text), "li"),
    "reason of a refusal": lambda desk, text: limits.decide(
        desk, limits.propose(desk, limit(f"文件 {clock.now()}"), "li"), "wang", approve=False, note=text
    ),
    "source of a scheme": lambda desk, text: schemes.propose(desk, scheme(text), "li"),
    "name of a scheme": lambda desk, text: schemes.propose(desk, scheme("文件", text), "li"),
    "reason to refuse a scheme": lambda desk, text: schemes.decide(
        desk, schemes.propose(desk, scheme(f"文件 {clock.now()}"), "li"), "wang", approve=False, note=text
    ),
    "reason of a silence": silence,
    "note of an alert": false_alarm,
    "objection": lambda desk, text: assessments.raise_objection(desk, assessment(desk), 1, "", text, "wang"),
    "answer to an objection": answered,
    "reason of a withdrawal": lambda desk, text: assessments.withdraw(desk, assessment(desk), text),
    "note of a finding": decided,
    "entry of deductions": lambda desk, text: deductions.save(desk, deductions.Deduction("x", "i", text, "r")),
    "words of an event": lambda desk, text: events.add(desk, events.Event(date(2026, 1, 1), text, text)),
    "name of a view": lambda desk, text: saved_views.add(desk, account(desk), text, "/rows"),
    "title of an account": lambda desk, text: accounts.add(desk, "qian", "Hongqi+2026+x", title=text),
    "name of a system": lambda desk, text: tokens.issue(
        desk, text, area=1, expires_at=clock.now() + timedelta(days=1)
    ),
    "reason of an edit": edited,
    "answer to a case": lambda desk, text: answers.add(desk, answers.New("k", "s", "c", 1, "reply", text, "li", 1)),
    "title of an item": lambda _desk, text: titled(text),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_hidden_characters_are_refused_everywhere(desk: Desk, way: str) -> None:
    for character in HIDDEN:
        with pytest.raises(Refused):
            WAYS[way](desk, f"说明{character}文字")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", FINE)
def test_other_characters_are_kept_everywhere(desk: Desk, way: str, text: str) -> None:
    WAYS[way](desk, text)


def test_numbers_of_persons_are_masked_in_what_is_typed(desk: Desk) -> None:
    limits.propose(desk, limit(f"电话 {PHONE}"), "li")
    silence(desk, f"电话 {PHONE}")
    objection = assessments.raise_objection(desk, assessment(desk), 1, "", f"电话 {PHONE}", "wang")
    assessments.answer(desk, objection, f"电话 {PHONE}", False, "li")
    decided(desk, f"电话 {PHONE}")
    kept = (
        limits.listing(desk)[0].what.source, silences.listing(desk)[0].reason, findings.listing(desk)[0].note,
        assessments.objection(desk, objection).text, assessments.objection(desk, objection).answer,
    )  # fmt: skip
    assert all(text.startswith("电话 1") and PHONE not in text for text in kept), kept


def test_every_column_of_text_says_whether_people_type_it() -> None:
    """A column that is added is either typed or named here, where no text of a form ends."""
    untyped = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and "typed" not in column.info
    }
    named = {(table, column) for table, columns in BY_PROGRAM.items() for column in columns.split()}
    assert untyped == named, untyped ^ named


def test_an_older_text_does_not_keep_its_row_from_being_finished(desk: Desk) -> None:
    id = limits.propose(desk, limit("文件"), "li")
    with desk.begin() as session:
        session.connection().exec_driver_sql("UPDATE metric_limit SET source = 'a\u202eb'")
    limits.decide(desk, id, "wang", approve=True)
    assert limits.find(desk, id).state == "approved"


def test_the_audit_keeps_what_was_refused_in_visible_characters(desk: Desk) -> None:
    audit.write(desk, who="li", role="", scope="", event="act", what="a\u202eb\0c")
    assert audit.entries(desk)[0]["what"] == "a\ufffdb\ufffdc"


def test_two_that_propose_at_once_propose_one_limit(desk: Desk) -> None:
    def propose(n: int) -> str:
        try:
            limits.propose(desk, limit("文件" + " " * n), "li")
        except Refused as error:
            return error.message.code
        return "proposed"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(propose, range(8)))
    assert outcomes == ["limit.twice"] * 7 + ["proposed"]


@pytest.mark.parametrize("mark", ["\u200b", "\u200e", "\ufeff", "\n", "\t"])
def test_what_has_no_width_is_kept_in_a_text_and_refused_in_a_name(desk: Desk, mark: str) -> None:
    silence(desk, f"维护{mark}期间")
    with pytest.raises(Refused):
        titled(f"路灯{mark}不亮")
    with pytest.raises(Refused):
        limits.propose(desk, limit(f"文件{mark}号"), "li")
