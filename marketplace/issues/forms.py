"""The forms of lists: what a proof is chosen by, a correction, and a file to be checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import (
    FileField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from marketplace.forms import DayField, PageForm, SeenForm
from marketplace.issues.models import CHOSEN_BY, IssueProof, as_values
from marketplace.issues.queries import CITY
from marketplace.listings.models import KIND_NAMES
from marketplace.organisations.models import Organisation

ANY = {"": "不限"}
DAY_HELP = "按条目公开发布的日子算，两头都含。"


class ProofForm(SeenForm):
    """What a proof is chosen by.

    Args:
        options: field → code → name, of what it may be narrowed to.
        kind: of the list, where that is decided already; a demand may be narrowed by its need.
    """

    since = DayField("从", [Optional()], description=DAY_HELP)
    until = DayField("到", [Optional()])
    chain_code = SelectField("产业链", validate_choice=False)
    field_code = SelectField("技术领域", validate_choice=False)
    district_code = SelectField(
        "县市区",
        validate_choice=False,
        description="没有公开单位的需求，只有公开了县市区的才会选进来。",
    )
    need = SelectField("需求类别（只用于需求清单）", validate_choice=False)

    def __init__(
        self, *args: Any, options: Mapping[str, Mapping[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, names in options.items():
            self[name].choices = list({**ANY, **names}.items())

    @classmethod
    def of_proof(
        cls, proof: IssueProof, options: Mapping[str, Mapping[str, str]]
    ) -> ProofForm:
        """The form with what is stored."""
        values = {"seen": str(proof.revision), **as_values(proof)}
        return cls(formdata=None, data=values, options=options)

    @property
    def values(self) -> dict[str, Any]:
        """What was typed."""
        return {name: self[name].data for name in CHOSEN_BY}


class NewProofForm(ProofForm):
    """A new proof: whose, and of which kind.

    Args:
        holders: the organisations of the writer.
        is_operator: they may publish the city's too.
    """

    kind = RadioField(
        "种类",
        choices=[
            SelectChoice(kind, f"{name}清单") for kind, name in KIND_NAMES.items()
        ],
        validate_choice=False,
    )
    holder = SelectField("谁发布", validate_choice=False)

    def __init__(
        self,
        *args: Any,
        holders: Sequence[Organisation],
        is_operator: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.id), one.name) for one in holders]
        if is_operator:
            choices.insert(0, (CITY, "全市（本平台）"))
        self.holder.choices = choices


class CorrectionForm(PageForm):
    """What an issue says wrongly."""

    text = TextAreaField(
        "勘误",
        description="写明第几项、哪里有误、应该是什么。已发布的文件不会改动，勘误公开显示在这一期的网页上，不能删除。",
    )


class CheckForm(PageForm):
    """A file, or a hash."""

    file = FileField(
        "文件",
        description="从本站下载的 PDF、Excel（.xlsx）或 JSON，不超过 20 MB。只比对，不保存。",
    )
    digest = StringField(
        "或者填指纹", description="清单页脚或网页上的 SHA-256，64 个字符，可以带空格。"
    )
