"""The trade's enumerations: code → Chinese term, in the order of the official forms. No table or rule lives here.

Sources: 科技成果登记表 and the technical-demand form as kept in the trade; the stage mapping to TRL is our own.
"""

from __future__ import annotations

ACHIEVEMENT_TYPES = {
    "applied_technology": "应用技术类",
    "basic_theory": "基础理论类",
    "soft_science": "软科学类",
}
FORMS = {
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
}
ATTRIBUTES = {
    "original": "原始性创新",
    "imported_reinnovation": "国外引进消化吸收创新",
    "domestic_redevelopment": "国内技术二次开发",
}
FUNDING_SOURCES = {
    "national_fiscal": "国家财政",
    "provincial_fiscal": "省财政",
    "municipal_fiscal": "市财政",
    "self": "自主研发",
    "commissioned": "企事业委托",
    "joint": "合资合作",
}
LEVELS = {
    "intl_leading": "国际领先",
    "intl_advanced": "国际先进",
    "domestic_leading": "国内领先",
    "domestic_advanced": "国内先进",
    "other": "其他",
    "not_evaluated": "未评价",
}
EVALUATION_METHODS = {
    "appraisal": "鉴定",
    "acceptance": "验收",
    "conclusion": "结题",
    "review": "评审",
    "assessment": "评估",
    "industry_access": "行业准入",
    "authoritative_test": "权威检测",
    "other": "其他",
}
STAGES = {
    "rnd": "研制",
    "lab_scale": "小试",
    "pilot": "中试",
    "small_batch": "小批量",
    "industrialised": "产业化",
}
# Words of forms and markets that mean one of the five stages.
STAGE_WORDS = {
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
}
APPLICATION_STATUSES = {
    "industrial": "产业化应用",
    "small_scale": "小批量或小范围应用",
    "trial": "试用",
    "discontinued": "应用后停用",
    "not_applied": "未应用",
    "other": "其他",
}
CONVERSION_MODES = {
    "self_implement": "自行投资实施转化",
    "transfer": "转让",
    "license": "许可",
    "co_implement": "合作实施转化",
    "equity": "作价投资",
    "other": "其他协商方式",
}
LICENSE_TYPES = {
    "exclusive": "独占",
    "sole": "排他",
    "non_exclusive": "普通",
    "open": "开放许可",
}
PRICE_MODES = {
    "negotiable": "面议",
    "fixed": "一口价",
    "range": "区间",
    "appraised": "评估参考价",
}
VISIBILITIES = {
    "public": "公开",
    "partial": "部分公开",
    "confidential": "保密",
}
SECRECIES = {
    "open": "非密",
    "internal": "内部",
    "commercial": "商业秘密",
}
OWNERSHIPS = {
    "service": "职务成果",
    "non_service": "非职务成果",
    "joint": "共有",
    "empowered": "赋权",
}
IP_TYPES = {
    "invention": "发明专利",
    "utility_model": "实用新型",
    "design": "外观设计",
    "software_copyright": "软件著作权",
    "ic_layout": "集成电路布图设计",
    "plant_variety": "植物新品种",
    "know_how": "技术秘密",
    "biopharma_variety": "生物医药新品种",
    "other": "其他",
}
# Years of protection counted from the application date (专利法 art. 42).
PATENT_YEARS = {"invention": 20, "utility_model": 10, "design": 15}
LEGAL_STATUSES = {
    "pending": "申请中",
    "granted": "已授权",
    "lapsed": "失效",
    "invalidated": "无效",
}
VALUE_AXES = {
    "scientific": "科学价值",
    "technical": "技术价值",
    "economic": "经济价值",
    "social": "社会价值",
    "cultural": "文化价值",
}
STRATEGIC_INDUSTRIES = {
    "1": "新一代信息技术",
    "2": "高端装备制造",
    "3": "新材料",
    "4": "生物",
    "5": "新能源汽车",
    "6": "新能源",
    "7": "节能环保",
    "8": "数字创意",
    "9": "相关服务业",
}
METRIC_OPERATORS = {
    "ge": "≥",
    "le": "≤",
    "eq": "=",
    "gt": ">",
    "lt": "<",
    "pm": "±",
    "range": "～",
}
NEEDS = {
    "technology": "技术",
    "talent": "人才",
    "capital": "资金",
}
DEMAND_TYPES = {
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
}
COOPERATION_MODES = {
    "commissioned_dev": "委托开发",
    "cooperative_dev": "合作开发",
    "transfer": "技术转让",
    "license": "技术许可",
    "equity": "技术入股",
    "consulting": "技术咨询",
    "service": "技术服务",
    "joint_platform": "共建平台",
    "any": "不限/面议",
}
SOLUTION_MODES = {
    "independent": "独立研发",
    "commissioned": "委托研发",
    "cooperative": "合作研发",
    "other": "其他",
}
ACTIVITY_TYPES = {
    "basic_research": "基础研究",
    "applied_research": "应用研究",
    "experimental_development": "试验发展",
    "application": "研究发展与成果应用",
    "extension": "技术推广与科技服务",
    "production": "生产性活动",
}
# What a demand's wish for cooperation asks of an achievement's way of conversion, so that the two can be compared.
COOPERATION_TO_CONVERSION = {
    "commissioned_dev": frozenset({"co_implement", "other"}),
    "cooperative_dev": frozenset({"co_implement", "equity", "other"}),
    "transfer": frozenset({"transfer"}),
    "license": frozenset({"license"}),
    "equity": frozenset({"equity"}),
    "consulting": frozenset({"other", "co_implement"}),
    "service": frozenset({"other", "co_implement"}),
    "joint_platform": frozenset({"co_implement"}),
    "any": frozenset(CONVERSION_MODES),
}
