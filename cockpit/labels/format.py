"""Format of numbers, changes, dates and states, the same on every screen."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cockpit.i18n import _, language, ngettext
from data.areas.levels import BASE, LOWEST
from data.texts import Unit
from metrics.catalog import Catalog, Metric
from metrics.period import DAY, Period, shift

MINUS = "−"
MORE_DECIMALS = 2
WAN, YI = 10_000, 100_000_000
SIX_DIGITS = 100_000
SMALL_BASE = 10
"""Below it a change in percent says nothing: one case more than one is 100 %."""


@dataclass(frozen=True)
class State:
    """A threshold state: its shape is shown wherever its colour is."""

    shape: str
    word: str


def state(name: str | None) -> State:
    """Shape and word of red, amber, green and of none (no threshold, no data, too small a sample)."""
    words = {"red": _("Alert"), "amber": _("Watch"), "green": _("Normal")}
    return State(SHAPES[name], words[name]) if name in words else State(SHAPES["none"], "")


def alarm(catalog: Catalog, metric: Metric, level: str = BASE.id) -> str:
    """The bound beyond which a metric is red at a level, `≥ 5 cases per 10,000 people`; empty without any."""
    limits = metric.thresholds
    if limits is None:
        return ""
    match limits.against:
        case "mean_30_days":
            words = _("{bound} × 30-day mean", bound=limits.red)
        case "weekday_8_weeks":
            words = _("{bound} spreads off the usual weekday", bound=limits.red)
        case "per_10k_people" if level != LOWEST.id:
            words = _("{bound} per 10,000 people", bound=with_unit(str(limits.red), metric.unit))
        case _:
            words = with_unit(str(limits.red), metric.unit)
    if not limits.also:
        return words
    return _("{bound}, or {metric} off target", bound=words, metric=catalog.metrics[limits.also].name[language()])


SHAPES = {"red": "▲", "amber": "◆", "green": "●", "none": "○"}


def limit(catalog: Catalog, metric: Metric, level: str = BASE.id) -> str:
    """The bound that decides a state at a level, with its unit: the green one, or the red one without a green.

    Empty where the metric has none.
    """
    limits = metric.thresholds
    if limits is None:
        return ""
    bound = limits.green or limits.red
    match limits.against:
        case "mean_30_days":
            words = (
                _("Target {bound} × 30-day mean", bound=bound)
                if limits.green
                else _("Limit {bound} × 30-day mean", bound=bound)
            )
        case "weekday_8_weeks":
            words = _("Limit {bound} spreads off the usual weekday", bound=bound)
        case "per_10k_people" if level != LOWEST.id:
            amount = with_unit(str(bound), metric.unit)
            words = _("Target {bound} per 10,000 people", bound=amount)
        case _:
            amount = with_unit(str(bound), metric.unit)
            words = _("Target {bound}", bound=amount) if limits.green else _("Limit {bound}", bound=amount)
    if not limits.also:
        return words
    return _("{target}, {metric} on target", target=words, metric=catalog.metrics[limits.also].name[language()])


def given(value: float | None) -> float | None:
    """A number out of a frame, where what is not there is NaN: None then."""
    return value if value is not None and math.isfinite(value) else None


def missing(value: float | None) -> bool:
    return given(value) is None


def number(value: float | None, decimals: int = 0) -> str:
    """`3,120`, `95.1`; an en dash when there is none."""
    amount = given(value)
    if amount is None:
        return "–"
    text = f"{abs(amount):,.{decimals}f}"
    return f"{MINUS}{text}" if amount < 0 and text.strip("0.,") else text


def short(value: float | None, decimals: int = 0) -> str:
    """Like `number`; in Chinese 万 and 亿 from six digits up."""
    return column([value], decimals)[0]


def column(values: Iterable[float | None], decimals: int = 0) -> list[str]:
    """The numbers of one column or axis, all in the same unit: the one that suits the largest."""
    amounts = [given(value) for value in values]
    largest = max((abs(amount) for amount in amounts if amount is not None), default=0)
    if language() != "zh" or largest < SIX_DIGITS:
        return [number(amount, decimals) for amount in amounts]
    size, unit = (YI, "亿") if largest >= YI else (WAN, "万")
    return ["–" if amount is None else f"{number(amount / size, 1)}{unit}" for amount in amounts]


def value(metric: Metric, amount: float | None) -> str:
    """A metric's value without its unit.

    Always with the metric's decimals. Where rounding would carry it over one of the metric's own bounds, or a share to
    0 or 100 that is neither, it is rounded the other way: 94.96 against "95 or more" reads 94.9, not 95.0. Only where
    both ways cross a bound are there more decimals.
    """
    exact = given(amount)
    if exact is None:
        return "–"
    step = 10**-metric.decimals
    near = round(exact, metric.decimals)
    other = round(near + (step if near < exact else -step), metric.decimals)
    for shown in (near, other):
        if _reads_true(metric, exact, shown):
            return short(shown, metric.decimals)
    return short(exact, metric.decimals + MORE_DECIMALS)


def _reads_true(metric: Metric, exact: float, rounded: float) -> bool:
    if metric.is_percent and rounded in (0, 100) and rounded != exact:
        return False
    limits = metric.thresholds
    if limits is None or limits.against != "value":
        return True
    return all(bound.holds(exact) == bound.holds(rounded) for bound in (limits.green, limits.red) if bound)


def quantity(metric: Metric, amount: float | None) -> str:
    """A metric's value with its unit, `95.1 %`, `412 件`."""
    return with_unit(value(metric, amount), metric.unit)


def with_unit(text: str, unit: Unit) -> str:
    """A number with what it counts behind it, `1 case`, `412 件`."""
    return f"{text} {unit.behind(text, language())}"


@dataclass(frozen=True)
class Change:
    """A change in words, and whether it is for the better: `good`, `bad` or `none`."""

    text: str
    tone: str


def change(metric: Metric, now: float | None, before: float | None) -> Change:
    """`+0.8 个百分点` of a percentage, `+31 件 +8.2 %` of anything else; empty when either is missing.

    Its direction is a sign: triangles stand for states alone.
    """
    now, before = given(now), given(before)
    if now is None or before is None:
        return Change("", "none")
    step = round(now - before, max(metric.decimals, 1) if metric.is_percent else metric.decimals)
    if step == 0:
        return Change(_("No change"), "none")
    sign = "+" if step > 0 else "−"
    tone = "none" if metric.direction == "none" else "good" if (step > 0) == (metric.direction == "up") else "bad"
    if metric.is_percent:
        return Change(_("{n} points", n=signed(step, 1)), tone)
    amount = with_unit(short(abs(step), metric.decimals), metric.unit)
    share = f" {signed(100 * step / abs(before), 1)} %" if abs(before) >= SMALL_BASE and not metric.is_rate else ""
    return Change(f"{sign}{amount}{share}", tone)


def signed(amount: float, decimals: int = 0) -> str:
    """`+31`, `−2.1`, `0`."""
    text = number(amount, decimals)
    return f"+{text}" if amount > 0 and text.strip("0.,") else text


def day(moment: date | datetime) -> str:
    """`2026-11-22`"""
    return moment.strftime("%Y-%m-%d")


def clock(moment: datetime) -> str:
    """`08:00`"""
    return moment.strftime("%H:%M")


def stamp(moment: datetime) -> str:
    """`2026-11-22 08:00`"""
    return f"{day(moment)} {clock(moment)}"


def date_in_words(of: date) -> str:
    """`2026年11月1日`, `2026-11-01`: a day in a document."""
    return f"{of.year}年{of.month}月{of.day}日" if language() == "zh" else day(of)


def stamp_in_words(moment: datetime) -> str:
    """`2026年11月1日8时05分`, `2026-11-01 08:05`"""
    if language() != "zh":
        return stamp(moment)
    minutes = f"{moment.minute:02}分" if moment.minute else ""
    return f"{date_in_words(moment)}{moment.hour}时{minutes}"


def period_in_words(of: Period) -> str:
    """`2026年11月`, `2026年11月1日至11月28日`: a period in a document."""
    if language() != "zh" or period(of) in (month(of.start), f"{of.start.year}年"):
        return period(of)
    last = of.end - DAY
    if last == of.start:
        return date_in_words(of.start)
    end = date_in_words(last)
    return f"{date_in_words(of.start)}至{end.removeprefix(f'{of.start.year}年')}"


def period(of: Period) -> str:
    """A whole month or year by name, anything else by its first and last day, with the time that it is cut at."""
    if of.until:
        last = stamp(of.until)
        return last if of.days == 1 else _("{start} to {end}", start=day(of.start), end=last)
    if of.start.day == 1 and of.end == shift(of.start, 1):
        return month(of.start)
    if (of.start.month, of.start.day) == (1, 1) and of.end == shift(of.start, 12):
        return _("{year:d}", year=of.start.year)
    if of.days == 1:
        return day(of.start)
    return _("{start} to {end}", start=day(of.start), end=day(of.end - DAY))


def month(first: date) -> str:
    """`2026年11月`, `Nov 2026`"""
    return f"{first.year}年{first.month}月" if language() == "zh" else first.strftime("%b %Y")


def age(span: timedelta) -> str:
    """`2 天`, `5 小时`, `10 分钟`: the largest unit that fits, rounded down."""
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes >= 24 * 60:
        return ngettext("{n} day", "{n} days", minutes // (24 * 60))
    if minutes >= 60:
        return ngettext("{n} hour", "{n} hours", minutes // 60)
    return ngettext("{n} minute", "{n} minutes", minutes)
