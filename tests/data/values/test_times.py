"""Times as people write them: each form is read as the instant it means, or refused."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.values.times import (
    CLASH,
    LUNAR,
    MIXED,
    NO_DATE,
    NO_DAY,
    NO_FIXED_DAY,
    NO_SUCH_DAY,
    NO_YEAR,
    OTHER_ZONE,
    REPEATED,
    SECONDS,
    SEVERAL,
    SHORT_YEAR,
    SKIPPED,
    UNKNOWN,
    WHICH_FIRST,
    Refused,
    TimeReader,
)

SHANGHAI, BOSTON = TimeReader("Asia/Shanghai"), TimeReader("America/New_York")
WIDE = str.maketrans("0123456789/:-.", "０１２３４５６７８９／：－．")
ENGLISH = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def day_number(at: datetime) -> float:
    return (at - datetime(1899, 12, 30)) / timedelta(days=1)


def half(at: datetime, morning: str, afternoon: str) -> str:
    return morning if at.hour < 12 else afternoon


MINUTES: dict[str, Callable[[datetime], str]] = {
    "iso": lambda t: f"{t:%Y-%m-%d %H:%M}",
    "iso T": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}",
    "slashes": lambda t: f"{t.year}/{t.month}/{t.day} {t.hour}:{t.minute}",
    "dots": lambda t: f"{t.year}.{t.month}.{t.day} {t:%H:%M}",
    "compact": lambda t: f"{t:%Y%m%d%H%M%S}",
    "compact minutes": lambda t: f"{t:%Y%m%d%H%M}",
    "compact T": lambda t: f"{t:%Y%m%dT%H%M%S}",
    "Chinese": lambda t: f"{t.year}年{t.month}月{t.day}日 {t.hour}时{t.minute}分",
    "Chinese clock": lambda t: f"{t.year}年{t.month:02}月{t.day:02}日{t:%H:%M:%S}",
    "Chinese halves": lambda t: (
        f"{t.year}年{t.month}月{t.day}日 {half(t, '上午', '下午')}{t.hour % 12 or 12}时{t.minute}分"
    ),
    "halves of a sheet": lambda t: (
        f"{t.year}/{t.month}/{t.day} {half(t, '上午', '下午')} {t.hour % 12 or 12}:{t:%M:%S}"
    ),
    "full-width": lambda t: f"{t:%Y-%m-%d %H:%M}".translate(WIDE),
    "am pm": lambda t: f"{t:%Y-%m-%d} {t.hour % 12 or 12}:{t:%M:%S} {half(t, 'AM', 'PM')}",
    "am pm, 24 hours": lambda t: f"{t:%Y-%m-%d %H:%M} {half(t, 'am', 'pm')}",
    "weekday": lambda t: f"{t:%Y年%m月%d日} 星期{'一二三四五六日'[t.weekday()]} {t:%H:%M}",
    "English month": lambda t: f"{t.day} {ENGLISH[t.month - 1]} {t:%Y %H:%M}",
    "English month first": lambda t: f"{ENGLISH[t.month - 1]} {t.day}, {t:%Y %H:%M}",
    "ISO week": lambda t: f"{t.isocalendar().year}-W{t.isocalendar().week:02}-{t.isocalendar().weekday}T{t:%H:%M}",
    "sheet's number": lambda t: f"{day_number(t):.5f}",
    "sheet's number, exact": lambda t: repr(day_number(t)),
    "region": lambda t: f"{t:%Y-%m-%d %H:%M} Asia/Shanghai",
    "abbreviation": lambda t: f"{t:%Y-%m-%d %H:%M} CST",
    "Java": lambda t: f"Sun {ENGLISH[t.month - 1]} {t:%d %H:%M:%S} CST {t.year}",
    "offset": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}+08:00",
    "offset without colon": lambda t: f"{t:%Y-%m-%dT%H:%M:%S}+0800",
    "offset of UTC": lambda t: f"{t:%Y-%m-%d %H:%M:%S} UTC+8",
    "Z": lambda t: f"{t - timedelta(hours=8):%Y-%m-%dT%H:%M:%SZ}",
    "fraction of Z": lambda t: f"{t - timedelta(hours=8):%Y-%m-%dT%H:%M:%S.000Z}",
    "milliseconds": lambda t: str(round((t - timedelta(hours=8)).replace(tzinfo=UTC).timestamp() * 1000)),
}
minutes = st.datetimes(datetime(2001, 9, 10), datetime(2090, 1, 1)).map(lambda t: t.replace(second=0, microsecond=0))


@pytest.mark.parametrize("form", MINUTES)
@given(at=minutes)
def test_every_time_format_is_parsed(form: str, at: datetime) -> None:
    assert SHANGHAI.read(MINUTES[form](at)) == at.replace(tzinfo=ZoneInfo("Asia/Shanghai"))


@given(at=minutes)
def test_day_and_month_are_read_in_the_order_of_the_source_and_never_guessed(at: datetime) -> None:
    american, european = f"{at:%m/%d/%Y %I:%M:%S} {half(at, 'AM', 'PM')}", f"{at:%d.%m.%Y %H:%M}"
    expected = at.replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    assert TimeReader("Asia/Shanghai", "mdy").read(american) == expected
    assert TimeReader("Asia/Shanghai", "dmy").read(european) == expected
    for written in (american, european):
        if at.day <= 12 and at.day != at.month:
            with pytest.raises(Refused, match=WHICH_FIRST):
                SHANGHAI.read(written)
        else:
            assert SHANGHAI.read(written) == expected


CHANGE = datetime(2026, 11, 1, 6, tzinfo=UTC)
"""When New York's summer time ends in 2026."""


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
    | st.integers(-10_000, 10_000).map(lambda seconds: CHANGE + timedelta(seconds=seconds))
)
def test_a_local_time_of_a_zone_with_summer_time_is_its_instant_or_refused(at: datetime) -> None:
    local = at.astimezone(ZoneInfo("America/New_York"))
    written = f"{local:%Y-%m-%d %H:%M:%S.%f}"
    assert BOSTON.read(f"{written} {local.tzname()}") == at
    assert BOSTON.read(local.isoformat()) == at
    around = {(at + timedelta(hours=h)).astimezone(local.tzinfo).replace(tzinfo=None) for h in (-1, 1)}
    if local.replace(tzinfo=None) in around:
        with pytest.raises(Refused, match=REPEATED):
            BOSTON.read(written)
        return
    assert BOSTON.read(written) == at


@given(text=st.text(alphabet="0123456789年月日时分秒上下午:/-. TZ+APM合计", max_size=24))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Refused):
        assert SHANGHAI.read(text).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("11/01/2026 08:00", WHICH_FIRST), ("26-11-01 08:00", SHORT_YEAR), ("01/02/03", SHORT_YEAR),
        ("26年8月5日", SHORT_YEAR), ("2026-02-30", NO_SUCH_DAY), ("2026-11-01 25:00", NO_SUCH_DAY),
        ("2026-11-01 24:30", NO_SUCH_DAY), ("20261301", NO_SUCH_DAY), ("2026-11-01T08:00:00+25:00", NO_SUCH_DAY),
        ("2026-11-01T08:00+09:00[Asia/Shanghai]", NO_SUCH_DAY), ("2026-11-01 08:00 EST", OTHER_ZONE),
        ("2026-11-01 上午15:30", CLASH), ("2026-11-01 晚上12点", CLASH), ("2026-11-01 00:30 PM", CLASH),
        ("2026-11-01 下午8:00 AM", CLASH), ("2026-11", NO_DAY), ("2026年8月", NO_DAY), ("2026年", NO_DAY),
        ("2026.8", NO_DAY), ("2026-11 08:00", NO_DAY), ("Nov 2026", NO_DAY), ("2026-W45", NO_DAY),
        ("8月5日", NO_YEAR), ("11月7日", NO_YEAR), ("１１月７号 ９：３０", NO_YEAR), ("十一月七日", NO_YEAR),
        ("11/7", NO_YEAR), ("11-07 08:00", NO_YEAR), ("7-Nov", NO_YEAR), ("Nov 7 08:00", NO_YEAR), ("08:30", NO_DATE),
        ("８：３０", NO_DATE), ("上午9点", NO_DATE), ("9时30分", NO_DATE), ("九点半", NO_DATE),
        ("26.11.07", SHORT_YEAR), ("26/11/7", SHORT_YEAR), ("二六年十一月七日", SHORT_YEAR), ("农历九月初九", LUNAR),
        ("2026年腊月廿三", LUNAR), ("正月十五", LUNAR), ("2026年闰六月初一", LUNAR), ("今天", NO_FIXED_DAY),
        ("明日上午", NO_FIXED_DAY), ("本月底", NO_FIXED_DAY), ("尽快", NO_FIXED_DAY), ("待定", NO_FIXED_DAY),
        ("2026年11月1日至5日", SEVERAL), ("2026-11-01~2026-11-05", SEVERAL), ("2026-11/07", MIXED),
        ("2026年11-07", MIXED), ("２０２６－１１／０７", MIXED), ("1793491200", SECONDS), ("12", UNKNOWN),
        ("99999", UNKNOWN), ("合计", UNKNOWN), ("2026-11-01 08:00 Asia/Nowhere", UNKNOWN),
        ("2026-11-01 08:00 GMT08", UNKNOWN),
    ],
)  # fmt: skip
def test_ambiguous_or_invalid_time_is_refused_with_reason(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        SHANGHAI.read(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-03-08 02:30", SKIPPED), ("2026-11-01 01:30", REPEATED), ("2026-11-01 01:30 CST", OTHER_ZONE),
        ("2026-07-01 10:00 EST", OTHER_ZONE),
    ],
)  # fmt: skip
def test_an_hour_that_clocks_skip_or_repeat_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        BOSTON.read(text)
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("２０２６年８月５日", datetime(2026, 8, 5)), ("二〇二六年十一月二十一日", datetime(2026, 11, 21)),
        ("2026年8月5日下午3点半", datetime(2026, 8, 5, 15, 30)), ("2026-11-01 24:00:00", datetime(2026, 11, 2)),
        ("2026年8月5日 中午1点", datetime(2026, 8, 5, 13)), ("2026年8月5日 凌晨12:10", datetime(2026, 8, 5, 0, 10)),
        ("2026-11-01T08:00:00,25", datetime(2026, 11, 1, 8, 0, 0, 250_000)), ("46327", datetime(2026, 11, 1)),
        ("46327.0", datetime(2026, 11, 1)), ("2026-11-01 8 PM", datetime(2026, 11, 1, 20)),
        ("Sun Nov 01 2026 08:00:00 GMT+0800 (中国标准时间)", datetime(2026, 11, 1, 8)),
        ("20261101", datetime(2026, 11, 1)),
        ("2026-11-01T08:00+08:00[Asia/Shanghai]", datetime(2026, 11, 1, 8)),
    ],
)  # fmt: skip
def test_other_forms(text: str, meant: datetime) -> None:
    assert SHANGHAI.read(text) == meant.replace(tzinfo=ZoneInfo("Asia/Shanghai"))


def test_a_day_begins_with_its_first_instant_where_the_clocks_skip_or_repeat_midnight() -> None:
    assert TimeReader("Africa/Cairo").read("2026-04-24") == datetime(2026, 4, 23, 22, tzinfo=UTC)
    assert TimeReader("Africa/Cairo").read("2026-04-25") == datetime(2026, 4, 24, 21, tzinfo=UTC)
