"""Decisions on findings, and the table of deductions with its sources."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# Confirmed by a ministry's own check (three entries, with their points); of the others only the headings are known.
KNOWN = (
    ("policy_files", "政策文件", "政策文件一级栏目超过 6 个月未更新", "column_updated", "policy", 6, 5.0),
    ("statistics", "统计数据", "办事统计数据超过 3 个月未更新", "column_updated", "统计", 3, 2.0),
    ("replies", "留言公开", "公开的留言答复超过 2 个月未更新", "column_updated", "留言|答复|回复|互动", 2, 3.0),
)
HEADINGS = (
    ("guide_parts", "办事指南", "办事指南要素缺失", "guide_elements"),
    ("dead_links", "可用性", "首页链接打不开", "links_dead"),
    ("site_search", "站内搜索", "站内搜索不可用", "search_works"),
    ("page_label", "页面标签", "页面标签不含站点名称", "page_title"),
    ("site_marks", "网站标识", "底部标识、备案或“我为政府网站找错”缺失", "required_links"),
    ("ipv6", "IPv6改造", "不支持 IPv6 访问", "ipv6"),
    ("https", "可用性", "不支持 HTTPS 访问", "https"),
    ("certificate", "可用性", "证书无效或过期", "certificate"),
    ("elder_mode", "适老化", "没有适老化模式", "elder_mode"),
    ("accessibility", "无障碍", "无障碍基本要求不符", "accessibility"),
)


def upgrade() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("asset", sa.String(200), nullable=False, index=True),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("decision", sa.String(10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(120), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("taken_back_at", sa.DateTime()),
    )
    table = op.create_table(
        "deduction",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("indicator", sa.String(60), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("columns", sa.String(120), nullable=False),
        sa.Column("months", sa.Integer()),
        sa.Column("points", sa.Float()),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
    )
    names = ("name", "indicator", "title", "rule", "columns", "months", "points")
    known = [{**dict(zip(names, row, strict=True)), "confirmed": True, "enabled": True} for row in KNOWN]
    nothing = {"columns": "", "months": None, "points": None, "confirmed": False, "enabled": False}
    op.bulk_insert(table, [*known, *({**dict(zip(names, row, strict=False)), **nothing} for row in HEADINGS)])
