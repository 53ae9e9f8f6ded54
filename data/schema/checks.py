"""Checks: yes/no tests of something's health at a time."""

from data.schema.common import IDENTITY, LINEAGE
from data.schema.model import TIME, Column, Fact

METHODS = {"auto": "自动", "manual": "人工", "sample": "抽查"}

CHECKS = Fact(
    "checks",
    "checked_at",
    (
        *IDENTITY,
        Column("area", "区划", "Area", "BIGINT", listed=2),
        Column("area_then", "原属", "Area then", "BIGINT", derived=True),
        Column("asset_source", "对象来源", "Source of the asset"),
        Column("asset", "对象", "Asset", required=True, listed=1),
        Column("rule", "规则", "Rule", required=True, listed=3),
        Column("checked_at", "检查时间", "Checked", TIME, required=True, known_at="checked_at", listed=4),
        Column("window_days", "统计天数", "Days covered", "INTEGER", low=0),
        Column("observed", "实测", "Observed", "DOUBLE", listed=5),
        Column("observed_unit", "实测单位", "Unit of the observed value"),
        Column("passed", "通过", "Passed", "BOOLEAN", required=True, listed=6),
        Column("veto", "单项否决", "Veto", "BOOLEAN"),
        Column("points", "分值", "Points", "DOUBLE"),
        Column("evidence", "佐证", "Evidence"),
        Column("checker", "检查人", "Checked by"),
        Column("method", "方式", "Method", words=METHODS),
        *LINEAGE,
    ),
)
