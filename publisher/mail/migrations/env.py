"""Run by Alembic: brings the tables of the connection that `database.py` hands over up to date."""

from alembic import context

from publisher.mail.database import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
