"""What Alembic runs to get at the database: the connection that `origin.catalog.migrate` has configured.

Without one (`command.upgrade(…, sql=True)`) the statements are printed for PostgreSQL, for which a test checks them.
"""

from __future__ import annotations

from alembic import context

from origin.catalog.schema import METADATA

if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=METADATA, literal_binds=True)
else:
    # SQLite cannot alter most of a table: batch mode copies it, PostgreSQL alters in place.
    context.configure(
        connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True
    )
with context.begin_transaction():
    context.run_migrations()
