"""The folder of a rehearsal: what marks it, and how fast its clock runs. The clock itself is `marketplace/clock.py`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from marketplace.settings.reading import ConfigError

REHEARSAL_MARKER = "rehearsal.json"
# One second of the machine is at most a day of the house: jobs run once a second.
MAX_SPEED = 86_400
HOURS_OF_DAY = 24


@dataclass(frozen=True)
class Rehearsal:
    """A site on which nothing is real and time runs faster.

    Attributes:
        speed: seconds of the house in one second of the machine.
        began: the moment from which on it does, UTC without zone; None while the site is being prepared.
    """

    speed: int
    began: datetime | None = None

    @property
    def minute_words(self) -> str:
        """How much time passes in one minute of the machine, for people."""
        hours = self.speed / 60
        if hours < HOURS_OF_DAY:
            return f"{hours:.2g} 小时"
        return f"{hours / HOURS_OF_DAY:.3g} 天"


def read_rehearsal(folder: Path) -> Rehearsal | None:
    """What a data folder says of its rehearsal; None: it is none.

    Raises:
        ConfigError: the mark cannot be read; whether the folder is a rehearsal is not guessed.
    """
    path = folder / REHEARSAL_MARKER
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        began = values["began"]
        speed = int(values["speed"])
        if not 1 <= speed <= MAX_SPEED:
            raise ValueError(speed)
        return Rehearsal(
            speed, None if began is None else datetime.fromisoformat(began)
        )
    # Not there is no rehearsal; there and unreadable is refused below, for real mails could go out.
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{path} marks a rehearsal and cannot be read: remove the whole folder, or name another DATA_DIR"
        ) from None


def write_rehearsal(folder: Path, rehearsal: Rehearsal) -> None:
    """Mark a folder as that of a rehearsal, for good, and say since when its clock runs."""
    began = rehearsal.began
    values = {
        "speed": rehearsal.speed,
        "began": None if began is None else began.isoformat(),
    }
    path = folder / REHEARSAL_MARKER
    fresh = path.with_suffix(".fresh")
    fresh.write_text(json.dumps(values), encoding="utf-8")
    # In one step: a kill in between must not leave a mark that cannot be read.
    fresh.replace(path)
