"""Pages in a real browser: the looks, what is wrong with a page, signing in."""

import re
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from axe_playwright_python.sync_playwright import Axe

from billing.models import Notice
from billing.operations.customers import member_management
from billing.sandbox.models import SandboxClock
from tests.support import story as stories
from tests.support.story import PASSWORD

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
STAFF_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def stand_at_day(day: int) -> None:
    """Puts the sandbox clock to noon of a day of May 2026."""
    SandboxClock.objects.update_or_create(id=1, defaults={"stands_at": stories.msk(5, day)})


def problems(page: Any) -> list[str]:
    faults = [
        f"{fault['id']}: {fault['nodes'][0]['html'][:160]}"
        for fault in Axe().run(page, options=RULES).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        faults.append("it scrolls sideways")
    return [f"{page.url} {fault}" for fault in faults]


def staff_problems(page: Any) -> list[str]:
    """What is wrong with our part of a page of the workbench; the theme's frame is the theme's."""
    violations = Axe().run(page, context={"include": [["#content"]]}, options=STAFF_RULES).response["violations"]
    return [f"{page.url} {violation['id']}: {violation['nodes'][0]['html'][:200]}" for violation in violations]


def open_everything(page: Any) -> None:
    """Explanations and tables that are folded away must be accessible as well."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


def find_problems(page: Any, addresses: list[str]) -> list[str]:
    faults = []
    for address in addresses:
        page.goto(address)
        open_everything(page)
        faults += problems(page)
    return faults


# Each theme, width and language on every page; Russian, whose words are longer, where there is the least room.
LOOKS = [("light", 1280, "en"), ("dark", 320, "ru")]


PHONE = {"width": 360, "height": 740}


def set_language(page: Any, live_server: Any, locale: str = "en") -> Any:
    """Has every page of this window answered in ``locale``; the window itself."""
    page.context.add_cookies([{"name": "django_language", "value": locale, "url": live_server.url}])
    return page


def invite_person(story: stories.Story, email: str = "new@romashka.example", role: str = "billing") -> str:
    """Invites somebody and returns the link out of the mail."""
    member_management.invite_member(
        instance=story.cloud, email=email, name="Нина", role=role, as_of=stories.msk(5, 12), invited_by="А. Петрова"
    )
    text = Notice.objects.get(kind="invitation", recipient=email).text
    link = re.search(r"http\S+/join/\S+", text)
    assert link is not None
    return link[0]


def sign_in(page: Any, email: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Адрес электронной почты").fill(email)
    page.get_by_label("Пароль").fill(password)
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_load_state()


def code_of(secret: str) -> str:
    """What an authenticator app shows for ``secret`` right now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))
