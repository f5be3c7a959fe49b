"""What a reviewer is shown as not fitting together, and that nobody lets their own listing through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.clock import today
from marketplace.errors import Invalid, NotAllowed
from marketplace.listings import deeds
from marketplace.listings.contradictions import doubts_about
from marketplace.listings.models import Achievement, Demand
from tests.factories import GOOD, GOOD_FORM, Factory

SignIn = Callable[..., FlaskClient]


def right(**values: Any) -> dict[str, Any]:
    return {
        "ip_type": "invention",
        "name": "一种磨削方法",
        "legal_status": "granted",
    } | values


def past(days: int) -> Any:
    return today() - timedelta(days)


LAPSED = right(legal_status="lapsed")
ACHIEVEMENTS = [
    # (values, words of the doubt; none where all fits)
    ({"stage": "rnd", "trl": 8}, ["「研制」", "8 级"]),
    ({"stage": "industrialised", "trl": 2}, ["「产业化」", "2 级"]),
    ({"stage": "pilot", "trl": 3}, ["「中试」", "3 级"]),
    ({"stage": "pilot", "trl": 5}, []),
    ({"stage": "pilot", "trl": 6}, []),
    ({"stage": "rnd", "application_status": "industrial"}, ["产业化应用"]),
    ({"stage": "industrialised", "application_status": "not_applied"}, ["未应用"]),
    ({"stage_evidence": "有"}, ["只写了「有」"]),
    ({"stage_evidence": " 见附件 "}, ["见附件"]),
    ({"stage_evidence": "省机械院 2025 年检测报告"}, []),
    ({"secrecy": "commercial"}, ["「商业秘密」", "「公开」"]),
    ({"secrecy": "internal"}, ["「内部」"]),
    ({"secrecy": "commercial", "visibility": "partial"}, []),
    ({"secrecy": "commercial", "visibility": "confidential"}, []),
    ({"secrecy": "open"}, []),
    ({"ips": [right(ip_type="know_how")]}, ["技术秘密"]),
    (
        {"ips": [LAPSED], "conversion_modes": ["license"], "license_type": "exclusive"},
        ["已失效", "许可（独占）"],
    ),
    ({"ips": [LAPSED], "conversion_modes": ["transfer"]}, ["已失效", "转让"]),
    ({"ips": [right(legal_status="invalidated")]}, ["「无效」"]),
    ({"ips": [right(applied_on=past(21 * 366))]}, ["保护期到"]),
    ({"ips": [right(ip_type="utility_model", applied_on=past(11 * 366))]}, ["保护期到"]),
    ({"ips": [right(fee_paid_until=past(400))]}, ["已失效", "年费缴到"]),
    ({"ips": [right(fee_paid_until=past(30))]}, ["年费只缴到"]),
    ({"ips": [right(fee_paid_until=past(-30), applied_on=past(800))]}, []),
    ({"ips": [right(ip_type="software_copyright", applied_on=past(30 * 366))]}, []),
    (
        {"ips": [right(licensed=True)], "conversion_modes": ["license"], "license_type": "exclusive"},
        ["已许可他人", "独占"],
    ),
    ({"ips": [right(pledged=True)], "conversion_modes": ["transfer"]}, ["已质押"]),
    (
        {"ips": [right(legal_status="pending")], "conversion_modes": ["license"], "license_type": "open"},
        ["开放许可"],
    ),
    ({"conversion_note": "共有人未征求意见"}, ["共有人同意"]),
    ({"note": "尚未取得合作单位的同意"}, ["共有人同意"]),
    ({"note": "已经征得共有人同意"}, []),
    ({"ownership": "joint", "conversion_modes": ["transfer"]}, ["共有"]),
    ({"valid_until": past(-20 * 366)}, ["太远了"]),
    ({"valid_until": past(1)}, ["已经过了"]),
]  # fmt: skip
DEMANDS = [
    ({"budget": Decimal(0), "budget_negotiable": False}, ["0 万元"]),
    ({"deadline": past(3)}, ["已经过了"]),
    ({"deadline": past(-300)}, []),
    ({"demand_type": "talent"}, ["人才引进"]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "words"), ACHIEVEMENTS)
def test_an_achievement_that_contradicts_itself(
    values: dict[str, Any], words: list[str], make: Factory
) -> None:
    plain = {"stage": "pilot", "trl": None, "stage_evidence": "", "ips": []}
    row = make.achievement(state="draft", **(plain | values))
    assert isinstance(row, Achievement)

    found = doubts_about(row)

    assert bool(found) == bool(words), found
    for word in words:
        assert any(word in text for text in found), found


@pytest.mark.parametrize(("values", "words"), DEMANDS)
def test_a_demand_that_contradicts_itself_or_names_its_firm(
    values: dict[str, Any], words: list[str], make: Factory
) -> None:
    owner = make.organisation("山东临清鲁锦轴承有限公司")
    owner.name = "山东临清鲁锦有限公司"
    row = make.demand(state="draft", owner=owner, **values)
    assert isinstance(row, Demand)

    found = doubts_about(row)

    assert bool(found) == bool(words), found
    for word in words:
        assert any(word in text for text in found), found


def test_the_reviewer_sees_them_and_may_still_decide(
    make: Factory, sign_in: SignIn
) -> None:
    row = make.achievement(state="submitted", stage_evidence="见附件")
    browser = sign_in(make.person("operator"))

    page = browser.get(f"/office/review/achievement/{row.id}").text

    assert "1 处前后矛盾或要核对" in page
    assert "成熟度依据只写了「见附件」" in page
    deeds.approve(row, by=make.person("operator"), seen=row.revision, scores=GOOD)
    assert row.state == "published"


# What nobody could act on is refused at every door to the public: (values, field, words of the reason).
REFUSED = [
    ({"stage": "rnd", "trl": 6}, "trl", "技术成熟度却是 6 级"),
    ({"stage": "industrialised", "trl": 2}, "trl", "请把所处阶段或技术成熟度改对"),
    ({"stage": "rnd", "application_status": "industrial"}, "application_status", "产业化应用"),
    ({"secrecy": "commercial"}, "visibility", "不为公众所知悉"),
    ({"ips": [right(name="一种装置（国防专利）")]}, "visibility", "国防专利条例"),
    ({"ips": [LAPSED], "conversion_modes": ["transfer"]}, "ips", "专利法第四十二、四十四、四十七条"),
    ({"ips": [right(fee_paid_until=past(400))], "conversion_modes": ["equity"]}, "ips", "已失效"),
    (
        {"ips": [right(licensed=True)], "conversion_modes": ["license"], "license_type": "sole"},
        "license_type", "技术合同司法解释第二十五条",
    ),
    (
        {"ips": [right(legal_status="pending")], "conversion_modes": ["license"], "license_type": "open"},
        "license_type", "专利法第五十条",
    ),
    ({"conversion_note": "尚未取得共有人的同意"}, "conversion_note", "专利法第十四条，条文待核实"),
]  # fmt: skip
ALLOWED = [
    {"stage": "pilot", "trl": 5},
    {"secrecy": "commercial", "visibility": "partial"},
    {"ips": [LAPSED], "conversion_modes": ["self_implement"]},
    # One patent of two is enough to hand on.
    {"ips": [LAPSED, right(name="另一种方法")], "conversion_modes": ["transfer"]},
    {"ips": [right(fee_paid_until=past(30))], "conversion_modes": ["transfer"]},
    {"ips": [right(licensed=True)], "conversion_modes": ["license"], "license_type": "non_exclusive"},
    {"ips": [right(checked_on=past(200))]},
]  # fmt: skip


def test_what_nobody_could_act_on_is_refused(make: Factory, subtests: Any) -> None:
    owner = make.organisation()
    writer = make.person("firm", owner)
    # Written as a draft may be, and changed into it while it is public.
    public = make.achievement(owner=owner)
    for values, field, words in REFUSED:
        with subtests.test(str(values)):
            row = make.achievement(state="draft", owner=owner, **values)
            with pytest.raises(Invalid) as refusal:
                deeds.submit(row, by=writer, seen=row.revision)
            assert any(words in text for text in refusal.value.problems[field])
            with pytest.raises(Invalid) as refusal:
                deeds.save(public, values, by=writer, seen=public.revision)
            assert any(words in text for text in refusal.value.problems[field])
    for values in ALLOWED:
        row = make.achievement(state="draft", owner=owner, **values)
        deeds.submit(row, by=writer, seen=row.revision)
        assert row.state == "submitted"


def test_a_legal_status_that_is_too_old_is_said(make: Factory) -> None:
    for days, told in ((180, False), (181, True)):
        row = make.achievement(state="draft", ips=[right(checked_on=past(days))])
        assert any(f"{days} 天以前核对" in text for text in doubts_about(row)) == told


@pytest.mark.parametrize("way", ["wrote", "handed in"])
@pytest.mark.parametrize("kind", ["achievement", "demand"])
def test_an_operator_does_not_let_their_own_through(
    way: str, kind: str, make: Factory, sign_in: SignIn
) -> None:
    owner = make.organisation("科技大市场（示例）", kind="operator")
    writer, other = make.person("operator", owner), make.person("operator", owner)
    row = getattr(make, kind)(state="draft", owner=owner)
    if way == "wrote":
        row.owner_id = writer.id
        make.session.commit()
        deeds.submit(row, by=other, seen=row.revision)
        other = make.person("operator", owner)
    else:
        deeds.submit(row, by=writer, seen=row.revision)
    address = f"/office/review/{kind}/{row.id}"
    browser = sign_in(writer)

    page = browser.get(address).text
    answer = browser.post(
        f"{address}/approve", data={"seen": row.revision, **GOOD_FORM}
    )

    assert "由其他运营人员通过" in page
    assert (
        "通过并发布" not in page.split('id="decision-title"')[1].split("</section>")[0]
    )
    assert "退回修改" in page
    assert answer.status_code == 403
    with pytest.raises(NotAllowed):
        deeds.approve(row, by=writer, seen=row.revision, scores=GOOD)
    assert row.state == "submitted"
    assert "通过并发布" in sign_in(other).get(address).text
    deeds.approve(row, by=other, seen=row.revision, scores=GOOD)
    assert row.state == "published"
