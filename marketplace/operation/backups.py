"""A site in one file and back: the database, the uploaded files, the secrets where asked for, a manifest with hashes.

Not in it: the search index and the matcher's artefacts. They are copies, and are rebuilt from what comes back.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
from alembic.script import ScriptDirectory
from flask import current_app
from flask_migrate import upgrade
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from marketplace.clock import now
from marketplace.errors import Invalid, NotNow
from marketplace.extensions import db
from marketplace.files import storage
from marketplace.listings import upkeep
from marketplace.listings.models import LISTINGS
from marketplace.notices import upkeep as notices
from marketplace.operation.encryption import decrypt_file, encrypt_file, is_encrypted
from marketplace.operation.working_folders import put_in_place, working_folder
from marketplace.persistence import why_unwritable

FORMAT = (
    1  # of the manifest; a change that older programs cannot read takes the next number
)
MANIFEST = "manifest.json"
DATABASE = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
UPLOADS = storage.FOLDER
SECRETS = "secrets"
DECRYPTED = ".decrypted"
SECRET_NAMES = ("SECRET_KEY", "SECURITY_PASSWORD_SALT")
ROWS_PER_FETCH = 500  # rows read at a time
# The column that says how far the index is. Not hashed: rebuilding the index after a restore changes it.
INDEX_STATE = "indexed_revision"


@dataclass(frozen=True)
class Summary:
    """What a backup holds: when it was made, rows by table, the hash of each table's rows, the files."""

    made_at: str
    rows: dict[str, int]
    tables: dict[str, str]
    files: dict[str, str]


# Functions of the schema that belong to no extension: those of the triggers of the audit.
OWN_FUNCTIONS = """
select f.oid::regprocedure::text from pg_proc f join pg_namespace s on s.oid = f.pronamespace
where s.nspname = current_schema()
and not exists (select 1 from pg_depend d where d.objid = f.oid and d.deptype = 'e')
"""


def make_backup(target: Path, *, with_secrets: bool = False) -> Summary:
    """Write the site to a file, which is complete or not there; only its owner may read it.

    Args:
        target: the file (.tar.gz); an old one is replaced.
        with_secrets: the signing secrets too. Without PASSWORD_SALT nobody's password opens the restored site.

    Raises:
        Invalid: the database's programs are missing or fail, or it has no tables.
    """
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with working_folder(target.parent, ".backup-") as folder:
        kind = db.engine.dialect.name
        dump = _dump_sqlite if kind == "sqlite" else _dump_postgresql
        tables = dump(folder / DATABASE[kind])
        if "alembic_version" not in tables:
            raise Invalid(
                "这个数据库是空的，没有备份。",
                "请看 DATA_DIR 和 DATABASE_URL 是不是这个站的；新站先运行 flask prepare。",
            )
        # After the database: what it names is there. What is on its way in is named by nobody yet.
        storage.copy_contents(folder / UPLOADS)
        if with_secrets:
            lines = []
            for name in SECRET_NAMES:
                # As config.py calls them in the file of a demo, which this one replaces.
                variable = name.removeprefix("SECURITY_")
                lines.append(f"{variable}={current_app.config[name]}\n")
            (folder / SECRETS).write_text("".join(lines))
        files = _hash_files(folder)
        manifest = {
            "format": FORMAT,
            "made_at": f"{now().isoformat(timespec='seconds')}Z",
            "database": kind,
            "migration": tables.pop("alembic_version")["sha256"],
            "tables": tables,
            "files": files,
        }
        (folder / MANIFEST).write_text(
            json.dumps(manifest, indent=1, ensure_ascii=False)
        )
        plain = folder.with_suffix(".tar.gz")
        encrypted = folder.with_suffix(".encrypted")
        try:
            # Before anything is in it: it holds people's data, perhaps secrets.
            plain.touch(mode=0o600)
            with tarfile.open(plain, "w:gz", compresslevel=6) as archive:
                # First, so that it can be read without unpacking the rest.
                archive.add(folder / MANIFEST, MANIFEST)
                for name in files:
                    archive.add(folder / name, name)
            packed = plain
            if key := current_app.config["BACKUP_KEY"]:
                packed = encrypted
                encrypt_file(plain, encrypted, key)
            put_in_place(packed, target)
        finally:
            # Both, whatever failed on the way: the plain one must never stay where all others are encrypted.
            plain.unlink(missing_ok=True)
            encrypted.unlink(missing_ok=True)
    return _summarize(manifest)


def restore_backup(source: Path, *, replace: bool = False) -> Summary:
    """Put a backup in the place of the site's database and files, then rebuild index and artefacts.

    Everything is checked before anything is touched, and the rows are hashed again afterwards.

    Args:
        source: the file of `make_backup`.
        replace: also where the site holds listings or files, which are then lost.

    Raises:
        Invalid: not a backup, damaged, of another kind of database, or of a newer version of the site.
        NotNow: the site is not empty.
        search.SearchUnavailable: everything is back but the index, which `flask index rebuild` makes.
    """
    with _unpack_checked(source) as (folder, manifest):
        kind = db.engine.dialect.name
        if manifest["database"] != kind:
            raise Invalid(
                f"这份备份来自 {manifest['database']}，本站的数据库是 {kind}。",
                "请换成同一种数据库再恢复。",
            )
        if manifest["migration"] not in known_migrations():
            raise Invalid(
                "这份备份来自更新的版本，本站的程序读不了。", "请先升级程序。"
            )
        uploads = Path(current_app.config["DATA_DIR"]) / UPLOADS
        if not replace and not _is_empty(uploads):
            raise NotNow(
                "本站不是空的，恢复会覆盖现有内容。",
                "确认不再需要现有内容时，加上 --replace。",
            )
        # An open transaction of this session would wait for its own replacement.
        db.session.remove()
        load = _load_sqlite if kind == "sqlite" else _load_postgresql
        # Before: whatever ends this on the way, no sender mails what the backup holds.
        notices.mark_restore()
        try:
            load(folder / DATABASE[kind])
        except Exception:
            notices.unmark_restore()  # all of it comes back or nothing: what is there is what was
            raise
        _compare_tables(manifest["tables"])
        if storage.object_store() is not None:
            # What is in the store beside it is nobody's, and swept.
            storage.put_contents(folder / UPLOADS)
        else:
            shutil.rmtree(uploads, ignore_errors=True)
            if (folder / UPLOADS).is_dir():
                shutil.copytree(folder / UPLOADS, uploads)
        if (folder / SECRETS).exists():
            _write_secrets((folder / SECRETS).read_text())
        # A backup of an older version gets the migrations that came since; its hashes were compared before them.
        upgrade()
        notices.hold_restored()
        _give_back()
        current_app.extensions["matchers"].reset()
        upkeep.index_rebuild()
        current_app.extensions["matchers"].fit()
        return _summarize(manifest)


def _give_back() -> None:
    """After a restore as root: give what was written to the owner of the data folder, or the site could not read it."""
    folder = Path(current_app.config["DATA_DIR"])
    owner = folder.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    for path in folder.rglob("*"):
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _compare_tables(expected: dict[str, dict[str, Any]]) -> None:
    """Compare what was restored with the manifest.

    Args:
        expected: table → rows and hash.

    Raises:
        Invalid: they differ, with the tables in which they do.
    """
    restored = hash_contents()
    restored.pop("alembic_version")
    if restored == expected:
        return
    wrong = []
    for name in sorted(expected):
        if restored.get(name) != expected[name]:
            wrong.append(name)
    raise Invalid(
        f"恢复后的内容与备份不一致：{'、'.join(wrong)}。", "请换一份备份再试。"
    )


def verify_backup(source: Path) -> Summary:
    """Check a backup without touching the site: the files, and the rows of a database in a file.

    Raises:
        Invalid: not a backup, damaged, or encrypted with another key.
    """
    with _unpack_checked(source) as (folder, manifest):
        kind = manifest["database"]
        path = folder / DATABASE[kind]
        if kind == "sqlite":
            engine = sqlalchemy.create_engine(f"sqlite:///{path}")
            try:
                with engine.connect() as connection:
                    (verdict,) = connection.execute(
                        text("PRAGMA integrity_check(1)")
                    ).one()
                    tables = _hash_tables(connection)
            finally:
                engine.dispose()
            tables.pop("alembic_version")
            if verdict != "ok" or tables != manifest["tables"]:
                raise Invalid("备份里的数据库与清单不一致。", "请换一份备份。")
        else:
            _run_program("pg_restore", "--list", str(path), connect=False)
        return _summarize(manifest)


def hash_contents() -> dict[str, dict[str, Any]]:
    """Table → number of `rows` and `sha256` of them, of the database as it is."""
    with db.engine.connect() as connection:
        return _hash_tables(connection)


# -- the database ------------------------------------------------------------------------------------------------------


def _dump_sqlite(path: Path) -> dict[str, dict[str, Any]]:
    """Copy the database while others read and write it; what the copy holds."""
    with (
        closing(sqlite3.connect(_sqlite_file())) as site,
        closing(sqlite3.connect(path)) as copy,
    ):
        site.backup(copy)
    engine = sqlalchemy.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            return _hash_tables(connection)
    finally:
        engine.dispose()
        for name in ("-wal", "-shm"):
            path.with_name(path.name + name).unlink(missing_ok=True)


def _load_sqlite(path: Path) -> None:
    """Put a copy in the place of the site's, in one transaction: a reader sees the old one or the new one."""
    with closing(sqlite3.connect(path)) as copy:
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise Invalid(f"备份里的数据库已损坏：{verdict}", "请换一份备份。")
        with closing(sqlite3.connect(_sqlite_file(), timeout=30)) as site:
            copy.backup(site)


def _sqlite_file() -> Path:
    path = Path(db.engine.url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _dump_postgresql(path: Path) -> dict[str, dict[str, Any]]:
    """Dump the database as of one moment; what it held at that moment."""
    with db.engine.connect().execution_options(
        isolation_level="REPEATABLE READ"
    ) as connection:
        snapshot = connection.scalar(text("select pg_export_snapshot()"))
        # A dump may take longer than this session may otherwise be idle.
        connection.execute(text("set local idle_in_transaction_session_timeout = 0"))
        connection.execute(text("set local statement_timeout = 0"))
        tables = _hash_tables(connection)
        how = (
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            f"--snapshot={snapshot}",
            f"--file={path}",
        )
        _run_program("pg_dump", *how)
        return tables


def _load_postgresql(path: Path) -> None:
    """Replace every table in one transaction: all of it comes back, or nothing has changed."""
    script = path.with_suffix(".sql")
    with db.engine.connect() as connection:
        names = sqlalchemy.inspect(connection).get_table_names()
        functions = connection.scalars(text(OWN_FUNCTIONS)).all()
        quote = connection.dialect.identifier_preparer.quote
        old = ""
        if names:
            old = f"drop table {', '.join(map(quote, names))} cascade;\n"
        # Triggers go with their tables, their functions do not, and the backup brings them again.
        for function in functions:
            old += f"drop function {function} cascade;\n"
    _run_program(
        "pg_restore",
        "--no-owner",
        "--no-privileges",
        f"--file={script}",
        str(path),
        connect=False,
    )
    # Dropping and loading in one run of psql are one transaction, which pg_restore alone cannot have.
    first = path.with_name("first.sql")
    first.write_text(f"set lock_timeout = '30s';\n{old}")
    quiet = (
        "--quiet",
        "--no-psqlrc",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
    )
    _run_program("psql", *quiet, f"--file={first}", f"--file={script}")
    db.engine.dispose()


def _run_program(name: str, *arguments: str, connect: bool = True) -> None:
    """Run one of PostgreSQL's programs on the site's database; the password goes by the environment."""
    # The newest version: it reads older servers, an older one reads no newer server.
    places = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: int(path.parts[-3]),
    )
    program = shutil.which(name)
    if places:
        program = str(places[-1])
    if program is None:
        raise Invalid(f"没有找到程序 {name}。", "请安装 postgresql-client。")
    url = db.engine.url
    settings: dict[str, Any] = {
        "PGHOST": url.host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    for key, value in url.query.items():
        settings[f"PG{key.upper()}"] = value
    environ = dict(os.environ)
    if connect:
        environ |= {key: str(value) for key, value in settings.items() if value}
    if name == "pg_dump":
        arguments = (*arguments, "--no-password")
    done = subprocess.run(  # noqa: S603  our own arguments
        [program, *arguments],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Invalid(f"{name} 没有成功：{done.stderr.strip()[-500:]}")


def _hash_tables(connection: Connection) -> dict[str, dict[str, Any]]:
    """Table → rows and hash, of every table of the database; for `alembic_version` the version stands for the hash."""
    metadata = sqlalchemy.MetaData()
    metadata.reflect(connection)
    tables: dict[str, dict[str, Any]] = {}
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        if table.name == "alembic_version":
            tables[table.name] = {
                "rows": 1,
                "sha256": connection.scalar(sqlalchemy.select(table.c.version_num)),
            }
            continue
        columns = [column for column in table.columns if column.name != INDEX_STATE]
        order = list(table.primary_key.columns) or columns
        digest = hashlib.sha256()
        rows = 0
        query = sqlalchemy.select(*columns).order_by(*order)
        # In portions: a table may be larger than the memory.
        portions = connection.execution_options(yield_per=ROWS_PER_FETCH)
        for row in portions.execute(query):
            # As JSON with sorted keys, which is the same for the same values on every machine.
            line = json.dumps(
                list(row), ensure_ascii=False, default=str, sort_keys=True
            )
            digest.update(line.encode())
            digest.update(b"\n")
            rows += 1
        tables[table.name] = {"rows": rows, "sha256": digest.hexdigest()}
    return tables


def known_migrations() -> set[str]:
    """The versions of the schema that this program knows."""
    config = current_app.extensions["migrate"].migrate.get_config()
    return {
        script.revision
        for script in ScriptDirectory.from_config(config).walk_revisions()
    }


def _is_empty(uploads: Path) -> bool:
    """Whether there is nothing to lose."""
    if uploads.is_dir() and any(uploads.iterdir()):
        return False
    with db.engine.connect() as connection:
        present = sqlalchemy.inspect(connection).get_table_names()
        try:
            return not any(
                connection.scalar(sqlalchemy.select(table.id).limit(1))
                for name, table in LISTINGS.items()
                if name in present
            )
        except SQLAlchemyError as error:
            raise NotNow(
                f"读不了现有的数据库：{error}", "请先修好，或者换一个空的数据库。"
            ) from None


# -- the file ----------------------------------------------------------------------------------------------------------


def _extract_files(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the plain files of an archive below a folder and nothing else (Python 3.11.2 has no extraction filter).

    Raises:
        ValueError: it holds a link, a device or a path that leads out of the folder.
    """
    root = folder.resolve()
    for member in archive:
        path = (root / member.name).resolve()
        if not path.is_relative_to(root) or not (member.isfile() or member.isdir()):
            raise ValueError(f"{member.name} does not belong in a backup")
        if member.isfile():
            path.parent.mkdir(parents=True, exist_ok=True)
            packed = archive.extractfile(member)
            if packed is None:
                raise ValueError(f"{member.name} cannot be read")
            with packed, path.open("wb") as plain:
                shutil.copyfileobj(packed, plain)


@contextmanager
def _unpack_checked(source: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A backup in a folder of its own, checked: the manifest is understood and every file is what it says."""
    place = Path(current_app.config["DATA_DIR"])
    place.mkdir(parents=True, exist_ok=True)
    with working_folder(place, ".restore-") as folder:
        source = _decrypted(source, folder)
        try:
            with tarfile.open(source, "r:gz") as archive:
                _extract_files(archive, folder)
            manifest = json.loads((folder / MANIFEST).read_text())
        except (tarfile.TarError, EOFError, OSError, ValueError) as error:
            raise _unreadable(error) from None
        (folder / DECRYPTED).unlink(missing_ok=True)
        if manifest.get("format") != FORMAT:
            raise Invalid("这不是本站能读的备份。", "请用 flask backup 写的文件。")
        files = _hash_files(folder)
        if files != manifest["files"]:
            # What is in one of them only, or with another hash.
            differing = files.items() ^ manifest["files"].items()
            wrong = sorted({name for name, _ in differing})
            raise Invalid(f"备份已损坏：{'、'.join(wrong)}。", "请换一份备份。")
        yield folder, manifest


def _unreadable(error: Exception) -> Invalid:
    """Why a backup was not read; another one would not help where there is no room to unpack it."""
    if why_unwritable(error) == "full":
        return Invalid(
            "盘满了，备份没有地方展开，什么也没有改。",
            "请腾出地方再试：要有备份几倍大的地方，或者换一个 DATA_DIR。",
        )
    return Invalid(f"读不了这份备份：{error}", "请换一份备份。")


def _decrypted(source: Path, folder: Path) -> Path:
    """A plain backup: itself, or what its key makes of it.

    Raises:
        Invalid: it is encrypted, and the key is missing or another one.
    """
    try:
        if not is_encrypted(source):
            return source
    except OSError as error:
        raise _unreadable(error) from None
    key = current_app.config["BACKUP_KEY"]
    if not key:
        raise Invalid("这份备份是加密的。", "请在 BACKUP_KEY 里写上当时的钥匙再试。")
    decrypt_file(source, folder / DECRYPTED, key)
    return folder / DECRYPTED


def _hash_files(folder: Path) -> dict[str, str]:
    """Path within a folder → hash, of every file below it but the manifest, in the order of the paths."""
    hashes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / MANIFEST:
            hashes[str(path.relative_to(folder))] = hash_of(path)
    return hashes


def hash_of(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_secrets(lines: str) -> None:
    path = Path(current_app.config["DATA_DIR"]) / SECRETS
    path.unlink(missing_ok=True)
    # Never readable by anybody else, not even for a moment.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(lines)


def _summarize(manifest: dict[str, Any]) -> Summary:
    return Summary(
        made_at=manifest["made_at"],
        rows={name: table["rows"] for name, table in manifest["tables"].items()},
        tables={name: table["sha256"] for name, table in manifest["tables"].items()},
        files=dict(manifest["files"]),
    )
