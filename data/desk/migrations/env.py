"""Alembic runs this to migrate; data.desk.store hands it a connection inside a transaction."""

from alembic import context

from data.desk.models import Account

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Account.metadata, render_as_batch=True)
context.run_migrations()
