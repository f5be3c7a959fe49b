"""The closed lists of the register of technology contracts: code → words (reference §3.2). No web and no database."""

from __future__ import annotations

from marketplace.deals.life import CONTRACT_SUBTYPES

BLOCKS = {
    "basics": "合同",
    "parties": "双方",
    "money": "价款",
    "register": "登记要素",
    "terms": "条款",
}
TECH_FIELDS = {
    "electronics_it": "电子信息",
    "aerospace": "航空航天",
    "advanced_manufacturing": "先进制造",
    "biomed": "生物、医药和医疗器械",
    "new_materials": "新材料及其应用",
    "new_energy": "新能源与高效节能",
    "environment": "环境保护与资源综合利用",
    "nuclear": "核应用",
    "agriculture": "农业",
    "transport": "现代交通",
    "urban_social": "城市建设与社会发展",
}
# GB/T 24450-2009 by its 13 groups, second-hand: the standard itself was not read.
GOALS = {
    "environment": "环境保护、生态建设及污染防治",
    "energy": "能源生产、分配和合理利用",
    "health": "卫生事业发展",
    "education": "教育事业发展",
    "infrastructure": "基础设施以及城市和农村规划",
    "society": "基础社会发展和社会服务",
    "earth": "地球和大气层的探索与利用",
    "space": "民用空间探测及开发",
    "agriculture": "农林牧渔业发展",
    "industry": "工商业发展",
    "undirected": "非定向研究",
    "other_civil": "其他民用目标",
    "defence": "国防",
}
IP_CATEGORIES = {
    "know_how": "技术秘密",
    "invention": "发明专利",
    "utility_model": "实用新型专利",
    "design": "外观设计专利",
    "software": "计算机软件",
    "variety": "动植物新品种",
    "ic_layout": "集成电路布图设计",
    "biomed_variety": "生物、医药新品种",
    "design_copyright": "设计著作权",
    "none": "未涉及知识产权",
}
PLAN_SOURCES = {
    "national": "国家",
    "ministry": "部门",
    "province": "省（含计划单列市）",
    "city": "地市县",
    "none": "计划外",
}
PAYMENT_METHODS = {
    "lump_sum": "一次总算一次总付",
    "instalment": "一次总算分期支付",
    "royalty": "提成支付",
    "royalty_with_upfront": "提成加预付入门费",
}
ROYALTY_METHODS = ("royalty", "royalty_with_upfront")
ROYALTY_BASES = {
    "price": "产品价格",
    "output": "新增产值",
    "profit": "利润",
    "sales": "销售额",
}
# Of the list of natures of the register; it breaks off after 400 in what was read.
PARTY_NATURES = {
    "010": "机关法人",
    "021": "科研机构",
    "022": "高等院校",
    "023": "医疗卫生机构",
    "024": "其他事业法人",
    "030": "社团法人",
    "110": "国有企业",
    "120": "集体企业",
    "130": "股份合作企业",
    "140": "联营企业",
    "150": "有限责任公司",
    "160": "股份有限公司",
    "170": "私营企业",
    "180": "其他内资企业",
    "200": "港澳台商投资企业",
    "300": "外商投资企业",
    "400": "个体经营",
}
# With the type before them: a code of its own, for 技术秘密 may be transferred and licensed.
SUBTYPES: dict[str, str] = {}
for _kind, _codes in CONTRACT_SUBTYPES.items():
    SUBTYPES.update({f"{_kind}.{_code}": words for _code, words in _codes.items()})
