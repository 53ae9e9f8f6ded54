"""Links of items to their subjects, in place of one reference as text."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "item_link",
        sa.Column("item_id", sa.Integer, sa.ForeignKey("item.id"), primary_key=True),
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("reference", sa.String(300), primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
    )
    op.create_index("ix_item_link_reference", "item_link", ["kind", "reference"])
    op.execute(
        "INSERT INTO item_link (item_id, kind, reference, address) "
        "SELECT id, CASE origin WHEN 'red' THEN 'metric' WHEN 'row' THEN 'case' ELSE origin END, reference, '' "
        "FROM item WHERE reference <> '' AND origin <> 'free'"
    )
    op.drop_column("item", "reference")
