"""Closed lists of files, and the life table of a request for one that is handed out on request.

The engine stands in `marketplace/lifecycle.py`, what a deed does in `deeds.py`; the tables in `models.py`.
"""

from __future__ import annotations

from marketplace.lifecycle import Life

# What a file is for, as reference lists of achievements name it.
USES = {
    "test_report": "检测、试验报告",
    "pilot_report": "中试、应用证明",
    "contract": "合作合同",
    "patent": "专利证书、权属文件",
    "paper": "论文、鉴定材料",
    "drawing": "图纸",
    "photo": "样品图片",
    "other": "其他",
}
# What shows that a stage was reached: a maturity of 7 and above needs one of them.
EVIDENCE = ("test_report", "pilot_report", "contract")
VISIBILITIES = {"public": "公开", "request": "按申请"}
SCANS = {"clean": "已查毒", "unscanned": "未查毒", "held": "等查毒"}

UNDECIDED = ("requested",)
ACCESS_LIFE = Life(
    initial="requested",
    moves={
        ("requested", "grant"): "granted",
        ("requested", "decline"): "declined",
        ("requested", "withdraw"): "withdrawn",
        ("granted", "revoke"): "revoked",
        ("granted", "expire"): "expired",
        # A file that is removed, or an account that is closed, takes its requests with it.
        ("requested", "end"): "withdrawn",
        ("granted", "end"): "revoked",
    },
    names={
        "requested": "等答复",
        "granted": "已同意",
        "declined": "已谢绝",
        "withdrawn": "已撤回",
        "revoked": "已收回",
        "expired": "已到期",
    },
    deeds={
        "create": "申请查看",
        "grant": "同意查看",
        "decline": "谢绝",
        "withdraw": "撤回申请",
        "revoke": "收回",
        "expire": "到期",
        "end": "随文件或账号结束",
    },
    permissions={
        "grant": "files.grant",
        "decline": "files.grant",
        "revoke": "files.grant",
        "withdraw": "files.withdraw",
    },
    phases={"undecided": UNDECIDED},
)
