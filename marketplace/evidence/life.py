"""The life table of an evidence pack: requested, printed, proven, and later without its files."""

from __future__ import annotations

from marketplace.lifecycle import Life

# What the site itself still has to do something for.
# The unique index of the table names the same two: one pack of a deal at a time.
UNFINISHED = ("requested", "printed")

EVIDENCE_LIFE = Life(
    initial="requested",
    moves={
        ("requested", "print"): "printed",
        # Proven in a second step: the entry with the hash of the manifest has to be in the tree before a proof leads
        # to it.
        ("printed", "prove"): "ready",
        # Only files go; record and hashes stay, so a pack that somebody holds is verified for ever (decision 126).
        ("ready", "remove"): "removed",
    },
    names={
        "requested": "等生成",
        "printed": "等审计日志签名",
        "ready": "已生成",
        "removed": "文件已到期删除",
    },
    deeds={
        "create": "生成证据包",
        "print": "印成文件",
        "prove": "附上审计证明",
        "remove": "删除到期的文件",
    },
    phases={"unfinished": UNFINISHED},
)
