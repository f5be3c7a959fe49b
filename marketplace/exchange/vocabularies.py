"""The closed lists of the trade, found by name, code or another word in use for them. Nothing of columns or files."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.accounts.models import ORGANISATION_KINDS
from marketplace.listings import terms
from marketplace.parsing import ParseError
from marketplace.parsing.lists import LIST_MOST, split_pieces
from marketplace.parsing.text import EMPTY, cell_text, half_width, read_prose

SIMILAR_MOST = 300  # different unknown words for which near ones are looked for


def word_key(plain: str) -> str:
    """What spellings of one term share: half-width, folded case, no blanks, one kind of brackets."""
    return (
        "".join(half_width(plain).casefold().split())
        .replace("（", "(")
        .replace("）", ")")
        .replace("·", "")
    )


@dataclass
class Vocabulary:
    """A closed list of terms, found by name, code or alias.

    Args:
        names: code → name.
        aliases: other word → code.
        endings: words that may stand at the end of a term without changing it, such as 产业链.
        advice: what to say where the list is too long to be named in full.
    """

    names: Mapping[str, str]
    aliases: Mapping[str, str] = field(default_factory=dict)
    endings: tuple[str, ...] = ()
    advice: str = ""

    def __post_init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.similar: dict[
            str, str
        ] = {}  # looking for what comes near is slow, and lists repeat their errors
        for word, code in (
            *self.aliases.items(),
            *((c, c) for c in self.names),
            *((n, c) for c, n in self.names.items()),
        ):
            self.codes[word_key(word)] = code
            for ending in self.endings:
                if (
                    shorter := word_key(word).removesuffix(ending)
                ) and shorter not in self.codes:
                    self.codes[shorter] = code

    def find(self, plain: str) -> str | None:
        """The code of a term, or None."""
        key = word_key(plain)
        if (code := self.codes.get(key)) is not None:
            return code
        for ending in self.endings:
            if (
                key.endswith(ending)
                and (code := self.codes.get(key.removesuffix(ending))) is not None
            ):
                return code
        return None

    def allowed(self, plain: str = "") -> str:
        """What may stand in the cell: all of a short list, else what comes near."""
        if len(self.names) <= 15:
            return f"可填：{'、'.join(self.names.values())}。{self.advice}"
        if plain not in self.similar and len(self.similar) < SIMILAR_MOST:
            near = difflib.get_close_matches(
                word_key(plain)[:40], self.codes, n=3, cutoff=0.5
            )
            names = dict.fromkeys(self.names[self.codes[key]] for key in near)
            self.similar[plain] = f"相近的有：{'、'.join(names)}。" if names else ""
        similar = self.similar.get(plain, "")
        return f"{similar}全部可填内容见模板的「可选值」表。{self.advice}"

    def one(self, raw: Any) -> str | None:
        """The code of the one term in a cell."""
        plain = cell_text(raw)
        if plain.casefold() in EMPTY and self.find(plain) is None:
            return None
        code = self.find(plain)
        if code is None:
            raise ParseError(f"「{plain[:40]}」不在可填的范围内。", self.allowed(plain))
        return code

    def many(self, raw: Any, most: int = 0) -> list[str] | None:
        """The codes of all terms in a cell, in their order; a term may itself hold the sign that parts two of them.

        Args:
            raw: terms parted by 、；，or line ends.
            most: largest number of them; 0 for any.
        """
        plain = read_prose(raw, LIST_MOST) or ""
        if plain.casefold() in EMPTY and self.find(plain) is None:
            return None
        found: list[str] = []
        for item in split_pieces(plain, "；;\n|"):
            parts = split_pieces(item, "、，,")
            while parts:
                for length in range(
                    len(parts), 0, -1
                ):  # the longest run of parts that is one term
                    code = self.find("、".join(parts[:length]))
                    if code is not None:
                        found.append(code)
                        parts = parts[length:]
                        break
                else:
                    if "/" not in parts[0]:
                        raise ParseError(
                            f"「{parts[0][:40]}」不在可填的范围内。",
                            self.allowed(parts[0]),
                        )
                    parts = [part for part in parts[0].split("/") if part] + parts[1:]
        found = list(dict.fromkeys(found))
        if most and len(found) > most:
            raise ParseError(
                f"填了 {len(found)} 项。", f"最多 {most} 项，主要的写在最前面。"
            )
        return found


# --- other words in use ---

STAGE_ALIASES = terms.STAGE_WORDS | {
    "实验室小试": "lab_scale",
    "批量生产": "industrialised",
    "产业化阶段": "industrialised",
}
TRL_STAGES = {
    1: "rnd",
    2: "rnd",
    3: "rnd",
    4: "lab_scale",
    5: "lab_scale",
    6: "pilot",
    7: "pilot",
    8: "small_batch",
    9: "industrialised",
}
TYPE_ALIASES = {
    "应用技术成果": "applied_technology",
    "基础理论成果": "basic_theory",
    "软科学成果": "soft_science",
}
CONVERSION_ALIASES = {
    "自行实施": "self_implement",
    "自行转化": "self_implement",
    "自行投资": "self_implement",
    "技术转让": "transfer",
    "专利转让": "transfer",
    "专利权转让": "transfer",
    "成果转让": "transfer",
    "技术许可": "license",
    "专利许可": "license",
    "许可使用": "license",
    "实施许可": "license",
    "合作实施": "co_implement",
    "合作转化": "co_implement",
    "合作开发": "co_implement",
    "联合开发": "co_implement",
    "合作": "co_implement",
    "技术入股": "equity",
    "作价入股": "equity",
    "入股": "equity",
    "其他": "other",
    "面议": "other",
    "协商": "other",
    "不限": "other",
}
COOPERATION_ALIASES = {
    "委托研发": "commissioned_dev",
    "合作研发": "cooperative_dev",
    "联合开发": "cooperative_dev",
    "联合攻关": "cooperative_dev",
    "转让": "transfer",
    "许可": "license",
    "专利许可": "license",
    "入股": "equity",
    "作价入股": "equity",
    "作价投资": "equity",
    "咨询": "consulting",
    "服务": "service",
    "共建": "joint_platform",
    "共建研发平台": "joint_platform",
    "不限": "any",
    "面议": "any",
    "均可": "any",
    "都可以": "any",
}
DEMAND_TYPE_ALIASES = {
    "产品研发": "product_process",
    "新产品研发": "product_process",
    "工艺改进": "product_process",
    "资金": "financing",
    "融资": "financing",
    "资金需求": "financing",
    "融资需求": "financing",
    "人才": "talent",
    "人才需求": "talent",
    "成果需求": "achievement_import",
    "攻关": "tech_breakthrough",
    "关键技术攻关": "tech_breakthrough",
    "难题攻关": "tech_breakthrough",
    "检测": "testing",
}
NEED_ALIASES = {
    "技术需求": "technology",
    "人才需求": "talent",
    "资金需求": "capital",
    "融资": "capital",
    "融资需求": "capital",
}
IP_ALIASES = {
    "发明": "invention",
    "实用新型专利": "utility_model",
    "外观专利": "design",
    "外观设计专利": "design",
    "软著": "software_copyright",
    "计算机软件著作权": "software_copyright",
    "集成电路": "ic_layout",
    "植物新品种权": "plant_variety",
    "专有技术": "know_how",
    "商业秘密": "know_how",
}
LEGAL_ALIASES = {
    "授权": "granted",
    "有效": "granted",
    "有权": "granted",
    "已登记": "granted",
    "申请": "pending",
    "在审": "pending",
    "审查中": "pending",
    "实质审查": "pending",
    "已受理": "pending",
    "公开": "pending",
    "已失效": "lapsed",
    "终止": "lapsed",
}
VISIBILITY_ALIASES = {
    "完全公开": "public",
    "不公开": "confidential",
    "定向": "confidential",
}
ORGANISATION_ALIASES = {
    "高校": "university",
    "大学": "university",
    "高等学校": "university",
    "研究机构": "institute",
    "科研机构": "institute",
    "研究院所": "institute",
    "公司": "firm",
    "服务机构": "service_body",
}
DISTRICT_ALIASES = {
    "LC-EDZ": (
        "经济技术开发区",
        "聊城经济开发区",
        "经济开发区",
        "经开区",
        "聊城经开区",
        "聊城开发区",
        "开发区",
    ),
    "LC-HTZ": ("高新技术产业开发区", "高新区", "聊城高新区", "聊城市高新区"),
    "LC-RES": (
        "旅游度假区",
        "度假区",
        "江北水城度假区",
        "聊城旅游度假区",
        "聊城江北水城旅游度假区",
    ),
}
# Enumerations of `terms` with the other words in use for them.
CLOSED: dict[str, tuple[Mapping[str, str], Mapping[str, str], tuple[str, ...]]] = {
    "achievement_type": (terms.ACHIEVEMENT_TYPES, TYPE_ALIASES, ("类",)),
    "forms": (
        terms.FORMS,
        {
            "生物医药品种": "biopharma_variety",
            "农业新品种": "agri_variety",
            "动植物新品种": "agri_variety",
        },
        (),
    ),
    "attribute": (terms.ATTRIBUTES, {"原创": "original"}, ("创新",)),
    "funding_source": (terms.FUNDING_SOURCES, {"自选": "self", "自筹": "self"}, ()),
    "level": (
        terms.LEVELS,
        {"未评": "not_evaluated", "未鉴定": "not_evaluated"},
        ("水平",),
    ),
    "evaluation_method": (terms.EVALUATION_METHODS, {"检测": "authoritative_test"}, ()),
    "stage": (terms.STAGES, STAGE_ALIASES, ("阶段", "期")),
    "application_status": (
        terms.APPLICATION_STATUSES,
        {"小批量应用": "small_scale", "小范围应用": "small_scale"},
        (),
    ),
    "conversion_modes": (terms.CONVERSION_MODES, CONVERSION_ALIASES, ()),
    "license_type": (terms.LICENSE_TYPES, {}, ("许可",)),
    "price_mode": (
        terms.PRICE_MODES,
        {"固定价": "fixed", "定价": "fixed", "评估价": "appraised"},
        (),
    ),
    "visibility": (terms.VISIBILITIES, VISIBILITY_ALIASES, ()),
    "secrecy": (
        terms.SECRECIES,
        {"公开": "open", "非涉密": "open", "不涉密": "open", "无密级": "open"},
        (),
    ),
    "ownership": (terms.OWNERSHIPS, {"共同所有": "joint"}, ("成果",)),
    "ip_type": (terms.IP_TYPES, IP_ALIASES, ()),
    "legal_status": (terms.LEGAL_STATUSES, LEGAL_ALIASES, ()),
    "sei_code": (terms.STRATEGIC_INDUSTRIES, {}, ("产业",)),
    "need": (terms.NEEDS, NEED_ALIASES, ()),
    "demand_type": (terms.DEMAND_TYPES, DEMAND_TYPE_ALIASES, ()),
    "cooperation_modes": (terms.COOPERATION_MODES, COOPERATION_ALIASES, ()),
    "solution_mode": (terms.SOLUTION_MODES, {}, ()),
    "activity_type": (terms.ACTIVITY_TYPES, {}, ()),
    "organisation_kind": (ORGANISATION_KINDS, ORGANISATION_ALIASES, ()),
}


def vocabularies(
    *,
    districts: Mapping[str, str],
    successors: Mapping[str, str],
    fields: Mapping[str, str],
    industries: Mapping[str, str],
    chains: Mapping[str, str],
) -> dict[str, Vocabulary]:
    """Every closed list by name.

    Args:
        districts: code → name of the divisions of today.
        successors: code and name of an abolished division → code of the one that took its place.
        fields: code → name of the high-tech fields, both levels.
        industries: code → name of the divisions of GB/T 4754-2017.
        chains: code → name of the industry chains in use.
    """
    short = {
        word: code
        for code, words in DISTRICT_ALIASES.items()
        if code in districts
        for word in words
    }
    for name, code in (
        *((name, code) for code, name in districts.items()),
        *successors.items(),
    ):
        plain = re.sub(r"(?<=..)[区县市]$", "", name)
        short |= dict.fromkeys(
            (plain, name, f"聊城市{name}", f"山东省聊城市{name}"), code
        )
    parts: dict[str, set[str]] = {}
    for code, name in chains.items():
        for part in (*re.split(r"[/()（）]", name), re.sub(r"[()（）]", "", name)):
            if part:
                parts.setdefault(part, set()).add(code)
    return {
        **{
            name: Vocabulary(names, aliases, endings)
            for name, (names, aliases, endings) in CLOSED.items()
        },
        "district": Vocabulary(districts, short, advice="外地单位此格留空。"),
        "fields": Vocabulary(fields, {"新能源及节能": "60"}, ("技术", "领域")),
        "industries": Vocabulary(
            industries,
            {code[1:]: code for code in industries},
            ("业",),
            "写到国民经济行业大类，如 通用设备制造业 或 34。",
        ),
        "chain": Vocabulary(
            chains,
            {word: min(of) for word, of in parts.items() if len(of) == 1},
            ("产业链", "产业", "链"),
        ),
    }
