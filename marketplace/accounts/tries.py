"""How often one address, and one account over all addresses, may try, register or be sent mail.

After five failures in a row the account itself is closed for a while (`locking.py`); these limits are the slower ones
that stop who tries many accounts, or one account for days.
"""

from __future__ import annotations

from limits import parse_many

from marketplace.extensions import limiter

# Failures. Behind one address sits a whole university.
OF_ADDRESS = "30 per 15 minutes;300 per day"
OF_ACCOUNT = "20 per hour;60 per day"
# Accounts and mails somebody may ask for, and mails one mailbox gets, from all who ask for them.
REGISTRATIONS = "20 per hour;60 per day"
MAILS = "30 per hour;100 per day"
MAILS_TO_ONE = "5 per hour;15 per day"


def may_mail(address: str) -> bool:
    """Count a mail to an address that somebody asked for, and whether it may still be sent."""
    if not limiter.enabled:
        return True
    # All of them are counted, whichever refuses.
    counted = [
        limiter.limiter.hit(item, "mail", address) for item in parse_many(MAILS_TO_ONE)
    ]
    return all(counted)
