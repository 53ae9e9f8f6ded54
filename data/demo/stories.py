"""Planted stories of the demo district, read by the generator and by tests.

Everything else in the demo is ordinary variation around believable levels.
"""

from dataclasses import dataclass
from datetime import timedelta

DISTRICT = 990101_000_000
"""No province has the prefix 99."""

GROWING_TOWN = 990101_100_000
GROWING_SINCE = timedelta(days=42)
"""沙洲镇: for six weeks more comes in and ever more of it stays open, much of it with a long deadline."""

BURST_UNIT = "区住建局"
BURST_HOURS = 3
"""区住建局 closes in bursts: nearly everything in the last hours before the deadline; its on-time rate is fine."""

MERGED_VILLAGE = 990101_101_201
SURVIVING_VILLAGE = 990101_101_200
MERGED_AGO = timedelta(days=61)
"""小塘村 went into 大塘村 two months ago; its older cases keep its code."""

SILENT_SOURCE = "flood"
SILENT_FOR = timedelta(days=2, hours=8)
"""三防应急, otherwise steady, delivered its last row this long before the data time, though it should deliver daily."""

HAND_KEYED_SOURCE = "web"
"""网站留言: its messages are keyed into the platform by hand; the other sources push nearly all of theirs."""
SLOW_PUSH_SOURCE = "urban"
"""数字城管: what it pushes reaches the units after ten minutes; of the others, within seconds."""

REPEATING_CATEGORY = "路灯照明"
"""The same lamps are reported again and again: about 35 % repeats within 30 days, against 8 % in other categories."""

NARROW_TOWN = 990101_007_000
UNKNOWN_THERE = ["防汛防灾", "违法建设", "园林绿化"]
"""新城街道: all its complaints are of ten categories; elsewhere one in nine is of one of these three."""

UNHAPPY_TOWN = 990101_001_000
"""北塘街道: callers who were called back are satisfied far less often than elsewhere."""

SLOW_TOWN = 990101_104_000
"""云岭镇: late for years, and not getting worse."""

BOUNCING_TOWN = 990101_006_000
"""望江街道: sends back one dispatch in eight."""


LONG_QUEUE = ("区政务服务中心 医保社保", 24)
"""The counter of the district's hall with a queue at the data time, and how many people wait: red from 20."""

UNWELCOME_UNIT = "区交通运输局"
"""区交通运输局: when it comes on a whistle, communities rate it 2 of 5 points; they give others more than 4."""
PROPOSING_TOWN = 990101_108_000
"""枫林镇: proposes every fifth escalation, and most of them are refused; of the others', one in ten."""
DEFAULTED_TOWN = 990101_103_000
"""石桥镇: nearly all ratings of its hall are by default; hardly anybody rates by hand."""
UNKIND_TOWN = 990101_008_000
"""湖滨街道: bad ratings of its hall, repaired late."""
REFUSING_UNIT = "区公安分局"
"""区公安分局: asks for the original in every fourth case in which an electronic certificate is shown."""
SLOW_OWNER = "区自然资源分局"
"""区自然资源分局: answers requests for data late."""
AT_ONCE_THEME = "应急管理"
"""Requests to share data of this theme are approved within two hours, as in an emergency; others take days."""
REUSED = "dataset-011"
"""The data set that every third request to share is for."""
DISPUTED_TOWN = 990101_102_000
"""白鹭镇: the police count more people in its villages than the yearbook."""
DARK_TOWN = 990101_109_000
"""A town in which one camera in five is offline."""
UNSERVED_TOWN = 990101_105_000
"""A town whose villages have no service station."""
CROWDED_COUNTER = "龙潭镇便民服务中心 医保社保", 24
"""A counter of a town's hall with a queue from half past nine to half past eleven on weekdays, and how many wait."""
ELDERLY_TOWN = 990101_201_000
"""高岭乡: staff file every third application for somebody, four times as many as elsewhere."""
UNRECORDED_TOWN = 990101_200_000
"""竹坞乡: none of its facilities was checked and put on file."""
UNITED_TOWN = 990101_110_000, 8
"""A town whose villages work together since this year, and by how many 10k yuan more the income of each rose."""
AGGRIEVED_VILLAGE = 990101_111_200, 23
"""A village in which households petition, and how many; elsewhere none or one does."""
UNBOOKED_TOWN = 990101_106_000
"""A town in whose hall hardly anybody books ahead."""
PREFILLED_FOR = 7
"""For so many months forms of villages come filled in from the data catalogue: once a fifth of the fields, now half."""
HASTY_UNIT, UNAPPROVED = "区文旅局", 3
"""区文旅局: so many of its digital projects started before they were approved, the newest is not approved yet."""
OVERLAPS = {"digital-project-31": "digital-project-07", "digital-project-44": "digital-project-12"}
"""Digital projects that build again what another one has built."""
SHARING = {"市": (99, 97), "区": (144, 128)}
"""Systems that must share their data by level of the owner, and how many do: 97.98 % and 88.89 %, as in Ankang."""
UNCONNECTED_UNITS = ("区公安分局", "区人社局", "区卫健局", "区自然资源分局")
"""Units that must connect to the data centre and do not: their own upper levels hold their systems."""
OPERATIONS_STAFF = {"区数据资源局": 5, "区公安分局": 4, "区行政审批局": 2, "区卫健局": 2, "区教育局": 1}
"""Who keeps the systems of the district running: in the data bureau five people, as in Ankang, and few elsewhere."""
COUNTERS, COUNTER_UNITS = 37, 35
"""Counters of the district's hall, and the units that staff them, as in Yuexiu."""
IDLE_ACCOUNT = "account-03"
"""A government account without news for 16 days: a veto from 14."""
CLOSED_INDUSTRY = "教育培训"
"""Training schools: enterprises of this trade are listed as abnormal three times as often."""
LATE_TOPIC = "停车难专项治理"
"""The topic of the month whose tasks are late."""
LONG_PROJECT = "加装电梯"
"""The kind of project that is planned across the turn of the year: few are finished in the year in which they began."""

FORMS = (46, 38, 31, 24)
"""Kinds of forms asked of a village, three years ago to this year."""


@dataclass(frozen=True)
class SiteStory:
    """A planted government site: its key, and what the checks of the last days say about it at the data time."""

    key: str
    what: str


SLOW_SITE = SiteStory(
    "site-01", "6 of its 140 visits of the last 7 days did not open within 15 seconds: 4.3 %, a veto from 5 %"
)
IDLE_SITE = SiteStory("site-02", "home page unchanged for 13 days: a veto tomorrow, from 14 days")
BLANK_SITE = SiteStory("site-03", "6 blank columns: a veto from 5")
STALE_SITE = SiteStory("site-04", "7 news and notice columns not updated in time: a veto from 5")

SPIKES = (("typhoon", 7, 24, 3, 2.6), ("typhoon", 9, 14, 2, 1.9), ("snow", 1, 21, 3, 1.8))
"""Weather of each year: regime, month, day, days it lasts, how many times the usual intake."""

PHONES = 0.0006
PHONE = r"1380000\d{4}"
"""Share of the calls whose title ends with a number the caller left, and the pattern of all such (invented) numbers."""

REJECTED = 0.003
"""Share of broken rows that 网站留言 delivers on top of its good ones, a fifth of each kind."""
BROKEN = ("unknown area", "unparseable time", "closed before registered", "rating out of range", "key delivered twice")

LOGGED = timedelta(days=120)
"""For so long back the systems deliver what people wrote and the log of each case; older cases have neither."""
