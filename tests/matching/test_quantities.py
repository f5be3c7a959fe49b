"""A figure and its unit are one word, whatever they are written with; figures that differ stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import text


@pytest.mark.parametrize(
    ("quantity", "spellings"),
    [
        (
            "38db",
            ["38 dB", "38dB", "38.0 dB", "３８ ｄＢ", "38dB(A)", "38 dBA", "38 分贝"],
        ),
        ("0.5μm", ["0.5 μm", "0.5µm", "0.5um", "0.50 微米", "0.5㎛", "0.5\u00a0μm"]),
        ("40°c", ["40℃", "40 °C", "40 摄氏度", "40˚C", "40.0℃", "４０℃"]),
        ("-40°c", ["-40℃", "−40 °C", "－40℃", "—40℃", "零下40℃", "零下 40 摄氏度"]),
        ("1.5mw", ["1.5MW", "1.5 MW", "1.50 兆瓦"]),
        ("10mpa", ["10 MPa", "10MPa", "10 兆帕", "10.0 Mpa", "10 N/mm²"]),
        ("3000rpm", ["3000 r/min", "3,000rpm", "3000 转/分", "3000转每分钟"]),
        ("99.5%", ["99.5%", "99.50 ％", "99.5﹪"]),
        ("100m2", ["100㎡", "100 m²", "100m2", "100 平方米"]),
        ("15kw", ["15 kW", "15㎾", "15千瓦"]),
        ("±0.5μm", ["±0.5 μm", "±0.5um"]),
        ("5nm", ["5 nm", "5nm", "5 纳米以下"]),
    ],
)
def test_spellings_of_a_quantity_are_one(quantity: str, spellings: list[str]) -> None:
    for spelling in spellings:
        [span, *_] = text.spans(f"耐{spelling}")[1:]
        assert span.word == quantity, spelling
        assert text.is_quantity(span.word)


@pytest.mark.parametrize(
    ("written", "quantities"),
    [
        ("38%", {"38%"}),
        ("1.5MW", {"1.5mw"}),  # and not 5mw
        ("-40～80℃", {"-40°c", "80°c"}),
        ("10-20MPa", {"10mpa", "20mpa"}),
        ("10MPa～20MPa", {"10mpa", "20mpa"}),
        ("10 至 20 兆帕", {"20mpa"}),
        ("Φ20 mm×3 mm", {"20mm", "3mm"}),
        ("25±2℃", {"2°c"}),
        ("PA66 -40℃", {"-40°c"}),
        ("PA66-40℃", {"40°c"}),
        ("耐-40℃低温，150℃热收缩率低于2%时", {"-40°c", "150°c", "2%"}),
        ("10-20MPa级", {"10mpa", "20mpa"}),
        ("50纳米氧化铝", set()),
        ("5 A级", set()),
        ("5G 基站，GCr15，7075-T6，V2.0", set()),
    ],
)
def test_quantities_of_a_text(written: str, quantities: set[str]) -> None:
    found = {word for word in text.words(written) if text.is_quantity(word)}

    assert found == quantities


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("噪声 38.0 dB 以下", "38.0 dB"),
        ("耐 40摄氏度", "40摄氏度"),
        ("转速 3,000 转/分钟", "3,000 转/分钟"),
        ("耐零下40℃", "零下40℃"),
        ("耐 − 40℃", "40℃"),
    ],
)
def test_a_quantity_stands_where_it_was_written(written: str, shown: str) -> None:
    shown_words = [
        written[span.start : span.end]
        for span in text.spans(written)
        if text.is_quantity(span.word)
    ]

    assert shown in shown_words


@pytest.mark.parametrize(
    ("one", "other"),
    [("7075-T6", "7075T6"), ("Wi-Fi", "WiFi"), ("GPT-4", "GPT4"), ("ø20", "Φ20")],
)
def test_hyphens_in_a_word_are_optional(one: str, other: str) -> None:
    assert set(text.words(other)) & set(text.words(one))


@pytest.mark.parametrize("word", ["38db", "-40°c", "99.5%", "10-20mpa", "3000rpm"])
def test_quantities_say_nothing_about_a_technology(word: str) -> None:
    assert text.words(f"新{word}", stop=True) == []


FIGURES = st.from_regex(r"[1-9][0-9]{0,3}(\.[0-9]*[1-9])?", fullmatch=True)
UNITS = st.sampled_from(["dB", "μm", "℃", "MPa", "kW", "r/min", "%", "mm", "V"])


@given(FIGURES, UNITS, FIGURES, UNITS)
def test_two_quantities_are_one_word_only_where_they_are_equal(
    figure: str, unit: str, other_figure: str, other_unit: str
) -> None:
    same = (figure, unit) == (other_figure, other_unit)
    [one] = text.words(figure + unit)
    [other] = text.words(f"{other_figure} {other_unit}")

    assert (one == other) is same


def test_a_unit_without_its_figure_is_the_same_unit() -> None:
    assert text.words("um 级") == text.words("μm 级")
    assert text.words("album") == ["album"]
