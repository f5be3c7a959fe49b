"""What is done to achievements and demands: one function per button. The only file of this room that commits.

Shape of input is checked by the forms and the importer; here stands what a listing needs to be public.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import CompoundSelect, bindparam
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import lazyload
from sqlalchemy.orm.exc import StaleDataError

import search
from marketplace import persistence
from marketplace.accounts.models import Organisation, key_of, plain
from marketplace.clock import day_in_china, now, today
from marketplace.errors import Invalid, NotFound, Stale
from marketplace.extensions import db
from marketplace.listings import indexing
from marketplace.listings.models import (
    ENDED,
    KIND_NAMES,
    LISTINGS,
    Achievement,
    AchievementMetric,
    AchievementOrganisation,
    Contributor,
    Demand,
    DemandMetric,
    IntellectualProperty,
    Listing,
)
from marketplace.permissions import audiences, require

log = structlog.get_logger(__name__)
VALID_DAYS = 365  # how long a listing is valid unless its owner says otherwise
READERS = 64  # kinds of readers whose question for `standing` is kept
ID_MOST = 2**31 - 1  # a number in an address may be larger than any database takes
TEXT_LIMIT = 3000  # characters of one text; the official forms ask for 500 or 1,000, older lists hold more
TEXT_LEAST = 20  # characters below which nobody could judge what is offered or asked
NO_BASELINE = "尚无对比数据"
BRACKETED = re.compile(r"[(（][^()（）]*[)）]")
COMPANY_FORMS = ("有限责任公司", "股份有限公司", "有限公司")
NAME_LEAST = (
    3  # characters of a shortened name below which it would be found in other words
)
# What a page shows of a demand in the firm's own words, beside keywords and metrics.
PUBLIC_TEXTS = (
    "title",
    "problem",
    "key_technology",
    "expected_goal",
    "foundation",
    "solver_requirements",
    "ip_terms",
    "benefit_terms",
    "discipline",
)

# Child rows that are given as lists of values and replaced as a whole.
CHILDREN: dict[str, dict[str, type]] = {
    "achievement": {
        "co_owners": AchievementOrganisation,
        "contributors": Contributor,
        "metrics": AchievementMetric,
        "ips": IntellectualProperty,
    },
    "demand": {"metrics": DemandMetric},
}


class Taken(Invalid):
    """The organisation has a listing of that title already.

    Args:
        twin: its id.
    """

    def __init__(self, message: str, advice: str, *, twin: int) -> None:
        super().__init__(message, advice, problems={"title": [message]})
        self.twin = twin


def one(kind: str, listing_id: int, *, by: Any) -> Achievement | Demand:
    """The listing of that kind and id, if `by` may open its page.

    Raises:
        NotFound: there is none, or it is not this reader's to know of.
    """
    table = LISTINGS.get(kind)
    row = None
    if table is not None and listing_id <= ID_MOST:
        row = db.session.scalar(
            db.select(table).where(table.id == listing_id, table.visible_to(by))
        )
    if row is None:
        raise NotFound(
            "没有找到这一条。", "它可能已被撤回，或者网址有误。可以用搜索找找看。"
        )
    return row


def many(
    kind: str, ids: Iterable[int], *, by: Any, in_full: bool = False
) -> dict[int, Achievement | Demand]:
    """The findable listings among `ids`, by id, in one query; the others are left out.

    Args:
        kind: `achievement` or `demand`.
        ids: whose rows are wanted, in any order; numbers no listing can have are among those left out.
        by: the reader.
        in_full: the people and organisations behind an achievement are wanted too; rows of a list do not show them.
    """
    table = LISTINGS[kind]
    query = db.select(table).where(
        table.id.in_([i for i in ids if i <= ID_MOST]), table.found_by(by)
    )
    if table is Achievement and not in_full:
        query = query.options(
            lazyload(Achievement.contributors), lazyload(Achievement.co_owners)
        )
    return {row.id: row for row in db.session.scalars(query)}


def standing(
    ids: Mapping[str, Iterable[int]], *, by: Any
) -> dict[tuple[str, int], str]:
    """What `indexing.state_of` says today of each findable listing, by kind and id, without loading any.

    Args:
        ids: kind → the listings asked for.
        by: the reader.
    """
    asked = {kind: list(ids.get(kind, ())) for kind in LISTINGS}
    question = _standing(None if by is None else audiences(by), today())
    rows = db.session.connection().execute(question, asked).all()
    return {
        (kind, listing_id): indexing.state_of(*state)
        for kind, listing_id, *state in rows
    }


@lru_cache(READERS)
def _standing(reader: frozenset[str] | None, day: date) -> CompoundSelect[Any]:
    """The question of `standing`: putting it together takes longer than its answer."""
    return db.union_all(
        *(
            db.select(
                db.literal_column(f"'{kind}'"),
                table.id,
                table.revision,
                table.updated_at,
                Organisation.name,
            )
            .join(Organisation)
            .where(
                table.id.in_(bindparam(kind, expanding=True)),
                table.found_among(reader, day),
            )
            for kind, table in LISTINGS.items()
        )
    )


def problems_of(row: Achievement | Demand) -> dict[str, list[str]]:
    """What keeps a listing from being public: field → what is wrong and what to do. Empty when it is ready."""
    found: dict[str, list[str]] = {}

    def need(ok: object, name: str, text: str) -> None:
        if not ok:
            found.setdefault(name, []).append(text)

    def text(name: str, label: str, required: bool = False) -> None:
        length = len(getattr(row, name).strip())
        need(
            not required or length >= TEXT_LEAST,
            name,
            f"{label}至少写 {TEXT_LEAST} 个字，别人才能判断。",
        )
        need(
            length <= TEXT_LIMIT,
            name,
            f"{label}最多 {TEXT_LIMIT} 字，现在有 {length} 字。",
        )

    need(4 <= len(row.title.strip()) <= 100, "title", "名称应为 4–100 个字。")
    need(len(row.keywords) <= 5, "keywords", "关键词最多 5 个。")
    need(
        len(row.field_codes) <= 3,
        "field_codes",
        "技术领域最多 3 个：1 个主领域和 2 个相关领域。",
    )
    need(len(row.industry_codes) <= 3, "industry_codes", "应用行业最多 3 个。")
    need(row.contact_name.strip(), "contact_name", "填写联系人或联系部门。")
    need(
        row.contact_phone.strip() or row.contact_email.strip(),
        "contact_phone",
        "电话和邮箱至少填一个。",
    )
    if isinstance(row, Achievement):
        text("summary", "成果简介", required=True)
        for name, label in (
            ("innovation", "创新点"),
            ("prospects", "应用前景"),
            ("benefits", "预期效益"),
            ("cases", "案例"),
        ):
            text(name, label)
        need(row.field_codes, "field_codes", "选择技术领域。")
        need(row.stage, "stage", "选择所处阶段。")
        need(row.conversion_modes, "conversion_modes", "至少选择一种转化方式。")
        need(row.contributors, "contributors", "至少填写一位完成人。")
        need(row.price_mode, "price_mode", "选择定价方式；没有定价就选「面议」。")
        priced = row.price_mode in (None, "negotiable") or row.price_min is not None
        need(priced, "price_min", "写上价格；没有定价就把定价方式改为「面议」。")
        need(
            row.price_mode != "range" or row.price_max is not None,
            "price_max",
            "写上最高价格。",
        )
        need(
            row.metrics or row.baseline.strip(),
            "baseline",
            f"写明比现有做法好多少，或填技术指标；确实没有就写「{NO_BASELINE}」。",
        )
        need(
            row.trl is None or row.trl < 7 or row.stage_evidence.strip(),
            "stage_evidence",
            "成熟度 7 级以上要写明依据。",
        )
        level_known = row.level in (None, "not_evaluated") or row.evaluation_method
        need(
            level_known,
            "evaluation_method",
            "写了成果水平就要写评价方式；没有评价过请选「未评价」。",
        )
        open_licence = row.license_type == "open"
        need(
            not open_licence or "license" in row.conversion_modes,
            "license_type",
            "开放许可要在转化方式里选「许可」。",
        )
    else:
        text("problem", "主要问题", required=True)
        for name, label in (
            ("key_technology", "技术关键"),
            ("expected_goal", "预期目标"),
            ("foundation", "现有基础"),
        ):
            text(name, label)
        need(row.demand_type, "demand_type", "选择需求类型。")
        need(
            row.budget is not None or row.budget_negotiable,
            "budget",
            "填写拟投入资金，或选「面议」。",
        )
        if row.need == "technology":
            known = row.field_codes or (
                row.activity_type == "basic_research" and row.discipline
            )
            need(known, "field_codes", "选择技术领域。")
            need(
                row.cooperation_modes,
                "cooperation_modes",
                "至少选择一种合作方式；都可以就选「不限/面议」。",
            )
        for name in _naming(row) if row.anonymous else ():
            need(
                False,
                name,
                "这里写着本单位的名称。匿名需求请改成「我公司」，或不选「不公开单位名称」。",
            )
        if row.bounty:
            need(row.metrics, "metrics", "揭榜需求至少要有一项可验收的量化指标。")
            for name, label in (
                ("solver_requirements", "对揭榜方要求"),
                ("ip_terms", "产权归属"),
                ("benefit_terms", "利益分配"),
            ):
                need(getattr(row, name).strip(), name, f"揭榜需求要写明{label}。")
    return found


def lacking(
    kind: str, values: Mapping[str, Any], *, organisation: Organisation | None
) -> dict[str, list[str]]:
    """What would keep a listing of these values from being public, as `problems_of` says it; nothing is stored.

    Args:
        kind: `achievement` or `demand`.
        values: as for `create`.
        organisation: the owner; None where it is not chosen yet.
    """
    children = CHILDREN[kind]
    columns = {
        name: [children[name](**one) for one in value] if name in children else value
        for name, value in values.items()
    }
    return problems_of(LISTINGS[kind](organisation=organisation, **columns))


def create(
    kind: str,
    values: Mapping[str, Any],
    *,
    organisation: Organisation,
    by: Any,
    commit: bool = True,
) -> Achievement | Demand:
    """Write a new draft; it may have holes, but it has a title.

    Args:
        kind: `achievement` or `demand`.
        values: column → value; child rows (see `CHILDREN`) as lists of column → value.
        organisation: the owner.
        by: the acting person, or None for the command line.
        commit: False where the calling rule commits many at once.

    Raises:
        NotAllowed: `by` does not belong to the organisation.
        Invalid: no title.
        Taken: the organisation has one of that title already.
    """
    row = _new(kind, values, organisation, by)
    _refuse_twin(row)
    db.session.add(row)
    db.session.flush()
    row.life.born(row, by=by)
    if commit:
        _commit(row)
    return row


def create_many(
    kind: str, drafts: Iterable[tuple[Organisation, Mapping[str, Any]]], *, by: Any
) -> list[Achievement | Demand]:
    """Write many new drafts in one flush, for an importer that has looked for twins itself (no commit).

    Args:
        kind: `achievement` or `demand`.
        drafts: owner and values of each, as for `create`; a twin among them breaks a constraint of the database.
        by: the acting person, or None for the command line.

    Raises:
        NotAllowed: `by` does not belong to one of the organisations.
    """
    rows = [_new(kind, values, organisation, by) for organisation, values in drafts]
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        row.life.born(row, by=by)
    return rows


def save(
    row: Achievement | Demand,
    values: Mapping[str, Any],
    *,
    by: Any,
    seen: int,
    commit: bool = True,
) -> Achievement | Demand:
    """Change a draft, a returned listing or a published one (which must stay fit for the public).

    Args:
        row: the listing.
        values: as for `create`; what is not named stays.
        by: the acting person.
        seen: the revision the editor saw.
        commit: False where the calling rule commits many at once; it then calls this inside a savepoint, which takes
            back what was set where this raises.

    Raises:
        NotAllowed, NotNow, Stale.
        Taken: the new title is that of another.
        Invalid: a published listing would no longer be complete.
    """
    require(by, "listing.edit", row)
    _fresh(row, seen)
    try:
        changed = _fill(row, values)
        _refuse_twin(row)
    except Invalid:
        if commit:
            db.session.rollback()  # what was set must not reach the database with the next query
        raise
    row.life.move(row, "edit", by=by, changed=changed)
    if row.state == "published" and (problems := problems_of(row)):
        if commit:
            db.session.rollback()
        raise Invalid(
            "已发布的内容要保持完整，这次修改没有保存。",
            "请补齐标出的几处。",
            problems=problems,
        )
    row.updated_at = now()  # a change of child rows alone is a change of the listing
    if commit:
        _commit(row)
        _tell_index(row)
    return row


def submit(row: Achievement | Demand, *, by: Any, seen: int) -> None:
    """Hand a draft in for review.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: it is not complete enough to be public.
    """
    require(by, "listing.submit", row)
    _fresh(row, seen)
    if problems := problems_of(row):
        raise Invalid("还不能送审，有几处要补齐。", problems=problems)
    row.submitted_at = now()
    _move(row, "submit", by=by)


def recall(row: Achievement | Demand, *, by: Any, seen: int) -> None:
    """Take a listing back from the queue before anybody has taken it up. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.submit", row)
    _fresh(row, seen)
    _move(row, "recall", by=by)


def approve(row: Achievement | Demand, *, by: Any, seen: int, note: str = "") -> None:
    """Publish what was handed in (taking it up first where nobody has yet).

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: the listing is not complete, or its organisation is not verified.
    """
    require(by, "listing.review", row)
    _fresh(row, seen)
    problems = problems_of(row)
    if row.organisation.verified_at is None:
        problems["organisation"] = [
            f"「{row.organisation.name}」还没有核验，不能公开发布。"
        ]
    if problems:
        raise Invalid("还不能发布。", "可以退回，请对方补齐。", problems=problems)
    _take_up(row, by=by)
    row.published_at = now()
    published_on = day_in_china(row.published_at)
    if row.valid_until is None or row.valid_until <= published_on:
        row.valid_until = published_on + timedelta(days=VALID_DAYS)
    _move(row, "approve", by=by, note=note)


def send_back(row: Achievement | Demand, *, by: Any, seen: int, note: str) -> None:
    """Return a listing to its owner with what is to be mended.

    Raises:
        NotAllowed, NotNow, Stale.
        Invalid: no reason given.
    """
    _decline(row, "return", by=by, seen=seen, note=note)


def reject(row: Achievement | Demand, *, by: Any, seen: int, note: str) -> None:
    """Refuse a listing for good, with the reason. Raises as `send_back`."""
    _decline(row, "reject", by=by, seen=seen, note=note)


def withdraw(row: Achievement | Demand, *, by: Any, seen: int, note: str = "") -> None:
    """Take a listing out of the public; its address then answers like a missing one.

    Raises NotAllowed, NotNow, Stale.
    """
    require(by, "listing.withdraw", row)
    _fresh(row, seen)
    _move(row, "withdraw", by=by, note=note)


def close(row: Demand, *, by: Any, seen: int, note: str = "") -> None:
    """End a demand that is met or no longer pursued; it leaves the public. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.close", row)
    _fresh(row, seen)
    _move(row, "close", by=by, note=note)


def archive(row: Achievement | Demand, *, by: Any, seen: int, note: str = "") -> None:
    """Put away what has ended: not renewed, not listed with the others any more. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.archive", row)
    _fresh(row, seen)
    _move(row, "archive", by=by, note=note)


def suspend(row: Achievement | Demand, *, by: Any, seen: int, note: str) -> None:
    """Hide a published listing for the time being, with the reason. Raises as `send_back`."""
    require(by, "listing.suspend", row)
    _fresh(row, seen)
    _move(row, "suspend", by=by, note=_reason(note))


def resume(row: Achievement | Demand, *, by: Any, seen: int) -> None:
    """Show a suspended listing again. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.suspend", row)
    _fresh(row, seen)
    _move(row, "resume", by=by)


def renew(row: Achievement | Demand, *, by: Any, seen: int) -> None:
    """Make an expired listing valid for another year from today. Raises NotAllowed, NotNow, Stale."""
    require(by, "listing.edit", row)
    _fresh(row, seen)
    row.valid_until = today() + timedelta(days=VALID_DAYS)
    _move(row, "renew", by=by)


def expire_due() -> int:
    """Move every published listing whose validity has ended to 已过期.

    Returns:
        number of listings moved.
    """
    moved: list[Listing] = []
    persistence.begin_write()
    for table in LISTINGS.values():
        query = db.select(table).where(
            table.state == "published", table.valid_until < today()
        )
        for row in db.session.scalars(query):
            row.life.move(row, "expire", by=None)
            moved.append(row)
    db.session.commit()
    _tell_index(*moved)
    return len(moved)


def publish_imported(row: Achievement | Demand, *, by: Any) -> None:
    """Carry a freshly imported draft through review to publication in one go, for an operator's own lists (no commit).

    Raises:
        NotAllowed.
        Invalid: it is not complete enough to be public.
    """
    require(by, "listing.review", row)
    if problems := problems_of(row):
        raise Invalid("内容不全，已存为草稿。", problems=problems)
    if row.id is None:
        db.session.flush()  # the History rows need it
    row.submitted_at = row.published_at = now()
    row.valid_until = row.valid_until or day_in_china(row.published_at) + timedelta(
        days=VALID_DAYS
    )
    for deed in ("submit", "take", "approve"):
        row.life.move(row, deed, by=by, note="批量导入")


def index_sync(limit: int = indexing.BATCH) -> int:
    """Write what is dirty to the index, batch by batch, until nothing is or the index is down.

    Returns:
        number of rows brought in step.
    """
    total = 0
    for kind in LISTINGS:
        while rows := indexing.dirty(kind, limit):
            done = indexing.sync(rows)
            db.session.commit()
            total += done
            if done < len(rows):
                break
    return total


def refresh_statistics() -> None:
    """Have the database count what its tables hold, for it plans by that.

    Without, SQLite takes every state for rare and sorts all that is published to find the newest: 290 ms for the home
    page instead of 10 at 100,000 listings, where counting takes 80. PostgreSQL counts by itself, but some time later.
    """
    persistence.begin_write()
    db.session.execute(db.text("ANALYZE"))
    db.session.commit()


def index_rebuild() -> int:
    """Fill a new index from the database and put it in the place of the old one, then note every row as indexed.

    Returns:
        number of documents in the new index.

    Raises:
        search.SearchUnavailable: the engine does not answer; the old index stays.
    """
    written: list[tuple[str, int, int]] = []

    def documents() -> Iterable[search.Document]:
        for kind in LISTINGS:
            for row in indexing.published(kind):
                document = indexing.search_document(row)
                written.append((document.kind, document.id, document.version))
                yield document
        db.session.rollback()  # all is read: a server ends transactions that lie idle while an index is filled

    current_app.extensions["search"].rebuild(documents())
    for start in range(0, len(written), indexing.BATCH):
        persistence.begin_write()
        indexing.note_indexed(written[start : start + indexing.BATCH])
        db.session.commit()  # batch by batch: nobody's save waits for the lock of one of these rows
    index_sync()
    return len(written)


def index_check() -> dict[str, list[tuple[str, int]]]:
    """Compare database and index in both directions, by version.

    Returns:
        `missing` (findable, not in the index), `stale` (another version) and `extra` (in the index, not findable),
        each a list of (kind, id).
    """
    truth = {
        (kind, row_id): revision
        for kind, table in LISTINGS.items()
        for row_id, revision in db.session.execute(
            db.select(table.id, table.revision).where(table.state == "published")
        )
    }
    copy = {
        (kind, row_id): version
        for kind, row_id, version in current_app.extensions["search"].versions()
    }
    return {
        "missing": sorted(truth.keys() - copy.keys()),
        "stale": sorted(
            key for key in truth.keys() & copy.keys() if truth[key] != copy[key]
        ),
        "extra": sorted(copy.keys() - truth.keys()),
    }


def index_repair(found: Mapping[str, list[tuple[str, int]]]) -> None:
    """Mend what `index_check` found: rewrite the missing and stale, take out the extra."""
    for name in ("missing", "stale", "extra"):
        for kind, row_id in found[name]:
            row = db.session.get(LISTINGS[kind], row_id)
            if row is not None:
                indexing.sync([row])
            else:
                current_app.extensions["search"].remove([(kind, row_id, 2**53)])
            db.session.commit()


def changes(row: Achievement | Demand, values: Mapping[str, Any]) -> dict[str, Any]:
    """What `values` would change: column → value, child rows as fresh rows. The listing itself stays as it is."""
    children = CHILDREN[row.kind]
    changed: dict[str, Any] = {}
    for name, value in values.items():
        if name in children:
            table = children[name]
            fresh = [
                table(position=i, **row_values) for i, row_values in enumerate(value)
            ]
            if [_plain(c) for c in getattr(row, name)] != [_plain(c) for c in fresh]:
                changed[name] = fresh
        elif getattr(row, name) != value:
            changed[name] = value
    return changed


def _naming(row: Demand) -> list[str]:
    """The public texts of a demand that name its organisation, in full or without brackets and form of company."""
    owner = row.organisation.name if row.organisation else ""
    names = {plain(owner), plain(BRACKETED.sub("", owner))}
    for form in COMPANY_FORMS:
        names |= {
            short
            for name in names
            if len(short := name.removesuffix(form)) >= NAME_LEAST
        }
    said = {name: getattr(row, name) for name in PUBLIC_TEXTS}
    said["keywords"] = " ".join(row.keywords)
    said["metrics"] = " ".join(
        f"{one.name} {one.unit} {one.current} {one.test_method}" for one in row.metrics
    )
    return [
        field
        for field, text in said.items()
        if any(name in plain(text) for name in names if name)
    ]


def _new(
    kind: str, values: Mapping[str, Any], organisation: Organisation, by: Any
) -> Achievement | Demand:
    """A draft of an organisation that is not in the session yet."""
    require(by, "listing.create")
    row = LISTINGS[kind](
        organisation=organisation,
        organisation_id=organisation.id,
        owner_id=getattr(by, "id", None),
        state="draft",
        **{
            name: [] for name in CHILDREN[kind]
        },  # known to be empty: no query looks for them later
    )
    require(by, "listing.edit", row)
    _fill(row, values)
    return row


def _fill(row: Achievement | Demand, values: Mapping[str, Any]) -> list[str]:
    """Set columns and child rows; returns the names of what changed."""
    changed = changes(row, values)
    for name, value in changed.items():
        setattr(row, name, value)
    row.title = row.title.strip() if row.title else ""
    row.title_key = key_of(row.title)
    if not row.title_key:
        raise Invalid(
            f"先给{KIND_NAMES[row.kind]}起个名称。",
            problems={"title": ["名称不能为空，也不能只有标点。"]},
        )
    return list(changed)


def _plain(child: Any) -> dict[str, Any]:
    """The values of a child row, for comparing."""
    skipped = {"id", "achievement_id", "demand_id", "position"}
    values = {
        c.key: getattr(child, c.key)
        for c in child.__table__.columns
        if c.key not in skipped
    }
    return {
        name: value for name, value in values.items() if value not in (None, "", False)
    }


def _refuse_twin(row: Achievement | Demand) -> None:
    table = type(row)
    query = db.select(table.id).where(
        table.organisation_id == row.organisation_id,
        table.title_key == row.title_key,
        table.state.not_in(ENDED),
        table.id != (row.id or 0),
    )
    with db.session.no_autoflush:
        twin = db.session.scalar(query)
    if twin is not None:
        message = f"「{row.organisation.name}」已有同名{KIND_NAMES[row.kind]}（编号 {twin}）。"
        raise Taken(message, "请修改原来那一条，或换一个名称。", twin=twin)


def _fresh(row: Listing, seen: int) -> None:
    if row.revision != seen:
        raise Stale(
            "这一条在您打开之后被改过。",
            "请重新打开，看过新的内容再决定。您刚写的内容可以先复制下来。",
        )


def _take_up(row: Achievement | Demand, *, by: Any) -> None:
    if row.state == "submitted":
        row.life.move(row, "take", by=by)


def _decline(
    row: Achievement | Demand, deed: str, *, by: Any, seen: int, note: str
) -> None:
    require(by, "listing.review", row)
    _fresh(row, seen)
    reason = _reason(note)
    _take_up(row, by=by)
    _move(row, deed, by=by, note=reason)


def _reason(note: str) -> str:
    reason = note.strip()
    if not 2 <= len(reason) <= 500:
        message = "写明原因（2–500 字），对方才知道怎么办。"
        raise Invalid(message, problems={"note": [message]})
    return reason


def _move(row: Achievement | Demand, deed: str, *, by: Any, note: str = "") -> None:
    row.life.move(row, deed, by=by, note=note)
    _commit(row)
    _tell_index(row)


def _commit(row: Listing) -> None:
    try:
        db.session.commit()
    except StaleDataError:
        db.session.rollback()
        raise Stale(
            "这一条刚被别人改过。", "请重新打开，看过新的内容再决定。"
        ) from None
    except IntegrityError as error:
        db.session.rollback()
        if "title" in str(error.orig):
            raise Invalid(
                "同一单位已有同名的一条。",
                problems={"title": ["同一单位已有同名的一条。"]},
            ) from None
        raise
    except OperationalError as error:
        db.session.rollback()
        if "locked" in str(
            error.orig
        ):  # SQLite: somebody committed between this request's first read and its write
            raise Stale(
                "同一时刻有别人在保存，这一次没有存上。", "请再保存一次。"
            ) from None
        raise


def _tell_index(*rows: Listing) -> None:
    """After the commit: the copy in the index follows; whatever fails there leaves the rows dirty, never undone."""
    try:
        if indexing.sync(rows):
            db.session.commit()
    except (
        OperationalError
    ) as error:  # SQLite locked by another writer, or a server gone since the commit
        db.session.rollback()
        log.warning("index_note_behind", rows=len(rows), reason=str(error.orig))
