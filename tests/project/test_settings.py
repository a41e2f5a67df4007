"""An installation's settings: what they refuse, what they default to, and what every answer carries."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.support.scripts import ROOT, an_installations_environment

PRINT = "from django.conf import settings as s; print({})"


def manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def setting(environment: dict[str, str], expression: str) -> str:
    command = [sys.executable, "-c", PRINT.format(expression)]
    environment = {**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("key", "says"), [(None, "SECRET_KEY is not set"), ("", "SECRET_KEY is not set"), ("short", "has 5 characters")]
)
def test_bad_secret_key_is_refused_in_a_sentence_outside_the_sandbox(
    tmp_path: Path, key: str | None, says: str
) -> None:
    environment = an_installations_environment(tmp_path)
    del environment["SECRET_KEY"]
    refused = manage(environment if key is None else {**environment, "SECRET_KEY": key}, "check")
    assert refused.returncode == 1
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr


def test_sandbox_makes_itself_a_key_and_keeps_it(tmp_path: Path) -> None:
    environment = an_installations_environment(tmp_path, BILLING_SANDBOX="true")
    del environment["SECRET_KEY"]
    first, second = setting(environment, "s.SECRET_KEY"), setting(environment, "s.SECRET_KEY")
    key_file = tmp_path / "var" / "secret_key"
    assert first == second
    assert len(first) > 50
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


@pytest.mark.parametrize(("sandbox", "mfa"), [("true", "optional"), ("false", "required")])
def test_second_factor_of_staff_is_required_outside_the_sandbox(tmp_path: Path, sandbox: str, mfa: str) -> None:
    assert setting(an_installations_environment(tmp_path, BILLING_SANDBOX=sandbox), "s.STAFF_MFA") == mfa


def test_installation_told_nothing_is_no_sandbox(tmp_path: Path) -> None:
    environment = an_installations_environment(tmp_path)
    del environment["BILLING_SANDBOX"]
    assert setting(environment, "s.BILLING_SANDBOX, s.DEBUG") == "False False"


@pytest.mark.parametrize(
    ("address", "backend", "path"),
    [
        ("", "console", None),
        ("consolemail://", "console", None),
        ("smtp+tls://mailer:word@mail.example.com:587", "smtp", None),
        ("filemail:////tmp/letters", "filebased", "/tmp/letters"),
    ],
)
def test_mail_goes_where_the_address_says(tmp_path: Path, address: str, backend: str, path: str | None) -> None:
    backend_and_path = setting(
        an_installations_environment(tmp_path, EMAIL_URL=address), "s.EMAIL_BACKEND, s.EMAIL_FILE_PATH"
    )
    assert backend_and_path.startswith(f"django.core.mail.backends.{backend}.EmailBackend ")
    assert path is None or backend_and_path.endswith(f" {path}")


def test_production_settings_pass_djangos_own_check(tmp_path: Path) -> None:
    environment = an_installations_environment(
        tmp_path,
        SECRET_KEY="0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRS",
        SECURE_SSL_REDIRECT="true",
        BASE_URL="https://saldo.example.com",
    )
    checked = manage(environment, "check", "--deploy", "--fail-level", "WARNING")
    assert checked.stderr.strip() == "" or "no issues" in checked.stderr
    assert checked.returncode == 0


def test_cookies_over_https_are_locked_to_the_host(tmp_path: Path) -> None:
    environment = an_installations_environment(tmp_path, SECURE_SSL_REDIRECT="true")
    names = setting(
        environment, "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE"
    )
    assert names == "__Host-sessionid __Host-csrftoken True True"


def test_clients_address_is_believed_only_of_a_known_number_of_proxies(tmp_path: Path) -> None:
    alone = setting(an_installations_environment(tmp_path), "s.ALLAUTH_TRUSTED_PROXY_COUNT, s.SECURE_PROXY_SSL_HEADER")
    behind = setting(
        an_installations_environment(tmp_path, TRUSTED_PROXY_COUNT="1"),
        "s.ALLAUTH_TRUSTED_PROXY_COUNT, s.SECURE_PROXY_SSL_HEADER",
    )
    assert alone == "0 None"
    assert behind == "1 ('HTTP_X_FORWARDED_PROTO', 'https')"


# --- Answers ---------------------------------------------------------------------------------------------------------


def directives(policy: str) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in policy.split(";") if part.strip())
    return {name: value for name, _, value in parts}


@pytest.mark.django_db
def test_page_carries_every_protecting_header(client: Client) -> None:
    answer = client.get("/accounts/login/", secure=True)
    policy = directives(answer.headers["Content-Security-Policy"])
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"


@pytest.mark.django_db
def test_only_the_admin_may_evaluate_scripts(client: Client) -> None:
    portal = client.get("/accounts/login/").headers["Content-Security-Policy"]
    admin = client.get("/admin/").headers["Content-Security-Policy"]
    assert "unsafe" not in portal
    assert "'unsafe-eval'" in directives(admin)["script-src"]
    assert directives(admin)["default-src"] == "'none'"


@pytest.mark.django_db
def test_cookies_are_secure_over_https_and_work_over_http(client: Client) -> None:
    over_http = client.get("/accounts/login/").cookies["csrftoken"]
    client.cookies.clear()
    over_https = client.get("/accounts/login/", secure=True).cookies["csrftoken"]
    assert not over_http["secure"]
    assert over_https["secure"]
    assert over_https["httponly"]
    assert over_https["samesite"] == "Lax"


@pytest.mark.django_db
def test_admin_is_entered_by_the_door_with_the_second_factor(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.django_db
def test_nobody_gets_a_login_by_themselves(client: Client) -> None:
    answer = client.post(
        "/accounts/signup/", {"email": "vera@example.com", "password1": "long-enough-1", "password2": "long-enough-1"}
    )
    from accounts.models import User

    assert answer.status_code == 200
    assert not User.objects.filter(is_active=True).exists()


@pytest.mark.parametrize(
    "name",
    [
        "admin/css/base.css",
        "unfold/css/styles.css",
        "ninja/swagger-ui.css",
        "portal/portal.css",
        "sandbox/sample_bank.css",
    ],
)
@pytest.mark.django_db
def test_static_file_is_served_without_being_collected(client: Client, name: str) -> None:
    assert finders.find(name) is not None
    answer = client.get(f"/static/{name}")
    answer.close()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")


def test_no_stylesheet_or_script_of_ours_fetches_from_elsewhere() -> None:
    ours = [
        *(ROOT / "billing").rglob("static/**/*.css"),
        *(ROOT / "billing").rglob("static/**/*.js"),
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "billing").rglob("templates/**/*.html"),
    ]
    elsewhere = re.compile(r"""(?:src|href)\s*=\s*["']\s*(?:https?:)?//|@import|url\(\s*["']?(?:https?:)?//""")
    pages = [path for path in ours if "emails" not in path.parts]
    assert [str(path.relative_to(ROOT)) for path in pages if elsewhere.search(path.read_text(encoding="utf-8"))] == []
    assert os.path.exists(ROOT / "templates")
