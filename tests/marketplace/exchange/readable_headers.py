"""Every header under which lists were read before the schema was written: the fixed list of what stays readable.

Columns are in the order in which a header of several meanings (负责人, 专利名称) is given to them.
"""

from __future__ import annotations

READABLE_HEADERS: dict[str, dict[str, str]] = {
    "achievement": {
        "title": "成果名称 项目名称 技术名称 专利名称 科技成果名称 title 标题 名称",
        "lead": "第一完成单位 第一完成人单位 牵头单位",
        "organisations": (
            "完成单位 单位名称 所属单位 企业名称 所属单位或公司名称 成果所属单位"
            " 机构全称 机构名称 申报单位 assignee 成果单位 权利单位"
        ),
        "uscc": "统一社会信用代码 信用代码 社会信用代码 组织机构代码",
        "organisation_kind": "单位类型 单位性质 机构属性 企业性质",
        "district": (
            "所属县市区 所属区域 所属地区 所在地域 所在地区 所属区县 县市区 区县"
            " 所在县市区 地区"
        ),
        "contributors": "完成人 负责人 发明人 主要完成人 成果完成人 项目负责人",
        "field_codes": (
            "技术领域 所属高新技术领域 高新技术领域 所属高新技术类别 需求技术所属领域"
            " 所属技术领域 技术所属领域 领域"
        ),
        "industry_codes": "应用行业 所属行业 成果应用行业 行业 服务的国民经济行业",
        "chain_code": "产业链 所属产业链",
        "sei_code": "战略性新兴产业",
        "achievement_type": "成果类型 成果类别 类别",
        "forms": "体现形式 成果体现形式",
        "attribute": "成果属性",
        "funding_source": "成果来源 课题来源 项目来源 经费来源",
        "fiscal_funded": "财政资金支持 是否财政资金支持",
        "secrecy": "成果密级 密级",
        "period": "研究起止 研究起止时间 起止时间 研发起止",
        "summary": (
            "成果简介 简介 摘要 成果摘要 成果介绍 成果描述 技术简介 内容简介"
            " abstract content"
        ),
        "innovation": "创新点 技术创新点 主要创新点",
        "metrics": "主要技术指标 技术指标 主要指标 技术指标要求",
        "baseline": "对比优势 比现有做法好多少 与现有技术比较 对比情况 先进性",
        "prospects": "应用前景 市场前景 推广前景 应用前景分析",
        "benefits": "预期效益 效益分析 经济效益 社会经济效益",
        "cases": "应用案例 案例 应用情况 典型案例",
        "ips.ip_type": "知识产权类型 专利类型 知识产权类别",
        "ips.number": (
            "专利号/登记号 专利号 专利编号 核心专利 登记号 专利申请号 申请号"
            " 知识产权编号 专利号或登记号"
        ),
        "ips.name": "知识产权名称 专利名称 专利标题",
        "ips.owners": "权利人 专利权人 知识产权权利人",
        "ips.applied_on": "申请日 专利申请日",
        "ips.granted_on": "授权日 专利授权日",
        "ips.legal_status": "法律状态 专利状态 知识产权状态 专利法律状态",
        "ownership": "权属 成果权属 权属性质",
        "stage": (
            "所处阶段 成熟度 技术成熟度 成果成熟度 成果所处阶段 研发阶段 技术阶段"
            " 成果阶段 阶段"
        ),
        "trl": "TRL 技术成熟度等级 成熟度等级 trl等级",
        "readiness_13": "13级成熟度",
        "stage_evidence": "阶段依据 成熟度依据",
        "application_status": "应用状态 应用状况 成果应用状态",
        "level": "成果水平 技术水平 成果技术水平",
        "evaluation_method": "评价方式 成果评价方式 鉴定方式",
        "evaluation_by": "评价机构 评价单位 鉴定单位 组织鉴定单位",
        "evaluated_on": "评价日期 鉴定日期",
        "evaluation_report": "评价报告 鉴定报告 评价报告编号",
        "registration_no": "批准登记号 成果登记号",
        "registered_by": "批准登记单位 登记单位",
        "registered_on": "登记日期 批准登记日期",
        "recommended_by": "推荐单位",
        "conversion_modes": (
            "转化方式 拟采取的转化方式 拟转化方式 转让方式 合作方式 交易方式 拟合作方式"
        ),
        "license_type": "许可类型 许可方式",
        "price_mode": "定价方式",
        "price": "预期价格 转让价格 拟转化价格 价格 意向价格 报价 交易价格 拟转让价格",
        "conversion_note": "转化说明 合作说明 转让说明",
        "visibility": "公开范围 公开程度 是否公开 保密要求",
        "valid_until": "有效期 有效期至 有效期限 发布截止",
        "keywords": "关键词 关键字 成果关键字 成果关键词 技术关键词 keywords",
        "contact_name": "联系人 联系人姓名 联系部门 contact",
        "contact_phone": (
            "联系电话 电话 手机 联系方式 手机号 手机号码 联系人电话 固定电话 固话 phone"
        ),
        "contact_email": "邮箱 电子邮箱 电子邮件 信箱 联系邮箱 邮箱地址 email e-mail",
        "note": "备注 说明 note",
    },
    "demand": {
        "title": (
            "需求名称 技术需求名称 难题名称 榜单标题 需求标题 技术难题名称"
            " 项目需求名称 title 标题 名称"
        ),
        "organisations": (
            "企业名称 单位名称 所属单位 所属单位或公司名称 成果所属单位 机构全称"
            " 机构名称 申报单位 assignee 需求单位 需求企业 发榜单位"
        ),
        "uscc": "统一社会信用代码 信用代码 社会信用代码 组织机构代码",
        "organisation_kind": "单位类型 单位性质 机构属性 企业性质",
        "district": (
            "所属县市区 所属区域 所属地区 所在地域 所在地区 所属区县 县市区 区县"
            " 所在县市区 地区"
        ),
        "industry_codes": "所属行业 应用行业 成果应用行业 行业 服务的国民经济行业",
        "chain_code": "产业链 所属产业链",
        "need": "需求类别 需求大类",
        "demand_type": "需求类型 技术需求类型",
        "field_codes": (
            "技术领域 所属高新技术领域 高新技术领域 所属高新技术类别 需求技术所属领域"
            " 所属技术领域 技术所属领域 领域"
        ),
        "problem": (
            "主要问题 需求详情 需求概述 需求内容 需求描述 主要技术问题 问题描述"
            " 拟解决的技术难题 content abstract"
        ),
        "key_technology": "技术关键 关键技术 拟解决的技术难题 主要技术内容",
        "expected_goal": "预期目标 预期效果 目标 拟达到的目标",
        "metrics": "技术指标要求 技术指标 主要技术指标 主要指标 指标要求",
        "foundation": "现有基础 现有基础条件 已有基础 工作基础",
        "budget": (
            "拟投入资金 预算 资金需求 预算金额 意向金额 拟投入资金总额 拟投入经费"
            " 投入资金 经费预算 拟投资金额"
        ),
        "solution_mode": "解决方式 技术需求解决方式 需求解决方式",
        "cooperation_modes": "合作方式 拟合作方式 意向合作方式 合作模式",
        "intended_partner": "意向合作单位 合作意向单位 拟合作单位",
        "stage_wished": "希望成果阶段 希望的成果阶段 希望成熟度 所需成果阶段",
        "activity_type": "科技活动类型",
        "discipline": "学科 学科分类",
        "years": "需求时限 起止年限 需求起止年 实施年限",
        "deadline": "完成期限 截止日期 完成时间 期限 完成时限 要求完成时间",
        "bounty": "是否揭榜 揭榜挂帅 是否揭榜挂帅 揭榜",
        "solver_requirements": "对揭榜方要求 揭榜方要求",
        "ip_terms": "产权归属 知识产权归属",
        "benefit_terms": "利益分配",
        "visibility": "公开程度 公开范围 是否公开 保密要求",
        "anonymous": "匿名 是否匿名 不公开单位名称 隐去企业名称",
        "valid_until": "有效期 有效期至 有效期限 发布截止",
        "keywords": "关键词 关键字 成果关键字 成果关键词 技术关键词 keywords",
        "contact_name": "联系人 联系人姓名 联系部门 contact",
        "contact_phone": (
            "联系电话 电话 手机 联系方式 手机号 手机号码 联系人电话 固定电话 固话 phone"
        ),
        "contact_email": "邮箱 电子邮箱 电子邮件 信箱 联系邮箱 邮箱地址 email e-mail",
        "note": "备注 说明 note",
    },
}
