"""Columns that several facts have."""

from data.schema.model import TIME, Column

IDENTITY = (
    Column("source", "来源", "Source", required=True, split="source"),
    Column("key", "编号", "Number", required=True),
)
LINEAGE = (
    Column("updated_at", "更新时间", "Last changed", TIME),
    Column("batch", "批次", "Batch", "INTEGER", required=True),
)
AREA = (
    Column("area", "区划", "Area", "BIGINT", required=True, listed=2),
    Column("area_then", "原属", "Area then", "BIGINT", required=True, derived=True),
)
UNIT = Column("unit", "责任单位", "Responsible unit", split="department", listed=4)
