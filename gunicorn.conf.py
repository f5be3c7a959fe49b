"""How gunicorn serves the site. Workers open their own connections: nothing is connected before the fork."""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
preload_app = True
timeout = 30
graceful_timeout = 20
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 8190
accesslog = os.environ.get("ACCESS_LOG") or None
