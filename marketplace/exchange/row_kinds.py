"""Rows of a list that hold no listing: notes on how to fill in, footers, sums, names of counties, a second header.
Not here: which columns there are (headers), what a cell means (marketplace.parsing).

Each kind is known by its form, never by one word in the middle of a text: a row that is not surely one of these is read
as a listing, and refused with a reason where it is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from marketplace.exchange.header_groups import ATTRIBUTES
from marketplace.exchange.header_keys import MAX_HEADER, header_key
from marketplace.exchange.headers import IGNORED_HEADERS, Headers
from marketplace.parsing.text import half_width

NEAR_HEADER = 3  # rows below a header among which notes on how to fill in stand
BLANK = "没有可导入的内容"
EXAMPLE = "示例"
WITHDRAWN = "作废、撤回或已解决的内容"
CONCLUDED = "已签约或成交的内容"
FOOTER = "填表人等落款"
TOTAL = "合计"
NOTE = "注释"
SECTION = "分组标题"
HEADING = "表格标题或页码"
END = "表尾"
HEADER = "重复的表头"
GUIDE = "填写说明"
NUMBERS = "栏号"
UNIT = "计量单位"
LONE = "单独的文字"
OTHER_TABLE = "另一种表"
MIN_WIDE = 3  # columns of a list in which one text alone in a row is no listing

_HAN = r"\u4e00-\u9fff"
# 示例, (示例), 例1, 例：…, 【示例】…, 示例-…: the word alone, before a sign or in brackets. 示例平台 is a title.
_EXAMPLE_WORD = (
    r"(?:填写|填报|填表|参考)?(?:示例|样例|范例|范本|样本|模板|举例|例子|例如|样表|示范|例|如|example|sample|template|e\.?g\.?)"
    r"(?:行|数据|说明)?\s*[\d一二三四五]{0,2}"
)
_OPEN, _CLOSE = r"[(\[【<《〔{〖「*]", r"[)\]】>》〕}〗」*]"
_EXAMPLE = re.compile(
    rf"{_OPEN}?{_EXAMPLE_WORD}{_CLOSE}?|{_OPEN}{_EXAMPLE_WORD}{_CLOSE}\s*.+|{_EXAMPLE_WORD}\s*[:：].*|"
    r"(?:填写)?(?:示例|样例|范例|example|sample)[\d一二三四五]{0,2}\s*[-—–_ ]\s*.+",
    re.DOTALL | re.I,
)
# Nobody's firm: 示例公司, 样例企业. 聊城大学（示例） is the name of one.
_EXAMPLE_OWNER = re.compile(
    r"(?:示例|样例|范例|举例)(?:有限)?(?:公司|企业|单位|高校|大学)"
)
# What an office writes into a list instead of deleting the row: 作废：…, （已撤回）…, …（已解决）.
_WITHDRAWING = r"(?:已?(?:作废|废弃|撤销|撤消|撤回|取消|删除)|已(?:经)?解决)"
_WITHDRAWN = re.compile(
    # In brackets of its own the word is a mark, wherever it stands: 端盖（已撤回）气孔控制.
    rf"{_WITHDRAWING}|.*{_OPEN}{_WITHDRAWING}{_CLOSE}.*|{_WITHDRAWING}\s*[:：].+|"
    # 轴承异音 - 已取消, 轴承异音 作废; 暂停：轴承异音, 不再需要-轴承异音.
    rf"[^()\[\]]+[\s—–_/:-](?:已(?:经)?(?:作废|废弃|撤销|撤消|撤回|取消|删除|解决)|作废|废弃)|"
    rf"{_OPEN}?(?:暂停|停止|不再需要|不需要了|无需对接){_CLOSE}?\s*[:：—–_-].+|{_OPEN}(?:暂停|停止|不再需要){_CLOSE}.+",
    re.DOTALL,
)
# Of a listing only: a register of contracts lists what was signed.
_CONCLUDING = r"已(?:经)?(?:签约|签订合同|签合同|成交|达成合作|对接成功)"
_CONCLUDED = re.compile(
    rf"{_CONCLUDING}|.*{_OPEN}{_CONCLUDING}{_CLOSE}.*|{_CONCLUDING}\s*[:：].+|[^()\[\]]+[\s—–_/:-]{_CONCLUDING}",
    re.DOTALL,
)
_STATE_CONCLUDED = re.compile(rf"{_CONCLUDING}(?:了)?(?:[。，,;；].{{0,30}})?")
# What stands in a column of states or remarks: 作废, 已解决，不用再发, 此条撤回. A firm may be 注销.
_IS_STATE = re.compile(
    r"(?:(?:需求|成果|项目|合同|企业|单位|登记|经营|当前|目前|发布|处理|办理|审核|对接)(?:的)?)?"
    r"(?:状态|备注|备注说明|处理结果|(?:处理|办理|对接|进展)情况|进展|标记|有效性|是否有效)"
)
_STATE_OVER = re.compile(
    r"(?:[此本该](?:条|项|行|需求|成果|合同)?)?已?(?:经)?(?:作废|废弃|撤回|撤销|撤消|取消|删除|无效|失效|停用|注销|吊销)(?:了)?(?:[。，,;；].{0,30})?|"
    r"(?:[此本该](?:条|项|行|需求|成果)?)?已(?:经)?解决(?:了)?(?:[。，,;；].{0,30})?|"
    r"(?:不再|不)需要(?:了|对接)?[。.]?"
)
_STATES = {WITHDRAWN: _STATE_OVER, CONCLUDED: _STATE_CONCLUDED}
# What stands for a text that is to be written: XXX, ×××公司, ***.
_PLACEHOLDER = re.compile(rf"[{_HAN}]{{0,4}}[xX×*＊○?…._·#]{{2,}}[{_HAN}]{{0,6}}")
# What a county writes that has nothing to report.
_NOTHING = re.compile(
    r"(?:本(?:县|区|市|县区|单位|部门|企业|公司|月|季度|年)?)?(?:[暂均]?无|没有)(?:需求|成果|报送|上报|内容|数据|此项)*|零报告|无(?:技术)?(?:需求|成果)可报"
)
_SPACED_OUT = re.compile(rf"(?<![{_HAN}])[{_HAN}](?: [{_HAN}](?![{_HAN}]))+")
# Labels of a footer. Who signs may be named without a sign between: 填表人张三.
_SIGNER = r"填[表报写]人|制表人?|审[核批]人?|批准人?|复核人?|经办人?|报送人|上报人|汇总人|统计人|录入人|填表|填报"
_SIGNED_BY = (
    rf"{_SIGNER}|(?:单位|部门|企业|公司|项目|主要|科室|分管|技术|财务)?负责人|法定代表人|法人代表|法人|(?:分管|主管|单位|主要|局|所|院)?领导|"
    r"(?:分管|主管)?(?:局长|主任|县长|区长|院长|校长|所长|经理|处长|科长)|签[字章名]|(?:单位|部门|企业|公司)?(?:公章|盖章|签章)|"
    r"(?:填表|填报|填写|报送|上报|汇总|制表|推荐|主管|报表)(?:单位|部门)|主管部门意见|推荐单位意见|单位意见|审核意见|"
    r"[甲乙丙]方(?:代表)?|(?:单位|联系|通讯|通信)?地址|邮编|邮政编码|网址|联系人(?:及(?:联系)?(?:电话|方式))?|(?:咨询|监督|服务|办公|联系|技术支持)?电话|联系方式|手机|传真|邮箱|电子邮箱|抄送|主送"
)
_DATED = (
    r"(?:填表|填报|填写|报送|上报|汇总|制表|统计|审核)?(?:日期|时间)|截止(?:日期|时间)"
)
_LABEL = rf"(?:(?:{_SIGNED_BY})(?:签[字章名]|盖章|意见)?|{_DATED})(?:\s*\((?:[^()]{{0,12}})\))?"
_IS_LABEL = re.compile(rf"\(?(?:{_LABEL})\)?\s*:?|单位\s*\((?:公章|盖章|签章)\)\s*:?")
# 临清市科技局(盖章), alone in its row.
_SEALED = re.compile(r".{2,30}\((?:加?盖章|公章|签章|章)\)")
_DAY = (
    r"(?:\d{4}|[〇零一二三四五六七八九]{4})\s*[年./-]\s*[\d一二三四五六七八九十]{1,3}\s*(?:[月./-]\s*(?:[\d一二三四五六七八九十]{1,3}\s*日?)?)?"
    r"|\s*年\s*月\s*日?"
)
_DATE_LINE = re.compile(_DAY)
_NUMBER = r"[\d+()（）/ 、-]{5,}"
# 审核人工智能 is no signature.
_NAME = rf"(?!工智|机|才)[{_HAN}·]{{2,4}}"
# 填表人：张三, 联系电话 0635-8230000, 报送时间2026年11月, 填表人张三.
_SIGNED = re.compile(
    rf"(?:{_LABEL})\s*:.*|(?:{_LABEL})(?:\s+\S.{{0,24}}|\s*(?:{_DAY})|\s*{_NUMBER})|(?:填[表报写]|制表|审[核批]|批准|复核|经办|报送|上报|汇总|统计|录入)人\s?{_NAME}",
    re.DOTALL,
)
_ANSWER = re.compile(
    rf"{_NAME}|{_DAY}|{_NUMBER}|\S+@\S+|[{_HAN}]{{2,20}}(?:局|委|办|公司|大学|学院|院|所|中心)"
)
_TOTAL = re.compile(
    r"(?:本页|本表|以上|全[市县区]|各[县区])?(?:合|小|总|共|累|总合)计(?:数|金额|值)?(?:\s*\([^()]*\))?(?:\s*[::\d(共].*)?|"
    r"(?:总|合计)(?:金额|额|数量?)(?:\s*[::].*)?|(?:以上|本页|本表)?(?:[总合]?[共计]+)\s*[\d一二三四五六七八九十百叁肆伍陆柒捌玖拾]+\s*[项条个家].*|平均(?:值|数|价|金额)?(?:\s*[::].*)?|[^\s]{2,12}(?:小计|合计)(?:\s*[::\d].*)?|(?:sub|grand)?\s*total|sum|Σ|∑",
    re.DOTALL | re.I,
)
_END = re.compile(
    r"(?:此行)?以下(?:空白|无正文|无内容|无)|[此本]页(?:以下)?(?:无正文|完|空白|无内容)|空白|完|全文完|本?表完|结束|续表|接上页|接下页|转下页|见下页|end|"
    r"\.{2,}|…+",
    re.I,
)
_FRAME = "()[]【】<>《》-—–_=*~ /.·…"
_NOTE_WORD = (
    r"备?注|说明|附注|填[表报写](?:说明|须知|要求)|编制说明|注意事项|注意|温馨提示|特别提示|提示|要求|备注说明|"
    r"有关说明|指标解释|注释"
)
_NOTE = re.compile(
    rf"[*※★#【\[(]*\s*(?:{_NOTE_WORD})[】\])]*\s*\d{{0,2}}\s*[::.、].*", re.DOTALL
)
_NOTE_LABEL = re.compile(
    rf"[*※★#【\[(]*\s*(?:{_NOTE_WORD})[】\])]*\s*\d{{0,2}}\s*[::]?"
)
# A sentence with a number below the table: 1.本表一式两份。
_NUMBERED_NOTE = re.compile(
    r"\(?\d{1,2}\s*[.、)]\s*(?:本|请|填|各|以上|如|凡|需|须|所|联系|报送|表中|此表|报|附|企业|单位).{6,}",
    re.DOTALL,
)
# What stands alone in a row without naming itself: 截至2026年11月, *为必填项, 如有疑问请联系…, 表1.
_LONE_NOTE = re.compile(
    r"(?:数据)?截[至止](?:到|于)?\s*(?:\d{4}\s*年|\d{4}[-./]).{0,20}|[*※★]+\s*(?:号|标记|项|列|栏)?\s*[为是]\s*必填.{0,10}|"
    r"(?:如|若|填报|填写)(?:有|遇)(?:疑问|问题|不明|不清楚).{2,40}|附?表\s*\d{1,2}",
    re.DOTALL,
)
_SECTION_NUMBER = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}\s*[、.,:]|\([一二三四五六七八九十]{1,3}\)|第[一二三四五六七八九十\d]{1,3}(?:部分|[部类章节批组]))"
)
_COUNT = r"(?:\s*\(?\s*(?:共|合计|小计)?\s*\d+\s*[项条个家件]?\s*\)?)?"
_SECTION_END = re.compile(
    rf"(?:[县区市镇乡]|街道|开发区|高新区|园区|度假区|产业|产业链|领域|行业|部分|类|类别|组|批|学院|大学|院所|高校|公司|局){_COUNT}\s*:?$"
)
_MAX_SECTION = 24  # characters
_CHINESE_NUMBER = re.compile(
    r"\(?(?:[一二三四五六七八九十]{1,3}|[IVXⅠ-Ⅻ]{1,4})\)?[、.]?"
)
# What stands above a table, once more in the middle of a sheet or at the foot of a page.
_HEADING = re.compile(
    r".{2,}(?:汇总表|一览表|统计表|征集表|登记表|信息表|需求表|成果表|明细表|申报表|推荐表|调查表|清单|目录|名录|榜单)(?:\s*\(.*\))?|"
    r"附\s*(?:件|表)\s*\d*\s*[:：]?.{0,30}|第\s*\d+\s*页.{0,12}|-?\s*\d+\s*-|\d+\s*/\s*\d+|page\s*\d+.*",
    re.I,
)
# Notes on how to fill in that say so by themselves.
_GUIDE = re.compile(
    r"\d+\s*[-~—–至到]\s*\d+\s*个?[字项条](?!路|目)|(?:至少|不少于|不超过|最多|限|控制在|不低于)\s*\d+\s*[字个项条]|\d+\s*字(?:以内|以上|左右|内)|"
    r"必填|选填|可不填|可为空|必选|单选|多选|下拉|请(?:填写|选择|输入|按|从|勾选|写)|填写.{0,12}(?:全称|名称|内容)|"
    r"^如[::,]|^例如|格式(?:[::为]|如)|与.{1,12}一致$|不要写|精确到|单位[::为]|用.{1,4}(?:分开|隔开|分隔)|"
    r"^\d{4}[-./]\d{1,2}[-./]\d{1,2}格式|没有可?留空|没有.{0,6}填|可留空|全称|统一社会信用代码$|^填"
)
# Words that are notes only when they are the whole cell: 数字 is, 数字孪生车间 is a title.
_GUIDE_WORD = re.compile(
    r"\(?(?:文本|文字|数字|数值|整数|小数|日期|字符|文本格式|数字格式|日期格式|下拉选择|自动生成|留空|18位|11位|18位代码|11位数字|汉字|万元|无需填写)\)?|"
    r"(?:text|string|enum|number|numeric|decimal|int(?:eger)?|bool(?:ean)?|date(?:time)?|float|double|json|(?:var)?char)(?:\s*\(\d+(?:,\d+)?\))?",
    re.I,
)
_FIELD_NAME = re.compile(
    r"[a-z][a-z0-9]*(?:[_.][a-z0-9]+)*|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[a-z]+(?:[A-Z][a-z]+)+"
)
_COLUMN_NUMBER = re.compile(
    r"[(\[]?(?:\d{1,2}|[A-Z]{1,2}|[IVX]{1,4}|[Ⅰ-Ⅻⅰ-ⅻ①-⑳⑴-⒇㈠-㈩]|[一二三四五六七八九十]{1,2}|[甲乙丙丁戊己庚辛])[)\]]?[栏列.、]?|"
    r"第[\d一二三四五六七八九十]{1,2}[栏列]|\d{1,2}\s*=\s*[\d+*/() -]+"
)
_UNIT_WORD = re.compile(
    r"\(?(?:计量|金额)?(?:单位\s*[::])?\s*(?:人民币)?(?:[亿万千百]?元|字|年|月|日|个|项|人|家|级|%|件|份|天|台|套|吨|平方米|亩|文本|数字|日期|yyyy-mm-dd|/|-|—)\)?",
    re.I,
)
_UNIT_LINE = re.compile(
    r"\(?(?:计量|金额|货币|资金|经费)?单位\s*[::\s]\s*(?:人民币)?\s*[亿万千百]?元\)?"
)


# 专家姓名, 设备名称: a header of some other table.
_ANY_NAME = re.compile(rf"[{_HAN}]{{1,4}}(?:姓名|名称)$")


class RowKinds:
    """Says of each row of a list what it is, if it is no listing.

    Args:
        headers: those of the kind of list.
        others: those of the other kinds, whose tables may stand in the same sheet.
        concludes: whether a row that is marked as signed is nothing of the list, as among listings.
    """

    def __init__(
        self,
        headers: Headers,
        others: Sequence[Headers] = (),
        *,
        concludes: bool = False,
    ) -> None:
        self.headers = headers
        self.others = others
        self.concludes = concludes
        # People copy what the blank form says of its columns into their lists.
        self.advice = {
            _plain(column.advice) for column in headers.columns if column.advice
        }
        self.names = {column.name for column in headers.columns}

    def kind_of(
        self,
        cells: Sequence[Any],
        placed: Sequence[int],
        *,
        number: int | None,
        title: int | None,
        owners: Collection[int],
        below_header: int,
    ) -> str:
        """What a row is; empty where it is a listing.

        Args:
            cells: all its cells.
            placed: indices of the columns that mean something.
            number: index of the running number; None where there is none.
            title: index of the title; None where the sheet has none.
            owners: indices of the columns that name the owner.
            below_header: rows between it and the header, 1 for the next one.
        """
        texts = {index: _plain(cell) for index, cell in enumerate(cells)}
        texts = {index: text for index, text in texts.items() if text}
        first = next(iter(texts.values()), "")
        owner = next((texts[index] for index in owners if index in texts), "")
        running = texts.get(number, "") if number is not None else ""
        named = texts.get(title, "") if title is not None else ""
        if any(_EXAMPLE.fullmatch(text) for text in (running, first, named) if text):
            return EXAMPLE
        if not running and _EXAMPLE_OWNER.fullmatch(owner):
            return EXAMPLE
        if _WITHDRAWN.fullmatch(named):
            return WITHDRAWN
        if self.concludes and _CONCLUDED.fullmatch(named):
            return CONCLUDED
        if _is_footer(texts) and not _NOTE_LABEL.fullmatch(first):
            return FOOTER
        if _is_total(texts):
            return TOTAL
        bare = {index: text for index, text in texts.items() if index != number}
        if bare and all(map(_PLACEHOLDER.fullmatch, bare.values())):
            return EXAMPLE
        if bare and all(map(_NOTHING.fullmatch, bare.values())):
            return BLANK
        if len(set(bare.values())) == 1:
            kind = _kind_of_single(next(iter(bare.values())), running, len(bare))
            if kind:
                return kind
        if not any(index in texts for index in placed):
            return _kind_of_single(running, "", 1) or BLANK
        if self.headers.is_header_row(cells):
            return HEADER
        if _is_labelled_note(texts):
            return NOTE
        if not owner and _is_section_with_sums(list(bare.values()), named):
            return SECTION
        if below_header <= NEAR_HEADER:
            kind = self._kind_near_header(bare, title, owners)
            if kind:
                return kind
        # One text at the left, without a running number and with figures at most: whatever it says, it is no listing.
        is_wide = len(placed) >= MIN_WIDE and bool(owners)
        is_named = named and owner and named != owner
        if is_wide and not running and not is_named:
            return _kind_of_lone(bare, title, owners)
        return ""

    def begins_other_table(self, cells: Sequence[Any]) -> bool:
        """Whether a row is the header of a table that is none of this list: achievements below demands, telephones.

        Args:
            cells: all cells of a row that is no header of this list.
        """
        filled = [cell for cell in cells if cell is not None and str(cell).strip()]
        # Words that nobody knows may stand among the labels, contents may not.
        if any(len(str(cell)) > MAX_HEADER or _is_figure(str(cell)) for cell in filled):
            return False
        labels = sum(1 for cell in filled if self._is_label(cell))
        if len(filled) > 2:
            return labels * 2 > len(filled)
        return labels == 2 and any(one.is_header_row(cells) for one in self.others)

    def _is_label(self, cell: Any) -> bool:
        if not isinstance(cell, str):
            return False
        key = header_key(cell)
        if key in IGNORED_HEADERS or ATTRIBUTES.match(key) or _ANY_NAME.match(key):
            return True
        return any(one.is_known(cell) for one in (self.headers, *self.others))

    def _kind_near_header(
        self, bare: Mapping[int, str], title: int | None, owners: Collection[int]
    ) -> str:
        """Which of the rows that stand below a header it is: units, numbers of columns, names of fields, notes."""
        texts = {i: text for i, text in bare.items() if text.strip("-—/·")}
        values = list(texts.values())
        if not values:
            return ""
        is_titled = title in texts
        if is_titled and len(values) > 1 and all(map(_COLUMN_NUMBER.fullmatch, values)):
            return NUMBERS
        if self._are_field_names(values):
            return GUIDE
        if not is_titled:
            if all(_UNIT_WORD.fullmatch(text) for text in values):
                return UNIT
            if all(
                _UNIT_WORD.fullmatch(text) or self._is_advice(text) for text in values
            ):
                return GUIDE
            return ""
        advised = sum(1 for text in values if self._is_advice(text))
        # A listing may well mention 18 位 or 必填 in its title or its text, but never in the name of its owner.
        naming = [text for i, text in texts.items() if i == title or i in owners]
        is_guide = advised > 1 and advised * 2 >= len(values)
        return GUIDE if is_guide and all(map(self._is_advice, naming)) else ""

    def _are_field_names(self, values: Sequence[str]) -> bool:
        """Whether a row repeats the names of fields in a program: title, contact_phone."""
        if len(values) < 3 or not all(map(_FIELD_NAME.fullmatch, values)):
            return False
        ours = sum(1 for text in values if "_" in text or self._is_name(text))
        return ours * 2 >= len(values)

    def _is_name(self, text: str) -> bool:
        return text in self.names or self.headers.is_known(text)

    def _is_advice(self, text: str) -> bool:
        if text in self.advice or _GUIDE_WORD.fullmatch(text):
            return True
        return _GUIDE.search(text) is not None


def is_state_header(cell: Any) -> bool:
    """Whether a header is that of a column which says what became of each row."""
    return isinstance(cell, str) and _IS_STATE.fullmatch(header_key(cell)) is not None


def says_state(state: str, cell: Any) -> bool:
    """Whether a cell of such a column says of its row what `WITHDRAWN` or `CONCLUDED` says."""
    return isinstance(cell, str) and _STATES[state].fullmatch(_plain(cell)) is not None


def _plain(cell: Any) -> str:
    """A cell on one line, half-width."""
    if cell is None:
        return ""
    return " ".join(half_width(str(cell)).split())


def _closed(text: str) -> str:
    """A text without blanks between single Han: 填 表 人 is 填表人, and 填表人 张三 stays."""
    return _SPACED_OUT.sub(lambda match: match[0].replace(" ", ""), text)


def _is_footer(texts: Mapping[int, str]) -> bool:
    """Whether a row is signed or dated: its first text is one of the usual labels, and so are most of the others."""
    values = [_closed(text) for text in texts.values()]
    if not values or not _is_signed(values[0]):
        return False
    # A list may begin with a column of days.
    if _DATE_LINE.fullmatch(values[0]):
        return all(map(_is_signed, values))
    signed = sum(1 for text in values if _is_signed(text))
    # 填表人： 张三 in two cells: label and answer take turns.
    if signed * 2 >= len(values):
        return True
    return all(_is_signed(text) or _ANSWER.fullmatch(text) for text in values)


def _is_signed(text: str) -> bool:
    if _IS_LABEL.fullmatch(text) or _DATE_LINE.fullmatch(text):
        return True
    return len(text) <= 120 and _SIGNED.fullmatch(text) is not None


def _is_total(texts: Mapping[int, str]) -> bool:
    """Whether one of the first texts is a sum, and no others but figures follow."""
    values = [_without_blanks(text) for text in texts.values()]
    for place, text in enumerate(values[:3]):
        if not _TOTAL.fullmatch(text):
            continue
        # 平均 or 小计 as the name of a listing has an organisation and more next to it.
        wordy = [one for one in values[place + 1 :] if not _is_figure(one)]
        return len(wordy) < 3
    return False


def _is_section_with_sums(values: Sequence[str], title: str) -> bool:
    """The name of a county with how many and how much: 一、东昌府区, 5项, 300."""
    if len(title) > _MAX_SECTION or not values or values[0] != title:
        return False
    if not (_SECTION_NUMBER.match(title) or _SECTION_END.search(title)):
        return False
    return len(values) > 1 and all(map(_is_figure, values[1:]))


def _is_figure(text: str) -> bool:
    return (
        re.fullmatch(r"[\d.,%+-]+\s*(?:[亿万千百]?元|[项条个家件台套人])?", text)
        is not None
    )


def _without_blanks(text: str) -> str:
    return re.sub(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])", "", text)


def _is_labelled_note(texts: Mapping[int, str]) -> bool:
    """注 in one cell and the note in the next ones."""
    values = list(texts.values())
    return 1 < len(values) <= 3 and _NOTE_LABEL.fullmatch(values[0]) is not None


def _kind_of_lone(
    bare: Mapping[int, str], title: int | None, owners: Collection[int]
) -> str:
    """What a row is that has one text at its left, and figures at most next to it."""
    words = [index for index, text in bare.items() if not _is_figure(text)]
    if len({bare[index] for index in words}) != 1:
        return ""
    # A text further to the right may be the rest of the row above, which a converted file broke: that is refused.
    is_left = title is None or words[0] <= title
    return LONE if is_left or words[0] in owners else ""


def _kind_of_single(text: str, running: str, times: int) -> str:
    """What a row is whose cells all say the same: in one cell, merged over all or written into each."""
    closed = _closed(text)
    bare = _without_blanks(text).strip(_FRAME)
    if not text:
        return ""
    if _END.fullmatch(bare or text):
        return END
    # Before the footers: 填表说明 begins like 填表人.
    if _NOTE.match(text) or _NOTE_LABEL.fullmatch(text) or _NUMBERED_NOTE.match(text):
        return NOTE
    if not running and _LONE_NOTE.fullmatch(text):
        return NOTE
    if _is_signed(closed) or _SEALED.fullmatch(closed):
        return FOOTER
    if _UNIT_LINE.fullmatch(text):
        return UNIT
    if not running and _HEADING.fullmatch(text):
        return HEADING
    is_short = len(text) <= _MAX_SECTION
    if is_short and _SECTION_NUMBER.match(text):
        return SECTION
    if is_short and (times > 2 or _CHINESE_NUMBER.fullmatch(running)):
        return SECTION
    # With a running number it is a listing that has nothing but its title.
    if is_short and not running and _SECTION_END.search(text):
        return SECTION
    if _GUIDE.search(text) and not running and len(text) > _MAX_SECTION:
        return NOTE
    return ""
