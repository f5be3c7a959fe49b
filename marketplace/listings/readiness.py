"""What a listing needs to be public. Forms and importer check the shape of input; nothing is read or written here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marketplace.accounts.models import Organisation, plain
from marketplace.listings.models import (
    CHILDREN,
    LISTINGS,
    Achievement,
    Demand,
)

TEXT_LIMIT = 3000  # characters of one text; the official forms ask for 500 or 1,000, older lists hold more
TEXT_LEAST = 20  # characters below which nobody could judge what is offered or asked
NO_BASELINE = "尚无对比数据"
BRACKETED = re.compile(r"[(（][^()（）]*[)）]")
COMPANY_FORMS = ("有限责任公司", "股份有限公司", "有限公司")
NAME_LEAST = (
    3  # characters of a shortened name below which it would be found in other words
)
# What a page shows of a demand in the firm's own words, beside keywords and metrics.
PUBLIC_TEXTS = (
    "title",
    "problem",
    "key_technology",
    "expected_goal",
    "foundation",
    "solver_requirements",
    "ip_terms",
    "benefit_terms",
    "discipline",
)


def publication_problems(row: Achievement | Demand) -> dict[str, list[str]]:
    """What keeps a listing from being public: field → what is wrong and what to do. Empty when it is ready."""
    found: dict[str, list[str]] = {}

    def need(ok: object, name: str, text: str) -> None:
        if not ok:
            found.setdefault(name, []).append(text)

    def text(name: str, label: str, required: bool = False) -> None:
        length = len(getattr(row, name).strip())
        need(
            not required or length >= TEXT_LEAST,
            name,
            f"{label}至少写 {TEXT_LEAST} 个字，别人才能判断。",
        )
        need(
            length <= TEXT_LIMIT,
            name,
            f"{label}最多 {TEXT_LIMIT} 字，现在有 {length} 字。",
        )

    need(4 <= len(row.title.strip()) <= 100, "title", "名称应为 4–100 个字。")
    need(len(row.keywords) <= 5, "keywords", "关键词最多 5 个。")
    need(
        len(row.field_codes) <= 3,
        "field_codes",
        "技术领域最多 3 个：1 个主领域和 2 个相关领域。",
    )
    need(len(row.industry_codes) <= 3, "industry_codes", "应用行业最多 3 个。")
    need(row.contact_name.strip(), "contact_name", "填写联系人或联系部门。")
    need(
        row.contact_phone.strip() or row.contact_email.strip(),
        "contact_phone",
        "电话和邮箱至少填一个。",
    )
    if isinstance(row, Achievement):
        text("summary", "成果简介", required=True)
        for name, label in (
            ("innovation", "创新点"),
            ("prospects", "应用前景"),
            ("benefits", "预期效益"),
            ("cases", "案例"),
        ):
            text(name, label)
        need(row.field_codes, "field_codes", "选择技术领域。")
        need(row.stage, "stage", "选择所处阶段。")
        need(row.conversion_modes, "conversion_modes", "至少选择一种转化方式。")
        need(row.contributors, "contributors", "至少填写一位完成人。")
        need(row.price_mode, "price_mode", "选择定价方式；没有定价就选「面议」。")
        priced = row.price_mode in (None, "negotiable") or row.price_min is not None
        need(priced, "price_min", "写上价格；没有定价就把定价方式改为「面议」。")
        need(
            row.price_mode != "range" or row.price_max is not None,
            "price_max",
            "写上最高价格。",
        )
        need(
            row.metrics or row.baseline.strip(),
            "baseline",
            f"写明比现有做法好多少，或填技术指标；确实没有就写「{NO_BASELINE}」。",
        )
        need(
            row.trl is None or row.trl < 7 or row.stage_evidence.strip(),
            "stage_evidence",
            "成熟度 7 级以上要写明依据。",
        )
        level_known = row.level in (None, "not_evaluated") or row.evaluation_method
        need(
            level_known,
            "evaluation_method",
            "写了成果水平就要写评价方式；没有评价过请选「未评价」。",
        )
        open_licence = row.license_type == "open"
        need(
            not open_licence or "license" in row.conversion_modes,
            "license_type",
            "开放许可要在转化方式里选「许可」。",
        )
    else:
        text("problem", "主要问题", required=True)
        for name, label in (
            ("key_technology", "技术关键"),
            ("expected_goal", "预期目标"),
            ("foundation", "现有基础"),
        ):
            text(name, label)
        need(row.demand_type, "demand_type", "选择需求类型。")
        need(
            row.budget is not None or row.budget_negotiable,
            "budget",
            "填写拟投入资金，或选「面议」。",
        )
        if row.need == "technology":
            known = row.field_codes or (
                row.activity_type == "basic_research" and row.discipline
            )
            need(known, "field_codes", "选择技术领域。")
            need(
                row.cooperation_modes,
                "cooperation_modes",
                "至少选择一种合作方式；都可以就选「不限/面议」。",
            )
        for name in _naming(row) if row.anonymous else ():
            need(
                False,
                name,
                "这里写着本单位的名称。匿名需求请改成「我公司」，或不选「不公开单位名称」。",
            )
        if row.bounty:
            need(row.metrics, "metrics", "揭榜需求至少要有一项可验收的量化指标。")
            for name, label in (
                ("solver_requirements", "对揭榜方要求"),
                ("ip_terms", "产权归属"),
                ("benefit_terms", "利益分配"),
            ):
                need(getattr(row, name).strip(), name, f"揭榜需求要写明{label}。")
    return found


def missing_for_publication(
    kind: str, values: Mapping[str, Any], *, organisation: Organisation | None
) -> dict[str, list[str]]:
    """What would keep a listing of these values from being public, as `publication_problems` says; nothing is stored.

    Args:
        kind: `achievement` or `demand`.
        values: as for `create`.
        organisation: the owner; None where it is not chosen yet.
    """
    children = CHILDREN[kind]
    columns = {
        name: [children[name](**one) for one in value] if name in children else value
        for name, value in values.items()
    }
    return publication_problems(LISTINGS[kind](organisation=organisation, **columns))


def _naming(row: Demand) -> list[str]:
    """The public texts of a demand that name its organisation, in full or without brackets and form of company."""
    owner = row.organisation.name if row.organisation else ""
    names = {plain(owner), plain(BRACKETED.sub("", owner))}
    for form in COMPANY_FORMS:
        names |= {
            short
            for name in names
            if len(short := name.removesuffix(form)) >= NAME_LEAST
        }
    said = {name: getattr(row, name) for name in PUBLIC_TEXTS}
    said["keywords"] = " ".join(row.keywords)
    said["metrics"] = " ".join(
        f"{one.name} {one.unit} {one.current} {one.test_method}" for one in row.metrics
    )
    return [
        field
        for field, text in said.items()
        if any(name in plain(text) for name in names if name)
    ]
