"""The six sources of cases: what they bring, on which days and at what hours."""

from dataclasses import dataclass

DAY = (1, 1, 1, 1, 1, 2, 5, 12, 30, 38, 34, 26, 18, 24, 32, 32, 28, 22, 16, 14, 12, 9, 5, 2)
OFFICE = (0, 0, 0, 0, 0, 0, 1, 6, 30, 40, 38, 24, 8, 22, 38, 38, 30, 14, 4, 2, 1, 1, 0, 0)
ROUND = (3, 2, 2, 2, 2, 4, 8, 12, 14, 14, 13, 12, 11, 12, 13, 13, 13, 13, 12, 11, 9, 7, 5, 4)


@dataclass(frozen=True)
class Stream:
    """One source of cases.

    share: of all cases; off_days: intake on a day off against a working day; hours: profile of the day; weather:
    exponent of the spikes; urgent: times the topics' share of urgent cases; kinds, channels: word and share in percent.
    """

    source: str
    zh: str
    en: str
    number: int
    share: float
    off_days: float
    hours: tuple[int, ...]
    weather: float
    urgent: float
    kinds: dict[str, int]
    channels: dict[str, int]
    categories: dict[str, float]
    """Times the weight of a category; others keep their own."""


STREAMS = (
    Stream(
        "hotline", "12345热线", "12345 hotline", 1, 0.46, 0.72, DAY, 1.0, 0.9,
        {"hotline": 100}, {"电话": 84, "微信": 10, "手机应用": 6},
        {"防汛防灾": 0.3},
    ),
    Stream(
        "grid", "网格巡查", "Grid patrol", 2, 0.20, 0.45, OFFICE, 0.7, 0.8,
        {"event": 82, "problem": 11, "wish": 7}, {"网格员上报": 88, "群众上报": 12},
        {"农村人居": 3.0, "劳动保障": 0.2, "教育医疗": 0.1, "防汛防灾": 1.5},
    ),
    Stream(
        "urban", "数字城管", "Urban management", 3, 0.18, 0.6, OFFICE, 0.8, 0.9,
        {"event": 100}, {"采集员上报": 70, "视频识别": 24, "市民上报": 6},
        {"市容环卫": 2.4, "违法建设": 1.6, "道路设施": 1.8, "路灯照明": 1.2, "园林绿化": 1.6, "停车秩序": 1.4,
         "物业管理": 0.1, "劳动保障": 0.0, "教育医疗": 0.0, "农村人居": 0.2, "噪声扰民": 0.2, "防汛防灾": 0.2},
    ),
    Stream(
        "web", "网站留言", "Website messages", 4, 0.06, 0.8, ROUND, 0.5, 0.3,
        {"message": 78, "hotline": 22}, {"网站留言": 66, "区长信箱": 22, "网上申请": 12},
        {"劳动保障": 2.2, "教育医疗": 3.0, "防汛防灾": 0.1, "供水排水": 0.6},
    ),
    Stream(
        "command", "指挥中心", "Command centre", 5, 0.06, 0.9, ROUND, 1.3, 2.2,
        {"event": 74, "order": 12, "whistle": 8, "task": 6}, {"视频巡查": 46, "一键呼叫": 32, "领导交办": 22},
        {"防汛防灾": 2.5, "供水排水": 1.5, "劳动保障": 0.4, "教育医疗": 0.2, "农村人居": 0.5},
    ),
    Stream(
        "flood", "三防应急", "Flood and emergency", 6, 0.04, 1.0, ROUND, 1.7, 1.2,
        {"event": 100}, {"日常巡查": 72, "水雨情监测": 20, "群众上报": 8},
        {"市容环卫": 0.05, "违法建设": 0.1, "道路设施": 0.5, "路灯照明": 0.05, "噪声扰民": 0.0, "物业管理": 0.05,
         "停车秩序": 0.0, "供水排水": 1.6, "园林绿化": 0.6, "劳动保障": 0.0, "教育医疗": 0.0, "农村人居": 0.2,
         "防汛防灾": 12.0},
    ),
)  # fmt: skip
