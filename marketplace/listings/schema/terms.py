"""The trade's closed lists: code → Chinese term in the order of the official forms, with the other words in use.

Sources: 科技成果登记表 and the technical-demand form of the trade; the mapping of stages to TRL is our own. How a term
is found is in `vocabulary.py`.
"""

from __future__ import annotations

from marketplace.listings.schema.vocabulary import Vocabulary
from marketplace.organisations.models import ORGANISATION_KINDS

# The three classes of the 科技成果登记表; which forms and evaluations make sense follows from them.
ACHIEVEMENT_TYPES = Vocabulary(
    {
        "applied_technology": "应用技术类",
        "basic_theory": "基础理论类",
        "soft_science": "软科学类",
    },
    aliases={
        "应用技术成果": "applied_technology",
        "基础理论成果": "basic_theory",
        "软科学成果": "soft_science",
    },
    endings=("类",),
)
# The first ten are those of applied technology; papers, books and reports belong to theory and soft science.
FORMS = Vocabulary(
    {
        "new_technology": "新技术",
        "new_process": "新工艺",
        "new_product": "新产品",
        "new_material": "新材料",
        "new_equipment": "新装备",
        "biopharma_variety": "生物医药新品种",
        "agri_variety": "动植物(农业)新品种",
        "mineral_variety": "矿产新品种",
        "standard": "标准",
        "other_applied": "其他应用技术",
        "paper": "论文",
        "monograph": "著作",
        "report": "研究报告",
        "other": "其他",
    },
    aliases={
        "生物医药品种": "biopharma_variety",
        "农业新品种": "agri_variety",
        "动植物新品种": "agri_variety",
    },
)
# 科技成果登记表: where the idea comes from, not who paid for it.
ATTRIBUTES = Vocabulary(
    {
        "original": "原始性创新",
        "imported_reinnovation": "国外引进消化吸收创新",
        "domestic_redevelopment": "国内技术二次开发",
    },
    aliases={
        "原创": "original",
    },
    endings=("创新",),
)
# Fiscal money brings duties: the achievement is handed in, and its people may use it where the owner
# does not within a year (待核实).
FUNDING_SOURCES = Vocabulary(
    {
        "national_fiscal": "国家财政",
        "provincial_fiscal": "省财政",
        "municipal_fiscal": "市财政",
        "self": "自主研发",
        "commissioned": "企事业委托",
        "joint": "合资合作",
    },
    aliases={
        "自选": "self",
        "自筹": "self",
    },
)
# A level is a claim: without an evaluation that found it, it must stay 未评价.
LEVELS = Vocabulary(
    {
        "intl_leading": "国际领先",
        "intl_advanced": "国际先进",
        "domestic_leading": "国内领先",
        "domestic_advanced": "国内先进",
        "other": "其他",
        "not_evaluated": "未评价",
    },
    aliases={
        "未评": "not_evaluated",
        "未鉴定": "not_evaluated",
    },
    endings=("水平",),
)
# How a level was found; an appraisal and a test report do not weigh the same for a firm.
EVALUATION_METHODS = Vocabulary(
    {
        "appraisal": "鉴定",
        "acceptance": "验收",
        "conclusion": "结题",
        "review": "评审",
        "assessment": "评估",
        "industry_access": "行业准入",
        "authoritative_test": "权威检测",
        "other": "其他",
    },
    aliases={
        "检测": "authoritative_test",
    },
)
# Five steps of the market; official forms have three, so several of their words lead to one step. Matching compares
# what a demand wishes with what an achievement has reached.
STAGES = Vocabulary(
    {
        "rnd": "研制",
        "lab_scale": "小试",
        "pilot": "中试",
        "small_batch": "小批量",
        "industrialised": "产业化",
    },
    aliases={
        "初期阶段": "rnd",
        "正在研发": "rnd",
        "已有样品": "rnd",
        "研发": "rnd",
        "实验室": "lab_scale",
        "通过小试": "lab_scale",
        "实验室阶段": "lab_scale",
        "小试阶段": "lab_scale",
        "样机": "lab_scale",
        "中期阶段": "pilot",
        "通过中试": "pilot",
        "完成中试": "pilot",
        "中试阶段": "pilot",
        "小规模生产": "small_batch",
        "小范围应用": "small_batch",
        "小批量生产": "small_batch",
        "成熟应用阶段": "industrialised",
        "可以量产": "industrialised",
        "大规模应用": "industrialised",
        "量产": "industrialised",
        "产业化应用": "industrialised",
        "实验室小试": "lab_scale",
        "批量生产": "industrialised",
        "产业化阶段": "industrialised",
    },
    endings=(
        "阶段",
        "期",
    ),
)
# 应用后停用 is no failure of the form but what a firm most wants to ask about.
APPLICATION_STATUSES = Vocabulary(
    {
        "industrial": "产业化应用",
        "small_scale": "小批量或小范围应用",
        "trial": "试用",
        "discontinued": "应用后停用",
        "not_applied": "未应用",
        "other": "其他",
    },
    aliases={
        "小批量应用": "small_scale",
        "小范围应用": "small_scale",
    },
)
# In the order of art. 16 of the 促进科技成果转化法.
CONVERSION_MODES = Vocabulary(
    {
        "self_implement": "自行投资实施转化",
        "transfer": "转让",
        "license": "许可",
        "co_implement": "合作实施转化",
        "equity": "作价投资",
        "other": "其他协商方式",
    },
    aliases={
        "自行实施": "self_implement",
        "自行转化": "self_implement",
        "自行投资": "self_implement",
        "技术转让": "transfer",
        "专利转让": "transfer",
        "专利权转让": "transfer",
        "成果转让": "transfer",
        "技术许可": "license",
        "专利许可": "license",
        "许可使用": "license",
        "实施许可": "license",
        "合作实施": "co_implement",
        "合作转化": "co_implement",
        "合作开发": "co_implement",
        "联合开发": "co_implement",
        "合作": "co_implement",
        "技术入股": "equity",
        "作价入股": "equity",
        "入股": "equity",
        "其他": "other",
        "面议": "other",
        "协商": "other",
        "不限": "other",
    },
)
# A patent under open licence can be licensed neither exclusively nor solely (专利法, art. 50 and 51).
LICENSE_TYPES = Vocabulary(
    {
        "exclusive": "独占",
        "sole": "排他",
        "non_exclusive": "普通",
        "open": "开放许可",
    },
    endings=("许可",),
)
# A listed price binds nobody here: it is what the owner expects, shown with its kind.
PRICE_MODES = Vocabulary(
    {
        "negotiable": "面议",
        "fixed": "一口价",
        "range": "区间",
        "appraised": "评估参考价",
    },
    aliases={
        "固定价": "fixed",
        "定价": "fixed",
        "评估价": "appraised",
    },
)
# What each level shows is decided in `disclosure.py`, who finds it in `models.py`.
VISIBILITIES = Vocabulary(
    {
        "public": "公开",
        "partial": "部分公开",
        "confidential": "保密",
    },
    aliases={
        "完全公开": "public",
        "不公开": "confidential",
        "定向": "confidential",
    },
)
# State secrets have no entry on purpose: they must not be carried on the internet, so such rows are refused.
SECRECIES = Vocabulary(
    {
        "open": "非密",
        "internal": "内部",
        "commercial": "商业秘密",
    },
    aliases={
        "公开": "open",
        "非涉密": "open",
        "不涉密": "open",
        "无密级": "open",
    },
)
# Service achievements may not be sold by their people alone, so the owner reviews them first.
OWNERSHIPS = Vocabulary(
    {
        "service": "职务成果",
        "non_service": "非职务成果",
        "joint": "共有",
        "empowered": "赋权",
    },
    aliases={
        "共同所有": "joint",
    },
    endings=("成果",),
)
# Which number a right bears and for how many years it lasts depends on its type (see PATENT_YEARS).
IP_TYPES = Vocabulary(
    {
        "invention": "发明专利",
        "utility_model": "实用新型",
        "design": "外观设计",
        "software_copyright": "软件著作权",
        "ic_layout": "集成电路布图设计",
        "plant_variety": "植物新品种",
        "know_how": "技术秘密",
        "biopharma_variety": "生物医药新品种",
        "other": "其他",
    },
    aliases={
        "发明": "invention",
        "实用新型专利": "utility_model",
        "外观专利": "design",
        "外观设计专利": "design",
        "软著": "software_copyright",
        "计算机软件著作权": "software_copyright",
        "集成电路": "ic_layout",
        "植物新品种权": "plant_variety",
        "专有技术": "know_how",
        "商业秘密": "know_how",
    },
)
# A lapsed or invalidated right is free for everybody: nobody can be licensed what they may use anyway.
LEGAL_STATUSES = Vocabulary(
    {
        "pending": "申请中",
        "granted": "已授权",
        "lapsed": "失效",
        "invalidated": "无效",
    },
    aliases={
        # Each the words of the registers and databases: 国知局, 知网, 万方, and those that sell such lists.
        **dict.fromkeys(
            (
                *("授权", "有效", "有权", "已登记", "授权有效", "有效专利", "授权公告"),
                *("维持", "专利权维持", "专利权有效", "权利有效", "权利维持"),
            ),
            "granted",
        ),
        **dict.fromkeys(
            (
                *("申请", "已申请", "在审", "审中", "审查", "审查中", "实审", "待审"),
                *("实质审查", "实质审查的生效", "进入实质审查", "实质审查生效"),
                *("受理", "已受理", "公开", "公布", "已公开", "已公布", "申请公布"),
            ),
            "pending",
        ),
        **dict.fromkeys(
            (
                *("已失效", "失效专利", "无权", "终止", "已终止", "权利终止"),
                *("专利权终止", "专利权的终止", "未缴年费", "未缴年费专利权终止"),
                *("未缴年费终止失效", "欠费终止", "届满", "期限届满", "专利权届满"),
                *("期限届满终止失效", "专利权有效期届满", "放弃", "已放弃", "视为放弃"),
                *("避免重复授权放弃专利权", "避重放弃", "放弃专利权", "专利权放弃"),
                *("撤回", "已撤回", "主动撤回", "视为撤回", "视撤", "撤回专利申请"),
                *("驳回", "已驳回", "驳回失效", "撤回失效", "视为撤回失效", "视撤失效"),
            ),
            "lapsed",
        ),
        **dict.fromkeys(
            ("全部无效", "宣告无效", "专利权全部无效", "专利权无效", "已无效"),
            "invalidated",
        ),
    },
    is_detailed=True,
)
# 战略性新兴产业分类 (2018), its first level: firms and funds are counted by it.
STRATEGIC_INDUSTRIES = Vocabulary(
    {
        "1": "新一代信息技术",
        "2": "高端装备制造",
        "3": "新材料",
        "4": "生物",
        "5": "新能源汽车",
        "6": "新能源",
        "7": "节能环保",
        "8": "数字创意",
        "9": "相关服务业",
    },
    endings=("产业",),
)
# The city's documents ask for the needs of three kinds to be surveyed; only technology is matched with achievements.
NEEDS = Vocabulary(
    {
        "technology": "技术",
        "talent": "人才",
        "capital": "资金",
    },
    aliases={
        "技术需求": "technology",
        "人才需求": "talent",
        "资金需求": "capital",
        "融资": "capital",
        "融资需求": "capital",
    },
)
DEFAULT_NEED = "technology"
# What is asked of who seeks people: the ladder of 人才引进 forms, from below; none is as good as any.
EDUCATIONS = Vocabulary(
    {
        "any": "不限",
        "college": "大专",
        "bachelor": "本科",
        "master": "硕士",
        "doctor": "博士",
    },
    aliases={
        "专科": "college",
        "大学": "bachelor",
        "大学本科": "bachelor",
        "学士": "bachelor",
        "硕士研究生": "master",
        "研究生": "master",
        "博士研究生": "doctor",
    },
    endings=("及以上", "以上", "学历"),
)
ENGAGEMENT_MODES = Vocabulary(
    {
        "full_time": "全职引进",
        "flexible": "柔性引进（兼职、周末工程师）",
        "project": "项目合作",
        "secondment": "挂职（科技副总、科技特派员）",
        "postdoc": "博士后或研究生联合培养",
        "any": "不限/面议",
    },
    aliases={
        "全职": "full_time",
        "柔性引进": "flexible",
        "柔性": "flexible",
        "兼职": "flexible",
        "挂职": "secondment",
        "科技副总": "secondment",
        "联合培养": "postdoc",
        "博士后": "postdoc",
        "不限": "any",
        "面议": "any",
    },
)
FINANCING_MODES = Vocabulary(
    {
        "equity": "股权融资",
        "loan": "银行贷款",
        "ip_pledge": "知识产权质押",
        "guarantee": "融资担保",
        "leasing": "融资租赁",
        "fund": "政府引导基金",
        "other": "其他",
        "any": "不限/面议",
    },
    aliases={
        "股权": "equity",
        "贷款": "loan",
        "债权融资": "loan",
        "信用贷款": "loan",
        "质押": "ip_pledge",
        "专利质押": "ip_pledge",
        "担保": "guarantee",
        "租赁": "leasing",
        "引导基金": "fund",
        "基金": "fund",
        "不限": "any",
        "面议": "any",
    },
)
FIRM_STAGES = Vocabulary(
    {
        "seed": "种子期",
        "start_up": "初创期",
        "growth": "成长期",
        "mature": "成熟期",
    },
)
# Finer than the need, and what a firm says first; two of them imply another need than technology (NEED_OF_TYPE).
DEMAND_TYPES = Vocabulary(
    {
        "tech_breakthrough": "技术攻关",
        "achievement_import": "成果引进",
        "tech_upgrade": "技术改造",
        "product_process": "产品研发/工艺改进",
        "testing": "检验检测",
        "equipment_sharing": "仪器共享",
        "talent": "人才引进",
        "financing": "资金/融资",
        "platform_building": "平台共建",
        "other": "其他",
    },
    aliases={
        "产品研发": "product_process",
        "新产品研发": "product_process",
        "工艺改进": "product_process",
        "资金": "financing",
        "融资": "financing",
        "资金需求": "financing",
        "融资需求": "financing",
        "人才": "talent",
        "人才需求": "talent",
        "成果需求": "achievement_import",
        "攻关": "tech_breakthrough",
        "关键技术攻关": "tech_breakthrough",
        "难题攻关": "tech_breakthrough",
        "检测": "testing",
    },
)
# The firm's side of CONVERSION_MODES, in the words of 技术合同; compared by COOPERATION_TO_CONVERSION.
COOPERATION_MODES = Vocabulary(
    {
        "commissioned_dev": "委托开发",
        "cooperative_dev": "合作开发",
        "transfer": "技术转让",
        "license": "技术许可",
        "equity": "技术入股",
        "consulting": "技术咨询",
        "service": "技术服务",
        "joint_platform": "共建平台",
        "any": "不限/面议",
    },
    aliases={
        "委托研发": "commissioned_dev",
        "合作研发": "cooperative_dev",
        "联合开发": "cooperative_dev",
        "联合攻关": "cooperative_dev",
        "转让": "transfer",
        "许可": "license",
        "专利许可": "license",
        "入股": "equity",
        "作价入股": "equity",
        "作价投资": "equity",
        "咨询": "consulting",
        "服务": "service",
        "共建": "joint_platform",
        "共建研发平台": "joint_platform",
        "不限": "any",
        "面议": "any",
        "均可": "any",
        "都可以": "any",
    },
)
# 技术需求 form: how the firm means to solve it, before anybody was found.
SOLUTION_MODES = Vocabulary(
    {
        "independent": "独立研发",
        "commissioned": "委托研发",
        "cooperative": "合作研发",
        "other": "其他",
    },
)
# 科技活动类型 of the demand form and of R&D statistics.
ACTIVITY_TYPES = Vocabulary(
    {
        "basic_research": "基础研究",
        "applied_research": "应用研究",
        "experimental_development": "试验发展",
        "application": "研究发展与成果应用",
        "extension": "技术推广与科技服务",
        "production": "生产性活动",
    },
)
# Kinds are stored with the organisation; here are only the words that lists use for them.
ORGANISATION_TERMS = Vocabulary(
    ORGANISATION_KINDS,
    aliases={
        "高校": "university",
        "大学": "university",
        "高等学校": "university",
        "研究机构": "institute",
        "科研机构": "institute",
        "研究院所": "institute",
        "公司": "firm",
        "服务机构": "service_body",
        "银行": "financial",
        "担保公司": "financial",
        "投资机构": "financial",
    },
)
# The five values by which achievements are to be judged; the official weights are unknown, so none is given.
VALUE_AXES = {
    "scientific": "科学价值",
    "technical": "技术价值",
    "economic": "经济价值",
    "social": "社会价值",
    "cultural": "文化价值",
}
# Figures are compared by these signs; ± says a tolerance, ～ a range between two figures.
METRIC_OPERATORS = Vocabulary(
    {
        "ge": "≥",
        "le": "≤",
        "eq": "=",
        "gt": ">",
        "lt": "<",
        "pm": "±",
        "range": "～",
    }
)

# Levels of GB/T 22900 (技术就绪水平), from the first principle to operation.
TRL_NAMES = {
    1: "基本原理",
    2: "概念或方案",
    3: "关键功能实验室验证",
    4: "实验室样机验证",
    5: "相关环境验证",
    6: "模拟环境演示",
    7: "真实环境演示",
    8: "定型试验",
    9: "运行与评估",
}
# Which stage a level belongs to, for lists that give only the level.
TRL_STAGES = {
    1: "rnd",
    2: "rnd",
    3: "rnd",
    4: "lab_scale",
    5: "lab_scale",
    6: "pilot",
    7: "pilot",
    8: "small_batch",
    9: "industrialised",
}
# Thirteen levels, as plan projects in Qingdao use them next to the nine of TRL; level 3 is 仿真级 and 4 功能级,
# often quoted the other way round.
READINESS_NAMES = {
    1: "报告级",
    2: "方案级",
    3: "仿真级",
    4: "功能级",
    5: "初样级",
    6: "正样级",
    7: "环境级",
    8: "产品级",
    9: "系统级",
    10: "销售级",
    11: "盈亏级",
    12: "利润级",
    13: "回报级",
}
# Years of protection counted from the application date (专利法 art. 42).
PATENT_YEARS = {"invention": 20, "utility_model": 10, "design": 15}
# A fee that was not paid in time may still be paid, with a surcharge, for six months; then the right has ended from the
# day the fee was due (专利法 art. 44, 专利法实施细则 on 滞纳金).
FEE_GRACE_DAYS = 183
ENDED_RIGHTS = ("lapsed", "invalidated")
PATENT_STANDINGS = {"lapsed": "专利已失效", "fee_due": "专利年费已过期，可能失效"}
# What a demand's wish for cooperation asks of an achievement's way of conversion, so that the two can be compared:
# only what is the same thing under two names (促进科技成果转化法 art. 16). Who wants something developed, advice, a
# service or a platform wants none of those ways: it stands for itself and agrees with nothing but itself. Developing
# together is 合作实施 (民法典 art. 851 applies the rules of development contracts to it). Who takes any way still gets
# nothing from an owner who puts it to use alone (art. 16 (1)).
COOPERATION_TO_CONVERSION = {
    "commissioned_dev": frozenset({"commissioned_dev"}),
    "cooperative_dev": frozenset({"co_implement"}),
    "transfer": frozenset({"transfer"}),
    "license": frozenset({"license"}),
    "equity": frozenset({"equity"}),
    "consulting": frozenset({"consulting"}),
    "service": frozenset({"service"}),
    "joint_platform": frozenset({"joint_platform"}),
    "any": frozenset(CONVERSION_MODES) - {"self_implement"},
}
# The need of a demand that its type implies, for lists without that column; every other type asks for technology.
NEED_OF_TYPE = {"talent": "talent", "financing": "capital"}
