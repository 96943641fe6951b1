"""How often a mailing was begun or gone on with, by which a database is known that is older than its mailing."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("mailings", sa.Column("rounds", sa.Integer, nullable=False, server_default="0"))
    op.add_column("mailings", sa.Column("reconciled_at", sa.DateTime(timezone=True)))
