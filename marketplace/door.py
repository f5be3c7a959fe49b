"""The door of the pages: every view declares its deed, and a view that declares none is refused.

Which deeds exist and who may do them is in `permissions.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import (
    Flask,
    Response,
    before_render_template,
    current_app,
    redirect,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import SecurityError

from marketplace import persistence, refused_requests
from marketplace.errors import Invalid, NotFound
from marketplace.permissions import TABLE, Reader, may, require

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])
READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# Endpoints of libraries, with the deed they stand for.
LIBRARY_ENDPOINTS = {
    "static": "public.read",
    "bootstrap.static": "public.read",
    "security.static": "public.read",
    "security.login": "public.read",
    "security.logout": "public.read",
    "security.register": "public.read",
    "security.send_confirmation": "public.read",
    "security.confirm_email": "public.read",
    "security.forgot_password": "public.read",
    "security.reset_password": "public.read",
    # The link in the mail is opened where the mailbox is read, signed in there or not.
    "security.change_email_confirm": "public.read",
    "security.two_factor_setup": "public.read",  # by who has given the right password, too
    "security.two_factor_token_validation": "public.read",
    "security.mf_recovery": "public.read",
    "security.tf_select": "public.read",
    "security.two_factor_rescue": "public.read",
    "security.verify": "mine.read",
    "security.change_password": "mine.read",
    "security.change_email": "mine.read",
    "security.two_factor_setup_validate": "mine.read",
    "security.mf_recovery_codes": "mine.read",
}

# Library endpoints that begin as readers: comparing a password takes 0.2 s, in which nobody could save. What they write
# comes after it (`accounts/forms.py`).
LIBRARY_READERS = frozenset(
    {
        "security.login",
        "security.logout",
        "security.verify",
        "security.register",
        "security.reset_password",
        "security.change_password",
    }
)
# Links in mails: opened by a GET, and they write.
LIBRARY_LINKS = frozenset({"security.confirm_email", "security.change_email_confirm"})


# Files that are the same for everybody and say so themselves.
FILES = frozenset({"static", "bootstrap.static", "security.static"})
# What browsers may do with a page that a guest reads. All other pages are never stored: a shared computer must not show
# them to the next person, and no proxy may hold contacts.
OPEN_PAGE = "private, no-cache"
OPEN_FILE = "public, max-age=3600"
NEVER_STORED = "no-store"
# How a form may be sent. No page takes JSON: what is no form passes the checks of forms.
FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", ""})
UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii"})
# The largest form has some 600 fields; 60 rows of every list of it are below 3,000.
MAX_FIELDS = 5_000
# Names of fields are ours. WTForms takes the number in rows-12-name for a number, whatever figures it is made of.
FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,99}", re.ASCII)
LONG_NUMBER = re.compile(r"[0-9]{6}", re.ASCII)
# PostgreSQL stores no NUL and no half of a character, and nothing that people type has one.
UNSOUND = re.compile("[\x00\ud800-\udfff]")


def needs(
    deed: str,
    *,
    of_thing: bool = False,
    writes: bool = True,
    stored: str = "",
    cleans: bool = False,
    takes_files: bool = False,
    contained: str = "",
    by_script: bool = False,
) -> Callable[[View], View]:
    """Declare the deed of a view.

    Args:
        deed: a deed that some room declares; `create_app` refuses to start with any other.
        of_thing: who may depends on a thing; the door then only requires a signed-in reader where guests may not,
            and the page calls `require` with the thing it has loaded.
        writes: False for a view that is posted to and only reads; nobody who saves then waits for it.
        stored: the Cache-Control of what a guest is shown; empty: it is never stored.
        cleans: it stores nothing and reads texts however they come, with what no other page takes.
        takes_files: files that are sent reach it; every other view is given none.
        contained: the Content-Security-Policy of what it sends, in the place of that of our pages: for what people
            have uploaded.
        by_script: a script posts to it while somebody types. What comes too late is not held: it stands on their page.

    Returns:
        a decorator that leaves the view as it is, with these facts as attributes.
    """

    def declare(view: View) -> View:
        view.needs = deed  # type: ignore[attr-defined]
        view.needs_thing = of_thing  # type: ignore[attr-defined]
        view.only_reads = not writes  # type: ignore[attr-defined]
        view.stored = stored  # type: ignore[attr-defined]
        view.cleans = cleans  # type: ignore[attr-defined]
        view.takes_files = takes_files  # type: ignore[attr-defined]
        view.contained = contained  # type: ignore[attr-defined]
        view.by_script = by_script  # type: ignore[attr-defined]
        return view

    return declare


def deed_of(app: Flask, endpoint: str) -> str | None:
    """The deed an endpoint declared, or None."""
    return LIBRARY_ENDPOINTS.get(endpoint) or getattr(
        app.view_functions.get(endpoint), "needs", None
    )


def page_above() -> str:
    """The nearest page above an address that is only posted to: a refused form is answered under such an address.

    Returns:
        its path; empty where the request was no reading one, or nothing above it is a page but the home page.
    """
    return refused_requests.nearest_page() if request.method in READING else ""


def current_reader() -> Reader:
    """The person or guest of this request.

    Itself and not flask-login's proxy, which looks the reader up at each of the hundreds of questions of a page.
    """
    reader: Reader = current_user._get_current_object()
    return reader


def init_app(app: Flask) -> None:
    """Refuse what is no proper request, and let the others begin as writers or readers.

    Called before any extension is, for one of them loads the reader; what is done after a request is then done last.
    """
    refused_requests.register_globals(app)
    app.before_request(refuse_unsound)
    app.before_request(expect_writing)
    app.after_request(limit_storing)
    app.after_request(contain_content)
    app.teardown_request(lambda _error: persistence.expect_writing(False))
    # A page is shown when all is done: the next writer need not wait for it.
    before_render_template.connect(_stop_writing, app)


def _stop_writing(_app: Flask, **_values: Any) -> None:
    persistence.stop_writing()


def refuse_unsound() -> None:
    """Before anything else: refuse a request that no browser sends from a page of ours.

    Raises:
        SecurityError: it is meant for another site.
        NotFound: its address holds what no address of ours does.
        Invalid: a value or the form as a whole is unsound.
    """
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception
    numbers = (
        value for value in (request.view_args or {}).values() if isinstance(value, int)
    )
    if any(number > persistence.MAX_ID for number in numbers):
        raise NotFound("没有找到这一页。", "网址里的号码太大，请从列表里重新打开。")
    if UNSOUND.search(request.path):
        raise NotFound("没有这个网址。", "网址里有看不见的字符，请重新输入。")
    view = current_app.view_functions.get(request.endpoint or "")
    cleans = getattr(view, "cleans", False)
    if not cleans:
        _refuse_values(request.args.items(multi=True), "网址")
    if request.method in READING:
        return
    charset = request.mimetype_params.get("charset", "").lower()
    if request.mimetype not in FORM_TYPES or charset not in UTF_8:
        raise Invalid("这里只接受网页上的表单（UTF-8）。", "请在网页上填写后提交。")
    fields = list(request.form.items(multi=True))
    if len(fields) > MAX_FIELDS:
        raise Invalid(f"表单的格子太多，最多 {MAX_FIELDS} 个。", "请减少行数后再提交。")
    files = list(request.files.items(multi=True))
    for name, _ in [*fields, *files]:
        if not FIELD_NAME.fullmatch(name) or LONG_NUMBER.search(name):
            raise Invalid("表单里有不认识的格子。", "请重新打开这一页，再填写。")
    if not cleans:
        _refuse_values(fields, "填写的内容")
    if getattr(view, "takes_files", False):
        _refuse_values([(name, file.filename or "") for name, file in files], "文件名")
        return
    # A file in place of a text is no text. Dropped here for the forms of libraries too.
    for _, file in files:
        file.close()
    request.__dict__["files"] = ImmutableMultiDict()


def _refuse_values(pairs: Iterable[tuple[str, str]], where: str) -> None:
    for name, value in pairs:
        if UNSOUND.search(name) or UNSOUND.search(value):
            raise Invalid(
                f"{where}里有看不见的无效字符（空字符之类），没有处理。",
                "请把那一段重新输入，或先粘贴到记事本里再复制过来。",
            )


def limit_storing(response: Response) -> Response:
    """After everything else: say who may store the answer. What a view does not open is never stored."""
    if request.endpoint in FILES and response.status_code < 400:
        return response
    view = current_app.view_functions.get(request.endpoint or "")
    opened = getattr(view, "stored", "")
    # By the cookies: asking for the reader could ask a database that is away.
    remembered = request.cookies.get(current_app.config["REMEMBER_COOKIE_NAME"])
    signed_in = "_user_id" in session or remembered is not None
    is_page = request.method in READING and response.status_code in (200, 304)
    if not opened or signed_in or not is_page:
        opened = NEVER_STORED
    response.headers["Cache-Control"] = opened
    return response


def contain_content(response: Response) -> Response:
    """After everything else: what people have uploaded is sent with a policy of its own; refusals are pages of ours."""
    view = current_app.view_functions.get(request.endpoint or "")
    policy = getattr(view, "contained", "")
    if policy and response.status_code < 400:
        response.headers["Content-Security-Policy"] = policy
    return response


def expect_writing() -> None:
    """Before each request, and before anything is read for it: let it begin as a writer if it may write.

    The body has been read by the time the first query begins (CSRF needs it), so that nobody waits for a slow upload.
    """
    endpoint = request.endpoint or ""
    view = current_app.view_functions.get(endpoint)
    is_reading = request.method in READING and endpoint not in LIBRARY_LINKS
    only_reads = (
        is_reading
        or view is None
        or endpoint in LIBRARY_READERS
        or getattr(view, "only_reads", False)
    )
    persistence.expect_writing(not only_reads)


def refuse_unknown_deeds(app: Flask) -> None:
    """At the start, once the table is joined: every deed that an endpoint names must be one of it.

    An endpoint that names none is refused with each request instead (see `check_request`).

    Raises:
        ValueError: an endpoint names a deed that no room declares.
    """
    for endpoint in app.view_functions:
        deed = deed_of(app, endpoint)
        if deed is not None and deed not in TABLE:
            raise ValueError(f"{endpoint} needs the unknown deed {deed!r}")


def check_request() -> ResponseReturnValue | None:
    """Before each request: an undeclared view is refused; a guest is led to the sign-in page and back.

    Raises:
        NotAllowed: the view is undeclared, or this signed-in reader may not do its deed.
    """
    if request.endpoint is None:
        return None  # no such page: the 404 follows
    deed = deed_of(current_app, request.endpoint)
    if deed is None:
        require(current_user, "undeclared view")  # no such deed, so nobody may
    elif not may(current_user, deed):
        if not current_user.is_authenticated:
            # `full_path` ends in "?" where there is no query.
            wanted = request.full_path.rstrip("?")
            return redirect(url_for("security.login", next=wanted))
        # Where it depends on a thing, the page asks again once it has loaded that thing.
        view = current_app.view_functions[request.endpoint]
        if not getattr(view, "needs_thing", False):
            require(current_user, deed)
    return None
