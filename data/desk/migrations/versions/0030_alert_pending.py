"""What alert rules are true of, but not for long enough yet."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "alert_pending",
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("rule", sa.String(60), nullable=False, index=True),
        sa.Column("since", sa.DateTime, nullable=False),
    )
