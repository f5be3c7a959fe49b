"""What a text refuses weighs nothing and is missed nowhere; words and conditions that only sound like it go on."""

from __future__ import annotations

import pytest
from hypothesis import given

from matching import Document, Matcher
from matching.refusals import (
    refused_stretches,
    refused_things,
    refused_words,
    without_refused,
)
from matching.text import plain_text
from tests.matching.conftest import texts

REFUSED = [
    ("我们不要轴承，要齿轮", "轴承"),
    ("不需要贷款，想找铜排折弯的工艺", "贷款"),
    ("除了焊接以外的连接方法", "焊接"),
    ("除了焊接以外，其他连接办法都可以", "焊接"),
    ("除焊接之外的连接工艺", "焊接"),
    ("除了焊接以外，都可以", "焊接"),
    ("不要「轴承」，要「齿轮」", "「轴承」"),
    ("除了“焊接”以外，都行", "“焊接”"),
    ("不是要贷款，而是要改设备", "贷款"),
    ("除了焊接以外，还有什么办法", "焊接"),
    ("焊接除外，其他都行", "焊接"),
    ("不是轴承异响，而是齿轮啸叫", "轴承异响"),
    ("不是轴承的问题，是齿轮的问题", "轴承的问题"),
    ("用激光清洗而不是酸洗", "酸洗"),
    ("用机械连接而非焊接", "焊接"),
    ("不想要进口设备，国产的就行", "进口设备"),
    ("不考虑热处理，只想改材料", "热处理"),
    ("不考虑热处理只想改材料", "热处理"),
    ("不要轴承要齿轮", "轴承"),
    ("不要轴承、齿轮，只要链条", "轴承、齿轮"),
    ("不要轴承和齿轮", "轴承和齿轮"),
    ("不要液压的压力机，要伺服的", "液压"),
    ("不需要酸洗的除锈办法", "酸洗"),
    ("请排除焊接方案", "焊接"),
    ("已排除轴承的原因", "轴承"),
    ("不接受电镀工艺", "电镀工艺"),
    ("不要人工分拣，想上机器", "人工分拣"),
    ("我们不需要贷款", "贷款"),
    ("不要PVC管", "pvc管"),
    ("不再需要切削液", "切削液"),
    ("不要烧结炉", "烧结炉"),
    ("不要再用轴承钢", "轴承钢"),
    ("产品不要甲醛", "甲醛"),
]
NOTHING_REFUSED = [
    "除了焊接以外，还要做表面处理",
    "除了焊接，我们也做铸造",
    "希望转速不要超过3000",
    "占地不要太大",
    "设备不要太贵",
    "除了焊接以外，都能做热处理",
    "除了焊接以外，也可以铆接",
    "皮板不要发硬",
    "不要有腥味",
    "老外不要带铅的铜龙头",
    "凹板要不要能自动调",
    "不要毛刺",
    "不要气孔和裂纹",
    "加热时不要变形",
    "不要增加成本",
    "不要影响强度",
    "不要紧",
    "标准不要求做盐雾",
    "是不是轴承坏了，是的话怎么换",
    "不是轴承就是齿轮坏了",
    "排除故障用的诊断系统",
    "自动排除轴承故障",
    "管道排除空气",
    "除尘器外壳生锈",
    "除铁以外还要除锰",
    "不锈钢表面无铬钝化",
    "无损检测不规则焊缝",
    "无人机不需要起降场地",
    "非标设备免维护轴承",
    "不含铬的钝化液",
    "不锈钢不要生锈",
    "不要让钢球撞来撞去",
    "只要不变形就行",
    "能不要切削液吗",
    "不要切削液行不行",
    "工人不要太多，两个人能看住",
    "不仅是轴承，还有齿轮",
    "不是很懂，想问轴承怎么选",
    "不是所有轴承都响，是高速的响",
    "价格不要高于同行",
    "不要一次投入太大",
    "不要光看价格",
    "不用换涂胶机",
    "客户不要求电镀",
    "温度不要降，效率要高",
    "不要再推荐轴承了",
    "我厂不做轴承",
    "不考虑热处理时硬度多少",
    "不要轴承的话齿轮也行",
    "不需要焊接的情况下怎么连接",
    "车厂不要有钎剂的件",
]
CATALOGUE = [
    Document(1, "深沟球轴承超精研磨降噪", "轴承滚道超精研磨，轴承异响低"),
    Document(2, "渗碳齿轮磨齿工艺", "齿轮磨齿后啸叫低，适合大模数齿轮"),
    Document(3, "无铬钝化液", "镀锌板无铬钝化，不含甲醛"),
    Document(4, "大豆蛋白胶黏剂", "人造板用的无醛胶黏剂"),
]


@pytest.mark.parametrize(("text", "refused"), REFUSED)
def test_what_is_refused_is_read(text: str, refused: str) -> None:
    norm = plain_text(text)

    assert [norm[start:end] for start, end in refused_things(norm)] == [refused]
    assert not set(refused.split("、")) & set(without_refused([norm])[0].split())


@pytest.mark.parametrize("text", NOTHING_REFUSED)
def test_what_is_wanted_is_not_taken_for_refused(text: str) -> None:
    norm = plain_text(text)

    assert refused_things(norm) == []
    assert without_refused([norm]) == [norm]


@given(texts)
def test_every_place_stays_and_every_text_with_a_refusal_is_looked_at(
    text: str,
) -> None:
    norm = plain_text(text)
    left = without_refused([norm])[0]

    assert len(left) == len(norm)
    for start, end in refused_stretches(norm):
        assert not left[start:end].strip()


def test_what_is_refused_neither_weighs_nor_is_missing() -> None:
    matcher = Matcher(vectors=0).fit(CATALOGUE)
    demand = Document("q", "", "我们不要轴承，要大模数齿轮的磨齿工艺")
    best = matcher.rank(demand, top=4)
    reasons = matcher.explain(demand, 2)

    assert best[0].id == 2
    assert 1 not in [match.id for match in best if match.reasons.words]
    assert "轴承" not in [word for word, _ in reasons.weighed]
    assert "轴承" not in reasons.missing
    assert refused_words("我们不要ＰＶＣ管，要钢管") == ("ＰＶＣ管",)
    assert refused_words("不要「轴承」，不要“齿轮”") == ("轴承", "齿轮")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        # What something is to be without is what it is about, and no lack of the other side.
        ("不含甲醛的胶黏剂", "甲醛"),
        ("排水中不得检出甲醛，胶黏剂要好洗", "甲醛"),
        ("不添加甲醛的胶黏剂", "甲醛"),
    ],
)
def test_what_is_to_be_absent_weighs_and_is_not_missing(text: str, named: str) -> None:
    matcher = Matcher(vectors=0).fit(CATALOGUE)
    reasons = matcher.explain(Document("q", "", text), 4)

    assert named in [word for word, _ in reasons.weighed]
    assert named not in reasons.missing
    # Who names it otherwise misses it.
    said = matcher.explain(Document("q", "", "甲醛超标的胶黏剂"), 4)
    assert named in said.missing
