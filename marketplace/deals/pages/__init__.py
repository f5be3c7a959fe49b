"""Pages of deals: the page both sides share with its stations, and what everybody may read and object to.

Each file declares its views on the one blueprint of the room.
"""

from __future__ import annotations

from marketplace.deals.pages import own, publicity, stations
from marketplace.deals.pages.blueprint import blueprint

__all__ = ["blueprint", "own", "publicity", "stations"]
