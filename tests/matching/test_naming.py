"""What of a text is shown to people: whole words, no names, and every thing, process or fault that it names."""

from __future__ import annotations

import pytest
from hypothesis import given

from matching import Document, Matcher
from matching import text as words_of
from matching.explaining.naming import is_word, naming_spans, showable_spans
from matching.explaining.query_text import QueryText
from tests.matching.conftest import texts


def named_in(text: str) -> list[str]:
    return [span.word for span in naming_spans(words_of.plain_text(text))]


def shown_in(text: str) -> set[str]:
    norm = words_of.plain_text(text)
    spans = words_of.normal_spans(norm, stop=True)
    return {span.word for span in showable_spans(norm, spans)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        # Whatever part of speech jieba gives a word: 烧伤 is a verb to it.
        ("套圈磨削后表面烧伤", ["套圈磨削", "烧伤"]),
        ("用巴克豪森噪声检测磨削烧伤", ["巴克豪森", "噪声", "烧伤"]),
        ("关节轴承清洁度不够", ["关节轴承", "清洁度"]),
        ("直线导轨和滚珠丝杠", ["直线导轨", "滚珠丝杠"]),
        ("活塞杆渗油", ["活塞杆", "渗油"]),
        ("挂面断条多", ["挂面", "断条"]),
        ("带钢边部起皮掉渣", ["起皮", "掉渣"]),
        ("焊缝夹渣、咬边", ["夹渣", "咬边"]),
        ("铷原子钟封装", ["原子钟"]),
        ("老人夜里摔倒没人知道", ["摔倒"]),
        # Whole where they were cut in two: a share, a term of both scripts, a name that has a synonym.
        ("阿胶熬胶时出胶率低，落果率也高", ["阿胶", "熬胶", "出胶率", "落果率"]),
        ("针刺机断针太勤", ["针刺机", "断针"]),
        ("保持架冲压后飞边大", ["保持架", "冲压", "飞边"]),
        ("3D打印金属粉末球形度低", ["3d打印", "金属粉末", "球形度"]),
        ("木门厂喷漆房漆雾大", ["喷漆房", "漆雾"]),
        ("混炼胶门尼值波动", ["混炼胶", "门尼值"]),
        ("铝型材挤压模具寿命短", ["铝型材", "模具", "寿命"]),
        ("胡萝卜清洗机", ["胡萝卜", "清洗机"]),
        ("食用油酸价高，豆制品胀包", ["酸价", "胀包"]),
        # Whatever name jieba's dictionary takes them for: a place, a person, an institution.
        ("海鲜活体运输，毛巾掉绒", ["海鲜", "活体", "毛巾", "掉绒"]),
        ("阳极深度清理，机械密封漏", ["阳极", "深度", "密封"]),
        ("高频变压器串联，法兰保鲜", ["串联", "法兰", "保鲜"]),
        # What the cutter makes of the ends of two words is none, and takes neither with it.
        ("管式制冷机，铅酸蓄电池", ["制冷机"]),
        ("老机床想看开机率", ["开机率"]),
        ("线切割厚工件鼓肚", ["线切割", "鼓肚"]),
        # What a writer says next to them takes nothing from them.
        ("铸件里裂纹多得吓人，砂眼找不着", ["铸件", "裂纹", "砂眼"]),
        ("客户发邮件催着要退火炉的图纸", ["退火", "图纸"]),
        ("菜籽油榨出来颜色深，还有股烟味", ["菜籽", "烟味"]),
        ("轴承装上没几天就发烫", ["轴承", "发烫"]),
        ("管子里头的锈除不净，焊缝弯弯扭扭的", ["管子", "焊缝"]),
        ("木粉尘多，怕着火", ["粉尘", "着火"]),
        ("有机肥、有色金属和不锈钢管", ["有机肥", "有色金属", "不锈钢管"]),
        ("提取罐出液慢", ["提取罐", "出液"]),
    ],
)
def test_things_processes_and_faults_are_named(text: str, named: list[str]) -> None:
    assert set(named) <= set(named_in(text))


@pytest.mark.parametrize(
    ("text", "unsaid"),
    [
        ("联系人：王建国，价格好商量", ["王建国", "商量"]),
        ("我叫李明远，是股东之一", ["李明远", "股东"]),
        ("请找赵经理或者孙工程师", ["赵经理", "孙工程师", "经理"]),
        ("临清市烟店镇永盛轴承有限公司生产阀门", ["永盛", "烟店", "临清"]),
        (
            "Please contact us to discuss and help",
            ["please", "to", "and", "us", "help"],
        ),
        ("想找个懂行的师傅都行", ["师傅", "都行"]),
        ("麻烦大家帮忙看看有啥办法", ["麻烦", "大家", "办法"]),
        ("请问咋办", ["请问", "咋办"]),
        ("轴承噪声大，请联系张德胜13812345678", ["张德胜"]),
        ("发件人：刘海涛 <a@b.cn> 主题：求助铜管开裂", ["海涛", "发件", "主题"]),
        ("From: Zhang Lei; To: market; Subject: burr", ["zhang", "lei", "market"]),
        ("李师傅和王工都看过", ["王工"]),
        ("此致敬礼 王秀英 2026年3月", ["秀英"]),
        ("阳谷县和冠县、莘县的厂", ["阳谷", "阳谷县", "冠县", "莘县"]),
        ("东昌府区、茌平区、高唐都试过", ["东昌府", "茌平", "茌平区", "高唐"]),
        ("高新区和旅游度假区的路灯", ["高新区", "度假区", "开发区"]),
        ("电梯坏了，越快越好", ["越快", "越好"]),
        ("客户发邮件催了好几次没人回", ["邮件", "发邮件"]),
        ("邻居嫌味儿大，家长也投诉", ["邻居", "味儿", "家长"]),
        ("Dear Prof. Wang, rings crack. Dr. Li knows", ["wang", "li"]),
        ("进口日本的、意大利的都试过", ["日本", "意大利"]),
        ("黄土高原和江汉平原的地", ["黄土", "江汉"]),
        ("开了个小农机厂", ["开了个"]),
        ("小孩不爱喝", ["小孩", "爱喝"]),
    ],
)
def test_names_and_talk_are_not_named(text: str, unsaid: list[str]) -> None:
    assert not set(unsaid) & set(named_in(text))


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("机器人能自动上料", "人能"),
        ("我们发货响应慢", "货响"),
        ("不锈钢板磨削时发热", "板磨"),
        ("希望能多省一些电", "能多省"),
        ("端面总落渣", "总落"),
        ("熔接线处开裂", "线处"),
        ("棚里白粉虱治不住", "虱治"),
        ("用废铝炼铝锭", "废铝炼"),
        ("人工抽检漏检率高", "率高"),
        ("番茄坐果率低，裂果多", "率低"),
        ("水蒸气透过率约是三成", "率约"),
        ("每吨成本短约一成", "短约"),
        ("定向前先内后外", "先内"),
        ("下放后仍未见析出", "未见"),
        ("交货响应慢", "货响"),
        ("这台机子能不能省点电", "省点"),
        ("棚里叶子老长霉", "老长"),
        ("打药机打得不匀", "打得"),
        ("一断就得停半天", "一断"),
        ("冷凝水滴到菜上", "滴到"),
        ("染色缸差大", "差大"),
        ("板材甲醛味大", "味大"),
        ("排不过来，插单全乱套", "单全"),
        ("搅拌轴断过两次", "断过"),
        ("工人报工靠纸条", "报工靠"),
        ("沿着瓶口堵成一锅粥", "堵成"),
        ("保持架冲完兜孔", "冲完"),
        ("客户嫌烦", "嫌烦"),
        ("支架镀锌层薄，海边两年就锈穿", "层薄"),
        ("库里货响", "货响"),
        ("针刺机断针，查断针靠磁铁", "机断"),
        ("针刺机断针，查断针靠磁铁", "查断"),
        ("空压机漏气", "压机"),
        ("比功率7.2kW/(m3/min)", "m3/min"),
        ("热稳定性120℃15min", "c15min"),
        ("漏率1×10-6 Pa·m3/s", "10-6pa·m3/s"),
        ("提高5个百分点", "百分点"),
        ("残磁要低于0.3mT", "0.3mt"),
        ("白水电导率到6000μS/cm", "6000μs/cm"),
        ("滤网换到300目压力就高", "300"),
        ("表面粗糙度Ra0.014", "ra0.014"),
        ("硬度HRC58-62，酸碱度pH6-8", "hrc58-62"),
        ("硬度HRC58-62，酸碱度pH6-8", "ph6-8"),
        ("现有超精研磨设备不换", "超精研"),
        ("成本别超过3000块", "3000"),
        ("一个班停七八回，好几支", "一个班"),
        ("精度不低于0.01", "低于"),
        ("成品率要提到九成", "提到"),
        ("辣椒烘干忽干忽湿", "忽湿"),
        # Ends of two words in a row.
        ("蒸馏塔塔板结焦", "板结"),
        ("换热效率一年比一年差", "热效率"),
        ("老机床想看开机率", "机率"),
        # Parts of the names of substances, and of words that are something else than these.
        ("碳化硅陶瓷件烧结开裂", "化硅"),
        ("三氯化铝催化剂", "化铝"),
        ("石墨烯浆料放几天就沉", "石墨"),
        ("聚氯乙烯管发脆", "乙烯"),
        ("氧化铝焙烧", "氧化"),
        ("密度板甲醛", "密度"),
        ("气凝胶毡掉粉", "凝胶"),
        # Half of a name.
        ("轴承防锈油发黄", "防锈油发"),
        ("塔里木盆地", "塔里"),
    ],
)
def test_a_piece_of_words_is_never_shown(text: str, fragment: str) -> None:
    assert fragment not in shown_in(text)
    assert fragment not in named_in(text)


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("烫得手不敢摸", "得手"),
        ("人工看外观看花眼了", "观看"),
        ("菜籽油榨出来颜色深", "油榨"),
        ("药片压出来掉渣", "压出"),
        ("滚子装进去就响", "装进去"),
        ("电缆抹上去没用", "抹上去"),
        ("怕收到马皮", "收到"),
        ("空压机漏气找不着地方", "找不着"),
        ("种老配不上", "配不上"),
        ("滚珠里有伤的挑不出", "有伤"),
        ("焊的时候不吃锡", "不吃"),
        ("字越打越浅", "越浅"),
        ("污泥太湿压不干", "太湿"),
        ("一下雨西红柿全裂", "全裂"),
        ("铝材弯弯扭扭的", "扭扭"),
        ("管子堵得死死的", "死死"),
        ("表面有一圈圈的花纹", "一圈圈"),
        ("天一热就蔫", "天一"),
        ("生产排班全在脑子里", "脑子里"),
        ("进口的太贵", "太贵"),
        ("三年就锈了", "锈了"),
        ("硝化反应放热太猛", "太猛"),
        ("棉纱强力偏大", "偏大"),
        ("阿胶块夏天粘连化掉", "化掉"),
        ("轴承防锈油发黄", "轴承防锈"),
        ("铝挤压模寿命短", "寿命短"),
        ("noise is a big problem, too high", "problem"),
    ],
)
def test_how_something_is_and_what_came_of_it_is_no_thing(text: str, talk: str) -> None:
    assert talk not in named_in(text)


@given(texts)
def test_what_is_shown_or_named_is_a_word_where_it_stands(text: str) -> None:
    norm = words_of.plain_text(text)
    spans = words_of.normal_spans(norm, stop=True)
    for span in showable_spans(norm, spans):
        assert span in spans
        assert is_word(norm, span)
    ends = [0]
    for span in naming_spans(norm):
        assert norm[span.start : span.end] == span.word
        assert span.start >= ends[-1]
        ends.append(span.end)


CATALOGUE = [
    Document(1, "轴承套圈冷辗扩成形工艺", "套圈毛坯在辗环机上成形，轴承寿命提高"),
    Document(2, "玉米籽粒低破碎脱粒", "脱粒滚筒与凹板间隙可调"),
    Document(3, "驴皮酶解制低聚肽", "酶解温度与时间"),
    Document(4, "噪声检测装置", "麦克风阵列测噪声"),
]


def test_what_a_pair_lacks_is_said_and_what_it_has_is_not() -> None:
    demand = Document("q", "轴承套圈磨削烧伤判别", "用巴克豪森噪声检不出套圈烧伤")
    reasons = Matcher().fit(CATALOGUE).explain(demand, 1)

    assert {"烧伤", "巴克豪森"} <= set(reasons.missing)
    assert not {"套圈", "轴承", "轴承套圈"} & set(reasons.missing)


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        # Of a thing and what is done with it, or a part of it, both words say as much.
        ("套圈磨削", []),
        ("轴承内圈", ["轴承内圈"]),
        # What begins like a substance, or is of the same kind, is another one.
        ("石墨烯轴承套圈", ["石墨烯"]),
        ("关节轴承成形", ["关节轴承"]),
        ("籽粒成形", ["籽粒"]),
    ],
)
def test_a_compound_is_there_where_both_its_words_are_or_what_it_is(
    asked: str, missing: list[str]
) -> None:
    offered = Document(5, "轴承套圈成形与磨削", "石墨乳润滑，关节处轴承")
    matcher = Matcher(vectors=0).fit([*CATALOGUE, offered])

    assert matcher.explain(Document("q", asked), 5).missing == missing


def test_letters_that_a_longer_shared_word_covers_are_not_missing() -> None:
    offered = Document(5, "低浓度VOCs治理装置", "沸石转轮处理VOCs")
    reasons = (
        Matcher()
        .fit([*CATALOGUE, offered])
        .explain(Document("q", "VOCs治理用的活性炭"), 5)
    )

    assert "活性炭" in reasons.missing
    assert "vocs" not in reasons.missing


def test_weighed_words_stand_in_the_catalogue_and_compounds_that_do_not_are_missing() -> (
    None
):
    analysis = Matcher().fit(CATALOGUE).analyze(Document("q", "关节轴承噪声"))

    assert {word for word, _ in analysis.weighed} == {"轴承", "噪声"}
    assert analysis.unknown == ["关节轴承"]


def test_places_of_the_city_are_not_weighed_and_what_is_made_there_is() -> None:
    text = "长期在临清工作，阳谷县的电缆、冠县的钢板、东阿的阿胶，临清轴承"

    assert {"电缆", "钢板", "阿胶", "轴承"} <= shown_in(text)
    assert shown_in(text).isdisjoint({"临清", "阳谷", "阳谷县", "冠县", "东阿"})


@pytest.mark.parametrize(
    ("text", "whole", "half"),
    [
        (
            "We need a cheaper way to detect donkey-hide gelatin adulteration by PCR in our lab.",
            "adulteration",
            "adultera",
        ),
        (
            "我们给农机配套的深沟球轴承在雨季返修率一直降不下来客户说开不到三百小时就开始响"
            "拆开一看都是里面那个最便宜的压成一片的保持架先裂的换了三家都一样",
            "保持架",
            "保持",
        ),
    ],
)
def test_a_long_first_sentence_is_cut_between_words(
    text: str, whole: str, half: str
) -> None:
    query = QueryText("", text)
    words = {*query.whole_counts, *query.named_counts}

    assert words_of.plain_text(text)[:60].endswith(half)
    assert whole in words
    assert half not in words
