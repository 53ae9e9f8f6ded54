"""Steps: the log of a case, one row for each thing that somebody did with it."""

from data.schema.common import IDENTITY, LINEAGE
from data.schema.model import TIME, Column, Fact

ACTIONS = {
    "report": "上报", "accept": "受理", "open": "立案", "dispatch": "派遣", "sign": "签收", "respond": "首次响应",
    "handle": "处置", "reply": "反馈", "verify": "核查", "rework": "返工", "suspend": "挂起", "resume": "恢复",
    "request_extension": "延期申请", "extend": "延期批准", "return": "退单", "escalate": "提级", "publish": "公示",
    "object": "异议", "callback": "回访", "cancel": "消号", "close": "结案", "void": "作废", "other": "其他",
}  # fmt: skip

STEPS = Fact(
    "steps",
    "started_at",
    (
        *IDENTITY,
        Column("area", "区划", "Area", "BIGINT", listed=2),
        Column("area_then", "原属", "Area then", "BIGINT", derived=True),
        Column("case_source", "件的来源", "Source of the case"),
        Column("case_key", "件的编号", "Number of the case", required=True, listed=3),
        Column("action", "步骤", "Step", required=True, words=ACTIONS, listed=1),
        Column("unit", "经办单位", "Handled by", split="department", listed=4),
        Column("post", "经办岗位", "Post"),
        Column("officer", "经办人", "Officer", person=True),
        Column("started_at", "开始", "From", TIME, required=True, known_at="started_at", listed=5),
        Column("ended_at", "结束", "To", TIME, known_at="ended_at", listed=6),
        Column("result", "办理情况", "Result", known_at="ended_at", free_text=True, listed=7),
        *LINEAGE,
    ),
)
"""A step takes the area of its case, which is that of `case_source` (its own source by default) and `case_key`."""
