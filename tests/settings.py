"""The settings tests run under: those of an installation, with no word of this machine's own environment in them.

`DATABASE_URL` alone is taken from outside: it decides whether the same tests meet SQLite or PostgreSQL.
"""

import os
import re
import tempfile
from pathlib import Path

# What a run of the tests may be told from outside; every other variable that config/settings.py asks for is forgotten.
HEARD = {"DATABASE_URL", "CONN_MAX_AGE", "LOG_LEVEL"}
ASKED_FOR = re.compile(r"\benv\.\w+\(\s*\"([A-Z_]+)\"")
for name in ASKED_FOR.findall(Path(__file__).parents[1].joinpath("config", "settings.py").read_text(encoding="utf-8")):
    if name not in HEARD:
        os.environ.pop(name, None)

scratch = Path(tempfile.gettempdir()) / f"saldo-tests-{os.getuid()}"
os.environ.update(ENV_FILE=os.devnull, BILLING_SANDBOX="true", SECRET_KEY="tests-" + "k" * 50, VAR_DIR=str(scratch))

from config.settings import *  # noqa: E402, F403
from config.settings import ON_SQLITE, database  # noqa: E402

if ON_SQLITE:
    # A file, beside the database it stands for: in memory SQLite locks by table and waits for nobody. One for each run, so
    # that two of them at once do not empty each other's tables.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]
    database["TEST"] = {"NAME": str(Path(database["NAME"]).with_name(f"test_{run}.sqlite3"))}

CACHES = {
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name} for name in ("default", "q")
}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the real one costs 0.4 s a person
ACCOUNT_RATE_LIMITS = False  # one address makes every request here; the tests of the limits turn them on
