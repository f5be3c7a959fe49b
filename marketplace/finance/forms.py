"""The forms of the room. What may be typed is checked by the deeds and by `typed_terms.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace.finance.content import AMOUNT_FORMS, BASES, product_questions
from marketplace.finance.life import PRODUCT_KINDS
from marketplace.finance.loan_deeds import INTEREST, MOST_YEARS, PRINCIPAL
from marketplace.finance.loan_models import NO_PRODUCT
from marketplace.forms import DayField, PageForm, SeenForm


class ProductForm(SeenForm):
    """A product and one version of its rule; the requirements are boxes of their own, one for each question."""

    # Number of the version that a new one follows; empty where a draft is changed, which has `seen` instead.
    follows = HiddenField()
    kind = SelectField("产品种类", choices={"": "请选择", **PRODUCT_KINDS})
    name = StringField(
        "产品名称", description="照贵机构对外的名称，如「科技成果转化贷」。"
    )
    summary = TextAreaField(
        "产品说明", description="是什么、给谁用、用在哪里，2–500 字。"
    )
    price = StringField(
        "利率、费率或收益要求", description="如「年利率 3.45% 起」「担保费率 1%」。"
    )
    term = StringField("期限", description="如「最长 3 年」。")
    form = SelectField("金额怎么算", choices={"": "请选择", **AMOUNT_FORMS})
    value = StringField("最高多少", description="选「最高多少万元」时填写。")
    base = SelectField("按哪一项数", description="选「按百分之几」时填写。")
    percent = StringField("百分之几", description="选「按百分之几」时填写，如 60。")
    cap = StringField("封顶", description="选「按百分之几」时可以填写；不封顶的空着。")
    papers = TextAreaField("要交的材料", description="一行写一份。")
    document = StringField(
        "依据", description="产品管理办法的名称和文号，运营方审核时核对。"
    )
    valid_from = DayField(
        "从哪一天起", description="公布以后从这一天起按这一版；以前的版本到前一天为止。"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        questions = product_questions()
        labels = {name: questions[name].label for name in BASES}
        self.base.choices = {"": "请选择", **labels}


class NoteForm(SeenForm):
    """What is to be changed, or why something ends."""

    note = TextAreaField("要改什么", description="对方会看到，2–500 字。")


class TickField(SelectMultipleField):
    """Several boxes to tick, each with its label."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PackForm(PageForm):
    """What a firm lets an institution see, until when, what for."""

    institution = SelectField("提供给哪家机构")
    purpose = TextAreaField("用途", description="如「申请鲁科贷 300 万元」，2–500 字。")
    until = DayField(
        "可以看到哪一天", description="到这一天 24:00；最长一年，随时可以提前撤回。"
    )
    agrees = BooleanField("同意提供")

    def __init__(
        self, *args: Any, institutions: Mapping[str, str], consent: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.institution.choices = {"": "请选择", **institutions}
        # The text that is stored with the pack, from the one place that has it.
        self.agrees.description = consent


class LoanForm(SeenForm):
    """A loan as its contract has it."""

    product = SelectField("产品", description="贵机构登记过的；已停办的也可以选。")
    borrower_name = StringField("借款企业", description="照营业执照填写全称。")
    borrower_uscc = StringField("统一社会信用代码", description="18 位。")
    district = SelectField("企业所在县市区")
    contract_no = StringField("借款合同编号")
    purpose = TextAreaField("贷款用途", description="用于转化哪一项成果，2–500 字。")
    principal = StringField("贷款本金", description=PRINCIPAL)
    rate = StringField("年利率", description=INTEREST)
    start_on = DayField("放款日", description="不晚于今天。")
    end_on = DayField("到期日", description=f"在放款日以后，{MOST_YEARS} 年以内。")

    def __init__(
        self,
        *args: Any,
        districts: Mapping[str, str],
        products: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.district.choices = {"": "请选择", **districts}
        self.product.choices = {"": NO_PRODUCT, **products}


class RepaidForm(SeenForm):
    """When a loan was paid back."""

    repaid_on = DayField("还清本息的日子")


class LossForm(SeenForm):
    """How much of the principal is lost."""

    lost = StringField("损失的本金", description="单位元；不含利息和罚息。")


class ProvinceForm(SeenForm):
    """What the province paid."""

    province = StringField("省级贴息额", description="单位元，照省里下达的文件。")
    document = StringField("文件", description="下达贴息的文件名称和文号。")


class PreferenceForm(SeenForm):
    """What a fund looks for."""

    stages = TickField("企业发展阶段", description="不选就是都看。")
    chain_codes = TickField("产业链", description="不选就是都看。")
    ticket_low = StringField("单笔最少")
    ticket_high = StringField("单笔最多")

    def __init__(
        self,
        *args: Any,
        stages: Mapping[str, str],
        chains: Iterable[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.stages.choices = list(stages.items())
        self.chain_codes.choices = list(chains)


class InterestForm(PageForm):
    """What a fund writes to a firm it does not know."""

    message = TextAreaField(
        "附言", description="贵机构想了解什么，企业会看到，2–500 字。"
    )


class AnswerForm(SeenForm):
    """What is handed over with a yes."""

    agrees = BooleanField("同意告知单位名称和联系方式")
