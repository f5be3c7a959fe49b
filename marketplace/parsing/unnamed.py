"""What stands where a name should: 某高校, ***有限公司, 张**, 登录后可见. Nothing of the kind becomes a name.

How names are read is in `organisation_lists.py` and `people.py`; how our own pages hide one in `listings.disclosure`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from marketplace.parsing.name_lists import any_of, read_word_lists
from marketplace.parsing.organisations import is_trade, without_form
from marketplace.parsing.text import EMPTY
from matching.folding import fold_label

_WORDS = read_word_lists(Path(__file__).with_name("unnamed_words.txt"))
_MAX_NAME = 200  # characters; a longer text is refused as a name by itself
_HAN_FIGURE = "一二三四五六七八九〇○"
# Signs that hide characters, also a single one inside of a name. X only where no Latin word is: Maxxis is a name;
# ○ and 〇 are also noughts: 第七〇三研究所.
_MASK = re.compile(
    rf"[*●□■◯△▲\ufffd]|(?<![{_HAN_FIGURE}])[○〇]+(?![{_HAN_FIGURE}])|[_?·]{{2,}}|×+|\.{{3,}}|-{{3,}}"
    r"|(?<![a-z0-9])x{2,}(?![a-z0-9])"
    r"|(?<![a-z0-9.+\-])x(?=公司|企业|单位|厂|集团|大学|学院|高校|院|校|所)"
    r"|(?<=[\u4e00-\u9fff])x(?!射线|光)(?=[\u4e00-\u9fff])"
)
_UNSTATED = re.compile(
    rf"(?:{any_of(_WORDS['before'])})*"
    rf"(?:(?:{any_of(_WORDS['not_said'])}|{any_of(_WORDS['where'])})[,;、/.]?)+"
    rf"(?:{any_of(_WORDS['behind'])})*"
)
_NOBODY = re.compile(
    rf"(?:{any_of(_WORDS['whose'])})*(?:{any_of(_WORDS['generic'])})(?:名称|全称)?"
    r"|[a-z甲乙丙丁戊](?:公司|企业|单位|方|集团|大学|高校|学院|有限公司)"
    r"|(?:公司|企业|单位|大学|高校|学院)[a-z0-9甲乙丙丁戊一二三]{1,2}|[\d\W_]+"
    rf"|{any_of(_WORDS['nobody'])}"
)
# 临清轴承企业, 聊城一家企业, 省内高校: no register has such a name; 合伙企业 stands in many.
_KIND_ONLY = re.compile(
    r".*(?<!合伙)(?<!独资)(?:企业|高校|院校|科研院所|厂家|厂商|商家|企事业单位)(?:名称)?"
)
# 请登录后查看联系方式, 开通会员可见: where sites hide what they sell.
_BEHIND_DOOR = re.compile(
    r"(?:登[录陆]|注册|会员|vip|付费|授权|扫码|解锁).{0,8}(?:可见|查看|可看|显示|查询|获取|查阅|公开|解锁)"
)
_SOMEBODY = re.compile(r"某|无名氏|^(?:先生|女士|小姐|老师|同志|联系人|负责人|姓名)$")
_ENDS = "\"'“”‘’「」《》<>[]【】。.,、:：;；!！~ "


@lru_cache(4000)
def is_unnamed_organisation(name: str) -> bool:
    """Whether a text stands for an organisation that is not named.

    Args:
        name: as written; 单位未公开 and 临清市某轴承企业 are how our own lists write one.
    """
    # The mark of an example says nothing of the name before it.
    plain = re.sub(r"\(示例\)$", "", fold_label(name[:_MAX_NAME])).strip(_ENDS)
    if not plain or plain in EMPTY or "某" in plain:
        return True
    if any(pattern.fullmatch(plain) for pattern in (_UNSTATED, _NOBODY, _KIND_ONLY)):
        return True
    if _BEHIND_DOOR.search(plain):
        return True
    # 轴承有限公司 lacks what makes it a name; 电子科技大学 is one.
    bare = without_form(plain)
    if bare != plain and is_trade(bare):
        return True
    # 轴承厂（不便公开）: that a name is hidden may also be said in brackets behind a kind of firm.
    remarks = re.findall(r"\(([^()]*)\)", plain)
    if any(remark and _UNSTATED.fullmatch(remark) for remark in remarks):
        return True
    return _MASK.search(plain) is not None


# Names come back in a list: once as it is read and once as it is checked, and on many rows.
@lru_cache(20_000)
def is_unnamed_person(name: str) -> bool:
    """Whether a text stands for somebody who is not named: 张**, 张某某, 登录后可见; 李先生 is how one is called."""
    plain = fold_label(name[:_MAX_NAME]).strip(f"{_ENDS}()")
    if not plain or plain in EMPTY or _SOMEBODY.search(plain):
        return True
    is_stated = not (_UNSTATED.fullmatch(plain) or _BEHIND_DOOR.search(plain))
    return not is_stated or _MASK.search(plain) is not None
