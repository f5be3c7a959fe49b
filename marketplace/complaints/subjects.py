"""What may be reported: read from an address, and loaded as it is now. Nothing is written here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from marketplace.accounts.models import Person
from marketplace.errors import NotFound
from marketplace.issues.queries import get_issue, line_title
from marketplace.listings.models import LISTINGS, Achievement, Demand
from marketplace.listings.queries import get_visible, load_row
from marketplace.organisations.models import Organisation
from marketplace.permissions import Guest
from marketplace.persistence import MAX_ID, find_row
from marketplace.profiles.queries import listed_brokers, public_researcher

# Address of a public page → what it shows.
ADDRESSES = (
    # ASCII figures only, at most ten: \d takes those of other scripts, and longer numbers fit no database.
    (re.compile(r"/achievements/([0-9]{1,10})(?:/.*)?"), "achievement"),
    (re.compile(r"/demands/([0-9]{1,10})(?:/.*)?"), "demand"),
    (re.compile(r"/organisations/([0-9]{1,10})"), "organisation"),
    (re.compile(r"/people/([0-9]{1,10})"), "profile"),
    (re.compile(r"/lists/([0-9]{1,10})"), "issue"),
)
MAX_PATH = 500
# Reported is what a guest sees: what its reporter may see beyond would be disclosed by the complaint.
GUEST = Guest()


@dataclass(frozen=True)
class Subject:
    """What a complaint is about.

    Attributes:
        kind, number, part: which; a part is the line of a list.
        title: what it is called; of a page its address.
        path: where it stands.
        organisation_id, owner_id: whose it is; None where it is nobody's.
        listing: the row, where it is a listing.
    """

    kind: str
    number: int
    part: int
    title: str
    path: str
    organisation_id: int | None = None
    owner_id: int | None = None
    listing: Achievement | Demand | None = None


def subject_at(path: str) -> Subject:
    """What a guest sees at an address of this site.

    Raises:
        NotFound: it is no address of the site, or nothing public stands there: one answer for what is hidden too.
    """
    # A link in the operators' queue must not lead off the site: browsers read \ as /.
    is_path = path.startswith("/") and not path.startswith(("//", "/\\"))
    if not is_path or len(path) > MAX_PATH:
        raise NotFound("不能举报这个网址。", "请在要举报的页面底部点「举报」。")
    for pattern, kind in ADDRESSES:
        match = pattern.fullmatch(path)
        if match is not None:
            number = int(match[1])
            # One answer for what is hidden and what does not exist: reporting must not find out which (decision 096).
            check_public(kind, number)
            return load_subject(kind, number, 0, path)
    return load_subject("page", 0, 0, path)


def check_public(kind: str, number: int, part: int = 0) -> None:
    """Refuse what no guest may know of. Raises NotFound."""
    if kind in LISTINGS:
        get_visible(kind, number, by=GUEST)
    elif kind == "organisation":
        row = find_row(Organisation, number) if number <= MAX_ID else None
        if row is None or not row.is_verified:
            raise NotFound("没有找到这个单位。", "请从它的页面点「举报」。")
    elif kind == "profile":
        public_researcher(number)
    elif kind == "broker":
        if number not in {one.person_id for one in listed_brokers()}:
            raise NotFound("没有找到这位技术经理人。", "请在名录里选一位。")
    elif kind in ("issue", "issue_line"):
        issue = get_issue(number)
        if kind == "issue_line":
            line_title(issue, part)


def load_subject(kind: str, number: int, part: int, path: str) -> Subject:
    """A thing as it is now, public or not; what is gone keeps its address as its title."""
    if kind in LISTINGS:
        row = load_row(kind, number)
        if row is not None:
            return Subject(
                kind,
                number,
                part,
                row.title,
                path,
                row.organisation_id,
                row.owner_id,
                row,
            )
    elif kind == "organisation":
        organisation = find_row(Organisation, number)
        if organisation is not None:
            return Subject(kind, number, part, organisation.name, path, organisation.id)
    elif kind in ("profile", "broker"):
        person = find_row(Person, number)
        if person is not None:
            return Subject(kind, number, part, person.name, path, None, person.id)
    elif kind in ("issue", "issue_line"):
        # Hidden by this very complaint, it still has to be ruled on.
        issue = get_issue(number, held_too=True)
        title = issue.title
        if kind == "issue_line":
            title = f"{title} 第 {part} 项：{line_title(issue, part)}"
        return Subject(kind, number, part, title[:250], path, issue.organisation_id)
    return Subject(kind, number, part, path, path)
