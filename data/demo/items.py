"""The demo's work items: six months of every kind, walked through their own workflows by invented accounts."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import data.demo.geography as geography
import data.demo.names as names
import data.demo.stories as stories
from data.areas.levels import end_of
from data.demo.geography import Area
from data.desk.items import store
from data.desk.items.item import Item
from data.desk.items.links import Link
from data.desk.items.store import Beginning, Locked, Rules
from data.desk.store import Desk
from data.workflow.model import START, FieldType, Transition, Workflow
from data.workflow.parties import answerable, hindrance, may_start, permitted
from data.workflow.replay import Event, replay

ITEMS, LEAST_ITEMS, CASES_TO_AN_ITEM = 180, 44, 100
"""Items of a demo: in proportion to its cases, but some of each kind, and no more than a desk of half a year."""
DAYS = 180
FORWARD = 0.9
"""Share of steps that lead on to a new state; the others are any that is possible."""
STALLED = 0.04
"""Share of steps that nobody does: the item stays open, and its deadline passes."""
LATE = timedelta(days=30)
"""Items begun earlier do not rest: nobody has left them for half a year."""
WAIT = timedelta(days=12)
"""In which a period that has to pass, such as a publication, is over."""
PROMPT = 0.95
"""Share of the steps that a deadline waits for which are done before it."""
HURRY = {"whistle": 6, "event": 10}
"""Mean hours between two steps of a kind; MEAN_HOURS of the others."""
MEAN_HOURS = 40
COUNTERSIGN = (names.DEPARTMENTS[0], names.DEPARTMENTS[1])
"""Departments that countersign besides the town's own unit."""
TOPICS = ("充电桩进小区", "既有住宅加装电梯", "菜市场环境提升", "停车难专项治理")
PROJECT_TITLES = {
    "parks": ("新建口袋公园", "滨河步道贯通"),
    "markets": ("改造农贸市场",),
    "childcare": ("新增公办托位", "改造校门口通道"),
    "roads": ("改造农村公路",),
    "lifts": ("既有住宅加装电梯",),
    "elderly": ("新建老年食堂", "困难家庭适老化改造"),
    "health": ("改造村卫生室",),
    "other": ("更换老旧燃气管",),
}
"""Titles of projects by their kind; a kind that a district has added takes those of the others."""
TITLES = {
    "order": ("12345 热线积压件清理", "老旧小区消防通道整改", "汛期排水口清淤", "工地夜间噪声治理"),
    "escalation": ("跨镇河道清淤需统筹", "安置房办证历史遗留问题", "公交线路调整诉求", "污水管网改造资金缺口"),
    "whistle": ("背街小巷违建联合处置", "油烟扰民联合执法", "地下车位纠纷协调", "废品收购点整治"),
    "problem": ("便民中心无障碍坡道缺失", "村级公示栏更新不及时", "健身器材损坏", "垃圾分类点位不足"),
    "wish": ("希望增设路灯", "想要一间读书角", "安装楼道扶手", "添置活动室桌椅"),
    "approval": ("夏季防汛物资采购方案", "便民服务点调整方案", "文化节活动方案", "网格划分调整方案"),
    "topic": TOPICS,
    "pairing": ("帮助引进物业服务", "帮助改造活动中心", "帮助对接就业岗位", "帮助修缮水渠"),
    "note": ("关于数据口径的批注", "关于走势变化的批注", "关于现场情况的批注", "关于对比结果的批注"),
    "instruction": ("关于积压件上升的批示", "关于网站栏目更新的批示", "关于安全隐患排查的批示", "关于群众满意率的批示"),
    "project": PROJECT_TITLES["other"],
}
EVENT_TITLES = {
    "sanitation": ("河道漂浮垃圾较多", "垃圾桶满溢未清运"),
    "roads": ("人行道地砖破损", "窨井盖松动"),
    "lighting": ("路灯不亮", "楼道灯损坏"),
    "parking": ("消防通道停车", "共享单车堆放占道"),
    "noise": ("夜间施工噪声", "广场音响扰民"),
    "green": ("行道树枝遮挡信号灯", "绿地被占用种菜"),
    "water": ("下水道堵塞外溢", "自来水管渗漏"),
    "buildings": ("楼顶搭建彩钢棚", "私自扩建围墙"),
    "safety": ("电动车飞线充电", "河边护栏松动"),
    "other": ("店外经营占用通道", "公告栏玻璃破损"),
}
"""Titles of events by their category; a category that a district has added takes those of the others."""
LEFT = {"order": (14, 28, 35), "problem": (28,), "instruction": (21,)}
"""Days since items were taken in hand that are still there: some of them are overdue."""
TEXTS = {
    "matter": "请按职责限时办理，办理情况及时反馈。",
    "reason": "需与相关单位进一步核实。",
    "more": "已补充说明相关情况。",
    "reply": "已组织人员现场处理，问题已解决。",
    "result": "已完成办理，现场恢复正常。",
    "proof": "已完成整改，附近群众表示认可。",
    "finding": "经现场核查，情况属实。",
    "progress": "按计划推进。",
    "plan": "安排专人对接，分步解决。",
    "opinion": "同意。",
    "place": "村口",
    "category": "市容环卫",
}


@dataclass(frozen=True)
class Person:
    """An invented account with one role on an area."""

    name: str
    role: str
    first: int
    unit: str = ""

    @property
    def end(self) -> int:
        return end_of(self.first)


def build(desk: Desk, rules: Rules, *, as_of: datetime, seed: int, cases: int) -> int:
    """Store the items of the half year before `as_of` (local), and one of each state that none of them is in.

    Nothing where the desk has items. Returns how many. cases: of the whole demo, which the number of items goes by.
    """
    if store.count(desk):
        return 0
    items = min(ITEMS, max(LEAST_ITEMS, cases // CASES_TO_AN_ITEM))
    rng = random.Random(f"items {seed}")
    kinds = [kind for kind in ("event", *TITLES) if kind in rules.flows]
    begun = sorted(as_of - timedelta(hours=2 + DAYS * 24 * rng.random() ** 2) for _item in range(items))
    with desk.begin():
        made = [_walk(_begin(desk, rules, kinds[n % len(kinds)], at, rng), as_of) for n, at in enumerate(begun)]
        reached = {(item.kind, item.state) for item in made}
        states = [(kind, state) for kind in kinds for state in rules.flows[kind].states if (kind, state) not in reached]
        for kind, state in states:
            _lead(desk, rules, kind, state, as_of, rng)
        left = [(kind, days) for kind, ages in LEFT.items() if kind in kinds for days in ages]
        for kind, days in left:
            _lead(desk, rules, kind, _in_hand(rules.flows[kind]), as_of - timedelta(days=days), rng)
    return items + len(states) + len(left)


@dataclass
class _Course:
    """An item of the demo under way. at: local time of its newest event. key: begins the keys of its events."""

    desk: Desk
    rules: Rules
    rng: random.Random
    village: Area
    item: Item
    at: datetime
    key: str

    @property
    def flow(self) -> Workflow:
        return self.rules.flows[self.item.kind]

    @property
    def events(self) -> list[Event]:
        return store.events(self.desk, self.rules, self.item.id)

    def possible(self, events: list[Event]) -> list[tuple[str, Person]]:
        """The transitions that are possible now, each with somebody who may do it."""
        snapshot = replay(self.flow, events, self.rules.calendar)
        return [
            (id, person)
            for id in self.flow.leaving(self.item.state)
            for person in _people(self.village)
            if _fits(self.flow, snapshot, self.item, id, person, self.at)
        ]

    def step(self, id: str, person: Person, events: list[Event]) -> None:
        waiting = answerable(self.item.place, [person])
        fields, unit_area = _filled(self.flow, id, self.village, self.at, self.rng, waiting)
        locked = Locked(self.item, replay(self.flow, events, self.rules.calendar))
        self.item = store.append(
            self.desk, self.rules, locked, id, fields, key=f"{self.key}-{self.item.version}", actor=person.name,
            role=person.role, unit_area=unit_area, now=self.rules.utc(self.at),
        ).item  # fmt: skip


def _begin(desk: Desk, rules: Rules, kind: str, at: datetime, rng: random.Random, *, by_leader: bool = True) -> _Course:
    """by_leader: also by those who decide on others' items, where somebody else may begin one."""
    flow, village = rules.flows[kind], _village(rng)
    people = list(_people(village))
    able = [p for p in rng.sample(people, len(people)) if not p.unit and may_start(flow, village.code, p.name, [p])]
    author = next((p for p in able if by_leader or p.role != "leader"), able[0])
    fields, unit_area = _filled(flow, START, village, at, rng)
    about = () if "free" in flow.origins else (Link("area", str(village.code)),)
    beginning = Beginning(
        kind, _title(kind, fields, rng), village.code, fields, unit_area, "area" if about else "free", about
    )
    key = f"demo-{kind}-{rng.getrandbits(64):x}"
    item = store.start(
        desk, rules, beginning, key=key, actor=author.name, role=author.role, now=rules.utc(at)
    ).item  # fmt: skip
    return _Course(desk, rules, rng, village, item, at, key)


def _title(kind: str, fields: Mapping[str, Any], rng: random.Random) -> str:
    match kind:
        case "event":
            return rng.choice(EVENT_TITLES.get(fields["category"], EVENT_TITLES["other"]))
        case "project":
            return rng.choice(PROJECT_TITLES.get(fields.get("kind", ""), TITLES[kind]))
        case "topic":
            return str(fields.get("topic") or rng.choice(TOPICS))
    return rng.choice(TITLES[kind])


def _in_hand(flow: Workflow) -> str:
    """The state in which a holder works on an item."""
    return next(id for id, state in flow.states.items() if state.turn == "holder")


def _walk(course: _Course, as_of: datetime) -> Item:
    """Do steps, most of them forward, until the item ends, rests, or it is `as_of`."""
    flow, rng = course.flow, course.rng
    while True:
        course.at = _next_step(course)
        item, recent = course.item, course.at > as_of - LATE
        if course.at >= as_of or (item.is_open and recent and rng.random() < STALLED):
            return item
        events = course.events
        steps, visited = course.possible(events), {event.state for event in events}
        forward = [step for step in steps if _leads_on(flow, flow.transitions[step[0]], visited)]
        waits = any(transition.after_end for transition in flow.leaving(item.state).values())
        if item.is_open and waits and not forward:
            continue  # a period that has to pass
        if not steps or (not item.is_open and rng.random() < FORWARD):
            return item
        course.step(*(forward[0] if forward and rng.random() < FORWARD else rng.choice(steps)), events)


def _next_step(course: _Course) -> datetime:
    """When the next step is done: in most cases before the next deadline."""
    flow, rng = course.flow, course.rng
    after = course.at + timedelta(hours=rng.expovariate(1 / HURRY.get(flow.id, MEAN_HOURS)) + 0.05)
    deadlines = [
        clock.deadline
        for id, clock in replay(flow, course.events, course.rules.calendar).clocks.items()
        if clock.status == "running" and flow.clocks[id].kind == "deadline"
    ]
    ahead = [deadline for deadline in deadlines if deadline and deadline > course.at]
    if ahead and after >= min(ahead) and rng.random() < PROMPT:
        return course.at + (min(ahead) - course.at) * rng.uniform(0.2, 0.9)
    return after


def _lead(desk: Desk, rules: Rules, kind: str, state: str, as_of: datetime, rng: random.Random) -> None:
    """An item that has come to a state on the shortest way, and rests there since some hours."""
    flow = rules.flows[kind]
    way = _way(flow, state)
    gap = timedelta(hours=rng.uniform(0.6, 1.2) * HURRY.get(kind, MEAN_HOURS) / 2)
    waits = sum(flow.transitions[id].after_end is not None for id in way)
    course = _begin(
        desk, rules, kind, as_of - (len(way) + len(COUNTERSIGN) + 1) * gap - waits * WAIT, rng, by_leader=False
    )
    for id in way:
        before = course.item.state
        while course.item.state == before and course.at < as_of:
            course.at += gap
            events = course.events
            person = next((person for name, person in course.possible(events) if name == id), None)
            if person:  # else a period has to pass
                course.step(id, person, events)


def _way(flow: Workflow, state: str) -> list[str]:
    """The transitions of the shortest way from the start to a state."""
    ways: dict[str, list[str]] = {flow.start.state: []}
    todo = [flow.start.state]
    for at in todo:
        for id, transition in flow.leaving(at).items():
            to = transition.target(at)
            if to not in ways:
                ways[to] = [*ways[at], id]
                todo.append(to)
    return ways[state]


def _leads_on(flow: Workflow, transition: Transition, visited: set[str]) -> bool:
    """Whether a transition leads to a state that the item has not been in, other than a cancelled one."""
    to = transition.to
    return to is not None and to not in visited and flow.states[to].type != "cancelled"


def _fits(flow: Workflow, snapshot: Any, item: Item, id: str, person: Person, at: datetime) -> bool:
    may = permitted(flow.transitions[id], item.place, person.name, [person])
    return may is not None and hindrance(flow, snapshot, id, person.name, at) is None


def _village(rng: random.Random) -> Area:
    """A village of today; every third item lies in that of the demo's cadre."""
    places = [area for area in geography.areas() if area.level == "village" and area.outline]
    return min(places, key=lambda area: area.code) if rng.random() < 1 / 3 else rng.choice(places)


def _people(village: Area) -> Iterator[Person]:
    """The accounts that act on items of a village: one-click accounts where they fit, else others of the same roles."""
    first = min((a for a in geography.areas() if a.level == "village" and a.outline), key=lambda area: area.code)
    town = village.code // 1000 * 1000
    own = town == first.code // 1000 * 1000
    yield Person("demo-leader", "leader", stories.DISTRICT)
    yield Person("demo-inspector", "inspector", stories.DISTRICT)
    yield Person("demo-official" if own else f"official-{town // 1000}", "official", town)
    yield Person(f"leader-{town // 1000}", "leader", town)
    for n, unit in enumerate(COUNTERSIGN, 1):
        yield Person(f"department-{n}", "official", stories.DISTRICT, unit)
    yield Person("demo-cadre" if village == first else f"cadre-{village.code}", "cadre", village.code)


def _filled(
    flow: Workflow, transition: str, village: Area, at: datetime, rng: random.Random, waiting: Sequence[str] = ()
) -> tuple[dict[str, Any], int | None]:
    """The fields of a step, and the area of the unit that they name. waiting: units for which the person may answer."""
    values, unit_area = dict[str, Any](), None
    for name in flow.inputs(transition)[0]:
        field = flow.fields[name]
        if field.type == "unit":
            values[name], unit_area = rng.choice(_units(village))
        elif field.type == "units":
            values[name] = {
                names.TOWN_UNIT: village.code // 1000 * 1000,
                **dict.fromkeys(COUNTERSIGN, stories.DISTRICT),
            }
        elif field.type == "asked":
            values[name] = waiting[0]
        else:
            values[name] = _value(name, field, at, rng)
    return values, unit_area


def _units(village: Area) -> list[tuple[str, int]]:
    """The units that an item of a village may be given to, each with its area."""
    town = names.TOWN_UNIT, village.code // 1000 * 1000
    return [town, town, *((unit, stories.DISTRICT) for unit in COUNTERSIGN)]


def _value(name: str, field: FieldType, at: datetime, rng: random.Random) -> Any:
    if name == "topic":
        return rng.choice(TOPICS)
    match field.type:
        case "point":
            return f"{rng.uniform(118, 118.2):.6f},{rng.uniform(32, 32.2):.6f}"
        case "choice":
            return rng.choice(list(field.choices))
        case "integer":
            return rng.randint(max(field.low, field.high // 2), field.high)
        case "yes_no":
            return rng.random() < 0.9
        case "date":
            return at.date() + timedelta(days=rng.randint(5, 25))
    return TEXTS.get(name, "已办理。")
