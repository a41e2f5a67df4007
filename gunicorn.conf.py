"""What gunicorn takes for `gunicorn config.wsgi` started here; a command line says otherwise where it must."""

import os

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
# Threads: a browser opens connections before it needs them, and one that says nothing must not hold a whole worker.
worker_class = "gthread"
threads = 4
timeout = 300  # seconds; a sandbox's clock moved by a year runs a year of billing within one request
graceful_timeout = 15
loglevel = "warning"
