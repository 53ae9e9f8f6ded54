"""Alembic runs this to migrate; data.desk.store hands it a connection inside a transaction."""

from alembic import context

from data.desk.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
context.run_migrations()
