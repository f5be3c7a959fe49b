"""The people who show the site, by sign-in name, and where they belong. How they are entered: `demonstration.py`."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.accounts.models import PLACES, ROLES

UNIVERSITY = "聊城大学（示例）"
INSTITUTE = "鲁西轴承技术研究院（示例）"
SERVICE_BODY = "鲁西技术转移服务中心（示例）"
OPERATOR = "聊城科技大市场运营中心（示例）"
BANK = "鲁西示例银行聊城分行（示例）"
FUND = "东昌示例科创基金（示例）"
ORGANISATION_KIND = {
    UNIVERSITY: "university",
    INSTITUTE: "institute",
    SERVICE_BODY: "service_body",
    OPERATOR: "operator",
    BANK: "financial",
    FUND: "financial",
}
# A firm that has come by itself: it waits to be verified, its founder writes drafts meanwhile.
NEWCOMER = "临清新岳轴承配件有限公司（示例）"
# Well-formed and of nobody: its check character is right and its organisation does not exist.
NEWCOMER_USCC = "91371581DEMA09106T"
# A second row of the first firm, without a code, as a list brings it in: operators find it among the twins.
TWIN = "聊城市砺合轴承保持器有限责任公司（示例）"


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who shows the site.

    Attributes:
        name: how they are called.
        organisation: its name; None for the owner of the first sample demand; empty for none.
        role: code of a role of the site; empty for none.
        place: code of their place in the organisation.
        administers: whether they look after its people.
        remark: what they show, for the list that is printed.
    """

    name: str
    organisation: str | None
    role: str = ""
    place: str = "member"
    administers: bool = False
    remark: str = ""

    @property
    def title(self) -> str:
        """What they are, in Chinese."""
        title = ROLES.get(self.role) or PLACES[self.place]
        return f"{title}（{self.remark}）" if self.remark else title


# By sign-in name.
DEMO_PEOPLE = {
    "firm": DemoPerson("示例企业用户", None, administers=True, remark="企业，管理员"),
    "colleague": DemoPerson("示例企业同事", None, remark="同一家企业"),
    "newcomer": DemoPerson("示例新企业", "", remark="新登记的企业，待核验"),
    "joiner": DemoPerson("示例申请人", "", remark="正在申请加入企业"),
    "researcher": DemoPerson("示例科研人员", UNIVERSITY, place="researcher"),
    "desk": DemoPerson("示例成果转化岗", UNIVERSITY, place="desk", administers=True),
    "approver": DemoPerson(
        "示例审批人", UNIVERSITY, place="desk", administers=True, remark="批准定价"
    ),
    "institute": DemoPerson(
        "示例研究院转化岗",
        INSTITUTE,
        place="desk",
        administers=True,
        remark="另一家机构",
    ),
    "broker": DemoPerson("示例技术经理人", SERVICE_BODY, role="broker"),
    "broker2": DemoPerson(
        "示例另一位经理人", SERVICE_BODY, role="broker", remark="没有接手的"
    ),
    "bank": DemoPerson("示例银行经理", BANK, administers=True, remark="银行，管理员"),
    "fund": DemoPerson("示例投资经理", FUND, administers=True, remark="基金，管理员"),
    "operator": DemoPerson("示例运营人员", OPERATOR, role="operator"),
    "operator2": DemoPerson("示例运营同事", OPERATOR, role="operator", remark="第二位"),
    "auditor": DemoPerson("示例审计人员", OPERATOR, role="auditor"),
}
