"""Packs of evidence: who may have one, what is in it and what is not, that nothing of it can be changed unseen."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdf
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts.models import Person
from marketplace.audit import publishing, tree
from marketplace.audit.models import Entry
from marketplace.clock import now, today
from marketplace.deals import publicity_deeds
from marketplace.deals.models import Deal
from marketplace.deals.pricing_deeds import Price
from marketplace.errors import MarketError, NotAllowed, NotNow
from marketplace.evidence import deeds, packing, queries, upkeep
from marketplace.evidence.checking import check_pack
from marketplace.evidence.models import EvidencePack
from marketplace.evidence.packing import make_pdf, pdf_of, take_apart
from marketplace.extensions import db
from marketplace.files.models import Attachment
from marketplace.proceeds import deeds as proceeds_deeds
from marketplace.proceeds.sharing import Bracket
from tests.factories import Factory
from tests.marketplace.contracts.cases import PRICE
from tests.marketplace.contracts.cases import World as ContractWorld
from tests.marketplace.deals.world import World
from tests.marketplace.files.samples import attach
from tests.racing import at_once, committing_site
from tests.served import ROOT

SCRIPT = ROOT / "docs" / "verify_pack.py"
SignIn = Callable[..., FlaskClient]
CONTACT = "13806351234"
SECRET_NAME = "李保密"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated: str) -> Iterator[Flask]:
    """A site whose commits are real: a checkpoint is signed of what is in the database."""
    folder = tmp_path_factory.mktemp("evidence")
    with committing_site(folder, migrated) as app:
        yield app


@pytest.fixture(autouse=True)
def fresh_session(site: Flask) -> Iterator[None]:
    """Each test begins without what the one before has read."""
    db.session.rollback()
    yield
    db.session.rollback()


class Licensed(World):
    """Deals of the kind and the price that the contracts of the tests have."""

    def propose(self, **changes: Any) -> Deal:
        kinds = {
            "contract_type": "license",
            "contract_subtype": "patent",
            "conversion_mode": "license",
        }
        return super().propose(**(kinds | changes))

    def price(self, **changes: Any) -> Price:
        return super().price(**({"price_fen": PRICE} | changes))


@pytest.fixture(scope="module")
def world(site: Flask) -> World:
    return Licensed(Factory(db.session))


@pytest.fixture(scope="module")
def number_of_pack(world: World) -> int:
    """A pack of a deal with everything: files, an objection, a contract, money and how it was shared."""
    make = world.make
    deal = world.bring_to("in_publicity")
    papers = [
        attach(deal.achievement, name="检测报告.pdf"),
        attach(deal.achievement, name="图纸甲.pdf", visibility="request"),
    ]
    for paper in papers:
        paper.approved_at = now()
    db.session.commit()
    objector = make.person("researcher")
    publicity_deeds.file_objection(
        world.running(deal),
        nonce="evidence",
        reason="price",
        text="价格明显偏低，请核查。",
        evidence="",
        remedy="reprice",
        contact=CONTACT,
        by=objector,
    )
    world.reply(deal, sustained=False)
    world.let_end(deal)
    world.settle(deal)
    contracts = ContractWorld(make)
    contracts.seller, contracts.buyer = world.desk, world.chief
    contract = contracts.registered(deal, "2026370150009999")
    proceeds_deeds.record_receipt(
        contract, 10_000_00, today(), "", by=world.desk, seen=contract.revision
    )
    distribution = proceeds_deeds.plan_distribution(
        contract,
        costs=[1_00],
        source="transfer",
        brackets=[Bracket(0, None, *(_percent(50), _percent(50)))],
        people=[(SECRET_NAME, _percent(100), False)],
        institution=None,
        agreed=None,
        by=world.desk,
    )
    proceeds_deeds.settle_distribution(
        distribution, by=world.desk, seen=distribution.revision
    )
    made = deeds.request_pack(deal, by=world.dean)
    assert made.state == "requested"
    assert upkeep.make_missing() == 1
    db.session.refresh(made)
    assert made.state == "ready"
    return made.id


@pytest.fixture
def pack(number_of_pack: int) -> EvidencePack:
    """That pack as the session of this test reads it: one before may have let go of what it had read."""
    return db.session.get_one(EvidencePack, number_of_pack)


def _percent(number: int) -> Any:
    return Decimal(number)


@pytest.fixture(scope="module")
def files(number_of_pack: int) -> dict[str, bytes]:
    pack = db.session.get_one(EvidencePack, number_of_pack)
    assert pack.archive is not None
    return {"zip": pack.archive, "pdf": pdf_of(pack.archive)}


@pytest.fixture(scope="module")
def note(number_of_pack: int) -> str:
    pack = db.session.get_one(EvidencePack, number_of_pack)
    assert pack.tree_size is not None
    return publishing.note_of_size(pack.tree_size)


def run_script(folder: Path, data: bytes, note: str, key: str = "") -> Any:
    """The script of the documents, in a process of its own that can import nothing of ours."""
    (folder / "pack").write_bytes(data)
    (folder / "checkpoint").write_text(note, encoding="utf-8")
    key = key or str(publishing.signer().verifier)
    command = [sys.executable, "-I", str(SCRIPT), "pack", "checkpoint", key]
    # Outside the project, isolated (-I): no path leads to our packages.
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_the_script_is_short_and_knows_nothing_of_ours() -> None:
    lines = SCRIPT.read_text(encoding="utf-8").splitlines()
    imported = set(re.findall(r"^(?:import|from) (\w+)", "\n".join(lines), re.M))
    assert len(lines) <= 60
    assert imported - sys.stdlib_module_names == {"cryptography"}


@pytest.mark.parametrize("kind", ["pdf", "zip"])
def test_a_stranger_verifies_it_offline(
    kind: str, files: dict[str, bytes], note: str, tmp_path: Path
) -> None:
    outcome = run_script(tmp_path, files[kind], note)
    assert outcome.returncode == 0, outcome.stderr
    assert "are as logged" in outcome.stdout
    other = run_script(tmp_path, files[kind], note, OTHER_KEY)
    assert other.returncode != 0


OTHER_KEY = "demo+00000000+" + base64.b64encode(b"\x01" + bytes(31) + b"\x01").decode()


def rezipped(data: bytes, change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def tampered_zips(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
    for name in names:
        if name != "proofs.json":
            yield (
                f"{name} changed",
                rezipped(
                    data,
                    lambda parts, name=name: parts.update({name: parts[name] + b" "}),
                ),
            )
        if name not in ("proofs.json", "manifest.json"):
            yield (
                f"{name} removed",
                rezipped(data, lambda parts, name=name: parts.pop(name)),
            )
    yield "a part added", rezipped(data, lambda parts: parts.update({"new.txt": b"x"}))

    def listed_again(parts: dict[str, bytes]) -> None:
        # Who changes a part can write its new hash into the manifest, on both places.
        proofs = json.loads(parts["proofs.json"])
        manifest = json.loads(parts["manifest.json"])
        parts["record.json"] += b" "
        manifest["parts"]["record.json"] = sha256(parts["record.json"]).hexdigest()
        proofs["manifest"] = json.dumps(manifest)
        parts["manifest.json"] = proofs["manifest"].encode()
        parts["proofs.json"] = json.dumps(proofs).encode()

    yield "a part and the manifest", rezipped(data, listed_again)
    for name, change in PROOF_CHANGES.items():

        def changed(parts: dict[str, bytes], change: Any = change) -> None:
            proofs = json.loads(parts["proofs.json"])
            change(proofs)
            parts["proofs.json"] = json.dumps(proofs).encode()

        yield name, rezipped(data, changed)


def _edit_entry(proofs: dict[str, Any]) -> None:
    proofs["entries"][0]["entry"] = proofs["entries"][0]["entry"].replace(
        '"deed"', '"deed" '
    )


def _edit_path(proofs: dict[str, Any]) -> None:
    path = proofs["entries"][0]["proof"]
    path[0] = path[0][::-1]


def _drop_entry(proofs: dict[str, Any]) -> None:
    del proofs["entries"][0]


def _drop_own(proofs: dict[str, Any]) -> None:
    proofs["pack"] = proofs["entries"][0]["index"]


PROOF_CHANGES = {
    "an entry": _edit_entry,
    "a path": _edit_path,
    "an entry left out": _drop_entry,
    "another entry for the pack": _drop_own,
}


def tampered_pdfs(data: bytes) -> Iterator[tuple[str, bytes]]:
    pack = take_apart(data)
    case = pack.parts["case.pdf"]
    # A byte here and there: in pages, fonts, attachments, tables.
    for place in range(20, len(case), len(case) // 40):
        changed = bytes([data[place] ^ 1])
        yield f"byte {place}", data[:place] + changed + data[place + 1 :]
    yield "cut", data[:-1]
    yield "something after it", data + b"1 0 obj\n<<>>\nendobj\n"
    yield (
        "another table of objects",
        re.sub(rb"startxref\n\d+\n%%EOF\n\Z", b"startxref\n12\n%%EOF\n", data),
    )
    writer = pypdf.PdfWriter(io.BytesIO(data), incremental=True)
    writer.add_blank_page(100, 100)
    out = io.BytesIO()
    writer.write(out)
    yield "an incremental update", out.getvalue()
    for name, change in PROOF_CHANGES.items():
        proofs = json.loads(json.dumps(pack.proofs))
        change(proofs)
        yield name, make_pdf(case, json.dumps(proofs))


@pytest.mark.parametrize(
    ("kind", "tamper"), [("zip", tampered_zips), ("pdf", tampered_pdfs)]
)
def test_every_change_is_found(
    kind: str,
    tamper: Callable[[bytes], Iterator[tuple[str, bytes]]],
    files: dict[str, bytes],
    note: str,
    tmp_path: Path,
    site: Flask,
) -> None:
    assert check_pack(files[kind], note).is_sound
    count = 0
    for what, changed in tamper(files[kind]):
        count += 1
        assert changed != files[kind]
        assert not check_pack(changed, note).is_sound, what
        # A process each: of the bytes only some.
        if not what.startswith("byte") or count % 8 == 0:
            assert run_script(tmp_path, changed, note).returncode != 0, what
    assert count > 10


def test_a_changed_checkpoint_is_found(
    files: dict[str, bytes], note: str, tmp_path: Path, site: Flask
) -> None:
    size = int(note.split("\n")[1])
    bigger = note.replace(f"\n{size}\n", f"\n{size + 1}\n", 1)
    for data in files.values():
        assert "不是本平台签过的" in check_pack(data, bigger).problems[0]
        assert run_script(tmp_path, data, bigger).returncode != 0
    # Another one that was published, of another size: which one is needed is said.
    with site.app_context():
        publishing.sign_checkpoint()
        newest = publishing.published_note() or ""
    if newest != note:
        assert f"/checkpoint/{size}" in check_pack(files["pdf"], newest).problems[0]


def test_random_bytes_are_no_pack(site: Flask) -> None:
    for data in (b"", b"PK", b"%PDF-1.7\n", b"x" * 100, b"PK\x03\x04" + b"\0" * 50):
        finding = check_pack(data)
        assert not finding.is_sound
        assert finding.problems[0].endswith("。")


def test_a_zip_that_unpacks_to_too_much_is_not_unpacked(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MAX_UNPACKED", 1_000_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("manifest.txt", "proofs.json"):
            archive.writestr(name, b"0" * 600_000)
    assert len(packed.getvalue()) < 10_000
    finding = check_pack(packed.getvalue())
    assert not finding.is_sound
    assert "解开以后太大" in finding.problems[0]


def everything_in(files: dict[str, bytes]) -> str:
    """All texts of a pack: its record, its proofs, its printed pages."""
    pack = take_apart(files["zip"])
    pages = pypdf.PdfReader(io.BytesIO(files["pdf"])).pages
    printed = "".join("".join(page.extract_text().split()) for page in pages)
    return "\n".join(
        [
            pack.parts["record.json"].decode(),
            json.dumps(pack.proofs, ensure_ascii=False),
            printed,
        ]
    )


def test_what_is_in_it(
    pack: EvidencePack, files: dict[str, bytes], world: World
) -> None:
    deal = pack.deal
    parts = take_apart(files["zip"]).parts
    record = json.loads(parts["record.json"])
    titles = [one["title"] for one in record["sections"]]
    for wanted in (
        "交易",
        "权属",
        "合同",
        "登记台账",
        "节点和到款",
        "第 1 次公示",
        "完成人优先权",
    ):
        assert wanted in titles
    texts = everything_in(files)
    for wanted in (
        deal.number,
        "张三",
        "价格明显偏低",
        "2026370150009999",
        "10,000.00元",
        world.dean.name,
    ):
        assert wanted in texts
    letter = deal.letter_of("intention")
    assert letter is not None
    assert parts[f"files/letter-{letter.id}.txt"].decode() == letter.text
    reader = pypdf.PdfReader(io.BytesIO(files["pdf"]))
    attached = {name: one[0] for name, one in reader.attachments.items()}
    assert attached == {name: one for name, one in parts.items() if name != "case.pdf"}
    assert b"pdfaid:part>3<" in files["pdf"].replace(b"<pdfaid:part>", b"pdfaid:part>")
    # Every entry about the deal but those of who objected.
    query = sa.select(Entry.position).where(
        Entry.kind == "deal", Entry.thing == str(deal.id)
    )
    written = set(
        db.session.scalars(
            query.where(Entry.position <= max(record["audit"]["positions"]))
        )
    )
    assert (
        len(written - set(record["audit"]["positions"]))
        == record["audit"]["left_out"]
        == 1
    )


def test_what_is_not_in_it(pack: EvidencePack, files: dict[str, bytes]) -> None:
    texts = everything_in(files)
    restricted = db.session.scalar(
        sa.select(Attachment).where(Attachment.name == "图纸甲.pdf")
    )
    assert restricted is not None
    assert restricted.file is not None
    # How to reach who objected, who they are, what a person gets; of a restricted file its name and its content.
    objector = pack.deal.objections[0].by_id
    assert CONTACT not in texts
    assert SECRET_NAME not in texts
    assert f'"actor": {objector},' not in texts
    assert f'"actor":{objector},' not in texts
    assert restricted.name not in texts
    assert restricted.file.sha256 in texts
    names = take_apart(files["zip"]).parts
    assert f"files/attachment-{restricted.id}.pdf" not in names
    public = db.session.scalar(
        sa.select(Attachment).where(Attachment.name == "检测报告.pdf")
    )
    assert public is not None
    assert f"files/attachment-{public.id}.pdf" in names


def test_the_command_verifies_both(
    files: dict[str, bytes], note: str, tmp_path: Path, site: Flask
) -> None:
    (tmp_path / "note").write_text(note, encoding="utf-8")
    runner = site.test_cli_runner()
    for kind, data in files.items():
        path = tmp_path / f"pack.{kind}"
        path.write_bytes(data)
        for more in ([], ["--checkpoint", str(tmp_path / "note")]):
            outcome = runner.invoke(args=["deals", "verify", str(path), *more])
            assert outcome.exit_code == 0, outcome.output
            assert "是平台生成的原件" in outcome.output
        path.write_bytes(data[:-1])
        outcome = runner.invoke(args=["deals", "verify", str(path)])
        assert outcome.exit_code == 1
        assert "不是平台生成的原件" in outcome.output


def test_who_may(world: World) -> None:
    deal = world.bring_to("open")
    outsider = world.make.person("desk", world.make.organisation(kind="university"))
    for person in (world.chief, outsider, world.make.person("broker")):
        with pytest.raises(NotAllowed):
            deeds.request_pack(deal, by=person)
    early = world.propose()
    with pytest.raises(NotNow, match="还没有同意"):
        deeds.request_pack(early, by=world.dean)
    auditor = world.make.person("auditor")
    first = deeds.request_pack(deal, by=auditor)
    assert json.loads(first.record)["made_for"] == "平台审计"
    with pytest.raises(NotNow, match="正在生成"):
        deeds.request_pack(deal, by=world.operator)
    assert upkeep.make_missing() == 1
    second = deeds.request_pack(deal, by=world.operator)
    assert (second.number, second.title) == (2, f"{deal.number}-2")
    assert upkeep.make_missing() == 1


def test_files_of_old_packs_go_and_hashes_stay(pack: EvidencePack, site: Flask) -> None:
    deal = pack.deal
    old = deeds.request_pack(deal, by=pack.by)
    assert upkeep.make_missing() == 1
    db.session.refresh(old)
    old.ready_at = now() - timedelta(days=upkeep.STORED_DAYS + 1)
    db.session.commit()
    assert upkeep.remove_old() == 1
    db.session.refresh(old)
    assert (old.state, old.archive) == ("removed", None)
    assert old.manifest_sha256


def test_paths_of_many_leaves_are_those_of_each() -> None:
    for size in (1, 2, 3, 7, 8, 13, 64, 65):
        leaves = [bytes([number]) * 32 for number in range(size)]
        wanted = [tree.inclusion_proof(leaves, index) for index in range(size)]
        assert tree.inclusion_proofs(leaves, range(size)) == wanted
    with pytest.raises(IndexError):
        tree.inclusion_proofs([bytes(32)], [1])


def test_two_at_once_are_one_pack(world: World, site: Flask) -> None:
    deal = world.bring_to("intention")
    number, people = deal.id, [world.dean.id, world.rector.id]

    def racer(person_id: int) -> Callable[[], Callable[[], object]]:
        def read() -> Callable[[], object]:
            person = db.session.get_one(Person, person_id)
            row = db.session.get_one(Deal, number)
            return lambda: deeds.request_pack(row, by=person)

        return read

    db.session.rollback()
    outcomes = at_once(site, *(racer(one) for one in people))
    assert outcomes.count("done") == 1
    (refused,) = [one for one in outcomes if one != "done"]
    assert isinstance(refused, MarketError), refused
    assert len(queries.in_state("requested")) == 1
    assert upkeep.make_missing() == 1
