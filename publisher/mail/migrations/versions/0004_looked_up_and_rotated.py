"""Recipients: watchers, a blind index, the number of the key, times. When mailings ended, and were erased."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("recipients", sa.Column("watcher", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("recipients", sa.Column("blind", sa.LargeBinary))
    op.add_column("recipients", sa.Column("key_number", sa.Integer, nullable=False, server_default="1"))
    op.add_column("recipients", sa.Column("imported_at", sa.DateTime(timezone=True)))
    op.add_column("recipients", sa.Column("updated_at", sa.DateTime(timezone=True)))
    op.create_index("ix_recipients_blind", "recipients", ["blind"])
    op.add_column("mailings", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.add_column("mailings", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE mailings SET ended_at = (SELECT max(updated_at) FROM deliveries"
        " WHERE deliveries.notice = mailings.notice) WHERE sealed IS NOT NULL"
    )
    # What is locked begins with the number of its key from now on (vault.py); until now there was one.
    one = "'\\x0001'::bytea || {}" if op.get_bind().dialect.name == "postgresql" else "CAST(X'0001' || {} AS BLOB)"
    for table, column in (
        ("recipients", "address"),
        ("recipients", "name"),
        ("deliveries", "address"),
        ("receipts", "private"),
    ):
        # `exec_driver_sql`: two colons are no parameter.
        op.get_bind().exec_driver_sql(
            f"UPDATE {table} SET {column} = {one.format(column)} WHERE {column} IS NOT NULL"  # noqa: S608
        )
