"""Operation: how the site is kept running. Its health, figures and logs, the work in the background, the backups.

Here: the jobs of this room.
"""

from __future__ import annotations

from collections.abc import Iterator

from marketplace.contributions import Job
from marketplace.operation import integrity

# Job, and command of the command line → its Chinese name, for what is done without anybody signed in.
JOB_NAMES = {
    "checkpoint": "签发审计检查点",
    "mail": "发送邮件",
    "digests": "每日汇总邮件",
    "twins": "查找疑似重复单位",
    "index": "更新检索",
    "expiry": "到期下架",
    "endings": "到期提醒",
    "certificates": "技术经理人证书到期提醒",
    "brokers": "收回证书到期的技术经理人手上的内容",
    "comparison": "核对检索",
    "statistics": "数据库统计",
    "erasures": "完成个人信息删除",
    "retention": "按保存期限删除",
    "verdicts": "整理评价",
    "matcher": "更新匹配",
    "matcher-nightly": "夜间重算匹配",
    "integrity": "检查数据库",
    "integrity-copies": "检查副本",
    "backup": "夜间备份",
}
COMMAND_NAMES = {
    "rehearse": "开始演练",
    "audit.sign": "签发审计检查点",
    "audit.resume": "说明审计树变短",
    "audit.export": "导出审计日志",
    "organisations.add": "登记单位",
    "organisations.twins": "查找疑似重复单位",
    "organisations.import": "导入单位名单",
    "people.first-operator": "第一位运营人员",
    "people.add": "新增人员",
    "people.deactivate": "停用账号",
    "people.reset": "重设登录",
    "index.sync": "更新检索",
    "index.rebuild": "重建检索",
    "listings.import": "导入清单",
    "listings.export": "导出清单",
    "listings.expire": "到期下架",
    "matching.fit": "重算匹配",
    "matching.calibrate": "校准匹配等级",
    "matching.quality": "测量匹配质量",
    "backup.make": "备份",
    "restore": "恢复备份",
    "prepare": "准备网站",
    "jobs": "后台工作",
}


def jobs() -> Iterator[Job]:
    """Reading through what lies on disk, at night: UTC 18:50 is ten to three in Liaocheng, when the backup is made."""
    yield Job("integrity", integrity.check_database, {"hour": 18, "minute": 50})
    # Each host has files of its own.
    yield Job(
        "integrity-copies",
        integrity.check_copies,
        {"hour": 19, "minute": 0},
        lane="matcher",
        leader=False,
    )


def deed_names() -> Iterator[tuple[str, str]]:
    """What the site does by itself, and what is done at the command line."""
    for job, name in JOB_NAMES.items():
        yield f"job.{job}", f"系统：{name}"
    for command, name in COMMAND_NAMES.items():
        yield f"command.{command}", f"命令行：{name}"
