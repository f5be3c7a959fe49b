"""Files in an S3-compatible store, against a real server: in, out in ranges, looked through, swept, backed up, away."""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from marketplace.errors import Busy, CannotSave
from marketplace.extensions import db
from marketplace.files import deeds, queries, storage, upkeep
from marketplace.files.models import StoredFile
from marketplace.files.object_store import ObjectReader, ObjectStore
from marketplace.settings.file_store import FileStore, read_file_store
from marketplace.settings.reading import ConfigError
from tests.factories import Factory
from tests.marketplace.files.samples import attach, pdf_of
from tests.object_server import KEY, SECRET, object_server

BUCKET = "files-of-the-market"
LARGE = os.urandom(3 << 20)
# That of no other test: what one keeps on the disk would look like a file that had not gone to the store.
PDF = pdf_of("object store")


def place_at(host: str, secret: str = SECRET, folder: str = "/") -> FileStore:
    """The settings of a store, as whoever runs the site writes them."""
    signed = f"{quote(KEY, safe='')}:{quote(secret, safe='')}"
    url = f"http://{signed}@{host}/{BUCKET}{folder}?region=cn-north-1"
    place = read_file_store({"FILES_URL": url})
    assert place is not None
    return place


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with object_server(tmp_path_factory.mktemp("weed")) as host:
        ObjectStore(place_at(host))._client.create_bucket(Bucket=BUCKET)
        yield host


@pytest.fixture
def store(
    app: Flask, session: Any, server: str, monkeypatch: pytest.MonkeyPatch, request: Any
) -> ObjectStore:
    """The site's store, with a folder for each test."""
    place = place_at(server, folder=f"/{request.node.name[:40]}")
    monkeypatch.setitem(app.config, "FILE_STORE", place)
    found = storage.object_store()
    assert found is not None
    return found


@pytest.fixture
def row(make: Factory) -> Any:
    firm = make.organisation()
    listing = make.demand(owner=firm, state="draft")
    listing.person = make.person("firm", firm)
    return listing


@pytest.mark.long
def test_a_file_goes_to_the_store_and_comes_back_whole_and_in_parts(
    store: ObjectStore, row: Any, sign_in: Any
) -> None:
    browser = sign_in(row.person)
    sent = browser.post(
        f"/mine/demand/{row.id}/files",
        data={
            "use": "test_report",
            "visibility": "public",
            "file": (io.BytesIO(PDF), "报告.pdf"),
        },
        content_type="multipart/form-data",
    )
    assert sent.status_code == 303
    one = queries.attachments_of(row)[0]
    digest = hashlib.sha256(PDF).hexdigest()
    assert store.size_of(digest) == len(PDF)
    # Nothing stays on the disk of this host.
    assert not storage.place_of(digest).exists()
    assert list((storage.files_folder() / storage.INCOMING).iterdir()) == []

    browser = sign_in(row.person)
    answer = browser.get(f"/files/{one.id}", buffered=True)
    assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for wanted, status, part in (
        ("bytes=2-5", 206, PDF[2:6]),
        ("bytes=-4", 206, PDF[-4:]),
        ("bytes=3-", 206, PDF[3:]),
        ("bytes=99999-", 416, None),
    ):
        answer = browser.get(
            f"/files/{one.id}", headers={"Range": wanted}, buffered=True
        )
        assert answer.status_code == status, wanted
        if part is not None:
            assert answer.data == part, wanted
    unchanged = browser.get(
        f"/files/{one.id}", headers={"If-None-Match": f'"{digest}"'}, buffered=True
    )
    assert unchanged.status_code == 304


@pytest.mark.long
def test_a_large_content_is_read_from_anywhere(
    store: ObjectStore, tmp_path: Path
) -> None:
    digest = hashlib.sha256(LARGE).hexdigest()
    (tmp_path / "large").write_bytes(LARGE)
    store.put(digest, tmp_path / "large")
    with io.BufferedReader(ObjectReader(store, digest, len(LARGE)), 4096) as reader:
        assert hashlib.file_digest(reader, "sha256").hexdigest() == digest
        reader.seek(-1000, os.SEEK_END)
        assert reader.read() == LARGE[-1000:]
        reader.seek(2_000_000)
        assert reader.read(10) == LARGE[2_000_000:2_000_010]


def test_what_nobody_refers_to_is_removed(
    store: ObjectStore, row: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one = attach(row, pdf_of("goes"))
    assert one.file is not None
    sha256 = one.file.sha256
    deeds.remove_attachment(one, by=None, seen=one.revision)
    assert store.size_of(sha256) is None

    kept = attach(row, pdf_of("stays"))
    orphan = hashlib.sha256(b"orphan").hexdigest()
    (tmp_path / "orphan").write_bytes(b"orphan")
    store.put(orphan, tmp_path / "orphan")
    assert upkeep.sweep() == 0  # it is young: somebody may be about to attach it
    monkeypatch.setattr(storage, "GRACE", -10)
    assert upkeep.sweep() == 1
    assert store.size_of(orphan) is None
    assert kept.file is not None
    assert store.size_of(kept.file.sha256) == kept.file.size


def test_a_content_that_was_swept_between_sending_and_saving_is_sent_again(
    store: ObjectStore, row: Any
) -> None:
    content = pdf_of("swept")
    with storage.incoming_file() as (file, path):
        taken = deeds.look_at(io.BytesIO(content), "报告.pdf", file, path)
        store.remove(taken.incoming.sha256)
        deeds.attach_file(row, taken, use="test_report", visibility="public", by=None)
    assert store.size_of(taken.incoming.sha256) == len(content)


def test_a_held_file_is_fetched_for_the_scanner(
    store: ObjectStore, row: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SCAN_COMMAND", "/no/such/scanner")
    one = attach(row, pdf_of("held"))
    assert one.is_held
    found = (
        f'{sys.executable} -c \'import sys; sys.exit(b"held" not in'
        ' open(sys.argv[1], "rb").read())\''
    )
    monkeypatch.setitem(app.config, "SCAN_COMMAND", found)
    assert upkeep.scan_held() == 1
    db.session.refresh(one)
    assert not one.is_held


def test_the_files_of_a_store_are_copied_out_and_in(
    store: ObjectStore, row: Any, tmp_path: Path, app: Flask, monkeypatch: Any
) -> None:
    one = attach(row, pdf_of("copied"))
    assert one.file is not None
    sha256 = one.file.sha256
    storage.copy_contents(tmp_path / "copy")
    copy = tmp_path / "copy" / sha256[:2] / sha256[2:4] / sha256
    assert copy.read_bytes() == pdf_of("copied")
    store.remove(sha256)
    assert storage.open_content(sha256) is None
    assert storage.put_contents(tmp_path / "copy") == 1
    opened = storage.open_content(sha256)
    assert opened is not None
    with opened[0] as file:
        assert file.read() == pdf_of("copied")
    # By the command, of what lay in the data folder before.
    store.remove(sha256)
    place = storage.place_of(sha256)
    place.parent.mkdir(parents=True)
    copy.rename(place)
    said = app.test_cli_runner().invoke(args=["files", "move-to-store"])
    place.unlink()
    # Other tests of this process have left files in the folder.
    assert re.fullmatch(r"[1-9]\d* files are in the store\n", said.output)
    assert store.size_of(sha256) == len(pdf_of("copied"))


def test_a_store_that_is_away_or_refuses_saves_nothing_and_says_so(
    store: ObjectStore,
    row: Any,
    sign_in: Any,
    app: Flask,
    server: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = attach(row, pdf_of("there"))
    number, count = one.id, len(queries.attachments_of(row))
    for place in (place_at("127.0.0.1:9"), place_at(server, "another secret")):
        monkeypatch.setitem(app.config, "FILE_STORE", place)
        sent = sign_in(row.person).post(
            f"/mine/demand/{row.id}/files",
            data={
                "use": "photo",
                "visibility": "public",
                "file": (io.BytesIO(pdf_of("new")), "新.pdf"),
            },
            content_type="multipart/form-data",
        )
        assert sent.status_code == 503
        assert "存放文件的服务没有收下，文件没有存上" in sent.text
        answer = sign_in(row.person).get(f"/files/{number}", buffered=True)
        assert answer.status_code == 503
        assert "打不开这个文件" in answer.text
        db.session.expire_all()
        assert len(queries.attachments_of(row)) == count
        with pytest.raises(Busy):
            list(storage.old_contents())
        app_store = storage.object_store()
        assert app_store is not None
        with pytest.raises(CannotSave):
            app_store.put("0" * 64, Path(__file__))
    # Removing does not wait for the store: the listing is rid of its file, and the sweep removes the bytes later.
    one = queries.attachments_of(row)[0]
    assert one.file is not None
    sha256 = one.file.sha256
    deeds.remove_attachment(one, by=None, seen=one.revision)
    assert queries.attachments_of(row) == []
    monkeypatch.setitem(app.config, "FILE_STORE", store.place)
    assert store.size_of(sha256) is not None
    upkeep.sweep()
    assert store.size_of(sha256) is None
    left = db.select(StoredFile).where(StoredFile.sha256 == sha256)
    assert db.session.scalar(left) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/srv/files", "must begin with https://"),
        ("ftp://key:secret@host/bucket", "must begin with https://"),
        ("https://host/bucket", "needs key and secret"),
        ("https://key@host/bucket", "needs key and secret"),
        ("https://key:secret@host/", "name of a bucket"),
        ("https://key:secret@host/UPPER", "name of a bucket"),
        ("https://key:secret@host/bucket/../other", "folder"),
        ("https://key:secret@host:port/bucket", "no address"),
        ("https://key:secret@host/bucket?style=odd", "path or virtual"),
        ("https://key:secret@host/bucket?zone=1", "not zone"),
    ],
)
def test_a_wrong_address_is_refused_without_its_secret(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        read_file_store({"FILES_URL": url})
    assert "secret@" not in str(refused.value)


def test_the_secret_is_in_no_log() -> None:
    place = place_at("s3.example.cn:9000", folder="/a/b")
    assert (place.endpoint, place.bucket, place.folder) == (
        "http://s3.example.cn:9000",
        BUCKET,
        "a/b/",
    )
    assert place.secret == SECRET
    assert SECRET not in repr(place)
