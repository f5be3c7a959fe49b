"""Which documents a text finds, on every engine: a table of queries and the exact sets."""

from __future__ import annotations

import pytest

from search import Document, Engine, Query

EVERYTHING = {"a11", "a12", "a13", "a14", "d11", "d21", "d23"}


def found(engine: Engine, text: str, **more: object) -> set[str]:
    result = engine.find(Query(text, size=100, **more))
    assert result.total == len(result.hits)
    return {f"{hit.kind[0]}{hit.id}" for hit in result.hits}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # whole words, parts of words, and words that the segmentation cuts otherwise
        ("锂离子电池", {"a11", "d11"}),  # 锂电池 is the same
        ("锂离子", {"a11"}),
        ("电池", {"a11", "d11"}),
        ("电池隔膜", {"a11", "d11"}),
        ("保持架", {"a14", "d21"}),
        ("轴承", {"a14", "d21"}),
        ("的", {"a12", "a14", "d11"}),
        # the holder is found
        ("聊城大学", {"a11", "a14"}),
        ("鲁西铝材", {"a12"}),
        # Latin, grades, figures, signs, full width
        ("PA66", {"d21"}),
        ("pa66", {"d21"}),
        ("ＰＡ６６", {"d21"}),
        ("A6", {"d21"}),
        ("7075", {"a12"}),
        ("Al-Zn-Mg", {"a12"}),
        ("al-zn", {"a12"}),
        ("Ra", {"d21"}),
        ("C++", {"a12"}),
        ("c#", {"d23"}),
        ("520 MPa", {"a12"}),
        ("520MPa", {"a12"}),
        ("97.5%", {"a14"}),
        ("150℃", {"a11"}),
        ("😀", {"d23"}),
        # several words: all of them, in any order and place
        ("轴承 振动", {"a14"}),
        ("振动　轴承", {"a14"}),
        ("聊城大学 轴承", {"a14"}),
        ("隔膜,陶瓷;涂层", {"d11"}),
        # text of a page is text
        ("<b>无苦味", {"a13"}),
        ("无苦味", {"a13"}),
        # nothing to look for: browse
        ("", EVERYTHING),
        ("   \t\n　", EVERYTHING),
        ("\x00", EVERYTHING),
    ],
)
def test_a_text_finds_exactly_these(
    filled: Engine, text: str, expected: set[str]
) -> None:
    assert found(filled, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("池隔", "a11"),
        ("持架轴", "a14"),
        ("胶低分", "a13"),
        ("件低压", "a12"),
        ("架时颤振", "d21"),
        ("现有隔", "d11"),
    ],
)
def test_letters_that_no_segmentation_joins_come_first(
    filled: Engine, text: str, expected: str
) -> None:
    hit = filled.find(Query(text)).hits[0]
    assert f"{hit.kind[0]}{hit.id}" == expected


def test_no_phrase_runs_from_one_field_into_the_next(engine: Engine) -> None:
    engine.put([Document("demand", 1, 1, "甲乙", "丙丁", holder="戊己")])
    apart = engine.find(Query("甲乙丙丁戊己"))
    engine.put([Document("demand", 2, 1, "甲乙丙丁戊己", "", holder="")])
    together = engine.find(Query("甲乙丙丁戊己"))
    assert apart.total <= 1
    assert together.hits[0].id == 2
    for text in ("\uf8ff", "己\uf8ff丙"):
        assert engine.find(Query(text)).total >= 0


@pytest.mark.parametrize(
    "text",
    ['"', "'", "*", "AND", "OR NOT", "a OR", "NEAR(a, b)", "title:", "{title} : x", "^a", "a*", "(", "))", "-", "--x",
     "\\", "%", "_", "?", "~1", "[1 TO 2]", "a:b", "'; DROP TABLE docs; --", '" OR 1=1', "/re/", "&&", "||", "!", "{}",
     "\ud800", "a\x00b", "\u202e", "\ufffe", "é", "e\u0301", "ﬁ", "İ", "ß", "́", "👩‍🔬", "한국어"],
)  # fmt: skip
def test_signs_of_other_languages_are_only_text(filled: Engine, text: str) -> None:
    result = filled.find(Query(text))
    assert result.total >= len(result.hits)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("say \"yes\" AND 'no'", '"yes"'),
        ("a && b || c", "b || c"),
        ("50%_off", "50%_off"),
        ("C:\\temp\\x", "\\temp"),
        ("SELECT * FROM docs;", "* FROM"),
        ("Weiß und Straße", "STRASSE"),
        ("cafe\u0301", "café"),
        ("café", "cafe\u0301"),
        ("ﬁlter", "filter"),
        ("İzmir", "İz"),
        ("H₂O 与 m²", "H2O"),
        ("Al‐Zn—Mg", "al-zn-mg"),
        ("Al-Zn-Mg", "Zn–Mg"),
        ("第③种", "3种"),
        ("한국어 문서", "국어"),
        ("👩‍🔬研究", "👩‍🔬"),
        ("line one\nline two", "one line"),
        ("NEAR(x)", "near(x)"),
    ],
)
def test_signs_are_found_where_they_stand(engine: Engine, body: str, text: str) -> None:
    engine.put(
        [
            Document("demand", 1, 1, "含有", body),
            Document("demand", 2, 1, "不含", "别的"),
        ]
    )
    assert found(engine, text) == {"d1"}


@pytest.mark.parametrize(
    "text",
    ["%", "％", "&&", "%_", "——", "。", "+", "≥", "$", "°", "( )", "《》", "\u200b%"],
)
def test_signs_alone_find_nothing(engine: Engine, text: str) -> None:
    engine.put([Document("demand", 1, 1, "检出率 99% —— ≥ (＋)《$》", "a && b %_ 。")])
    result = engine.find(Query(text))

    assert (result.total, result.hits) == (0, [])
    assert result.signs_only
    assert not engine.find(Query("检出率")).signs_only
    assert not engine.find(Query("")).signs_only


QUANTITIES = {
    1: "整机噪声 38.0 dB（A）以下",
    2: "能耗降低 38%，噪声 138dB，380 dB",
    3: "耐-40℃低温",
    4: "耐 40 ℃ 高温",
    5: "工作温度 -40~80°C，压力 10-20MPa",
    6: "1.5MW 主轴轴承，粗糙度 0.5um",
    7: "15MW 主轴轴承，φ20 mm",
    8: "7075-T6 厚板，Wi-Fi 模块",
    9: "7075T6 薄板，WiFi 网关",
    10: "转速 3,000 转/分，Ø20 轴",
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("38 dB", {1}),
        ("38dB", {1}),
        ("38分贝", {1}),
        ("噪声 38 dB", {1}),
        ("38%", {2}),
        ("-40℃", {3, 5}),
        ("−40 °C", {3, 5}),
        ("零下40度", {3, 5}),
        ("零下40℃", {3, 5}),
        ("40℃", {4}),
        ("80 ℃", {5}),
        ("10 MPa", {5}),
        ("20兆帕", {5}),
        ("1.5 MW", {6}),
        ("15MW", {7}),
        ("5MW", set()),
        ("0.5 μm", {6}),
        ("0.5微米", {6}),
        ("0.50 µm", {6}),
        ("5 μm", set()),
        ("20mm", {7}),
        ("7075-T6", {8, 9}),
        ("7075T6", {8, 9}),
        ("Wi-Fi", {8, 9}),
        ("wifi", {8, 9}),
        ("3000 r/min", {10}),
        ("3000rpm", {10}),
        ("Φ20", {7, 10}),
        ("⌀20", {7, 10}),
    ],
)
def test_a_figure_and_its_unit_are_one(
    engine: Engine, text: str, expected: set[int]
) -> None:
    engine.put(
        [Document("demand", ident, 1, body, "") for ident, body in QUANTITIES.items()]
    )
    result = engine.find(Query(text))
    hits = {hit.id for hit in result.hits if hit.matched_share == 1.0}

    assert hits == expected


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("轴\ufe0f承保持架", "轴承"),
        ("⻓寿命轴承", "长寿命"),
        ("⻘储饲料", "青储"),
        ("⻝品⻋间", "食品车间"),
        ("热处理设备", "熱處理設備"),
        ("軸承軟件", "轴承软件"),
        ("附着力测试", "附著力測試"),
        ("附著力測試", "附着力"),
        ("轴 承 保 持 架 断 裂", "保持架断裂"),
        ("保持架断裂", "保 持 架 断 裂"),
        ("深沟<b>球</b>轴承&nbsp;断裂", "深沟球轴承断裂"),
        ("轴\u200b承", "轴承"),
        ("轴承", "轴\u202e承"),
        # a unit by itself, and figures without one
        ("占地 100 平方米", "平方米"),
        ("粒径 5 微米", "微米"),
        ("年产 1,000 件", "1000"),
        ("年产 1000 件", "1,000"),
    ],
)
def test_a_text_is_found_however_it_is_spelled(
    engine: Engine, body: str, text: str
) -> None:
    engine.put(
        [
            Document("demand", 1, 1, "含有", body),
            Document("demand", 2, 1, "不含", "别的"),
        ]
    )
    result = engine.find(Query(text))

    assert [hit.id for hit in result.hits] == [1]
    assert not result.relaxed


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("整机噪声偏大", "噪音"),
        ("整机噪声偏大", "异响"),
        ("轴承异音", "杂音"),
        ("电机异响", "异音"),
        ("异音诊断", "noise"),
        ("太阳能组件", "光伏"),
        ("光伏支架", "太阳能"),
        ("深沟球轴承", "bearing"),
        ("深沟球轴承", "軸承"),
        ("bearing steel", "轴承"),
        ("激光熔覆", "雷射"),
        ("纳米涂层", "奈米"),
        ("检测软件", "軟體"),
        ("深度学习", "DL"),
        ("用 DL 检测", "深度学习"),
        ("电机异响", "异声"),
        ("屋顶太阳能板", "光伏组件"),
        ("光伏板清洗", "太阳能电池板"),
        ("燃气用PE管焊接", "聚乙烯管"),
        ("内圈沟道磨削", "滚道"),
        ("老人摔倒报警", "跌倒"),
        ("焊缝裂缝", "裂纹"),
        ("护栏生锈", "锈蚀"),
        ("减速机漏油", "渗油"),
        ("注塑披锋", "飞边"),
        ("砖面泛碱", "返碱"),
        ("酱菜涨袋", "胀袋"),
        ("非烧结砖", "免烧砖"),
        ("电线电缆", "cable"),
        ("驴皮胶", "驴胶"),
        ("塑胶件", "塑料"),
    ],
)
def test_words_of_one_meaning_find_each_other(
    engine: Engine, body: str, text: str
) -> None:
    engine.put(
        [
            Document("demand", 1, 1, "含有", body),
            Document("demand", 2, 1, "不含", "别的"),
        ]
    )

    assert found(engine, text) == {"d1"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        # Each looks like a synonym and is another thing (decision 084).
        ("淬火裂纹", "开裂"),
        ("图像畸变校正", "变形"),
        ("焚烧飞灰", "粉煤灰"),
        ("铸件砂眼", "气孔"),
        ("阻燃剂返霜", "返碱"),
        ("applicable to all", "电缆"),
    ],
)
def test_words_of_another_meaning_do_not_find_each_other(
    engine: Engine, body: str, text: str
) -> None:
    engine.put([Document("demand", 1, 1, "含有", body)])

    assert found(engine, text) == set()


def test_a_synonym_finds_and_a_short_alias_counts_as_a_word_only(
    filled: Engine,
) -> None:
    filled.put([Document("demand", 31, 1, "main mail", "maintain")])
    assert found(filled, "人工智能") == {"a14", "d23"}
    assert found(filled, "AI") == {
        "a14",
        "d23",
        "d31",
    }  # the reader's own letters are found anywhere
    first = [hit.id for hit in filled.find(Query("AI")).hits]
    assert first[-1] == 31  # … but the word goes before letters inside a word


def test_some_words_are_enough_when_all_are_not_found_together(filled: Engine) -> None:
    result = filled.find(Query("轴承 颤振 石墨烷"))
    expected_first = ("demand", 21)
    assert result.relaxed
    assert (result.hits[0].kind, result.hits[0].id) == expected_first
    assert 0 < result.hits[-1].matched_share < result.hits[0].matched_share < 1
    assert result.missing
    assert all(word in "石墨烷" for word in result.missing)


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        # the same words as often, once as they were asked for and once scattered
        (
            "高速主轴轴承的热变形抑制石墨烷",
            "高速主轴轴承的热变形抑制",
            "抑制，变形，热，的，主轴轴承，高速",
        ),
        (
            "保持架兜孔磨损量在线测量石墨烷",
            "保持架兜孔磨损量在线测量",
            "测量，在线，磨损量，兜孔，保持架",
        ),
        # a sign or a blank in the text asked for changes nothing
        (
            "铜管内螺纹成形 缺陷识别：石墨烷",
            "铜管内螺纹成形缺陷识别",
            "识别，缺陷，成形，内螺纹，铜管",
        ),
    ],
)
def test_what_a_long_text_says_together_counts(
    engine: Engine, text: str, right: str, wrong: str
) -> None:
    # The wrong ones have the smaller numbers: a tie would put them first.
    engine.put(
        [
            Document("demand", 1, 1, "", wrong),
            Document("demand", 2, 1, "", wrong + "。"),
            Document("demand", 3, 1, "", right),
            *(Document("demand", n, 1, "", f"别的{n}") for n in range(10, 20)),
        ]
    )
    result = engine.find(Query(text))

    assert result.relaxed
    assert result.hits[0].id == 3
    # Pairs add to what was found, they find nothing.
    assert all(hit.matched_share > 0 for hit in result.hits)


def test_pairs_of_a_long_text_let_nothing_in(engine: Engine) -> None:
    engine.put(
        [
            # 承的 and 断装 stand here, none of the words
            Document("demand", 1, 1, "", "传承的文化，判断装潢"),
            Document("demand", 2, 1, "", "轴承"),
        ]
    )
    result = engine.find(Query("轴承的故障诊断装置"))

    assert [hit.id for hit in result.hits] == [2]


def test_a_word_found_nowhere_is_named(filled: Engine) -> None:
    result = filled.find(Query("xyzzy"))
    assert (result.total, result.hits, result.relaxed, result.missing) == (
        0,
        [],
        False,
        ["xyzzy"],
    )


def test_words_that_exist_apart_are_not_missing(filled: Engine) -> None:
    result = filled.find(Query("阿胶 铣削"))
    assert result.relaxed
    assert result.missing == []
    assert {hit.id for hit in result.hits} == {13, 21}


def test_what_a_reader_may_not_see_is_missing_for_them(filled: Engine) -> None:
    public = filled.find(Query("稀土"))
    operator = filled.find(Query("稀土", audiences=frozenset({"public", "operator"})))
    assert (public.total, public.missing) == (0, ["稀土"])
    assert [hit.id for hit in operator.hits] == [22]
    assert filled.find(Query("稀土", audiences=frozenset())).total == 0
    assert filled.find(Query("", audiences=frozenset())).total == 0


def test_whether_all_words_are_required_does_not_depend_on_filters(
    filled: Engine,
) -> None:
    result = filled.find(Query("颤振", kinds=("achievement",)))
    assert (result.total, result.relaxed) == (0, False)
    assert result.facets["kind"] == [("demand", 1)]


def test_a_pasted_page_is_a_query(filled: Engine) -> None:
    text = "我公司动力电池隔膜热收缩过大，希望寻找陶瓷涂覆技术。" * 400
    result = filled.find(Query(text[:5000]))
    assert {hit.id for hit in result.hits[:2]} == {11}
    assert filled.find(Query("电" * 5000)).total >= 0
    assert filled.find(Query("x" * 5000)).total == 0
    assert filled.find(Query("词 " * 2500)).total >= 0


def test_the_title_weighs_more_and_a_common_word_still_orders(engine: Engine) -> None:
    engine.put(
        [
            Document("demand", i, 1, "其他", "电池 " + "填充文字" * 5)
            for i in range(1, 9)
        ]
        + [Document("demand", 9, 1, "电池", "其他 " + "填充文字" * 5)]
    )
    hits = engine.find(Query("电池")).hits
    assert hits[0].id == 9
    assert [hit.id for hit in hits[1:]] == list(range(1, 9))
    assert hits[0].score > hits[1].score > 0


def test_the_phrase_as_typed_comes_first(engine: Engine) -> None:
    engine.put(
        [
            Document("demand", 1, 1, "材料与涂层", "防腐处理，钢板和桥梁"),
            Document("demand", 2, 1, "材料", "桥梁钢板防腐涂层"),
        ]
    )
    assert [hit.id for hit in engine.find(Query("钢板防腐")).hits] == [2, 1]
