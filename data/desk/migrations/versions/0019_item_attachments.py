"""Files of items."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "item_attachment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("item_id", sa.Integer, sa.ForeignKey("item.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("who", sa.String(60), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("item_id", "sha256", name="uq_item_attachment_item_id"),
    )
