"""Places at the beginning of a name: provinces, prefectures, counties, zones and towns, with and without suffix.

Districts of the marketplace and their codes are rows of the database; nothing here knows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

from marketplace.parsing.sounds import sounds_of

PROVINCE, PREFECTURE, COUNTY, BELOW = 1, 2, 3, 4
WORDS = -1
WIDE = ("中国", "中华", "全国", "华东", "华北", "华中", "华南", "东北", "西北", "西南")
# Spellings of the three kinds of zones → how they are compared.
ZONES = {
    "经济技术开发区": "开发区",
    "经济开发区": "开发区",
    "技术开发区": "开发区",
    "经开区": "开发区",
    "开发区": "开发区",
    "高新技术产业开发区": "高新区",
    "高新技术开发区": "高新区",
    "高新产业开发区": "高新区",
    "高新区": "高新区",
    "江北水城旅游度假区": "度假区",
    "江北水城度假区": "度假区",
    "旅游度假区": "度假区",
    "度假区": "度假区",
    "综合保税区": "保税区",
    "保税区": "保税区",
    "自由贸易试验区": "自贸区",
    "自贸区": "自贸区",
}
_LONGEST = 9  # characters of a place: 广西壮族自治区, 博尔塔拉州
# Headers of the table → the level of what its second column lists; WORDS has what its first column says.
_LEVELS = {"prefectures": PREFECTURE, "counties": COUNTY, "exceptions": WORDS}
_ETHNIC = re.compile(r"(壮族|回族|维吾尔)?(自治区|特别行政区)$")
_SUFFIX = re.compile(r"(自治[区州县旗]|地区|示范区|新区|[省市区县州盟旗])$")
# 聊城市场 is a market of 聊城, 聊城市政工程 builds streets, and 省立医院 is no 立医院 of a province.
_NO_SUFFIX = re.compile(
    r"市(场|立|级|直|属|容|政(?![府协法务策])|民(?![政族营间办]))|[省县](立|级|直|属|域)|区(域|块)"
)
# Counties of the rest of China are known by their suffix. What ends in 市 or 区 and is no place: 超市, 园区.
_OTHER_COUNTY = re.compile(
    r"([\u4e00-\u9fff]{1,3}?)(自治县|县(?![立级直属域])|旗|市(?![场政立民容])|区(?![域块]))"
)
_NO_COUNTY = re.compile(r"[超城都门夜上股花园社小景院校片库矿厂街新郊灾牧]$|[有公]")
_ZONE = re.compile("|".join(sorted(ZONES, key=len, reverse=True)))
_TOWN = re.compile(
    r"([\u4e00-\u9fff]{2,4}?)(街道办事处|街道|镇|乡(?!村|镇))(?=..)"
    r"(?:[\u4e00-\u9fff]{1,4}?村(?!镇))?"
)
# 嘉明工业园鲁铭机械厂 sits in a park; 嘉明工业园管理有限公司 is one.
_PARK = re.compile(
    r"([\u4e00-\u9fff]{2,4}?)(?:工业|产业|创业|科技)(?:园区|园|集聚区)"
    r"(?!.?.?公司|有限|运营|管理|开发|建设|投资|物业|服务|发展|孵化)(?=.{4})"
)


@dataclass(frozen=True)
class Place:
    """A place of a name.

    Attributes:
        name: as compared, without suffix: 聊城, 高唐, 开发区; 长沙县 keeps it, for there is a 长沙市 as well.
        level: PROVINCE, PREFECTURE, COUNTY, BELOW (zones, towns); 0 for 中国 and the like.
        parents: names of the places it lies in, as far as known.
        spelling: what the name has.
    """

    name: str
    level: int
    parents: frozenset[str]
    spelling: str


def take_places(text: str) -> tuple[tuple[Place, ...], str]:
    """The places at the beginning of a folded name, and what is left; nothing may be left.

    A place counts only within the one before: 聊城 in 济南聊城商会 is whom the name speaks of.
    """
    places: list[Place] = []
    rest = text
    while rest:
        place = _place_at_start(rest, places)
        if place is None:
            break
        rest = rest.removeprefix(place.spelling)
        # 聊城市聊城某某: the same place again says nothing new.
        if place.name not in {one.name for one in places}:
            places.append(place)
    return tuple(places), rest


def is_place_name(text: str) -> bool:
    """Whether a text is a place known by name, with or without suffix."""
    return text in _known_places()


def place_at_end(text: str) -> Place | None:
    """The place that a text ends with, of those known by name; None where it does not."""
    for length in range(min(_LONGEST, len(text)), 1, -1):
        known = _known_places().get(text[-length:])
        if known:
            return known[0]
    return None


def place_by_sound(text: str) -> Place | None:
    """The place near by that a text sounds like, where it is none itself: 聊成, 聊成市."""
    if text in _known_places():
        return None
    return _places_by_sound().get(sounds_of(text))


@cache
def _places_by_sound() -> dict[str, Place]:
    # Only places near by: elsewhere two of one sound are rather two places, 抚州 and 福州.
    near = {"山东", "聊城"}
    by_sound = {}
    for spelling, places in _known_places().items():
        if places[0].name in near or places[0].parents & near:
            by_sound[sounds_of(spelling)] = places[0]
    return by_sound


def _place_at_start(text: str, before: list[Place]) -> Place | None:
    longest = min(_LONGEST, len(text)) if text[:2] in _beginnings() else 0
    for length in range(longest, 1, -1):
        spelling = text[:length]
        for place in _known_places().get(spelling, ()):
            if _lies_within(place, before) and _is_whole(place, text, before):
                return place
    return _zone_at_start(text, before) or _other_county(text, before)


def _zone_at_start(text: str, before: list[Place]) -> Place | None:
    if not before:
        return None
    zone = _ZONE.match(text)
    if zone:
        return Place(ZONES[zone[0]], BELOW, frozenset(), zone[0])
    town = _TOWN.match(text)
    if town and before[-1].level >= COUNTY:
        return Place(town[1], BELOW, frozenset(), town[0])
    park = _PARK.match(text)
    if park and before[-1].level >= PREFECTURE:
        return Place(park[1], BELOW, frozenset(), park[0])
    return None


def _other_county(text: str, before: list[Place]) -> Place | None:
    match = _OTHER_COUNTY.match(text)
    # Something must follow that may be a name.
    if match is None or len(text) - match.end() < 2 or _NO_COUNTY.search(match[1]):
        return None
    if before and before[-1].level >= COUNTY:
        return None
    # Without a place before it only two characters with 县 or 市 are sure to be one.
    if not before and (len(match[1]) != 2 or match[2] not in ("县", "市", "自治县")):
        return None
    if len(match[1]) == 1 and match[2] != "县":
        return None
    meant = place_by_sound(match[0])
    if meant and _lies_within(meant, before):
        return replace(meant, spelling=match[0])
    return Place(_compared(match[1], match[2]), COUNTY, frozenset(), match[0])


def _lies_within(place: Place, before: list[Place]) -> bool:
    if not before:
        return True
    last = before[-1]
    # 吉林省吉林市, and 聊城市聊城 by oversight.
    if place.name in {one.name for one in before}:
        return True
    if place.level <= last.level:
        return False
    return last.level == 0 or bool(place.parents & {one.name for one in before})


def _is_whole(place: Place, text: str, before: list[Place]) -> bool:
    """Whether the spelling ends where the place ends: 聊城市 is not in 聊城市场."""
    if _NO_SUFFIX.match(text, len(place.spelling) - 1):
        return False
    is_bare = place.spelling == place.name
    return before != [] or not is_bare or place.name not in _only_within()


def _compared(bare: str, suffix: str) -> str:
    """How a place is compared: without its suffix, unless that tells a county from a prefecture."""
    if len(bare) == 1 or (suffix == "县" and bare in _prefectures()):
        return bare + suffix
    return bare


def _bare(name: str) -> tuple[str, str]:
    """A name without its suffix, and the suffix."""
    plain = _ETHNIC.sub("", name)
    match = _SUFFIX.search(plain)
    if plain != name or match is None or match.start() < 1:
        return plain, ""
    return plain[: match.start()], match[0]


@cache
def _rows() -> tuple[tuple[str, tuple[str, ...], int], ...]:
    """Rows of place_names.tsv: the place, what lies in it, the level of what lies in it."""
    path = Path(__file__).with_name("place_names.tsv")
    rows = []
    level = PREFECTURE
    for line in path.read_text(encoding="utf-8").splitlines():
        place, inner = line.split("\t")
        if inner in _LEVELS:
            level = _LEVELS[inner]
        else:
            rows.append((place, tuple(inner.split()), level))
    return tuple(rows)


@cache
def _prefectures() -> frozenset[str]:
    inner = [names for _, names, level in _rows() if level == PREFECTURE]
    return frozenset(_bare(name)[0] for name in chain.from_iterable(inner))


@cache
def _only_within() -> frozenset[str]:
    """Bare names that are places only behind the one they lie in."""
    exceptions = {name: inner for name, inner, level in _rows() if level == WORDS}
    names = set(exceptions["words"])
    counties = [inner for _, inner, level in _rows() if level == COUNTY]
    for bare, suffix in map(_bare, chain.from_iterable(counties)):
        if suffix in ("区", "新区") and bare not in exceptions["districts"]:
            names.add(bare)
    # 吴江区 was 吴江市; 通州 is a district of two cities.
    return frozenset(names - _prefectures())


@cache
def _known_places() -> dict[str, tuple[Place, ...]]:
    """Every spelling → the places it may be."""
    by_name: dict[str, list[Place]] = {}
    above: dict[str, str] = {}

    def add(name: str, level: int, parents: frozenset[str]) -> str:
        bare, suffix = _bare(name)
        compared = _compared(bare, suffix) if level == COUNTY else bare
        spellings = {name, bare + suffix}
        # 莘县 and 冠县 are never called 莘 and 冠.
        if len(bare) > 1 and compared == bare:
            spellings.add(bare)
        # 县 became 区 or 市; people go on writing the old suffix.
        for spelling in sorted(spellings):
            by_name.setdefault(spelling, []).append(
                Place(compared, level, parents, spelling)
            )
        return compared

    for wide in WIDE:
        by_name[wide] = [Place(wide, 0, frozenset(), wide)]
    for place, inner, level in _rows():
        if level == WORDS:
            continue
        outer = _bare(place)[0]
        if level == PREFECTURE:
            add(place, PROVINCE, frozenset())
        parents = frozenset({outer, above.get(outer, outer)})
        for name in inner:
            above[add(name, level, parents)] = outer
    return {spelling: tuple(places) for spelling, places in by_name.items()}


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(spelling[:2] for spelling in _known_places())
