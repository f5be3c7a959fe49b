"""Technology contracts: what both sides confirm, what is registered of it, and the ledger of the city."""
