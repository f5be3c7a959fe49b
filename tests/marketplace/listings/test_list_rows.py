"""What the cells of one row of a list come to: values that fit together, and the organisation that owns the listing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from marketplace.listings.schema import ACHIEVEMENT, DEMAND, SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.owners import (
    guess_kind,
    owner_column,
    owner_name,
    owner_of_cells,
)
from marketplace.parsing import ParseError
from marketplace.parsing.money import Money

D = Decimal


class Collector:
    """Takes what is said of a row."""

    def __init__(self) -> None:
        self.wrong: list[tuple[str, str]] = []
        self.remarks: list[str] = []

    def report_error(self, key: str, error: ParseError) -> None:
        self.wrong.append((key, error.message))

    def report_notice(self, key: str, message: str) -> None:
        self.remarks.append(message)


def composed(
    kind: str, cells: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, str]], list[str]]:
    """Values, (column, what is wrong), remarks."""
    report = Collector()
    values = SCHEMAS[kind].values_of_cells(cells, report)
    return values, report.wrong, report.remarks


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"price": Money(None, None)}, ("negotiable", None, None)),
        ({"price": Money(D(50), D(50))}, ("fixed", D(50), None)),
        ({"price": Money(D(30), D(60))}, ("range", D(30), D(60))),
        (
            {"price": Money(D(50), D(50)), "price_mode": "appraised"},
            ("appraised", D(50), None),
        ),
        ({"price_mode": "negotiable"}, ("negotiable", None, None)),
    ],
)
def test_a_price_is_of_one_piece(
    found: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    values, wrong, _ = composed("achievement", found)

    assert (values["price_mode"], values["price_min"], values["price_max"]) == expected
    assert wrong == []


@pytest.mark.parametrize(
    "found",
    [
        {"price": Money(D(50), D(50)), "price_mode": "negotiable"},
        {"price": Money(D(30), D(60)), "price_mode": "fixed"},
    ],
)
def test_a_price_that_contradicts_itself(found: dict[str, Any]) -> None:
    _, wrong, _ = composed("achievement", found)

    assert [key for key, _ in wrong] == ["price"]


def test_pieces_without_figures_join_the_text_that_takes_them() -> None:
    row = {
        "name": "圆度",
        "operator": "le",
        "value": D("0.1"),
        "value_max": None,
        "unit": "mm",
    }

    values, wrong, remarks = composed(
        "achievement",
        {"metrics": ([row], ["达到国际先进水平"]), "baseline": "低 9 dB"},
    )

    assert values == {"metrics": [row], "baseline": "低 9 dB；达到国际先进水平"}
    assert wrong == []
    assert remarks == [
        "「达到国际先进水平」没有可比较的数字，并入了「比现有做法好多少」。"
    ]


def test_pieces_without_figures_that_do_not_fit_are_a_problem() -> None:
    _, wrong, _ = composed("achievement", {"metrics": ([], ["很长" * 300])})

    assert [key for key, _ in wrong] == ["metrics"]


def test_rights_follow_one_order() -> None:
    values, wrong, _ = composed(
        "achievement",
        {
            "ips.ip_type": ["发明专利", "软著"],
            "ips.number": ["ZL201710601862.3", ""],
            "ips.name": ["甲", "乙"],
            "ips.legal_status": ["已授权"],
            "ips.applied_on": ["2017.07.21", ""],
        },
    )
    expected = [
        {
            "ip_type": "invention",
            "number": "ZL201710601862.3",
            "name": "甲",
            "legal_status": "granted",
            "applied_on": date(2017, 7, 21),
        },
        {"ip_type": "software_copyright", "name": "乙", "legal_status": "granted"},
    ]

    assert values["ips"] == expected
    assert wrong == []


def test_the_type_of_a_right_follows_from_its_number() -> None:
    values, wrong, _ = composed(
        "achievement", {"ips.number": ["ZL201710601862.3", "2024SR0123456"]}
    )

    assert [right["ip_type"] for right in values["ips"]] == [
        "invention",
        "software_copyright",
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("found", "key", "told"),
    [
        (
            {
                "ips.ip_type": ["发明专利"],
                "ips.name": ["甲", "乙"],
                "ips.number": ["ZL201710601862.3"],
            },
            "ips.number",
            "对不上",
        ),
        (
            {"ips.ip_type": ["发明专利", "实用新型"], "ips.name": ["甲", "乙", "丙"]},
            "ips.ip_type",
            "有 2 项",
        ),
        (
            {"ips.ip_type": ["实用新型"], "ips.number": ["ZL201710601862.3"]},
            "ips.number",
            "是发明专利的号",
        ),
        (
            {"ips.ip_type": ["发明专利"], "ips.number": ["ZL201710601862.4"]},
            "ips.number",
            "校验位",
        ),
        ({"ips.name": ["甲"]}, "ips.name", "没有写类型，也没有写看得出类型的编号"),
        ({"ips.number": ["CN112345678A"]}, "ips.number", "公开（公告）号"),
        ({"ips.ip_type": ["专利"]}, "ips.ip_type", "不在可填的范围内"),
        (
            {
                "ips.ip_type": ["发明"],
                "ips.applied_on": ["2020.5.1"],
                "ips.granted_on": ["2019.5.1"],
            },
            "ips.granted_on",
            "早于",
        ),
    ],
)
def test_rights_that_do_not_fit_together(
    found: dict[str, Any], key: str, told: str
) -> None:
    _, wrong, _ = composed("achievement", found)

    assert (wrong[0][0], told in wrong[0][1]) == (key, True)


def test_several_organisations_and_one() -> None:
    several, _, _ = composed("achievement", {"organisations": ["甲校", "乙厂"]})
    one, _, _ = composed("achievement", {"organisations": ["甲校"]})

    assert several == {"co_owners": [{"name": "甲校"}, {"name": "乙厂"}]}
    assert one == {}


def test_a_stage_may_be_written_as_a_level() -> None:
    stage = ACHIEVEMENT["stage"]
    known = Dictionaries()

    assert [stage.read_cell(raw, known) for raw in ("TRL6", "8级", 4, "中试", "—")] == [
        ("pilot", 6),
        ("small_batch", 8),
        ("lab_scale", 4),
        ("pilot", None),
        None,
    ]


def test_a_period_in_the_future_and_shares_over_the_whole() -> None:
    _, future, _ = composed("achievement", {"period": ("2024-01", "2199-01")})
    _, shares, _ = composed(
        "achievement",
        {
            "contributors": [
                {"name": "甲", "share": D(60)},
                {"name": "乙", "share": D(50)},
            ]
        },
    )

    assert [key for key, _ in (*future, *shares)] == ["period", "contributors"]


def test_the_need_of_a_demand_follows_from_its_type() -> None:
    needs = [
        composed("demand", {"demand_type": code})[0]["need"]
        for code in ("talent", "financing", "tech_upgrade")
    ]

    assert needs == ["talent", "capital", "technology"]


def test_who_is_to_own_the_rights_of_a_demand_is_no_column_of_rights() -> None:
    values, wrong, _ = composed("demand", {"ip_terms": "归需求方"})

    assert values == {"ip_terms": "归需求方"}
    assert wrong == []


def test_the_budget_is_the_most_a_firm_will_spend() -> None:
    values, _, remarks = composed("demand", {"budget": Money(D(30), D(60))})
    negotiable, _, _ = composed("demand", {"budget": Money(None, None)})

    assert (values["budget"], values["budget_negotiable"]) == (D(60), False)
    assert remarks == ["写的是一个区间，按上限 60 万元记录。"]
    assert (negotiable["budget"], negotiable["budget_negotiable"]) == (None, True)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("聊城大学（示例）", "university"),
        ("聊城职业技术学院", "university"),
        ("鲁西轴承技术研究院（示例）", "institute"),
        ("某某企业技术中心（示例）", "institute"),
        ("中国科学院某某研究所", "institute"),
        ("聊城大学科技园有限公司", "firm"),
        ("某某轴承厂", "firm"),
        ("某某农民专业合作社", "firm"),
        ("无名", "firm"),
    ],
)
def test_the_kind_of_an_organisation_by_its_name(name: str, kind: str) -> None:
    assert guess_kind(name) == kind


def test_the_owner_is_the_first_of_the_organisations_or_the_named_lead() -> None:
    both = {"organisations": ["甲校", "乙厂"]}

    assert owner_of_cells(ACHIEVEMENT, both).name == "甲校"
    assert owner_of_cells(ACHIEVEMENT, both | {"lead": "乙厂"}).name == "乙厂"


def test_the_kind_a_row_gives_counts_more_than_the_name() -> None:
    cells = {"organisations": "丙公司", "organisation_kind": "service_body"}

    assert owner_of_cells(DEMAND, cells).kind == "service_body"


def test_a_row_without_an_organisation_names_no_owner() -> None:
    assert owner_name(ACHIEVEMENT, {}) is None
    assert owner_column(ACHIEVEMENT, {}).label == "完成单位"
