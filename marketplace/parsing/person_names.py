"""What can be a name of a person, and what is said of one: titles, roles, sex. Lists of people are read in `people.py`.

Names are compared in `contacts.py`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from marketplace.parsing.name_lists import any_of, read_word_lists
from matching.folding import fold_label

WORDS = read_word_lists(Path(__file__).with_name("people_words.txt"))
COMMON = frozenset(WORDS["common"])
SURNAMES = COMMON | frozenset(WORDS["surnames"])
COMPOUND = frozenset(WORDS["compound"])
_TRANSLITERATED = frozenset(WORDS["transliterated"])
MAX_WORD = 40  # characters of a title or role
HAN = "\u3400-\u9fff\U00020000-\U0003ffff"
_IS_HAN = re.compile(f"[{HAN}]+")
# The dot in 阿卜杜拉·买买提, in the forms it is typed in.
_DOTS = re.compile(rf"(?<=[{HAN}])\s*[·•・‧∙⋅﹒．.｡]\s*(?=[{HAN}])")
_DOT = "·"
# 阿卜杜拉·买买提, Jean-Luc O’Neil Jr., 王建国（示例）; the last ones part syllables of Tibetan.
_PARTING = frozenset("·•・-‐–'’.,，（）()\u0f0b\u0f0c")
TITLE = re.compile(
    rf"(?:{any_of(WORDS['title_ranks'])})*(?:{any_of(WORDS['titles'])})"
    rf"(?:(?:级|职称)?(?:{any_of(WORDS['titles'])}))?|(?:prof|dr|phd|ph\.d)\.?",
    re.I,
)
_ROLE = re.compile(
    rf"(?:{any_of(WORDS['role_ranks'])})*(?:{any_of(WORDS['roles'])})(?:之一)?"
)
_TEAMS = ("课题组", "项目组", "研究组", "研发组", "团队", "小组")
_NO_PERSON = frozenset(WORDS["no_person"])
# Of no use to a listing, and personal: sex, age, people, party, birth.
_PERSONAL = re.compile(
    r"[男女](?:性|士)?|[\u3400-\u9fff]{1,4}族|\d{2}岁|(?:中共)?(?:预备)?党员|群众|团员|民盟|九三学社社?员?|无党派"
    r"|(?:生于)?\d{4}[年./-]\d{1,2}(?:[月./-](?:\d{1,2}日?)?)?(?:出?生)?|\d{4}年?生?"
    r"|(?:19|20)\d{2}[-—–~至]+(?:(?:19|20)\d{2}|今)?"
)
SEAL = re.compile(r"签[字名章]|盖章|手签|亲笔签名")
SHARE = re.compile(r"(?:占|贡献)?(?:比例)?:?(\d{1,3}(?:\.\d{1,2})?)%", re.ASCII)
_ORGANISATION = re.compile(
    r"(?:大学|学院|公司|集团|研究院|研究所|科学院|医院|实验室|研究中心|技术中心|合作社|[院所厂局处部科系室]|中心|学校)$"
)
_LATIN_NAME = re.compile(
    r"[^\W\d_]+(?:[\s.\-'’,&·]+[^\W\d_]+)*\.?(?:\s+\(?[A-Z][a-z]*\)?)?"
)

BRACKETS = re.compile(r"[（(\[【〔]([^（()）\[\]【】〔〕]*)[)）\]】〕]")
# Labels that only say that names follow.
NAMES_FOLLOW = re.compile(
    r"(?:项目|成果|技术|课题|专利|团队|主要|全体|第一|其他|其它)*(?:完成|研发|研究|研制|发明|设计|参与|参加|开发|合作)?(?:人员?|者|姓名|名单|成员|作者|团队|骨干)"
    r"(?:姓名|名单|\(?按(?:贡献|排名|顺序)[^:]*\)?)*|姓名|名单|人员|成员"
)
TITLE_FOLLOWS = re.compile(
    r"(?:技术)?(?:职称|职务|职位|头衔|学历|学位)(?:[/、](?:职称|职务))?"
)
FOREIGN = re.compile(
    r"(?:工作|所在|所属|依托|完成)?(?:单位|部门|院系|学院|公司)(?:名称)?|(?:联系)?(?:电话|手机号?码?|方式)|传真|e-?mail|(?:电子)?邮箱"
    r"|(?:通[讯信]|联系)?地址|邮编|专业|研究方向|性别|年龄|出生(?:年月|日期)?|民族|身份证号?码?|政治面貌|备注|日期|签[字名]|qq|微信"
)
NUMBER = re.compile(r"\+?\d[\d\s\-—－()（）]{5,}\d|[\w.+-]+@[\w.-]+")


def unfit_sign(name: str) -> str:
    """The first sign that stands in no name of a person; empty where there is none.

    Letters of every script, marks, figures (two of one name in a house) and what parts a name may stand there.
    """
    for character in name:
        category = unicodedata.category(character)
        if category[0] not in "LMNZ" and character not in _PARTING:
            return character
    return ""


def pictured_sign(text: str) -> str:
    """The first emoji or other picture in a text; empty where there is none."""
    for character in text:
        if unicodedata.category(character) in ("So", "Sk", "Co", "Cn"):
            return character
    return ""


def fold_dots(text: str) -> str:
    """A text with one kind of dot between the parts of a Chinese name, without blanks around it."""
    return _DOTS.sub(_DOT, text)


def is_han(text: str) -> bool:
    """Whether a text is made of Han characters only."""
    return _IS_HAN.fullmatch(text) is not None


def is_title(word: str) -> bool:
    """Whether a word is a title or an office: 副教授, 高级工程师, 总经理."""
    return len(word) <= MAX_WORD and bool(TITLE.fullmatch(fold_label(word)))


def is_role(word: str) -> bool:
    """Whether a word says what somebody did: 项目负责人, 第二完成人."""
    return len(word) <= MAX_WORD and bool(_ROLE.fullmatch(fold_label(word)))


def is_personal(word: str) -> bool:
    """Whether a word says of somebody what a listing has no use for: 男, 汉族, 45岁."""
    return _PERSONAL.fullmatch(fold_label(word)) is not None


def names_nobody(text: str) -> bool:
    """Whether a text speaks of people without naming one: 课题组成员, 研发团队."""
    return text in _NO_PERSON or text.endswith(_TEAMS)


def is_organisation(text: str) -> bool:
    """Whether a text ends as names of organisations do and is too long for a person, or begins with no surname."""
    if not is_han(text) or not _ORGANISATION.search(text):
        return False
    return len(text) >= 4 or surname_of(text) == ""


def is_latin_name(text: str) -> bool:
    """Whether a text may be a name in another script than Han."""
    return not re.search(f"[{HAN}]", text) and bool(_LATIN_NAME.fullmatch(text))


def surname_of(text: str) -> str:
    """The surname a Chinese name begins with, the compound one first; empty for none known."""
    for length in (4, 3, 2):
        if text[:length] in COMPOUND:
            return text[:length]
    return text[:1] if text[:1] in SURNAMES else ""


def is_full_name(text: str) -> bool:
    """Whether a text is surely a full Chinese name: a known surname and one or two more characters."""
    surname = surname_of(text)
    if not surname or not is_han(text):
        return False
    # 欧阳 alone may be 欧 and a given name; only with more it is one for sure.
    return len(surname) < len(text) <= len(surname) + 2


def is_run_together(text: str) -> bool:
    """Whether a text of Han characters may be several names without anything between them: 张三李四.

    A long one that begins like a transliterated name (阿卜杜拉买买提) is one.
    """
    if not is_han(text) or len(text) < 4 or text[:2] in COMPOUND:
        return len(text) > 4 and text[:2] in COMPOUND
    # Four characters may be two people of two, or one with two surnames.
    if len(text) == 4:
        # 张杨子涵 has two surnames at its beginning; two at places of two names are two people.
        return text[0] in COMMON and text[2] in COMMON
    return text[0] in SURNAMES and text[0] not in _TRANSLITERATED


@lru_cache(20_000)
def kind_of(word: str) -> str:
    """`title` or `role` of a word that is surely one; else ""."""
    if is_title(word):
        return "title"
    if is_role(word):
        return "role"
    return ""


def is_label(text: str) -> bool:
    plain = fold_label(text).strip("*")
    return (
        any(
            pattern.fullmatch(plain)
            for pattern in (NAMES_FOLLOW, TITLE_FOLLOWS, FOREIGN)
        )
        or kind_of(plain) != ""
    )


def may_end(text: str) -> bool:
    return is_full_name(BRACKETS.sub("", text).strip()[-3:]) or text[-1] in "）)"
