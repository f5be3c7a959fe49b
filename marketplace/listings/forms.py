"""The forms in which a listing is written: its questions, their help, and the steps they stand in.

What a listing needs to be public stands in `listings.rules`; a draft may keep holes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from flask import request
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    TextAreaField,
)
from wtforms.validators import ValidationError

from marketplace.accounts import models
from marketplace.accounts.models import Organisation
from marketplace.clock import today
from marketplace.dictionaries import models as dictionaries
from marketplace.exchange import cells
from marketplace.listings import readiness, terms
from marketplace.listings.labels import LABELS, READINESS_NAMES, TRL_NAMES
from marketplace.listings.models import LISTINGS
from marketplace.listings.widgets import (
    TEXT_SHAPE,
    Choice,
    Several,
    Typed,
    Words,
    clean,
    day_field,
    line,
    metric_of,
    money_field,
    number,
    text,
    unit_key,
)
from marketplace.wording import amount

ROWS_MOST = 60
AT_MOST = f"最多 {readiness.TEXT_LIMIT} 字。"


def public_text(label: str, help: str = AT_MOST) -> TextAreaField:
    """Some lines for the public: a draft may hold more of them than review lets pass."""
    return text(label, help, fit=readiness.TEXT_LIMIT)


class Row(Form):
    """One of several rows of the same kind. An empty row is no row."""

    aside: ClassVar[frozenset[str]] = (
        frozenset()
    )  # fields that always have a value and so do not make a row

    @property
    def filled(self) -> bool:
        """Whether anything was typed or ticked in this row."""
        return any(
            field.raw_data and clean(str(field.raw_data[0])) or field.data
            for field in self.asked()
        )

    def asked(self) -> list[Field]:
        """The fields that make a row."""
        return [field for field in self if field.short_name not in self.aside]

    def validate(self, extra_validators: Any = None) -> bool:
        return not self.filled or super().validate(extra_validators)

    def values(self) -> dict[str, Any]:
        """Column → value."""
        return {field.short_name: field.data for field in self}


class MetricRow(Row):
    """A technical figure: name, relation, value, upper value, unit."""

    aside = frozenset({"operator"})

    name = line("指标", 60)
    operator = Choice("关系", terms.METRIC_OPERATORS, blank=None, default="ge")
    value = Typed("数值", read=lambda t: number(t, below=10**9, places=6), say=amount)
    value_max = Typed(
        "到或±", read=lambda t: number(t, below=10**9, places=6), say=amount
    )
    unit = line("单位", 30)

    def process(self, formdata: Any = None, *args: Any, **kwargs: Any) -> None:
        """Read the row; a figure written in one go in its first field is taken apart."""
        super().process(formdata, *args, **kwargs)
        values = (self.value, self.value_max)
        if (
            formdata
            and self.name.data
            and not any(f.raw_data and clean(f.raw_data[0]) for f in values)
        ):
            self._take_apart(metric_of(self.name.data) or {})

    def _take_apart(self, figure: Mapping[str, Any]) -> None:
        """Fill the row from the figure in its first field, unless another unit stands in the box for the unit."""
        said, typed = figure.get("unit"), self.unit.data
        if said and typed and unit_key(said) != unit_key(typed):
            self.unit.process_errors.append(
                f"第一格里写的单位是「{said}」，与这里不同；留下对的一个。"
            )
            return
        for short_name, value in figure.items():
            self[short_name].raw_data, self[short_name].data = None, value
        if figure and not said:
            self.unit.data = typed

    def validate_name(self, field: Field) -> None:
        if not field.data:
            raise ValidationError("写上是什么指标，如「抗拉强度」。")

    def validate_value(self, field: Field) -> None:
        told = field.errors or field.process_errors or self.unit.process_errors
        if field.data is None and not told:
            raise ValidationError("写上数值；说不出数值的写到文字里。")

    def validate_value_max(self, field: Field) -> None:
        paired = self.operator.data in ("range", "pm")
        if field.data is not None and not paired:
            raise ValidationError("第二个数只在关系选「～」或「±」时填。")
        if self.operator.data == "range" and not field.process_errors:
            if field.data is None:
                raise ValidationError("写上区间的上限。")
            if self.value.data is not None and field.data < self.value.data:
                raise ValidationError("上限不能小于下限。")


class AskedMetricRow(MetricRow):
    """A figure a demand asks for, with where the firm stands and how it is measured."""

    current = line("现在达到", 60)
    test_method = line("怎么检验", 120)


class OwnerRow(Row):
    """A completing organisation."""

    name = line("完成单位", 120)


class ContributorRow(Row):
    """A completing person."""

    name = line("姓名", 60)
    title = line("职称", 40)
    role = line("承担的工作", 60)
    share = Typed(
        "贡献比例（%）",
        read=lambda t: number(t.rstrip("%％"), below=1000, places=2),
        say=amount,
    )

    def validate_name(self, field: Field) -> None:
        if not field.data:
            raise ValidationError("写上姓名。")

    def validate_share(self, field: Field) -> None:
        if field.data is not None and not 0 < field.data <= 100:
            raise ValidationError("比例应大于 0，不超过 100。")


class RightRow(Row):
    """A patent or another right."""

    ip_type = Choice("类型", terms.IP_TYPES)
    number = line("专利号或登记号", 30)
    name = line("名称", 200)
    legal_status = Choice("法律状态", terms.LEGAL_STATUSES)
    checked_on = day_field("状态核对日期")
    owners = line("权利人", 300)
    applicant = line("申请人", 200)
    applied_on = day_field("申请日")
    granted_on = day_field("授权日")
    fee_paid_until = day_field("年费缴至")
    pledged = BooleanField("已质押")
    licensed = BooleanField("已许可他人")

    def validate_ip_type(self, field: Field) -> None:
        if field.data is None:
            raise ValidationError("选一种类型。")

    def validate_number(self, field: Field) -> None:
        if field.data:
            try:
                field.data, _ = cells.ip_number(field.data, self.ip_type.data)
            except cells.CellError as error:
                raise ValidationError(f"{error.message}{error.allowed}") from None

    def validate_granted_on(self, field: Field) -> None:
        if field.data and self.applied_on.data and field.data < self.applied_on.data:
            raise ValidationError("授权日不能早于申请日。")

    def validate_checked_on(self, field: Field) -> None:
        if field.data and field.data > today():
            raise ValidationError("核对日期不能晚于今天。")


@dataclass(frozen=True)
class Step:
    """One block of questions.

    Attributes:
        anchor: its place on the page.
        title: its name.
        fields: names of its fields, in order.
        hint: one sentence before them.
    """

    anchor: str
    title: str
    fields: tuple[str, ...]
    hint: str = ""


@dataclass(frozen=True)
class Fault:
    """Something wrong with one control: its id on the page, its name, and what to do."""

    id: str
    label: str
    text: str


class ListingForm(FlaskForm):
    """What both kinds ask.

    Args:
        organisations: those the writer may write for; asked only where there are several.
        row: the listing that is being edited; None for a new one.
    """

    kind: ClassVar[str]
    steps: ClassVar[tuple[Step, ...]]
    row_kinds: ClassVar[tuple[str, ...]]

    seen = HiddenField()
    organisation = Choice(
        "所属单位", blank=None, description="这一条以哪个单位的名义发布。"
    )
    title = line("名称", 200)
    keywords = Words(
        "关键词",
        description="最多 5 个，用顿号隔开。写别人会拿来搜索的词，如「深沟球轴承、降噪」。",
    )
    field_codes = FieldList(
        Choice("技术领域"),
        "技术领域",
        min_entries=3,
        description="国家重点支持的高新技术领域；第一个是主领域，相关的最多再选两个。",
    )
    industry_codes = FieldList(
        Choice("应用行业"),
        "应用行业",
        min_entries=3,
        description="用在哪些行业，最多三个。",
    )
    chain_code = Choice(
        "产业链", description="聊城重点产业链。名单暂由平台整理，非官方。"
    )
    contact_name = line(
        "联系人",
        60,
        "写负责对接的部门或人，如「科技处成果转化科」。登录的人才能看到联系方式。",
    )
    contact_phone = Typed(
        "联系电话",
        read=cells.phone,
        description="建议写办公电话。电话和邮箱至少填一个。",
    )
    contact_email = Typed("联系邮箱", read=cells.email)
    visibility = Choice("公开范围", terms.VISIBILITIES, blank=None, default="public")
    valid_until = Typed(
        "有效期至",
        read=cells.day,
        say=date.isoformat,
        description="不填则自发布起一年。如 2027-11-21",
    )
    note = text("备注", "只有本单位和平台运营方看得到。", 500)

    def __init__(
        self,
        *args: Any,
        organisations: Iterable[Organisation] = (),
        row: Any = None,
        **kwargs: Any,
    ) -> None:
        self.row = row
        self.owners = {str(one.id): one for one in organisations}
        if row is not None:
            kwargs.setdefault("obj", row)
        super().__init__(*args, **kwargs)
        self.problems: list[
            str
        ] = []  # what a rule found wrong that belongs to no field
        self.title.label.text = LABELS[self.kind]["title"]
        if row is not None or len(self.owners) < 2:
            del self.organisation
        else:
            self.organisation.named = {
                code: one.name for code, one in self.owners.items()
            }
        typed = self.is_submitted() and kwargs.get("formdata", request.form) is not None
        if row is not None and not typed:
            self.seen.data = row.revision
        self._offer()

    def _offer(self) -> None:
        """Fill the lists that come from the dictionaries, each read once."""
        all_fields = dictionaries.names(dictionaries.HitechField)
        grouped: dict[str, dict[str, str]] = {}
        for code, name in all_fields.items():
            grouped.setdefault(all_fields[code[:2]], {})[code] = (
                f"{name}（不细分）" if len(code) == 2 else name
            )
        industries = dictionaries.divisions()
        for number_, entry in enumerate(self.field_codes):
            entry.named, entry.label.text = (
                grouped,
                ("主领域", "相关领域一", "相关领域二", "相关领域三")[min(number_, 3)],
            )
        for number_, entry in enumerate(self.industry_codes):
            entry.named, entry.label.text = (
                industries,
                f"行业{'一二三四五六七八九'[min(number_, 8)]}",
            )
        self.chain_code.named = dictionaries.chains()
        self.chain_code.once = dictionaries.names(dictionaries.Chain)

    @property
    def owner(self) -> Organisation | None:
        """The organisation the writer chose, or his only one; None for a listing that has its owner already."""
        chosen = (
            self.organisation.data
            if "organisation" in self
            else next(iter(self.owners), "")
        )
        return self.owners.get(chosen)

    @property
    def seen_revision(self) -> int:
        """The revision the writer saw; -1 where the page did not say."""
        text_ = str(self.seen.data or "")
        return int(text_) if re.fullmatch(r"\d{1,9}", text_, re.ASCII) else -1

    def more(self, name: str) -> str:
        """Add an empty row.

        Args:
            name: one of `row_kinds`.

        Returns:
            the id of the new row's first control; empty where there is no such list.
        """
        if name not in self.row_kinds or len(self[name]) >= ROWS_MOST:
            return ""
        return next(iter(self[name].append_entry().form)).id

    def leave_room(self) -> None:
        """See that each list ends with an empty row."""
        for name in self.row_kinds:
            if not len(self[name]) or self[name][-1].form.filled:
                self.more(name)

    def prefill(self, values: Mapping[str, str]) -> None:
        """Take over a title and a main text, as the trial hands them on."""
        main = "summary" if self.kind == "achievement" else "problem"
        self.title.data = clean(values.get("title"))[:200]
        self[main].data = clean(values.get("problem") or values.get("summary"))[
            :TEXT_SHAPE
        ]

    def main_text(self) -> str:
        """Title and texts as they stand in the form now, for a look at what they would be matched with."""
        names = (
            ("summary", "innovation")
            if self.kind == "achievement"
            else ("problem", "key_technology")
        )
        return "\n".join(filter(None, (self[name].data for name in ("title", *names))))

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        for name in self.row_kinds:
            if len(self[name]) > ROWS_MOST:
                self.blame({name: [f"最多 {ROWS_MOST} 行。"]})
        self.check_together()
        return not self.errors

    def check_together(self) -> None:
        """Checks that concern several fields at once."""

    def validate_title(self, field: Field) -> None:
        if not models.key_of(field.data):
            raise ValidationError("先起个名称，不能只有标点。")

    def validate_valid_until(self, field: Field) -> None:
        if field.data and field.data != field.object_data and field.data <= today():
            raise ValidationError("有效期应晚于今天。")

    def blame(self, problems: Mapping[str, list[str]]) -> None:
        """Take over what a rule found wrong."""
        for name, messages in problems.items():
            if name in self:
                self[name].errors = [*self[name].errors, *messages]
            else:
                self.problems += messages

    def values(self) -> dict[str, Any]:
        """Column → value and list of rows → values, as `listings.rules` takes them."""
        columns = LISTINGS[self.kind].__table__.c
        found: dict[str, Any] = {}
        for name in self.names():
            field = self[name]
            if name in self.row_kinds:
                found[name] = [
                    entry.form.values() for entry in field if entry.form.filled
                ]
            elif isinstance(field, FieldList):
                found[name] = list(dict.fromkeys(code for code in field.data if code))
            else:
                empty = None if columns[name].nullable else ""
                found[name] = empty if field.data in (None, "") else field.data
        return found

    def needed(self) -> frozenset[str]:
        """The names of the fields that an empty form lacks for review."""
        return frozenset(
            readiness.missing_for_publication(
                self.kind, self._empty(), organisation=None
            )
        )

    def lacking(self, organisation: Organisation | None) -> dict[str, list[str]]:
        """What keeps the typed from being public, beside the fields that are wrong already: field → what is missing.

        Args:
            organisation: the owner; None where it is not chosen yet.
        """
        wrong, empty = set(self.errors), self._empty()
        unread = wrong - set(self.row_kinds)
        values = {
            name: empty[name] if name in unread else value
            for name, value in self.values().items()
        }
        found = readiness.missing_for_publication(
            self.kind, values, organisation=organisation
        )
        return {name: texts for name, texts in found.items() if name not in wrong}

    def _empty(self) -> dict[str, Any]:
        """The values of a form in which nothing was typed."""
        return type(self)(formdata=None, meta={"csrf": False}).values()

    def differing(self, row: Any) -> list[str]:
        """The names of the fields in which the form differs from the stored row."""
        kept = type(self)(formdata=None, row=row, meta={"csrf": False}).values()
        typed = self.values()
        return [name for name in self.names() if typed[name] != kept[name]]

    def names(self) -> list[str]:
        """The names of the fields that are stored, in the order of the steps."""
        return [
            name
            for step in self.steps
            for name in step.fields
            if name != "organisation"
        ]

    def target(self, name: str) -> str:
        """The id of the control that a link to a question leads to."""
        field = self[name]
        if isinstance(field, FieldList):
            return (
                next(iter(field[0].form)).id if name in self.row_kinds else field[0].id
            )
        return f"{field.id}-0" if isinstance(field, Several) else field.id

    def faults(self) -> list[Fault]:
        """What is wrong, in the order of the page."""
        found = [Fault("", "", text_) for text_ in self.problems]
        for step in self.steps:
            for name in step.fields:
                found += self._faults_of(name) if name in self else []
        return found

    def _faults_of(self, name: str) -> list[Fault]:
        """What is wrong with one question, each with the control to go to."""
        field = self[name]
        found = [
            Fault(self.target(name), field.label.text, str(m))
            for m in field.errors
            if not isinstance(m, dict | list)
        ]
        for place, entry in enumerate(field if isinstance(field, FieldList) else (), 1):
            rows = name in self.row_kinds
            for one in entry.form if rows else [entry]:
                label = (
                    f"{field.label.text}第 {place} 行，{one.label.text}"
                    if rows
                    else one.label.text
                )
                found += [Fault(one.id, label, str(message)) for message in one.errors]
        return found


class AchievementForm(ListingForm):
    """科技成果."""

    kind = "achievement"
    row_kinds = ("metrics", "co_owners", "contributors", "ips")
    steps = (
        Step("what", "名称和简介", ("organisation", "title", "summary", "keywords")),
        Step(
            "better",
            "好在哪里",
            ("innovation", "baseline", "metrics", "prospects", "benefits", "cases"),
            "企业先看这一步：解决什么问题，比现有做法好多少。",
        ),
        Step(
            "stage",
            "做到哪一步",
            ("stage", "trl", "readiness_13", "stage_evidence", "application_status"),
        ),
        Step(
            "offer",
            "怎么合作、多少钱",
            (
                "conversion_modes",
                "license_type",
                "price_mode",
                "price_min",
                "price_max",
                "conversion_note",
            ),
        ),
        Step(
            "class",
            "分类",
            (
                "field_codes",
                "industry_codes",
                "chain_code",
                "sei_code",
                "achievement_type",
                "forms",
                "attribute",
            ),
        ),
        Step("people", "完成单位和完成人", ("co_owners", "contributors", "ownership")),
        Step(
            "rights",
            "知识产权",
            ("ips",),
            "没有可以不填。法律状态以国家知识产权局公布的为准，请写上核对日期。",
        ),
        Step(
            "source",
            "来源、登记和评价",
            (
                "funding_source",
                "fiscal_funded",
                "secrecy",
                "rd_start",
                "rd_end",
                "registration_no",
                "registered_by",
                "registered_on",
                "recommended_by",
                "level",
                "evaluation_method",
                "evaluation_by",
                "evaluated_on",
                "evaluation_report",
            ),
            "涉及国家秘密的成果不能在本平台填报。",
        ),
        Step(
            "contact",
            "联系和公开",
            (
                "contact_name",
                "contact_phone",
                "contact_email",
                "visibility",
                "valid_until",
                "note",
            ),
        ),
    )

    summary = public_text(
        "成果简介",
        f"给不熟悉这一行的人看：解决什么问题，怎么解决，效果如何。200–600 字最合适，{AT_MOST}",
    )
    innovation = public_text("创新点", "一行写一个，最多三个，每个不超过 50 个字。")
    baseline = text(
        "比现有做法好多少",
        f"写数字和比较的对象，如「振动值比现有工艺低 9 dB」。没有就写「{readiness.NO_BASELINE}」。",
        500,
    )
    prospects = public_text("应用前景")
    benefits = public_text("预期效益")
    cases = public_text("应用案例", f"在哪里用过，效果如何。{AT_MOST}")
    metrics = FieldList(
        FormField(MetricRow),
        "技术指标",
        min_entries=2,
        description="一行一个指标。也可以把「抗拉强度 ≥ 350 MPa」整句写在第一格，保存时会自动拆开。",
    )
    achievement_type = Choice("成果类型", terms.ACHIEVEMENT_TYPES)
    forms = Several("体现形式", terms.FORMS)
    attribute = Choice("成果属性", terms.ATTRIBUTES)
    sei_code = Choice("战略性新兴产业", terms.STRATEGIC_INDUSTRIES)
    stage = Choice(
        "所处阶段",
        terms.STAGES,
        description="研制：正在研发或已有样品；小试：实验室通过；中试：接近生产的条件下通过；小批量：小范围生产使用；产业化：可以量产。",
    )
    trl = Choice(
        "技术成熟度",
        {level: f"{level} 级 {name}" for level, name in TRL_NAMES.items()},
        whole=True,
        description="1–9 级。7 级以上要在下面写明依据。",
    )
    readiness_13 = Choice(
        "十三级成熟度",
        {level: f"{level} 级 {name}" for level, name in READINESS_NAMES.items()},
        whole=True,
        description="按十三级量表评过的才填。",
    )
    stage_evidence = text(
        "成熟度依据", "如检测报告、中试报告、用户使用证明的名称和日期。", 300
    )
    application_status = Choice("应用状态", terms.APPLICATION_STATUSES)
    funding_source = Choice("成果来源", terms.FUNDING_SOURCES)
    fiscal_funded = BooleanField("由财政资金支持")
    secrecy = Choice(
        "成果密级",
        terms.SECRECIES,
        blank=None,
        default="open",
        description="国家秘密不得在互联网上填报、传输。",
    )
    rd_start = Typed("研究开始", read=cells.month, description="年月，如 2023-03")
    rd_end = Typed("研究结束", read=cells.month, description="年月，如 2026-06")
    registration_no = line(
        "批准登记号",
        12,
        "12 位：3 位部门或地方代码、4 位年份、字母 Y、4 位流水号。",
    )
    registered_by = line("批准登记单位", 120)
    registered_on = day_field("批准登记日期")
    recommended_by = line("推荐单位", 120)
    level = Choice("成果水平", terms.LEVELS, description="没有评价过请选「未评价」。")
    evaluation_method = Choice("评价方式", terms.EVALUATION_METHODS)
    evaluation_by = line("评价机构", 120)
    evaluated_on = day_field("评价日期")
    evaluation_report = line("评价报告", 200, "报告名称或编号。")
    co_owners = FieldList(
        FormField(OwnerRow),
        "完成单位",
        min_entries=1,
        description="按排序填写，第一个是第一完成单位，名称与公章一致。",
    )
    contributors = FieldList(
        FormField(ContributorRow),
        "完成人",
        min_entries=2,
        description="按贡献大小排序。",
    )
    ownership = Choice("权属", terms.OWNERSHIPS)
    ips = FieldList(FormField(RightRow), "知识产权", min_entries=1)
    conversion_modes = Several("转化方式", terms.CONVERSION_MODES)
    license_type = Choice(
        "许可类型", terms.LICENSE_TYPES, description="转化方式选了「许可」才填。"
    )
    price_mode = Choice("定价方式", terms.PRICE_MODES)
    price_min = money_field("价格（万元）", "选「区间」时写最低价；选「面议」时不填。")
    price_max = money_field("最高价格（万元）", "只在选「区间」时填。")
    conversion_note = text(
        "转化说明", "还缺什么（中试、资金、设备），对合作方有什么要求。", 500
    )

    def validate_registration_no(self, field: Field) -> None:
        if field.data and not re.fullmatch(
            r"[0-9A-Z]{3}(19|20)\d{2}Y\d{4}", field.data.upper(), re.ASCII
        ):
            raise ValidationError("批准登记号是 12 位，如 3712026Y0001。")

    def check_together(self) -> None:
        low, high, mode = self.price_min, self.price_max, self.price_mode.data
        sums = low.data is not None or high.data is not None
        if sums and mode is None:
            self.blame({"price_mode": ["填了金额，请选定价方式。"]})
        if sums and mode == "negotiable":
            self.blame(
                {"price_min": ["选了「面议」就不填金额；要写金额，请换一种定价方式。"]}
            )
        elif high.data is not None and mode != "range":
            self.blame({"price_max": ["最高价格只在定价方式选「区间」时填。"]})
        elif high.data is not None and low.data is None and not low.errors:
            self.blame({"price_min": ["写上最低价格。"]})
        elif high.data is not None and low.data is not None and high.data < low.data:
            self.blame({"price_max": ["最高价格不能低于最低价格。"]})
        start, end = self.rd_start.data, self.rd_end.data
        if start and end and end < start:
            self.blame({"rd_end": ["研究结束不能早于研究开始。"]})
        if end and end > f"{today():%Y-%m}":
            self.blame({"rd_end": ["研究结束不能晚于本月。"]})
        if sum(entry.form.share.data or 0 for entry in self.contributors) > 100:
            self.blame({"contributors": ["各人的贡献比例加起来不能超过 100%。"]})

    def values(self) -> dict[str, Any]:
        found = super().values()
        if found["registration_no"]:
            found["registration_no"] = found["registration_no"].upper()
        return found


class DemandForm(ListingForm):
    """技术需求."""

    kind = "demand"
    row_kinds = ("metrics",)
    steps = (
        Step(
            "what",
            "要解决什么",
            ("organisation", "need", "demand_type", "title", "problem", "keywords"),
        ),
        Step(
            "target",
            "做到什么程度",
            ("key_technology", "expected_goal", "metrics", "foundation"),
            "指标写得越具体，匹配越准。",
        ),
        Step(
            "terms",
            "怎么合作、多少钱、多久",
            (
                "cooperation_modes",
                "solution_mode",
                "intended_partner",
                "stage_wished",
                "budget",
                "budget_negotiable",
                "deadline",
                "start_year",
                "end_year",
            ),
        ),
        Step(
            "class",
            "分类",
            (
                "field_codes",
                "industry_codes",
                "chain_code",
                "activity_type",
                "discipline",
            ),
        ),
        Step(
            "bounty",
            "揭榜",
            ("bounty", "solver_requirements", "ip_terms", "benefit_terms"),
            "不揭榜的需求跳过这一步。",
        ),
        Step(
            "contact",
            "联系和公开",
            (
                "contact_name",
                "contact_phone",
                "contact_email",
                "visibility",
                "anonymous",
                "valid_until",
                "note",
            ),
        ),
    )

    need = Choice("需求类别", terms.NEEDS, blank=None, default="technology")
    demand_type = Choice("需求类型", terms.DEMAND_TYPES)
    problem = public_text(
        "主要问题",
        f"说清楚现在怎么做、哪里不行、试过什么办法。不用写公文，像跟同行讲一样。建议 500 字以内，{AT_MOST}",
    )
    key_technology = public_text(
        "技术关键", f"您认为卡在哪项技术上；说不准可以不填。建议 500 字以内，{AT_MOST}"
    )
    expected_goal = public_text(
        "预期目标", f"解决以后要达到的效果和效益。建议 500 字以内，{AT_MOST}"
    )
    metrics = FieldList(
        FormField(AskedMetricRow),
        "技术指标",
        min_entries=2,
        description="一行一个可以验收的指标。也可以把「抗拉强度 ≥ 350 MPa」整句写在第一格，保存时会自动拆开。",
    )
    foundation = public_text("现有基础", f"已有的产线、样品、数据、设备。{AT_MOST}")
    cooperation_modes = Several("合作方式", terms.COOPERATION_MODES)
    solution_mode = Choice("解决方式", terms.SOLUTION_MODES)
    intended_partner = line("合作意向单位", 200, "已有意向的单位；没有就不填。")
    stage_wished = Choice("希望的成果阶段", terms.STAGES)
    budget = money_field("拟投入资金（万元）", "没有定下来就不填，勾选下面的「面议」。")
    budget_negotiable = BooleanField("资金面议")
    deadline = day_field("完成期限", "希望哪天之前解决，如 2027-06-30")
    start_year = Typed(
        "起始年", read=lambda t: cells.whole(t, 1950, 2100), description="如 2026"
    )
    end_year = Typed(
        "截止年", read=lambda t: cells.whole(t, 1950, 2100), description="如 2028"
    )
    activity_type = Choice("科技活动类型", terms.ACTIVITY_TYPES)
    discipline = line("学科分类", 60, "科技活动类型是「基础研究」时填，代替技术领域。")
    bounty = BooleanField(
        "作为揭榜需求发布", description="揭榜需求要有可验收的指标，并写明下面三项。"
    )
    solver_requirements = text("对揭榜方要求")
    ip_terms = text("产权归属")
    benefit_terms = text("利益分配")
    anonymous = BooleanField(
        "不公开单位名称", description="公开页面上只写「某县某产业企业」。"
    )

    def check_together(self) -> None:
        if self.budget_negotiable.data and self.budget.data is not None:
            self.blame({"budget": ["金额和「面议」只留一个。"]})
        start, end = self.start_year.data, self.end_year.data
        if start and end and end < start:
            self.blame({"end_year": ["截止年不能早于起始年。"]})


FORMS: dict[str, type[AchievementForm] | type[DemandForm]] = {
    "achievement": AchievementForm,
    "demand": DemandForm,
}


class DeedForm(FlaskForm):
    """A button: which revision its presser saw, and what he said."""

    seen = HiddenField()
    note = text("说明", "", 500)

    seen_revision = ListingForm.seen_revision
