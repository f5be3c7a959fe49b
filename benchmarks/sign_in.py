"""What signing in and a request of somebody who is signed in cost, against Flask-Security as it comes, in the same run.

    python -m benchmarks.sign_in [--sign-ins 20] [--requests 300]

The peer is a Flask application with Flask-Security's defaults: argon2, a session that is a signed cookie and no row, no
lock, no limits and no audit. Both have their own SQLite file, argon2 with the parameters of a live site, and answer the
same short page. Processor time of this process is measured, for the machine may do other things.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from flask_security import (
    Security,
    SQLAlchemyUserDatastore,
    auth_required,
    hash_password,
)
from flask_security.models import fsqla_v3
from flask_sqlalchemy import SQLAlchemy

from config import Config
from marketplace import create_app
from marketplace.accounts import deeds as account_deeds
from marketplace.extensions import db

EMAIL = "firm@demo.example"
PASSWORD = "Gulou+7xkQwz"  # noqa: S105  of a trial
HASH = {
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {},  # of a live site: the defaults of argon2
}


class Open(Config):
    """A site without tokens against forged forms and without limits, which the peer has not."""

    def flask_settings(self) -> dict[str, Any]:
        """As of the demonstration, both switched off, and passwords hashed as a live site does."""
        off = {"RATELIMIT_ENABLED": False, "WTF_CSRF_ENABLED": False}
        return super().flask_settings() | off | HASH


def make_site(folder: Path) -> Flask:
    """The site with one person."""
    environ = {"MARKET_ENV": "demo", "DATA_DIR": str(folder), "JOBS": "0"}
    app = create_app(Open.from_env(environ))
    with app.app_context():
        upgrade()
        account_deeds.seed_roles()
        account_deeds.add_person(EMAIL, name="示例", password=PASSWORD)
    # Signed in and nothing more: no query beside those of the reader.
    app.add_url_rule("/short", "static_short", _short_page)
    app.view_functions["static_short"].needs = "mine.read"  # type: ignore[attr-defined]
    return app


def _short_page() -> str:
    return "ok"


def make_peer(folder: Path) -> Flask:
    """Flask-Security as it comes, with one person."""
    app = Flask("peer")
    app.config.update(
        HASH,
        SECRET_KEY="a-secret-of-a-trial",  # noqa: S106
        SECURITY_PASSWORD_SALT="a-salt-of-a-trial",  # noqa: S106
        SQLALCHEMY_DATABASE_URI=f"sqlite:///{folder}/peer.db",
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False},
        WTF_CSRF_ENABLED=False,
    )
    own = SQLAlchemy(app)
    fsqla_v3.FsModels.set_db_info(own)
    role = type("Role", (own.Model, fsqla_v3.FsRoleMixin), {})
    user = type("User", (own.Model, fsqla_v3.FsUserMixin), {})
    security = Security(app, SQLAlchemyUserDatastore(own, user, role))
    with app.app_context():
        own.create_all()
        security.datastore.create_user(email=EMAIL, password=hash_password(PASSWORD))
        own.session.commit()
    app.add_url_rule("/short", "short", auth_required("session")(_short_page))
    return app


def measure(count: int, deed: Callable[[], Any]) -> tuple[float, float]:
    """Median and tenth part from above of processor milliseconds of `count` deeds, after one that is not counted."""
    deed()
    spent = []
    for _ in range(count):
        began = time.process_time()
        deed()
        spent.append((time.process_time() - began) * 1000)
    return statistics.median(spent), statistics.quantiles(spent, n=10)[-1]


def sign_in(app: Flask) -> FlaskClient:
    """Sign in with a browser of its own."""
    browser = app.test_client()
    answer = browser.post("/login", data={"email": EMAIL, "password": PASSWORD})
    if answer.status_code != 302:
        raise SystemExit(f"not signed in: {answer.status_code}")
    return browser


def report(name: str, app: Flask, sign_ins: int, requests: int) -> None:
    """Print what one application takes."""
    middle, high = measure(sign_ins, lambda: sign_in(app))
    print(f"{name:10} sign-in           {middle:8.2f} ms  (p90 {high:.2f})")
    browser = sign_in(app)
    if browser.get("/short").text != "ok":
        raise SystemExit(f"{name}: the page of the trial does not open")
    middle, high = measure(requests, lambda: browser.get("/short"))
    print(f"{name:10} signed-in request {middle:8.2f} ms  (p90 {high:.2f})")
    guest = app.test_client()
    middle, high = measure(requests, lambda: guest.get("/short"))
    print(f"{name:10} guest, led away   {middle:8.2f} ms  (p90 {high:.2f})")


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sign-ins", type=int, default=20)
    parser.add_argument("--requests", type=int, default=300)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="market-sign-in-") as name:
        # The peer first: hashing in one process follows the application that was built last.
        peer = make_peer(Path(name))
        report("peer", peer, args.sign_ins, args.requests)
        site = make_site(Path(name))
        report("site", site, args.sign_ins, args.requests)
        with site.app_context():
            db.engine.dispose()


if __name__ == "__main__":
    main()
