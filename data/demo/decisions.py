"""What the offices of the demo decided: dated limits, edits of assets, objections to assessments."""

from datetime import date

import data.demo.stories as stories
from data.desk.assessing import schemes
from data.desk.assessing.schemes import SchemeLine
from data.desk.register.limits import Proposal

EDITS = (
    ("systems", "system-03", "vendor", "承建单位乙", "运维合同续签，承建单位变更"),
    ("datasets", stories.REUSED, "resource_kind", "接口", "库表已改为接口提供"),
)
"""Source, key, column, value and reason of the edited assets; the last edit is withdrawn."""

ANSWERED_OBJECTION = (stories.SLOW_TOWN, "on_time_rate", "山区路远，请按过渡期标准计算。")
"""Town, metric and words; to an assessment that was published."""
OPEN_OBJECTIONS = (
    (stories.UNHAPPY_TOWN, "satisfaction_rate", "部分回访对象并非当事人，请核实样本。"),
    (stories.BOUNCING_TOWN, "rework_rate", "退回件系派单有误，申请剔除。"),
)
"""To the assessment under way; the first of them is answered."""


def approved_limits(today: date) -> tuple[Proposal, ...]:
    """Limits that a leader approved: one that ended with last year, one of a category."""
    year = today.replace(month=1, day=1)
    before = year.replace(year=year.year - 1)
    return (
        Proposal("on_time_rate", stories.SLOW_TOWN, ">= 85", "< 70", before, "山区镇过渡期办理标准（试行）", year),
        Proposal("on_time_rate", stories.DISTRICT, ">= 97", "< 90", year, "照明设施维护考核办法", None, "路灯照明"),
    )


def proposed_limit(today: date) -> Proposal:
    """A limit that waits for approval."""
    return Proposal("satisfaction_rate", stories.UNHAPPY_TOWN, ">= 90", "< 80", today, "一季度工作例会")


def proposed_scheme(today: date) -> schemes.Proposal:
    """A scheme that waits for approval: more weight on deadlines, a higher floor, from next year on."""
    lines = (
        SchemeLine("on_time_rate", 30, 97, 88), SchemeLine("closure_rate", 15, 98, 85),
        SchemeLine("solved_rate", 20, 96, 80), SchemeLine("satisfaction_rate", 25, 96, 80),
        SchemeLine("rework_rate", 10, 1, 5),
    )  # fmt: skip
    start = today.replace(year=today.year + 1, month=1, day=1)
    return schemes.Proposal(
        "towns", "镇街治理成效考核", "Assessment of towns", "town", "quarter", 10, lines, stories.DISTRICT, start,
        "年度考核办法（征求意见稿）",
    )  # fmt: skip
