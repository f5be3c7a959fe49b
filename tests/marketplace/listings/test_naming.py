"""What tells whose an unnamed demand is: refused where it is certain, shown to the reviewer where it is likely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from marketplace.errors import Invalid
from marketplace.listings import deeds, naming, readiness
from marketplace.parsing.contacts import person_name, phone_numbers
from marketplace.parsing.organisations import parts_of_name
from tests.factories import Factory

SignIn = Callable[..., FlaskClient]
TOLD = "振动值离散，客户投诉有异音，调过多次仍达不到要求。"
GHOST = "高唐幽冥己机械有限公司（示例）"
STONE = "临清砺石精密轴承有限公司"
CODE = "91371526MA3C4XYZ0P"
CONTACT = {
    "contact_name": "欧阳启帆",
    "contact_phone": "0635-7654321",
    "contact_email": "qifan@youmingji.com",
}
# Owner, what is written into the problem, what of it is certain.
CERTAIN = [
    (GHOST, "高唐幽冥己机械有限公司"),
    (GHOST, "幽冥己机械"),
    (GHOST, "幽冥己"),
    (GHOST, "高唐县幽冥己机械"),
    (GHOST, "山东幽冥己机械"),
    (GHOST, "幽冥己機械"),
    (GHOST, "髙唐縣幽冥己機械有限公司"),
    (GHOST, "幽冥⼰机械"),
    (GHOST, "幽 冥 己"),
    (GHOST, "幽.冥.己"),
    (GHOST, "幽·冥·己公司"),
    (GHOST, "幽\u200b冥\u200d己"),
    (GHOST, "幽\n冥\n己"),
    (GHOST, "「幽冥己」牌"),
    (GHOST, "【幽】【冥】【己】"),
    (GHOST, "幽\u0336冥\u0336己\u0336"),
    (GHOST, "幽<b>冥</b>己"),
    (GHOST, "幽&#20901;己"),
    (GHOST, "幽_冥_己"),
    (STONE, "砺石"),
    (STONE, "礪石"),
    (STONE, "砺石轴承"),
    (STONE, "临清砺石"),
    (STONE, "砺石公司"),
    (STONE, "砺石集团"),
    ("山东时风（集团）有限责任公司", "时风"),
    ("山东聊城鲁西化工集团有限责任公司", "鲁西化工"),
    ("东阿阿胶股份有限公司", "东阿阿胶"),
    ("聊城信发（示例）铝业有限公司高唐分公司", "信发铝业"),
    ("莘县华祥盐化有限公司", "华祥"),
    ("莘县华祥盐化有限公司", "华祥盐化"),
    ("聊城创新机械有限公司", "聊城创新机械"),
    ("聊城创新机械有限公司", "创新公司"),
    ("聊城砺锋轴承有限公司（示例）", "聊城 砺锋\u3000轴承"),
    ("山东LF轴承股份有限公司", "ＬＦ轴承股份有限公司，山东lf轴承"),
    ("砺锋（聊城）轴承有限公司", "砺锋(聊城)轴承有限公司"),
    ("砺锋厂（轴承）", "砺锋"),
    ("冠县冠洲股份有限公司", "冠洲股份"),
    ("聊城第七轴承厂", "第七轴承厂"),
    # contacts
    (GHOST, "欧阳启帆"),
    (GHOST, "欧 阳 启 帆"),
    (GHOST, "歐陽啟帆"),
    (GHOST, "0635-7654321"),
    (GHOST, "06357654321"),
    (GHOST, "(0635) 765 4321"),
    (GHOST, "7654321"),
    (GHOST, "７６５４３２１"),
    (GHOST, "七六五四三二一"),
    (GHOST, "7 6 5 4 3 2 1"),
    (GHOST, "+86 635 7654321"),
    (GHOST, "765.43.21"),
    (GHOST, "qifan@youmingji.com"),
    (GHOST, "QiFan＠YouMingJi.com"),
    (GHOST, "qifan at youmingji dot com"),
    (GHOST, "qifan 艾特 youmingji 点 com"),
    (GHOST, "www.youmingji.com"),
    (GHOST, "https://youmingji.com/products"),
    (GHOST, CODE),
    (GHOST, CODE.lower()),
    (GHOST, " ".join(CODE)),
    (GHOST, "MA3C4XYZ0"),
    (GHOST, "高唐县汇鑫街道光明东路 108 号"),
    (GHOST, "高唐县汇鑫街道光明东路108号院内"),
]
# What a reviewer looks at, and what is nothing at all.
LIKELY = [
    ("聊城创新机械有限公司", "我们愿意创新合作方式", "创新"),
    ("聊城创新机械有限公司", "我们需要创新机械结构", "创新机械"),
    ("聊城东方轴承有限公司", "东方的产线", "东方"),
    (GHOST, "型号 YOUMINGJI-3", "youmingji"),
    (GHOST, "牌子 yōu míng jǐ", "youmingji"),
    (GHOST, "与邻家的山东某某科技有限公司比较", "有限公司"),
    (GHOST, "有意者拨打 13900001111", "13900001111"),
    (GHOST, "发到 someone@else.example", "someone@else.example"),
    (GHOST, "见 https://else.example.com/x", "else.example.com"),
    (GHOST, "加微信：abcde12345", "abcde12345"),
]
NOTHING = [
    (GHOST, "我公司"),
    (GHOST, "高唐县"),
    (GHOST, "机械"),
    (GHOST, "己二酸与幽门"),
    (GHOST, "每年 765432 件，外径 7654 mm"),
    ("轴承有限公司", "深沟球轴承"),
    ("轴承有限公司", "国内轴承厂"),
    ("聊城力达轴承有限公司", "能力达到 6 级"),
    ("聊城大学", "聊城的企业"),
    ("东阿阿胶股份有限公司", "东阿县的水"),
    ("第7号轴承厂（示例）", "第7号试样"),
    ("聊城新材料科技有限公司", "新材料科技园里的新材料"),
]


def draft(make: Factory, owner: str, **values: Any) -> Any:
    """A complete unnamed draft of a firm of that name, with the contacts of the tables."""
    organisation = make.organisation(owner)
    organisation.uscc = CODE
    organisation.address = "高唐县汇鑫街道光明东路108号"
    make.session.commit()
    given = {"anonymous": True, **CONTACT, **values}
    return make.demand(state="draft", owner=organisation, **given)


def certain(row: Any) -> set[str]:
    return {trace.field for trace in naming.traces_in(row) if trace.certain}


@pytest.mark.parametrize(("owner", "words"), CERTAIN)
def test_what_names_the_firm_is_refused(owner: str, words: str, make: Factory) -> None:
    row = draft(make, owner, problem=f"我公司的产线，{words}，{TOLD}")

    problems = readiness.publication_problems(row)

    assert list(problems) == ["problem"]
    assert "匿名需求请" in problems["problem"][0]
    with pytest.raises(Invalid):
        deeds.submit(row, by=None, seen=row.revision)
    row.anonymous = False
    assert readiness.publication_problems(row) == {}


@pytest.mark.parametrize(("owner", "words", "hint"), LIKELY)
def test_what_may_name_the_firm_is_shown_to_the_reviewer(
    owner: str, words: str, hint: str, make: Factory
) -> None:
    row = draft(make, owner, problem=f"我公司的产线，{words}，{TOLD}")

    hints = readiness.naming_hints(row)

    assert readiness.publication_problems(row) == {}
    assert [text for name, text in hints if hint in text and name == "主要问题"]


@pytest.mark.parametrize(("owner", "words"), NOTHING)
def test_ordinary_words_are_neither(owner: str, words: str, make: Factory) -> None:
    row = draft(make, owner, problem=f"我公司的产线，{words}，{TOLD}")

    assert readiness.publication_problems(row) == {}
    assert readiness.naming_hints(row) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": "幽冥己的异音攻关"}, "title"),
        ({"key_technology": "幽冥己的技术"}, "key_technology"),
        ({"foundation": "幽冥己已有两条线"}, "foundation"),
        ({"keywords": ["轴承", "幽冥己"]}, "keywords"),
        ({"keywords": ["幽冥", "己"]}, "keywords"),
        ({"discipline": "幽冥己"}, "discipline"),
        ({"metrics": [{"name": "振动", "value": 3, "unit": "幽冥己级"}]}, "metrics"),
        (
            {
                "metrics": [
                    {"name": "振动", "value": 3, "test_method": "幽冥己企业标准"}
                ]
            },
            "metrics",
        ),
        ({"solver_requirements": "联系幽冥己"}, "solver_requirements"),
        ({"ip_terms": "归幽冥己"}, "ip_terms"),
        ({"benefit_terms": "幽冥己得七成"}, "benefit_terms"),
    ],
)
def test_every_public_field_is_looked_through(
    values: dict[str, Any], field: str, make: Factory
) -> None:
    assert certain(draft(make, GHOST, **values)) == {field}


@pytest.mark.parametrize(
    "values",
    [
        {"note": "幽冥己，欧阳启帆 0635-7654321"},
        {"intended_partner": "幽冥己大学"},
    ],
)
def test_what_only_those_read_who_know_the_firm_may_name_it(
    values: dict[str, Any], make: Factory
) -> None:
    assert certain(draft(make, GHOST, **values)) == set()


def test_a_published_demand_cannot_take_up_the_name(make: Factory) -> None:
    row = make.demand(owner=make.organisation(GHOST), anonymous=True)

    with pytest.raises(Invalid) as refused:
        deeds.save(row, {"problem": f"幽冥己的{TOLD}"}, by=None, seen=row.revision)

    assert list(refused.value.problems) == ["problem"]


def test_the_reviewer_reads_what_looks_like_a_name(
    make: Factory, sign_in: SignIn
) -> None:
    operator = sign_in(make.person("operator"))
    owner = make.organisation("聊城东方轴承有限公司")
    unnamed = make.demand(
        state="submitted", owner=owner, anonymous=True, problem=f"东方的产线{TOLD}"
    )
    partial = make.achievement(
        state="submitted",
        owner=owner,
        visibility="partial",
        summary=f"东方公司的{TOLD}",
    )
    plain = make.demand(
        "东方轴承异音", state="submitted", owner=owner, problem=f"东方的产线{TOLD}"
    )

    pages = {
        row: operator.get(f"/office/review/{row.kind}/{row.id}").text
        for row in (unnamed, partial, plain)
    }

    assert "可能看得出是哪一家" in pages[unnamed]
    assert "「东方」单位简称" in pages[unnamed]
    assert "「东方公司」单位名称" in pages[partial]
    assert "可能看得出是哪一家" not in pages[plain]


@pytest.mark.parametrize(
    ("name", "brand", "trades"),
    [
        (GHOST, "幽冥己", ("机械",)),
        (STONE, "砺石", ("精密轴承",)),
        ("幽冥己（聊城）硬质合金股份有限公司", "幽冥己", ("硬质合金",)),
        ("金太阳光电有限公司高唐分公司", "金太阳", ("光电",)),
        ("聊城市东昌府区幽冥己农民专业合作社", "幽冥己", ()),
        ("东阿阿胶股份有限公司", "东阿", ("阿胶",)),
        ("阳机械厂", "阳机械", ()),
        ("聊城大学", "聊城", ("大学",)),
    ],
)
def test_parts_of_names(name: str, brand: str, trades: tuple[str, ...]) -> None:
    parts = parts_of_name(name)

    assert (parts.brand, parts.trades) == (brand, trades)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0635-7654321", {"06357654321", "7654321"}),
        ("0635-7654321转802", {"06357654321", "7654321"}),
        ("010-87654321", {"0108765432", "8765432"}),
        ("13800001234", {"13800001234"}),
        ("+86 138 0000 1234", {"13800001234"}),
        ("0635-7654321；13800001234", {"06357654321", "7654321", "13800001234"}),
        ("12345", set()),
        ("", set()),
    ],
)
def test_telephones_as_they_are_compared(text: str, numbers: set[str]) -> None:
    assert phone_numbers(text) == numbers


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("欧阳启帆", "欧阳启帆"),
        ("欧阳启帆 总经理", "欧阳启帆"),
        ("李经理", "李经理"),
        ("张伟（先生）", "张伟"),
        ("技术部", ""),
        ("科技处", ""),
        ("办公室", ""),
        ("Li Ming", "liming"),
        ("", ""),
    ],
)
def test_people_as_they_are_compared(text: str, name: str) -> None:
    assert person_name(text) == name
