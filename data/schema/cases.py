"""Cases: what somebody must finish by a time."""

from data.schema.common import AREA, IDENTITY, LINEAGE, UNIT
from data.schema.model import TIME, Column, Fact

KINDS = {
    "event": "事件", "hotline": "热线", "message": "留言", "service": "办件", "share_req": "共享申请",
    "open_req": "开放申请", "flow_req": "回流申请", "review": "差评整改", "order": "督办", "escalation": "提级",
    "whistle": "吹哨", "problem": "问题", "wish": "微心愿", "approval": "审批", "task": "任务", "topic": "每月一题",
    "project": "民生实事", "pairing": "包保", "abnormal": "经营异常", "risk": "风险线索", "discipline": "联合惩戒",
}  # fmt: skip
URGENCIES = {"normal": "一般", "urgent": "紧急", "critical": "特急"}
CLOSE_KINDS = {
    "done": "办结",
    "refused": "不予受理",
    "returned": "退单",
    "void": "作废",
    "merged": "并案",
    "gone": "不再报送",
}
DUE_CALENDARS = {"natural": "自然日", "workday": "工作日"}
COMPLEXITIES = {"simple": "简单", "joint": "联办"}

CASES = Fact(
    "cases",
    "registered_at",
    (
        *IDENTITY,
        Column("kind", "类型", "Kind", required=True, words=KINDS, split="kind"),
        *AREA,
        Column("lon", "经度", "Longitude", "DOUBLE", low=-180, high=180),
        Column("lat", "纬度", "Latitude", "DOUBLE", low=-90, high=90),
        Column("place", "地点", "Place", free_text=True),
        UNIT,
        Column("co_units", "协办单位", "Other units"),
        Column("channel", "渠道", "Channel", split="channel"),
        Column("assisted", "帮办代办", "Assisted", "BOOLEAN"),
        Column("category", "类别", "Category", split="category", listed=3),
        Column("subcategory", "子类", "Subcategory", split="subcategory"),
        Column("urgency", "紧急程度", "Urgency", words=URGENCIES, split="urgency"),
        Column("registered_at", "登记", "Registered", TIME, required=True, known_at="registered_at", listed=5),
        Column("pushed_at", "自动推送", "Pushed", TIME, known_at="pushed_at"),
        Column("delivered_at", "送达", "Delivered", TIME, known_at="delivered_at"),
        Column("accepted_at", "受理", "Accepted", TIME, known_at="accepted_at"),
        Column("sign_due_at", "签收期限", "To be signed for by", TIME),
        Column("signed_at", "签收", "Signed for", TIME, known_at="signed_at"),
        Column("respond_due_at", "响应期限", "To be responded to by", TIME),
        Column("responded_at", "首次响应", "First response", TIME, known_at="responded_at"),
        Column("handled_at", "首次处置", "First handled", TIME, known_at="handled_at"),
        Column("due_at", "办理期限", "Deadline", TIME, listed=6),
        Column("due_calendar", "期限计算", "Deadline counted in", words=DUE_CALENDARS),
        Column("published_at", "公示", "Published", TIME, known_at="published_at"),
        Column("red_at", "转红", "Red from", TIME),
        Column("closed_at", "办结", "Closed", TIME, known_at="closed_at", listed=7),
        Column("close_kind", "办理结果", "Outcome", known_at="closed_at", words=CLOSE_KINDS),
        Column("deferred", "缓办", "Deferred", "BOOLEAN"),
        Column("extended", "延期次数", "Times extended", "SMALLINT", low=0, high=1000),
        Column("returned", "退回次数", "Times returned", "SMALLINT", low=0, high=1000),
        Column("reworked", "返工次数", "Times reworked", "SMALLINT", known_at="closed_at", low=0, high=1000),
        Column("reason", "原因", "Reason", known_at="closed_at", split="reason"),
        Column("reached", "回访接通", "Caller reached", "BOOLEAN", known_at="closed_at"),
        Column("solved", "解决", "Solved", "BOOLEAN", known_at="closed_at"),
        Column("satisfied", "满意", "Satisfied", "BOOLEAN", known_at="closed_at"),
        Column("rating", "评分", "Rating", "TINYINT", known_at="closed_at", low=1, high=5),
        Column("rating_default", "默认评价", "Rating by default", "BOOLEAN", known_at="closed_at"),
        Column("cert_presented", "出示电子证照", "E-certificate shown", "BOOLEAN", known_at="closed_at"),
        Column("cert_accepted", "认可电子证照", "E-certificate accepted", "BOOLEAN", known_at="closed_at"),
        Column("complexity", "复杂程度", "Complexity", words=COMPLEXITIES, split="complexity"),
        Column("self_found", "主动发现", "Found by ourselves", "BOOLEAN"),
        Column("title", "标题", "Title", free_text=True, listed=1),
        Column("description", "内容", "Description", free_text=True),
        Column("parent", "上级件", "Part of"),
        Column("repeat_of", "重复于", "Repeats"),
        Column(
            "repeated", "重复", "Repeat", "BOOLEAN", derived=True,
            made_of=(("repeat_of",), ("reporter",), ("place", "category")),
        ),
        Column("asset", "对象", "Asset"),
        Column("reporter", "反映人", "Reporter", exported=False),
        *LINEAGE,
    ),
    clusters=(
        "closed_at IS NULL OR closed_at >= {as_of}",
        "urgency IN ('urgent', 'critical')",
        "asset IS NOT NULL",
    ),
)  # fmt: skip
