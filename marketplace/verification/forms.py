"""The forms of what an organisation and a broker supply. What may be typed is checked by the deeds."""

from __future__ import annotations

from wtforms import MultipleFileField, TextAreaField

from marketplace.forms import SeenForm
from marketplace.profiles.forms import BrokerForm
from marketplace.verification.deeds import MAX_NOTE


class AnswerForm(SeenForm):
    """A note, and files."""

    note = TextAreaField(
        "补充了什么", description=f"平台运营人员会看到，2–{MAX_NOTE} 字。"
    )
    files = MultipleFileField("文件")


class CertificateForm(BrokerForm):
    """What a broker says of themselves, with files of the certificate."""

    files = MultipleFileField("证书文件")
