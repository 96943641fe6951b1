"""Receipts of finished mailings."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("mailings", sa.Column("sealed", sa.Text))
    op.add_column("deliveries", sa.Column("address", sa.LargeBinary))
    op.create_table(
        "receipts",
        sa.Column("notice", sa.String(100), primary_key=True),
        sa.Column("leaf", sa.LargeBinary, primary_key=True),
        sa.Column("recipient", sa.String(200)),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("content", sa.LargeBinary),
        sa.Column("private", sa.LargeBinary),
    )
    op.create_index("ix_receipts_recipient", "receipts", ["recipient"])
