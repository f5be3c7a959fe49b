"""What a run of the tests pays once instead of each time: compiled templates and addresses, savepoints, the collector.

Nothing that changes what the site does. No test lives here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from werkzeug.routing import Rule

# Templates compiled by one application of this process serve the others: each test of a site builds its own.
COMPILED_TEMPLATES: dict[str, bytes] = {}
# Likewise how an address is built of its parts. It is all that building a second application costs: .1 s of processor.
COMPILED_ADDRESSES: dict[tuple[object, ...], Any] = {}


class TemplatesInMemory(BytecodeCache):
    """Compiled templates by key."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is there."""
        if bucket.key in COMPILED_TEMPLATES:
            bucket.bytecode_from_string(COMPILED_TEMPLATES[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it for the next application."""
        COMPILED_TEMPLATES[bucket.key] = bucket.bytecode_to_string()


def share_addresses() -> None:
    """Let werkzeug compile each address once for all applications of this process."""
    compile_builder: Callable[..., Any] = Rule._compile_builder

    def compile_once(rule: Any, append_unknown: bool = True) -> Any:
        # All that the compiled function is made of; the converters it takes from the rule it is bound to.
        fixed = tuple(sorted((rule.defaults or {}).items()))
        key = (tuple(rule._trace), fixed, append_unknown)
        if key not in COMPILED_ADDRESSES:
            COMPILED_ADDRESSES[key] = compile_builder(rule, append_unknown)
        return COMPILED_ADDRESSES[key]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]


def hasten_savepoints(engine: Engine) -> None:
    """Hand savepoints to the driver as they are.

    A test sets one for each commit, a quarter of all its statements. Each has a name of its own, so that SQLAlchemy
    compiles each anew, for longer than the database needs for setting it.
    """
    dialect: Any = engine.dialect

    def carry_out(connection: Any, statement: str) -> None:
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(statement)

    dialect.do_savepoint = lambda connection, name: carry_out(
        connection, f"savepoint {name}"
    )
    dialect.do_release_savepoint = lambda connection, name: carry_out(
        connection, f"release savepoint {name}"
    )
    dialect.do_rollback_to_savepoint = lambda connection, name: carry_out(
        connection, f"rollback to savepoint {name}"
    )
