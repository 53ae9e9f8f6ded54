"""A grant may name the unit whose part its account takes in work items."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("role_grant", sa.Column("unit", sa.String(200), nullable=False, server_default=""))
