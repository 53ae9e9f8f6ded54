"""Units that an item asks at once."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "item_asked",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("item.id"), primary_key=True),
        sa.Column("unit", sa.String(200), primary_key=True),
        sa.Column("unit_area", sa.BigInteger, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_index("ix_item_asked_unit", "item_asked", ["unit_area", "answered", "unit"])
