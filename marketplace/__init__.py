"""The marketplace: people and deeds, and their pages. Here: the factory, the door and errors → HTTP.

No table, rule or page is in this file.
"""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog
from flask import Flask, current_app, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import exc
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix

import search
from marketplace import (
    background_gc,
    clock,
    command_failures,
    counters,
    door,
    errors,
    lists_in_use,
    permissions,
    persistence,
    rehearsal_marks,
    wording,
)
from marketplace.contributions import Contributions, Navigation
from marketplace.extensions import (
    babel,
    bootstrap,
    csrf,
    db,
    limiter,
    migrate,
    talisman,
)
from marketplace.permissions import Guest

ROOT = Path(__file__).resolve().parent.parent
log = structlog.get_logger(__name__)

ROOMS = (
    "audit",
    "dictionaries",
    "workdays",
    "rules",
    "notices",
    "organisations",
    "accounts",
    "memberships",
    "statuses",
    "profiles",
    "listings",
    "files",
    "verification",
    "rights",
    "mediation",
    "diagnosis",
    "substitutes",
    "personal_data",
    "staff",
    "exchange",
    "issues",
    "complaints",
    "verdicts",
    "imports",
    "matchmaking",
    "duplicates",
    "introductions",
    "policies",
    "finance",
    "deals",
    "records",
    "contracts",
    "proceeds",
    "envelopes",
    "evidence",
    "reports",
    "certificates",
    "ratings",
    "stories",
    "brokerage",
    "catalogue",
    "alerts",
    "wordlists",
    "desk",
    "office",
    "operation",
    "setup",
)
STATUS: dict[type[Exception], int] = {
    errors.NotFound: 404,
    errors.NotAllowed: 403,
    errors.NotNow: 409,
    errors.Busy: 503,
    errors.CannotSave: 503,
    errors.Stale: 409,
    errors.Invalid: 422,
    errors.SearchUnavailable: 503,
    search.SearchUnavailable: 503,
}
# What the drivers raise when the database is away, restarting or overrun; the same request may work in a moment.
AWAY = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.PendingRollbackError,
    exc.TimeoutError,
)
# Why nothing can be saved → what happened, and what to do.
CANNOT_SAVE = {
    "full": (
        "存放数据的磁盘满了，这一次没有存上。",
        "腾出空间以后就能保存，已经记入日志，由运营方处理。",
    ),
    "readonly": (
        "数据库现在只能读、不能写，这一次没有存上。",
        "要由运营方检查数据库文件的属主、权限和所在的磁盘。",
    ),
}
# Status of a refusal by Flask or Werkzeug → status of the page that answers it: a malformed form is an invalid one, and
# how an address is wrong (405, 410) makes no difference to its reader.
PAGES = {
    400: 422,
    403: 403,
    404: 404,
    405: 404,
    409: 409,
    410: 404,
    413: 413,
    415: 422,
    422: 422,
    429: 429,
    503: 503,
}
# Everything comes from this site, no CDN; `data:` for small pictures in style sheets.
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "img-src": ["'self'", "data:"],
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}


def create_app(config: Any) -> Flask:
    """Build the application.

    Args:
        config: a `config.Config`, or anything else with `flask_settings()`.

    Returns:
        the application, with every room connected and its contributions joined.

    Raises:
        ValueError: two rooms declare the same deed, or a view names a deed that none declares.
    """
    # First of all, before threads and workers are made.
    background_gc.start()
    app = Flask(
        __name__, template_folder=str(ROOT / "templates"), static_folder="static"
    )
    app.config.from_mapping(config.flask_settings())
    _set_clock(app)
    wording.prepare_templates(app)
    # First, so that index and matchers are opened for the words of this host.
    lists_in_use.init_app(app)
    # Before the extensions: one of them loads the reader, which begins a transaction.
    door.init_app(app)
    _connect_extensions(app)
    for room in ROOMS:
        for module in _load_modules(room):
            _connect_module(app, module)
    command_failures.init_app(app)
    # After the rooms, for it compares the deeds of their views with the joined table.
    _join_contributions(app)
    app.before_request(door.check_request)
    app.context_processor(
        lambda: {
            "site": app.config["SITE"],
            "nav": Navigation(door.current_reader),
            "print_day": clock.today(),
            "rehearsal_moment": rehearsal_marks.page_moment(),
        }
    )
    _translate_errors(app)
    if hops := app.config["TRUSTED_PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _set_clock(app: Flask) -> None:
    """Let the clock of this process run as the site says: in a rehearsal faster (130)."""
    pace = clock.Pace()
    rehearsal = app.config["REHEARSAL"]
    if rehearsal is not None:
        pace = clock.Pace(rehearsal.speed, rehearsal.began, rehearsed=True)
        app.after_request(rehearsal_marks.mark_file_name)
    clock.set_pace(pace)


def _load_modules(room: str) -> list[ModuleType]:
    """The modules of a room that the factory connects, where the room has them."""
    folder = Path(__file__).parent / room
    names = []
    for name in ("models", "matchers", "pages", "commands"):
        if (folder / f"{name}.py").exists() or (folder / name).is_dir():
            names.append(name)
    return [importlib.import_module(f"marketplace.{room}.{name}") for name in names]


def _connect_module(app: Flask, module: ModuleType) -> None:
    """Connect what a module of a room holds: its blueprint, its commands, and what it prepares itself."""
    if hasattr(module, "blueprint"):
        app.register_blueprint(module.blueprint)
    if hasattr(module, "commands"):
        app.cli.add_command(module.commands)
    if hasattr(module, "init_app"):
        module.init_app(app)


def _join_contributions(app: Flask) -> None:
    """Join what the rooms contribute.

    Raises:
        ValueError: a deed is declared twice, or an endpoint names one that nobody declares.
    """
    packages = [importlib.import_module(f"marketplace.{room}") for room in ROOMS]
    collected = Contributions(packages)
    app.extensions["contributions"] = collected
    permissions.join_deeds(collected.deeds())
    door.refuse_unknown_deeds(app)


def _connect_extensions(app: Flask) -> None:
    # Not above: the models need the extensions, and this package is imported with the first of its rooms.
    from marketplace.accounts import sign_in

    db.init_app(app)
    app.teardown_appcontext(_close_session)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    csrf.init_app(app)
    # Named by its scheme in the settings, so that the library must have met it.
    assert counters.SharedCounters.STORAGE_SCHEME  # noqa: S101
    limiter.init_app(app)
    babel.init_app(app)
    bootstrap.init_app(app)
    sign_in.connect(app)
    app.login_manager.anonymous_user = Guest  # type: ignore[attr-defined]
    talisman.init_app(
        app,
        force_https=app.config["HTTPS"],
        strict_transport_security=app.config["HTTPS"],
        session_cookie_secure=app.config["HTTPS"],
        content_security_policy=CONTENT_SECURITY_POLICY,
        referrer_policy="strict-origin-when-cross-origin",
        frame_options="DENY",  # as frame-ancestors says to newer browsers
    )
    lists_in_use.follow(app, _open_search)


def _open_search(app: Flask, edition: int) -> None:
    """Search the index of one edition of the word lists from now on; a thread that has the former engine keeps it."""
    app.extensions["search"] = search.open_engine(
        app.config["SEARCH_URL"],
        fallback=f"sqlite:///{Path(app.config['DATA_DIR']) / 'search.db'}",
        edition=edition,
    )


def _close_session(_error: BaseException | None) -> None:
    """Close the session before its extension does: a server that has gone must not spoil an answer already made."""
    try:
        db.session.remove()
    except exc.DBAPIError:
        with suppress(exc.SQLAlchemyError):
            db.session().invalidate()  # the pool must not hand out that connection again
        db.session.registry.clear()


def _translate_errors(app: Flask) -> None:
    """Give each error its page, in one place; a handler of a finer kind goes before that of a coarser one."""
    for kind in STATUS:
        app.register_error_handler(kind, _market_error)
    app.register_error_handler(StaleDataError, _changed_meanwhile)
    app.register_error_handler(errors.Busy, _busy_error)
    app.register_error_handler(errors.CannotSave, _cannot_save_error)
    for kind in AWAY:
        app.register_error_handler(kind, _database_error)
    app.register_error_handler(OSError, _file_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(500, _unexpected_error)


def _error_page(
    status: int, error: Exception | None = None, *, name: str = "", retry: int = 30
) -> ResponseReturnValue:
    """The page of a status, for the present reader."""
    persistence.expect_writing(False)  # an error page only reads
    headers = {}
    if status == 503:
        headers["Retry-After"] = str(retry)
    try:
        text = render_template(
            f"errors/{name or status}.html", error=error, person=current_user
        )
        return text, status, headers
    except AWAY as failure:
        # The header of every page loads its reader from the database, which may be what failed.
        return _database_away(failure)


def _market_error(error: Exception) -> ResponseReturnValue:
    """What a deed or a page raised: its status is in the table."""
    db.session.rollback()
    # The nearest of its kinds: a room may raise a finer one than the table names.
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    return _error_page(status, error)


def _changed_meanwhile(_error: StaleDataError) -> ResponseReturnValue:
    """A deed that looks at several rows flushes before it commits, and met the quicker one there."""
    return _market_error(errors.Stale(*persistence.CHANGED_MEANWHILE))


def _busy_error(error: errors.Busy) -> ResponseReturnValue:
    # 503 and not 409: nothing is wrong with the request or with what it is about, and the very same one may be
    # sent again (Retry-After); 409 is for what the reader must look at again.
    db.session.rollback()
    log.warning("busy", endpoint=request.endpoint)
    return _error_page(503, error, name="busy", retry=5)


def _cannot_save_error(error: errors.CannotSave) -> ResponseReturnValue:
    """The disk is full or read-only: reading goes on."""
    db.session.rollback()
    return _error_page(503, error, name="cannot_save", retry=60)


def _database_error(error: Exception) -> ResponseReturnValue:
    """Busy, unwritable or away, by what the driver says."""
    if persistence.is_locked(error):
        return _busy_error(errors.Busy())
    if reason := persistence.why_unwritable(error):
        log.error("cannot_save", reason=reason, error=repr(error))
        return _cannot_save_error(errors.CannotSave(*CANNOT_SAVE[reason]))
    return _database_away(error)


def _database_away(error: Exception) -> ResponseReturnValue:
    """The database does not answer."""
    db.session.rollback()
    # The page must not query the database, so it has no reader.
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]
    log.error("database_away", reason=repr(error))
    return render_template("errors/away.html"), 503, {"Retry-After": "10"}


def _file_error(error: OSError) -> ResponseReturnValue:
    """A file of ours, or one of the database."""
    if persistence.why_unwritable(error):
        return _database_error(error)
    return _unexpected_error(error)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    """What Flask and its extensions answer, in our pages."""
    # Meant for another site: no address of ours can be written for it, and its Host is not repeated.
    if isinstance(error, SecurityError):
        log.warning("host_refused")
        return current_app.jinja_env.get_template("errors/host.html").render(), 400
    # Where a refused form stands, and its reader presses Enter in the line of the address.
    if error.code == 405 and (page := door.page_above()):
        return redirect(page, 303)
    # With a response of its own, it is a rate limit that brings its page.
    if error.response is None and error.code in PAGES:
        return _error_page(PAGES[error.code])
    return error


def _unexpected_error(error: Exception) -> ResponseReturnValue:
    """A mistake of ours: the reader gets a page, the log its cause."""
    db.session.rollback()
    log.error(
        "request_failed", reason=repr(getattr(error, "original_exception", error))
    )
    return _error_page(500)
