"""What a word is: the cutting held against jieba, normal form, grades, sub-terms, stop words, places in the text.

Everything here is asked of jieba itself and of its compiled twin.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import jieba
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import text
from matching.segmenting import CompiledSegmenter, PlainSegmenter

# Sentences of many trades, written for this test: terms of the lexicon, names, numbers, colloquial and odd ones.
VARIED = """
轴承保持架兜孔毛刺在线检测，深沟球轴承套圈磨削烧伤判别方法研究
我公司生产新能源汽车动力电池，现有隔膜在高温下收缩率偏大，希望联合高校攻关
赤泥脱碱后用于路面基层胶凝材料的配比优化，脱硫石膏与电石渣协同激发
阿胶低聚肽酶解制备及脱苦脱腥，驴皮源特征肽液质联用鉴别真伪
春季风力最弱，冬季次之，霜期的缩短趋势最弱，种群聚集强度最弱
研究生命起源的科学家们说的确实在理，结婚的和尚未结婚的都来报名
聊城市东昌府区郑家镇保持器产业园的张伟明经理昨天去了临清烟店
玉米籽粒直收机脱粒破碎率偏高，凹板间隙与滚筒转速自适应调节
印染尾水臭氧催化氧化与膜生物反应器深度脱色回用，吨水运行成本降到两元
基于多光源视觉的坯布疵点识别，提花织物也能分辨，检出率百分之九十七
铝合金厚板淬火残余应力与应力腐蚀的关系尚不清楚，需要建立预测模型
失能老人夜间离床跌倒的无感监测，不装摄像头，保护隐私
高速公路桥梁伸缩缝病害的快速修补材料，早强低收缩
北斗农机自动导航小行距播种，地头掉头路径规划与坡地补偿
激光熔覆铁基不锈层代替镀硬铬，液压支架立柱再制造
微生物菌剂防治根结线虫，连作障碍严重的大棚香瓜土壤修复
区块链存证与一物一码防伪追溯，批发市场库存实时盘点
钙锌复合稳定剂替代铅盐用于给水管材，落锤冲击通过率不低于九成
王小二过年一年不如一年，他来到了网易杭研大厦，工信处女干事每月经过下属科室
氮化硅陶瓷球批量研磨的圆度与批直径变动量控制，毛坯余量不均
石墨烯改性环氧富锌底漆耐盐雾性能，附着力与柔韧性兼顾
催化裂化油浆脱固与针状焦原料预处理，超重力离心与静电吸附耦合
乌兰察布的马铃薯淀粉废水提取蛋白，阿勒泰冷水鱼工厂化循环养殖
葡萄糖酸钠母液回收，柠檬酸发酵尾气余热利用，菌渣做有机肥
人工智能大模型问答系统面向中小制造企业的工艺知识库
""".strip().splitlines()
HAN_RUN = re.compile(f"[{text.HAN}]+")


SEGMENTERS = {"jieba": PlainSegmenter, "jieba-rs": CompiledSegmenter}


@pytest.fixture(scope="module", autouse=True, params=SEGMENTERS)
def segmenter(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of what cuts in the tests of this module: each runs with both."""
    if request.param == "jieba-rs":
        pytest.importorskip("rjieba")
    before = text.cutter()
    text.use_cutter(text.Cutter(SEGMENTERS[request.param]()))
    yield request.param
    text.use_cutter(before)


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> jieba.Tokenizer:
    """jieba as its manual says, with our lexicon: an instance of its own, its cache in a folder of its own."""
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    tokenizer.initialize()
    for line in (
        files("matching")
        .joinpath("lexicon", "terms.txt")
        .read_text(encoding="utf-8")
        .splitlines()
    ):
        word, frequency, tag = line.split(" ")
        if HAN_RUN.fullmatch(word):
            tokenizer.add_word(word, int(frequency), tag)
    return tokenizer


def cut(run: str) -> list[str]:
    return [token.word for token in text.tokens(run)]


def runs(path: Path | None = None) -> list[str]:
    found: dict[str, None] = {}
    for line in (
        VARIED if path is None else path.read_text(encoding="utf-8-sig").splitlines()
    ):
        found.update(dict.fromkeys(HAN_RUN.findall(text.normalise(line))))
    return list(found)


def test_cutting_is_jiebas_on_varied_sentences(oracle) -> None:
    assert len(runs()) > 40
    for run in runs():
        expected = oracle.lcut(run)

        assert cut(run) == expected


@pytest.mark.parametrize(
    "name", ["achievements-1.csv", "achievements-2.csv", "demands.csv"]
)
def test_cutting_is_jiebas_on_the_sample_lists(oracle, name: str) -> None:
    path = Path(__file__).resolve().parents[2] / "demo" / name
    if not path.exists():
        pytest.skip("the sample lists are kept in another form")
    different = [run for run in runs(path) if cut(run) != oracle.lcut(run)]

    assert different == []


def test_cutting_is_jiebas_on_terms_run_together(oracle) -> None:
    terms = sorted(t for t in text.lexicon_terms() if HAN_RUN.fullmatch(t))
    together = [terms[i] + terms[-i] + terms[i * 7 % len(terms)] for i in range(1, 700)]
    different = [run for run in terms + together if cut(run) != oracle.lcut(run)]

    assert different == []


@settings(max_examples=150)
@given(
    st.text(
        st.sampled_from("".join(sorted(set("".join(runs()))))), min_size=1, max_size=30
    )
)
def test_cutting_is_jiebas_on_any_order_of_characters(oracle, run: str) -> None:
    assert cut(run) == oracle.lcut(run)


def test_every_term_stays_whole() -> None:
    broken = [term for term in text.lexicon_terms() if term not in text.words(term)]

    assert broken == []


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("PA66 保持架", "pa66"),
        ("７０７５铝合金", "7075"),
        ("Al-Zn-Mg 合金", "al-zn-mg"),
        ("Al－Zn－Mg 合金", "al-zn-mg"),
        ("Al–Zn–Mg 合金", "al-zn-mg"),
        ("接入GPT-4模型", "gpt-4"),
        ("用C++语言", "c++"),
        ("C++、C# 均可", "c#"),
        ("用 C++11 写", "c++11"),
        ("45#钢", "45#"),
        ("按GB/T 4754", "gb/t"),
        ("GCr15轴承钢", "gcr15"),
        ("6061-T6型材", "6061-t6"),
        ("5G 基站", "5g"),
        ("金属3D打印", "金属3d打印"),
        ("给水PVC管材", "pvc管材"),
        ("304 不锈钢", "304"),
    ],
)
def test_grades_and_names_stay_whole(written: str, expected: str) -> None:
    assert expected in text.words(written, stop=True)


@pytest.mark.parametrize(
    ("written", "absent"),
    [
        ("2018年投入500万元", {"2018", "500", "投入", "万元"}),
        ("抗拉强度≥520MPa", {"520mpa", "mpa", "520"}),
        ("温度 150 ℃", {"150", "c"}),
        ("我公司希望寻求合作", {"公司", "希望", "寻求", "合作"}),
        ("一次三十年两台", {"一次", "三十年", "两台"}),
        ("速度 30 mm/min", {"mm/min", "30"}),
    ],
)
def test_what_says_nothing_is_stopped(written: str, absent: set[str]) -> None:
    assert absent.isdisjoint(text.words(written, stop=True))


@pytest.mark.parametrize(
    "boilerplate",
    [
        "希望进一步提高技术水平和产品质量",
        "寻求先进技术，解决生产中的技术问题，提高经济效益",
        "不想再用，不肯，不让，一样反映不好，都是买来的",
        "占百分之三十、百分之九十五，三分之一，八百元",
        "老化 120小时、500 千克、180摄氏度",
    ],
)
def test_whole_phrases_say_nothing(boilerplate: str) -> None:
    assert set(text.words(boilerplate, stop=True)) <= {"老化"}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("304不锈钢", "304"),
        ("6082小型材", "6082"),
        ("质量检测", "检测"),
        ("产业化学品", "化学品"),
    ],
)
def test_what_stands_beside_boilerplate_still_tells(written: str, kept: str) -> None:
    assert kept in text.words(written, stop=True)


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        ("注塑机", ["注塑机", "注塑"]),
        ("成功率", ["成功率", "成功"]),
        ("氮化硅", ["氮化硅", "氮化"]),
        ("锂电池", ["锂电池", "锂电", "电池"]),
        ("铝合金", ["铝合金", "合金"]),
    ],
)
def test_a_suffix_takes_no_character_from_the_word_before_it(
    whole: str, expected: list[str]
) -> None:
    assert text.words(whole) == expected


@pytest.mark.parametrize("kept", ["三元", "二维", "半导体", "千斤顶", "石墨烯", "五轴"])
def test_kinds_that_begin_with_a_number_are_kept(kept: str) -> None:
    assert kept in text.words(f"新{kept}", stop=True) or kept in text.words(
        kept, stop=True
    )


@pytest.mark.parametrize(
    ("whole", "parts", "not_parts"),
    [
        ("轴承保持架", {"轴承", "保持架"}, {"承保"}),
        ("新能源汽车", {"新能源", "汽车"}, set()),
        ("Al-Zn-Mg", {"al", "zn", "mg"}, set()),
        ("GPT-4", {"gpt"}, {"4"}),
    ],
)
def test_terms_give_their_parts(
    whole: str, parts: set[str], not_parts: set[str]
) -> None:
    found = set(text.words(whole))

    assert parts <= found
    assert not_parts.isdisjoint(found)


@pytest.mark.parametrize(
    ("written", "word", "shown"),
    [
        ("ﬁlm 薄膜", "film", "ﬁlm"),
        ("面积㎡，ＰＡ６６保持架", "pa66", "ＰＡ６６"),
        ("㌔级轴承钢", "轴承钢", "轴承钢"),
        ("①锂电池②隔膜", "隔膜", "隔膜"),
        ("cafe\u0301 机器", "caf\u00e9", "cafe\u0301"),
        ("ｶﾞﾗｽ 纤维", "ガラス", "ｶﾞﾗｽ"),
        ("İstanbul 铝材", "铝材", "铝材"),
        ("😀轴承😀", "轴承", "轴承"),
    ],
)
def test_places_are_those_of_the_original(written: str, word: str, shown: str) -> None:
    found = {span.word: written[span.start : span.end] for span in text.spans(written)}

    assert found[word] == shown


LETTERS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "轴承保持架锂电池的一种PA66pa-+#/.３５０㎡ﬁ①ｶﾞ\u0301\u0307Åßİ٣年万元%"
        ),
    ),
    max_size=40,
)


@given(LETTERS)
def test_normalising_twice_is_normalising_once(written: str) -> None:
    once = text.normalise(written)

    assert text.normalise(once) == once


@given(LETTERS)
def test_words_and_places_tell_the_same(written: str) -> None:
    for stop in (False, True):
        assert sorted(text.words(written, stop=stop)) == sorted(
            s.word for s in text.spans(written, stop=stop)
        )


@given(LETTERS)
def test_the_original_shows_each_word(written: str) -> None:
    for span in text.spans(written):
        assert 0 <= span.start < span.end <= len(written)
        shown = text.normalise(written[span.start : span.end])
        # The unit of a quantity may be spelled otherwise, or stand at the other end of a range.
        word = span.word[0] if text.is_quantity(span.word) else span.word
        assert _without_joints(word) in _without_joints(shown)


def _without_joints(word: str) -> str:
    """A word may hold blanks, hyphens and commas of thousands that are no part of it."""
    return re.sub(r"[\s,-]", "", word)


@given(LETTERS)
def test_stopping_only_takes_away(written: str) -> None:
    every = text.words(written)

    assert all(word in every for word in text.words(written, stop=True))


@given(st.text(st.sampled_from("轴承保持架铝合金与的技术PA66 -，。"), max_size=60))
def test_blanks_and_width_change_no_word(written: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in written)

    assert text.words(wide) == text.words(written)
    assert text.words(f"  {written}\n") == text.words(written)


def test_plain_texts_are_nfkc_and_case_folded() -> None:
    written = "Ｈ₂Ｏ、ＧＣｒ１５轴承钢ＳＴＲＡSSE"
    expected = unicodedata.normalize("NFKC", written).casefold()

    assert text.normalise(written) == expected


def test_jiebas_shared_state_is_untouched() -> None:
    text.words("轴承保持架")

    assert not jieba.dt.initialized
    assert "轴承保持架" not in jieba.dt.FREQ


def test_version_names_the_words() -> None:
    assert re.fullmatch(r"\d+-[0-9a-f]{12}", text.words_version())


@pytest.mark.parametrize(
    "name", ["terms.txt", "synonyms.txt", "related.txt", "stopwords.txt"]
)
def test_no_line_of_the_lexicon_stands_twice(name: str) -> None:
    lines = (
        files("matching")
        .joinpath("lexicon", name)
        .read_text(encoding="utf-8")
        .splitlines()
    )
    told = [line.split(" ")[0] for line in lines if not line.startswith("#")]

    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("轴承保持架", True),
        ("水葫芦", True),
        ("cbn", True),
        ("打造", False),
        ("眼看", False),
        ("头多", False),
        ("720", False),
    ],
)
def test_what_names_a_thing(word: str, expected: bool) -> None:
    assert text.names_a_thing(word) is expected


@pytest.mark.parametrize(
    "sentence",
    [
        "减速机|渗油|两年",
        "砖坯|掉渣|严重",
        "铝材|封孔|不良",
        "输送带|跑偏|停机",
        "保持架|兜孔|变形",
        "赤泥|免烧砖|强度",
        "外圈|滚道|圆度",
        "屋顶|太阳能板|清洗",
        "酱菜|胀袋|原因",
    ],
)
def test_words_of_the_trade_are_cut_whole(sentence: str) -> None:
    expected = sentence.split("|")

    assert set(expected) <= set(text.words("".join(expected)))


@pytest.mark.parametrize(
    "written",
    ["高的时候到过150，一般", "合起来不到100。", "抗拉强度≥ 304，", "超过1200。"],
)
def test_figures_that_nothing_follows_are_an_amount_where_they_are_compared(
    written: str,
) -> None:
    content = text.words(written, stop=True)

    assert not [word for word in content if word.isdigit()]


@pytest.mark.parametrize("written", ["材质304，拉伸", "通过304不锈钢", "超过304不锈钢"])
def test_the_grade_of_a_material_stays(written: str) -> None:
    assert "304" in text.words(written, stop=True)
