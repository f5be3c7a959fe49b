"""The fields of releases in Chinese, for the page of a deal as it stood. What releases hold is in `writing.py`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marketplace.deals.life import (
    CONTRACT_TYPES,
    CONVERSION_MODES,
    DEAL_LIFE,
    DILIGENCE_NAMES,
    EVALUATIONS,
    LETTERS,
    OBJECTION_REASONS,
    OWNER_TYPES,
    PRICING_METHODS,
    REMEDIES,
    TERMINATE_REASONS,
    finding_words,
)
from marketplace.parsing.exact_sums import FEN_OF_WAN
from marketplace.wording import amount

# A field without a name here is left out of the page, such as the numbers of people and organisations.
_NAMES = {
    "state": "状态",
    "title": "交易名称",
    "owner_type": "成果持有方是",
    "contract_type": "合同类型",
    "conversion_mode": "转化方式",
    "pricing_method": "定价方式",
    "price_fen": "价格",
    "price_text": "计价说明",
    "related_party": "有关联关系",
    "publicity_due": "需要公示",
    "publicity_closed_on": "公示结束",
    "priority": "完成人优先权",
    "priority_note": "优先权的依据",
    "due_on": "期限",
    "began_on": "开始",
    "terminate_reason": "终止的原因",
    "terminate_note": "终止的说明",
}
_PART_NAMES = {
    "letters": "文本",
    "items": "尽调",
    "decisions": "定价决定",
    "publicities": "公示",
    "objections": "异议",
}
_CHOICES: dict[str, dict[str, str]] = {
    # One list for the deal and its parts: `rejected` is a returned price or an unfounded objection.
    "state": DEAL_LIFE.names
    | {
        "running": "进行中",
        "closed": "已结束",
        "void": "作废",
        "pending": "等审批",
        "rejected": "不成立或退回",
        "replaced": "被取代",
        "received": "已收到",
        "sustained": "成立",
    },
    "owner_type": OWNER_TYPES,
    "contract_type": CONTRACT_TYPES,
    "conversion_mode": CONVERSION_MODES,
    "pricing_method": PRICING_METHODS,
    "method": PRICING_METHODS,
    "evaluation": EVALUATIONS,
    "letter_kind": LETTERS,
    "reason": OBJECTION_REASONS,
    "remedy": REMEDIES,
    "terminate_reason": TERMINATE_REASONS,
    "priority": {"waived": "放弃", "used": "行使", "none": "没有人有优先权"},
}
# Of a part, what its line says, in this order.
_SHOWN = (
    "letter_kind", "state", "method", "price_fen", "price_text", "has_finding", "note", "basis", "met_on", "started_on",
    "ends_on", "reason", "text", "remedy", "answer", "result", "sha256", "holder_at", "receiver_at",
)  # fmt: skip


def name_of(field: str) -> str:
    """The name of a field; empty for one that the page leaves out."""
    part, _, key = field.partition(".")
    if not key:
        return _NAMES.get(field, "")
    if part == "items":
        key = DILIGENCE_NAMES.get(key, key)
    return f"{_PART_NAMES[part]} {key}"


def words_of(field: str, value: Any) -> str:
    """A value in words."""
    if not isinstance(value, dict):
        return _word(field, value)
    _, _, code = field.partition(".")
    words = []
    for name in _SHOWN:
        # In the words of its item: a bare 是 would answer a question that is not on the line.
        if name == "has_finding" and name in value:
            words.append(finding_words(code, value[name]))
            continue
        word = _word(name, value[name]) if name in value else ""
        if word and word != "—":
            words.append(word)
    return "；".join(words)


def _word(name: str, value: Any) -> str:
    if value is None or value == "":
        return "—"
    if name == "price_fen":
        return f"{amount(Decimal(value) / FEN_OF_WAN)} 万元"
    if isinstance(value, bool):
        return "是" if value else "否"
    return _CHOICES.get(name, {}).get(value, str(value))
