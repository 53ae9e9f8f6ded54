"""Separate the roles that an identity provider gives from those granted here."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("role_grant", "session"):
        op.add_column(table, sa.Column("by_provider", sa.Boolean(), nullable=False, server_default=sa.false()))
