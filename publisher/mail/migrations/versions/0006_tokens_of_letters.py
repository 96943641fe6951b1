"""What a bounce is recognised by, and since when an address is known not to exist."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("recipients", sa.Column("unusable_at", sa.DateTime(timezone=True)))
    op.add_column("deliveries", sa.Column("token", sa.String(20)))
    there = sa.text("token IS NOT NULL")
    op.create_index("deliveries_by_token", "deliveries", ["token"], sqlite_where=there, postgresql_where=there)
