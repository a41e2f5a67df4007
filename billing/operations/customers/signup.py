"""A stranger becomes a customer: they ask, a link proves the address, and only then everything is made, in one (B2, M15, D18).

Nothing that is answered on the way tells whether an address is known here: whoever has a login already is told so by the mail.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError
from django.db.models import F
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import Customer, User
from billing.errors import BadInput, BillingError, Refusal
from billing.models import SignUp, Tariff
from billing.notices import sign_ups as letters
from billing.operations.customers import instances, onboarding
from billing.operations.customers.customers import NewCustomer
from billing.operations.customers.onboarding import Application, Opening, Owner, Wish
from billing.operations.subscriptions import quotes

logger = logging.getLogger("billing")

SALT = "saldo.sign_up"
LINK_HOLDS = timedelta(hours=24)
KEPT_UNCONFIRMED = timedelta(days=30)
# Waits before the run tries again to send the link; the page itself tries first.
MAIL_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 15, 60, 180))


@dataclass(frozen=True)
class NewSignUp:
    """What a stranger tells: who they are, and what they want. ``kind`` and ``locale`` are those of `Customer`."""

    email: str
    name: str
    customer_name: str
    kind: str
    locale: str
    wish: Wish


# --- Asking ----------------------------------------------------------------------------------------------------------


def problems(new: NewSignUp) -> dict[str, str]:
    """What has to be put right before it can be asked for, a sentence for each field; empty where nothing has."""
    found: dict[str, str] = {}

    def check(field: str, is_wrong: bool, sentence: "str | Promise") -> None:
        if is_wrong:
            found[field] = str(sentence)

    check("customer_name", not new.customer_name.strip(), _("Enter the name that invoices are made out to."))
    check("customer_name", len(new.customer_name) > 200, _("At most 200 characters."))
    check("name", not new.name.strip(), _("Enter your name: colleagues will see it."))
    check("name", len(new.name) > 150, _("At most 150 characters."))
    check("kind", new.kind not in Customer.Kind.values, _("Choose one of these."))
    check("locale", new.locale not in Customer.Locale.values, _("Choose one of these."))
    for field, looked_at in (
        ("email", lambda: members.checked_email(new.email)),
        ("domain", lambda: instances.checked_domain(new.wish.domain, new.wish.product)),
        ("quantity", lambda: _tariff(new.wish)),
    ):
        try:
            looked_at()
        except Refusal as refusal:
            found[field] = str(refusal)
    return found


def _tariff(wish: Wish) -> Tariff | None:
    tariff = onboarding.tariff_of(wish)
    if tariff is not None:
        quotes.check_quantity(tariff, wish.quantity)
    return tariff


def ask(*, new: NewSignUp, as_of: datetime) -> SignUp:
    """Keeps what was asked; nothing else is made before the address is proved. Refuses what `problems` finds."""
    for field, sentence in problems(new).items():
        raise BadInput(sentence, field=field)
    tariff = _tariff(new.wish)
    return SignUp.objects.create(
        email=members.checked_email(new.email),
        name=new.name.strip(),
        customer_name=new.customer_name.strip(),
        kind=new.kind,
        locale=new.locale,
        product=new.wish.product,
        tariff=tariff,
        quantity=new.wish.quantity,
        domain=instances.checked_domain(new.wish.domain, new.wish.product),
        created_at=as_of,
        expires_at=as_of + LINK_HOLDS,
    )


# --- The mail with the link ------------------------------------------------------------------------------------------


def token_of(sign_up: SignUp) -> str:
    """The secret of the link: signed, so that nobody makes one up."""
    return signing.dumps(sign_up.public_id, salt=SALT)


def known_user(email: str) -> User | None:
    """Whoever signs in with ``email``, as the main address or a further one that is proved."""
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    proved = EmailAddress.objects.annotate(address=Lower("email")).filter(address=email, verified=True)
    address = proved.select_related("user").first()
    return address.user if address is not None else None


def wish_query(sign_up: SignUp) -> str:
    """What was wanted, as the page of a new instance takes it."""
    wanted = {"product": sign_up.product.code, "domain": sign_up.domain}
    if sign_up.tariff is not None:
        wanted["tariff"] = sign_up.tariff.tariff_id
    if sign_up.quantity:
        wanted["quantity"] = str(sign_up.quantity)
    return urlencode(wanted)


def _letter(sign_up: SignUp) -> letters.Letter:
    known = known_user(sign_up.email)
    if known is None:
        link = settings.BASE_URL + reverse("portal:sign_up_confirm", args=[token_of(sign_up)])
        return letters.confirm_address(sign_up=sign_up, link=link)
    link = f"{settings.BASE_URL}{reverse('portal:new_instance')}?{wish_query(sign_up)}"
    return letters.known_already(sign_up=sign_up, link=link, locale=known.locale)


def send(*, sign_up: SignUp, as_of: datetime) -> bool:
    """Sends the mail with the link, or the one for somebody who has a login. False where another has taken this attempt, or it
    could not be sent: the run tries again."""
    mine = SignUp.objects.filter(pk=sign_up.pk, mailed_at=None, mail_attempts=sign_up.mail_attempts)
    if not mine.update(mail_attempts=F("mail_attempts") + 1):
        return False
    sign_up.mail_attempts += 1
    letter = _letter(sign_up)
    headers = {"Message-ID": f"<sign-up-{sign_up.public_id}@saldo.invalid>", "Auto-Submitted": "auto-generated"}
    message = EmailMultiAlternatives(subject=letter.subject, body=letter.text, to=[sign_up.email], headers=headers)
    message.attach_alternative(letter.html, "text/html")
    try:
        message.send()
    except Exception:  # whatever the mail server says: the page answers all the same, and the run tries again
        logger.exception("the mail of %s was not sent", sign_up.public_id)
        return False
    SignUp.objects.filter(pk=sign_up.pk).update(mailed_at=as_of)
    return True


def send_due(*, as_of: datetime) -> int:
    """Sends the mails that did not go out at once; returns how many went out now."""
    waiting = SignUp.objects.filter(
        mailed_at=None, confirmed_at=None, expires_at__gt=as_of, mail_attempts__lt=len(MAIL_DELAYS)
    )
    due = [row for row in waiting.select_related("product", "tariff").order_by("pk") if _next_try(row) <= as_of]
    return sum(send(sign_up=row, as_of=as_of) for row in due)


def _next_try(sign_up: SignUp) -> datetime:
    return sum(MAIL_DELAYS[: max(1, sign_up.mail_attempts)], start=timedelta()) + sign_up.created_at


def prune(*, as_of: datetime) -> int:
    """Forgets who asked and never confirmed, after 30 days; returns how many."""
    gone, _by_model = SignUp.objects.filter(confirmed_at=None, created_at__lte=as_of - KEPT_UNCONFIRMED).delete()
    return gone


# --- The link --------------------------------------------------------------------------------------------------------


def of_link(token: str) -> SignUp | None:
    """What the link speaks of; None where the link is broken or what it spoke of has been forgotten."""
    try:
        public_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return SignUp.objects.select_related("product", "tariff__seller", "instance").filter(public_id=public_id).first()


def refuse_closed(sign_up: SignUp, as_of: datetime) -> None:
    """Refuses a link that is used, that is too old, or whose address has got a login meanwhile."""
    if sign_up.confirmed_at is not None:
        raise BillingError(_("This link has done its work: sign in."), code="sign_up_used")
    if as_of >= sign_up.expires_at:
        raise BillingError(_("This link held for 24 hours: ask for a new one."), code="sign_up_over")
    if known_user(sign_up.email) is not None:
        raise BillingError(_("This address has a sign-in meanwhile: sign in and go on there."), code="sign_up_known")


def _wish(sign_up: SignUp, domain: str) -> Wish:
    tariff = sign_up.tariff
    return Wish(sign_up.product, domain or sign_up.domain, tariff.tariff_id if tariff else None, sign_up.quantity)


def _application(sign_up: SignUp, domain: str) -> Application:
    new = NewCustomer(
        name=sign_up.customer_name, kind=sign_up.kind, email=sign_up.email, locale=sign_up.locale, currency=""
    )
    return Application(None, new, _wish(sign_up, domain), Owner(sign_up.email, sign_up.name))


def _make(sign_up: SignUp, domain: str, password: str, as_of: datetime) -> Opening:
    """Login, customer, instance, subscription: the whole of it, for the caller's transaction to keep or drop."""
    user = User.objects.create_user(sign_up.email, password, name=sign_up.name, locale=sign_up.locale)
    EmailAddress.objects.create(user=user, email=sign_up.email, verified=True, primary=True)
    return onboarding.add_instance(application=_application(sign_up, domain), as_of=as_of, actor=sign_up.name)


def preview(*, sign_up: SignUp, domain: str = "", as_of: datetime) -> Opening:
    """What confirming would make now; nothing is written. Refuses what it would refuse."""
    refuse_closed(sign_up, as_of)
    return onboarding.quote_instance(application=_application(sign_up, domain), as_of=as_of)


def checked_password(sign_up: SignUp, password: str) -> str:
    """The password if it is good enough; refuses another with every reason."""
    try:
        validate_password(password, User(email=sign_up.email, name=sign_up.name))
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), field="password") from None
    return password


def confirm(*, sign_up: SignUp, password: str, domain: str = "", seen: str, as_of: datetime) -> tuple[User, Opening]:
    """Makes what was asked for, once: the login with its proved address, the customer with its account, the instance with its
    administrator, the subscription (M15, D18). ``seen`` names the figures that were shown (G10).

    Refuses a link that is used or too old, a weak password, a domain that is taken meanwhile, figures that have changed.
    """
    checked_password(sign_up, password)

    def act() -> Opening:
        row = SignUp.objects.select_for_update(of=("self",)).get(pk=sign_up.pk)
        refuse_closed(row, as_of)
        made = _make(sign_up, domain, password, as_of)
        row.confirmed_at, row.instance, row.domain = as_of, made.instance, made.instance.domain
        row.save(update_fields=["confirmed_at", "instance", "domain"])
        return made

    try:
        made = onboarding.carry_out_as_quoted(act, seen)
    except IntegrityError:
        # Two links of one address at once: the other one was faster, and the address has its login.
        refuse_closed(sign_up, as_of)
        raise
    return User.objects.get(email=sign_up.email), made
