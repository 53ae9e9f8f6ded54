"""Readings: numbers measured at a place and time."""

from data.schema.common import AREA, IDENTITY, LINEAGE, UNIT
from data.schema.model import TIME, Column, Fact

READINGS = Fact(
    "readings",
    "measured_at",
    (
        *IDENTITY,
        *AREA,
        UNIT,
        Column("measure", "项目", "Measure", required=True, listed=1),
        Column("measured_at", "测量时间", "Measured", TIME, required=True, known_at="measured_at", listed=5),
        Column("value", "数值", "Value", "DOUBLE", required=True, listed=6),
        Column("value_unit", "数值单位", "Unit of the value"),
        Column("n", "样本", "Sample", "BIGINT", low=0, listed=7),
        *LINEAGE,
    ),
    apart_by=("measure",),
)
