"""The life table of a dated status of an organisation, and which statuses there are."""

from __future__ import annotations

from marketplace.lifecycle import Life

# What state bodies certify of firms for a time; terms as the notices of the certifying bodies have them.
STATUSES = {
    "tech_sme": "科技型中小企业",
    "high_tech": "高新技术企业",
    "innovative_sme": "创新型中小企业",
    "specialised": "专精特新中小企业",
    "little_giant": "专精特新「小巨人」企业",
}
# What an operator compared a status with; the words are stored, for the list may change.
CHECKED_AGAINST = (
    "证书（扫描件或原件）",
    "认定机构公布的名单",
    "全国科技型中小企业信息库",
    "高新技术企业认定管理工作网",
)
STATUS_LIFE = Life(
    initial="waiting",
    moves={
        ("waiting", "verify"): "verified",
        ("waiting", "refuse"): "refused",
        ("waiting", "withdraw"): "withdrawn",
        # Taken back by who certified it, or entered wrongly: it stops counting at once.
        ("verified", "revoke"): "revoked",
    },
    names={
        "waiting": "等运营方核对",
        "verified": "已核对",
        "refused": "没有通过核对",
        "withdrawn": "已撤回",
        "revoked": "已作废",
    },
    deeds={
        "create": "填报资质",
        "verify": "核对通过",
        "refuse": "不通过",
        "withdraw": "撤回",
        "revoke": "作废",
    },
    # What was refused, withdrawn or revoked may be entered again (132).
    phases={"current": ("waiting", "verified")},
)
