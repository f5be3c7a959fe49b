"""Closed lists as lists in use write their terms: by name, by code, by other words, alone and several in one cell."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from marketplace.dictionaries.models import (
    HitechField,
    active_chains,
    current_districts,
    industry_divisions,
    names_by_code,
)
from marketplace.listings.schema import SCHEMAS
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.vocabulary import Vocabulary
from marketplace.parsing import ParseError


@pytest.fixture
def words(session: Session) -> dict[str, Vocabulary]:
    """Column → its closed list, of both kinds of lists."""
    known = Dictionaries()
    found = {}
    for schema in SCHEMAS.values():
        for column in schema.list_columns:
            vocabulary = column.options(known)
            if vocabulary is not None:
                found[column.name] = vocabulary
    return found


DICTIONARY = [
    ("district", "东昌府区", "371502"),
    ("district", "371502", "371502"),
    ("district", "聊城市东昌府区", "371502"),
    ("district", "茌平", "371503"),
    ("district", "茌平县", "371503"),
    ("district", "371523", "371503"),
    ("district", "山东省聊城市茌平县", "371503"),
    ("district", "莘县", "371522"),
    ("district", "临清", "371581"),
    ("district", "高新区", "LC-HTZ"),
    ("district", "经开区", "LC-EDZ"),
    ("district", "度假区", "LC-RES"),
    ("chain_code", "轴承", "bearing"),
    ("chain_code", "轴承产业链", "bearing"),
    ("chain_code", "有色金属（铝）", "aluminium"),
    ("chain_code", "高端装备", "equipment"),
    ("chain_code", "大健康", "health"),
    ("chain_code", "copper", "copper"),
    ("stage", "中试", "pilot"),
    ("stage", "中试阶段", "pilot"),
    ("stage", "可以量产", "industrialised"),
    ("stage", "lab_scale", "lab_scale"),
    ("level", "国内领先水平", "domestic_leading"),
    ("achievement_type", "应用技术", "applied_technology"),
    ("ips.ip_type", "软著", "software_copyright"),
    ("forms", "动植物（农业）新品种", "agri_variety"),
    ("demand_type", "产品研发", "product_process"),
    ("cooperation_modes", "不限/面议", "any"),
]


@pytest.mark.parametrize(("name", "written", "code"), DICTIONARY)
def test_terms_by_name_code_and_other_words(
    words: dict[str, Vocabulary], name: str, written: str, code: str
) -> None:
    assert words[name].read_one(written) == code


@pytest.mark.parametrize(
    ("name", "written", "codes"),
    [
        ("field_codes", "新材料", ["40"]),
        ("field_codes", "新材料技术；高分子材料", ["40", "403"]),
        ("field_codes", "中药、天然药物技术、软件", ["202", "101"]),
        ("field_codes", "804", ["804"]),
        ("industry_codes", "通用设备制造业、C35、汽车制造", ["C34", "C35", "C36"]),
        (
            "industry_codes",
            "铁路、船舶、航空航天和其他运输设备制造业、34",
            ["C37", "C34"],
        ),
        ("conversion_modes", "许可、合作开发", ["license", "co_implement"]),
    ],
)
def test_lists_of_terms(
    words: dict[str, Vocabulary], name: str, written: str, codes: list[str]
) -> None:
    assert words[name].read_many(written) == codes


@pytest.mark.parametrize(
    ("name", "written", "advice"),
    [
        ("district", "济南市", "外地单位此格留空"),
        ("chain_code", "有色金属", "有色金属(铝)"),
        ("industry_codes", "制造业", "大类"),
    ],
)
def test_an_unknown_term_is_refused_with_advice(
    words: dict[str, Vocabulary], name: str, written: str, advice: str
) -> None:
    with pytest.raises(ParseError) as caught:
        words[name].read_one(written)

    assert advice in caught.value.allowed


def test_every_name_of_every_list_finds_its_own_code(
    words: dict[str, Vocabulary],
) -> None:
    for vocabulary in words.values():
        found = {code: vocabulary.read_one(name) for code, name in vocabulary.items()}
        assert found == {code: code for code in vocabulary}


def test_dictionaries_hold_what_is_in_the_database(
    words: dict[str, Vocabulary],
) -> None:
    assert words["district"] == current_districts()
    assert words["chain_code"] == active_chains()
    assert words["industry_codes"] == industry_divisions()
    assert words["field_codes"] == names_by_code(HitechField)
