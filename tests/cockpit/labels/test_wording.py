"""On a Chinese screen no layer speaks English: every message that can reach one has its Chinese."""

import ast
import re
from collections.abc import Iterator

import pytest

from cockpit import i18n
from cockpit.labels import messages, wording
from cockpit.labels.wording import worded
from data.desk.reports import GIVEN_UP
from tests.cockpit.labels import sayings
from tests.cockpit.labels.sayings import ROOT, Said

CHINESE, ENGLISH = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
AS_IT_IS = re.compile(r"`[^`]*`|COCKPIT_\w+")
NUMBER = re.compile(r"7\d{4}")

NEAR = ["", ' Did you mean "70000"?']
SAMPLES = {
    "role": ["leader"], "', '.join(ROLES)": ["leader, audit_admin"], "', '.join(sorted(others))": ["cadre, inspector"],
    "place.level": ["village"], "level": ["village"], "', '.join(metric.levels)": ["district, town"],
    "by": ["town"], "unit": ["week"], "metric.id": ["backlog"], "metric": ["backlog"], "parts": ["backlog, intake"],
    "by or ', '.join(where or {})": ["category", "department, source"],
    "did_you_mean(by, BREAKDOWNS)": NEAR, "did_you_mean(name, COLUMNS)": NEAR,
    "did_you_mean(name, catalog.metrics)": NEAR, "did_you_mean(first, facts.columns)": NEAR,
    "data/desk/deductions.py:error": ["missing ]: [a"],
}  # fmt: skip
"""What stands for an expression whose value is spoken in Chinese, or is made by the layers themselves."""
SPOKEN = {
    "leader": "领导", "audit_admin": "审计管理员", "cadre": "村干部", "inspector": "督查", "village": "村",
    "district": "区", "town": "镇街", "week": "周", "backlog": "积压", "intake": "受理", "category": "类别",
    "department": "责任单位", "source": "来源",
}  # fmt: skip

LOADED = "data are loaded, and a load that fails is told, by a command or in a worker's log"
PUBLISHED = "data are published by a command, or by a worker that logs it"
BACKED_UP = "backups are taken and restored by a command"
PUSHED = "the HTTP API speaks English"
STARTED = "read when a process starts, which does not start then"
LOGGED = "told to the log and the audit; the login page has words of its own"
KEPT_SECRET = "secrets are kept and used by commands and workers; a screen shows a general text"
TOKENS = "tokens are issued by a command"
ELSEWHERE = {
    "data/areas/aliases.py": LOADED, "data/ingest/unload.py": "a batch is taken back by a command",
    "data/areas/faults.py": LOADED, "data/areas/loading.py": LOADED, "data/sources/databases.py": LOADED,
    "data/sources/declared.py": LOADED,
    "data/sources/deliveries.py": LOADED,
    "data/sources/expressions.py": LOADED,
    "data/ingest/loading.py": LOADED,
    "data/formats/csv_tables.py": LOADED, "data/formats/json_lines.py": LOADED, "data/formats/layout.py": LOADED,
    "data/formats/workbooks.py": LOADED, "data/sources/watermarks.py": LOADED, "data/sources/selects.py": STARTED,
    "data/ingest/validate.py": LOADED,
    "data/sources/masking.py": LOADED,
    "data/ingest/merge.py": LOADED,
    "data/areas/shapes.py": LOADED,
    "data/values/calendar.py": LOADED, "data/values/sql.py": LOADED,
    "data/values/times.py": "kept with the refused row, and worded by words.time_hint",
    "data/sources/definition.py": LOADED, "data/push/publisher.py": LOADED, "data/editions/publish.py": PUBLISHED,
    "data/push/rate_limit.py": PUSHED, "data/push/intake.py": PUSHED,
    "data/probe/register.py": "sites are probed by a command or a worker",
    "data/probe/service.py": "sites are probed by a command or a worker",
    "data/backup/archive.py": BACKED_UP, "data/backup/desk.py": BACKED_UP, "data/backup/restore.py": BACKED_UP,
    "data/backup/take.py": BACKED_UP, "data/backup/totals.py": BACKED_UP,
    "data/desk/identity/tokens.py": TOKENS, "data/keyring.py": STARTED, "data/home.py": STARTED,
    "data/vault.py": KEPT_SECRET, "data/desk/auditing/custody.py": STARTED,
    "data/desk/auditing/sealing.py": LOGGED,
    "metrics/catalog/read.py": STARTED, "cockpit/panels/layouts.py": STARTED,
    "cockpit/settings.py": STARTED, "cockpit/reports/schedule.py": STARTED,
    "cockpit/access/signin/identity.py": LOGGED, "cockpit/access/signin/provider.py": LOGGED,
}  # fmt: skip
"""Modules whose messages reach no screen, and why."""
COMMANDS = {
    r"the audit is kept for": "old rows are taken out by a command",
    r"7\d+ does not hold row": "old rows are taken out by a command",
    r"there is no report 7": "the page of reports says itself that a state has changed meanwhile",
    r"report 7": "the page of reports says itself that a state has changed meanwhile",
    r"7\d+ is being published to": "publishing and rolling back are commands",
    r"push 7": "a push is let in by a command",
    r"the Idempotency-Key": PUSHED,
    r"7\d+ cannot be made": PUSHED,
}
"""Single messages that reach no screen, by a pattern of how they begin, and why."""
UNTOLD = {
    "data/editions/edition.py": "the damage that was worded before",
    "cockpit/reports/kind.py": "faults that are worded already, in one line",
    "cockpit/reports/request.py": "worded, with what is near",
    "cockpit/screens/admin/data.py": "rows that were refused, which is no error",
}
"""Modules that hand a message on, and which."""


def spoken() -> Iterator[Said]:
    """Every message that can reach a screen; commands and the API speak English."""
    names = sayings.errors()
    for layer in ("data", "metrics", "cockpit"):
        for file in sorted((ROOT / layer).rglob("*.py")):
            module = str(file.relative_to(ROOT))
            if module not in ELSEWHERE and not module.startswith(("cockpit/commands/", "cockpit/api/")):
                yield from sayings.said(file, names, SAMPLES)


MESSAGES = list(spoken())
TOLD = [one for one in MESSAGES if one.text is not None and not re.match("|".join(COMMANDS), one.text)]


def faults(message: str) -> Iterator[str]:
    """What is wrong with the Chinese of a message."""
    with i18n.using("zh"):
        told = worded(message)
        readings = [text for text, _values in wording.readings(message)]
    values = NUMBER.findall(message) + [SPOKEN[word] for word in SPOKEN if re.search(rf"\b{word}\b", message)]
    if told == message or not CHINESE.search(told):
        yield "it has no Chinese"
    yield from (f"{value} is not in {told}" for value in values if value not in told)
    if ENGLISH.search(AS_IT_IS.sub("", told)):
        yield f"there is English in {told}"
    if len(readings) > 1:
        yield f"it may be made of any of {readings}"


@pytest.mark.parametrize("said", TOLD, ids=str)
def test_a_message_has_its_chinese_with_its_values(said: Said) -> None:
    assert list(faults(said.text or "")) == []


def test_what_cannot_be_read_from_the_code_is_known() -> None:
    assert len(TOLD) > 70
    assert {one.module for one in MESSAGES if one.text is None} == set(UNTOLD)


def test_no_excuse_is_left_over() -> None:
    names = sayings.errors()
    silent = [module for module in ELSEWHERE if not list(sayings.said(ROOT / module, names, SAMPLES))]
    unused = [start for start in COMMANDS if not any(re.match(start, one.text or "") for one in MESSAGES)]
    assert (silent, unused) == ([], [])


def test_a_message_without_chinese_is_found() -> None:
    source = 'raise Refused(f"{name} is " + ("asleep" if late else "away"))'
    texts = sayings.Reader(ast.parse(source), "a.py", {}).texts(ast.parse(source).body[0].exc.args[0])  # type: ignore[attr-defined]
    assert texts == ["70001 is asleep", "70001 is away"]
    assert list(faults(texts[0])) == ["it has no Chinese", "there is English in 70001 is asleep"]


def test_every_message_of_the_list_is_made_somewhere() -> None:
    """Of our own layers; what the prober, the system and the reports say is not raised as it stands."""
    own = (*messages.DESK, *messages.AUDIT, *messages.DATA, *messages.METRICS)
    made = {text for one in TOLD for text in _made_of(one.text or "")}
    assert [text for text in own if text not in made] == []


def _made_of(message: str) -> Iterator[str]:
    for text, pattern in wording._patterns():
        if found := pattern.fullmatch(message):
            yield text
            for value in found.groupdict().values():
                yield from _made_of(value)


FOREIGN = {"n": "15", "host": "a.example", "address": "10.1.2.3", "ip": "10.1.2.3", "coding": "br", "came": "500",
           "wanted": "200", "day": "2026-11-01", "code": "990101000000", "size": "5"}  # fmt: skip


@pytest.mark.parametrize("text", [*messages.PROBED, *messages.SYSTEM, *messages.REPORTED])
def test_what_is_not_ours_is_known_again_with_what_differs_in_it(text: str) -> None:
    values = {name: FOREIGN.get(name, "x y") for name in re.findall(r"\{(\w+)\}", text)}
    values |= {"level": "town"} if "level" in values else {}
    message = text.format(**values)
    with i18n.using("zh"):
        told = worded(message)
    assert CHINESE.search(told), told
    assert [name for name in values if name not in wording.SPOKEN and values[name] not in told] == []
    with i18n.using("en"):
        assert worded(message) == message


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        (GIVEN_UP, "制作三次中断，已停止：请缩小范围，或查看服务器日志"),
        ("[Errno 111] Connection refused", "连接被拒绝（错误号111）"),
        (
            "the desk sqlite:////x/desk.sqlite does not answer (database is locked): see that it runs, then try again",
            "业务库sqlite:////x/desk.sqlite没有响应（数据库正被占用）：请确认其正在运行后重试",
        ),
        ("the desk x does not answer (never heard): see that it runs, then try again",
         "业务库x没有响应（never heard）：请确认其正在运行后重试"),
        ("Never heard of it", "Never heard of it"),
    ],
)  # fmt: skip
def test_what_others_say_is_spoken_as_far_as_it_is_known(message: str, chinese: str) -> None:
    with i18n.using("zh"):
        assert worded(message) == chinese
    with i18n.using("en"):
        assert worded(message) == message


def test_the_first_faults_of_a_reconciliation_are_spoken_one_by_one() -> None:
    told = "backlog by town: 12 ≠ 13; 990101001000 5g 2026-11-01: 3 and 7; hotline: 2026-11-20 08:00"
    with i18n.using("zh"):
        assert wording.each(told) == (
            "“积压件数”按镇街合计：12 ≠ 13；990101001000 5g 2026-11-01：3与7；hotline: 2026-11-20 08:00"
        )
    with i18n.using("en"):
        assert wording.each(told) == told


HANDED_ON = {
    "cockpit/server/geo.py": "asked by scripts, which show none of it",
    "cockpit/server/health.py": "read by machines, and whoever runs them",
    "cockpit/access/signin/identity.py": LOGGED,
    "cockpit/panels/layouts.py": STARTED,
    "cockpit/reports/kind.py": "faults that are worded already",
    "cockpit/reports/mail.py": "kept with the report; its page words it",
    "cockpit/reports/schedule.py": "kept with the report; its page words it",
    "cockpit/screens/admin/data.py: Delivered": "kept for readers of both languages; `busy` words it",
    "cockpit/screens/admin/data.py: busy": "worded there",
    "cockpit/screens/admin/data.py: Refused": "kept for readers of both languages; `busy` words it",
    "cockpit/screens/reports.py": "worded already",
    "cockpit/reports/writers/pdf.py": "what the typesetter says, quoted in words of ours",
}
"""Where an error's own words are used as they are, and why: a module, or part of a line in it."""


def unworded(module: str, source: str) -> Iterator[str]:
    """Lines that take an error's own words, in `str(error)` or in a text, without `worded` around them."""
    tree, lines = ast.parse(source), source.splitlines()
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for handler in ast.walk(tree):
        if isinstance(handler, ast.ExceptHandler) and handler.name:
            for node in ast.walk(handler):
                if isinstance(node, ast.Name) and node.id == handler.name and _told(node, above):
                    yield f"{module}: {lines[node.lineno - 1].strip()}"


def _told(name: ast.Name, above: dict[ast.AST, ast.AST]) -> bool:
    node = above[name]
    if not (isinstance(node, ast.FormattedValue) or (isinstance(node, ast.Call) and ast.unparse(node.func) == "str")):
        return False
    return not (isinstance(above[node], ast.Call) and ast.unparse(above[node].func).endswith("worded"))  # type: ignore[attr-defined]


def test_wherever_an_error_is_shown_it_is_worded() -> None:
    files = {str(file.relative_to(ROOT)): file.read_text("utf-8") for file in sorted((ROOT / "cockpit").rglob("*.py"))}
    shown = [
        line
        for module, source in files.items()
        if not module.startswith(("cockpit/commands/", "cockpit/api/"))
        for line in unworded(module, source)
    ]
    known = [tuple(place.split(": ")) for place in HANDED_ON]
    assert [line for line in shown if not any(all(part in line for part in place) for place in known)] == []
    assert [place for place in known if not any(all(part in line for part in place) for line in shown)] == []


def test_an_error_shown_as_it_is_is_found() -> None:
    source = "try:\n    f()\nexcept E as e:\n    show(str(e))\n    show(worded(str(e)))\n    show(f'{e}!')\n    log(e)"
    assert list(unworded("a.py", source)) == ["a.py: show(str(e))", "a.py: show(f'{e}!')"]
