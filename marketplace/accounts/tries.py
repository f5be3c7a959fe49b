"""How often one address, and one account over all addresses, may try, register or be sent mail.

After five failures in a row the account itself is closed for a while (`locking.py`); these limits are the slower ones
that stop who tries many accounts, or one account for days.
"""

from __future__ import annotations

from flask_limiter.util import get_remote_address
from limits import parse_many

from marketplace.extensions import limiter

# Failures. Behind one address sits a whole university.
OF_ADDRESS = "30 per 15 minutes;300 per day"
OF_ACCOUNT = "20 per hour;60 per day"
# One address at one account. Less than the half of what all of them have together, so that nobody alone can use that up
# and keep the owner out.
OF_BOTH = "8 per hour;20 per day"
SCOPE_OF_ACCOUNT = "failures of one"
# Accounts and mails somebody may ask for, and mails one mailbox gets, from all who ask for them.
REGISTRATIONS = "20 per hour;60 per day"
MAILS = "30 per hour;100 per day"
MAILS_TO_ONE = "15 per hour;30 per day"
MAILS_TO_ONE_FROM_ONE = "5 per hour;10 per day"


def may_mail(address: str) -> bool:
    """Count a mail to an address that somebody asked for, and whether it may still be sent."""
    if not limiter.enabled:
        return True
    # First what one who asks may have: what is refused there must not use up what the mailbox gets from others.
    return _count(MAILS_TO_ONE_FROM_ONE, "mail", address, own_address()) and _count(
        MAILS_TO_ONE, "mail", address
    )


def _count(limits: str, *names: str) -> bool:
    # All of them are counted, whichever refuses.
    counted = [limiter.limiter.hit(item, *names) for item in parse_many(limits)]
    return all(counted)


def forget_account(person_id: int) -> None:
    """After a new password by a link: failures of others keep its owner out no longer."""
    if not limiter.enabled:
        return
    for item in parse_many(OF_ACCOUNT):
        limiter.limiter.clear(item, account_key(person_id), SCOPE_OF_ACCOUNT)


def account_key(person_id: int | None) -> str:
    """What the limits call an account."""
    return f"person {person_id}"


def own_address() -> str:
    """The address of this request as the limits name it."""
    return f"address {get_remote_address()}"
