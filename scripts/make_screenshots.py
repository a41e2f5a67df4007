#!/usr/bin/env python3
"""Pictures of every page, for people to look at one by one: two languages, two themes, two widths.

    .venv/bin/python scripts/make_screenshots.py [--only NAME …] [--look LOOK …]

Starts the sample installation on a database and a port of its own in a temporary directory, walks the portal by its links as
each of its readers and the workbench as finance and support, writes PNGs to var/screenshots/LOOK/ and ends by itself.
NAME is one of: guest, anna, oleg, emma, nina (a trial), kate (seats by the year),
petr (tills), zoya (dunning), maxim (a plan cancelled, another tried), member, finance, support. LOOK is written as in ru-dark-360.
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
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from leash import Leashed
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "var" / "screenshots"
PASSWORD = "saldo-sample"  # of everybody in the sample
PEOPLE = {
    "guest": "", "anna": "anna@romashka.example", "oleg": "oleg@sever.example", "emma": "emma@brightside.example",
    "nina": "nina@bluebird.example", "kate": "kate@harbour.example", "petr": "petr@lavka.example",
    "zoya": "zoya@pekarnya.example", "maxim": "maxim@orion.example",
    "member": "user2@romashka.example.ru", "finance": "finance@saldo.example", "support": "support@saldo.example",
}  # fmt: skip
STAFF = ("finance", "support")
LOOKS = [
    f"{language}-{theme}-{width}"
    for language, theme, width in itertools.product(("ru", "en"), ("light", "dark"), (1280, 360))
]
GUEST_PAGES = [
    "/accounts/login/", "/accounts/password/reset/", "/join/no-such-invitation/", "/prices/", "/prices/meteor/", "/prices/cyberos/",
    "/prices/evotor-driver/",
]  # fmt: skip
LISTS = [
    "accounts/customer", "accounts/instance", "billing/billingaccount", "billing/invoice", "billing/payment", "billing/creditnote",
    "billing/customerrequest", "billing/offer", "billing/relief", "billing/paymentattempt", "billing/approval", "billing/notice",
]  # fmt: skip
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

A_MEMBER = """
from allauth.account.models import EmailAddress
from accounts.models import User
user = User.objects.create_user({email!r}, {password!r}, name="Иван Орлов")
EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
"""


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def surroundings(folder: Path, port: int) -> dict[str, str]:
    """The environment of an installation that shares nothing with the one in var/."""
    empty = folder / "env"
    empty.touch()
    return {
        **os.environ, "ENV_FILE": str(empty), "BILLING_SANDBOX": "true", "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "VAR_DIR": str(folder), "MEDIA_ROOT": str(folder / "media"), "PORT": str(port), "HOST": "127.0.0.1",
        "BASE_URL": f"http://127.0.0.1:{port}", "WEB_WORKERS": "1",
    }  # fmt: skip


def wait_for(address: str, serving: Leashed) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if serving.has_ended:
            sys.exit("The sample installation did not start: what it said stands above.")
        try:
            with urllib.request.urlopen(f"{address}/accounts/login/", timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    sys.exit(f"The sample installation did not answer within {PATIENCE} seconds.")


def sign_in(browser: Browser, address: str, email: str) -> Any:
    """The cookies of somebody who has signed in through the form."""
    context = browser.new_context(base_url=address)
    if email:
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("[name=login]", email)
        page.fill("[name=password]", PASSWORD)
        page.locator("main form:has([name=password]) button[type=submit]").first.click()
        page.wait_for_url(lambda url: "/login/" not in url)
    state = context.storage_state()
    context.close()
    return state


# --- What there is to see --------------------------------------------------------------------------------------------


def shape(path: str) -> str:
    """The address without what it names: one picture of each kind of page is enough."""
    parts = [
        "one" if re.search(r"\d", part.removeprefix("2fa")) or part.startswith(("ins_", "req_")) else part
        for part in path.strip("/").split("/")
    ]
    return "-".join(filter(None, parts)) or "overview"


def links(page: Page) -> Iterator[str]:
    """The addresses of the portal that the page links to."""
    here = urlsplit(page.url).netloc
    for target in page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)"):
        parts = urlsplit(target)
        if parts.netloc != here or FILES.search(parts.path) or parts.path.startswith(LEFT_OUT):
            continue
        yield parts.path + (f"?{parts.query}" if "/new/" in parts.path or "tariff=" in parts.query else "")


def walk(page: Page, waiting: list[str]) -> dict[str, str]:
    """Follows the links of the portal from ``waiting``: the name of a page to its address."""
    found: dict[str, str] = {}
    while waiting:
        address = waiting.pop(0)
        name = shape(urlsplit(address).path) + ("-quote" if "tariff=" in address else "")
        if name in found:
            continue
        answer = page.goto(address)
        if answer is None or answer.status >= 400:
            continue
        found[name] = address
        waiting += links(page)
    return found


def begin_to_pay(page: Page) -> list[str]:
    """The pages of an online payment, which no link leads to."""
    page.goto("/pay/")
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_load_state()
    return [urlsplit(page.url).path]


def workbench(page: Page) -> dict[str, str]:
    """The home page, the lists somebody may see, and the first row of each."""
    found = {"home": "/admin/"}
    for name in LISTS:
        short = name.split("/")[1]
        answer = page.goto(f"/admin/{name}/")
        if answer is None or answer.status >= 400:
            continue
        found[f"{short}-list"] = f"/admin/{name}/"
        row = page.locator("#result_list a[href*='/change/']").first
        if row.count():
            target = urlsplit(str(row.get_attribute("href"))).path
            found[short] = target if target.startswith("/") else f"/admin/{name}/{target}"
    return found


def pages_of(name: str, page: Page) -> dict[str, str]:
    if name == "guest":
        return {shape(address): address for address in GUEST_PAGES}
    if name in STAFF:
        return workbench(page)
    start = ["/", "/more/", "/statement/", "/mails/", "/accounts/email/", "/accounts/2fa/", "/accounts/sessions/"]
    return walk(page, start + (begin_to_pay(page) if name == "anna" else []))


# --- The pictures ----------------------------------------------------------------------------------------------------


def photograph(browser: Browser, address: str, name: str, state: Any, looks: list[str]) -> int:
    looking = browser.new_context(base_url=address, storage_state=state)
    pages = pages_of(name, looking.new_page())
    looking.close()
    for look in looks:
        language, theme, width = look.split("-")
        context = browser.new_context(
            base_url=address, storage_state=state, color_scheme="dark" if theme == "dark" else "light", locale=language,
            viewport={"width": int(width), "height": 800},
        )  # fmt: skip
        context.add_cookies([{"name": "django_language", "value": language, "url": address}])
        page, folder = context.new_page(), TARGET / look
        for title, target in pages.items():
            page.set_viewport_size({"width": int(width), "height": 800})
            page.goto(target)
            # As tall as the page, so that bars which stay at the window's edge do not lie across the picture's middle.
            tall = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": int(width), "height": max(800, min(tall, 8000))})
            page.screenshot(path=folder / f"{name}-{title}.png", full_page=True, animations="disabled")
        context.close()
    print(f"{name}: {len(pages)} pages", flush=True)
    return len(pages) * len(looks)


def main() -> int:
    parser = argparse.ArgumentParser(description="Pictures of every page of the sample installation.")
    parser.add_argument("--only", nargs="+", choices=list(PEOPLE), default=list(PEOPLE), metavar="NAME")
    parser.add_argument("--look", nargs="+", choices=LOOKS, default=LOOKS, metavar="LOOK")
    chosen = parser.parse_args()
    os.chdir(ROOT)
    for look in chosen.look:
        (TARGET / look).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="saldo-") as temporary:
        port = free_port()
        address, env = f"http://127.0.0.1:{port}", surroundings(Path(temporary), port)
        serving = Leashed([sys.executable, "scripts/serve.py"], 25, env=env)
        try:
            wait_for(address, serving)
            code = A_MEMBER.format(email=PEOPLE["member"], password=PASSWORD)
            subprocess.run([sys.executable, "manage.py", "shell", "-v0", "-c", code], env=env, check=True)
            own = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=own, args=QUIET)
                states = {name: sign_in(browser, address, PEOPLE[name]) for name in chosen.only}
                made = sum(photograph(browser, address, name, states[name], chosen.look) for name in chosen.only)
                browser.close()
        finally:
            serving.let_go()
            serving.wait()
    print(f"{made} pictures in {TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
