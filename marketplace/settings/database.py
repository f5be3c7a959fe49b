"""How the database is reached: its URL as psycopg 3 speaks it, and limits of waiting. Its tables are elsewhere."""

from __future__ import annotations

from typing import Any

# Different statements that stay compiled. All pages together have some two thousand: with the usual 500 of SQLAlchemy
# and 128 of the driver, each drives another one out that the next page needs.
STATEMENTS = 4_000


def psycopg_url(url: str) -> str:
    """The usual `postgres://` and `postgresql://` URLs, spoken by psycopg 3."""
    # Hosters write the first, SQLAlchemy would load psycopg 2 for the second.
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def engine_options(url: str) -> dict[str, Any]:
    """How connections are made. Errors never contain the values of a row: they end up in logs."""
    if not url.startswith("postgresql"):
        return {
            "hide_parameters": True,
            "query_cache_size": STATEMENTS,
            "connect_args": {"cached_statements": STATEMENTS},
        }
    # A statement that waits or runs for longer holds a thread of the server that somebody else needs.
    waits = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=300s"
    return {
        "hide_parameters": True,
        "query_cache_size": STATEMENTS,
        "pool_pre_ping": True,  # or the first request after a restart of the server would fail
        "pool_timeout": 5,
        "connect_args": {
            "connect_timeout": 3,
            "options": waits,
            "tcp_user_timeout": 10_000,  # milliseconds; without it a lost host blocks for a quarter of an hour
        },
    }
