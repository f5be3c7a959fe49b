"""The rules of the house that no linter knows, as functions of the folder they are asked about. No test stands here.

`test_house.py` asks them about the project, `test_gates.py` about copies of it that break them.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("marketplace", "matching", "search")
# Rooms that only collect what the others contribute.
HUBS = ("desk", "office")
# Folders of the marketplace that are no rooms: what people write, what settings say, and files for browsers.
NO_ROOMS = {"parsing", "settings", "static"}
# What a room may be made of; a folder `pages/` takes the place of `pages.py` where a room has many views.
ROOM_FILES = {
    "__init__",
    "background",  # jobs and when they run
    "commands",
    "contributed",  # what is laid out for the hubs and for other rooms
    "deeds",
    "disclosure",
    "forms",
    "index",
    "models",
    "pages",
    "queries",
    "readiness",
    "schema",
}
# Room → a file more → why it is one of its own.
MORE_FILES: dict[str, dict[str, str]] = {
    "audit": {
        "acting": "who acts, for whom, from where",
        "appending": "entries get their place, one writer after the other",
        "branches": "a signed statement that explains a checkpoint away",
        "changes": "what was done to rows becomes entries",
        "collecting": "what sessions write is noticed",
        "comparing": "the tree against published checkpoints",
        "entries": "what is hashed of a deed",
        "key": "a new key, which needs no site",
        "looks": "what is recorded though it writes nothing",
        "naming": "deeds and things in Chinese, for the page",
        "notes": "keys, signed notes and checkpoints",
        "policy": "what is written of each column",
        "publishing": "checkpoints are signed and laid beside the database",
        "second_process": "another processor of the machine checks some of the spans",
        "signals": "what happens at the door is recorded",
        "spans": "whole batches, as cheaply as Python can, in a process of their own too",
        "tree": "roots and proofs of RFC 6962",
        "verifying": "everything is computed again and compared",
    },
    "accounts": {
        "agreements": "the texts people agree to",
        "before_pages": "late forms, and steps that come first",
        "child_models": "tables of what belongs to a person",
        "held_forms": "what was typed before signing in is given back",
        "locking": "failed tries close an account for a while",
        "mail": "what people are told by mail",
        "passwords": "what a password must be",
        "granting": "which roles and places go together",
        "places": "places that go over when organisations are merged",
        "destinations": "where people were going before they registered",
        "contact_consents": "two consents, each with its text",
        "person_deeds": "what is done to people, not to organisations",
        "second_factor": "codes of an app and spare ones",
        "sessions": "who is signed in where",
        "sign_in": "signing in as a whole, and what is looked at before every page",
        "sign_in_words": "what the library says, in our words",
        "tries": "how often one may try",
    },
    "catalogue": {
        "facets": "the values by which a search is narrowed",
        "home": "what the home page and the sitemap show",
        "search_state": "the search page as an address",
    },
    "exchange": {
        "checking": "one row is checked in one way, wherever its cells come from",
        "taking": "rows become listings without committing them",
        "annotations": "comments of cells and texts of shapes, which are not read",
        "contact_columns": "whose telephone a column of a list holds",
        "delimited": "text files become rows of cells",
        "fault_files": "faulty rows go out, to come in again",
        "exporting": "rows go out in one way, whoever asks",
        "header_groups": "headers of several rows",
        "header_keys": "spellings of a header",
        "headers": "which column of a list is which field",
        "importing": "rows come in from a file in one way",
        "markings": "what the XML of a sheet says of its rows, columns and cells",
        "organisation_columns": "the columns of lists of organisations",
        "organisation_lists": "lists of organisations, read and checked",
        "money_units": "in which unit of money a list gives its sums",
        "package": "workbooks that Excel opens, put in order for a stricter reader",
        "remarks": "what is said of a list as a whole, in words",
        "reports": "what is said about a list and about its import",
        "row_kinds": "rows that hold no listing",
        "screening": "what every reader of a list does with a row first",
        "rows": "rows of a sheet, whatever file they come from",
        "source_columns": "how databases of patents and papers call our columns",
        "sheets": "which kind of file it is, and why it cannot be read",
        "xlsx": "workbooks become rows of cells",
    },
    "issues": {
        "background": "the files of published lists",
        "checking": "a file or a hash compared with what was published",
        "choosing": "which listings a list holds",
        "columns": "the columns of lists, on screen and on paper",
        "comparing": "where a list differs from what was published, line by line",
        "content": "the canonical text that is hashed",
        "contributed": "what hubs and listings show of lists",
        "glyphs": "fonts, and which characters they draw",
        "moving": "proofs of an organisation that is merged",
        "printing": "PDF",
        "upkeep": "renders and stores the files",
        "workbooks": "Excel",
    },
    "listings": {
        "announcements": "what its people are notified of",
        "assignments": "which broker looks after a listing",
        "child_models": "tables of the rows that belong to a listing",
        "batch_deeds": "one decision on several listings, each by itself",
        "batches": "what would become of each listing of a batch",
        "bulk": "one deed to several listings, with what became of each",
        "contradictions": "what does not fit together: refused, or for the eye of a reviewer",
        "standing_in": "in whose place a reviewer decides",
        "buttons": "what may be pressed next, in three places",
        "cards": "what a list shows of a listing",
        "decision_forms": "what is asked of a reviewer, not of an owner",
        "detail": "what the page of one shows",
        "life": "the life tables, which forms and importers read without any table",
        "naming": "where words tell whose a listing is",
        "panels": "what it puts on pages of other rooms and next to a listing",
        "ending_deeds": "renewing, closing, reopening, expiring",
        "renewal_links": "signed links of reminders",
        "departures": "contacts go with the accounts of their people",
        "ownership": "what becomes of listings when their owner is merged or suspended",
        "places": "how much of where an unnamed firm sits is public",
        "review_queue": "what waits for the operators, in its order",
        "change_deeds": "what is published changes through review",
        "changes_waiting": "changes that wait, and how a listing looks with one",
        "differences": "how two texts differ, word by word",
        "review_claims": "who else has a listing open",
        "similar": "listings that resemble one under review",
        "review_deeds": "the way of a listing through review",
        "review_models": "tables of decisions, versions and waiting changes",
        "rewritings": "what somebody else wrote for the owner of a listing",
        "rewriting_deeds": "it waits until the owner takes it over",
        "settling": "what every move of a listing ends with",
        "snapshots": "what a listing says as JSON, and back",
        "step_forms": "a form of which a page may show one step",
        "ticks": "what is ticked on other pages of a list",
        "unsaved_deeds": "what is typed and not saved yet",
        "unsaved_models": "the table of it",
        "completeness": "how complete a listing is",
        "proposals": "a text taken apart into fields",
        "proposal_pieces": "how the pieces of a text are told apart",
        "versions": "what was approved, by date",
        "upkeep": "the index is kept in step without anybody pressing anything",
        "row_forms": "one form for each row of a field that has rows",
        "seen_forms": "a new listing is saved once",
        "typed_controls": "texts of a form that a reader of the lists reads",
        "widgets": "kinds of fields of a form",
        "writing": "values are put into a listing without committing it",
        "worklists": "what is a person's own, in its order",
    },
    "workdays": {
        "calendar": "arithmetic of days, without web and database",
        "written_days": "announced days as people write them",
    },
    "verification": {
        "announcements": "who asked is notified of what was supplied",
        "upkeep": "supplied files go when their time is over",
    },
    "statuses": {
        "announcements": "what people are notified of",
        "life": "the life table of a status, and which there are",
        "moving": "statuses that go over when organisations are merged",
    },
    "finance": {
        "announcements": "what banks, funds and firms are notified of",
        "content": "what the rule of a product is, without web and database",
        "fitting": "why a product fits, and what is missing",
        "life": "the life tables, and the kinds of products",
        "pack_content": "what may go into a pack, and its frozen text",
        "pack_deeds": "packs are granted and end",
        "pack_queries": "what is read of packs",
        "investor_deeds": "funds and firms that do not know each other",
        "investor_models": "tables of funds",
        "investor_queries": "teasers without names, and what a yes reveals",
        "loan_deeds": "loans are filed, confirmed and settled",
        "loan_models": "the table of filed loans",
        "loan_queries": "what is read of loans, and what each comes to",
        "moving": "what follows when organisations are merged or suspended, and what is removed in time",
        "subsidies": "interest and losses, whole 分 only",
        "typed_terms": "the rule of a product as it is typed",
        "workbooks": "the list of loans as a workbook",
    },
    "policies": {
        "asking": "what the page of estimates is asked",
        "clause_files": "clauses as files, read strictly",
        "content": "what a clause is made of, without web and database",
        "estimating": "verdicts of all clauses in groups",
        "evaluating": "what one clause gives: arithmetic, without web and database",
        "moving": "estimates that go over when organisations are merged",
        "official_texts": "a document cut into its clauses",
        "typed_figures": "figures as people type them",
    },
    "rules": {
        "content": "what a dated value is, and how a deal keeps it, without web and database",
        "seed_files": "the values of the files, read strictly",
        "toml_lines": "tables of a file, each with its line",
    },
    "imports": {
        "announcements": "what people are notified of",
        "assessing": "what each staged row is now",
        "authors": "whose listing a row becomes",
        "conflicts": "both sides of what was written by hand",
        "faults": "which rows go into the file of faults",
        "life": "the life table of an import, and what its rows are",
        "moving": "imports that go over when organisations are merged",
        "staging": "a file becomes staged rows without committing them",
        "stored_cells": "cells as a database holds them",
        "upkeep": "long imports go on without anybody pressing anything",
    },
    "wordlists": {
        "applying": "a version of a dictionary is brought into its table and to what names its codes",
        "content": "what the lines of a version mean, without web and database",
        "effects": "what other lists would change",
        "dictionary_lines": "what the lines of a version of a dictionary mean",
        "upkeep": "copies are made and used without anybody pressing anything",
    },
    "alerts": {
        "announcements": "what people are alerted to",
    },
    "contracts": {
        "announcements": "what both sides are notified of",
        "changing": "where confirmations fall",
        "columns": "the columns of lists of the register",
        "field": "how a value is read and shown",
        "fields": "each field of a contract once",
        "filing_deeds": "what the office decides",
        "ledger": "entries of the register and what they come to",
        "life": "the life table of a contract",
        "list_deeds": "lists of the register come in and go out",
        "moving": "contracts that go over when organisations are merged",
        "printing": "the paper of a contract, and its copy",
        "rollup": "sums of a year and the subsidy, whole 分 only",
        "upkeep": "papers are rendered, ends announced",
        "vocabulary": "closed lists of the register",
    },
    "envelopes": {
        "announcements": "what claimants are notified of",
        "assessing": "what a claim is for and how much it comes to",
        "child_models": "tables of training cohorts",
        "cohort_deeds": "who was trained, with certificates",
        "disclosure": "who has what to do with a claim",
        "envelope_deeds": "what operators do to money",
        "life": "the life tables of envelopes and claims",
        "moving": "claims that go over when organisations are merged",
        "review_deeds": "what operators decide about claims",
        "exporting": "lists in the columns of the office",
        "writing": "a movement as it is written, with the sums of its envelope",
    },
    "evidence": {
        "announcements": "what who asked for a pack is notified of",
        "checking": "whether a pack is what was packed",
        "life": "the life table of a pack",
        "packing": "zip and PDF, put together and taken apart",
        "parts": "which files and entries go in",
        "printing": "the printed case with its attachments",
        "record": "what is frozen of a deal",
        "upkeep": "packs are made, old files removed",
    },
    "reports": {
        "releases": "deals and contracts as OCDS releases",
        "workbooks": "the yearly report as Excel",
        "yearly": "the year of an institution",
    },
    "proceeds": {
        "announcements": "what inventors are notified of",
        "life": "the life table of a distribution",
        "printing": "the statement of one person",
        "sharing": "received money shared to the cent",
        "typed_plans": "brackets and people as they are typed",
        "upkeep": "statements are printed, milestones announced",
    },
    "records": {
        "announcements": "what both sides are notified of",
    },
    "certificates": {
        "announcements": "what holders and those who confirm are notified of",
        "life": "the life table of a certificate, and what a verification answers",
        "printing": "the PDF of a certificate",
        "upkeep": "certificates are printed, corrections announced",
    },
    "ratings": {
        "announcements": "what both sides are notified of",
        "upkeep": "ratings are revealed when their term is over",
    },
    "stories": {
        "announcements": "what both sides and the operators are notified of",
        "life": "the life table of a story",
    },
    "introductions": {
        "announcements": "what people are notified of",
        "disclosure": "what one side may know of the other",
        "life": "the life table of an introduction",
        "moving": "introductions that go over when organisations are merged",
    },
    "deals": {
        "announcements": "what people are notified of",
        "child_models": "tables of what belongs to a deal",
        "data_room": "files that an NDA opens",
        "diligence_deeds": "尽调, item by item",
        "life": "the life table of a deal, and its closed lists",
        "moving": "deals that go over when organisations are merged",
        "pricing_deeds": "decisions on the price, and their approval",
        "publicity_deeds": "公示 and 异议",
        "standing": "a deal as it stood on a day",
        "standing_words": "a deal as it stood, in Chinese",
        "terms": "until when a station is to act",
        "upkeep": "publicity follows its achievement, old contacts go",
        "writing": "a move as it is written: state, History, release",
    },
    "brokerage": {
        "agreement_deeds": "commissions, and disputes about the ledger",
        "available_deeds": "which buttons of a case somebody has now",
        "announcements": "what brokers and both sides are notified of",
        "calendars": "last days as an iCalendar file",
        "overdue": "cases whose clock has run out",
        "child_models": "tables of what belongs to a case",
        "declines": "why others declined a listing, added up",
        "ledger": "what is read of who brought whom together",
        "life": "the life tables, the columns of the board and every term",
        "moving": "cases that go over when organisations are merged",
        "settling": "what several deeds have in common, and what follows from other rooms",
        "turns": "who must act in a case, what, by when",
        "upkeep": "clocks run without anybody pressing anything",
        "writing": "a move of a case as it is written",
    },
    "duplicates": {
        "finding": "which listings resemble one another, by the matcher",
        "life": "the life table of a pair",
    },
    "files": {
        "review_deeds": "what is added to what is public: the desk, then the operators",
        "review_queue": "what of that waits, and where",
        "access_deeds": "seeing a file on request",
        "announcements": "what people are notified of",
        "life": "closed lists, and the life table of a request for a file",
        "recognising": "what a content is, and why it is refused",
        "object_store": "bytes in an S3-compatible store",
        "sending": "a content as a response",
        "scanning": "the scanner of the site looks through a file",
        "taking": "a file of a thing that is no listing",
        "storage": "bytes on the disk or in a store, each content once",
        "upkeep": "scans, ends and sweeps without anybody pressing anything",
    },
    "complaints": {
        "announcements": "what both sides are notified of",
        "life": "the life table of a complaint, and the rules that are cited",
        "subjects": "what may be reported, read from its address",
    },
    "diagnosis": {
        "announcements": "what people are notified of",
        "answers": "what a firm does in the diagnosis of its demand",
        "life": "the life table of a diagnosis",
        "settling": "what every deed begins and ends with",
    },
    "substitutes": {
        "announcements": "what people are notified of",
    },
    "mediation": {
        "announcements": "what people are notified of",
        "life": "the life table of a request for a broker",
    },
    "rights": {
        "announcements": "what co-owners and owners are notified of",
        "life": "the life table of a consent, and its text",
        "upkeep": "reminders without anybody pressing anything",
    },
    "memberships": {
        "announcements": "what people are notified of",
        "moving": "ways in that go over when organisations are merged",
    },
    "profiles": {
        "announcements": "what a broker is notified of",
        "writing": "what is typed is read and checked without committing it",
    },
    "organisations": {
        "changing": "what a deed sets of an organisation, and what follows",
        "identity": "names and codes are checked as they are typed",
        "list_deeds": "organisations of a list are entered",
        "twins": "which may be one body",
    },
    "matchmaking": {
        "algorithm": "how ranking works, in figures",
        "answers": "a page of matches",
        "catalogues": "what a process has of one kind, and how the database differs",
        "evidence": "the words that made a score",
        "facts": "what is compared beside the text",
        "figure_facts": "the figures of both sides and whether they are met, in words",
        "generations": "artefacts on disk, and which is current",
        "matchers": "the matchers of one process",
        "offers": "what a row of a page of matches shows",
        "other_needs": "ways of asking for money and people",
        "panels": "what stands beside a listing's page and form",
        "ranking": "the best of the other kind for one listing",
        "trial": "matches of a pasted text",
    },
    "notices": {
        "addresses": "who gets a notice, of whom this room knows an address",
        "delivery": "how a mail leaves the site, whatever is in it",
        "digests": "one mail a day of many notices",
        "letters": "a notice as a mail",
        "sending": "the loop that has no transaction open while a server answers",
        "upkeep": "the site claims, notes and gathers without anybody pressing anything",
    },
    "operation": {
        "bodies": "bodies of requests are read in time",
        "encryption": "a backup is read with its key alone",
        "working_folders": "where backups work, and what killed ones left",
        "backups": "what is carried off and brought back",
        "figures": "where the figures of a worker lie",
        "health": "how it is with each part",
        "integrity": "files are read through at night",
        "logs": "what is written down",
        "nightly": "the backup of each night and its second place",
        "runs": "how the jobs of this host went",
        "worker": "a worker of gunicorn that waits for heads only so long",
        "supervision": "in whose care the work in the background runs",
    },
    "setup": {
        "demo_brokerage": "cases in every column of the board",
        "demo_contract": "a contract that is registered, paid and shared",
        "demo_deals": "deals at several stations",
        "demo_envelopes": "money of the year, claims on it, a training cohort",
        "demo_finance": "a bank, a fund and a firm that looks for money",
        "demo_files": "files and rewritings at every station",
        "demo_listings": "what lies on their desks",
        "demo_ledger": "two years of the register",
        "demo_people": "the people who show the site",
        "demonstration": "sample lists, and what lies on the desks of its people",
        "preparing": "what every site needs before it serves",
        "rehearsing": "a site of its own on which time runs faster",
    },
    "verdicts": {
        "effects": "what another grading would change",
        "grading": "the grades that verdicts teach",
        "judgements": "verdicts as matching is measured by them",
        "projections": "listings as they are compared with verdicts",
        "quality": "how good matching is",
        "ranked_lists": "which list a verdict was given on",
    },
}
FILE_LIMIT = 560  # lines; more is two files
LOGIC_LIMIT = 400  # lines of logic; more needs a reason
# Tables of data may be longer than any limit.
DATA_FILES = {
    "marketplace/listings/schema/achievement.py": "every field of an achievement",
    "marketplace/listings/schema/demand.py": "every field of a demand",
    "marketplace/listings/schema/headings.py": "every other header of a column",
    "marketplace/listings/schema/shared.py": "every field that both kinds have",
    "marketplace/listings/schema/terms.py": "every closed list of the trade",
}
LONG_FILES = {
    "marketplace/envelopes/queries.py": "what is read of money, claims and cohorts, one statement each",
    "marketplace/brokerage/deeds.py": "one function for each of eighteen buttons",
    "marketplace/deals/publicity_deeds.py": "publicity, objections and their answers: one function for each button",
    "marketplace/proceeds/deeds.py": "one function for each button of the money of a contract",
    "marketplace/brokerage/forms.py": "the forms of twenty buttons, and what each gives its deed",
    "marketplace/brokerage/pages/cases.py": "one view for each of twenty buttons",
    "marketplace/brokerage/queries.py": "the board, the queues and the clocks read one table",
    "marketplace/contributions.py": "everything a room may offer, named in one place",
    "marketplace/finance/deeds.py": "one function for each of eleven buttons of products",
    "marketplace/finance/pages/products.py": "one view for each of fourteen buttons of products and their versions",
    "marketplace/policies/clause_files.py": "one strict reader, each check with the line that it names",
    "marketplace/exchange/row_kinds.py": "the patterns of rows that are no listings, tried in one order",
    "marketplace/exchange/taking.py": "one pass over the rows of a list, from each to what became of it",
    "marketplace/files/pages.py": "one view for each of sixteen buttons, and sending",
    "marketplace/listings/deeds.py": "one function for each of sixteen buttons",
    "marketplace/memberships/deeds.py": "one function for each of eleven buttons",
    "marketplace/organisations/deeds.py": "one function for each of twelve buttons",
    "marketplace/listings/models.py": "two tables with their child tables and filters",
    "marketplace/operation/backups.py": "making and restoring share their hashes",
    "marketplace/reports/releases.py": "what each part of a deal is in a release, and what is wrong with a package",
    "marketplace/setup/demonstration.py": "everything that the demonstration shows, one function a part",
    "marketplace/verdicts/deeds.py": "one function for each of nine buttons, with what they share",
    "matching/index/reading.py": "one pass over many texts, from words to counted features",
    "matching/text.py": "one tokenizer, from characters to words",
    "matching/index/kernels.py": "the loops of the ranking, compiled together",
    "matching/explaining/quantity_table.py": "a table, one quantity a line",
}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def modules(root: Path) -> Iterator[Path]:
    """Every module of the product, in the order of their names."""
    for part in PARTS:
        yield from sorted((root / part).rglob("*.py"))


def name_of(path: Path, root: Path) -> str:
    """A file as the project calls it."""
    return path.relative_to(root).as_posix()


def room_of(path: Path, root: Path) -> str:
    """The room of a module; of matching and search, and of what is in no room, the part it belongs to."""
    steps = path.relative_to(root).parts
    if steps[0] == "marketplace" and len(steps) > 2:
        return steps[1]
    return steps[0]


def declared_rooms(root: Path) -> tuple[str, ...]:
    """What `ROOMS` of the factory names, read without importing it."""
    tree = ast.parse((root / "marketplace" / "__init__.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ROOMS":
            rooms: tuple[str, ...] = ast.literal_eval(node.value)
            return rooms
    raise LookupError("marketplace/__init__.py declares no ROOMS")


def rooms_on_disk(root: Path) -> set[str]:
    """The folders of the marketplace that hold code."""
    found = set()
    for folder in (root / "marketplace").iterdir():
        if folder.is_dir() and any(folder.glob("*.py")):
            found.add(folder.name)
    return found - NO_ROOMS


def hub_imports(root: Path) -> set[str]:
    """The rooms that a hub imports, as `hub -> room`; every folder counts, declared or not."""
    found = set()
    for hub in HUBS:
        others = rooms_on_disk(root) - {hub}
        for path in (root / "marketplace" / hub).rglob("*.py"):
            for imported in _imported_modules(ast.parse(path.read_text())):
                steps = imported.split(".")
                if steps[0] == "marketplace" and len(steps) > 1 and steps[1] in others:
                    found.add(f"{hub} -> {steps[1]}")
    return found


def _imported_modules(tree: ast.Module) -> Iterator[str]:
    """The dotted names that a module imports, `from package import module` as package.module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def unexplained_files(root: Path) -> set[str]:
    """Files of rooms that are neither of every room nor explained in `MORE_FILES`; what a folder holds is its own."""
    found = set()
    for room in rooms_on_disk(root):
        allowed = ROOM_FILES | MORE_FILES.get(room, {}).keys()
        for path in (root / "marketplace" / room).glob("*.py"):
            if path.stem not in allowed:
                found.add(name_of(path, root))
    return found


def long_files(root: Path) -> set[str]:
    """Files above the limits of their kind, and logic above `LOGIC_LIMIT` without a reason."""
    found = set()
    for path in modules(root):
        name = name_of(path, root)
        if name in DATA_FILES:
            continue
        lines = len(path.read_text().splitlines())
        explained = name in LONG_FILES
        if lines > FILE_LIMIT:
            found.add(name)
        if lines > LOGIC_LIMIT and not explained:
            found.add(name)
    return found


def is_page(path: Path) -> bool:
    """Whether a module holds views."""
    return path.name == "pages.py" or path.parent.name == "pages"


def pages_with_database(root: Path) -> set[str]:
    """Pages and commands that ask the database themselves. (SQLAlchemy itself is refused by a contract of imports.)"""
    found = set()
    for path in modules(root):
        if not is_page(path) and path.name != "commands.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Name) and node.id == "db":
                found.add(name_of(path, root))
            if isinstance(node, ast.ImportFrom) and _imports_db(node):
                found.add(name_of(path, root))
    return found


def _imports_db(node: ast.ImportFrom) -> bool:
    return any(alias.name == "db" for alias in node.names)


def dense_comprehensions(root: Path) -> Counter[str]:
    """Room → comprehensions that hold a second `for`, a ternary or another comprehension."""
    counts: Counter[str] = Counter()
    for path in modules(root):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, COMPREHENSIONS) and _is_dense(node):
                counts[room_of(path, root)] += 1
    return counts


def _is_dense(comprehension: ast.AST) -> bool:
    if len(comprehension.generators) > 1:  # type: ignore[attr-defined]
        return True
    for node in ast.walk(comprehension):
        if node is not comprehension and isinstance(node, (*COMPREHENSIONS, ast.IfExp)):
            return True
    return False
