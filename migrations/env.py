"""Runs the migrations inside the application, on the database it is configured for. Not here: the migrations."""

from alembic import context
from flask import current_app
from sqlalchemy.types import TypeDecorator

database = current_app.extensions["migrate"].db


def render_item(kind, thing, _context):
    """A migration names plain database types, never classes of the application."""
    return (
        f"sa.{thing.impl_instance!r}"
        if kind == "type" and isinstance(thing, TypeDecorator)
        else False
    )


def run() -> None:
    options = {
        **current_app.extensions["migrate"].configure_args,
        "render_item": render_item,
    }
    if context.is_offline_mode():
        url = database.engine.url.render_as_string(hide_password=False)
        context.configure(
            url=url, target_metadata=database.metadata, literal_binds=True, **options
        )
        with context.begin_transaction():
            context.run_migrations()
        return
    with database.engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=database.metadata, **options
        )
        with context.begin_transaction():
            context.run_migrations()


run()
