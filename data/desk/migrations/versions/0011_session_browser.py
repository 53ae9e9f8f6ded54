"""A session knows the family of its browser, so that people know their own sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("session", sa.Column("browser", sa.String(60), nullable=False, server_default=""))
