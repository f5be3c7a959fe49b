"""What people are notified of when an import that went on in the background has ended. Nothing is committed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from marketplace.clock import now
from marketplace.contributions import NoticeKind
from marketplace.imports.life import DONE, counted_rows
from marketplace.imports.models import ListImport
from marketplace.notices.addresses import Recipient
from marketplace.notices.deeds import notify, path_of
from marketplace.wording import in_quotes

ENDED = "imports.ended"


def notice_kinds() -> Iterator[NoticeKind]:
    """The kind of notices of this room."""
    yield NoticeKind(
        ENDED,
        "导入的清单写完了，或撤回完了",
        "您收到这封邮件，是因为您在平台上导入了一份清单。",
    )


def announce_end(row: ListImport, counts: Mapping[str, int], note: str) -> None:
    """Notify who committed an import, or took it back, that it has ended.

    Args:
        row: the import, moved already.
        counts: as `queries.state_counts` gives them.
        note: why it ended early; empty where it did not.
    """
    # Whoever pressed the button, which need not be who uploaded the file.
    person = row.committed_by
    if person is None:
        return
    happened, to_do = _words_of(row, counts, note)
    notify(
        ENDED,
        Recipient.of(person),
        # A second commit of the same import is another end.
        key=f"import {row.id} {row.state} {now().isoformat()}",
        subject=f"清单{in_quotes(row.file_name)}：{row.state_name}",
        happened=happened,
        to_do=to_do,
        link=path_of("imports.preview", import_id=row.id),
    )


def _words_of(row: ListImport, counts: Mapping[str, int], note: str) -> tuple[str, str]:
    if note:
        return f"清单没有写完：{note}", "打开链接看写到了哪里，由有权限的人继续。"
    # A taking back that left rows behind says so by its state and by the rows.
    if row.state == "taken_back":
        return f"清单的 {counts.get('written_undone', 0)} 条已撤回。", "不用再做什么。"
    happened = f"清单已写入：{counted_rows(counts, DONE) or '没有写入任何一行'}。"
    if counts.get("faulty") or counts.get("conflict"):
        return happened, "打开链接，改正或选择以后再写入。"
    # Drafts are all that a list makes unless an operator publishes it: its owner looks through them first.
    if counts.get("written_new") and not row.publish:
        return happened, "新增的是草稿，在「我的」里勾选后送审。"
    return happened, "不用再做什么。"
