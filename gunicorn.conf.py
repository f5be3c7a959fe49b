"""How gunicorn serves the site. Workers open their own connections: none of the master's survives the fork.

kill -HUP replaces the workers one by one (new settings of this file, a fresh memory); new code or new settings of the
site need kill -USR2 or a restart behind the socket unit, for the application is loaded once, before the fork.
"""

import gc
import os
import shutil
import stat
import sys
from contextlib import suppress
from pathlib import Path

if os.environ.get("MARKET_ENV") == "test":
    sys.exit(
        "The site does not start: MARKET_ENV=test has neither CSRF protection nor limits and is never served"
    )
_live = os.environ.get("MARKET_ENV") == "live"
_data = Path(os.environ.get("DATA_DIR") or Path(__file__).resolve().parent / "instance")

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
umask = 0o027
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "marketplace.operation.worker.TimedWorker"  # threads
preload_app = True
timeout = 30  # seconds without a sign of life after which a worker is replaced
graceful_timeout = 20  # seconds a leaving worker may finish what it has begun
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
backlog = 512
limit_request_line = 8190
limit_request_fields = 60
limit_request_field_size = 8190
# Signals suffice, and two sites of one user must not meet in one socket.
control_socket_disable = True
# The application itself knows how many proxies to trust (TRUSTED_PROXIES).
forwarded_allow_ips = ""
_memory = Path("/dev/shm")  # noqa: S108  a file system in memory, where there is one
_in_memory = _memory.is_mount() and os.access(_memory, os.W_OK)
worker_tmp_dir = None
if _in_memory:
    worker_tmp_dir = str(_memory)  # signs of life need no disk
accesslog = os.environ.get("ACCESS_LOG") or None
logger_class = "marketplace.operation.logs.AccessLog"
if _live:
    accesslog = accesslog or "-"
    logger_class = "marketplace.operation.logs.JsonLog"


def _own_figures():
    """A folder of this master where the figures of its workers meet; None where none can be made.

    In memory, not on the disk of the data, which may be full. One folder for each master: during USR2 two live side by
    side, and two sites of one user never meet.
    """
    places = [_data / "metrics"]
    if _in_memory:
        places.insert(0, _memory / f"market-metrics-{os.getuid()}")
    for place in places:
        folder = place / str(os.getpid())
        with suppress(OSError):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Anybody may make a folder of that name in /dev/shm; only our own is used, and no link.
            if place.lstat().st_uid != os.getuid() or not stat.S_ISDIR(
                place.lstat().st_mode
            ):
                continue
            shutil.rmtree(
                folder, ignore_errors=True
            )  # of an earlier master with this number
            folder.mkdir(mode=0o700)
            return folder
    return None


_figures = _own_figures()
if _figures is None:
    # Then each worker answers /metrics with its own figures.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
else:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_figures)


def on_starting(server):
    """Remove the figures of masters that were killed."""
    if _figures is None:
        return
    for folder in _figures.parent.iterdir():
        if folder.name.isdigit() and not Path(f"/proc/{folder.name}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def when_ready(server):
    """Start the work in the background, and compile every template once.

    Before the workers are forked, instead of in each while its first readers wait.
    """
    # Not above: the figures' library reads its folder from the environment when it is first imported.
    from marketplace.operation.supervision import Supervisor, jobs_command

    application = server.app.wsgi()
    if application.config["JOBS"]:
        server.jobs = Supervisor(jobs_command())
        server.jobs.start()
    templates = application.jinja_env
    for name in templates.list_templates(extensions=("html", "txt", "xml")):
        templates.get_template(name)


def post_fork(server, worker):
    """Forget the master's connections to the database without closing them; the search engines do so by themselves."""
    from marketplace.extensions import db

    with worker.app.wsgi().app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)


def post_worker_init(worker):
    """Load the matchers before the first request; without a database the reader waits.

    What is in memory by then stays, so that the garbage collector need not go through it.
    """
    from marketplace import lists_in_use

    application = worker.app.wsgi()
    with suppress(Exception), application.app_context():
        # A worker may be born long after its master read the word lists.
        lists_in_use.keep_up(application)
        for kind in ("achievement", "demand"):
            with application.extensions["matchers"].using(kind):
                pass
    gc.freeze()


def child_exit(server, worker):
    """Let go of the gauges of a worker that has ended."""
    if _figures is None:
        return
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid, path=str(_figures))


def on_exit(server):
    """Leave nothing behind: no process, no figures."""
    if (jobs := getattr(server, "jobs", None)) is not None:
        jobs.stop()
    if _figures is not None:
        shutil.rmtree(_figures, ignore_errors=True)
