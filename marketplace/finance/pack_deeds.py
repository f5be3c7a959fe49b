"""What is done to packs: a firm grants one, takes its consent back, and what ends by itself. One function a button."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import ColumnElement

from marketplace import persistence
from marketplace.clock import now, today
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.finance import announcements
from marketplace.finance.deeds import hold_for, require_institution
from marketplace.finance.life import MAX_NOTE
from marketplace.finance.models import FinanceProduct, FirmPack
from marketplace.finance.pack_content import digest_of, frozen_content, items_of
from marketplace.organisations.models import Organisation
from marketplace.permissions import Reader, reader_id, require
from marketplace.typed_texts import LEAST, gathered_text

# A year, a leap year too: no consent is open-ended.
MAX_DAYS = 366
NOT_SAVED = "资料包没有提供出去。"
WHAT_FOR = f"写明用途，{LEAST}–{MAX_NOTE} 字。"
# What is agreed to, word for word; stored with each pack.
CONSENT = (
    "本单位同意平台把上面勾选的内容按现在的样子提供给所选的金融机构，只用于写明的用途，到写明的那一天为止。"
    "机构每次查看都有记录，本单位看得到；本单位可以随时撤回，撤回后机构立即不能再查看，已经看过的内容由机构依法处理。"
)
GOES_ON = NotNow(
    "这家机构现在能看您单位的一份资料包。", "要换内容的，先撤回那一份，再重新提供。"
)


def grant_pack(
    organisation: Organisation,
    institution: Organisation,
    codes: Collection[str],
    *,
    purpose: str,
    until: date | None,
    agrees: bool,
    product: FinanceProduct | None,
    by: Reader | None,
) -> FirmPack:
    """同意提供: what was ticked, as it is now, with its hash, until the end of a day.

    Args:
        organisation: the firm.
        institution: a verified financial institution.
        codes: of the items that were ticked (`pack_content.Item`).
        purpose: what for, which the institution reads.
        until: the last day.
        agrees: the consent, ticked.
        product: for which product; None: for none in particular.
        by: who acts for the firm; None for the site itself.

    Raises:
        NotAllowed: they do not act for the firm, or it is not verified.
        NotNow: the institution is no verified one, or may see a pack of the firm already.
        Invalid: nothing was ticked, no consent, no purpose, or the day makes no sense.
    """
    pack = FirmPack(organisation_id=organisation.id, institution_id=institution.id)
    require(by, "finance.grant", pack)
    require_institution(institution)
    # The address names the product, the form the institution: they may come from two pages.
    if product is not None and product.organisation_id != institution.id:
        raise NotNow("这个产品不是所选机构的。", "从产品的页面进来，或不指定产品。")
    problems: dict[str, list[str]] = {}
    offered = {item.code: item for item in items_of(organisation, today())}
    # By what is offered now, never by what the form says: a code of another firm finds nothing here.
    chosen = [item for code, item in offered.items() if code in codes]
    if not chosen:
        problems["items"] = ["至少勾选一项。"]
    # Left out silently, the firm would believe that it went in.
    elif set(codes) - offered.keys():
        problems["items"] = ["有勾选的内容已经变了，请看过再勾选。"]
    if until is None or not today() <= until <= today() + timedelta(days=MAX_DAYS):
        problems["until"] = ["写可以看到哪一天，从今天起一年以内。"]
    if not agrees:
        problems["agrees"] = ["不勾选同意，什么都不会提供出去。"]
    purpose = gathered_text(problems, "purpose", purpose, MAX_NOTE, missing=WHAT_FOR)
    if problems:
        raise Invalid(NOT_SAVED, problems=problems)
    assert until is not None  # noqa: S101
    content = frozen_content(organisation, chosen, today())
    pack.product_id = product.id if product is not None else None
    pack.purpose = purpose
    pack.until = until
    pack.content = content
    pack.sha256 = digest_of(content)
    # The text of this moment: a later wording is not what this firm agreed to.
    pack.consent = CONSENT
    pack.consented_by_id = reader_id(by)
    # Before the new row: the unique index counts one that is over by its day, too, until it has ended.
    # So that a new pack can be granted before the job has run; the new one is announced.
    end_lapsed(
        FirmPack.organisation_id == organisation.id,
        FirmPack.institution_id == institution.id,
        announces=False,
    )
    db.session.add(pack)
    with persistence.refusals(duplicates={"uq_firm_pack_granted": GOES_ON}):
        db.session.flush()
    pack.life.born(pack, by=by)
    announcements.announce_pack(pack)
    persistence.commit(duplicates={"uq_firm_pack_granted": GOES_ON})
    return pack


def withdraw_pack(pack: FirmPack, *, by: Reader | None, seen: int) -> None:
    """撤回同意: from this moment the institution sees nothing. Raises NotAllowed, NotNow, Stale."""
    require(by, "finance.grant", pack)
    hold_for(pack, "withdraw", by, seen)
    pack.life.move(pack, "withdraw", by=by)
    pack.ended_at = now()
    announcements.announce_pack(pack)
    persistence.commit()


def expire_packs() -> int:
    """Let what was granted until yesterday be over, which it is by its day anyway; how many."""
    # Before they are read: a pack that is withdrawn just now is not ended a second time.
    persistence.begin_write()
    count = end_lapsed()
    persistence.commit()
    return count


def end_lapsed(*conditions: ColumnElement[bool], announces: bool = True) -> int:
    """Let packs be over whose last day is past (flushed, not committed); how many.

    Args:
        conditions: which packs; all where there is none.
        announces: whether their firms are notified. The institution has read the last day with the pack.
    """
    query = db.select(FirmPack).where(
        FirmPack.state == "granted", FirmPack.until < today(), *conditions
    )
    packs = db.session.scalars(query.order_by(FirmPack.id)).all()
    for pack in packs:
        pack.life.move(pack, "expire", by=None)
        pack.ended_at = now()
        if announces:
            announcements.announce_pack_end(pack)
    db.session.flush()
    return len(packs)
