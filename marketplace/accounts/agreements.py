"""用户协议 and 隐私政策: the texts as they are shown now, and who agreed to which of them and when.

A live site writes its own into `DATA_DIR/texts/`; until then the drafts of this module are shown, with what has to be
filled in marked. People who agreed to an earlier text are prompted at the next sign-in (个人信息保护法 art. 14).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import current_app, has_request_context, session

from marketplace import persistence
from marketplace.accounts.child_models import AgreementText, Consent
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import db

TITLES = {"terms": "用户协议", "privacy": "隐私政策"}
FILES = {"terms": "用户协议.txt", "privacy": "隐私政策.txt"}
TO_FILL = "【待填写"
# In the session: whose texts have changed, and that their reader was not prompted yet.
DUE = "texts_due"
PROMPT = "texts_prompt"


@dataclass(frozen=True)
class Agreement:
    """A text that people agree to.

    Attributes:
        kind: key of `TITLES`.
        text: lines; one that begins with # is a heading, an empty one ends a paragraph.
        version: its digest; another text is another version.
    """

    kind: str
    text: str
    version: str

    @property
    def title(self) -> str:
        """Its name."""
        return TITLES[self.kind]

    @property
    def is_complete(self) -> bool:
        """Whether nothing in it waits to be filled in."""
        return TO_FILL not in self.text

    @property
    def blocks(self) -> list[tuple[str, str]]:
        """(`heading` or `paragraph`, its words), in order."""
        blocks = []
        for block in self.text.split("\n\n"):
            words = block.strip()
            if words.startswith("#"):
                blocks.append(("heading", words.lstrip("# ")))
            elif words:
                blocks.append(("paragraph", words))
        return blocks


@dataclass(frozen=True)
class Difference:
    """How a text differs from an earlier one, by whole paragraphs.

    Attributes:
        since: when the person agreed to the earlier one, in UTC.
        removed: paragraphs and headings that are no longer there.
        added: those that are new.
    """

    since: datetime
    removed: list[str]
    added: list[str]


def present_agreement(kind: str) -> Agreement:
    """The text of a kind as it is shown now."""
    path = Path(current_app.config["DATA_DIR"]) / "texts" / FILES[kind]
    try:
        # Editors on Windows write a mark at the beginning, which would be a part of the text.
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError):
        # A file that cannot be read must not leave a site without its terms.
        text = _draft(kind)
    # The same words saved on another system are the same version, and prompt nobody.
    text = text.replace("\r\n", "\n").strip()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Agreement(kind, text, f"{kind}-{digest[:24]}")


def incomplete_agreements() -> list[Agreement]:
    """The texts in which something waits to be filled in."""
    texts = [present_agreement(kind) for kind in TITLES]
    return [text for text in texts if not text.is_complete]


def note_consents(person: Person, texts: Iterable[Agreement] | None = None) -> None:
    """Note that a person agreed to texts as they are now; no commit.

    Args:
        person: who agreed.
        texts: to which; None for both.
    """
    if texts is None:
        texts = [present_agreement(kind) for kind in TITLES]
    for agreement in texts:
        if db.session.get(AgreementText, agreement.version) is None:
            row = AgreementText(
                version=agreement.version, kind=agreement.kind, text=agreement.text
            )
            # Two people may agree to a new text at one moment.
            persistence.add_once(row)
        db.session.add(
            Consent(
                person_id=person.id,
                kind=agreement.kind,
                version=agreement.version,
                given_at=now(),
            )
        )


def consents_of(person: Person) -> list[Consent]:
    """What a person agreed to, latest first."""
    query = (
        db.select(Consent)
        .where(Consent.person_id == person.id)
        .order_by(Consent.id.desc())
    )
    return list(db.session.scalars(query))


def due_agreements(person: Person) -> list[Agreement]:
    """The texts that a person has not agreed to as they are now, though they should.

    People who agreed to an earlier one should, and on a live site also those who never agreed: they were added by a
    command. The people of a demonstration agreed to nothing and need not.
    """
    never_counts = current_app.config["ENVIRONMENT"] == "live"
    given = consents_of(person)
    versions = {row.version for row in given}
    kinds = {row.kind for row in given}
    due = []
    for kind in TITLES:
        agreement = present_agreement(kind)
        # Nobody has to agree to a draft in which the operator has something to fill in.
        if agreement.version in versions or not agreement.is_complete:
            continue
        if never_counts or kind in kinds:
            due.append(agreement)
    return due


def difference_for(person: Person, agreement: Agreement) -> Difference | None:
    """How a text differs from the last one of its kind that a person agreed to; None where they agreed to none."""
    earlier = [row for row in consents_of(person) if row.kind == agreement.kind]
    if not earlier:
        return None
    last = earlier[0]
    stored = db.session.get(AgreementText, last.version)
    assert stored is not None  # noqa: S101  a foreign key
    before = Agreement(last.kind, stored.text, last.version).blocks
    present = agreement.blocks
    return Difference(
        last.given_at,
        removed=[block[1] for block in before if block not in present],
        added=[block[1] for block in present if block not in before],
    )


def note_due_texts(person: Person) -> None:
    """Note in a new session whether its person is to be prompted about texts that have changed."""
    # Checked once a session: no other request reads the texts.
    if due_agreements(person):
        session[DUE] = person.id
        session[PROMPT] = True


def due_texts_of(person_id: int) -> bool:
    """Whether the reader of this page has not agreed to the texts as they are now."""
    return has_request_context() and session.get(DUE) == person_id


def put_off() -> None:
    """以后再说: no further prompt in this session; it stays among what waits for the person."""
    session.pop(PROMPT, None)


def note_agreed() -> None:
    """The person has agreed, and nothing waits any more."""
    put_off()
    session.pop(DUE, None)


def prompts() -> bool:
    """Whether the reader of this page has not been prompted yet."""
    return PROMPT in session


def _draft(kind: str) -> str:
    """The draft of a text, with the names of the site and marks where only its operator knows what to write."""
    site = current_app.config["SITE"]
    values = {
        "site": site.name,
        "operator": site.operator or site.organiser or f"{TO_FILL}：运营单位全称】",
        "phone": site.phone or f"{TO_FILL}：电话】",
        "email": site.email or f"{TO_FILL}：邮箱】",
    }
    return DRAFTS[kind].format(**values)


DRAFTS = {
    "terms": """# 一、这是什么

{site}（以下称平台）由{operator}运营，供单位和专业人员发布、检索、匹配科技成果和技术需求。平台面向单位和专业人员，不面向未成年人。

# 二、账号

您用自己的姓名和邮箱注册，一人一个账号，不转借、不共用。密码由您保管；发现别人用了您的账号，请马上修改密码、全部退出，并联系我们。

代表单位发布内容，要先由该单位的管理员或平台确认您属于这个单位。

# 三、您发布的内容

内容应真实、合法，您有权发布。不得发布国家秘密、他人的商业秘密、侵权或违法的内容。公开前由平台审核；审核不代表平台对内容作保证。发现违法内容，平台会停止公开、保存记录并依法报告。

# 四、匹配

匹配结果由程序按文字和结构化信息排序，理由写在结果旁边，不是平台的推荐或担保。您可以改按发布时间排序。

# 五、费用和责任

注册、发布、检索、匹配不收费。【待填写：收费项目；没有就写“无”】。平台不是技术合同的当事人。

# 六、停用和注销

您可以随时注销账号。违反本协议的，平台可以停用账号，并告诉您原因和申诉办法。

# 七、联系我们

电话：{phone}；邮箱：{email}。投诉、举报也用这两个方式，{days}个工作日内答复。

# 八、生效

本协议自【待填写：年 月 日】起生效。内容有实质变化时，会请您重新同意。
""".replace("{days}", "【待填写：几】"),
    "privacy": """# 一、我们是谁

{site}由{operator}运营。个人信息保护负责人：【待填写：姓名或岗位】；电话：{phone}；邮箱：{email}。

# 二、收集什么，为什么

注册：姓名、邮箱、密码（只存不可还原的摘要）；您愿意时，还有手机号，只作第二个登录名。

登录和安全：登录时间、网络地址、浏览器名称，用来防止别人冒用您的账号。

发布：您填写的联系人、完成人和他们的联系方式，用来让对方联系到您的单位。

试配：不登录时贴的文字不保存；您同意后才为您保存 7 天。

身份证号码不需要，我们不收集，请不要填写。

# 三、存多久

账号信息存到注销为止。操作日志至少 6 个月。各类信息存多久、为什么，列在页脚的「保存期限」页，到期由系统自动删除。

# 四、给谁看

公开的联系方式，只在您单独同意后公开；给对接的另一方，也要您另外单独同意。除法律要求外，不给别人。受托处理的单位：【待填写：单位和事项；没有就写“无”】。信息存放在【待填写：地点】，不出境。

# 五、您的权利

您可以查看、复制、更正、删除自己的信息，撤回同意，注销账号；在「账号」页办理，或联系我们，{days}个工作日内答复。撤回同意不影响此前的处理。

没有账号、但平台上写着您的信息的（如成果的完成人、联系人），在那一页按页脚的「举报」，选“请求查阅、更正、删除本人信息”，写明要怎样。平台答复处理结果；不能照办的，写明理由。

# 六、安全

密码加密存放，两步验证、登录记录和全部退出在「账号」页。发生泄露时，我们会采取补救措施，并告诉您和主管部门。

# 七、自动化推荐

匹配按文字计算，不用您的浏览记录和个人特征；每个列表都能改按时间排序。

# 八、生效

本政策自【待填写：年 月 日】起生效。有实质变化时，会请您重新同意。
""".replace("{days}", "【待填写：几】"),
}
