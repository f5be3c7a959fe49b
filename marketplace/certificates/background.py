"""Work of this room in the background: certificates are printed, corrections announced."""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.certificates import upkeep
from marketplace.contributions import Job


def jobs() -> Iterator[Job]:
    """The jobs of this room."""
    yield Job(
        "conversion_certificates",
        print_certificates,
        # Who has confirmed one is promised the file within a minute.
        {"seconds": 20},
        lane="printing",
        house_time=True,
    )
    # 01:50 in Liaocheng.
    yield Job(
        "corrections", announce_corrections, {"hour": 17, "minute": 50}, house_time=True
    )


def print_certificates() -> str:
    """Print the issued certificates."""
    count = upkeep.render_missing()
    return f"rendered {count}" if count else ""


def announce_corrections() -> str:
    """Notify holders of certificates that the ledger has overtaken."""
    count = upkeep.announce_corrections()
    return f"notices {count}" if count else ""
