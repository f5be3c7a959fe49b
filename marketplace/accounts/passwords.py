"""What a password must be, and how old it may get. Who asks for one is in `forms.py`; nothing commits here."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import current_app
from flask_security import verify_password
from flask_security.password_util import PasswordUtil
from flask_security.utils import password_complexity_validator
from sqlalchemy import Select

from marketplace import persistence
from marketplace.accounts.child_models import PastPassword
from marketplace.accounts.models import Person
from marketplace.clock import now
from marketplace.extensions import db

# Characters and classes: 等保二级 (GB/T 22239-2019) demands complexity and names no figures.
MIN_LENGTH = 10
MAX_LENGTH = 128  # what nobody types; each character more is work for the hash
MIN_CLASSES = 3
REMEMBERED = (
    5  # 等保二级 (GB/T 22239-2019): none of the last five, the present one among them
)
# zxcvbn takes no longer ones, and nothing after it makes a guessable beginning worse.
MAX_GUESSED = 72
RULE = (
    "10 至 128 个字符，大写字母、小写字母、数字、其他符号四类里至少有三类；"
    "不要用常见的密码，不要含自己的姓名、邮箱或手机号。"
)
# What people here build passwords from and the lists of zxcvbn, which are English, do not have.
_SITE_WORDS = """
liaocheng liaoda lcu dongchang shandong zhongguo beijing shichang keji kejidashichang market chengguo xuqiu guanli
guanliyuan yunying woaini aini mima wodemima nihao 5201314 1314520 1314 520 woshi
"""

# What zxcvbn finds wrong, in our words; its own are English and cannot be translated by the library.
REASONS = {
    "Straight rows of keys are easy to guess.": "是键盘上连着的一排键",
    "Short keyboard patterns are easy to guess.": "是键盘上的简单走法",
    'Repeats like "aaa" are easy to guess.': "是同一个字符的重复",
    'Repeats like "abcabcabc" are only slightly harder to guess than "abc".': "是同一段的重复",
    "Sequences like abc or 6543 are easy to guess.": "是 abc、6543 这样的顺序",
    "Recent years are easy to guess.": "是近几年的年份",
    "Dates are often easy to guess.": "是日期",
    "This is a top-10 common password.": "是最常用的十个密码之一",
    "This is a top-100 common password.": "是最常用的一百个密码之一",
    "This is a very common password.": "是很常用的密码",
    "This is similar to a commonly used password.": "和常用的密码很像",
    "A word by itself is easy to guess.": "只是一个单词",
    "Names and surnames by themselves are easy to guess.": "只是姓名",
    "Common names and surnames are easy to guess.": "是常见的姓名",
}


class Passwords(PasswordUtil):
    """The rules of Flask-Security (length, zxcvbn) and those it does not have."""

    def validate(
        self, password: str, is_register: bool, **known: Any
    ) -> tuple[list[str] | None, str]:
        """What is wrong with a new password, in Chinese, and the password as it is compared.

        Args:
            password: as typed.
            is_register: whether there is no person yet; `known` then holds what was typed into the form.
            known: the person as `user`, or the fields by name.

        Returns:
            what is wrong, None where nothing is; and the normalised password.
        """
        normal = self.normalize(password)
        person = known.get("user")
        own = known
        if person is not None:
            own = {name: getattr(person, name) for name in ("email", "name", "mobile")}
        # The cheap checks first; comparing with former passwords takes a fifth of a second each.
        problem = (
            wrong_shape(normal)
            or _own_words(normal, own)
            or _guessable(normal, own)
            or _used_before(normal, person)
        )
        if not problem:
            return None, normal
        return [problem], normal


def wrong_shape(password: str) -> str:
    """What is wrong with length or kinds of characters; empty where nothing is."""
    if len(password) < MIN_LENGTH:
        return f"密码至少 {MIN_LENGTH} 个字符，现在有 {len(password)} 个。"
    if len(password) > MAX_LENGTH:
        return f"密码最多 {MAX_LENGTH} 个字符，现在有 {len(password)} 个。"
    if password != password.strip():
        # Many programs that fill in passwords drop them.
        return "密码的开头和结尾不能是空格。"
    classes = {_class_of(character) for character in password}
    if len(classes) < MIN_CLASSES:
        return (
            f"密码里大写字母、小写字母、数字、其他符号四类至少要有 {MIN_CLASSES} 类，"
            f"现在只有 {len(classes)} 类。"
        )
    return ""


def _class_of(character: str) -> str:
    """One of the four classes of GB/T 22239; a Chinese character is neither capital nor small and counts as a sign."""
    category = unicodedata.category(character)
    return {"Lu": "capital", "Ll": "small", "Nd": "digit"}.get(category, "sign")


def _own_words(password: str, own: dict[str, Any]) -> str:
    """Whether a password holds what everybody knows of its owner."""
    # LIAOCHENG is no better than liaocheng.
    folded = password.casefold()
    address = str(own.get("email") or "").casefold()
    before, _, domain = address.partition("@")
    mobile = str(own.get("mobile") or "")
    words = {
        # The name of the organisation is most often the first part of the domain.
        "邮箱": [address, before, domain.partition(".")[0]],
        "姓名": [str(own.get("name") or "").casefold()],
        # Without +86, and without the three figures of the network.
        "手机号": [mobile, mobile[-11:], mobile[-8:]],
    }
    for kind, candidates in words.items():
        for candidate in candidates:
            # As the library normalises passwords: two spellings of one name must meet.
            word = unicodedata.normalize("NFKD", candidate)
            # Shorter ones come up by chance; two Chinese characters do not.
            least = 2 if not word.isascii() else 4
            if len(word) >= least and word in folded:
                return f"密码里不能有自己的{kind}。"
    return ""


def _guessable(password: str, own: dict[str, Any]) -> str:
    """Why zxcvbn, as Flask-Security asks it, takes a password for a guessable one; empty where it does not."""
    words = {name: str(value) for name, value in own.items() if value}
    # The keys only have to differ from those of the form; zxcvbn reads the values.
    words |= {f"word {word}": word for word in _SITE_WORDS.split()}
    problems = password_complexity_validator(password[:MAX_GUESSED], True, **words)
    if not problems:
        return ""
    # A new version of zxcvbn may say something that has no words of ours yet.
    reason = REASONS.get(problems[0], "太容易猜到")
    return f"这个密码{reason}，很快能被猜出来。换一个长一些、没有规律的。"


def _used_before(password: str, person: Person | None) -> str:
    """Whether it is the present password of a person or one of those before it."""
    # At registering, or of an account that waits for its first password, there is nothing to repeat.
    if person is None or not person.password:
        return ""
    # Salted hashes cannot be looked up: each is compared by itself.
    for known in (person.password, *_past_passwords(person)):
        if verify_password(password, known):
            return f"最近 {REMEMBERED} 个密码里用过这一个，请换一个没用过的。"
    return ""


def _past_passwords(person: Person) -> list[str]:
    query = (
        db.select(PastPassword.password)
        .where(PastPassword.person_id == person.id)
        .order_by(PastPassword.id.desc())
        # The present one is the fifth.
        .limit(REMEMBERED - 1)
    )
    return list(db.session.scalars(query))


def note_password(person: Person, before: str | None) -> None:
    """Write down that a password was changed, with the one before; no commit. Older ones than counted are forgotten."""
    # Before the check: a first password has none before it and is still as old as today.
    person.password_set_at = now()
    if not before:
        return
    db.session.add(PastPassword(person_id=person.id, password=before))
    db.session.flush()
    older = (
        db.select(PastPassword.id)
        .where(PastPassword.person_id == person.id)
        .order_by(PastPassword.id.desc())
        .offset(REMEMBERED - 1)
    )
    # Ids first: SQLite deletes with no offset.
    ids = list(db.session.scalars(older))
    db.session.execute(db.delete(PastPassword).where(PastPassword.id.in_(ids)))


def forget_passwords(person: Person) -> None:
    """Erase the hashes of former passwords; no commit."""
    forget_passwords_of([person.id])


def forget_passwords_of(person_ids: Iterable[int] | Select[tuple[int]]) -> int:
    """The same of several people, by their numbers or a query of those. Returns how many hashes there were."""
    return persistence.count_changed(
        db.delete(PastPassword).where(PastPassword.person_id.in_(person_ids))
    )


def is_overdue(person: Person) -> bool:
    """Whether a person must set a new password: those who run or audit the site do so every `PASSWORD_DAYS` days."""
    days = current_app.config["PASSWORD_DAYS"]
    # Without a password nobody gets in; it is set by a link first.
    if not days or not person.is_staff or not person.password:
        return False
    # Set by somebody else, or before the rule: due at once.
    if person.password_set_at is None:
        return True
    return bool(now() - person.password_set_at >= timedelta(days=days))
