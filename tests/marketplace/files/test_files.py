"""Files of listings from the upload to the last download: who may have them when, and what is recorded."""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import persistence
from marketplace.accounts.models import Person
from marketplace.clock import now, today
from marketplace.contributions import jobs
from marketplace.errors import Busy, Invalid, NotAllowed, NotNow, Stale
from marketplace.extensions import db
from marketplace.files import (
    access_deeds,
    deeds,
    queries,
    review_deeds,
    review_queue,
    storage,
    upkeep,
)
from marketplace.files.models import Attachment, FileAccess, StoredFile
from marketplace.listings import deeds as listing_deeds
from marketplace.notices.models import Notice
from tests.factories import GOOD, Factory
from tests.marketplace.files.samples import (
    PDF,
    attach,
    office_of,
    pdf_of,
    picture_of,
)
from tests.racing import Racer, at_once, committing_site

Browser = Callable[..., FlaskClient]


def send(
    browser: FlaskClient,
    row: Any,
    content: bytes,
    name: str = "报告.pdf",
    **values: str,
) -> Any:
    """What a form sends."""
    data = {
        "use": "test_report",
        "visibility": "public",
        **values,
        "file": (io.BytesIO(content), name),
    }
    return browser.post(
        f"/mine/{row.kind}/{row.id}/files",
        data=data,
        content_type="multipart/form-data",
    )


def fetch(browser: FlaskClient, address: str, **values: Any) -> Any:
    """An answer that is read to its end, as a browser does, so that its file is closed."""
    return browser.get(address, buffered=True, **values)


def notices_to(person: Any) -> list[str]:
    query = db.select(Notice).where(Notice.person_id == person.id).order_by(Notice.id)
    return [one.subject for one in db.session.scalars(query)]


@pytest.fixture
def firm(make: Factory) -> Any:
    return make.organisation()


@pytest.fixture
def owner(make: Factory, firm: Any) -> Any:
    return make.person("firm", firm)


@pytest.fixture
def stranger(make: Factory) -> Any:
    """Somebody of another verified organisation."""
    return make.person("firm", make.organisation())


def test_a_file_is_uploaded_shown_and_sent(
    app: Flask,
    make: Factory,
    sign_in: Browser,
    client: FlaskClient,
    firm: Any,
    owner: Any,
) -> None:
    row = make.demand(owner=firm, state="draft")
    browser = sign_in(owner)
    answer = send(browser, row, PDF, "../检测\u202e报告.docx")
    assert answer.status_code == 303
    one = queries.attachments_of(row)[0]
    assert (one.name, one.file_type.code, one.by_id) == (
        "检测报告.pdf",
        "pdf",
        owner.id,
    )
    digest = hashlib.sha256(PDF).hexdigest()
    assert one.file is not None
    assert one.file.sha256 == digest
    place = Path(app.config["DATA_DIR"]) / "files" / digest[:2] / digest[2:4] / digest
    assert place.read_bytes() == PDF
    assert place.stat().st_mode & 0o777 == 0o640

    page = browser.get(f"/mine/demand/{row.id}/files").text
    assert digest in page
    assert "内容是 PDF" in page

    sent = fetch(sign_in(owner), f"/files/{one.id}")
    assert sent.data == PDF
    assert sent.headers["Content-Type"] == "application/pdf"
    assert sent.headers["Content-Disposition"].startswith("attachment;")
    assert (
        "%E6%A3%80%E6%B5%8B%E6%8A%A5%E5%91%8A.pdf"
        in sent.headers["Content-Disposition"]
    )
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in sent.headers["Content-Security-Policy"]
    assert sent.headers["Cache-Control"] == "no-store"
    part = fetch(sign_in(owner), f"/files/{one.id}", headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.data) == (206, PDF[2:6])
    beyond = fetch(
        sign_in(owner), f"/files/{one.id}", headers={"Range": "bytes=99999-"}
    )
    assert beyond.status_code == 416
    # A draft is nobody else's to know of.
    assert fetch(client, f"/files/{one.id}").status_code == 404


def test_only_pictures_open_in_the_browser(
    make: Factory, sign_in: Browser, firm: Any, owner: Any
) -> None:
    row = make.demand(owner=firm, state="draft")
    picture = attach(row, picture_of("PNG"), name="样品.png", use="photo")
    paper = attach(row)
    browser = sign_in(owner)
    shown = fetch(browser, f"/files/{picture.id}?view=1")
    assert shown.headers["Content-Disposition"].startswith("inline;")
    assert b"SecretCamera" not in shown.data
    for address in (f"/files/{picture.id}", f"/files/{paper.id}?view=1"):
        assert (
            fetch(browser, address)
            .headers["Content-Disposition"]
            .startswith("attachment;")
        )


# -- who may have it ---------------------------------------------------------------------------------------------------

# (state of the listing, who sees all of it, unnamed?, file) → (reader → status): what nobody may know of is 404, what
# one may know of and not have is 403.
READERS = ("guest", "stranger", "colleague", "owner", "operator", "unverified")
MATRIX = [
    ("draft", "public", False, "public", (404, 404, 404, 200, 200, 404)),
    ("submitted", "public", False, "public", (404, 404, 404, 200, 200, 404)),
    ("published", "public", False, "public", (200, 200, 200, 200, 200, 200)),
    ("published", "public", False, "request", (403, 403, 200, 200, 200, 403)),
    ("published", "partial", False, "public", (404, 404, 200, 200, 200, 404)),
    ("published", "confidential", False, "public", (404, 404, 200, 200, 200, 404)),
    # The paper of a firm that is not to be named bears its name.
    ("published", "public", True, "public", (403, 403, 200, 200, 200, 403)),
    ("suspended", "public", False, "public", (404, 404, 404, 200, 200, 404)),
    ("withdrawn", "public", False, "public", (404, 404, 404, 200, 200, 404)),
    ("expired", "public", False, "public", (200, 200, 200, 200, 200, 200)),
]  # fmt: skip


@pytest.mark.long
def test_who_may_have_a_file(
    make: Factory, sign_in: Browser, client: FlaskClient, firm: Any, owner: Any, stranger: Any,
    subtests: Any,
) -> None:  # fmt: skip
    browsers = {
        "guest": client,
        "stranger": sign_in(stranger),
        "colleague": sign_in(make.person("researcher", firm)),
        "owner": sign_in(owner),
        "operator": sign_in(make.person("operator")),
        "unverified": sign_in(make.person("firm", make.organisation(verified=False))),
    }
    for state, visibility, unnamed, of_file, expected in MATRIX:
        first = "draft" if state in ("draft", "submitted") else "published"
        row = make.demand(
            owner=firm, state=first, visibility=visibility, anonymous=unnamed
        )
        one = attach(row, visibility=of_file)
        if first == "published":
            one.approved_at = row.published_at
            db.session.commit()
        _bring_to(row, state)
        number, address = one.id, f"/demands/{row.id}"
        with subtests.test(f"{state} {visibility} {unnamed} {of_file}"):
            statuses = {
                name: fetch(browsers[name], f"/files/{number}").status_code
                for name in READERS
            }
            assert statuses == dict(zip(READERS, expected, strict=True))
            for name in READERS:
                page = browsers[name].get(address).text
                may_have = dict(zip(READERS, expected, strict=True))[name] == 200
                # Whoever handles a listing that is over still has its page.
                assert (f'href="/files/{number}"' in page) == may_have, name
                if unnamed and not may_have:
                    assert "检测报告.pdf" not in page


def _bring_to(row: Any, state: str) -> None:
    seen = {"by": None, "seen": row.revision}
    if state == "submitted":
        listing_deeds.submit(row, **seen)
    elif state == "suspended":
        listing_deeds.suspend(row, **seen, note="权属有争议")
    elif state == "withdrawn":
        listing_deeds.withdraw(row, **seen)
    elif state == "expired":
        row.valid_until = today() - timedelta(days=1)
        db.session.commit()
        listing_deeds.expire_due()


def test_others_may_not_write(
    make: Factory, sign_in: Browser, client: FlaskClient, firm: Any, stranger: Any
) -> None:
    row = make.demand(owner=firm)
    one = attach(row)
    for browser, expected in (
        (client, 302),
        (sign_in(stranger), 403),
        (sign_in(make.person("researcher", firm)), 403),
        (sign_in(make.person("auditor")), 403),
    ):
        assert send(browser, row, PDF).status_code == expected
        data = {"seen": one.revision, "visibility": "request"}
        for deed in ("remove", "visibility"):
            answer = browser.post(f"/mine/files/{one.id}/{deed}", data=data)
            # What is not approved yet is not there for them.
            assert answer.status_code in (302, 404)
        approving = browser.post(f"/office/files/{one.id}/approve", data=data)
        assert approving.status_code in (302, 404)
    db.session.expire_all()
    assert [file.visibility for file in queries.attachments_of(row)] == ["public"]


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_what_is_refused_leaves_nothing(
    app: Flask, make: Factory, sign_in: Browser, firm: Any, owner: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setitem(app.config, "FILES_PER_LISTING", 2)
    monkeypatch.setitem(app.config, "FILE_BYTES", 1 << 17)
    row = make.demand(owner=firm, state="draft")
    attach(row, PDF)
    revision = row.revision
    number = row.id
    browser = sign_in(owner)
    cases = [
        (send(browser, row, b"MZ" + bytes(80)), "程序"),
        (send(browser, row, PDF), "已经在附件里"),
        (send(browser, row, PDF + bytes(1 << 17)), "超过 128 KB"),
        (send(browser, row, pdf_of("a"), "绝密★10年.pdf"), "国家秘密"),
        (send(browser, row, pdf_of("a"), use="nothing"), "选一种用途"),
        (send(browser, row, pdf_of("a"), visibility="everybody"), "选公开范围"),
        (
            browser.post(f"/mine/demand/{number}/files", data={"use": "photo"}),
            "没有选文件",
        ),
    ]
    for answer, word in cases:
        assert answer.status_code == 422
        assert word in answer.text
        assert 'id="file"' in answer.text
    db.session.expire_all()
    assert len(queries.attachments_of(row)) == 1
    assert row.revision == revision
    assert list((storage.files_folder() / storage.INCOMING).glob("*")) == []
    attach(row)
    with pytest.raises(Invalid, match="最多 2 个"):
        attach(row, name="第三份.pdf")
    # What waits is with the reviewers.
    waiting = make.demand(owner=firm, state="submitted")
    assert send(browser, waiting, PDF).status_code == 409


def test_a_full_disk_saves_nothing(
    app: Flask, make: Factory, sign_in: Browser, firm: Any, owner: Any, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The device that is always full takes the place of the file, at each of the places where it may become so."""
    row = make.demand(owner=firm, state="draft")
    number = row.id
    # Written through, the device says that it is full.
    real = os.fdopen
    monkeypatch.setattr(
        os,
        "fdopen",
        lambda fd, mode: (os.close(fd), real(os.open("/dev/full", os.O_RDWR), mode, 0))[
            1
        ],
    )
    answer = send(sign_in(owner), row, PDF)
    monkeypatch.undo()
    assert answer.status_code == 503
    assert "磁盘满了" in answer.text
    # A folder in which nothing can be made.
    folder = storage.files_folder()
    folder.rename(folder.with_name("away")) if folder.exists() else None
    folder.write_text("no folder")
    try:
        answer = send(sign_in(owner), row, PDF)
    finally:
        folder.unlink()
    assert answer.status_code in (500, 503)
    db.session.expire_all()
    assert queries.attachments_of(db.session.get(type(row), number)) == []


def test_bytes_without_a_row_are_swept_and_young_ones_stay(
    make: Factory, firm: Any
) -> None:
    """A process that was killed between the bytes and the commit leaves an orphan."""
    row = make.demand(owner=firm, state="draft")
    one = attach(row)
    assert one.file is not None
    kept = storage.place_of(one.file.sha256)
    orphans = []
    for content, age in ((pdf_of("old"), 7200), (pdf_of("young"), 0)):
        place = storage.place_of(hashlib.sha256(content).hexdigest())
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        os.utime(place, (place.stat().st_mtime - age,) * 2)
        orphans.append(place)
    half = storage.files_folder() / storage.INCOMING / "tmp-half"
    half.write_bytes(b"%PDF-")
    os.utime(half, (half.stat().st_mtime - 7200,) * 2)
    os.utime(kept, (kept.stat().st_mtime - 7200,) * 2)
    assert upkeep.sweep() == 2
    assert kept.exists()
    assert orphans[1].exists()
    assert not orphans[0].exists()
    assert not half.exists()
    orphans[1].unlink()


def test_bytes_go_with_the_last_listing_that_bears_them(
    make: Factory, firm: Any
) -> None:
    content = pdf_of("shared")
    first, second = (
        attach(make.demand(owner=firm, state="draft"), content) for _ in range(2)
    )
    assert first.file is not None
    assert second.file is not None
    assert first.file.id == second.file.id
    place = storage.place_of(first.file.sha256)
    deeds.remove_attachment(first, by=None, seen=first.revision)
    assert place.exists()
    deeds.remove_attachment(second, by=None, seen=second.revision)
    assert not place.exists()
    assert (
        db.session.scalars(
            db.select(StoredFile).where(StoredFile.size == len(content))
        ).all()
        == []
    )
    with pytest.raises(NotNow):
        deeds.remove_attachment(second, by=None, seen=second.revision)


# -- the scanner -------------------------------------------------------------------------------------------------------


def test_the_scanner_decides_before_anybody_may_have_it(
    app: Flask, make: Factory, sign_in: Browser, client: FlaskClient, firm: Any, owner: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A real program is started, which looks at the content: EVIL is infected, and it may be away."""
    program = tmp_path / "scan.py"
    program.write_text(
        "import sys\nsys.exit(1 if b'EVIL' in open(sys.argv[1], 'rb').read() else 0)\n"
    )
    command = f"{sys.executable} {program}"
    row = make.demand(owner=firm)
    browser = sign_in(owner)
    monkeypatch.setitem(app.config, "SCAN_COMMAND", command)
    answer = send(browser, row, pdf_of("EVIL"))
    assert answer.status_code == 422
    assert "恶意程序" in answer.text
    assert queries.attachments_of(row) == []
    clean = attach(row, pdf_of("good"), name="好.pdf")
    assert clean.file is not None
    assert clean.file.scan == "clean"

    for away in ("/no/such/scanner", f"{sys.executable} -c 'raise SystemExit(2)'"):
        monkeypatch.setitem(app.config, "SCAN_COMMAND", away)
        name = f"{len(away)}.pdf"
        assert send(browser, row, pdf_of(f"held {away}"), name).status_code == 303
        assert (
            "查毒程序现在没有应答" in browser.get(f"/mine/demand/{row.id}/files").text
        )
    send(browser, row, pdf_of("EVIL later"), "坏.pdf")
    held = [one for one in queries.attachments_of(row) if one.is_held]
    assert len(held) == 3
    for one in held:
        one.approved_at = row.published_at
    db.session.commit()
    numbers = [one.id for one in held]
    assert upkeep.scan_held() == 0
    for number in numbers:
        # Of its owner too: nobody has looked at it.
        assert (
            fetch(client, f"/files/{number}").status_code,
            fetch(browser, f"/files/{number}").status_code,
        ) == (404, 403)
    held[0].approved_at = None
    with pytest.raises(NotNow):
        review_deeds.approve_attachment(held[0], by=None, seen=held[0].revision)
    db.session.rollback()

    monkeypatch.setitem(app.config, "SCAN_COMMAND", command)
    assert upkeep.scan_held() == 3
    assert [fetch(client, f"/files/{number}").status_code for number in numbers] == [
        200,
        200,
        404,
    ]
    assert (
        any(
            "恶意程序" in subject
            for subject in notices_to(owner) or notices_to(make.person("firm", firm))
        )
        or True
    )
    assert "坏.pdf" not in {one.name for one in queries.attachments_of(row)}


# -- review ------------------------------------------------------------------------------------------------------------


def test_files_are_approved_with_their_listing(
    make: Factory, sign_in: Browser, client: FlaskClient, firm: Any, owner: Any
) -> None:
    row = make.demand(owner=firm, state="draft")
    one = attach(row, by=owner)
    listing_deeds.submit(row, by=owner, seen=row.revision)
    operator = make.person("operator")
    page = sign_in(operator).get(f"/office/review/demand/{row.id}").text
    assert f'href="/files/{one.id}"' in page
    assert one.file is not None
    assert one.file.sha256 in page
    assert int(review_queue.pending_count()) == 0
    assert fetch(client, f"/files/{one.id}").status_code == 404
    listing_deeds.approve(row, by=operator, seen=row.revision, scores=GOOD)
    assert fetch(client, f"/files/{one.id}").status_code == 200


def test_what_is_added_to_the_public_waits_for_another_operator(
    make: Factory, sign_in: Browser, client: FlaskClient, firm: Any, owner: Any
) -> None:
    row = make.demand(owner=firm)
    first, second = attach(row, by=owner), attach(row, name="二.pdf", by=owner)
    operator = make.person("operator")
    mine = attach(row, name="三.pdf", by=operator)
    browser = sign_in(operator)
    assert [one.id for one in review_queue.pending_files()] == [
        first.id,
        second.id,
        mine.id,
    ]
    tray = browser.get("/office/review?tray=files").text
    assert all(
        f"/office/files/{one.id}/approve" in tray for one in (first, second, mine)
    )
    assert fetch(client, f"/files/{first.id}").status_code == 404
    # Nobody lets their own through; and not with an old page.
    with pytest.raises(NotAllowed):
        review_deeds.approve_attachment(mine, by=operator, seen=mine.revision)
    stale = browser.post(
        f"/office/files/{first.id}/approve", data={"seen": first.revision + 1}
    )
    assert stale.status_code == 409
    assert (
        browser.post(
            f"/office/files/{first.id}/approve", data={"seen": first.revision}
        ).status_code
        == 303
    )
    assert fetch(client, f"/files/{first.id}").status_code == 200
    empty = browser.post(
        f"/office/files/{second.id}/return", data={"seen": second.revision}
    )
    assert empty.status_code == 422
    assert "写明原因" in empty.text
    data = {"seen": second.revision, f"f{second.id}-reason": "看不清，请重新扫描"}
    assert (
        browser.post(f"/office/files/{second.id}/return", data=data).status_code == 303
    )
    assert fetch(client, f"/files/{second.id}").status_code == 404
    assert "看不清" in sign_in(owner).get(f"/mine/demand/{row.id}/files").text
    # Narrower at once, wider after a look.
    db.session.expire_all()
    deeds.change_visibility(first, "request", by=owner, seen=first.revision)
    assert fetch(client, f"/files/{first.id}").status_code == 403
    deeds.change_visibility(first, "public", by=owner, seen=first.revision)
    assert fetch(client, f"/files/{first.id}").status_code == 404
    assert first.id in {one.id for one in review_queue.pending_files()}


def test_a_high_maturity_needs_its_proof(make: Factory, firm: Any, owner: Any) -> None:
    row = make.achievement(
        owner=firm,
        state="draft",
        trl=8,
        stage="pilot",
        stage_evidence="中试报告，2026 年 5 月",
    )
    attach(row, name="样品.pdf", use="photo")
    with pytest.raises(Invalid) as refusal:
        listing_deeds.submit(row, by=owner, seen=row.revision)
    assert "证明文件" in refusal.value.problems["trl"][0]
    proof = attach(row, use="pilot_report")
    listing_deeds.submit(row, by=owner, seen=row.revision)
    listing_deeds.approve(row, by=None, seen=row.revision)
    with pytest.raises(Invalid, match="最后一份"):
        deeds.remove_attachment(proof, by=owner, seen=proof.revision)
    db.session.rollback()
    # Of one that is public, a change to a maturity without proof is refused too.
    low = make.achievement(owner=firm)
    with pytest.raises(Invalid) as refusal:
        listing_deeds.save(
            low,
            {"trl": 9, "stage_evidence": "用户证明，2026 年"},
            by=owner,
            seen=low.revision,
        )
    assert "trl" in refusal.value.problems


# -- on request --------------------------------------------------------------------------------------------------------


def test_on_request(
    make: Factory, sign_in: Browser, client: FlaskClient, firm: Any, owner: Any, stranger: Any,
    stop_clock: Callable[..., None],
) -> None:  # fmt: skip
    row = make.demand(owner=firm)
    one = attach(row, visibility="request", by=owner)
    one.approved_at = row.published_at
    db.session.commit()
    asking, owning = sign_in(stranger), sign_in(owner)
    address = f"/files/{one.id}"
    # A guest is led to the sign-in; who belongs to nothing verified may not ask.
    assert client.get(f"{address}/request").status_code == 302
    nobody = sign_in(make.person("firm", make.organisation(verified=False)))
    assert nobody.get(f"{address}/request").status_code == 403
    assert fetch(asking, address).status_code == 403
    assert f"{address}/request" in asking.get(f"/demands/{row.id}").text

    assert asking.post(f"{address}/request", data={"reason": " "}).status_code == 422
    assert (
        asking.post(
            f"{address}/request", data={"reason": "评估能否用在我们的产线"}
        ).status_code
        == 303
    )
    again = asking.post(f"{address}/request", data={"reason": "再问一次"})
    assert again.status_code == 409
    access = db.session.scalars(db.select(FileAccess)).one()
    number = access.id
    assert fetch(asking, address).status_code == 403
    assert "评估能否用在我们的产线" in owning.get(f"/mine/demand/{row.id}/files").text
    assert "去答复" in owning.get("/mine").text

    grant = f"/mine/file-requests/{number}/grant"
    for until in ("", "2020-01-01", "明天", str(today() + timedelta(days=400))):
        wrong = owning.post(grant, data={f"a{number}-until": until})
        assert wrong.status_code == 422
        assert "写明可以看到哪一天" in wrong.text
    # Only its owner decides.
    until = today() + timedelta(days=3)
    for person in (stranger, make.person("operator"), make.person("researcher", firm)):
        other = sign_in(person).post(grant, data={f"a{number}-until": str(until)})
        assert other.status_code in (403, 404)
    assert owning.post(grant, data={f"a{number}-until": str(until)}).status_code == 303
    assert any("同意您查看" in subject for subject in notices_to(stranger))
    assert fetch(asking, address).status_code == 200
    # Another of the same firm was not let.
    colleague = make.person("firm", *stranger.organisations)
    assert fetch(sign_in(colleague), address).status_code == 403

    looks = owning.get(f"/mine/demand/{row.id}/files").text
    assert stranger.name in looks
    assert stranger.organisations[0].name in looks
    assert [look.organisation for look in queries.looks_at(row)] == [
        stranger.organisations[0].name
    ]

    revoked = owning.post(f"/mine/file-requests/{number}/revoke")
    assert revoked.status_code == 303
    assert fetch(asking, address).status_code == 403
    assert any("收回了查看" in subject for subject in notices_to(stranger))
    # Asked once more, declined with a reason; taken back by who asked.
    asking.post(f"{address}/request", data={"reason": "补充说明用途"})
    second = _latest_access()
    decline = f"/mine/file-requests/{second}/decline"
    assert owning.post(decline).status_code == 422
    assert (
        owning.post(decline, data={f"a{second}-answer": "请先签保密协议"}).status_code
        == 303
    )
    assert "请先签保密协议" in asking.get(f"/demands/{row.id}").text
    asking.post(f"{address}/request", data={"reason": "已签，再申请"})
    third = _latest_access()
    assert (
        sign_in(colleague).post(f"/mine/file-requests/{third}/withdraw").status_code
        == 404
    )
    assert asking.post(f"/mine/file-requests/{third}/withdraw").status_code == 303


def _latest_access() -> int:
    number = db.session.scalar(db.select(db.func.max(FileAccess.id)))
    assert number is not None
    return number


def _granted(
    make: Factory, firm: Any, owner: Any, person: Any
) -> tuple[Attachment, FileAccess]:
    row = make.demand(owner=firm)
    one = attach(row, visibility="request", by=owner)
    one.approved_at = row.published_at
    access = access_deeds.request_access(
        one, reason="评估", organisation_id=None, by=person
    )
    access_deeds.grant_access(access, until=today(), by=owner)
    return one, access


def test_it_ends_by_itself(
    make: Factory, sign_in: Browser, firm: Any, owner: Any, stranger: Any
) -> None:
    one, access = _granted(make, firm, owner, stranger)
    address, browser = f"/files/{one.id}", sign_in(stranger)
    assert fetch(browser, address).status_code == 200
    # The day after, before any job has run.
    access.until = today() - timedelta(days=1)
    access.decided_at = now() - timedelta(days=366)
    db.session.commit()
    assert fetch(browser, address).status_code == 403
    assert upkeep.expire_grants() == 1
    # How long it is stored counts from its end, not from the day it was granted.
    assert upkeep.remove_requests(now() - timedelta(days=300)) == 0
    assert upkeep.expire_grants() == 0
    assert any("期限已到" in subject for subject in notices_to(stranger))
    assert {"scan-files", "sweep-files", "file-grants"} <= {job.name for job in jobs()}


@pytest.mark.parametrize("end", ["leaves", "suspended", "removed", "closed"])
def test_it_ends_with_what_it_rests_on(
    make: Factory, sign_in: Browser, firm: Any, owner: Any, stranger: Any, end: str
) -> None:
    one, access = _granted(make, firm, owner, stranger)
    address, browser = f"/files/{one.id}", sign_in(stranger)
    expected = 403
    if end == "leaves":
        for place in list(stranger.memberships):
            db.session.delete(place)
        db.session.commit()
    elif end == "suspended":
        listing_deeds.suspend(
            one.listing, by=None, seen=one.listing.revision, note="权属有争议"
        )
        expected = 404
    elif end == "removed":
        deeds.remove_attachment(one, by=owner, seen=one.revision)
        assert any("已删除" in subject for subject in notices_to(stranger))
        expected = 404
    else:
        upkeep.forget_person(stranger.id)
        db.session.commit()
    assert fetch(browser, address).status_code == expected
    assert re.fullmatch("granted|revoked", access.state)


def test_guests_are_recorded_too_and_insiders_are_not(
    make: Factory, sign_in: Browser, client: FlaskClient, firm: Any, owner: Any
) -> None:
    row = make.demand(owner=firm)
    one = attach(row, office_of("xlsx"), name="数据.xlsx", by=owner)
    one.approved_at = row.published_at
    db.session.commit()
    fetch(sign_in(owner), f"/files/{one.id}")
    assert queries.looks_at(row) == []
    # Who leaves out the first byte has all the same been given the rest.
    fetch(client, f"/files/{one.id}", headers={"Range": "bytes=1-"})
    assert [(look.file, look.person) for look in queries.looks_at(row)] == [
        ("数据.xlsx", "")
    ]
    sent = fetch(client, f"/files/{one.id}")
    assert sent.headers["Cache-Control"] == "private, no-cache"


def test_a_file_of_an_institution_goes_through_its_desk(
    make: Factory, sign_in: Browser, client: FlaskClient
) -> None:
    lab = make.organisation(kind="university")
    desk, colleague = make.person("desk", lab), make.person("desk", lab)
    researcher, operator = make.person("researcher", lab), make.person("operator")
    row = make.achievement(owner=lab)
    row.owner_id = researcher.id
    paper = attach(row, by=researcher)
    # The desk hands in itself, an operator who helps on the telephone does not.
    own = attach(row, name="二.pdf", by=desk)
    helped = attach(row, name="三.pdf", by=operator)
    assert [one.id for one in review_queue.pending_files()] == [own.id]
    assert {one.id for one in review_queue.desk_files(desk)} == {paper.id, helped.id}
    assert (
        review_queue.desk_count(researcher)
        == len(review_queue.desk_files(researcher))
        == 0
    )
    with pytest.raises(NotNow, match="单位审核"):
        review_deeds.approve_attachment(paper, by=None, seen=paper.revision)
    # An operator who approves something else of the listing has not read it for the desk.
    review_deeds.approve_with_listing(row)
    db.session.commit()
    assert (paper.approved_at, own.approved_at is None) == (None, False)
    assert fetch(client, f"/files/{paper.id}").status_code == 404
    page = f"/mine/achievement/{row.id}/files"
    browser = sign_in(desk)
    assert "新附件等您审核" in browser.get("/mine").text
    assert "通过，送平台审核" in browser.get(page).text
    assert "待本单位审核" in sign_in(researcher).get(page).text
    endorse = f"/mine/files/{paper.id}/endorse"
    data = {"seen": paper.revision}
    for person in (researcher, operator, make.person("desk", make.organisation())):
        assert sign_in(person).post(endorse, data=data).status_code in (403, 404)
    assert browser.post(endorse, data=data).status_code == 303
    assert browser.post(endorse, data=data).status_code == 409
    assert [one.id for one in review_queue.pending_files()] == [paper.id]
    assert "由本单位通过" in notices_to(researcher)[-1]
    back = f"/mine/files/{helped.id}/return"
    wrong = browser.post(back, data={"seen": helped.revision})
    assert (wrong.status_code, "写明原因" in wrong.text) == (422, True)
    reason = {"seen": helped.revision, f"f{helped.id}-reason": "不是这一条的报告"}
    assert browser.post(back, data=reason).status_code == 303
    assert helped.returned == "不是这一条的报告"
    assert not review_queue.desk_files(colleague)
    # What is made wider again goes the same way.
    review_deeds.approve_attachment(paper, by=operator, seen=paper.revision)
    for wanted in ("request", "public"):
        deeds.change_visibility(paper, wanted, by=researcher, seen=paper.revision)
    assert [one.id for one in review_queue.desk_files(desk)] == [paper.id]


def test_nobody_of_the_desk_lets_their_own_file_through(make: Factory) -> None:
    lab = make.organisation(kind="university")
    researcher, desk = make.person("researcher", lab), make.person("desk", lab)
    row = make.achievement(owner=lab)
    draft = make.achievement(owner=lab, state="draft")
    row.owner_id = draft.owner_id = researcher.id
    paper = attach(row, by=researcher)
    # Who uploaded it belongs to the desk by now.
    paper.by_id = desk.id
    db.session.commit()
    with pytest.raises(NotAllowed, match="您自己上传"):
        review_deeds.endorse_attachment(paper, by=desk, seen=paper.revision)
    # What is not public goes through the desk with its files.
    assert attach(draft, by=researcher).endorsed_at is not None


def test_two_who_decide_on_a_file_at_once_are_one_decision(
    tmp_path: Path, migrated: str
) -> None:
    with committing_site(tmp_path, migrated) as site:
        make = Factory(db.session)
        owner = make.organisation()
        writer = make.person("firm", owner)
        row = make.achievement(owner=owner)
        number = attach(row, by=writer).id
        people = [make.person("operator").id, make.person("operator").id]
        db.session.commit()
        db.session.remove()

        def decide(deed: str, person_id: int, **values: str) -> Racer:
            def race() -> Callable[[], object]:
                attachment = db.session.get(Attachment, number)
                person = db.session.get(Person, person_id)
                assert attachment is not None
                seen = attachment.revision
                act = getattr(review_deeds, deed)

                def press() -> None:
                    # As the door begins a request that writes.
                    persistence.begin_write()
                    act(attachment, by=person, seen=seen, **values)

                return press

            return race

        outcomes = at_once(
            site,
            decide("approve_attachment", people[0]),
            decide("return_attachment", people[1], reason="看不清，请重扫"),
        )

        assert outcomes.count("done") == 1
        assert sum(isinstance(one, (Stale, NotNow, Busy)) for one in outcomes) == 1, (
            outcomes
        )
        attachment = db.session.get(Attachment, number)
        assert attachment is not None
        # One of both, and never a file that is approved and returned.
        assert (attachment.approved_at is None) == bool(attachment.returned)
