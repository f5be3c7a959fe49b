"""Pages of the room: products, packs, filed loans, investors.

Each file declares its views on the one blueprint of the room.
"""

from __future__ import annotations

from marketplace.finance.pages import investors, loans, packs, products
from marketplace.finance.pages.blueprint import blueprint

__all__ = ["blueprint", "investors", "loans", "packs", "products"]
