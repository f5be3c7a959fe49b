"""What a text says of its writer weighs nothing: with it neither the first three change nor their grades."""

from __future__ import annotations

import csv
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Document, Matcher
from matching.judging.grades import fixed_grade
from matching.surroundings import core_of, heading_of
from matching.text import plain_text
from tests.matching.conftest import texts
from tests.served import ROOT

# Written as firms of the city write: none of them says anything about what is wanted.
PADDING = (
    "我公司成立于2003年，位于聊城市经济技术开发区，占地面积50亩。",
    "公司现有员工260余人，其中工程技术人员38人。",
    "企业注册资本3000万元，固定资产1.2亿元。",
    "我厂是国家高新技术企业，省级专精特新中小企业。",
    "公司通过了ISO9001质量管理体系认证。",
    "产品远销全国二十多个省市，并出口到东南亚，深受用户好评。",
    "公司始终秉承“质量第一、用户至上”的宗旨。",
    "年产值1.8亿元，年销售收入1.5亿元，利税2000万元。",
    "我们技术力量雄厚，设备先进，检测手段齐全。",
    "公司地处鲁西平原，交通便利，距高速出口5公里。",
    "曾荣获山东省守合同重信用企业等荣誉称号。",
    "欢迎各位专家教授莅临指导。",
    "热诚欢迎社会各界朋友前来洽谈合作。",
    "联系人：王建国，电话：0635-2345678。",
    "手机13906351234，微信同号。",
    "邮箱：wang.jianguo@example.com，网址：www.example.com。",
    "各位老师好，打扰了。",
    "您好！",
    "非常感谢！",
    "盼复，谢谢各位专家。",
    "期待与高校院所建立长期合作关系。",
    "有意者请与李经理联系。",
    "公司地址：山东省聊城市东昌府区兴华路88号。",
    "Please contact us by e-mail. Thank you!",
    "我公司管理规范，售后服务周到，在同行业中信誉良好。",
    "法定代表人张永盛，股东三人。",
    "企业先后被评为市级诚信单位、纳税先进单位。",
    "经过二十年的发展，已成为集研发、生产、销售于一体的现代化企业。",
    "本着互利共赢的原则，愿与社会各界携手共进，再创辉煌。",
    "具体事宜可以面谈，价格好商量。",
)


def read_samples(name: str, *columns: str) -> list[Document]:
    with (ROOT / "demo" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    title, *rest = columns
    documents = []
    for number, row in enumerate(rows):
        text = "\n".join(row[column] for column in rest)
        documents.append(Document(f"{name}-{number}", row[title], text))
    return documents


@cache
def matcher() -> Matcher:
    columns = ("成果名称", "成果简介", "创新点", "主要技术指标", "关键词", "应用前景")
    achievements = read_samples("achievements-1", *columns)
    return Matcher().fit(achievements + read_samples("achievements-2", *columns))


def first_three(document: Document) -> list[tuple[object, str | None]]:
    matches = matcher().rank(document, top=3)
    return [(match.id, fixed_grade(match.reasons)) for match in matches]


PROBLEMS = (
    "GCr15轴承套圈淬火后变形大，椭圆超差，怎么控制畸变",
    "热镀锌板表面有锌渣划痕，靠人眼看不过来，想在线识别",
    "玉米籽粒直收破碎率偏高，滚筒和凹板怎么配",
    "驴皮化皮以后的残渣没处去，能不能做成肥料",
    "电池托盘型材搅拌摩擦焊以后变形",
)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("padding", PADDING)
def test_padding_changes_neither_the_first_three_nor_their_grades(
    problem: str, padding: str
) -> None:
    plain = Document("q", "", f"{problem}。")

    assert first_three(Document("q", "", f"{padding}{problem}。")) == first_three(plain)
    assert first_three(Document("q", "", f"{problem}。{padding}")) == first_three(plain)


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(
    "padding",
    [
        line
        for line in PADDING
        if line.startswith(("我", "公司", "企业", "联系", "手机"))
    ],
)
def test_a_line_of_its_own_after_a_sentence_without_a_full_stop_does_not_either(
    problem: str, padding: str
) -> None:
    """As people paste: the trouble, a new line, and who they are."""
    plain = Document("q", "", problem)

    assert first_three(Document("q", "", f"{problem}\n{padding}")) == first_three(plain)


def test_a_paragraph_is_not_joined_with_the_line_after_it() -> None:
    problem = (
        "俺们花生收获机那个弯刀片子忒不耐使，沙土地一季就秃了，换一茬刀片好几百块，"
        "又买不着合适的，寻思给刀头上镀层硬家伙，能多割几百亩地就中"
    )
    core = core_of(
        plain_text(f"{problem}\n我司为省级专精特新企业，通过了ISO9001认证。")
    )

    assert core.rstrip("\n") == core_of(plain_text(problem))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_all_the_padding_together_does_not_either(problem: str) -> None:
    half = len(PADDING) // 2
    long = "".join([*PADDING[:half], problem, "。", *PADDING[half:]])

    assert first_three(Document("q", "", long)) == first_three(
        Document("q", "", f"{problem}。")
    )


@pytest.mark.parametrize(
    "text",
    [
        # Each names a trouble or a technology beside what sounds like praise.
        "公司生产的轴承噪声偏高，客户退货",
        "占地面积大的旧式冷床换成步进式后仍有划伤",
        "产品质量不稳定，合格率只有八成",
        "研发团队长期从事驴皮酶解",
        "设备先进与否不论，辊缝跑偏解决不了",
    ],
)
def test_what_is_about_the_matter_stays(text: str) -> None:
    norm = plain_text(text)

    assert core_of(norm).strip()
    assert len(core_of(norm)) == len(norm)
    assert core_of(norm).replace("\n", "")


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("您好，打扰了。我厂做玻璃瓶。瓶口老是裂，怎么办？", "瓶口老是裂,"),
        ("我公司成立于2003年。淬火后变形超差。", "淬火后变形超差。"),
        ("轴承套圈冷辗扩。毛坯省料。", "轴承套圈冷辗扩。"),
        # Talk that stayed heads nothing, neither as a sentence nor as a clause before or behind.
        ("三台机器轮着开。浇口附近有流痕。", "浇口附近有流痕。"),
        ("天气转凉，浇口附近有流痕。", "浇口附近有流痕。"),
        ("浇口附近有流痕，天气转凉。", "浇口附近有流痕,"),
    ],
)
def test_the_sentence_that_names_the_trouble_heads_a_text(
    text: str, heading: str
) -> None:
    assert heading_of(core_of(plain_text(text))) == heading


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("彩涂板弯折处掉漆。天气转凉。", True),
        ("彩涂板弯折处掉漆。谢谢各位老师。天气转凉。欢迎来电。", False),
        ("彩涂板弯折处掉漆，天气转凉。谢谢各位老师，欢迎来电。", True),
    ],
)
def test_what_is_not_sure_goes_with_what_is_around_it(text: str, stays: bool) -> None:
    core = core_of(plain_text(text))

    assert ("天气转凉" in core) == stays
    assert "谢谢" not in core


@settings(max_examples=200)
@given(texts)
def test_every_place_stays_what_it_was(text: str) -> None:
    norm = plain_text(text)
    core = core_of(norm)

    assert len(core) == len(norm)
    assert all(a in (b, "\n") for a, b in zip(core, norm, strict=True))


@given(st.sampled_from(PADDING), st.sampled_from(PADDING))
def test_nothing_but_surroundings_is_read_as_it_is(first: str, second: str) -> None:
    norm = plain_text(first + second)

    assert core_of(norm) == norm


@pytest.mark.parametrize(
    "sentence",
    [
        "不管成不成，先谢过了，改天请您喝酒。",
        "小厂一个，夫妻俩带着十几号人，勉强糊口。",
        "火烧眉毛了，老板天天催，求高人指点一二。",
        "合作方式灵活，技术入股、一次性买断、联合攻关都可以谈。",
        "紧紧围绕黄河流域生态保护和高质量发展重大国家战略，奋力谱写新篇章。",
        "----- 原始邮件 ----- 发件人：综合办 收件人：各科室 主题：Fwd: 需求征集",
        "联系人：李主任，座机0635-8246XXX转802，传真同号。",
        "Dear Sir or Madam, we look forward to hearing from you soon.",
    ],
)
def test_a_sentence_of_talk_goes_from_a_text_with_a_title_too(sentence: str) -> None:
    """Without a cue of its own: no word of it names anything."""
    norm = plain_text(f"彩涂板弯折处掉漆。\n{sentence}")

    assert core_of(norm).strip("\n ") == "彩涂板弯折处掉漆。"


@pytest.mark.parametrize(
    "sentence",
    [
        "轧辊用了不到两个月辊面就剥落。",
        "烘箱出来的颗粒结块，含水率忽高忽低。",
        "焊缝根部未熔透，探伤不合格率8%。",
        "客户反映轴套磨得太快，半年就间隙超差。",
        "出口的大蒜片微生物老超标。",
        "我们厂污水COD降不到50mg/L以下。",
        "硫化后胶管内壁起泡，已经报废三百多根。",
        "离心泵密封漏水，一周换一次机封。",
        "去年冬天管道冻裂，保温层脱落严重。",
        "需要一种耐250℃的有机硅树脂。",
        "想把鸡粪做成有机肥，缺少合适的菌种。",
        "寻求铜管内表面无损检测设备。",
        "希望引进钛合金激光增材制造工艺。",
        "要求表面粗糙度Ra不大于0.4μm。",
        "目前单台能耗120kWh/t，想降到90kWh/t。",
        "玉米收获机籽粒破碎率高，漏粮多。",
        "纺纱车间静电大，飞花粘罗拉。",
        "锂电池隔膜穿刺强度不足，自放电偏大。",
        "公司研发的纳米碳酸钙分散性差，易团聚。",
        "我市出口轴承钢管脱碳层深。",
        # Each has a word that one could take for talk or for a name.
        "主机厂要求我们三个月内拿出绝缘的方案。",
        "滚轮修一次四十秒。",
        "雷达把拖把当人也报过。",
        "研发部只有两个人能看懂CAN报文。",
        "超声扫描一片白。",
        "一翻就翘。",
        "氨基酸序列为以下四种中的一种。",
    ],
)
def test_what_names_a_thing_or_a_trouble_stays_among_talk(
    sentence: str,
) -> None:
    norm = plain_text(f"彩涂板弯折处掉漆。不管成不成，先谢过了。{sentence}")

    assert core_of(norm).endswith(plain_text(sentence))
