"""The forms of diagnoses. What may be typed is checked by the deeds; a rewriting is typed in the form of listings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from wtforms import RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice

from marketplace.diagnosis.answers import PART_FIELDS
from marketplace.diagnosis.deeds import MAX_PARTS
from marketplace.diagnosis.life import CONCLUSIONS
from marketplace.diagnosis.queries import LABELS
from marketplace.forms import PageForm, SeenForm

# ASCII figures only, at most five: int() reads those of other scripts, and refuses thousands of them.
ANSWER = re.compile(r"answer-(\d{1,5})", re.ASCII)


class ReasonForm(PageForm):
    """Why a demand needs a diagnosis."""

    reason = TextAreaField(
        "哪里需要诊断",
        description="如：目标没有数字；几件事写在一条里。对方会看到，2–1000 字。",
    )


class CaseForm(SeenForm):
    """What is said in a diagnosis: each button takes its own box."""

    field = SelectField("问哪一项", validate_choice=False)
    question = TextAreaField("问题", description="一次问一件事，企业在页面上回答。")
    remark = TextAreaField("说明", description="对方会看到，2–1000 字。")
    conclusion = RadioField(
        "结论",
        choices=[
            SelectChoice(code, f"{name}：{words}")
            for code, (name, words) in CONCLUSIONS.items()
        ],
        validate_choice=False,
    )
    advice = TextAreaField(
        "原因和下一步",
        description="可以找的政策、产品、人，和接下来做什么，2–2000 字。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field.choices = [("", "请选择"), *LABELS.items()]


def read_answers(fields: Mapping[str, str]) -> dict[int, str]:
    """Number of a question → what was typed as its answer."""
    answers = {}
    for name, text in fields.items():
        match = ANSWER.fullmatch(name)
        if match:
            answers[int(match[1])] = text
    return answers


def read_parts(fields: Mapping[str, str]) -> list[dict[str, str]]:
    """The parts of a split as they were typed, in their order; empty ones too."""
    parts = []
    for place in range(MAX_PARTS):
        part = {}
        for name in PART_FIELDS:
            # The place stays in the name, so that what is wrong is named at the row it is in.
            part[name] = fields.get(f"{name}-{place}", "").strip()
        parts.append(part)
    return parts
