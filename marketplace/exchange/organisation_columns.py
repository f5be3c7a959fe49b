"""The columns of a list of organisations: their headers, and what their cells say.

How rows are read and checked is in `organisation_lists.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.exchange.headers import TITLE
from marketplace.listings.schema import headings
from marketplace.listings.schema.dictionaries import Dictionaries
from marketplace.listings.schema.field import ListColumn
from marketplace.listings.schema.terms import ORGANISATION_TERMS
from marketplace.organisations.models import ORGANISATION_KINDS, key_of
from marketplace.parsing import ParseError
from marketplace.parsing.lists import list_text, split_pieces
from marketplace.parsing.numbers import read_uscc
from marketplace.parsing.organisation_lists import (
    MAX_ORGANISATION,
    read_organisations,
)
from marketplace.parsing.text import EMPTY, cell_text, read_line, read_prose
from marketplace.parsing.unnamed import is_unnamed_organisation

MAX_NAMES = 20  # other names of one organisation


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Without the list's own name for it: 单位 alone heads the name, 法人 the representative.
NAME_WORDS = _words(
    "单位名称 单位全称 企业名称 企业全称 公司名称 公司全称 机构名称 机构全称 法人单位名称 法人单位全称 "
    "学校名称 学校全称 院校名称 高校名称 院所名称 纳税人名称 市场主体名称 经营主体名称 主体名称 名称 全称 "
    "单位 企业 公司 机构 企业名 单位名 现名 现名称 现用名 name"
)
FORMER_WORDS = _words("曾用名称 原名 原名称 原单位名称 原企业名称 更名前名称 旧名")
ALIAS_WORDS = _words(
    "别名 简称 单位简称 企业简称 机构简称 常用名 简称或别名 别称 简称、别名"
)
ADDRESS_WORDS = _words(
    "地址 单位地址 企业地址 注册地址 通讯地址 通信地址 详细地址 办公地址 经营地址 住所 经营场所 注册地"
)
PEOPLE_WORDS = _words(
    "法人 法人代表 法定代表人姓名 法人姓名 法定代表人(负责人) 单位法人 企业法人"
)
SUPERVISOR_WORDS = _words("主管部门 主管单位 归口部门 归口单位 归口管理单位")
PROFILE_WORDS = _words(
    "简介 企业简介 机构简介 单位介绍 企业介绍 主营业务 经营范围 主要产品"
)
SIZE_WORDS = _words("企业规模 规模 规模类型 单位规模")


CellReader = Callable[[Any, Dictionaries], Any]


@dataclass(frozen=True, kw_only=True)
class OrganisationColumn(ListColumn):
    """A column of a list of organisations.

    Attributes:
        reader: what a cell says, None where it is empty; raises ParseError.
        is_identity: without it, it is not known who is meant: a cell that cannot be read refuses its row.
    """

    reader: CellReader = lambda raw, _: cell_text(raw) or None
    is_identity: bool = False

    def read_cell(
        self, raw: Any, dictionaries: Dictionaries, unit: Decimal | None = None
    ) -> Any:
        """What a cell says. Raises ParseError."""
        return self.reader(raw, dictionaries)


def _read_name(raw: Any, _: Dictionaries) -> Any:
    names = read_organisations(raw)
    if names is None:
        return None
    if len(names) > 1:
        raise ParseError(
            f"这一格写了 {len(names)} 个单位。",
            "一行写一个单位；曾用名和简称写在各自的栏里。",
        )
    if is_unnamed_organisation(names[0]):
        raise ParseError(
            f"「{names[0][:30]}」是隐去的名称，不是单位。", "填写单位的全称。"
        )
    if not key_of(names[0]):
        raise ParseError("名称里没有文字。", "不能只有标点符号。")
    return names


def _read_kind(raw: Any, _: Dictionaries) -> str | None:
    plain = cell_text(raw)
    # The site's own kind is no kind that a list may give: it would make operators.
    code = ORGANISATION_TERMS.find_code(plain)
    if code == "operator":
        raise ParseError("平台运营方不从名单登记。", "留空时按名称判断。")
    if code is None and plain.casefold() not in EMPTY:
        known = "、".join(
            name for kind, name in ORGANISATION_KINDS.items() if kind != "operator"
        )
        raise ParseError(
            f"「{plain[:30]}」不是平台的单位类型。",
            f"可填：{known}；留空时按名称判断。",
        )
    return code


def _read_other_names(raw: Any, _: Dictionaries) -> tuple[str, ...] | None:
    names: list[str] = []
    for piece in split_pieces(list_text(raw), "；;\n|、，,"):
        # A former name may carry a seal or a date, which are no part of it; a short name is none of a register.
        names += read_organisations(piece) or (piece,)
    for name in names:
        if len(name) > MAX_ORGANISATION or not key_of(name):
            raise ParseError(
                f"「{name[:30]}」不能作单位名称。",
                f"每个 1–{MAX_ORGANISATION} 字，用「；」分开。",
            )
        if is_unnamed_organisation(name):
            raise ParseError(f"「{name[:30]}」不是单位名称。", "没有的留空。")
    if len(names) > MAX_NAMES:
        raise ParseError(f"填了 {len(names)} 个名称。", f"最多 {MAX_NAMES} 个。")
    return tuple(dict.fromkeys(names)) or None


def _line(most: int) -> CellReader:
    return lambda raw, _: _filled(read_line(raw, most))


def _filled(plain: str | None) -> str | None:
    """A text; None where it only says that there is none (无, -)."""
    if plain is None or plain.casefold() in EMPTY:
        return None
    return plain


COLUMNS = (
    OrganisationColumn(
        # Named as the title of other lists, by which rows and headers are known.
        name=TITLE,
        label="单位名称",
        aliases=NAME_WORDS,
        starred=True,
        holder=True,
        reader=_read_name,
        is_identity=True,
    ),
    OrganisationColumn(
        name="uscc",
        label="统一社会信用代码",
        aliases=headings.USCC,
        starred=True,
        verbatim=True,
        reader=lambda raw, _: read_uscc(raw),
        is_identity=True,
    ),
    OrganisationColumn(
        name="kind",
        label="单位类型",
        aliases=(*headings.ORGANISATION_KIND, "类型", "性质"),
        reader=_read_kind,
    ),
    OrganisationColumn(
        name="district_code",
        label="所属县市区",
        aliases=headings.DISTRICT,
        reader=lambda raw, known: known.districts.read_one(raw),
    ),
    OrganisationColumn(
        name="former",
        label="曾用名",
        aliases=FORMER_WORDS,
        reader=_read_other_names,
    ),
    OrganisationColumn(
        name="aliases",
        label="简称或别名",
        aliases=ALIAS_WORDS,
        reader=_read_other_names,
    ),
    OrganisationColumn(
        name="address", label="地址", aliases=ADDRESS_WORDS, reader=_line(200)
    ),
    OrganisationColumn(
        name="legal_representative",
        label="法定代表人",
        aliases=PEOPLE_WORDS,
        reader=_line(40),
    ),
    OrganisationColumn(
        name="supervisor",
        label="归口管理部门",
        aliases=SUPERVISOR_WORDS,
        reader=_line(80),
    ),
    OrganisationColumn(
        name="profile",
        label="单位简介",
        aliases=PROFILE_WORDS,
        reader=lambda raw, _: _filled(read_prose(raw, 500)),
    ),
    OrganisationColumn(
        name="size_band", label="单位规模", aliases=SIZE_WORDS, reader=_line(20)
    ),
)


class OrganisationSchema:
    """The columns of a list of organisations, where the headers look for them."""

    list_columns: Sequence[ListColumn] = COLUMNS
