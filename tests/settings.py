"""The settings tests run under: those of an installation, with no word of this machine's own environment in them.

`DATABASE_URL` alone is taken from outside: it decides whether the same tests meet SQLite or PostgreSQL.
"""

import os
import tempfile
from pathlib import Path

OF_AN_INSTALLATION = (
    "ALLOWED_HOSTS API_RATE_LIMIT_INSTANCE API_RATE_LIMIT_OPERATOR BASE_URL BILLING_TIME_ZONE CACHE_URL CSRF_TRUSTED_ORIGINS DEBUG "
    "DEFAULT_FROM_EMAIL EMAIL_URL MESSAGE_URLS MEDIA_ROOT PORT PORTAL_ACCENT PORTAL_LOGO PORTAL_NAME SECRET_KEY SECRET_KEY_FALLBACKS "
    "SECURE_SSL_REDIRECT STAFF_MFA SUPPORT_EMAIL SUPPORT_LINK SUPPORT_PHONE TRUSTED_PROXY_COUNT VAR_DIR APPROVAL_LIMIT "
    "INVITATIONS_AN_HOUR MOVE_NOTICE_DAYS PAYMENT_ATTEMPTS_AN_HOUR REMIND_INVOICE_DAYS REMIND_TRIAL_DAYS REMIND_YEARLY_DAYS SELF_SIGN_UP SIGN_UPS_AN_HOUR SIGN_UP_MAILS_AN_HOUR WEBHOOK_ALLOW_PRIVATE WORK_EXTRA_DAYS WORK_HOLIDAYS WORK_WEEKDAYS"
)
for name in OF_AN_INSTALLATION.split():
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
