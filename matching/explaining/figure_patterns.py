"""How sentences write figures: numbers, units, signs, names and words of change, as patterns.
Not here: what a figure in a sentence states (figures_in_text), what a name measures (figure_names).
"""

from __future__ import annotations

import re
from decimal import Decimal

from matching.explaining.figure_names import PLAIN_NUMBER_WORDS, QUANTITY_WORDS
from matching.explaining.figure_numerals import ENDS_SHARE, MULTIPLES
from matching.explaining.figures import Operator

# Sign → what is read as it. Same length as the text, so that what stands there can be quoted as it was written.
_SAME_SIGNS = {
    "~": "～〜∼˜",
    "-": "－−–—‐‑",
    "≥": "≧⩾",
    "≤": "≦⩽",
    " ": "\u00a0\u2009\u202f\u3000\t",
    "μ": "µ",
    "。": "；;！!？?\n\r",
}
# 800，300 r/min are two numbers; only among wide figures is it the sign of thousands, １，５００.
_WIDE_COMMA = "，"
WIDE_THOUSANDS = re.compile(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")


def _plain_signs() -> dict[int, str]:
    plain: dict[int, str] = {}
    for code in range(0xFF01, 0xFF5F):
        plain[code] = chr(code - 0xFEE0)
    for sign, others in _SAME_SIGNS.items():
        plain.update(dict.fromkeys(map(ord, others), sign))
    del plain[ord(_WIDE_COMMA)]
    return plain


PLAIN = _plain_signs()
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d{1,12})(?:\.\d{1,9})?"
MANY: dict[str, int | Decimal] = {
    "": 1,
    "千": 1000,
    "万": 10**4,
    "百万": 10**6,
    "亿": 10**8,
    **MULTIPLES,
}
# Units a sentence may have, longest first; compounds are joined by / and ·.
_ATOMS = (
    "dB\\(A\\)|dBA|dB|分贝|摄氏度|℃|°C|℉|微米|毫米|厘米|纳米|公里|千米|米|μm|um|㎛|nm|mm|cm|dm|km|m|公斤|千克|毫克|微克|克|吨|kg|mg|μg|ug|g|t|"
    "小时|分钟|毫秒|微秒|秒|天|个月|月|年|min|ms|μs|h|s|d|毫升|微升|升|mL|ml|μL|L|兆帕|千帕|吉帕|帕|MPa|Mpa|kPa|GPa|Pa|bar|"
    "千伏|伏|kV|mV|V|毫安|mA|μA|kA|A|千瓦时|kWh|MWh|GWh|Wh|kVA|MVA|VA|度电|度(?!电)|mT|W/mK|W/m\\.K|兆欧|cd|lx|个?数量级|锭|千瓦|兆瓦|瓦|kW|KW|MW|mW|W|kHz|KHz|MHz|GHz|Hz|赫兹|kN|牛|N|kJ|MJ|GJ|J|mPa|"
    "MΩ|GΩ|kΩ|mΩ|μΩ|Ω|μS|mS|S|%IACS|%|％|‰|‱|成"
    + ENDS_SHARE
    + "|ppm|ppb|个百分点|百分点|个点|倍|rpm|r|转|亿元|万元|千元|元|万块|块钱|块(?![^\\W以左])|"
    "平方米|立方米|立方|公顷|亩|斤|m2|m²|m3|m³|mm2|mm²|cm2|"
    "cm²|cm3|cm³|K|HRC|HRA|HRB|HV|HBW|HB|mAh|Ah|mol|级|件|片|个|粒|只|颗|支|套|台|次|批|条(?!件)|处|根|丝|道|班|邵氏?[AD]"
)
_UNIT_ATOM = "(?:" + "|".join(sorted(_ATOMS.split("|"), key=len, reverse=True)) + ")"
_BELOW = rf"(?:\({_UNIT_ATOM}(?:[·/]{_UNIT_ATOM})*\)|{_UNIT_ATOM}|分)"
_UNIT = rf"{_UNIT_ATOM}(?:(?:/|每)\d{{0,3}}{_BELOW}|·{_UNIT_ATOM}){{0,3}}"
# A unit that goes on is another one: MPa·m½ is no MPa·m, A/dm² no A/dm, and per cent of the full scale none of the
# reading.
_AFTER = (
    r"(?![A-Za-z\d²³¹½⁻⁰⁴-⁹^·/])"
    r"(?!\s?\(?(?:F\.?S|f\.?s|RD|rdg|满量程|满度|量程|读数|示值))"
)
# HRC58 and Ra0.4 have their scale in front.
_SCALE = "HRC|HRA|HRB|HV|HBW|HB|Ra|Rz|Rq|IP"
_BEFORE = (
    "(?:(?<=HRC)|(?<=HRA)|(?<=HRB)|(?<=HV)|(?<=HBW)|(?<=HB)|(?<=R[azq])|(?<=IP)|(?<=[Pp]H)|(?<=ph)|(?<=ΔE)|"
    r"(?<![A-Za-z\d.,/]))"
)
_SIGNS: dict[Operator, str] = {
    "ge": "≥|>=|不低于|不小于|不少于|大于等于|大于或等于|至少|最低|最少|起码",
    "le": "≤|<=|不高于|不大于|不超过|不多于|小于等于|小于或等于|至多|最多|顶多|不超|别超过|别超|别高于|别大于",
    "gt": ">|大于|高于|超过|优于",
    "lt": "<|小于|低于|少于|不到|不足",
    "eq": "=|:|达到了|达到|可达到|可达|达|为|是|在|约|约为|仅为|仅|稳定在|保持在|控制在",
}
SIGN_OF: dict[str, Operator] = {}
for _code, _written in _SIGNS.items():
    SIGN_OF.update(dict.fromkeys(_written.split("|"), _code))
_SIGN = "|".join(map(re.escape, sorted(SIGN_OF, key=len, reverse=True)))
# 降为 36 is a change, and no 36 by which it fell.
_SIGN = _SIGN.replace("|为|", "|(?<![降低短少小变整改高升加长大])为|")
# Which way these go depends on what is measured: noise under control is at most so loud, a temperature is at it.
HELD_AT = "控制在"
BETTER_THAN = "优于"
# 不能超过, 不应低于: a limit turned round. 不能达到, 未达到, 不必超过: nothing is stated.
NEGATION = re.compile("[不未无勿]")
NEED_NOT = re.compile("[不无](?:必|需|须|用|要求)")
OPPOSITE: dict[str, Operator] = {"gt": "le", "lt": "ge"}
LEAST_OR_MOST = re.compile("至少|最低|最少|起码|至多|最多|顶多")
OBLIGED = re.compile(r"不(?:得|能|应|可|要|宜|允许|许|准)\s?$")
_NEGATED_LINK = (
    "不得|不宜|不允许|不许|不准|不再|不会|不必|不需|不须|不用|未|勿|无需|无须"
)
# What is to be kept from happening, or is not needed, is neither a wish nor a promise.
_AVOIDED = (
    "避免|防止|以免|杜绝|禁止|严禁|切勿|无需|无须|不需要?|不必|不用|不要求|没有|并非"
)
AVOIDED_NAME = re.compile(f"(?:{_AVOIDED})")
AVOIDED_BEFORE = re.compile(f"(?:{_AVOIDED})了?(?:使|让|将|把)?$")
SUFFIX = {
    "以上": "ge",
    "及以上": "ge",
    "以下": "le",
    "及以下": "le",
    "以内": "le",
    "之内": "le",
    "以里": "le",
    "往上": "ge",
    "往下": "le",
    "左右": "eq",
    "上下": "eq",
}
_TO = (
    "降低到|降低至|降低为|下降到|下降至|降到|降至|降为|减少到|减少至|减小到|减小至|缩短到|缩短至|缩短为|"
    "缩小到|缩小至|缩到|缩至|减到|减至|下降为|减少为|减小为|压缩为|压缩到|压缩至|压到|低到|短到"
)
_UP_TO = (
    "提高到|提高至|提升到|提升至|增加到|增加至|升到|升至|增至|延长到|延长至|上升到|上升至|"
    "提到|提至|增大到|增大至|增到|涨到|提高为|提升为|增加为|延长为"
)
# 78%→85%, 由 80 做到 60: which way it goes the name tells.
_EITHER_TO = "→|=>|->|变为|变成|改为|改到|做到|调到|调整到|调整为"
_BY = "提高了?|提升了?|增加了?|延长了?|上升了?|涨了?(?!到)"
_LESS_BY = (
    "降低了?|减少了?|下降了?|缩短了?|节约了?|节省了?|"
    "降了?(?![到至为低])|减了?(?![到至为少小])|省了?(?=\\s?[\\d约])"
)
_MULTIPLE = f"[{''.join(MULTIPLES)}]|百万|千(?![克米瓦帕牛伏赫])|万(?!元)|亿(?!元)"
# 每小时2000件, 每公斤不超过30元: what it is for each of stands in front.
_EACH = "小时|分钟|分|秒|天|日|班|月|年|吨|公斤|千克|斤|平方米|立方米|平方|立方|方|台|套|件|米|亩|度电"
# 1×10⁻⁶, and 1×10-6 where a page lost what was raised; 3×100 is none.
_POWER = r"\s?[×xX*]\s?10(?:\^?(?P<power>-?[1-9]\d?)(?!\d)|(?P<raised>[⁻⁺]?[¹²³⁴-⁹][⁰¹²³⁴-⁹]?))"
FIGURE = re.compile(
    rf"(?:(?P<each>每(?:{_EACH}))\s?)?(?P<sign>{_SIGN})?\s?(?P<scale>{_SCALE})?\s?(?:(?P<each2>每(?:{_EACH}))\s?)?"
    rf"(?P<pm>±)?\s?{_BEFORE}(?P<minus>-|\+|零下)?(?P<low>{_NUMBER})(?:{_POWER})?"
    rf"\s?(?P<many>{_MULTIPLE})?"
    rf"(?:(?P<first>{_UNIT_ATOM})?\s?(?P<between>±|~|-|至|到)\s?(?P<minus2>-|\+|零下)?(?P<high>{_NUMBER})"
    rf"\s?(?P<many2>{_MULTIPLE})?)?"
    rf"\s?(?P<unit>{_UNIT})?{_AFTER}\s?(?P<suffix>{'|'.join(sorted(SUFFIX, key=len, reverse=True))})?"
)
RAISED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹", "-+0123456789")
# 2 h 30 min: what follows is the rest of it.
REST_OF_IT = re.compile(rf"\s?[零又]?(?:{_NUMBER})\s?(?P<unit>{_UNIT_ATOM}){_AFTER}")
BELOW_ZERO = ("-", "零下")
QUANTITY = re.compile(QUANTITY_WORDS, re.IGNORECASE)
# Names after which a number needs no unit.
PLAIN_NUMBER = re.compile(PLAIN_NUMBER_WORDS, re.IGNORECASE)
RATIO = re.compile(r"\s?:\s?(?!1(?![.\d]))\d")
SIGN_OF_ROUGHNESS = re.compile("r[azq]值?", re.IGNORECASE)
NAME_END = re.compile(
    r"(?:值|峰值|误差|偏差|指标|Ra|Rz|Rq)?(?:\([^()]{1,12}\))?", re.IGNORECASE
)
# What parts a name from what stands before it in its clause. A figure does not, unless 和 follows: 28天抗压强度.
NAME_START = re.compile(r"[、:=≥≤<>±]|(?<=[A-Za-z%‰℃\d])\s?(?:和|与|及|且|并|以及)")
NAME_MOST = 24  # characters of a name with its thing; a longer one would be cut in the middle of what it says
FROM = re.compile(r"(?:由|从).{0,20}$")
# Others' product, or how it was before.
OTHERS = re.compile(
    "现有|原来|原先|原有|原工艺|传统|国外|进口|同行|同类|老办法|老工艺|常规|改造前|以前|过去|对照|竞品|市售|行业平均"
)
# What a standard asks of everybody, and what is hoped for, is not reached yet; 目标检测 and 模拟 are no hopes.
NOT_REACHED = re.compile(
    "国标|行标|标准(?:要求|规定)|规范(?:要求|规定)|预计|预期|预估|预测可|有望|力争|争取|期望|希望|设想|理论上|"
    "目标(?:是|为|值)|(?:计划|(?<![模虚])拟)(?:达到|将|把|使|降|提)"
)
SURPASSED = re.compile("达到|满足|符合|优于|高于|超过|低于")
# 120 ℃、2 MPa 条件下: under which something else was measured.
CONDITION = re.compile(
    r"\s?(?:(?:、|和|及|与)[^,，。、]{1,16}){0,2}?\s?的?(?:条件|环境|工况|情况|状态)?(?:下|时)(?![降限线间效长代刻滑沉垂])"
)
# How it is now, in a demand: complaints are no wish.
TODAY = re.compile(
    "(?<![比较])(?:目前|现在|现有|现状|眼下|如今|只有|只能|仅|已经|已[由从将把降提]|原来|过去|以前|去年|今年|达不到|到不了|不能满足|高达|"
    "竟|客户投诉|常常|经常|仍|试过|曾)"
)
WISH = re.compile(
    "要求|希望|期望|需要|想|目标|力争|争取|应|须|必须|务必|要|达到以下|验收|指标"
)
# 技术要求：…；…: all that follows is asked for.
HEADED = re.compile("(?:要求|指标|目标|参数)(?:如下|为|是)?\\s?:")
# What sounds like a complaint as well as like a wish.
EITHER = frozenset({"gt", "lt", "eq"})
TURNED = re.compile(f"(?:{_TO}|{_UP_TO}|{_EITHER_TO})[^\\d]*$")
TURNS = re.compile(f".{{0,3}}(?:{_TO}|{_UP_TO}|{_EITHER_TO})")
TO_EITHER = re.compile(_EITHER_TO)
TO_LESS = re.compile(_TO)
TO_MORE = re.compile(_UP_TO)
CHANGES = ((re.compile(_BY), "提高"), (re.compile(_LESS_BY), "降低"))
# 低 9 dB compares with something else.
COMPARED = re.compile("[低高多少长短大小快慢]$")
SENTENCE_END = re.compile("。")
CLAUSE_END = re.compile(rf"(?<!\d),|,(?!\d{{3}})|[{_WIDE_COMMA}。]")
COST = re.compile("成本|费用|费$")
PH = re.compile("ph值?$", re.IGNORECASE)
OF_WHAT_LEAVES = re.compile("出水|排水|外排|排放|处理后|中和后|回用|产品|成品")
MONEY = re.compile("[元块]钱?$|万块$|[元块]钱?/")
# Between name and number stands nothing but how they are tied.
_TIES = (
    rf"\s|(?:{_SIGN})|{_NEGATED_LINK}|的|了|可|能|已|均|都|要|应|该|得|需|须|也|由|从|要求|控制|稳定|保持|"
    rf"{_TO}|{_UP_TO}|{_BY}|{_LESS_BY}|至|到|不|以"
)
LINK = re.compile(
    rf"(?:{_TIES}|{_EITHER_TO}|ra|rz|[a-z]?\(.{{1,12}}\))*",
    re.IGNORECASE,
)
# 由 48 dB 降到 36 dB, 效率 78%→85%.
ORIGIN = re.compile(
    rf"{LINK.pattern}(?:(?:由|从|自).{{0,30}}|{_NUMBER}\s?(?:{_UNIT})?\s?(?:{_TIES}|必须|想|希望|再|直接)*+)?",
    re.IGNORECASE,
)
# What a clause may say before its number where the one before it names what it is of: 漏检率 8%，要求降到 3%.
NAMED_BEFORE = re.compile(
    rf"(?:{_TIES}|{_EITHER_TO}|,|、|但|而|现在?|目前|如今|后来?|之后|客户|用户|甲方|图纸|标准|指标|行业|我们|厂里|最好|同时|就|够|得|必须|务必|想|"
    rf"希望|盼|期望|目标|争取|力争|打算|计划|准备|求|把它|将其|使其|让它|本(?:工艺|技术|方法|产品|装置|设备|系统|成果|项目)|(?:改造|采用|使用|处理|优化|改进)后|"
    rf"实测|一般|上|降|提|压|做|达|减|缩|小|低|高|大|长|短|±?{_NUMBER}\s?{_UNIT}|±?{_NUMBER}(?=\D))*+",
    re.IGNORECASE,
)
# That a number without a name is what an achievement came to, and not one of several.
REACHED_NOW = re.compile(
    rf"现|目前|如今|后|实测|本(?:工艺|技术|方法|产品|装置|设备|系统|成果|项目)|{_TO}|{_UP_TO}|{_EITHER_TO}"
)
# 0.13 微米就下不去了, 50 倍要加很多药: how far it can be had today.
STUCK = re.compile(
    "[^,。]{0,4}(?:下不[去来]|上不[去来]|压不|降不|不动|到头|就不|要加|不够|达不到|做不到)"
)
# Clauses before that of a number in which its name is looked for; those without names and figures are passed over.
CLAUSES_BACK = 2
LEADING = re.compile(
    "^(?:.*(?:(?:排|做|达|处理|净化|控制|降|提|压|满足)(?:到|至)|，|,|。|其中|并且|而且|同时|使得|实现|保证|确保|要求|希望|需要|寻求|期望|目标是|以及|且|并|使(?!用)|将|把|让)|我[们厂司]的?|比(?:现在|目前|现有|原来)的?|\\(?\\d{1,2}[.)]\\s?(?=\\D)|以|和|与|及|或|的|其|该|本|在)"
)
