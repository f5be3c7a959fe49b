"""Whether a text names a telephone number or a mail address."""

from __future__ import annotations

import pytest

from marketplace.parsing.contacts import holds_contact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13905351234", True),
        ("139 0535 1234", True),
        ("139.0535.1234", True),
        ("139.05351234", True),
        ("１３９０５３５１２３４", True),
        ("一三九零五三五一二三四", True),
        ("幺三九 洞五三五 幺二三四", True),
        ("1-3-9-0-5-3-5-1-2-3-4", True),
        ("+86 139 0535 1234", True),
        ("139 2019 1234", True),
        ("0635-8230001", True),
        ("（0635）8230001转801", True),
        ("专利 ZL201910345678.9，电话 13905351234", True),
        ("zhang.san@lcu.edu.cn", True),
        ("zhang＠lcu.edu.cn", True),
        ("", False),
        ("专利 ZL201910345678.9 和 CN201310987654X", False),
        ("2019、2020、2021、2022 年", False),
        ("0.15-0.35-0.55-0.75 mm", False),
        ("累计 12,000,000 件，转速 1500～30000 r/min", False),
        ("GB/T 4754-2017，C34", False),
        ("振动由 45 dB 降到 36 dB @ 1500 r/min", False),
    ],
)
def test_contacts_in_a_text(text: str, expected: bool) -> None:
    assert holds_contact(text) is expected
