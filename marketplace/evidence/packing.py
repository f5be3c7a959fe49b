"""How a pack is put together and taken apart again: the manifest, the zip, and the PDF that ends with its proofs.

No web and no database. The format is described for strangers in docs/evidence-packs.md; changes of it change that too.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pypdf

from marketplace.audit.entries import canonical

MANIFEST = "manifest.json"
PROOFS = "proofs.json"
CASE = "case.pdf"
RECORD = "record.json"
MANIFEST_FORMAT = "evidence-manifest/1"
PROOFS_FORMAT = "evidence-proofs/1"
# After the last line of the printed PDF: a comment with the proofs, and the end of the file once more. A reader of PDF
# finds by it the same table as before, so nothing that is shown can be changed by what stands here.
_MARK = b"\n%evidence-proofs "
_TAIL = re.compile(rb"([A-Za-z0-9+/]+={0,2})\nstartxref\n(\d+)\n%%EOF\n")
# The number after `startxref` leads a reader to the table of the file.
_END = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
# The same moment for every member: the same parts are the same bytes.
_STAMP = (1980, 1, 1, 0, 0, 0)
# A crafted zip may name millions of members in a few kilobytes.
MAX_PARTS = 10_000
# Bytes of a zip when unpacked: attached files (parts.py), the case twice with them, its record and its proofs.
MAX_UNPACKED = 500_000_000


class PackError(ValueError):
    """It is no pack, or cannot be read as one; the message says why, in Chinese."""


@dataclass(frozen=True)
class Pack:
    """A pack that was taken apart; nothing of it is verified yet.

    Attributes:
        kind: `pdf` or `zip`.
        proofs: manifest, entries with their paths, and checkpoint.
        manifest: its exact text.
        parts: name → content. Of a PDF the printed case alone, which holds the others.
    """

    kind: str
    proofs: dict[str, Any]
    manifest: str
    parts: dict[str, bytes]


def sha256(content: bytes) -> str:
    """The SHA-256 of a content, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def manifest_text(
    title: str, parts: Mapping[str, bytes], missing: list[str], entries: list[int]
) -> str:
    """The manifest of a pack.

    Args:
        title: of the pack.
        parts: name → content, the printed case among them.
        missing: names of files whose content was lost before it was packed.
        entries: positions of the entries of the audit that are proven.
    """
    return canonical(
        {
            "format": MANIFEST_FORMAT,
            "pack": title,
            "parts": {name: sha256(content) for name, content in parts.items()},
            # Named in what is hashed: nobody can leave a file out later and call it lost.
            "missing": missing,
            "entries": entries,
        }
    )


def make_zip(parts: Mapping[str, bytes], manifest: str, proofs: str) -> bytes:
    """The zip: every part, the manifest, the proofs; the same parts give the same bytes."""
    out = io.BytesIO()
    texts = {MANIFEST: manifest.encode(), PROOFS: proofs.encode()}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**texts, **parts}.items():
            archive.writestr(
                zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def make_pdf(printed: bytes, proofs: str) -> bytes:
    """The PDF: what was printed, to the byte, and the proofs after it."""
    ended = _END.search(printed)
    if ended is None:
        raise PackError("这不是完整的 PDF。")
    encoded = base64.b64encode(proofs.encode())
    return b"".join(
        # The same number as before: a reader finds the printed table, and what follows changes nothing on a page.
        (printed, _MARK, encoded, b"\nstartxref\n", ended.group(1), b"\n%%EOF\n")
    )


def pdf_of(archive: bytes) -> bytes:
    """The PDF of a pack, from its zip."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return make_pdf(opened.read(CASE), opened.read(PROOFS).decode())


def attachments_of(printed: bytes) -> dict[str, bytes]:
    """Name → content of what is attached to a printed case of ours."""
    reader = pypdf.PdfReader(io.BytesIO(printed))
    return {name: contents[0] for name, contents in reader.attachments.items()}


def names_manifest(entry: str, sha256: str) -> bool:
    """Whether an entry of the audit says that a pack has the manifest with that hash.

    Args:
        entry: its text.
        sha256: of the manifest.
    """
    found = json.loads(entry)
    if found["kind"] != "evidence_pack":
        return False
    rows = [row["after"] or {} for row in found["values"].get("rows", [])]
    # Any of them: later entries about the pack repeat other columns, and only one of them sets the hash.
    return any(row.get("manifest_sha256") == sha256 for row in rows)


def take_apart(data: bytes) -> Pack:
    """A pack from the bytes of its file.

    Raises:
        PackError: it is none.
    """
    if data.startswith(b"%PDF-"):
        return _from_pdf(data)
    if data.startswith(b"PK"):
        return _from_zip(data)
    raise PackError("这个文件不是证据包：既不是 PDF，也不是 zip。")


def _from_pdf(data: bytes) -> Pack:
    # The last mark counts: an attached file may hold the same bytes.
    printed, mark, rest = data.rpartition(_MARK)
    tail = _TAIL.fullmatch(rest)
    ended = _END.search(printed)
    # Matched to the last byte: an incremental update after the proofs could change what is on a page.
    if not mark or tail is None or ended is None or ended.group(1) != tail.group(2):
        raise PackError(
            "PDF 的结尾不是证据包的结尾：被改过、没有下载完，或不是证据包。"
        )
    proofs = _read_proofs(base64.b64decode(tail.group(1)))
    return Pack("pdf", proofs, proofs["manifest"], {CASE: printed})


def _from_zip(data: bytes) -> Pack:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            # Of two members with one name programs read different ones: what is verified would not be what is opened.
            if len(names) > MAX_PARTS or len(set(names)) != len(names):
                raise PackError("zip 里有重名的文件，不是原来的证据包。")
            # What a member unpacks to is checked against its entry by the library.
            if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                raise PackError("zip 解开以后太大，不是原来的证据包。")
            parts = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError) as error:
        # PackError is a ValueError, and says already what is wrong.
        if isinstance(error, PackError):
            raise
        raise PackError("zip 打不开：损坏了，或没有下载完。") from None
    except Exception as error:  # zlib.error, and what a crafted file brings about
        raise PackError("zip 打不开：损坏了，或没有下载完。") from error
    if MANIFEST not in parts or PROOFS not in parts:
        raise PackError(f"zip 里没有 {MANIFEST} 或 {PROOFS}，不是证据包。")
    proofs = _read_proofs(parts.pop(PROOFS))
    # Replaced signs make another text, which the hash then refuses: no error of its own is needed.
    manifest = parts.pop(MANIFEST).decode("utf-8", "replace")
    return Pack("zip", proofs, manifest, parts)


def _read_proofs(raw: bytes) -> dict[str, Any]:
    try:
        proofs = json.loads(raw)
    except ValueError:
        raise PackError("审计证明读不出来。") from None
    shapes = {"manifest": str, "pack": int, "entries": list, "checkpoint": str}
    well_formed = isinstance(proofs, dict) and proofs.get("format") == PROOFS_FORMAT
    if not well_formed or not all(
        isinstance(proofs.get(name), kind) for name, kind in shapes.items()
    ):
        raise PackError("审计证明的格式不对。")
    return dict(proofs)
