"""Claims with an owner and a lease, intents, pauses; on PostgreSQL a partition for each notice."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TIME = sa.DateTime(timezone=True)
_KEPT = "notice, recipient, language, state, attempts, uncertain, not_before, code, reply, address, updated_at"


def upgrade() -> None:
    op.add_column("mailings", sa.Column("paused", sa.Text))
    op.add_column("mailings", sa.Column("breaker", sa.Text))
    op.drop_index("deliveries_by_state", "deliveries")
    op.rename_table("deliveries", "deliveries_before")
    partitioned = op.get_bind().dialect.name == "postgresql"
    if partitioned:
        op.execute("ALTER INDEX deliveries_pkey RENAME TO deliveries_before_pkey")
    op.create_table(
        "deliveries",
        sa.Column("notice", sa.String(100), primary_key=True),
        sa.Column("recipient", sa.String(200), primary_key=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("uncertain", sa.Integer, nullable=False),
        sa.Column("not_before", _TIME),
        sa.Column("owner", sa.String(16)),
        sa.Column("lease_until", _TIME),
        sa.Column("intent_at", _TIME),
        sa.Column("code", sa.Integer),
        sa.Column("reply", sa.Text),
        sa.Column("address", sa.LargeBinary),
        sa.Column("updated_at", _TIME, nullable=False),
        sqlite_with_rowid=False,
        postgresql_partition_by="LIST (notice)",
    )
    if partitioned:
        for (notice,) in op.get_bind().execute(sa.text("SELECT notice FROM mailings")).all():
            name = op.get_bind().scalar(sa.text("SELECT 'deliveries_' || left(md5(:notice), 16)"), {"notice": notice})
            op.execute(f"CREATE TABLE {name} PARTITION OF deliveries FOR VALUES IN ('{notice}')")
    op.execute(f"INSERT INTO deliveries ({_KEPT}) SELECT {_KEPT} FROM deliveries_before")  # noqa: S608 - our words
    op.drop_table("deliveries_before")
    op.execute("UPDATE deliveries SET not_before = updated_at WHERE state = 'pending'")
    # Being sent when the release before was stopped: nobody knows whether it went out.
    op.execute("UPDATE deliveries SET owner = '', intent_at = updated_at WHERE state = 'sending'")
    held = sa.text("state IN ('sending', 'uncertain')")
    due = sa.text("not_before IS NOT NULL")
    op.create_index(
        "deliveries_due", "deliveries", ["notice", "not_before", "recipient"], sqlite_where=due, postgresql_where=due
    )
    op.create_index(
        "deliveries_held", "deliveries", ["notice", "state", "owner"], sqlite_where=held, postgresql_where=held
    )
