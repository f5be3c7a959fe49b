"""Rehearsals: the clock runs faster, everything says 演练, and no rehearsal ever meets a live site."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import openpyxl
import pypdf
import pytest
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.http import parse_options_header

from config import Config, ConfigError
from marketplace import clock, contributions, create_app, rehearsal_marks
from marketplace.accounts import mail
from marketplace.accounts.child_models import PersonSession
from marketplace.clock import Pace
from marketplace.contributions import Job
from marketplace.errors import NotAllowed
from marketplace.exchange import exporting
from marketplace.extensions import db
from marketplace.issues import printing
from marketplace.notices import letters
from marketplace.notices.models import Notice
from marketplace.operation.background import times_of
from marketplace.personal_data.deeds import carry_out_retention
from marketplace.settings.data_folder import MARKER
from marketplace.settings.rehearsal import Rehearsal, read_rehearsal, write_rehearsal
from marketplace.setup import rehearsing
from marketplace.setup.rehearsing import WrongDatabaseError
from tests.conftest import database
from tests.factories import Factory
from tests.served import LIVE_SETTINGS

BEGAN = datetime(2026, 11, 27, 8, 0)
SPEED = 1440


@pytest.fixture
def rehearsed(app: Flask) -> Iterator[None]:
    """As if this process served a rehearsal that has not begun to run faster."""
    clock.set_pace(Pace(SPEED, None, rehearsed=True))
    before = app.config["REHEARSAL"]
    app.config["REHEARSAL"] = Rehearsal(SPEED)
    yield
    app.config["REHEARSAL"] = before
    clock.set_pace(Pace())


@pytest.mark.parametrize(
    ("machine", "house"),
    [
        (BEGAN - timedelta(hours=1), BEGAN - timedelta(hours=1)),
        (BEGAN, BEGAN),
        (BEGAN + timedelta(seconds=1), BEGAN + timedelta(minutes=24)),
        (BEGAN + timedelta(minutes=15), BEGAN + timedelta(days=15)),
    ],
)
def test_the_clock_runs_faster_from_its_beginning_on(
    machine: datetime, house: datetime, stop_clock: Any
) -> None:
    stop_clock(machine)
    clock.set_pace(Pace(SPEED, BEGAN, rehearsed=True))
    try:
        assert clock.now() == house
        assert clock.in_real_time(timedelta(minutes=30)) == timedelta(days=30)
    finally:
        clock.set_pace(Pace())
    assert clock.now() == machine
    assert clock.in_real_time(timedelta(minutes=30)) == timedelta(minutes=30)


@pytest.mark.parametrize(
    ("schedule", "house_time", "speed", "seconds"),
    [
        ({"minutes": 10}, True, 1, 600),
        ({"minutes": 10}, True, 60, 10),
        ({"minutes": 10}, True, 86_400, 1),
        ({"minutes": 10}, False, 86_400, 600),
        ({"hour": 0, "minute": 40}, True, 1440, 60),
        ({"hour": 0, "minute": 40}, True, 86_400, 5),
        ({"hour": 0, "minute": 40}, True, 1, None),
        ({"hour": 0, "minute": 40}, False, 86_400, None),
    ],
)
def test_jobs_follow_the_clock(
    schedule: dict[str, int], house_time: bool, speed: int, seconds: float | None
) -> None:
    job = Job("one", lambda: "", schedule, house_time=house_time)
    clock.set_pace(Pace(speed, BEGAN, rehearsed=speed > 1))
    try:
        trigger = times_of(job)
    finally:
        clock.set_pace(Pace())
    if seconds is None:
        assert isinstance(trigger, CronTrigger)
        return
    assert isinstance(trigger, IntervalTrigger)
    assert trigger.interval.total_seconds() == seconds


def test_what_ends_by_itself_follows_it(session: Session) -> None:
    """The terms of deals and cases end in the house's days; the matcher and the backups care for this machine."""
    follows = {job.name for job in contributions.jobs() if job.house_time}
    assert follows >= {
        "publicity",
        "introductions",
        "brokerage",
        "expiry",
        "milestones",
        "claims",
        "finance-ends",
        "ratings",
        "corrections",
    }
    assert not follows & {"matcher", "retention", "integrity", "mail"}


def test_who_is_signed_in_stays_signed_in(session: Session, make: Factory) -> None:
    """What people left is removed by real time: at a day a second a session would be seven seconds old at the most."""
    person = make.person("firm", make.organisation())
    used = clock.now() - timedelta(days=40)
    row = PersonSession(
        token_digest="a" * 64,
        person_id=person.id,
        idle_minutes=30,
        agent="",
        address="",
    )
    row.seen_at = used
    session.add(row)
    session.commit()
    clock.set_pace(Pace(86_400, clock.now(), rehearsed=True))
    try:
        carry_out_retention()
        assert session.scalar(db.select(PersonSession.id)) == row.id
    finally:
        clock.set_pace(Pace())
    carry_out_retention()
    assert session.scalar(db.select(PersonSession.id)) is None


def test_a_folder_is_a_rehearsal_for_good(tmp_path: Path) -> None:
    assert read_rehearsal(tmp_path) is None
    write_rehearsal(tmp_path, Rehearsal(SPEED))
    assert read_rehearsal(tmp_path) == Rehearsal(SPEED)
    write_rehearsal(tmp_path, Rehearsal(SPEED, BEGAN))
    env = {
        "MARKET_ENV": "demo",
        "DATA_DIR": str(tmp_path),
        "MAIL_URL": "smtp://mail.example:25?from=a@market.example",
        "BACKUP_COPY": "/mnt/second",
    }

    config = Config.from_env(env)

    assert config.rehearsal == Rehearsal(SPEED, BEGAN)
    assert config.site.name == "演练·聊城科技大市场"
    # Nothing leaves its folder, and nobody is asked for another password after days that are seconds.
    assert (config.mail.scheme, config.backup_copy, config.password_days) == (
        "file",
        "",
        0,
    )
    with pytest.raises(ConfigError, match="never becomes a live site"):
        Config.from_env(
            LIVE_SETTINGS | {"MARKET_ENV": "live", "DATA_DIR": str(tmp_path)}
        )


@pytest.mark.parametrize(
    "text", ["", "{", '{"speed": 0, "began": null}', '{"speed": 60}', "[]"]
)
def test_a_mark_that_cannot_be_read_is_not_guessed(text: str, tmp_path: Path) -> None:
    (tmp_path / "rehearsal.json").write_text(text)
    with pytest.raises(ConfigError, match="cannot be read"):
        Config.from_env({"MARKET_ENV": "demo", "DATA_DIR": str(tmp_path)})


def test_a_live_site_is_never_rehearsed(tmp_path: Path) -> None:
    (tmp_path / MARKER).touch()
    with (
        pytest.raises(NotAllowed, match="已经有东西"),
        rehearsing.rehearsal_folder(tmp_path),
    ):
        raise AssertionError
    with pytest.raises(NotAllowed, match="正式站"):
        rehearsing.refuse_live("live")
    rehearsing.refuse_live("demo")


def test_a_folder_that_nobody_chose_is_thrown_away(tmp_path: Path) -> None:
    with rehearsing.rehearsal_folder(None) as folder:
        (folder / "market.db").touch()
    assert not folder.exists()
    with rehearsing.rehearsal_folder(tmp_path / "chosen") as folder:
        (folder / "market.db").touch()
    assert folder.exists()


def test_nothing_of_another_site_is_passed_on(tmp_path: Path) -> None:
    environ = {"PATH": "/bin", "PORT": "8009", **LIVE_SETTINGS}
    environ |= {"DATABASE_URL": "postgresql://live", "DATA_DIR": "/var/lib/market"}

    env = rehearsing.child_environment(environ, tmp_path, "")

    assert env == {
        "PATH": "/bin",
        "PORT": "8009",
        "MARKET_ENV": "demo",
        "DATA_DIR": str(tmp_path),
        "FLASK_APP": "wsgi",
    }
    chosen = rehearsing.child_environment(environ, tmp_path, "postgresql://rehearsal")
    assert chosen["DATABASE_URL"] == "postgresql://rehearsal"


@pytest.mark.parametrize(
    ("marked", "rehearses", "is_refused"),
    [
        (False, False, False),
        (True, True, False),
        (True, False, True),
        (False, True, True),
    ],
)
def test_a_database_is_of_a_rehearsal_or_never(
    marked: bool, rehearses: bool, is_refused: bool, tmp_path: Path, migrated: str
) -> None:
    with database(tmp_path, like=migrated) as address:
        env = {"MARKET_ENV": "test", "DATABASE_URL": address}
        if marked:
            with _serving(env, tmp_path / "first", rehearses=False).app_context():
                clock.set_pace(Pace(SPEED, None, rehearsed=True))
                rehearsing.mark_database()
                rehearsing.mark_database()
                db.session.remove()
                db.engine.dispose()
        app = _serving(env, tmp_path / "second", rehearses=rehearses)
        try:
            with app.app_context():
                if is_refused:
                    with pytest.raises(WrongDatabaseError):
                        db.session.execute(db.text("select 1"))
                else:
                    assert db.session.scalar(db.text("select 1")) == 1
                db.session.remove()
                db.engine.dispose()
        finally:
            clock.set_pace(Pace())


def _serving(env: dict[str, str], folder: Path, *, rehearses: bool) -> Flask:
    folder.mkdir()
    if rehearses:
        write_rehearsal(folder, Rehearsal(SPEED))
    return create_app(Config.from_env(env | {"DATA_DIR": str(folder)}))


def test_pages_say_it(
    rehearsed: None, client: FlaskClient, make: Factory, stop_clock: Any
) -> None:
    stop_clock(datetime(2026, 11, 27, 22, 31))
    row = make.achievement()
    for path in ("/", f"/achievements/{row.id}", "/login", "/nothing"):
        text = client.get(path).text
        assert "<strong>演练</strong>：内容都是假的，一分钟约等于 1 天" in text
        assert "2026-11-28 06:31" in text


def test_pages_of_other_sites_do_not(client: FlaskClient) -> None:
    assert "演练" not in client.get("/").text


def test_files_say_it(rehearsed: None, make: Factory) -> None:
    values = {
        "title": "分配明细", "holder": "单位", "rows": [["姓名", "张三"]], "notes": [],
        "date": {"year": 2026, "month": 11, "day": 27},
    }  # fmt: skip
    source = Path(printing.__file__).parents[1] / "proceeds" / "statement.typ"
    pdf = printing.compile_values(source, values)
    assert "演练" in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    clock.set_pace(Pace())
    plain = printing.compile_values(source, values)
    assert "演练" not in pypdf.PdfReader(io.BytesIO(plain)).pages[0].extract_text()


@pytest.mark.parametrize("is_rehearsal", [True, False])
def test_workbooks_say_it(is_rehearsal: bool, app: Flask, session: Session) -> None:
    clock.set_pace(Pace(SPEED, None, rehearsed=is_rehearsal))
    try:
        content = exporting.blank_form("demand")
    finally:
        clock.set_pace(Pace())
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert ("演练" in book.sheetnames) == is_rehearsal
    first = book.worksheets[0]
    assert ("演练" in (first.oddHeader.center.text or "")) == is_rehearsal


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename=demands.xlsx", "演练-demands.xlsx"),
        ("attachment; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf", "演练-合同.pdf"),
        ("attachment; filename*=UTF-8''%E6%BC%94%E7%BB%83-a.pdf", "演练-a.pdf"),
        ("inline; filename=a.pdf", "a.pdf"),
    ],
)
def test_names_of_files_say_it(header: str, name: str) -> None:
    response = Response("", headers={"Content-Disposition": header})
    marked = rehearsal_marks.mark_file_name(response)
    sent = marked.headers["Content-Disposition"]
    _, options = parse_options_header(sent)
    assert options["filename"] == name
    assert sent.isascii()
    assert (
        "Content-Disposition" not in rehearsal_marks.mark_file_name(Response()).headers
    )


def test_mails_say_it(rehearsed: None, app: Flask, make: Factory) -> None:
    person = make.person("firm")
    mail.send_notice(person, "locked", until=clock.now())
    notice = db.session.query(Notice).order_by(Notice.id.desc()).first()
    assert notice is not None
    kind = contributions.notice_kinds()[notice.kind]

    letter = message_from_string(
        letters.write_letter(notice, kind), policy=policy.default
    )

    for part in letter.iter_parts():  # type: ignore[attr-defined]
        assert "演练：内容都是假的" in part.get_content()
