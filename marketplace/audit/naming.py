"""Deeds and things of the audit in Chinese, for its page: entries hold codes, which outlive every wording.

What is written and hashed is not decided here. Where a word is missing the code itself stands.
"""

from __future__ import annotations

from collections.abc import Mapping

# Table of a thing → its name.
THINGS = {
    "achievement": "成果",
    "achievement_metric": "成果指标",
    "achievement_organisation": "成果的共有单位",
    "agreement_text": "协议文本",
    "attachment": "附件",
    "assignment": "技术经理人的接手",
    "broker_field": "技术经理人的领域",
    "broker_profile": "技术经理人资料",
    "broker_request": "请技术经理人的申请",
    "chain": "产业链",
    "checkpoint": "检查点",
    "co_owner_consent": "共有人的同意",
    "complaint": "举报",
    "consent": "同意",
    "contributor": "完成人",
    "demand": "需求",
    "diagnosis": "需求诊断",
    "diagnosis_part": "拆出的需求",
    "diagnosis_question": "诊断的提问",
    "demand_metric": "需求指标",
    "district": "县市区",
    "file_access": "查看附件的申请",
    "grade_model": "档位模型",
    "holiday_year": "一年的工作日",
    "rule_value": "一条规则的一版",
    "policy_clause": "一条政策的一版",
    "policy_text": "政策文件的一条原文",
    "policy_estimate": "存下的政策测算",
    "envelope": "一笔资金",
    "envelope_movement": "资金的一笔变动",
    "fund_claim": "资金申领",
    "fund_claim_line": "申领的一项",
    "fund_claim_paper": "申领的材料",
    "training_cohort": "培训班",
    "cohort_member": "培训班的学员",
    "hitech_field": "技术领域",
    "industry": "行业",
    "intellectual_property": "知识产权",
    "invitation": "邀请",
    "issue": "清单",
    "issue_correction": "清单勘误",
    "issue_file": "清单文件",
    "issue_proof": "清单校样",
    "issue_row": "清单的条目",
    "issue_series": "清单的期号",
    "join_request": "加入申请",
    "list_import": "导入的清单",
    "listing_change": "已发布内容的修改",
    "listing_rewriting": "代为改写的内容",
    "listing_version": "审核通过的版本",
    "membership": "单位里的身份",
    "notice": "通知",
    "notice_setting": "通知设置",
    "notice_stop": "停收邮件",
    "organisation": "单位",
    "organisation_merge": "单位合并",
    "organisation_name": "单位名称",
    "organisation_seat": "单位所在地",
    "finance_product": "金融产品",
    "finance_product_version": "金融产品的一版",
    "firm_pack": "融资资料包",
    "filed_loan": "备案的贷款",
    "investor_preference": "投资偏好",
    "investor_request": "投资机构的了解",
    "organisation_status": "单位资质",
    "past_password": "用过的密码",
    "person": "人员",
    "person_role": "人员角色",
    "person_session": "登录",
    "saved_search": "保存的检索",
    "listing_pair": "疑似重复的一对",
    "introduction": "对接",
    "introduction_message": "对接的留言",
    "deal": "交易",
    "deal_approval": "定价的批准",
    "deal_decision": "定价决定",
    "deal_item": "尽调的答复",
    "deal_letter": "意向书或保密协议",
    "deal_objection": "公示的异议",
    "deal_publicity": "公示",
    "tech_contract": "技术合同",
    "conversion_certificate": "转化业绩证明",
    "certificate_line": "业绩证明的一份合同",
    "rating": "合作评价",
    "case_note": "撮合的记录",
    "thing_file": "对接、撮合、定价或核验的附件",
    "story": "成功案例",
    "story_text": "成功案例的文字",
    "story_consent": "成功案例的同意",
    "contract_milestone": "合同的节点",
    "contract_receipt": "合同的到款",
    "distribution": "收入分配方案",
    "inventor_share": "完成人应得",
    "evidence_pack": "证据包",
    "contract_paper": "合同文本",
    "contract_confirmation": "合同的确认",
    "contract_entry": "合同台账的一笔",
    "brokerage_case": "撮合",
    "brokerage_side": "撮合一方的答复",
    "brokerage_declaration": "利益关系申报",
    "attribution": "撮合归属",
    "attribution_dispute": "归属异议",
    "commission_agreement": "佣金约定",
    "commission_signature": "佣金约定的确认",
    "researcher_field": "科研人员的领域",
    "researcher_profile": "科研人员资料",
    "review_decision": "审核意见",
    "role": "角色",
    "stored_file": "附件的内容",
    "substitution": "代办",
    "special_day": "放假或调休的一天",
    "twin_crowd": "太多单位共用的字号",
    "twin_pair": "疑似重复单位",
    "value_score": "价值评分",
    "verdict": "匹配评价",
    "moved_code": "名单换版时改动的归类",
    "word_edition": "词表的一期",
    "word_list_version": "词表的一版",
    "word_preview": "词表草稿的预览",
}


def deed_name(code: str, known: Mapping[str, str]) -> str:
    """A deed in Chinese.

    Args:
        code: as entries hold it, `area.deed`.
        known: code → name, as the rooms call their deeds.

    Returns:
        the code itself where no room names it: entries outlive deeds.
    """
    return known.get(code, code)


def thing_name(kind: str) -> str:
    """The name of a kind of things; its code where it has none."""
    return THINGS.get(kind, kind)
