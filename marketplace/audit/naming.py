"""Deeds and things of the audit in Chinese, for its page: entries hold codes, which outlive every wording.

What is written and hashed is not decided here. Where a word is missing the code itself stands.
"""

from __future__ import annotations

from collections.abc import Mapping

# Table of a thing, or the part of the site a deed belongs to → its name.
AREAS = {
    "accounts": "账号",
    "achievement": "成果",
    "achievement_metric": "成果指标",
    "achievement_organisation": "成果的共有单位",
    "agreement_text": "协议文本",
    "assignment": "技术经理人的接手",
    "audit": "审计",
    "broker": "技术经理人",
    "broker_field": "技术经理人的领域",
    "broker_profile": "技术经理人资料",
    "chain": "产业链",
    "checkpoint": "检查点",
    "command": "命令",
    "consent": "同意",
    "contributor": "完成人",
    "demand": "需求",
    "demand_metric": "需求指标",
    "dictionary": "词典",
    "district": "县市区",
    "hitech_field": "技术领域",
    "industry": "行业",
    "intellectual_property": "知识产权",
    "invitation": "邀请",
    "job": "定时任务",
    "join_request": "加入申请",
    "listing": "成果和需求",
    "match": "匹配",
    "membership": "单位里的身份",
    "mine": "我的",
    "notice": "通知",
    "notice_setting": "通知设置",
    "notice_stop": "停收邮件",
    "notices": "通知",
    "office": "审核",
    "organisation": "单位",
    "organisation_merge": "单位合并",
    "organisation_name": "单位名称",
    "organisation_seat": "单位所在地",
    "past_password": "用过的密码",
    "people": "单位人员",
    "person": "人员",
    "person_role": "人员角色",
    "person_session": "登录",
    "personal_data": "我的数据",
    "profile": "科研人员资料",
    "quality": "匹配质量",
    "researcher": "科研人员",
    "researcher_field": "科研人员的领域",
    "researcher_profile": "科研人员资料",
    "role": "角色",
    "security": "登录和密码",
    "trial": "试配",
    "twin_pair": "疑似重复单位",
    "value_score": "价值评分",
    "verdict": "匹配评价",
}
# The rest of a code → what was done.
DEEDS = {
    "accept": "同意加入",
    "agree": "更改公开范围",
    "alias": "加别名",
    "apart": "标为不是重复",
    "apply": "填写资料",
    "approve": "通过并发布",
    "archive": "归档",
    "ask": "要求补充",
    "assign": "交给技术经理人",
    "change": "更改",
    "change_email": "更换邮箱",
    "change_password": "修改密码",
    "check": "核对证书",
    "close": "关闭",
    "confirm_email": "确认邮箱",
    "copy": "复制为草稿",
    "create": "新建",
    "decline": "不同意加入",
    "edit": "修改",
    "end": "收回资格",
    "erasures": "抹去到期的个人信息",
    "expire": "到期",
    "expiry": "处理到期",
    "forgot_password": "申请重设密码",
    "found": "登记",
    "give": "填写",
    "grade": "评级",
    "hide": "撤回公开",
    "import": "批量导入",
    "invite": "邀请",
    "join": "申请加入",
    "leave": "离开",
    "login": "登录",
    "logout": "退出",
    "mail": "发送邮件",
    "manage": "管理人员",
    "merge": "合并",
    "mf_recovery": "用备用码登录",
    "mf_recovery_codes": "领取备用码",
    "operate": "处理没有发出的邮件",
    "place": "调整身份",
    "prepare": "准备数据",
    "read": "查看",
    "recall": "撤回送审",
    "register": "注册",
    "reject": "不予通过",
    "remove": "移出人员",
    "rename": "改名称或代码",
    "renew": "延长有效期",
    "reset_password": "重设密码",
    "resume": "恢复",
    "return": "退回",
    "review": "审核",
    "revoke": "撤销邀请",
    "run": "试算",
    "save": "保存",
    "seat": "改所在地",
    "send_back": "退回修改",
    "send_confirmation": "再发确认邮件",
    "sessions": "清理过期的登录",
    "stop": "停收邮件",
    "submit": "送审",
    "suspend": "暂停",
    "take": "受理",
    "twins": "比对重复单位",
    "two_factor_setup": "设置两步验证",
    "two_factor_setup_validate": "完成两步验证设置",
    "two_factor_token_validation": "输入动态码",
    "unassign": "收回接手",
    "unmerge": "撤销合并",
    "verify": "核验",
    "withdraw": "撤回",
}


def deed_name(code: str, known: Mapping[str, str]) -> str:
    """A deed in Chinese.

    Args:
        code: as entries hold it, `area.deed`.
        known: code → name of those that the rooms name themselves.

    Returns:
        what the rooms call it, else area and deed in words; the code where one of both has none.
    """
    if code in known:
        return known[code]
    area, _, deed = code.partition(".")
    if area in AREAS and deed in DEEDS:
        return f"{AREAS[area]}：{DEEDS[deed]}"
    return code


def thing_name(kind: str) -> str:
    """The name of a kind of things; its code where it has none."""
    return AREAS.get(kind, kind)
