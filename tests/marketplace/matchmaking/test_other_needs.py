"""Ways of asking for money and for people, and sentences that only look so."""

from __future__ import annotations

import pytest

from marketplace.matchmaking.other_needs import needs_in, without_needs

MONEY = """
想贷款
想贷点款
贷款怎么办理
哪里能贷款
缺流动资金
流动资金紧张
资金周转不开
资金链快断了
最近周转不过来
我们缺钱，设备更新不起
没钱买设备
厂里想借钱周转
想融资 500 万元扩产
寻求股权融资
希望引入战略投资人
找投资
拉投资
求风投
申请知识产权质押贷款
知识产权质押融资
想申请技改补贴
需要启动资金
项目缺资金
资金有缺口，银行贷不下来
融资难
贷款难，门槛高
公司注册资金 500 万元，现在想贷款扩建
需要资金200万元
希望获得银行授信
科技贷
急需周转资金
能不能帮忙对接银行贷款
我们想跟银行贷些钱
有没有低息贷款
钱不够，新厂房盖不起来
企业资金压力大
想知道有什么扶持资金
投资人在哪里找
能贷款吗
需要融资
求贷款
想找人投资
银行不给贷款
资金周转困难，急
贷款
扩产需要一笔钱
没有资金上设备
怎样申请专项资金
手头紧，想抵押贷款
想要贷款买机器
专利质押能贷多少
""".strip().splitlines()

PEOPLE = """
招人
招聘工程师
我们要招人，最好懂数控
找专家
想找专家指导
请专家来看看
缺人
缺人手
缺技术员
缺熟练工
想引进一名博士
柔性引进高层次人才
需要懂 PLC 的工程师
招几个会编程的技术人员
找个老师帮我们看看
哪个老师研究阿胶
谁会修德国磨床
有没有人懂热处理
人才短缺
技术人才缺口大
想请大学教授当顾问
招实习生
求科技特派员
没有研发人员
找研究团队合作
招不到人
缺懂模具的人
推荐一位铸造专家
招技工
聘请顾问
想招两个研究生
我需要一个电气工程师
请教授
缺设计人员
有会做模具设计的人吗
想找懂轴承的专家
技术工人难招
希望高校老师来厂里看看
需要招人
找人
没人会修这台设备
缺高级技工
希望派专家来
需要专业技术人员驻厂
招人才
想请人来做工艺改进
找一个机械工程师
""".strip().splitlines()

# What must be taken for technology, or for an introduction.
NEITHER = """
公司注册资金 5000 万元，资金雄厚，主营轴承保持架
我公司注册资本 1000 万，年产值 2 亿
自有资金充足，不缺资金，只缺技术
计划投入资金 200 万元研发新型保持架
项目总投资 3 亿元，建设年产 10 万吨生产线
已完成 A 轮融资，正在扩大产能
去年获得了银行贷款，新上了两条线
曾获得省级补贴 50 万元
无需贷款，设备已到位
供应链融资平台的风控模型
银行贷款审批系统响应慢
想做一套资金管理软件
需要一套补贴发放管理系统
融资租赁设备的远程锁机
这台设备太费电，想省钱
现有工程师 30 人，其中博士 5 人
公司已引进博士 3 名
人工成本高，想上机器人
招工难，想用机械手代替人工上下料
缺人，想上自动化装配线
用工荒，希望智能化改造
想减少操作工，实现无人化
成果通过专家评审，达到国内先进
需要一套故障诊断专家系统
想做人员定位系统
招聘网站的推荐算法
招标文件要求噪声低于 36 dB
想用人工智能检测表面缺陷
人工检测漏检率高
无人机喷洒农药漂移大
阿胶掺马皮怎么查
轴承异响怎么解决
想把振动值降到 36 dB 以下
研发团队由 20 人组成，已有样机
金属资源回收率低
电镀液含铬，想找替代工艺
想找一种替代镀硬铬的工艺
需要焊接变形控制技术
价钱合适就行，想买一条注塑线
资金密集型行业的能耗监测
对贷款企业做信用评估的模型
冷链物流人员健康监测
专家打分法权重如何确定
钱币识别机误判
想提高人才培养质量评价系统的准确率
本公司有员工 200 人，主要生产轴承
投资 500 万元的生产线节拍慢
需要降低投资成本
设备投资大，想找便宜的工艺
希望工人操作更简单
工人劳动强度大
需要减少工人接触粉尘
降低用工成本的自动码垛
没有专业设备检测
需要一种教学用的机器
老师傅凭经验调机，想用模型代替
想解决工人手工打磨效率低
研究生实验用的天平
钱江摩托发动机异响
需要一种招手识别算法
找出漏点的方法
需要人脸识别
想找人造革的配方
想找人给我们的电梯做年检
找人看看消防门禁怎么换
求人造石英石配方
需要人工关节材料
想要仿人手抓取
银行卡切割毛刺
缺人造板胶黏剂
没有人造板检测手段
""".strip().splitlines()


@pytest.mark.parametrize("text", MONEY)
def test_who_asks_for_money_is_understood(text: str) -> None:
    assert "capital" in needs_in(text)


@pytest.mark.parametrize("text", PEOPLE)
def test_who_asks_for_people_is_understood(text: str) -> None:
    assert "talent" in needs_in(text)


@pytest.mark.parametrize("text", NEITHER)
def test_what_only_looks_so_is_left_alone(text: str) -> None:
    assert needs_in(text) == ()


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("想贷款，也想招人", {"capital", "talent"}),
        ("轴承套圈磨削烧伤在线检测，想找专家，资金也紧张", {"capital", "talent"}),
        ("", set()),
        ("，。\n", set()),
    ],
)
def test_both_at_once(text: str, needs: set[str]) -> None:
    assert set(needs_in(text)) == needs


def test_the_rest_is_what_is_matched() -> None:
    text = "轴承套圈磨削烧伤，想在线检测。想贷款，招人"

    assert without_needs(text) == "轴承套圈磨削烧伤\n想在线检测"
