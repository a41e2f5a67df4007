"""States of pages that no link leads to: results of a form, and the admin's pages of one chosen row. Used by make_screenshots.py.

Each state drives the page to where the picture is taken; it is driven anew for every look.
"""

import base64
import hashlib
import hmac
import struct
import time
from collections.abc import Callable

from playwright.sync_api import Page

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of the sample's person with a second factor
PASSWORD = "saldo-sample"  # of everybody in the sample
MAIN = "main form button[type=submit]"
State = Callable[[Page], object]


def code_now(secret: str = SECRET) -> str:
    """Computes the six digits that an authenticator app shows now (RFC 6238)."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    number = struct.unpack(">I", digest[digest[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def send(page: Page, selector: str = f"{MAIN}.button--main") -> None:
    """Sends the form whose button is ``selector``, unchecked by the browser, and waits for the answer."""
    page.eval_on_selector_all("form", "all => all.forEach(one => one.noValidate = true)")
    page.locator(selector).last.click()
    page.wait_for_load_state()


def follow_links(page: Page, start: str, *links: str) -> None:
    """Goes to ``start`` and from there by the first link of each of ``links``."""
    page.goto(start)
    for link in links:
        page.locator(f"a[href*='{link}']").first.click()
        page.wait_for_load_state()


# --- Strangers and owners --------------------------------------------------------------------------------------------


def sign_up_wrong(page: Page) -> None:
    page.goto("/sign-up/?product=meteor&tariff=meteor-cloud")
    page.fill("[name=email]", "boyan@")
    send(page)


def api(page: Page) -> None:
    page.goto("/api/v1/docs")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # it draws itself in the browser


def new_instance_cost(page: Page) -> None:
    page.goto("/instances/new/?product=meteor&domain=shop.romashka.example.ru&tariff=meteor-cloud")


def new_instance_taken(page: Page) -> None:
    page.goto("/instances/new/?product=meteor&domain=romashka.example.ru&tariff=meteor-cloud")


def create_token(page: Page) -> None:
    page.goto("/integration/tokens/new/")
    if page.locator("select[name=instance]").count():
        page.select_option("select[name=instance]", index=1)
    page.fill("[name=label]", "1С")
    send(page)


def webhook_wrong(page: Page) -> None:
    page.goto("/integration/webhooks/new/")
    page.fill("[name=url]", "romashka")
    send(page)


def webhook_secret(page: Page) -> None:
    follow_links(page, "/integration/", "/integration/webhooks/whe_")
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")
    send(page, "button[name=act][value=rotate], form:has([name=act][value=rotate]) button[type=submit]")


def open_acts(page: Page) -> None:
    follow_links(page, "/integration/", "/integration/webhooks/whe_")
    page.eval_on_selector_all("details", "all => all.forEach(one => one.open = true)")


def count_replay(page: Page) -> None:
    follow_links(page, "/integration/", "/integration/webhooks/whe_", "/again/")
    page.fill("[name=from]", "2026-05-04T00:00")
    send(page, MAIN)


def send_sample(page: Page) -> None:
    follow_links(page, "/integration/", "/integration/webhooks/whe_", "/sample/")
    send(page, "main form[method=post] button[type=submit]")


def hand_over(page: Page) -> None:
    follow_links(page, "/instances/", "/instances/ins_", "/people/")
    page.goto(f"{page.url.split('/people/')[0]}/ownership/")
    page.select_option("[name=to]", index=1)
    page.locator("[name=role]").last.check()
    page.locator("[name=invoices]").check()
    send(page, MAIN)


# --- The second factor -----------------------------------------------------------------------------------------------


def reauthenticate_at(address: str) -> State:
    """Opens a page of the second factor, which asks for reauthentication first."""

    def go(page: Page) -> None:
        page.goto(address)
        if page.locator("[name=password]").count():
            page.fill("[name=password]", PASSWORD)
            send(page, "main form:has([name=password]) button[type=submit]")

    return go


def ask_for_code(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")
    page.goto("/accounts/login/")
    page.fill("[name=login]", "careful@romashka.example")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form:has([name=password]) button[type=submit]").first.click()
    page.wait_for_url("**/2fa/**")


# --- The workbench ---------------------------------------------------------------------------------------------------


def tariff_of(status: str, *links: str) -> State:
    def go(page: Page) -> None:
        follow_links(page, f"/admin/billing/tariff/?status__exact={status}")
        page.locator("#result_list a[href*='/change/']").first.click()
        page.wait_for_load_state()
        for link in links:
            page.locator(f"#content a[href*='{link}']").first.click()
            page.wait_for_load_state()

    return go


def at(address: str) -> State:
    return lambda page: page.goto(address)


def act_of(model: str, act: str, **typed: str) -> State:
    """Opens an act on the first row of a list; with ``typed`` values also its effect."""

    def go(page: Page) -> None:
        follow_links(page, f"/admin/{model}/")
        page.locator("#result_list a[href*='/change/']").first.click()
        page.wait_for_load_state()
        page.goto(page.url.split("/change/")[0] + f"/act/{act}/")
        fill_fields(page, typed)

    return go


def list_act_of(model: str, act: str, confirmed: bool = False, **typed: str) -> State:
    def go(page: Page) -> None:
        page.goto(f"/admin/{model}/act/{act}/")
        fill_fields(page, typed)
        if confirmed:
            page.locator("[name=confirm]").click()
            page.wait_for_load_state()

    return go


def fill_fields(page: Page, typed: dict[str, str]) -> None:
    for name, text in typed.items():
        field = page.locator(f"[name={name}]").first
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(text)
        else:
            field.fill(text)
    if typed:
        send(page, "#content form[method=post] button[type=submit]:not([name=_cancel])")


STATES: dict[str, dict[str, State]] = {
    "guest": {"sign-up-wrong": sign_up_wrong, "api": api},
    "anna": {
        "new-instance-cost": new_instance_cost,
        "new-instance-taken": new_instance_taken,
        "token-made": create_token,
        "webhook-wrong": webhook_wrong,
        "webhook-acts": open_acts,
        "webhook-secret": webhook_secret,
        "replay-counted": count_replay,
        "sample-answered": send_sample,
        "ownership-effect": hand_over,
        "2fa-app": reauthenticate_at("/accounts/2fa/totp/activate/"),
        "2fa-passkey": reauthenticate_at("/accounts/2fa/webauthn/add/"),
    },
    "oleg": {"ownership-effect": hand_over},
    "careful": {
        "2fa-new-codes": reauthenticate_at("/accounts/2fa/recovery-codes/generate/"),
        "2fa-off": reauthenticate_at("/accounts/2fa/totp/deactivate/"),
        "code-asked": ask_for_code,
    },
    "product": {
        "tariff-new": at("/admin/billing/tariff/add/"),
        "tariff-draft": tariff_of("draft"),
        "tariff-submit": tariff_of("draft", "/act/submit/"),
        "tariff-in-review": tariff_of("in_review"),
        "tariff-published": tariff_of("published"),
    },
    "reviewer": {
        "tariff-in-review": tariff_of("in_review"),
        "tariff-publish": tariff_of("in_review", "/act/publish/"),
        "tariff-send-back": tariff_of("in_review", "/act/send_back/"),
        "tariff-draft": tariff_of("draft"),
    },
    "admin": {
        "event-types": at("/admin/billing/webhookendpoint/types/"),
        "webhook-add": list_act_of("billing/webhookendpoint", "add_webhook"),
        "token-form": list_act_of("billing/apitoken", "create_token"),
        "token-effect": list_act_of("billing/apitoken", "create_token", scope="operator", label="ETL"),
        "token-made": list_act_of("billing/apitoken", "create_token", True, scope="operator", label="ETL"),
        "webhook-sample": act_of("billing/webhookendpoint", "send_sample"),
        "webhook-replay": act_of("billing/webhookendpoint", "replay_range"),
    },
}
