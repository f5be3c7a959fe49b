"""Addresses of accounts, as people type and paste them: one reading for every door. Cells of lists: test_readers."""

from __future__ import annotations

import pytest

from marketplace.parsing import ParseError
from marketplace.parsing.emails import (
    HOW_TO_WRITE,
    NO_ADDRESS,
    ascii_address,
    read_address,
)

GOOD = [
    ("li@lcu.edu.cn", "li@lcu.edu.cn"),
    ("  Li.Lei+wx@LCU.edu.CN\n", "li.lei+wx@lcu.edu.cn"),
    ("ｌｉ＠ｌｃｕ．ｅｄｕ．ｃｎ", "li@lcu.edu.cn"),
    ("\u200bli@lcu.edu.cn\u202c\ufeff", "li@lcu.edu.cn"),
    ("li@lcu。edu。cn", "li@lcu.edu.cn"),
    ("mailto:li@lcu.edu.cn", "li@lcu.edu.cn"),
    ("邮箱：li@lcu.edu.cn", "li@lcu.edu.cn"),
    ("<li@lcu.edu.cn>", "li@lcu.edu.cn"),
    ("li@lcu.edu.cn。", "li@lcu.edu.cn"),
    # A mailbox may bear what parts addresses in a cell, and what people hide letters with.
    ("a/b@lcu.edu.cn", "a/b@lcu.edu.cn"),
    ("xxx@qq.com", "xxx@qq.com"),
    ("maxxx@qq.com", "maxxx@qq.com"),
    ("o'neil@x-y.cn", "o'neil@x-y.cn"),
    ("12345678@qq.com", "12345678@qq.com"),
    ("li@mail.lc.example", "li@mail.lc.example"),
    ("li@邮箱.中国", "li@邮箱.中国"),
    ("li@xn--v4q80s.xn--fiqs8s", None),
]
BAD = [
    "",
    "   ",
    "-",
    "无",
    "li",
    "li@",
    "@lcu.edu.cn",
    "li@lcu",
    "li@localhost",
    "li@mail.lc.local",  # mail never leaves an office by such a name
    "li@10.0.0.1",
    "li@[10.0.0.1]",
    "li@@lcu.edu.cn",
    "li@lcu..cn",
    "li@.lcu.cn",
    "li.@lcu.cn",
    "l i@lcu.edu.cn",
    "li@lcu.edu.cn wang@lcu.edu.cn",
    "li@lcu.edu.cn；wang@lcu.edu.cn",
    "li@lcu.edu.cn,wang@lcu.edu.cn",
    "li@qq,com",
    "李雷@lcu.edu.cn",
    "李雷 li@lcu.edu.cn",
    "li@lcu.edu.cn（李雷）",
    "li***@lcu.edu.cn",
    "138****0000@163.com",
    "li at lcu.edu.cn",
    "13800000000",
    "https://lcu.edu.cn",
    "li@lcu.edu.cn\nBcc: other@lcu.edu.cn",
    '"li lei"@lcu.edu.cn',
    "l" * 65 + "@lcu.edu.cn",
    "l" * 60 + "@" + ".".join(["x" * 60] * 4) + ".cn",
]


@pytest.mark.parametrize(("typed", "address"), GOOD)
def test_one_spelling_is_stored(typed: str, address: str | None) -> None:
    stored = read_address(typed)

    if address is not None:
        assert stored == address
    # What is stored is looked up by reading it again.
    assert read_address(stored) == stored
    assert ascii_address(stored).isascii()


@pytest.mark.parametrize("typed", BAD)
def test_what_is_none_is_refused_in_one_sentence(typed: str) -> None:
    with pytest.raises(ParseError) as refused:
        read_address(typed)

    assert refused.value.sentence == f"{NO_ADDRESS}{HOW_TO_WRITE}"


def test_a_chinese_domain_has_one_spelling_whichever_was_typed() -> None:
    assert read_address(ascii_address("li@邮箱.中国")) == "li@邮箱.中国"
