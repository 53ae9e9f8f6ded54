"""The audit's head is sealed by a key outside the desk; rows from `keyed_from` on are hashed with it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("audit_head", sa.Column("keyed_from", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("audit_head", sa.Column("seal", sa.String(64), nullable=False, server_default=""))
