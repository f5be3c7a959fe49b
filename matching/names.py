"""Where a text names places, firms and people: what says who and where somebody is.
Not here: sentences that speak of their writer (surroundings), which words are shown to people (explaining.naming).

Places are known by a list (lexicon/places.txt), firms by how their names end, people by what they are called. A place
in full stands for itself (聊城市, 烟店镇); a short one (高唐) is one where the cutter finds it as a word, so is_place
takes words: 经济南方 has no 济南.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

from matching.lexicon import lexicon_lines
from matching.screening import Run, Screen, Signs, class_of

Stretch = tuple[int, int]

# Left in place of a name: no word reaches over it, and every place stays what it was.
_BLANK = "\n"

# Figures of a telephone may be masked: 138****2222.
# A full stop is a decimal point, a part of an address or the end of a Latin sentence; texts are lower-case here.
_MAIL = r"[a-z0-9][\w.+-]*+@[\w-]+(?:\.[\w-]+)+"
_WEB = r"(?:https?://|www\.)[^\s，。；、）)]+"
_TELEPHONE = (
    r"(?<![\d.])(?:\+?86[- ]?)?(?:1[3-9][\dx*][- ]?[\dx*]{4}[- ]?[\dx*]{4}"
    r"|0?\d{2,3}[- ][\dx*]{7,8}(?:[-转]\d{1,6})?|0\d{2,3}[\dx*]{7,8}(?:[-转]\d{1,6})?"
    r"|400[- ]?\d{3,4}[- ]?\d{3,4})(?![\dx*])"
)
# 微信号 abc_12345, 加我vx abc123456, QQ: 1234567.
_CHAT = r"(?:微信号?|v信|wechat(?: id)?|weixin|扣扣|qq号?|(?<=加我)(?:vx|wx|v))[是为:： ]{0,2}[a-z0-9][a-z0-9_-]{4,19}"
_OTHER_ADDRESSES = f"{_WEB}|{_TELEPHONE}|{_CHAT}"
# What one may begin with is looked at first: nearly all characters are Han and need no more.
_BEGINS_ADDRESS = "(?=[a-z0-9+微扣])"
_ADDRESSES = re.compile(f"{_BEGINS_ADDRESS}(?:{_MAIL}|{_OTHER_ADDRESSES})")
# Where nothing is an address of mail, which may begin at each letter and reach far.
_WITHOUT_MAIL = re.compile(f"{_BEGINS_ADDRESS}(?:{_OTHER_ADDRESSES})")
# A cheaper look: what every one of them has. The next pattern begins with a figure, to which the engine skips.
_ADDRESS_SIGNS = ("@", "www", "http", "微信", "v信", "加我", "we", "扣扣", "qq")
_MANY_FIGURES = re.compile(r"[0-9](?:[0-9]{5}|[- ][0-9]{3}|[0-9][x*])")
# What a full name ends with, and what must not follow: 城市场, 区域, 镇定.
_FULL_END = re.compile(
    "市(?![场面政容民区])|省(?![力时略])|县|区(?![域别间])|盟|旗(?![杆])|自治州|地区(?!别)|镇(?![定静痛流])|乡|街道"
)
# 临清市|烟店镇|王集村|路北, 长江路|111号|B座|12层: what follows a place as the rest of an address.
_NEXT_OF_ADDRESS = re.compile(
    r"(?:[\u4e00-\u9fff]{1,4}?(?:街道办事处|街道办|街道|办事处|镇(?![定静痛流])|乡(?!村)|村(?!民)|社区|庄(?![稼镇乡村])|工业园区?|物流园"
    r"|开发区|高新区|度假区|大厦|广场|小区)|[\u4e00-\u9fff]{0,2}?(?:产业园|科技园|园区)|[\u4e00-\u9fff]{2,4}?(?:路|大道|大街|街|巷)(?=\d|[东西南北中与和交口段]|\W|$)"
    r"|[\u4e00-\u9fff]{2,3}(?:铝业|铜业|纸业|药业|酒业|矿业|钢业|实业|重工)(?![务园])"
    r"|[a-z]?\d{1,5}(?:-\d{1,5})?(?:号楼|号院|号|楼|座|室|层|栋|单元|米)|[a-z]座|路?[东西南北]{1,2}(?:[段侧首头]|\d{1,5}米)?(?=\W|$)"
    r"|[东西南北中]{1,2}[段侧首头]|中段|附近|旁边|境内|一带|路[东西南北])"
)
# An address without a place of the list: 长江路111号, 聊阳路与南环路交叉口东500米.
_STREET = re.compile(
    r"[gs]?\d{3}(?:国道|省道)|[\u4e00-\u9fff]{2,4}(?:路|大道|大街|街)(?:[东西南北中]段?|中段)?\d{1,5}号"
    r"|[\u4e00-\u9fff]{2,4}路(?:与|和|、)[\u4e00-\u9fff]{2,4}路(?:交叉口|交汇处|路口|口)(?:[东西南北]{1,2}侧?\d{0,5}米?)?"
)
_MAY_BE_STREET = re.compile(
    r"国道|省道|路\d|道\d|街\d|路与|路和|路、|路[东西南北中]段?\d|街[东西南北中]段?\d"
)
# Zones that every city has.
_ZONE = re.compile("开发区|度假区|经开区|高新区")
_KIND_OF_ZONE = re.compile("(?:高新技术产业|经济技术|旅游|经济)$")
# A firm or an institution by the end of its full name, and how far its name may reach back.
_BODY_END = re.compile(
    "有限责任公司|股份有限公司|有限公司|集团公司|集团股份公司|集团(?!军|化)|合作社|大学(?!生)|学院|研究院|研究所|科学院"
)
_NAME_RUN = re.compile(r"[\u4e00-\u9fff()（）·\-]{0,20}$")
_LONGEST_NAME = 10
# What stands before a name and is no part of it.
_BEFORE_NAME = re.compile(
    "[是为由在与及给向对到请找叫了的或等有跟让被从把系]|(?<!永)和(?!平)|委托|联合|依托|来自|单位|企业|公司|我[们厂]|本人|名称|供稿"
)
# People by what is written before their names, and by what they are called.
_LABELLED_PERSON = re.compile(
    r"(?:联系人|联络人|负责人|经办人|填表人|审核人|姓名|我叫|我是|本人|姓)[是为:：,，\s]{0,2}[\u4e00-\u9fff]{1,4}"
)
_CALLED_PERSON = re.compile(
    r"[\u4e00-\u9fff]{1,3}(?:工程师|经理|老师|教授|主任|厂长|老板|先生|女士|师傅|博士|书记|总工|院长|局长|县长|科长|处长)"
)
# Short names that no end gives away; 美国 and 欧洲 have one.
_LANDS = """
日本 印度 俄罗斯 苏联 朝鲜 蒙古 越南 老挝 缅甸 印尼 印度尼西亚 菲律宾 马来西亚 新加坡 柬埔寨 巴基斯坦 孟加拉
伊朗 伊拉克 沙特 沙特阿拉伯 以色列 土耳其 阿联酋 迪拜 哈萨克斯坦 乌兹别克斯坦 意大利 西班牙 葡萄牙 荷兰 比利时
瑞士 瑞典 挪威 丹麦 芬兰 波兰 捷克 匈牙利 奥地利 希腊 罗马尼亚 保加利亚 乌克兰 白俄罗斯 英格兰 苏格兰 德意志
法兰西 加拿大 墨西哥 巴西 阿根廷 智利 秘鲁 哥伦比亚 古巴 委内瑞拉 澳大利亚 新西兰 埃及 南非 摩洛哥 尼日利亚
肯尼亚 埃塞俄比亚 坦桑尼亚 阿尔及利亚 东京 大阪 首尔 巴黎 伦敦 柏林 罗马 纽约 莫斯科 欧美 英美 中欧 东南亚 中东
东欧 西欧 北欧 南欧 中亚 南亚 西亚 东亚 北美 南美 东非 西非 北非 长三角 珠三角 环渤海 京津冀 华北 华东 华南 华中
东北 西北 西南 东南 江南 江北 中原
"""
_ABROAD = frozenset(_LANDS.split())
# The hundred most frequent surnames.
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方"
    "石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文"
)
SURNAMES = frozenset(_SURNAMES)
# 王 in 王|部长, 孙 in 孙工. Left out are those that are also substances and things.
_ONLY_SURNAMES = SURNAMES - set("石金毛田方汤钱雷白龙江万段马常")
# 小李, 老周, 周教授, 孙工, 陈总
_PERSON_WORD = re.compile(
    f"[小老][{_SURNAMES}]|[{''.join(sorted(_ONLY_SURNAMES))}][工总]|"
    f"[{_SURNAMES}][\u4e00-\u9fff]?(?:教授|老师|博士|经理|主任|厂长|书记|院长|局长|老板|师傅|先生|女士)"
)
# Dear Prof. Wang
_ADDRESSED = re.compile(
    r"(?<![a-z])(?:dear\s{1,2}(?:(?:prof|professor|dr|mr|mrs|ms|miss)\.?\s{1,2})?|(?:prof|dr|mr|mrs|ms)\.\s{1,2})([a-z]{2,15})(?![a-z])"
)
# Best regards, Wang Wei
_SIGNATURE = re.compile(
    r"(?:regards|sincerely|yours|thanks)[,，\s]{1,3}([a-z]{2,12}(?:[ .-][a-z]{1,12}){0,2})(?![a-z@])"
)


class _Places(NamedTuple):
    """Names of places.

    Attributes:
        full: with what they are: 聊城市, 烟店镇.
        words: full and short ones.
        longest: characters of the longest full name.
    """

    full: frozenset[str]
    words: frozenset[str]
    longest: int


@cache
def _places() -> _Places:
    words = frozenset(" ".join(lexicon_lines("places.txt")).split())
    full = {word for word in words if _ends_as_place(word)}
    return _Places(frozenset(full), words, max(map(len, full)))


def is_abroad(word: str) -> bool:
    """Whether a word is the short name of a country, a part of the world or a city abroad."""
    return word in _ABROAD


def _ends_as_place(word: str) -> bool:
    return any(found.end() == len(word) for found in _FULL_END.finditer(word))


def is_place(word: str) -> bool:
    """Whether a word of Han characters is the name of a place, short or in full."""
    return word in _places().words


def is_person(word: str) -> bool:
    """Whether a word of Han characters is what somebody is called: a surname, with or without what they are."""
    return word in _ONLY_SURNAMES or _PERSON_WORD.fullmatch(word) is not None


def signature_stretches(norm: str) -> list[Stretch]:
    """Where a normalised text has the names that begin and end a letter in English."""
    found: list[re.Match[str]] = []
    if "regards" in norm or "sincerely" in norm or "yours" in norm or "thanks" in norm:
        found.extend(_SIGNATURE.finditer(norm))
    if "dear" in norm or "r." in norm or "prof." in norm or "s." in norm:
        found.extend(_ADDRESSED.finditer(norm))
    return sorted(match.span(1) for match in found)


def place_stretches(norm: str) -> list[Stretch]:
    """Where a normalised text names places in full, with the rest of the address that follows, in reading order."""
    stretches: list[Stretch] = []
    last = 0
    for found in _FULL_END.finditer(norm):
        end = found.end()
        if end <= last:
            continue
        start = _start_of_place(norm, last, end)
        if start is None:
            continue
        last = _end_of_address(norm, end)
        stretches.append((start, last))
    others = []
    for found in _ZONE.finditer(norm):
        kind = _KIND_OF_ZONE.search(norm, last, found.start())
        others.append((kind.start() if kind else found.start(), found.end()))
    # A look for the streets themselves would begin at every character.
    if _MAY_BE_STREET.search(norm):
        others.extend(found.span() for found in _STREET.finditer(norm))
    stretches.extend((start, _end_of_address(norm, end)) for start, end in others)
    return sorted(stretches)


def _start_of_place(norm: str, first: int, end: int) -> int | None:
    """Where the longest full name begins that ends at a place of a text; None where none does."""
    names = _places()
    for start in range(max(first, end - names.longest), end - 1):
        if norm[start:end] in names.full:
            return start
    return None


def _end_of_address(norm: str, end: int) -> int:
    while following := _NEXT_OF_ADDRESS.match(norm, end):
        end = following.end()
    return end


def body_stretches(norm: str) -> list[Stretch]:
    """Where a normalised text names firms and institutions in full, in reading order."""
    stretches: list[Stretch] = []
    last = 0
    for found in _BODY_END.finditer(norm):
        if found.start() < last:
            continue
        start = _start_of_name(norm, last, found.start())
        # 有限公司 by itself names nobody.
        if start < found.start():
            last = found.end()
            stretches.append((start, last))
    return stretches


def _start_of_name(norm: str, first: int, end: int) -> int:
    """Where the name of a body begins whose kind begins at `end`: at its place, else behind what is no part of it."""
    run = _NAME_RUN.search(norm, max(first, end - 20), end)
    start = run.start() if run else end
    before = [found.end() for found in _BEFORE_NAME.finditer(norm, start, end)]
    # 永和 is no 和, but what stands last before a name begins it all the same.
    start = max([start, *before])
    for at in range(start, end - 1):
        if any(
            norm[at:to] in _places().words for to in range(at + 2, min(end, at + 6))
        ):
            return at
    return max(start, end - _LONGEST_NAME)


def person_stretches(norm: str) -> list[Stretch]:
    """Where a normalised text names people by what they are called, in reading order."""
    found = [*_LABELLED_PERSON.finditer(norm), *_CALLED_PERSON.finditer(norm)]
    return sorted(person.span() for person in found)


def address_stretches(norm: str) -> list[Stretch]:
    """Where a normalised text has addresses of mail and of pages and telephone numbers, in reading order."""
    has_sign = any(sign in norm for sign in _ADDRESS_SIGNS)
    if not has_sign and not _MANY_FIGURES.search(norm):
        return []
    pattern = _ADDRESSES if "@" in norm else _WITHOUT_MAIL
    return [found.span() for found in pattern.finditer(norm)]


def without_names(norms: Sequence[str]) -> list[str]:
    """Normalised texts with line feeds in place of addresses, places, firms and institutions."""
    unnamed = list(norms)
    for place, kinds in _screen().find(norms):
        text = norms[place]
        for finders in _FINDERS:
            found = [finder(text) for finder in finders if _NUMBER_OF[finder] in kinds]
            for start, end in chain.from_iterable(found):
                text = f"{text[:start]}{_BLANK * (end - start)}{text[end:]}"
        unnamed[place] = text
    return unnamed


# What is found first is not looked at again.
_FINDERS: tuple[tuple[Callable[[str], list[Stretch]], ...], ...] = (
    (address_stretches, signature_stretches),
    (place_stretches, body_stretches),
)
_NUMBER_OF = {
    finder: number for number, finder in enumerate(chain.from_iterable(_FINDERS))
}


@cache
def _screen() -> Screen:
    """What finds the texts that have names, by the number of the finder: by what they begin or end with."""
    addresses: list[Signs | Run] = [
        Signs("@"),
        Signs("w", "w", "w"),
        Signs("h", "t", "t"),
        Signs("w", "e", "[ci]"),
        Signs("[微v]", "信"),
        Signs("加", "我"),
        Signs("扣", "扣"),
        Signs("q", "q"),
        # A telephone number has nine of these and more.
        Run(r"[\dx* -]", 9),
    ]
    # Of regards, sincerely, yours, thanks; of dear, prof., dr., mr., mrs., ms.
    signatures = [
        Signs("d", "e", "a"),
        Signs("[frs]", "[.]", r"\s"),
        Signs("g", "a", "r"),
        Signs("n", "c", "e"),
        Signs("u", "r", "s"),
        Signs("n", "k", "s"),
    ]
    places = [
        Signs("[发假开新]", "区"),
        Signs("[国省]", "道"),
        Signs("[路道街]", r"\d"),
        Signs("路", "[与和、]"),
        Signs("[路街]", "[东西南北中]", r"[段\d]"),
        *_ends_of_places(),
    ]
    bodies = [
        Signs("[限任团份]", "公", "司"),
        Signs("集", "团"),
        Signs("合", "作", "社"),
        Signs("大", "学"),
        Signs("学", "院"),
        Signs("研", "究", "[院所]"),
    ]
    return Screen(addresses, signatures, places, bodies)


def _ends_of_places() -> Iterator[Signs]:
    """The last characters of the full names of places, name by name of one last character: 聊城市, 单县."""
    full = sorted(_places().full)
    for last in sorted({name[-1] for name in full}):
        names = [name for name in full if name[-1] == last]
        short = {name[0] for name in names if len(name) == 2}
        if short:
            yield Signs(class_of(short), last)
        longer = [name for name in names if len(name) > 2]
        third = class_of(name[-3] for name in longer)
        yield Signs(third, class_of(name[-2] for name in longer), last)
