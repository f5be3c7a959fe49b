"""What a text says about who writes it and how to reach them, and not about a technology: greetings, contact details,
self-praise, dates of founding. And the sentence that names the trouble, which heads a text without a title.
Not here: single words without content (word_classes), folding (folding).

A firm's description of 500 characters must be ranked as its gist is, so what any firm could say of itself weighs
nothing. Only whole sentences and clauses go, each by a cue that speaks of the writer, and none that names a trouble:
what is left out wrongly is lost, while what is left in wrongly weighs a little (decision 080).
"""

from __future__ import annotations

import re

from matching.lexicon import stop_words

# Left in place of what goes: no word reaches over it, and every place stays what it was.
_BLANK = "\n"
_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]?")
_CLAUSE = re.compile(r"[^，,、]*[，,、]?")
# A full stop is a decimal point, a part of an address or the end of a Latin sentence; texts are lower-case here.
_MAIL = r"[a-z0-9][\w.+-]*@[\w-]+(?:\.[\w-]+)+"
_WEB = r"(?:https?://|www\.)[^\s，。；、）)]+"
_TELEPHONE = (
    r"(?<![\d.])(?:\+?86[- ]?)?(?:1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8}(?:[-转]\d{1,6})?"
    r"|400[- ]?\d{3,4}[- ]?\d{3,4})(?!\d)"
)
_CONTACT_LABEL = (
    r"联系人|联系电话|联系方式|联络人|联系地址|电话|手机|传真|邮箱|电子邮件|"
    r"e-?mail|微信|wechat|qq|网址|邮编|地址"
)
_LABELLED = re.compile(
    rf"^\W*(?:我的|我们的|本人|公司|单位|本?厂|企业|通讯|详细)?(?:{_CONTACT_LABEL})(?:号码?|是|为)?\W*[:：\s]?"
)
_ADDRESSES = re.compile(f"{_MAIL}|{_WEB}|{_TELEPHONE}")
# A cheaper look: what every one of them has. The pattern begins with a figure, to which the engine skips.
_ADDRESS_SIGNS = ("@", "www", "http")
_MANY_FIGURES = re.compile(r"[0-9](?:[0-9]{5}|[- ][0-9]{3})")
# What is said to people and not about things, as whole clauses.
_COURTESY = re.compile(
    r"^(?:各位|尊敬的|亲爱的)?(?:老师|专家|教授|领导|同志|师傅|先生|女士|大家|朋友|贵单位)?们?[，,]?"
    r"(?:您好|你好|们?好|大家好|早上好|下午好|晚上好|hello|hi|dear).{0,12}$"
    r"|^(?:尊敬的|各位).{1,12}$"
    r"|^(?:非常|万分|不胜|先|提前|在此|表示|十分|多谢|谢谢|感谢|感激|拜托|麻烦|打扰|请问).{0,14}$"
    r"|^(?:我[们厂司]?)?(?:非常|热诚|真诚|诚挚|竭诚|随时|诚|十分|也)*(?:欢迎|期待|期盼|盼望|盼|敬请|恳请|诚邀|愿与|愿同|希望与|希望能与)"
    r".{0,36}(?:合作|指导|洽谈|联系|回复|复|关系|支持|垂询|光临|莅临|共进|发展|来电|来函|考察|帮助|赐教|咨询|关注|商谈)$"
    r"|^(?:如)?(?:有意者?|有兴趣).{0,16}(?:联系|洽谈|来电|合作|商谈).{0,12}$"
    r"|^请.{0,8}(?:联系|来电|来函|回复).{0,12}$"
    r"|^(?:此致|敬礼|祝好|顺祝.{0,8}|致谢|以上|.{0,6}好商量|.{0,6}(?:面谈|面议|再谈|商量|商谈)|电话(?:联系|沟通))$"
)
# What a firm says of itself in any trade.
_PRAISE = re.compile(
    # Every alternative begins with a character: so the engine skips to the next one that may begin any of them.
    r"成立于|成立日期|创建于|始建于|创办于|组建于|注册于|建厂|占地|建筑面积|注册资[本金]|固定资产|总资产|员工|职工|科技人员|技术人员|职员|在职|"
    r"年产值|产值|年销售|销售收入|销售额|营业收入|利税|利润总额|纳税|年产能?\d|坐落|位于|地处|毗邻|交通便利|地理位置|"
    r"高新技术企业|专精特新|小巨人|瞪羚|独角兽|单项冠军|龙头企业|骨干企业|重点企业|上市公司|规模以上|股份制|民营企业|家族企业|"
    r"iso ?\d{4,5}|体系认证|荣获|荣誉|称号|授予|评为|获评|驰名商标|著名商标|知名品牌|诚信单位|守合同|"
    r"远销|畅销|出口到|销往|好评|信赖|青睐|口碑|信誉|宗旨|理念|秉承|坚持以|本着|竭诚|共赢|双赢|携手|辉煌|腾飞|一流的|实力雄厚|"
    r"雄厚|力量强大|设备齐全|设备先进|设施完善|先进的?生产线|领军|领先地位|市场占有率|国内外市场|客户遍布|发展壮大|做大做强|"
    r"经过.{1,8}年的?(?:发展|努力)|集.{2,24}于一体|现代化企业|做老实人|"
    r"企业文化|企业精神|质量第一|用户至上|客户至上|诚信|服务周到|售后服务|管理规范|组织机构|管理人员|团队稳定|股东|法人代表|法定代表人|老板"
)
# Beyond these a sentence speaks of a trouble or an aim, whatever else it says.
_TROUBLE = re.compile(
    r"问题|难题|难点|困难|困扰|瓶颈|卡脖子|难以|不足|不良|不稳|不均|不匀|不齐|不牢|不准|不耐|不能|不了|不够|不高|不合格|不达标|达不到|无法|没法|没办法|"
    r"超标|超差|偏差|偏大|偏高|偏低|过大|过高|过低|太大|太高|太低|太慢|太多|太短|太差|裂|断|变形|磨损|脱落|漏|堵|腐蚀|生锈|锈|"
    r"噪|异响|异音|杂音|振动|抖|跑偏|烧伤|烧|粘|起泡|气孔|缺陷|废品|次品|返工|报废|报警|停机|故障|失效|老化|发黄|变色|结块|沉淀|"
    r"浪费|污染|排放|效率低|成本高|能耗高|寿命短|损耗|怎么办|怎么|如何|能不能|能否|有没有|有什么|为什么|急需|求助|求购|寻求|寻找|"
    r"需要解决|需解决|要解决|攻克|亟待|亟需|希望解决|希望开发|希望研发|希望能|想要|想找|想把|替代进口|国产化"
)
_HAN = re.compile("[\u3400-\u9fff]")
_LATIN_WORD = re.compile(r"[^\W_][\w.+#-]*[^\W_]|[^\W_]")


def core_of(norm: str) -> str:
    """A text without what says nothing about a technology.

    Args:
        norm: folded, as `text.plain_text` gives it.

    Returns:
        of the same length, line feeds in place of what went; the text itself where nothing would be left of it.
    """
    # Most texts have no cue at all, and looking through one text costs less than through its sentences.
    has_address = _may_be_address(norm)
    has_praise = _PRAISE.search(norm) is not None
    if not (has_address or has_praise or _may_be_courtesy(norm)):
        return norm
    pieces: list[str] = []
    for found in _SENTENCE.finditer(norm):
        pieces.append(_core_of_sentence(found.group(), has_address, has_praise))
    # Nothing but surroundings: better weighed as it is than not at all.
    if not any(map(_says_something, pieces)):
        return norm
    return "".join(pieces)


def heading_of(core: str) -> str:
    """The sentence that names the trouble, else the first one that says something; "" where none does.

    Args:
        core: as core_of() gives it.
    """
    first = ""
    for found in _SENTENCE.finditer(core):
        sentence = found.group().strip(_BLANK)
        if _says_something(sentence):
            first = first or sentence
            if _TROUBLE.search(sentence):
                return sentence
    return first


def _says_something(text: str) -> bool:
    """Whether a sentence has a word, and is none of English that mostly joins words or greets."""
    if _HAN.search(text):
        return True
    words = _LATIN_WORD.findall(text)
    telling = [word for word in words if word not in stop_words()]
    return bool(telling) and 2 * len(telling) >= len(words)


def _core_of_sentence(sentence: str, has_address: bool, has_praise: bool) -> str:
    """The core of a sentence of a text that has an address anywhere, or praise."""
    if has_address and _may_be_address(sentence):
        sentence = _ADDRESSES.sub(_blanked, sentence)
    is_praise = has_praise and _PRAISE.search(sentence) is not None
    if is_praise and not _TROUBLE.search(sentence):
        return _BLANK * len(sentence)
    # A trouble may stand in one sentence with the praise, the greeting and the telephone.
    if not is_praise and not _may_be_courtesy(sentence):
        return sentence
    kept = []
    for found in _CLAUSE.finditer(sentence):
        clause = found.group()
        goes = _is_surrounding(clause) and not _TROUBLE.search(clause)
        kept.append(_BLANK * len(clause) if goes else clause)
    return "".join(kept)


def _is_surrounding(clause: str) -> bool:
    spoken = clause.strip(" \n\t，,、。！？；!?;")
    found = _PRAISE.search(spoken) or _COURTESY.match(spoken) or _LABELLED.match(spoken)
    return found is not None


# One cheap look spares most sentences the three patterns of clauses.
_CUES = re.compile(
    r"联系|联络|电话|手机|传真|邮|mail|微信|wechat|qq|网址|好|谢|感激|联系|欢迎|敬|请|盼|期待|愿|望|意|兴趣|地址|指导|hello|dear|商量|面议|面谈|拜托|打扰|洽谈|垂询|此致|祝"
)


def _may_be_address(text: str) -> bool:
    has_sign = any(sign in text for sign in _ADDRESS_SIGNS)
    return has_sign or _MANY_FIGURES.search(text) is not None


def _may_be_courtesy(sentence: str) -> bool:
    return _CUES.search(sentence) is not None


def _blanked(found: re.Match[str]) -> str:
    return _BLANK * len(found.group())
