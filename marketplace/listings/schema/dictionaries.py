"""The closed lists that are kept in the database (districts, fields, industries, chains), as vocabularies.

They are read when first asked for, never at import: operators edit them while the site runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from marketplace.dictionaries import models
from marketplace.dictionaries.models import Chain, District, HitechField, Industry
from marketplace.extensions import db
from marketplace.listings.schema.vocabulary import Vocabulary

# What people call the development zones, which have no code in GB/T 2260.
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


class Dictionaries:
    """The dictionaries as they are in the database when first asked for.

    One object serves one page, one export or one import, so that 50,000 rows do not ask 200,000 times.
    """

    @cached_property
    def districts(self) -> Vocabulary:
        """The divisions a listing may lie in today, also found by their former names."""
        return _district_vocabulary(models.current_districts(), _successors())

    @cached_property
    def fields(self) -> Vocabulary:
        """The high-tech fields of both levels."""
        return Vocabulary(
            models.active_fields(), {"新能源及节能": "60"}, ("技术", "领域")
        )

    @cached_property
    def industries(self) -> Vocabulary:
        """The divisions of GB/T 4754-2017, also found by their two digits."""
        industries = models.industry_divisions()
        digits = {code[1:]: code for code in industries}
        return Vocabulary(
            industries,
            digits,
            ("业",),
            "写到国民经济行业大类，如 通用设备制造业 或 34。",
        )

    @cached_property
    def chains(self) -> Vocabulary:
        """The industry chains in use."""
        chains = models.active_chains()
        return Vocabulary(chains, _chain_aliases(chains), ("产业链", "产业", "链"))


@dataclass(frozen=True)
class Dictionary:
    """One dictionary as the options of a field.

    Attributes:
        of: takes its vocabulary from a `Dictionaries`.
        offered: code → name of what may be chosen today.
        table: its table, for the names of codes that are no longer offered.
        grouped: its codes of two digits are groups of the longer ones.
    """

    of: Callable[[Dictionaries], Vocabulary]
    offered: Callable[[], dict[str, str]]
    table: models.DictionaryTable
    grouped: bool = False

    def all_names(self) -> dict[str, str]:
        """Code → name of everything the dictionary ever held."""
        return models.names_by_code(self.table)

    def names_of(self, codes: Collection[str]) -> dict[str, str]:
        """Code → name of some of everything the dictionary ever held."""
        return models.names_of(self.table, codes)


def _all_fields() -> dict[str, str]:
    return models.active_fields()


DISTRICTS = Dictionary(
    lambda known: known.districts, models.current_districts, District
)
FIELDS = Dictionary(lambda known: known.fields, _all_fields, HitechField, grouped=True)
INDUSTRIES = Dictionary(
    lambda known: known.industries, models.industry_divisions, Industry
)
CHAINS = Dictionary(lambda known: known.chains, models.active_chains, Chain)


def _successors() -> dict[str, str]:
    """Code and name of an abolished division → code of the one that took its place."""
    successors = {}
    for old in db.session.scalars(db.select(District).where(District.successor != "")):
        successors[old.code] = old.successor
        successors[old.name] = old.successor
    return successors


def _district_vocabulary(
    districts: Mapping[str, str], successors: Mapping[str, str]
) -> Vocabulary:
    aliases: dict[str, str] = {}
    for code, words in DISTRICT_ALIASES.items():
        if code in districts:
            aliases |= dict.fromkeys(words, code)
    for code, name in districts.items():
        aliases |= _district_words(name, code)
    for name, code in successors.items():
        aliases |= _district_words(name, code)
    return Vocabulary(districts, aliases, advice="外地单位此格留空。")


def _district_words(name: str, code: str) -> dict[str, str]:
    """A name with and without its last character, alone and with the city before it."""
    # 莘县 is not written 莘: a name of two characters keeps its last one.
    plain = re.sub(r"(?<=..)[区县市]$", "", name)
    words = (plain, name, f"聊城市{name}", f"山东省聊城市{name}")
    return dict.fromkeys(words, code)


def _chain_aliases(chains: Mapping[str, str]) -> dict[str, str]:
    """The parts of the chains' names (绿色建材/木业造纸), where a part belongs to one chain only."""
    owners: dict[str, set[str]] = {}
    for code, name in chains.items():
        for part in _parts_of_name(name):
            owners.setdefault(part, set()).add(code)
    # 有色金属 belongs to copper and aluminium: such a part means neither.
    return {part: min(codes) for part, codes in owners.items() if len(codes) == 1}


def _parts_of_name(name: str) -> Iterable[str]:
    parts = [*re.split(r"[/()（）]", name), re.sub(r"[()（）]", "", name)]
    return [part for part in parts if part]
