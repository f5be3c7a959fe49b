"""Deals and the ledger of contracts as releases of the Open Contracting Data Standard 1.1: immutable, dated, mergeable.

A release of a deal is made of what its releases add up to by then (118), one of the ledger of an entry or a receipt: so
exporting later gives the same releases again, and new ones after them. The merge of all of a process is what the
database says now, which `current_document` computes from its rows alone. What of OCDS is left open is decision 127.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marketplace.contracts.models import ContractEntry, TechContract
from marketplace.deals.life import CONTRACT_TYPES, CONVERSION_MODES, PRICING_METHODS
from marketplace.deals.models import Deal
from marketplace.deals.writing import merge_releases, snapshot_of
from marketplace.organisations.models import Organisation
from marketplace.proceeds.models import Milestone, Receipt

VERSION = "1.1"
# No prefix of ours is registered with the Open Contracting Partnership; decision 127.
PREFIX = "unregistered"
CURRENCY = "CNY"
TAGS = frozenset(
    {
        "tender", "tenderUpdate", "tenderCancellation", "award", "awardUpdate", "awardCancellation", "contract",
        "contractAmendment", "contractTermination", "implementation", "implementationUpdate",
    }
)  # fmt: skip
# Without a price that holds: a deal that comes back to one of these loses its award.
_OPEN = ("proposed", "open", "intention", "due_diligence", "pricing")
_AWARDED = ("approved", "contracted", "performing", "converted")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
# JSON has exact numbers and Python's encoder only floats: a Decimal goes through as a text that nobody can have typed.
_EXACT = re.compile(r'"\\u0000(-?\d+(?:\.\d+)?)"', re.ASCII)

Document = dict[str, Any]


@dataclass(frozen=True)
class Process:
    """What one contracting process is made of: a deal, a contract that is or was registered, or both."""

    deal: Deal | None
    contract: TechContract | None
    receipts: tuple[Receipt, ...] = ()
    milestones: tuple[Milestone, ...] = ()

    @property
    def number(self) -> str:
        """Of the deal; of a contract without one, of the contract."""
        if self.deal is not None:
            return self.deal.number
        assert self.contract is not None  # noqa: S101  one of the two is there
        return self.contract.number

    @property
    def year(self) -> int:
        """The year in which it began."""
        if self.deal is not None:
            return self.deal.began_on.year
        assert self.contract is not None  # noqa: S101
        assert self.contract.registered_on is not None  # noqa: S101  of the ledger
        return self.contract.registered_on.year


def releases_of(process: Process) -> list[Document]:
    """The releases of a process, oldest first; each has an `id` of its own for ever."""
    ocid = f"{PREFIX}-{process.number}"
    found = []
    # By the moment alone: sorting is stable, so what one moment brought stays in the order of its writing.
    for key, at, tag, content in sorted(_dated(process), key=lambda one: one[1]):
        found.append(
            {
                "ocid": ocid,
                "id": f"{ocid}-{key}",
                "date": moment_text(at),
                "tag": [tag],
                "initiationType": "tender",
                "language": "zh",
                **content,
            }
        )
    return found


def _dated(process: Process) -> Iterator[tuple[str, datetime, str, Document]]:
    """(Key within the process, moment, tag, content) of everything that happened."""
    deal, contract = process.deal, process.contract
    if deal is not None:
        names = _parties(deal.holder, deal.receiver)
        before = ""
        values: dict[str, Any] = {}
        for release in deal.releases:
            # A release of a deal holds what changed; here each has to repeat the whole part it is about (decision
            # 127).
            values |= merge_releases([release])
            tag = _tag_of(values["state"], before)
            before = values["state"]
            yield (
                f"deal-{release.number}",
                release.at,
                tag,
                {**names, **_of_deal(values, deal.number)},
            )
    if contract is None:
        return
    sums = dict.fromkeys(("total_fen", "tech_fen", "exempt_fen"), 0)
    state = "active"
    amendments: list[Document] = []
    for entry in contract.entries:
        for name in sums:
            # Entries are differences: a correction downwards is negative, a cancellation takes back everything.
            sums[name] += getattr(entry, name)
        if entry.kind != "registered":
            amendments.append(_amendment(entry))
        if entry.kind == "cancelled":
            state = "terminated"
        tags = {
            "registered": "contract",
            "amended": "contractAmendment",
            "cancelled": "contractTermination",
        }
        content = _of_contract(contract, sums, state, amendments)
        if deal is None:
            content |= _parties_of_register(contract)
        yield f"entry-{entry.id}", entry.at, tags[entry.kind], content
    yield from _dated_milestones(contract, process.milestones)
    for receipt in process.receipts:
        yield (
            f"receipt-{receipt.id}",
            receipt.at,
            "implementation",
            {
                "contracts": [
                    {
                        "id": contract.number,
                        "implementation": {"transactions": [_transaction(receipt)]},
                    }
                ]
            },
        )


def _dated_milestones(
    contract: TechContract, milestones: Iterable[Milestone]
) -> Iterator[tuple[str, datetime, str, Document]]:
    """The same of milestones: a release when one is planned, and one when it is done."""
    for one in milestones:
        planned = {
            # As it was planned, whatever became of it since: an old release must come out the same at each export.
            "contracts": [{"id": contract.number, "milestones": [_planned(one)]}]
        }
        yield f"milestone-{one.id}", one.planned_at, "implementation", planned
        if one.done_at is None:
            continue
        done = {"contracts": [{"id": contract.number, "milestones": [_milestone(one)]}]}
        yield f"milestone-{one.id}-done", one.done_at, "implementationUpdate", done


def current_document(process: Process) -> Document:
    """What the database says of a process now: what the merge of its releases must equal, but for id, date and tag."""
    deal, contract = process.deal, process.contract
    document: Document = {
        "ocid": f"{PREFIX}-{process.number}",
        "initiationType": "tender",
        "language": "zh",
    }
    if deal is not None:
        # Through JSON, as the releases of a deal are stored: both ways then have the same types.
        values = json.loads(json.dumps(snapshot_of(deal)))
        document |= _parties(deal.holder, deal.receiver) | _of_deal(values, deal.number)
    if contract is not None:
        amendments = [
            _amendment(one) for one in contract.entries if one.kind != "registered"
        ]
        state = "terminated" if contract.state == "cancelled" else "active"
        content = _of_contract(contract, contract.registered_sums, state, amendments)
        if process.receipts:
            content["contracts"][0]["implementation"] = {
                "transactions": [_transaction(one) for one in process.receipts]
            }
        if process.milestones:
            content["contracts"][0]["milestones"] = [
                _milestone(one) for one in process.milestones
            ]
        if deal is None:
            content |= _parties_of_register(contract)
        document |= content
    return dict(without_nothing(document))


def without_nothing(document: Any) -> Any:
    """A document without what is null: a release says null for what is no longer there, a merged one leaves it out."""
    if isinstance(document, dict):
        found = {name: without_nothing(value) for name, value in document.items()}
        return {name: value for name, value in found.items() if value is not None}
    if isinstance(document, list):
        return [without_nothing(one) for one in document]
    return document


def _of_deal(values: Mapping[str, Any], number: str) -> Document:
    """Tender and award of a deal by what its releases add up to; every name is in each, null where it is empty."""
    state = values["state"]
    tender_state, award_state = "active", "pending"
    if state == "terminated":
        tender_state = award_state = "cancelled"
    elif state in _AWARDED:
        tender_state, award_state = "complete", "active"
    method = values["pricing_method"]
    # A terminated deal that was never priced has none; one that was priced has a cancelled one.
    has_award = state not in _OPEN and (
        values["price_fen"] is not None or bool(values["price_text"])
    )
    award: Document = {
        "id": f"{number}-award",
        "title": values["title"] if has_award else None,
        "description": (values["price_text"] or None) if has_award else None,
        "status": award_state if has_award else None,
        "date": _day(values["publicity_closed_on"]) if has_award else None,
        "value": _value(values["price_fen"]) if has_award else _value(None),
    }
    return {
        "tender": {
            "id": number,
            "title": values["title"],
            "status": tender_state,
            "statusDetails": state,
            "procurementMethodDetails": PRICING_METHODS[method] if method else None,
            "additionalProcurementCategories": [
                CONTRACT_TYPES[values["contract_type"]],
                CONVERSION_MODES[values["conversion_mode"]],
            ],
        },
        "awards": [award],
    }


def _tag_of(state: str, before: str) -> str:
    if state == "terminated":
        return "tenderCancellation"
    if not before:
        return "tender"
    if state in _OPEN:
        # Priced before, and to be priced again.
        return "tenderUpdate" if before in _OPEN else "awardCancellation"
    return "award" if before in _OPEN else "awardUpdate"


def _of_contract(
    contract: TechContract,
    sums: Mapping[str, int],
    state: str,
    amendments: list[Document],
) -> Document:
    deal = contract.deal
    return {
        "contracts": [
            {
                "id": contract.number,
                # A contract of the register alone was awarded by nothing that the site knows.
                "awardID": f"{deal.number}-award" if deal is not None else None,
                "title": contract.title,
                "status": state,
                "statusDetails": CONTRACT_TYPES[contract.contract_type],
                "identifier": {
                    "scheme": "CN-TECH-CONTRACT",
                    "id": contract.registry_no,
                },
                "period": {
                    "startDate": _day(contract.valid_from),
                    "endDate": _day(contract.valid_to),
                },
                "dateSigned": _day(contract.signed_on),
                "registeredOn": _day(contract.registered_on),
                "value": _value(sums["total_fen"]),
                "technologyValue": _value(sums["tech_fen"]),
                "taxFreeValue": _value(sums["exempt_fen"]),
                # A copy: the list of the caller goes on growing, and earlier releases must not grow with it.
                "amendments": [*amendments] or None,
            }
        ]
    }


def _amendment(entry: ContractEntry) -> Document:
    return {
        "id": f"entry-{entry.id}",
        "date": _day(entry.entered_on),
        "rationale": entry.reason,
    }


def _planned(milestone: Milestone) -> Document:
    """A milestone as it was planned; `plannedValue` is a name of ours, as `technologyValue` is."""
    pays = milestone.plan_fen is not None
    return {
        "id": f"milestone-{milestone.id}",
        "title": milestone.title,
        "type": "financing" if pays else "delivery",
        "dueDate": _day(milestone.due_on),
        "plannedValue": _value(milestone.plan_fen),
        "status": "scheduled",
        "dateMet": None,
    }


def _milestone(milestone: Milestone) -> Document:
    """A milestone as it stands now."""
    if milestone.done_on is None:
        return _planned(milestone)
    return _planned(milestone) | {"status": "met", "dateMet": _day(milestone.done_on)}


def _transaction(receipt: Receipt) -> Document:
    reverses = receipt.reverses_id
    return {
        "id": f"receipt-{receipt.id}",
        "date": _day(receipt.received_on),
        "value": _value(receipt.amount_fen),
        # Also of what is taken back, whose value is negative: the sides stay, and the sum of all is what came in.
        "payer": {"id": "receiver"},
        "payee": {"id": "holder"},
        "reverses": f"receipt-{reverses}" if reverses is not None else None,
    }


def _parties(holder: Organisation, receiver: Organisation) -> Document:
    """Both sides under ids that a merger of organisations leaves as they are."""
    return {
        "parties": [
            _party("holder", holder.name, holder.uscc, "supplier"),
            _party("receiver", receiver.name, receiver.uscc, "buyer"),
        ],
        "buyer": {"id": "receiver", "name": receiver.name},
    }


def _parties_of_register(contract: TechContract) -> Document:
    seller = contract.seller.uscc if contract.seller is not None else None
    buyer = contract.buyer.uscc if contract.buyer is not None else None
    return {
        "parties": [
            _party("holder", contract.seller_name or "", seller, "supplier"),
            _party("receiver", contract.buyer_name or "", buyer, "buyer"),
        ],
        "buyer": {"id": "receiver", "name": contract.buyer_name or ""},
    }


def _party(key: str, name: str, uscc: str | None, role: str) -> Document:
    # Both names are there even without a code: a merge then clears what an earlier release had.
    identifier: Document = {"scheme": None, "id": None}
    if uscc:
        identifier = {"scheme": "CN-USCC", "id": uscc}
    return {"id": key, "name": name, "roles": [role], "identifier": identifier}


def _value(fen: int | None) -> Document:
    if fen is None:
        return {"amount": None, "currency": None}
    return {"amount": Decimal(fen) / 100, "currency": CURRENCY}


def _day(day: date | str | None) -> str | None:
    """A day in China as OCDS has moments: its begin, with the zone."""
    return f"{day}T00:00:00+08:00" if day else None


def moment_text(moment: datetime) -> str:
    """A moment in UTC with all its digits, so that the order of texts is that of moments."""
    return f"{moment.isoformat(timespec='microseconds')}Z"


def package_of(
    processes: Iterable[Process], *, address: str, publisher: str, at: datetime
) -> Document:
    """A release package of some processes.

    Args:
        processes: in the order of the package.
        address: of the package on the site.
        publisher: the name of the site.
        at: when it is made.

    Raises:
        ValueError: something in it would make merging wrong; nothing is then handed out.
    """
    releases = []
    for process in processes:
        releases += releases_of(process)
    package = {
        "uri": address,
        "version": VERSION,
        "publishedDate": moment_text(at),
        "publisher": {"name": publisher},
        "releases": releases,
    }
    # Before anything is handed out: whoever merged a faulty package would have to be found again.
    problems = problems_of(package)
    if problems:
        raise ValueError("; ".join(problems[:3]))
    return package


def problems_of(package: Mapping[str, Any]) -> list[str]:
    """What is wrong with the ids, dates and tags of a package; empty where nothing is."""
    problems = []
    seen = set()
    last: dict[str, str] = {}
    for release in package["releases"]:
        name, at, ocid = release["id"], release["date"], release["ocid"]
        # A reader takes two releases of one id for the same and drops one.
        if name in seen:
            problems.append(f"{name} stands twice")
        seen.add(name)
        if not name.startswith(f"{ocid}-") or not ocid.startswith(f"{PREFIX}-"):
            problems.append(f"{name} is not of {ocid}")
        if not _MOMENT.fullmatch(at):
            problems.append(f"{name} has no date: {at}")
        # Texts of one length and one zone are compared as moments are.
        if at < last.get(ocid, ""):
            problems.append(f"{name} is older than the one before it")
        last[ocid] = at
        if not release["tag"] or set(release["tag"]) - TAGS:
            problems.append(f"{name} has the tags {release['tag']}")
    return problems


def package_text(package: Document) -> str:
    """The JSON of a package, with sums as exact numbers."""
    # Never by float: 0.1 and 0.2 would not add up to what the ledger says.
    text = json.dumps(package, ensure_ascii=False, indent=1, default=_exact)
    return _EXACT.sub(r"\1", text)


def _exact(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"\0{value:f}"
    raise TypeError(type(value))
