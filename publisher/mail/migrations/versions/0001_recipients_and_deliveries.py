"""Recipients, mailings and deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "recipients",
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("address", sa.LargeBinary),
        sa.Column("name", sa.LargeBinary),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("guardian", sa.Boolean, nullable=False),
    )
    op.create_table(
        "mailings",
        sa.Column("notice", sa.String(100), primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("notice", sa.String(100), primary_key=True),
        sa.Column("recipient", sa.String(200), primary_key=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("uncertain", sa.Integer, nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True)),
        sa.Column("code", sa.Integer),
        sa.Column("reply", sa.Text),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("deliveries_by_state", "deliveries", ["notice", "state"])
