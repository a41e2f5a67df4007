"""Every setting of an installation, read from the environment (or from `.env` beside manage.py) with defaults that work offline.

`.env.example` lists what an operator may set; docs/operating.md says when to. Outside the sandbox the only thing
without a default is SECRET_KEY: an installation that bills real people must not run on a key that anybody can read.
"""

import os
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import admin_theme
from config.secret_key import read_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))

# --- What kind of installation this is -------------------------------------------------------------------------------

# A sandbox has its own clock and sample people; nothing in it is owed by anybody. Real money needs BILLING_SANDBOX=false.
BILLING_SANDBOX: bool = env.bool("BILLING_SANDBOX", default=False)
DEBUG: bool = env.bool("DEBUG", default=False)

# Everything the installation writes outside its database: the SQLite file, uploads, caches, the sandbox's mail.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)  # SQLite makes its file, never the directory: the first command would fail

# --- Secrets ---------------------------------------------------------------------------------------------------------

SECRET_KEY = read_secret_key(env.str("SECRET_KEY", default=""), sandbox=BILLING_SANDBOX, path=VAR_DIR / "secret_key")
# Old keys for a rotation: sessions and links made with them stay good. Drain the job queue first (docs/operating.md).
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])

# --- Where it is served ----------------------------------------------------------------------------------------------

PORT = env.int("PORT", default=8000)
# The links in mails and documents begin with it.
BASE_URL: str = env.str("BASE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])

SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # a watchdog asks from this machine, over http
SERVED_OVER_HTTPS = SECURE_SSL_REDIRECT or BASE_URL.startswith("https://")
# How many proxies stand in front, each appending to X-Forwarded-For. 0: nobody's word about the client is believed.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[BASE_URL] if SERVED_OVER_HTTPS else [])

# The header itself goes out over https only, so a sandbox on http://127.0.0.1 never promises what it cannot keep.
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
UNUSED_POWERS = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "usb",
)
PERMISSIONS_POLICY = ", ".join([*(f"{power}=()" for power in UNUSED_POWERS), "payment=(self)"])

# Browsers drop Secure cookies on plain http, and a sandbox on loopback must still sign people in;
# config.middleware marks every cookie Secure where the request itself came over https.
COOKIE_PREFIX = "__Host-" if SERVED_OVER_HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = SERVED_OVER_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = SERVED_OVER_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = SERVED_OVER_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600

# --- What a page may load --------------------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
# The admin theme's Alpine evaluates expressions written in attributes and sets styles: allowed on its pages alone.
ADMIN_CONTENT_SECURITY_POLICY: dict[str, Any] = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
# The API's human pages: the bundled Swagger sets styles and draws inline images, its scripts are files.
API_DOCS_CONTENT_SECURITY_POLICY: dict[str, Any] = {"style-src": [SELF, UNSAFE_INLINE]}

# --- Applications ----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",  # before django.contrib.admin: its templates take the place of the stock ones
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # the sign-in pages of allauth speak with it
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_q",
    "ninja",  # so that the API's pages take their scripts from here and not from a CDN
    "djmoney",
    "csp",
    "accounts",
    "billing",
]
if BILLING_SANDBOX:
    # The clock that can be moved, the sample bank and the sample installation, with their tables, pages and commands.
    INSTALLED_APPS.append("billing.sandbox")

MIDDLEWARE = [
    "config.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.SecurityHeadersMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "billing.portal.middleware.PersonLanguageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.StaffMfaMiddleware",  # it tells in a message what is missing
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.BusinessTimeZoneMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "billing.portal.context.portal",
            ]
        },
    }
]

# --- Database --------------------------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
}
database = DATABASES["default"]
database["ATOMIC_REQUESTS"] = False  # each operation is its own short transaction; a page never holds one open
ON_SQLITE = database["ENGINE"].endswith("sqlite3")
if ON_SQLITE:
    database["ENGINE"] = "config.sqlite3"  # its search knows Russian letters in either case
    database.setdefault("OPTIONS", {}).update(
        # IMMEDIATE: a transaction that reads first and writes later would otherwise die of "database is locked".
        transaction_mode="IMMEDIATE",
        timeout=20,
        # FULL: the last commit survives a power cut. recursive_triggers: INSERT OR REPLACE meets the DELETE triggers.
        init_command="PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA recursive_triggers=ON; "
        "PRAGMA foreign_keys=ON; PRAGMA busy_timeout=20000;",
    )
else:
    database.update(CONN_MAX_AGE=env.int("CONN_MAX_AGE", default=60), CONN_HEALTH_CHECKS=True)
    database.setdefault("OPTIONS", {}).setdefault(
        "options", "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
    )

# Shared by every process of one host (rate limits are counted in it). Several hosts: CACHE_URL=dbcache://cache.
CACHES: dict[str, dict[str, Any]] = {
    "default": env.cache("CACHE_URL", default=f"filecache://{VAR_DIR / 'cache' / 'default'}"),
    # The job cluster's own pulse, written twice a second: on disk, never in the database.
    "q": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": str(VAR_DIR / "cache" / "q")},
}
CACHES["default"].setdefault("OPTIONS", {}).setdefault("MAX_ENTRIES", 5000)

# --- Jobs ------------------------------------------------------------------------------------------------------------

BILLING_TIME_ZONE: str = env.str("BILLING_TIME_ZONE", default="Europe/Moscow")

Q_CLUSTER: dict[str, Any] = {
    "name": "saldo",
    "orm": "default",  # a job is enqueued in the transaction of what it is about: both are there, or neither
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "poll": 1.0,
    "timeout": 120,
    "retry": 600,  # more than timeout and the wait in memory together, or a job would run twice at once
    "max_attempts": 5,
    "ack_failures": False,  # True would mean: never tried again
    "catch_up": False,  # what is due is read from rows; a missed tick is not owed a run
    "recycle": 50,
    "max_rss": 400_000,
    "save_limit": 1000,
    "guard_cycle": 0.5,
    "time_zone": BILLING_TIME_ZONE,
    "daemonize_workers": True,
    "cache": "q",
    "label": "Saldo",
}

# --- People and signing in -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "config.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"  # an address is proved by an invitation, or by the link of a sign-up
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SERVED_OVER_HTTPS else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300

# Whether the operator's own people must have a second factor before they see anything: `required` or `optional`.
STAFF_MFA: str = env.str("STAFF_MFA", default="optional" if BILLING_SANDBOX else "required")
if STAFF_MFA not in {"required", "optional"}:
    raise ImproperlyConfigured(f"STAFF_MFA is {STAFF_MFA!r}: write required or optional.")
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SERVED_OVER_HTTPS
MFA_TRUST_ENABLED = False
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
MFA_TOTP_ISSUER = env.str("PORTAL_NAME", default="Saldo")

# --- Mail ------------------------------------------------------------------------------------------------------------

if env.str("EMAIL_URL", default=""):
    mail = env.email("EMAIL_URL")
else:
    kind = "filebased" if BILLING_SANDBOX else "console"
    mail = {"EMAIL_BACKEND": f"django.core.mail.backends.{kind}.EmailBackend", "EMAIL_FILE_PATH": str(VAR_DIR / "mail")}
EMAIL_BACKEND: str = mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH: str | None = str(BASE_DIR / mail["EMAIL_FILE_PATH"]) if mail.get("EMAIL_FILE_PATH") else None
EMAIL_HOST: str = mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT: int = mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER: str = mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD: str = mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS: bool = mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL: bool = mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20  # seconds: a mail server that never answers must not hold a worker
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="billing@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# SMS and messengers, off by default: name=address of `apprise`, several after commas. {to} is the phone, {digits} the phone
# without its plus, {handle} the person's name within the messenger.
MESSAGE_URLS: dict[str, str] = env.dict("MESSAGE_URLS", default={})

# --- The operator: whose portal this is, and how its customers reach people ------------------------------------------

PORTAL_NAME: str = env.str("PORTAL_NAME", default="Saldo")
PORTAL_LOGO: str = env.str("PORTAL_LOGO", default="")  # a path under MEDIA_ROOT; empty: the name is written
PORTAL_ACCENT: str = env.str("PORTAL_ACCENT", default="")  # #rrggbb; empty: the own green of Saldo
SUPPORT_EMAIL: str = env.str("SUPPORT_EMAIL", default="")
SUPPORT_PHONE: str = env.str("SUPPORT_PHONE", default="")
SUPPORT_LINK: str = env.str("SUPPORT_LINK", default="")  # a messenger or a help desk

# --- Who takes payments online: classes by their dotted paths, as billing.gateways.registry takes them ---------------

PAYMENT_PROVIDERS: list[str] = ["billing.sandbox.sample_bank.SampleProvider"] if BILLING_SANDBOX else []

# --- The API's limits, calls a minute; 0: none -----------------------------------------------------------------------

API_RATE_LIMIT_INSTANCE = env.int("API_RATE_LIMIT_INSTANCE", default=600)
API_RATE_LIMIT_OPERATOR = env.int("API_RATE_LIMIT_OPERATOR", default=0)

# --- The portal's limits, an hour and account; 0: none ---------------------------------------------------------------

# Whether strangers may become customers by themselves; everybody else comes by invitation or from the operator.
SELF_SIGN_UP = env.bool("SELF_SIGN_UP", default=BILLING_SANDBOX)
# Sign-ups from one address of the network, and mails with their links to one mailbox.
SIGN_UPS_AN_HOUR = env.int("SIGN_UPS_AN_HOUR", default=10)
SIGN_UP_MAILS_AN_HOUR = env.int("SIGN_UP_MAILS_AN_HOUR", default=3)
INVITATIONS_AN_HOUR = env.int("INVITATIONS_AN_HOUR", default=60)
PAYMENT_ATTEMPTS_AN_HOUR = env.int("PAYMENT_ATTEMPTS_AN_HOUR", default=30)

# Staff acts on money above this sum, in the account's currency, wait for a second person (D15).
APPROVAL_LIMIT: str = env.str("APPROVAL_LIMIT", default="10000")

# Webhooks go to public addresses by https alone, unless this is set: for trying them out on one machine.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", default=BILLING_SANDBOX)

# How many days before it takes effect the owners are told that the operator moves them to another tariff (E2).
MOVE_NOTICE_DAYS = env.int("MOVE_NOTICE_DAYS", default=14)

# How many days before they happen owners are reminded, at ten o'clock: of an open invoice's due date (D12), of the end of a
# trial without a choice (B2), of a yearly charge (B4). Read by billing.operations.cycle.due alone.
REMIND_INVOICE_DAYS = env.int("REMIND_INVOICE_DAYS", default=3)
REMIND_TRIAL_DAYS: list[int] = [int(day) for day in env.list("REMIND_TRIAL_DAYS", default=["3", "1"])]
REMIND_YEARLY_DAYS: list[int] = [int(day) for day in env.list("REMIND_YEARLY_DAYS", default=["30", "7"])]
for reminder_days in ([REMIND_INVOICE_DAYS], REMIND_TRIAL_DAYS, REMIND_YEARLY_DAYS):
    if not reminder_days or not all(1 <= days <= 365 for days in reminder_days):
        raise ImproperlyConfigured(f"REMIND_*_DAYS names {reminder_days}: write days from 1 to 365.")

# The working calendar of "within one working day" (M12, M13): weekdays 1 (Monday) to 7, days off, and weekend days that are
# worked, as YYYY-MM-DD.
WORK_WEEKDAYS: list[int] = [int(day) for day in env.list("WORK_WEEKDAYS", default=["1", "2", "3", "4", "5"])]
WORK_HOLIDAYS: list[str] = env.list("WORK_HOLIDAYS", default=[])
WORK_EXTRA_DAYS: list[str] = env.list("WORK_EXTRA_DAYS", default=[])
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Languages and time ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "billing" / "locale"]
FORMAT_MODULE_PATH = "config.formats"  # one style of dates on every page, Django's own fields included
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"  # of the process; business days are reckoned in the seller's zone, by billing.pricing.periods

# --- Files -----------------------------------------------------------------------------------------------------------

MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
MEDIA_URL = "media/"
STATIC_URL = "static/"
# The portal's files lie beside the portal; those of the sandbox are found where it is installed.
STATICFILES_DIRS = sorted(set((BASE_DIR / "billing").glob("*/static")) - {BASE_DIR / "billing" / "sandbox" / "static"})
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True  # served from where they lie: no collectstatic, and none to be forgotten after an upgrade
WHITENOISE_MAX_AGE = 0 if DEBUG else 300

# --- Logs ------------------------------------------------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "config.request_ids.RequestIdFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {request_id} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "accounts": {"level": env.str("LOG_LEVEL", default="INFO")},
        "billing": {"level": env.str("LOG_LEVEL", default="INFO")},
    },
}

# --- The admin's looks (its navigation is billing.admin's) -----------------------------------------------------------

UNFOLD: dict[str, Any] = {"SITE_TITLE": PORTAL_NAME, "SITE_HEADER": PORTAL_NAME, **admin_theme.UNFOLD}
