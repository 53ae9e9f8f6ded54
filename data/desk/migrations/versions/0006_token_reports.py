"""A token may be issued for reports as well."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("token") as token:
        token.add_column(sa.Column("reports", sa.Boolean(), nullable=False, server_default=sa.false()))
