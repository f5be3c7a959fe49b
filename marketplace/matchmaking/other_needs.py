"""What a pasted text asks for that no achievement can give: money, or people. By the ways people say it.

Not here: matching, which goes on beside it; the form of such a need (`listings`).
"""

from __future__ import annotations

import re

from marketplace.parsing.text import half_width

# Clauses are read one by one: 「公司注册资金 500 万元，想贷款」 has one that asks and one that only tells.
_CLAUSE_ENDS = re.compile(
    r"[，。；！？、,;!?\n]|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])"
)
_WANT = (
    r"(?:想|要|需|急需|求|寻|找|盼|望|请求|希望|申请|申报|办理|办|能不能|能否|可以|哪里|哪儿|哪家|怎么|怎样|如何|"
    r"帮|缺|差|没有?|解决|筹|引入|引进|拉|吸引|对接|争取)"
)
_MONEY = (
    r"(?:贷款|贷点款|贷些款|借款|借钱|融资|资金|流动资金|周转资金|周转金|启动资金|启动金|资本|投资人|投资方|投资机构|投资|"
    r"风投|创投|天使轮|授信|补贴|补助|扶持资金|贴息|经费|赞助|钱)"
)
_ASKS_MONEY = re.compile(
    rf"{_WANT}[^，。]{{0,8}}?{_MONEY}"
    r"|(?:资金|垫资|经费|现金流)[^，。]{0,3}(?:短缺|紧张|紧缺|不足|困难|缺口|断|跟不上|不够|周转不|压力|有限|没着落)"
    r"|(?:贷款|融资|借款)(?:难|需求|渠道|无门|不下来)|贷不(?:到|下)|周转不(?:开|过来|灵)"
    r"|(?:投资人|投资方|投资机构|贷款|风投)[^，。]{0,2}(?:在?哪|怎么找)|银行不[^，。]{0,3}(?:贷|放款)|能(?:贷|融)(?:多少|吗|到)"
    r"|(?:想|要|能|可以?)?(?:做|办|搞)[^，。]{0,2}(?:保理|融资租赁)|发债|流贷|接盘|(?:缺|差|借)[^，。]{0,4}[一二两三四五六七八九十几\d][十百千]?万(?![吨台套件只个支片米])"
    r"|贷[^，。款]{0,3}[一二两三四五六七八九十几\d][^，。]{0,4}[百千万]|缺钱|没钱|钱不够|差钱|借(?:点|些|一笔)钱|贷(?:点|些)?款[^，。]{0,4}(?:行|吗|怎么|多少|条件|利率)"
    r"|(?:融资租赁|保理|担保|抵押|贷)[^，。]{0,3}(?:找谁|怎么|如何|申请|哪家)|[找拉寻][^，。]{0,3}[人方]入股|轮融资|股权融资|[抽断]贷|急?用钱(?!包)"
    r"|借[^，。]{1,4}(?:点|些|一?笔)钱|(?:想|准备|打算|计划)上市|找券商"
    r"|^(?:贷款|融资|借钱|找钱|筹钱|筹资|资金需求|流动资金贷款|科技贷|知识产权质押(?:贷款|融资)?)$"
)
# What the words of money only belong to: what was, what is spent, what is not wanted, and software about it.
_TELLS_MONEY = re.compile(
    r"注册资[金本]|自有资金|自筹|资金(?:雄厚|充足|充裕|实力|密集)|(?:已|曾|刚)[^，。]{0,6}(?:贷|融资|投资|资金|补贴|补助)"
    r"|完成[^，。]{0,6}(?:轮|融资)|获得?(?:过|了)|(?:投资|投入)(?:了|过)|总投资|投资额|投入[^，。]{0,4}资金|资金投入"
    r"|(?:不|无|没|别)(?:需|要|用|想|愿|打算|缺|差|必|是)[^，。]{0,6}(?:贷|借|融资|资金|投资|钱|补)|无需|不用"
    r"|(?:贷款|融资|资金|信贷|授信|投资|补贴|补助|银行)[^，。]{0,6}"
    r"(?:系统|平台|软件|模型|风控|风险|算法|监管|管理|审批|核算|台账|预测|决策|识别|数据|大屏|接口|合同|小程序)"
    r"|(?:降低|减少|节约|节省|控制|收回)[^，。]{0,4}(?:投资|资金|成本)|(?:投资|资金)(?:成本|回收)"
    r"|[一二两三四五六七八九十百千万几\d]块钱|[要得]花|贴钱|省钱|值钱|多少钱一|钱塘|钱江|赚钱|挣钱|花钱|价钱|工钱"
)
_PEOPLE = (
    r"(?:人才|人手|专家|教授|博士|硕士|研究生|大学生|毕业生|实习生|老师|导师|院士|工程师|技术员|技术人员|技师|技工|"
    r"操作工|设计人员|技术工人|专业人员|维修工|焊工|钳工|电工|工人|熟练工|普工|员工|研发人员|销售|顾问|高手|师傅|团队|研究团队|科研团队|特派员|带头人|"
    r"总工|总监|副总|车间主任|骨干|厂长|经理人|设计师|工艺师|程序员|学徒)"
)
_ASKS_PEOPLE = re.compile(
    rf"(?:想|要|需要?|急需|求|派|希望|寻|找|请|聘|聘请|聘用|引进|引入|招|招募|招聘|缺|缺少|缺乏|差|没有?|对接|推荐|介绍|招收|聘[一两几\d]?[个名位]?|哪[^，。]{{0,6}}有)"
    rf"[^，。]{{0,10}}?{_PEOPLE}"
    r"|招(?:人(?!喜)|工|聘|兵|贤)|招[^，。]{0,2}[会懂]|^[会懂][^，。]{1,10}的$|缺(?:人|工)(?![造工脸体艺件具序])|找(?:个|几个|些|到)?人(?!造|工|脸|体|形|行|字|民|参|源|给|帮|做|修|看|把)|(?:找|招)不到人|请人|用工(?:荒|难|短缺|需求)"
    r"|(?:工|人|技工|工人|员工|人才)难(?:招|找|请|留)|(?<!有)(?:没|没有|缺少?)人[^，。造工脸体]{0,2}(?:会|懂|能|修|管|做|教|用)"
    r"|有(?:没有)?(?:会|懂)[^，。]{1,10}(?:的人|吗|么)"
    r"|人(?:才|手|员)[^，。]{0,3}(?:短缺|紧缺|不足|不够|缺口|需求|流失)"
    r"|(?:谁|有没有人|有没有谁|哪位|哪个老师|哪个教授|什么人)(?!能[把拿将让使给降治解])[^，。]{0,6}(?:会|懂|能|研究|做|擅长|熟悉|搞)|引才|柔性引进"
    r"|[缺招找求](?:一?个|几个|[一两]?[名位])[会懂][^，。]{1,8}的(?:$|人|师傅)|(?:介绍|推荐)[^，。]{0,8}的人|招[一两二三四五几\d]{1,2}[名个位]"
    r"|缺[^，。]{0,8}(?:的人|懂[^，。]{0,6}的)"
)
_TELLS_PEOPLE = re.compile(
    r"专家(?:系统|库|评审|鉴定|组验收|论证|共识|号)|(?:已|曾|刚)[^，。]{0,6}(?:聘|招|引进)|现有[^，。]{0,12}(?:人|名|位)"
    r"|(?:减少|代替|替代|取代|节省|省|不用|不靠|不要|不需|无需|降低)[^，。]{0,6}(?:人|工)|机器人|无人|人工(?:智能|成本|检)"
    r"|(?:招聘|人才|人员|员工|工人|用工)[^，。]{0,4}(?:系统|平台|软件|网站|管理|定位|考勤|培训|测评|画像|小程序|算法|防护|安全)"
    r"|仿人|工人[^，。]{0,6}(?:打磨|劳动|手工|操作|接触|焊接|搬|上料|疲劳|强度|安全|效率)|工人(?:操作|手工)|人才培养|人才评价"
    r"|[人方]入股|借[^，。]{0,4}钱|招(?:标|商|牌|数|手|待)|团队(?:由|有|成员|研发|开发)|工程师(?:研发|开发|设计)的"
)
# Who is short of hands and wants a machine for it asks for technology.
_SHORT_OF_HANDS = re.compile(
    r"(?:招工难|用工(?:荒|难|短缺|成本)|招不到(?:人|工)|缺(?:人|工)|人手(?:不足|紧张|不够))"
)
_MACHINE_INSTEAD = re.compile(
    r"自动化|自动上|机器人|机械手|机械臂|代替|替代|取代|无人化|减人|少人|智能化|机器换人"
)

_KINDS = (
    ("capital", _ASKS_MONEY, _TELLS_MONEY),
    ("talent", _ASKS_PEOPLE, _TELLS_PEOPLE),
)


def needs_in(text: str) -> tuple[str, ...]:
    """The kinds of need other than technology that a text asks for, as `terms.NEEDS` has them: `capital`, `talent`."""
    clauses = _clauses_of(text)
    found = []
    for need, asks, tells in _KINDS:
        asking = [one for one in clauses if asks.search(one) and not tells.search(one)]
        if need == "talent" and _MACHINE_INSTEAD.search(text):
            asking = [one for one in asking if not _SHORT_OF_HANDS.search(one)]
        if asking:
            found.append(need)
    return tuple(found)


def without_needs(text: str) -> str:
    """A text without the clauses that ask for money or people: what is left to be matched."""
    left = []
    for clause in _clauses_of(text):
        if not needs_in(clause):
            left.append(clause)
    return "\n".join(left)


def _clauses_of(text: str) -> list[str]:
    clauses = [one.strip() for one in _CLAUSE_ENDS.split(half_width(text))]
    return [one for one in clauses if one]
