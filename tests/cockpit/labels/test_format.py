"""Numbers, changes, dates and states read as screens.md says."""

from datetime import date, datetime, timedelta

import pytest

from cockpit import i18n
from cockpit.labels import format
from metrics.catalog import Metric, load
from metrics.period import Period

CATALOG = load()
ON_TIME, BACKLOG, INTAKE = (CATALOG.metrics[name] for name in ("on_time_rate", "backlog", "intake"))


@pytest.fixture(autouse=True)
def _chinese():
    with i18n.using("zh"):
        yield


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [(3120, 0, "3,120"), (-2.14, 1, "−2.1"), (-0.04, 1, "0.0"), (None, 0, "–"), (float("nan"), 1, "–")],
)
def test_a_number_has_thousands_separators_and_a_true_minus(amount: float | None, decimals: int, text: str) -> None:
    assert format.number(amount, decimals) == text


def test_wan_and_yi_begin_at_six_digits() -> None:
    assert [format.short(n) for n in (99_999, 100_000, 123_456, 230_000_000)] == ["99,999", "10.0万", "12.3万", "2.3亿"]


def test_a_column_has_one_unit() -> None:
    assert format.column([12, 350_000, None]) == ["0.0万", "35.0万", "–"]
    assert format.column([12, 99_999]) == ["12", "99,999"]


def test_english_has_no_wan() -> None:
    with i18n.using("en"):
        assert format.short(123_456) == "123,456"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (95.12, "95.1"),
        (94.96, "94.9"),
        (94.996, "94.9"),
        (99.97, "99.9"),
        (100.0, "100.0"),
        (0.04, "0.1"),
        (0.0, "0.0"),
    ],
)
def test_rounding_never_carries_a_rate_over_its_bound_or_to_all_or_nothing(amount: float, text: str) -> None:
    assert str(ON_TIME.thresholds.green) == "≥ 95"
    assert format.value(ON_TIME, amount) == text


@pytest.mark.parametrize(
    ("metric", "now", "before", "text", "tone"),
    [
        (ON_TIME, 95.1, 95.9, "−0.8 个百分点", "bad"),
        (ON_TIME, 95.9, 95.1, "+0.8 个百分点", "good"),
        (BACKLOG, 412, 381, "+31 件 +8.1 %", "bad"),
        (BACKLOG, 381, 412, "−31 件 −7.5 %", "good"),
        (INTAKE, 40, 20, "+20 件 +100.0 %", "none"),
        (BACKLOG, 5, 0, "+5 件", "bad"),
        (BACKLOG, 12, 9, "+3 件", "bad"),
        (BACKLOG, 5, 5, "持平", "none"),
        (BACKLOG, 5, None, "", "none"),
    ],
)
def test_change_has_points_or_pieces_and_a_direction(
    metric: Metric, now: float, before: float | None, text: str, tone: str
) -> None:
    assert format.change(metric, now, before) == format.Change(text, tone)


@pytest.mark.parametrize(
    ("start", "end", "zh", "en"),
    [
        (date(2026, 11, 1), date(2026, 12, 1), "2026年11月", "Nov 2026"),
        (date(2026, 1, 1), date(2027, 1, 1), "2026年", "2026"),
        (date(2026, 11, 21), date(2026, 11, 22), "2026-11-21", "2026-11-21"),
        (date(2026, 11, 1), date(2026, 11, 23), "2026-11-01 至 2026-11-22", "2026-11-01 to 2026-11-22"),
    ],
)
def test_a_period_is_named_by_what_it_is(start: date, end: date, zh: str, en: str) -> None:
    assert format.period(Period(start, end)) == zh
    with i18n.using("en"):
        assert format.period(Period(start, end)) == en


def test_times_and_ages() -> None:
    at = datetime(2026, 11, 22, 8, 5)
    assert (format.day(at), format.clock(at), format.stamp(at)) == ("2026-11-22", "08:05", "2026-11-22 08:05")
    spans = (timedelta(hours=50), timedelta(hours=5, minutes=50), timedelta(minutes=9), timedelta(minutes=-3))
    assert [format.age(span) for span in spans] == ["2 天", "5 小时", "9 分钟", "0 分钟"]


def test_every_state_has_a_shape_of_its_own_and_a_word() -> None:
    states = [format.state(name) for name in ("red", "amber", "green")]
    assert [state.shape for state in states] == ["▲", "◆", "●"]
    assert len({state.word for state in states}) == 3
    assert format.state(None) == format.state("none") == format.State("○", "")


def test_the_limit_is_the_bound_that_decides() -> None:
    assert format.limit(CATALOG, ON_TIME) == "目标 ≥ 95 %"
    assert format.limit(CATALOG, BACKLOG) == "目标 ≤ 1.2 倍近30日均值"
    assert format.limit(CATALOG, INTAKE.model_copy(update={"thresholds": None})) == ""


@pytest.mark.parametrize("spoken", ["zh", "en"])
@pytest.mark.parametrize("metric", [m for m in CATALOG.metrics.values() if m.thresholds], ids=lambda m: m.id)
def test_every_limit_names_its_unit(metric: Metric, spoken: str) -> None:
    """A bound of the value itself, or per inhabitants, is in the metric's unit; others say what they are times of."""
    assert metric.thresholds
    with i18n.using(spoken):
        for level in ("district", "town", "village"):
            for text in (format.limit(CATALOG, metric, level), format.alarm(CATALOG, metric, level)):
                if metric.thresholds.against in ("value", "per_10k_people"):
                    assert metric.unit[spoken] in text or f" 1 {metric.unit.behind('1', spoken)}" in text
                assert "  " not in text
                assert not text.endswith(" ")


@pytest.mark.parametrize("amount", [0, 1, 2, 21])
def test_what_is_counted_is_singular_behind_one_alone(amount: int) -> None:
    """Of every metric whose unit is a countable word; `1 cases` stood on the screens."""
    with i18n.using("en"):
        for metric in load().metrics.values():
            if not metric.unit.one or metric.decimals:
                continue
            word = metric.unit.one if amount == 1 else metric.unit.en
            assert format.quantity(metric, amount).endswith(f" {word}")
            if amount:
                assert f"+{amount} {word}" in format.change(metric, 5 + amount, 5).text
