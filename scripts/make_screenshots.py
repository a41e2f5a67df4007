#!/usr/bin/env python3
"""Pictures of every page, for people to look at one by one: two languages, two themes, two widths.

    .venv/bin/python scripts/make_screenshots.py [--only NAME …] [--look LOOK …] [--page WORD …]

Starts the sample installation on a database and a port of its own in a temporary directory, walks the portal by its links as
each of its readers and the workbench as finance and support, writes PNGs to var/screenshots/LOOK/ and ends by itself.
NAME is one of: guest, anna, oleg, emma, nina (a trial), kate (seats by the year),
petr (tills), zoya (dunning), maxim (a plan cancelled, another tried), member, careful (a second factor), finance, support,
product, reviewer, admin. LOOK is written as in ru-dark-360.
"""

import argparse
import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from picture_states import PASSWORD, SECRET, STATES, code_now
from playwright.sync_api import Browser, Page, sync_playwright
from supervised import Supervised

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "var" / "screenshots"
PEOPLE = {
    "guest": "",
    "anna": "anna@romashka.example",
    "oleg": "oleg@sever.example",
    "emma": "emma@brightside.example",
    "nina": "nina@bluebird.example",
    "kate": "kate@harbour.example",
    "petr": "petr@lavka.example",
    "zoya": "zoya@pekarnya.example",
    "maxim": "maxim@orion.example",
    "member": "user2@romashka.example.ru",
    "careful": "careful@romashka.example",
    "finance": "finance@saldo.example",
    "support": "support@saldo.example",
    "product": "product@saldo.example",
    "reviewer": "reviewer@saldo.example",
    "admin": "admin@saldo.example",
}
STAFF = ("finance", "support", "product", "reviewer", "admin")
LOOKS = [
    f"{language}-{theme}-{width}"
    for language, theme, width in itertools.product(("ru", "en"), ("light", "dark"), (1280, 360))
]
GUEST_PAGES = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/join/no-such-invitation/",
    "/prices/",
    "/prices/meteor/",
    "/prices/cyberos/",
    "/prices/evotor-driver/",
    "/sign-up/?product=meteor&tariff=meteor-cloud",
    "/sign-up/sent/",
    "/sign-up/no-such-link/",
]
LISTS = [
    "accounts/customer",
    "accounts/instance",
    "billing/billingaccount",
    "billing/invoice",
    "billing/payment",
    "billing/creditnote",
    "billing/customerrequest",
    "billing/offer",
    "billing/relief",
    "billing/paymentattempt",
    "billing/approval",
    "billing/notice",
]
OUTSIDE = ["billing/webhookendpoint", "billing/webhookdelivery", "billing/signup", "billing/apitoken", "billing/event"]
CATALOGUE = ["billing/tariff", "billing/tariffmove", "accounts/product", "accounts/role"]
# Whose lists are photographed: of somebody who sees all of them, those that nobody else is to see.
LISTS_OF = {"finance": LISTS, "support": LISTS + OUTSIDE, "product": CATALOGUE, "reviewer": CATALOGUE, "admin": OUTSIDE}
FILES = re.compile(r"(\.css|\.ics|/pdf|/csv|/logo/?|/files?/\d+/?)$")
LEFT_OUT = ("/admin/", "/accounts/logout/", "/i18n/", "/static/", "/api/")
PATIENCE = 180  # seconds the installation has to be made and to answer
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
]

# People beside those of the sample: a member without any right, and somebody with a second factor; and what guests are sent.
OTHERS = """
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from accounts.models import User
from billing.models import SignUp
from billing.operations.customers import signup
for email in ({member!r}, {careful!r}):
    user = User.objects.create_user(email, {password!r}, name="Иван Орлов")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
TOTP.activate(user, {secret!r})
RecoveryCodes.activate(user)
print(signup.token_of(SignUp.objects.get()))
"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def environment_of(folder: Path, port: int) -> dict[str, str]:
    """Returns the environment of an installation that shares nothing with the one in var/."""
    empty = folder / "env"
    empty.touch()
    return {
        **os.environ,
        "ENV_FILE": str(empty),
        "BILLING_SANDBOX": "true",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "VAR_DIR": str(folder),
        "MEDIA_ROOT": str(folder / "media"),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "BASE_URL": f"http://127.0.0.1:{port}",
        "WEB_WORKERS": "1",
    }


def wait_until_served(address: str, server: Supervised) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if server.has_ended:
            sys.exit("The sample installation did not start: what it said stands above.")
        try:
            with urllib.request.urlopen(f"{address}/accounts/login/", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    sys.exit(f"The sample installation did not answer within {PATIENCE} seconds.")


def create_others(env: dict[str, str]) -> str:
    """Creates the people of `OTHERS`; returns the link that the sample's sign-up was sent."""
    code = OTHERS.format(member=PEOPLE["member"], careful=PEOPLE["careful"], password=PASSWORD, secret=SECRET)
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
    output = subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
    return f"/sign-up/{output.split()[-1]}/"


def sign_in(browser: Browser, address: str, email: str) -> Any:
    """Signs in through the form; returns the browser's storage with its cookies."""
    context = browser.new_context(base_url=address)
    if email:
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("[name=login]", email)
        page.fill("[name=password]", PASSWORD)
        page.locator("main form:has([name=password]) button[type=submit]").first.click()
        page.wait_for_url(lambda url: "/login/" not in url)
        if "/2fa/" in page.url:
            page.fill("[name=code]", code_now())
            page.locator("main form:has([name=code]) button[type=submit]").first.click()
            page.wait_for_url(lambda url: "/2fa/" not in url)
    state = context.storage_state()
    context.close()
    return state


# --- What there is to see --------------------------------------------------------------------------------------------


def page_name(path: str) -> str:
    """Returns the address without its ids: one picture of each kind of page is enough."""
    parts = [
        "one" if re.search(r"\d", part.removeprefix("2fa")) or part.startswith(("ins_", "req_", "whe_")) else part
        for part in path.strip("/").split("/")
    ]
    return "-".join(filter(None, parts)) or "overview"


def links(page: Page) -> Iterator[str]:
    """Yields the addresses of the portal that the page links to."""
    here = urlsplit(page.url).netloc
    for target in page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
        parts = urlsplit(target)
        if parts.netloc != here or FILES.search(parts.path) or parts.path.startswith(LEFT_OUT):
            continue
        yield parts.path + (f"?{parts.query}" if "/new/" in parts.path or "tariff=" in parts.query else "")


def walk(page: Page, waiting: list[str]) -> dict[str, str]:
    """Follows the links of the portal from ``waiting``; returns the address of each page by its name."""
    pages: dict[str, str] = {}
    while waiting:
        address = waiting.pop(0)
        name = page_name(urlsplit(address).path) + ("-quote" if "tariff=" in address else "")
        if name in pages:
            continue
        answer = page.goto(address)
        if answer is None or answer.status >= 400:
            continue
        pages[name] = address
        waiting += links(page)
    return pages


def start_payment(page: Page) -> list[str]:
    """Starts an online payment; returns the address of its page, which no link leads to."""
    page.goto("/pay/")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state()
    return [urlsplit(page.url).path]


def admin_pages(page: Page, lists: list[str]) -> dict[str, str]:
    """Returns the admin's home page, the lists somebody may see, and the first row of each, by name."""
    pages = {"home": "/admin/"}
    for name in lists:
        short = name.split("/")[1]
        answer = page.goto(f"/admin/{name}/")
        if answer is None or answer.status >= 400:
            continue
        pages[f"{short}-list"] = f"/admin/{name}/"
        row = page.locator("#result_list a[href*='/change/']").first
        if row.count():
            target = urlsplit(str(row.get_attribute("href"))).path
            pages[short] = target if target.startswith("/") else f"/admin/{name}/{target}"
    return pages


def pages_of(name: str, page: Page) -> dict[str, str]:
    if name == "guest":
        return {page_name(urlsplit(address).path): address for address in GUEST_PAGES}
    if name in STAFF:
        return admin_pages(page, LISTS_OF[name])
    if name == "careful":
        return walk(page, ["/accounts/2fa/"])
    start = ["/", "/more/", "/statement/", "/mails/", "/accounts/email/", "/accounts/2fa/", "/accounts/sessions/"]
    return walk(page, start + (start_payment(page) if name == "anna" else []))


# --- The pictures ----------------------------------------------------------------------------------------------------


def prepare_page(page: Page, width: int, go: Callable[[Page], object]) -> None:
    """Drives the page to where the picture is taken, then makes the window as tall as the page, so that bars which stay at the
    window's edge do not lie across the picture's middle."""
    page.set_viewport_size({"width": width, "height": 800})
    go(page)
    tall = page.evaluate("document.documentElement.scrollHeight")
    page.set_viewport_size({"width": width, "height": max(800, min(tall, 8000))})


def photograph(browser: Browser, address: str, name: str, looks: list[str], words: list[str]) -> int:
    """Takes the pictures of one reader; returns their number.

    Signs in anew for every look, so that pages behind reauthentication open; with a code but once, as it is good once.
    """
    signed_in = sign_in(browser, address, PEOPLE[name])
    crawler = browser.new_context(base_url=address, storage_state=signed_in)
    addresses = {
        title: (lambda page, target=target: page.goto(target))
        for title, target in pages_of(name, crawler.new_page()).items()
    }
    crawler.close()
    chosen = {
        title: go
        for title, go in {**addresses, **STATES.get(name, {})}.items()
        if not words or any(word in title for word in words)
    }
    for look in looks:
        language, theme, width = look.split("-")
        if name != "careful":
            signed_in = sign_in(browser, address, PEOPLE[name])
        context = browser.new_context(
            base_url=address,
            storage_state=signed_in,
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": int(width), "height": 800},
        )
        context.add_cookies([{"name": "django_language", "value": language, "url": address}])
        page = context.new_page()
        for title, go in chosen.items():
            prepare_page(page, int(width), go)
            page.screenshot(path=TARGET / look / f"{name}-{title}.png", full_page=True, animations="disabled")
        context.close()
    print(f"{name}: {len(chosen)} pages", flush=True)
    return len(chosen) * len(looks)


def main() -> int:
    parser = argparse.ArgumentParser(description="Pictures of every page of the sample installation.")
    parser.add_argument("--only", nargs="+", choices=list(PEOPLE), default=list(PEOPLE), metavar="NAME")
    parser.add_argument("--look", nargs="+", choices=LOOKS, default=LOOKS, metavar="LOOK")
    parser.add_argument(
        "--page", nargs="+", default=[], metavar="WORD", help="only pages with one of these in the name"
    )
    options = parser.parse_args()
    os.chdir(ROOT)
    for look in options.look:
        (TARGET / look).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="saldo-") as temporary:
        port = free_port()
        address, env = f"http://127.0.0.1:{port}", environment_of(Path(temporary), port)
        server = Supervised([sys.executable, "scripts/serve.py"], 25, env=env)
        try:
            wait_until_served(address, server)
            GUEST_PAGES.append(create_others(env))
            own = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=own, args=QUIET)
                count = sum(photograph(browser, address, name, options.look, options.page) for name in options.only)
                browser.close()
        finally:
            server.stop()
            server.wait()
    print(f"{count} pictures in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
