"""Whether a pack is what was packed: its parts, its manifest, the audit and the checkpoint, from below to above.

The same for strangers, without a line of this project: `docs/verify_pack.py`. Reading only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.audit.entries import entry_leaf
from marketplace.audit.models import Entry
from marketplace.audit.notes import Checkpoint, NoteError, open_checkpoint
from marketplace.audit.publishing import note_of_size, signer
from marketplace.audit.tree import is_included
from marketplace.errors import NotFound
from marketplace.evidence.packing import (
    CASE,
    Pack,
    PackError,
    names_manifest,
    sha256,
    take_apart,
)
from marketplace.extensions import db

# A file that was changed throughout has thousands; after twenty nobody reads on.
MAX_PROBLEMS = 20


@dataclass
class Finding:
    """What was found about a pack.

    Attributes:
        title: of the pack, as it calls itself.
        problems: what is wrong, in Chinese; empty where nothing is.
        lines: what was verified, in Chinese.
    """

    title: str = ""
    problems: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether it is what was packed."""
        return not self.problems


def check_pack(data: bytes, published: str | None = None) -> Finding:
    """Verify a pack against a published checkpoint and the audit of this site.

    Args:
        data: the bytes of its PDF or zip.
        published: a checkpoint that was published; None: the one this site published of that size.
    """
    # From below to above: a step relies on the one before, and the first that cannot be read ends it.
    finding = Finding()
    try:
        pack = take_apart(data)
        manifest = _manifest_of(pack)
        _check_parts(pack, manifest, finding)
        checkpoint = _checkpoint_for(pack, published)
        _check_proofs(pack, manifest, checkpoint, finding)
    except PackError as error:
        finding.problems.append(str(error))
    except (KeyError, TypeError, ValueError, AttributeError):
        # Its shape is not that of a pack somewhere: what a program would trip over, nobody packed.
        finding.problems.append("格式和平台生成的不一样，被改过。")
    del finding.problems[MAX_PROBLEMS:]
    return finding


def _manifest_of(pack: Pack) -> dict[str, Any]:
    # The zip has it twice, in the clear and in the proofs: only the latter is bound to the audit.
    if pack.manifest != pack.proofs["manifest"]:
        raise PackError("manifest.json 和审计证明里的不一样，被改过。")
    return dict(json.loads(pack.manifest))


def _check_parts(pack: Pack, manifest: Mapping[str, Any], finding: Finding) -> None:
    finding.title = str(manifest["pack"])
    wanted: dict[str, str] = dict(manifest["parts"])
    if pack.kind == "pdf":
        # Attachments are bytes of the printed file: its one hash is that of all of them.
        wanted = {CASE: wanted[CASE]}
    for name in sorted(wanted.keys() - pack.parts.keys()):
        finding.problems.append(f"少了 {name}。")
    # A part too many is no lesser fault: it would look as if the audit vouched for it.
    for name in sorted(pack.parts.keys() - wanted.keys()):
        finding.problems.append(f"多了 {name}。")
    for name in sorted(wanted.keys() & pack.parts.keys()):
        if sha256(pack.parts[name]) != wanted[name]:
            finding.problems.append(f"{name} 被改过：指纹和清单上的不一样。")
    if finding.is_sound:
        finding.lines.append(f"{len(pack.parts)} 个部分和清单一致")


def _checkpoint_for(pack: Pack, published: str | None) -> Checkpoint:
    """The checkpoint that a pack is held to: the one that is given, else the one this site has published."""
    key = signer().verifier
    try:
        inside = open_checkpoint(pack.proofs["checkpoint"], key)
        note = published
        if note is None:
            note = note_of_size(inside.size)
        checkpoint = open_checkpoint(note, key)
    except NoteError as error:
        raise PackError(f"检查点不是本平台签过的：{error}。") from None
    except NotFound:
        raise PackError("本平台没有公布过证据包里的检查点。") from None
    # A proof of inclusion leads to the root of one size only.
    if checkpoint.size != inside.size:
        raise PackError(
            f"给出的检查点有 {checkpoint.size} 条，证据包是按 {inside.size} 条的检查点证明的："
            f"请取那一份（/checkpoint/{inside.size}）。"
        )
    # Two signed heads of one size: the site has published another tree than this pack was made from.
    if checkpoint != inside:
        raise PackError("证据包里的检查点和公布的不一样。")
    return checkpoint


def _check_proofs(
    pack: Pack, manifest: Mapping[str, Any], checkpoint: Checkpoint, finding: Finding
) -> None:
    proven: dict[int, str] = {}
    for one in pack.proofs["entries"]:
        path = [bytes.fromhex(step) for step in one["proof"]]
        leaf = entry_leaf(one["entry"])
        if not is_included(leaf, one["index"], checkpoint.size, path, checkpoint.root):
            finding.problems.append(
                f"第 {one['index']} 条记录不在检查点的树里，被改过。"
            )
        else:
            proven[one["index"]] = one["entry"]
    # Without this entry everything else proves only that the audit exists, not that it knows the pack.
    own = proven.get(pack.proofs["pack"])
    if own is None or not names_manifest(own, sha256(pack.manifest.encode())):
        finding.problems.append("审计日志里没有这份清单的指纹：清单被改过或换过。")
    # By the manifest and not by the proofs: an entry that was cut out of the proofs is missed here.
    for position in sorted(set(manifest["entries"]) - proven.keys()):
        finding.problems.append(f"少了第 {position} 条记录的证明。")
    # The head is sound and the row may still have been changed since: also the database is compared.
    for position, text in _stored(list(proven)):
        if proven[position] != text:
            finding.problems.append(f"第 {position} 条记录和平台现在存的不一样。")
    if finding.is_sound:
        finding.lines.append(
            f"{len(proven)} 条审计记录都在 {checkpoint.size} 条的检查点里"
        )


def _stored(positions: list[int]) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    # In parts: a statement takes only so many parameters.
    for begin in range(0, len(positions), 500):
        query = db.select(Entry.position, Entry.text).where(
            Entry.position.in_(positions[begin : begin + 500])
        )
        found += db.session.execute(query).tuples().all()
    return found
