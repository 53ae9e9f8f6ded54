"""Assets: registered things with an owner."""

from data.schema.common import AREA, IDENTITY, LINEAGE, UNIT
from data.schema.model import TIME, Column, Fact

ASSET_KINDS = {
    "site": "网站", "account": "政务账号", "app": "应用", "mini_program": "小程序", "column": "栏目",
    "function": "功能", "system": "系统", "platform": "平台", "dataset": "数据资源", "service_item": "事项",
    "hall": "大厅", "counter": "窗口", "unit": "单位", "enterprise": "市场主体",
    "digital_project": "信息化项目", "facility": "设施",
}  # fmt: skip
COLUMN_KINDS = {"news": "动态要闻", "notice": "通知公告", "policy": "政策文件", "other": "其他"}
SHARE_CLASSES = {"open": "无条件", "conditional": "有条件", "closed": "不予"}
RESOURCE_KINDS = {"interface": "接口", "table": "库表", "file": "文件", "none": "无"}
UNIT_KINDS = {
    "department": "部门", "township": "镇街", "committee": "村社", "window": "窗口单位", "partner": "包保单位",
    "company": "企业",
}  # fmt: skip
DIRECTIONS = {"collect": "归集", "share": "共享", "return": "回流", "open": "开放"}

ASSETS = Fact(
    "assets",
    None,
    (
        *IDENTITY,
        Column("kind", "类型", "Kind", required=True, words=ASSET_KINDS, split="kind", listed=3),
        *AREA,
        Column("parent", "所属对象", "Part of"),
        Column("name", "名称", "Name", required=True, free_text=True, listed=1),
        UNIT,
        Column("unit_kind", "单位类别", "Kind of unit", words=UNIT_KINDS),
        Column("phone", "办公电话", "Office telephone", phone=True),
        Column("owner_level", "主管层级", "Level of the owner", split="owner_level"),
        Column("url", "网址", "Address"),
        Column("vendor", "承建单位", "Vendor"),
        Column("column_kind", "栏目类型", "Kind of column", words=COLUMN_KINDS),
        Column("must_update_days", "更新期限（天）", "To be updated within, days", "INTEGER", low=0),
        Column("items", "条目数", "Items", "INTEGER", low=0),
        Column("last_updated_at", "最近更新", "Last updated", TIME, known_at="last_updated_at"),
        Column("on_cloud", "已上云", "In the cloud", "BOOLEAN"),
        Column("mlps_level", "等保级别", "Protection level", "TINYINT", low=0, high=5),
        Column("on_network", "已接入政务外网", "On the government network", "BOOLEAN"),
        Column("operations_staff", "运维人员数", "Operations staff", "INTEGER", low=0),
        Column("on_platform", "已集约化", "On the common platform", "BOOLEAN"),
        Column("connected", "已接入驾驶舱", "Connected to the cockpit", "BOOLEAN"),
        Column("elder_ok", "适老化", "Suited to the elderly", "BOOLEAN"),
        Column("share_required", "应共享", "To be shared", "BOOLEAN"),
        Column("share_due_at", "共享期限", "To be shared by", TIME),
        Column("share_done_at", "共享完成", "Shared", TIME, known_at="share_done_at"),
        Column("flow_required", "应回流", "To be returned", "BOOLEAN"),
        Column("flow_active", "正在回流", "Being returned", "BOOLEAN"),
        Column("flow_last_at", "最近回流", "Last returned", TIME, known_at="flow_last_at"),
        Column("users_registered", "注册用户数", "Registered users", "BIGINT", low=0),
        Column("share_class", "共享属性", "Sharing class", words=SHARE_CLASSES, split="share_class"),
        Column("open_class", "开放属性", "Open-data class", words=SHARE_CLASSES, split="open_class"),
        Column("machine_readable", "机器可读", "Machine-readable", "BOOLEAN"),
        Column("resource_kind", "资源类型", "Kind of resource", words=RESOURCE_KINDS),
        Column("mounted_at", "挂接时间", "Mounted", TIME, known_at="mounted_at"),
        Column("recorded_at", "建档", "Put on file", TIME, known_at="recorded_at"),
        Column("cycle_days", "更新周期（天）", "Update cycle, days", "INTEGER", low=0),
        Column("rows", "记录数", "Records", "BIGINT", low=0),
        Column("direction", "流向", "Direction", words=DIRECTIONS),
        Column("theme", "主题", "Theme", split="theme"),
        Column("risk", "信用风险等级", "Class of credit risk", split="risk"),
        Column("item_kind", "事项类型", "Kind of service item", split="item_kind"),
        Column("legal_days", "法定时限（工作日）", "Legal limit, working days", "INTEGER", low=0),
        Column("promised_days", "承诺时限（工作日）", "Promised limit, working days", "INTEGER", low=0),
        Column("instant", "即办件", "Done on the spot", "BOOLEAN"),
        Column("online_depth", "网办深度", "Online depth", "TINYINT", low=0, high=4),
        Column("online_accept", "网上受理", "Accepted online", "BOOLEAN"),
        Column("max_trips", "最多跑动次数", "Visits at most", "SMALLINT", low=0),
        Column("bundle", "一件事", "Bundle"),
        Column("cross_province", "跨省通办", "Across provinces", "BOOLEAN"),
        Column("guide_elements", "指南要素数", "Elements of the guide", "SMALLINT", low=0, high=255),
        Column("modes", "办理方式", "Ways to apply", split="modes"),
        Column("approved_at", "批准", "Approved", TIME, known_at="approved_at"),
        Column("started_at", "开工", "Begun", TIME, known_at="started_at"),
        Column("duplicate_of", "重复于", "Repeats"),
        Column("registered_at", "登记", "Registered", TIME, known_at="registered_at", listed=5),
        Column("retired_at", "停用", "Retired", TIME, known_at="retired_at"),
        *LINEAGE,
    ),
)
