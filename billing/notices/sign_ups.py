"""The mails of a sign-up: to an address that belongs to nobody yet, so that they are no notices of an account.

Names that a stranger typed are left out: whoever can have a mail sent to anybody must not choose its words.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from billing.models import SignUp
from billing.notices.letters.about import plan_text
from billing.notices.letters.base import GAPS, link, support_contacts
from billing.wording import formats


@dataclass(frozen=True)
class Letter:
    """A mail as it goes out."""

    subject: str
    text: str
    html: str


def _letter(kind: str, sign_up: SignUp, locale: str, **names: Any) -> Letter:
    with override(locale):
        product = sign_up.product.name_in(locale)
        context = {
            "locale": locale,
            "portal_name": settings.PORTAL_NAME,
            "portal_url": link("portal:overview"),
            "support": support_contacts(),
            "domain": sign_up.domain,
            "product": product,
            "plan": plan_text(sign_up.tariff, sign_up.quantity, locale, product),
            **names,
        }
        context["subject"] = " ".join(render_to_string(f"emails/{kind}_subject.txt", context).split())[:300]
        text = GAPS.sub("\n\n", render_to_string(f"emails/{kind}.txt", context)).strip() + "\n"
        return Letter(context["subject"], text, render_to_string(f"emails/{kind}.html", context))


def confirm_address(*, sign_up: SignUp, link: str) -> Letter:
    """Writes to a new address: the link that proves it, and until when it holds."""
    zone = sign_up.tariff.seller.time_zone if sign_up.tariff is not None else settings.BILLING_TIME_ZONE
    until = formats.instant_text(sign_up.expires_at, zone, sign_up.locale)
    return _letter("sign_up_confirm", sign_up, sign_up.locale, link=link, until=until)


def write_to_known_person(*, sign_up: SignUp, link: str, locale: str) -> Letter:
    """Writes to somebody who has a login: where they sign in and add the instance."""
    return _letter("sign_up_known", sign_up, locale, link=link)
