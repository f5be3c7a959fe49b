"""Telephone numbers as people and programs write them, checked by libphonenumber, and what stands next to them.

Mail addresses are read in emails.py, codes and patents in numbers.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import phonenumbers

from marketplace.parsing import ParseError
from marketplace.parsing.text import EMPTY, cell_text, half_width, unwrap_text
from matching.folding import drop_unseen

PHONE_SIGNS = 300  # characters of a cell
MAX_PHONES = 2  # numbers of one cell
MAX_PHONE = 30  # characters of all numbers of one cell, as the columns hold it
PHONE_FORMS = "手机 11 位；固定电话带区号，如 0635-8230000。"
MOBILE_FORMS = "填 11 位手机号，如 13800138000；境外手机号前面加 + 和国家代码。"
HOME = "CN"

# What stands before an extension.
_TRANSFER = (
    r"\s*(?:-?[转轉]|#|分[机機][号號]?|内线|內線|ext\.?|extension|x|\*|×)\s*[:：]?\s*"
)
# A run of digits with what is written between the digits of one number.
_RUN = re.compile(rf"\+?\(?\+?\d[\d ()+.-]*\d(?:{_TRANSFER}\d{{1,6}})?", re.I | re.A)
_EXTENSION = re.compile(rf"{_TRANSFER}(\d{{1,6}})$", re.I | re.A)
# 0635-8239999-801: a third part after a land line is its extension.
_DASHED_EXTENSION = re.compile(r"^(\(?0\d{2,3}\)?[ -]?\d{7,8})[ -](\d{1,6})$", re.ASCII)
# 0635-8230000(801), 0635-8230000（转801）
_BRACKETED_EXTENSION = re.compile(
    r"(?<=\d{7})\s*\((?:[转轉]|分[机機][号號]?|内线|內線|ext\.?)?[:：]?\s*(\d{1,6})\)",
    re.I | re.A,
)
_WHOLE_IN_BRACKETS = re.compile(
    r"\(\s*(\+?\d[\d -]{6,})\)", re.ASCII
)  # 张三(13800000000)
# [0635]8230000, 0635_8230000, 0635·8230000
_AREA_BRACKETS = re.compile(r"[\[【〔](0\d{2,3})[\]】〕]", re.ASCII)
_OTHER_DASHES = re.compile(r"(?<=\d)\s*[_·•]\s*(?=\d)", re.ASCII)
# 13,800,000,000: a number cell with thousands signs.
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+", re.ASCII)
# An apostrophe that made the cell a text, in one of its shapes.
_APOSTROPHES = "'‘’`´′＇\"“”"
# tel:+86-635-8230000;ext=801 (RFC 3966); 0635~8230000, where ~ is a dash and no range; 1 3 8 0 0 0 0 0 0 0 0.
_URI_EXTENSION = re.compile(r"(?<=\d);\s*ext\s*=\s*(?=\d)", re.I | re.A)
_AREA_TILDE = re.compile(r"(?<!\d)(0\d{2,3})\s*~\s*(?=\d{7,8}(?!\d))", re.ASCII)
# 1 380 0000000: the blanks of a mobile may stand anywhere.
_ONE_BY_ONE = re.compile(r"\d(?: \d){9,11}|1 ?[3-9](?: ?\d){9}", re.ASCII)
# What stands beside a number and names nobody.
_NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        "转 轉 传真 傳真 传真同号 兼传真 同号 分机 内线 号 机 本人 直线 总机 备用 vx wx qq fax ext",
    )
)
# What is written before or after a number and says nothing that would be lost.
_LABELS = re.compile(
    r"(?:联系|办公|单位|公司|固定|移动|咨询|服务|业务|对接)*(?:电话|電話|手机|手機|座机|固话|热线)(?:号码?|號碼)?|联系人|姓名|tel(?:ephone)?|phone|mobile|mob|"
    r"微信同号|同微信|微信|手机微信同号|号码",
    re.I,
)
_FAX = re.compile(r"(?:传真|傳真|fax)\s*[:：]?\s*$", re.I)
_IN_BRACKETS = re.compile(r"\([^()]*[^\d()+\s-][^()]*\)|\[[^\[\]]*\]|【[^【】]*】")
# Brackets that hold the number itself: 张三（13800000000）.
_HOLDS_NUMBER = re.compile(r"\d[\d -]{5,}\d", re.ASCII)
# What reaches somebody and is no telephone.
_NO_PHONES = re.compile(
    r"[\w.+-]+@[\w.-]+\w|(?:qq|微信号?|wechat|weixin|vx|wx)\s*号?\s*[:：]?\s*(?!1[3-9]\d{9}(?!\d))(?=[\w-]*[a-z\d])[a-z\d][\w-]{4,}",
    re.I | re.A,
)
_BETWEEN = re.compile(r"[/、,;|~\n]+|或者?|和|以及|及|&")
_NAME = re.compile(
    r"[\u4e00-\u9fff·]{1,12}|[A-Za-z][A-Za-z .]{0,40}"  # of a person, desk or post
)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d{1,2}", re.I | re.A)
# 138****0000, 0635-823****, 138-****-0000, ****0000: figures that somebody has hidden. Stars around a whole number, as
# some programs print what is bold, hide nothing.
_MASKED = re.compile(
    r"(?<![\d-])\+?\d(?:[ -]?\d){0,9}[ -]?[*xX●•…?×]{2,}(?:[ -]?[\d*])*(?!\d)"
    r"|(?<![\d*-])[*●•…]{2,}[ -]?\d(?:[ -]?\d){1,6}(?![ -]?\d)",
    re.ASCII,
)
_ENCIRCLED = re.compile("[①-⑳]")
# ☎ ✆ 📞 📱: what stands for the word 电话.
_PICTURES = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe0f\u20e3\U0001f300-\U0001faff]")
_SERVICE = re.compile(r"95\d{3,6}|96\d{3,6}|12\d{3}|1[23]\d{3}", re.ASCII)
_LOCAL = re.compile(r"[2-8]\d{6,7}", re.ASCII)
# Behind a number: 0635-8230000/1, 转801、802.
_SHORT = re.compile(r"\d{1,4}", re.ASCII)
# 一三八零零…: read out digit by digit.
_SPOKEN = re.compile("[〇零○一二三四五六七八九幺]{7,12}")
_SPOKEN_DIGITS = str.maketrans("〇零○一二三四五六七八九幺", "0001234567891")


class Contact(NamedTuple):
    """What a cell of telephones or of an e-mail address holds.

    Attributes:
        text: the numbers, parted by /, or the address, in their stored form.
        name: who is named next to a number; empty where nobody is.
        remark: what was left out, in Chinese; empty where nothing was.
    """

    text: str
    name: str = ""
    remark: str = ""


def split_masked(text: str) -> tuple[str, list[str]]:
    """A text without the numbers of which somebody has hidden figures, and those."""
    masked = [found.strip() for found in _MASKED.findall(text)]
    return _MASKED.sub(" ", text), masked


def read_phones(raw: Any) -> Contact | None:
    """One or several telephone numbers, with who is named next to them.

    Args:
        raw: mobile, land line with area code, 400 number, number from abroad; with extension, remarks and names.

    Raises:
        ParseError: it holds no number, or more than the column can hold.
    """
    plain = _plain_text(raw)
    if plain.casefold() in EMPTY:
        return None
    # Longer texts are no telephones, and patterns that look at every beginning take the square of their length.
    if len(plain) > PHONE_SIGNS:
        raise ParseError(f"「{plain[:40]}…」不是能识别的电话。", PHONE_FORMS)
    text, masked = split_masked(plain)
    text = _one_spelling(text)
    if _SCIENTIFIC.fullmatch(text):
        message = f"「{plain[:40]}」被表格软件改成了科学计数，后几位已经丢失。"
        raise ParseError(message, "把单元格设成文本格式，重新填写。")
    left_out = masked + [words.strip() for words in _NO_PHONES.findall(text)]
    text = _NO_PHONES.sub(" ", text)
    remarks = [
        mark for mark in _IN_BRACKETS.findall(text) if not _HOLDS_NUMBER.search(mark)
    ]
    bare = _IN_BRACKETS.sub(_drop_remark, text)
    numbers, rest, others = _numbers_and_rest(bare, plain)
    if masked and not numbers:
        raise ParseError(f"「{plain[:40]}」隐去了几位。", PHONE_FORMS)
    if not numbers:
        raise ParseError(f"「{plain.strip()[:40]}」不是能识别的电话。", PHONE_FORMS)
    stored, too_many = _as_many_as_fit(dict.fromkeys(numbers))
    name = _adjacent_name(rest, plain)
    unrecorded = [mark for mark in remarks if not _is_label(mark)]
    unrecorded += [*left_out, *others, *too_many]
    remark = f"「{'、'.join(unrecorded)}」没有记录。" if unrecorded else ""
    return Contact("/".join(stored), name, remark)


def _plain_text(raw: Any) -> str:
    """The text of a cell, half-width, with one kind of blanks."""
    text = half_width(drop_unseen(unwrap_text(cell_text(raw))))
    # Thin blanks and those that do not break stand between groups of digits too.
    return re.sub(r"[^\S\n]", " ", text).strip(f" \n{_APOSTROPHES}")


def _one_spelling(plain: str) -> str:
    """A text with one kind of dashes and brackets around its numbers."""
    text = re.sub("[—–−‐‑‒﹣]+", "-", plain).strip("*-. ")
    text = _ENCIRCLED.sub(";", text).strip(";")
    text = _PICTURES.sub(" ", text).strip()
    # A cell with decimals: 13800000000.00.
    text = re.sub(r"^(\d{7,})\.0+$", r"\1", text, flags=re.ASCII)
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    text = _SPOKEN.sub(lambda match: match[0].translate(_SPOKEN_DIGITS), text)
    text = _AREA_BRACKETS.sub(r"(\1)", text)
    text = _URI_EXTENSION.sub("转", text)
    text = _AREA_TILDE.sub(r"\1-", text)
    text = _WHOLE_IN_BRACKETS.sub(r" \1 ", text)
    text = _BRACKETED_EXTENSION.sub(r"转\1", text)
    return _OTHER_DASHES.sub("-", text)


def _drop_remark(match: re.Match[str]) -> str:
    if _HOLDS_NUMBER.search(match[0]):
        return f" {match[0][1:-1]} "
    return " "


def _as_many_as_fit(numbers: Iterable[str]) -> tuple[list[str], list[str]]:
    """The first numbers, two at most and as many as the column holds, and the others."""
    stored: list[str] = []
    others: list[str] = []
    for number in numbers:
        joined = "/".join([*stored, number])
        # A later one may be short enough, but the first ones are the writer's choice.
        if others or len(stored) >= MAX_PHONES or len(joined) > MAX_PHONE:
            others.append(number)
        else:
            stored.append(number)
    return stored, others


def read_phone(raw: Any) -> str | None:
    """One or several telephone numbers and nothing else, as a form takes them. Raises ParseError."""
    contact = read_phones(raw)
    if contact is None:
        return None
    if contact.name:
        message = f"号码旁边还写了「{contact.name}」。"
        raise ParseError(message, "这里只填号码，人名写在「联系人」里。")
    return contact.text


def read_mobile(raw: Any) -> str | None:
    """One mobile number as a sign-in name holds it: in international form, so that each spelling is one name.

    Raises:
        ParseError: it is no number of a mobile.
    """
    plain = half_width(cell_text(raw)).strip()
    if not plain:
        return None
    try:
        number = phonenumbers.parse(drop_unseen(plain), HOME)
    except phonenumbers.NumberParseException:
        raise ParseError("这不是手机号。", MOBILE_FORMS) from None
    kinds = phonenumbers.PhoneNumberType
    # Of some countries (the United States) no number tells whether it is a mobile one.
    mobile = (kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE)
    is_valid = phonenumbers.is_valid_number(number)
    if not is_valid or phonenumbers.number_type(number) not in mobile:
        raise ParseError("这不是手机号。", MOBILE_FORMS)
    international = phonenumbers.PhoneNumberFormat.E164
    return str(phonenumbers.format_number(number, international))


def _numbers_and_rest(bare: str, plain: str) -> tuple[list[str], str, list[str]]:
    """The numbers of a text in stored form, what is left of it, and what of it is no telephone (a fax)."""
    numbers: list[str] = []
    left_out: list[str] = []
    rest = ""
    end = 0
    for part in _parts_between(bare):
        end = 0
        # Whether 0635-8230000/1 means 8230001 or an extension, only its writer knows: the first number is sure.
        if numbers and _SHORT.fullmatch(part.strip()):
            left_out.append(part.strip())
            continue
        for run in _RUN.finditer(part):
            before = part[end : run.start()]
            end = run.end()
            if _FAX.search(before):
                left_out.append(f"传真 {run[0].strip()}")
                rest += _FAX.sub(" ", before)
                continue
            rest += f"{before} "
            numbers += _stored_numbers(run[0].strip(), numbers, plain)
        rest += f"{part[end:]} "
    return numbers, rest, left_out


def _parts_between(text: str) -> list[str]:
    return [part for part in _BETWEEN.split(text) if part.strip()]


def _stored_numbers(run: str, before: list[str], plain: str) -> list[str]:
    """The numbers of one run of digits: one with blanks inside, or several with blanks between them."""
    whole = _stored_number(run, before)
    if whole:
        return [whole]
    pieces: list[str] = []
    for piece in run.split():
        stored = _stored_number(piece, [*before, *pieces])
        if not stored:
            raise _refusal_of(run, plain)
        pieces.append(stored)
    return pieces


def _stored_number(run: str, before: list[str]) -> str:
    """One number in its stored form, empty where it is none."""
    extension = ""
    if _ONE_BY_ONE.fullmatch(run):
        run = run.replace(" ", "")
    if match := _EXTENSION.search(run) or None:
        run, extension = run[: match.start()], f"-{match[1]}"
    elif dashed := _DASHED_EXTENSION.match(run):
        run, extension = dashed[1], f"-{dashed[2]}"
    digits = re.sub(r"\D", "", run)
    if _SERVICE.fullmatch(digits):
        return digits
    # 0635-8230000、8230001: the second number has the area code of the first.
    if _LOCAL.fullmatch(digits) and before and before[-1].startswith("0"):
        area = before[-1].partition("-")[0]
        return f"{area}-{digits}{extension}"
    # 86-138…, (86)138… and 86-0635-…: the country code without its sign.
    if re.match(r"\(?86\D*1[3-9]|\(?86\D+0?[1-9]|860[1-9]\d{8}", run):
        run = f"+{digits}"
    is_from_home = re.match(r"\(?\s*(?:\+|00)", run) is None
    # A number that begins with neither a nought nor a mobile or service digit has lost its area code's nought.
    if is_from_home and not re.match(r"\(?0|1[3-9]|[48]00", run):
        return ""
    try:
        number = phonenumbers.parse(re.sub(r"^\(?00", "+", run), HOME)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return f"{_written_number(number)}{extension}"


def _written_number(number: phonenumbers.PhoneNumber) -> str:
    """A valid number as it is stored: as it is dialled at home, or in international form from abroad."""
    if number.country_code != 86:
        international = phonenumbers.PhoneNumberFormat.E164
        return str(phonenumbers.format_number(number, international))
    digits = str(number.national_number)
    kind = phonenumbers.number_type(number)
    if kind == phonenumbers.PhoneNumberType.MOBILE:
        return digits
    area = phonenumbers.length_of_geographical_area_code(number)
    if area:
        return f"0{digits[:area]}-{digits[area:]}"
    # 400 and 800 numbers are written in three groups.
    if len(digits) == 10:
        return f"{digits[:3]}-{digits[3:6]}-{digits[6:]}"
    return digits


def _refusal_of(run: str, plain: str) -> ParseError:
    """Why a run of digits is no number: most often its area code, or the nought before it, is missing."""
    digits = re.sub(r"\D", "", run)
    if _lost_nought(digits):
        message = f"「{plain.strip()[:40]}」开头的 0 可能被表格软件去掉了。"
        allowed = f"把单元格设成文本格式，填 0{digits[:3]}-{digits[3:]}。"
        return ParseError(message, allowed)
    excerpt = plain.strip()[:40]
    if _LOCAL.fullmatch(digits):
        message = f"「{excerpt}」不是能识别的电话：没有区号。"
        return ParseError(message, PHONE_FORMS)
    if re.fullmatch(r"(?:1[3-9]\d{9}){2,}", digits, re.ASCII):
        message = f"「{excerpt}」是几个号码连在一起。"
        return ParseError(message, "号码之间用「/」或「、」隔开。")
    is_bare = re.fullmatch(r"[\d +()-]+", plain.strip(), re.ASCII) is not None
    if is_bare and re.match(r"1[3-9]", digits):
        message = f"「{excerpt}」是 {len(digits)} 位，手机应为 11 位。"
        return ParseError(message, PHONE_FORMS)
    if re.match(r"0\d", digits) and len(digits) > 4:
        message = f"「{excerpt}」的区号或位数不对。"
        return ParseError(message, PHONE_FORMS)
    return ParseError(f"「{excerpt}」不是能识别的电话。", PHONE_FORMS)


def _lost_nought(digits: str) -> bool:
    if not re.fullmatch(r"[1-9]\d{8,10}", digits, re.ASCII):
        return False
    try:
        number = phonenumbers.parse(f"0{digits}", HOME)
    except phonenumbers.NumberParseException:
        return False
    is_fixed = phonenumbers.length_of_geographical_area_code(number) > 0
    return is_fixed and phonenumbers.is_valid_number(number)


def _adjacent_name(rest: str, plain: str) -> str:
    """Who is named next to the numbers; empty where nobody is. Raises ParseError for what is no name."""
    bare = _LABELS.sub(" ", rest)
    bare = re.sub(r"[:：;,。.()（）\[\]'\"-]+", " ", bare)
    # One letter is a slip of the hand, and no name.
    words = [
        word
        for word in bare.split()
        if word.casefold() not in _NO_NAMES and not re.fullmatch("[A-Za-z]", word)
    ]
    if not words:
        return ""
    joined = " ".join(words)
    if re.search(r"\d", joined) or not all(_NAME.fullmatch(word) for word in words):
        raise ParseError(f"「{plain.strip()[:40]}」不是能识别的电话。", PHONE_FORMS)
    return joined


def _is_label(mark: str) -> bool:
    return not _LABELS.sub("", mark).strip("()[]【】 ")
