"""The forms of signing in, registering, passwords and second factors: Flask-Security's, with what it does not check.

Each compares passwords before the database is asked for the right to write (decision 071): a comparison takes a fifth
of a second, in which nobody else could save. Whatever depends on whether an address is known does the same work for one
that is not.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import current_app, g
from flask_security.change_email import ChangeEmailForm
from flask_security.forms import (
    ChangePasswordForm,
    ForgotPasswordForm,
    LoginForm,
    RegisterFormV2,
    ResetPasswordForm,
    SendConfirmationForm,
    TwoFactorRescueForm,
    TwoFactorSetupForm,
    TwoFactorVerifyCodeForm,
    VerifyForm,
)
from flask_security.mail_util import EmailValidateException
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.utils import get_message, validate_redirect_url
from wtforms import (
    BooleanField,
    Form,
    HiddenField,
    PasswordField,
    RadioField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from marketplace import persistence
from marketplace.accounts import locking, sessions, tries
from marketplace.accounts.models import Person
from marketplace.accounts.person_deeds import MAX_NAME, checked_name
from marketplace.accounts.queries import find_person, find_person_of_mobile
from marketplace.errors import Invalid
from marketplace.extensions import db
from marketplace.forms import OwnWords, PageForm
from marketplace.parsing import ParseError
from marketplace.parsing.telephones import read_mobile

NAME_CHECKS = [DataRequired("请填写姓名。"), Length(max=MAX_NAME)]
# A hash of nothing: what a link to reset a password is made of where nobody has the address.
NO_PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$none$none"  # noqa: S105


def typed_identity(text: str) -> tuple[str, str]:
    """An e-mail address or a mobile number as it is looked up.

    Returns:
        the address, or "", and the number, or "". Both are empty where it is neither.
    """
    try:
        # As the library looks addresses up; nothing is sent and no DNS is read.
        return current_app.extensions["security"].mail_util.normalize(text), ""
    except EmailValidateException:
        pass
    try:
        return "", read_mobile(text) or ""
    except ParseError:
        return "", ""


def find_by_identity(text: str) -> Person | None:
    """The person of an address or mobile number, in any spelling."""
    address, mobile = typed_identity(text)
    if address:
        return find_person(address)
    if mobile:
        return find_person_of_mobile(mobile)
    return None


def decoy(address: str) -> Person:
    """Somebody who does not exist, for whom the same links and mails are made; the mails are thrown away."""
    return Person(
        email=address,
        name="",
        password=NO_PASSWORD,
        fs_uniquifier=uuid.uuid4().hex,
        active=True,
    )


class OwnNext(OwnWords):
    """Where a form leads afterwards: a place elsewhere is forgotten, for the link to this page was not the reader's."""

    def validate_next(self, field: Any) -> None:
        """The library would refuse the right password, again and again, and count it as a failure."""
        if field.data and not validate_redirect_url(field.data):
            field.data = ""


class SignInForm(OwnNext, LoginForm):
    """登录 by e-mail address or mobile number."""

    email = StringField(
        "邮箱或手机号",
        validators=[DataRequired("请填写邮箱或手机号。"), Length(max=254)],
    )
    password = PasswordField("密码", validators=[DataRequired("请填写密码。")])
    remember = BooleanField("在这台设备上保持 8 小时")

    def validate(self, **more: Any) -> bool:
        """Whether they get in. A wrong password, an unknown name and a locked account get the same words."""
        if not Form.validate(self, **more):
            # What is left empty tries no password (`sign_in._is_refused`).
            g.no_try = True
            return False
        self.ifield = self.email
        self.user = known = find_by_identity(self.email.data or "")
        # Compares the password, still as a reader.
        passed = bool(super().validate(**more))
        _turn_writer(known)
        if known is None:
            # The same writes as for a known name (071).
            locking.imitate_counting()
            return False
        if locking.is_locked(known):
            self.password.errors = [
                "locked"
            ]  # the view turns it into the words of every failure
            return False
        if not self.user_authenticated:
            locking.count_failure(known)
            return False
        # The password was right: nothing is counted as a failure, and the reason may be named.
        if not passed:
            g.no_try = True
            self._say_why()
            return False
        locking.forget_failures(known)
        return True

    def _say_why(self) -> None:
        """Tell somebody who knows the password, and them only, why it does not open the account."""
        self.email.errors = []
        if self.requires_confirmation:
            self.form_errors.append(get_message("CONFIRMATION_REQUIRED")[0])
        else:
            self.form_errors.append(get_message("DISABLED_ACCOUNT")[0])


class RegisterForm(OwnNext, RegisterFormV2):
    """注册. Of an address that is known only its owner is told, by mail."""

    name = StringField(
        "姓名",
        description="真实姓名，单位核对身份时用。",
        validators=NAME_CHECKS,
    )
    mobile = StringField(
        "手机号",
        description="填了以后，也可以用手机号登录。平台不发短信。",
        validators=[Optional()],
    )
    agreed = BooleanField(
        "我已阅读并同意《用户协议》和《隐私政策》",
        validators=[DataRequired("请先阅读《用户协议》和《隐私政策》，同意后再注册。")],
    )

    def validate_name(self, field: StringField) -> None:
        """A name is one line of what people see."""
        field.data = clean_name(field.data or "")

    def validate_mobile(self, field: StringField) -> None:
        """A mobile number in any spelling; whether it is taken is not told (see `deeds`)."""
        try:
            field.data = read_mobile(field.data)
        except ParseError as error:
            raise ValidationError(error.sentence) from None

    def validate(self, **more: Any) -> bool:
        """Whether an account can be made of it."""
        valid = bool(super().validate(**more))
        if not self.mobile.errors:
            # The column is unique: two empty texts would be the same number.
            self.mobile.data = self.mobile.data or None
        persistence.turn_writer()
        taken = self.mobile.data and find_person_of_mobile(self.mobile.data)
        if taken:
            # Told to nobody here: they see on the page of their account that it is not noted.
            self.mobile.data = None
        return valid


class ConfirmAgainForm(OwnWords, SendConfirmationForm):
    """再发确认邮件."""

    def validate(self, **more: Any) -> bool:
        """Whether a mail is made; of an address nobody waits for, one is made and thrown away."""
        valid = bool(super().validate(**more))
        return valid and _may_mail(self) or _imitate(self)


class ForgotForm(OwnWords, ForgotPasswordForm):
    """忘记密码. A link to the mailbox proves more than a confirmation, and ends a lock that others brought about."""

    def validate(self, **more: Any) -> bool:
        """Whether a mail is made; for an unknown or closed account one is made and thrown away."""
        valid = bool(Form.validate(self, **more))
        if valid and self.user is not None and self.user.active:
            return _may_mail(self)
        return _imitate(self)


def _may_mail(form: Any) -> bool:
    """Count a mail; beyond what one mailbox gets, the mail is made and thrown away."""
    if not tries.may_mail(form.user.email):
        form.user = decoy(form.user.email)
    return True


def _imitate(form: Any) -> bool:
    """Put somebody who does not exist into a form about an address that is well written; whether it is."""
    typed = form.email.data or ""
    if not typed_identity(typed)[0]:
        return False
    form.email.errors = []
    form.user = decoy(typed)
    return _may_mail(form)


class NewPasswordForm(OwnWords, ResetPasswordForm):
    """重设密码, by a link."""

    def validate(self, **more: Any) -> bool:
        """Whether the new password follows the rules."""
        person = self.user
        # Before the library overwrites it: it goes among the last five.
        former = person.password if person is not None else None
        valid = bool(super().validate(**more))
        persistence.turn_writer()
        g.former_password = former
        return valid


class ChangeForm(OwnWords, ChangePasswordForm):
    """修改密码. Wrong present passwords count like those of signing in."""

    def validate(self, **more: Any) -> bool:
        """Whether the present password fits and the new one follows the rules."""
        person = sessions.present_person()
        if locking.is_locked(person):
            self.password.errors = [get_message("INVALID_PASSWORD")[0]]
            return False
        former = person.password
        valid = bool(super().validate(**more))
        # Only a wrong present password counts; a new one that is too weak is no try at the account.
        wrong = get_message("INVALID_PASSWORD")[0] in self.password.errors
        persistence.turn_writer()
        g.former_password = former
        g.no_try = not wrong
        if wrong:
            locking.count_failure(person)
        return valid


class AgainForm(OwnNext, VerifyForm):
    """确认密码. Failures count like those of signing in."""

    def validate(self, **more: Any) -> bool:
        """Whether the password fits."""
        valid = bool(super().validate(**more))
        person = sessions.present_person()
        _turn_writer(person)
        if locking.is_locked(person):
            self.password.errors = [get_message("INVALID_PASSWORD")[0]]
            return False
        if not valid and self.password.data:
            locking.count_failure(person)
        return valid


class NewAddressForm(OwnWords, ChangeEmailForm):
    """更改邮箱. Nothing tells whether the new one is somebody else's."""


class CodeForm(OwnWords, TwoFactorVerifyCodeForm):
    """动态码. Wrong ones lock the account as wrong passwords do."""

    code = StringField("动态码", validators=[DataRequired("请输入动态码。")])

    def validate(self, **more: Any) -> bool:
        """Whether the code opens, and was not used before."""
        # Apps show it as 123 456, and it is copied so.
        self.code.data = "".join((self.code.data or "").split())
        return _check_code(self, bool(super().validate(**more)))


class RecoveryForm(OwnWords, MfRecoveryForm):
    """备用码. The library does not count wrong ones."""

    code = StringField("备用码", validators=[DataRequired("请输入备用码。")])

    def validate(self, **more: Any) -> bool:
        """Whether the code is one of those that are left."""
        # Telephones begin a line with a capital; the codes are hexadecimal.
        self.code.data = (self.code.data or "").strip().lower()
        return _check_code(self, bool(super().validate(**more)))


class FactorForm(OwnWords, TwoFactorSetupForm):
    """两步验证: set up or given up. Its choices are named by the page; the library's are of a kind WTForms gives up."""

    setup = RadioField(
        "两步验证",
        choices=[
            SelectChoice("authenticator", "设置"),
            SelectChoice("disable", "关闭"),
        ],
        validate_choice=False,
    )


class LostFactorForm(OwnWords, TwoFactorRescueForm):
    """Of the library's page for a lost telephone, which is not used: a page of ours leads to the spare codes."""

    help_setup = RadioField(choices=[SelectChoice("help", "")], validate_choice=False)


def _check_code(form: Any, valid: bool) -> bool:
    # Whoever sets up a factor types the code of a secret on the same page: there is nothing to guess.
    if getattr(form, "is_setup", False):
        return valid
    person = form.user
    if locking.is_locked(person):
        form.code.errors = [get_message("TWO_FACTOR_INVALID_TOKEN")[0]]
        return False
    # An empty form is a slip, not a try.
    if not valid and form.code.data:
        locking.count_failure(person)
    if valid:
        locking.forget_failures(person)
    return valid


class AgreeForm(PageForm):
    """同意 to texts that have changed."""

    # Versions of the texts that are on the page.
    seen = HiddenField()
    agreed = BooleanField(
        "我已看过并同意",
        validators=[
            DataRequired("同意的请先勾选；还不能决定的，按「以后再说」，写过的都在。")
        ],
    )


class AccountForm(PageForm):
    """姓名和登录手机号."""

    name = StringField("姓名", validators=NAME_CHECKS)
    mobile = StringField(
        "登录用手机号",
        description="填了以后，也可以用手机号登录。平台不发短信，也不核对号码。",
        validators=[Optional()],
    )

    def validate_name(self, field: StringField) -> None:
        """A name is one line of what people see."""
        field.data = clean_name(field.data or "")

    def validate_mobile(self, field: StringField) -> None:
        """A mobile number in any spelling."""
        try:
            field.data = read_mobile(field.data)
        except ParseError as error:
            raise ValidationError(error.sentence) from None


def clean_name(text: str) -> str:
    """A name of a person as it is stored. Raises ValidationError where it is none."""
    try:
        return checked_name(text)
    except Invalid as error:
        raise ValidationError(error.message) from None


def _turn_writer(person: Person | None) -> None:
    """Begin as a writer, with the new hash of a password where comparing it has made one (after a change of costs)."""
    rehashed = None
    if person is not None and db.session.is_modified(person):
        # Ending the reader's transaction expires the row, and the new hash with it.
        rehashed = person.password
    persistence.turn_writer()
    if rehashed is not None and person is not None:
        person.password = rehashed
