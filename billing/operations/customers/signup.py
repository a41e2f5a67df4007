"""Sign-up: a stranger asks, a link verifies the address, and only then everything is created, in one (B2, M15, D18).

No answer on the way discloses whether an address is known here: whoever has a login already learns it by the mail.
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
from billing.operations.customers.onboarding import Application, InstanceOrder, OnboardingResult, Owner
from billing.operations.subscriptions import quotes

logger = logging.getLogger("billing")

SALT = "saldo.sign_up"
LINK_LASTS = timedelta(hours=24)
UNCONFIRMED_KEPT_FOR = timedelta(days=30)
# Waits before the run tries again to send the link; the page itself tries first.
MAIL_DELAYS = tuple(timedelta(minutes=minutes) for minutes in (2, 5, 15, 60, 180))


@dataclass(frozen=True)
class NewSignUp:
    """The data of a sign-up: the person, the customer and the order. ``kind`` and ``locale`` are those of `Customer`."""

    email: str
    name: str
    customer_name: str
    kind: str
    locale: str
    order: InstanceOrder


# --- Asking ----------------------------------------------------------------------------------------------------------


def find_problems(new: NewSignUp) -> dict[str, str]:
    """Checks a sign-up and returns what has to be corrected, a sentence for each field; empty where nothing has."""
    problems: dict[str, str] = {}

    def check(field: str, is_wrong: bool, sentence: "str | Promise") -> None:
        if is_wrong:
            problems[field] = str(sentence)

    check("customer_name", not new.customer_name.strip(), _("Enter the name that invoices are made out to."))
    check("customer_name", len(new.customer_name) > 200, _("At most 200 characters."))
    check("name", not new.name.strip(), _("Enter your name: colleagues will see it."))
    check("name", len(new.name) > 150, _("At most 150 characters."))
    check("kind", new.kind not in Customer.Kind.values, _("Choose one of these."))
    check("locale", new.locale not in Customer.Locale.values, _("Choose one of these."))
    for field, check_field in (
        ("email", lambda: members.clean_email(new.email)),
        ("domain", lambda: instances.check_domain(new.order.domain, new.order.product)),
        ("quantity", lambda: _check_tariff(new.order)),
    ):
        try:
            check_field()
        except Refusal as refusal:
            problems[field] = str(refusal)
    return problems


def _check_tariff(order: InstanceOrder) -> Tariff | None:
    tariff = onboarding.find_tariff(order)
    if tariff is not None:
        quotes.check_quantity(tariff, order.quantity)
    return tariff


def file_sign_up(*, new: NewSignUp, as_of: datetime) -> SignUp:
    """Stores a sign-up; nothing else is created before the address is verified. Refuses what `find_problems` finds."""
    for field, sentence in find_problems(new).items():
        raise BadInput(sentence, field=field)
    tariff = _check_tariff(new.order)
    return SignUp.objects.create(
        email=members.clean_email(new.email),
        name=new.name.strip(),
        customer_name=new.customer_name.strip(),
        kind=new.kind,
        locale=new.locale,
        product=new.order.product,
        tariff=tariff,
        quantity=new.order.quantity,
        domain=instances.check_domain(new.order.domain, new.order.product),
        created_at=as_of,
        expires_at=as_of + LINK_LASTS,
    )


# --- The mail with the link ------------------------------------------------------------------------------------------


def sign_link(sign_up: SignUp) -> str:
    """Signs the secret of the link, so that nobody makes one up."""
    return signing.dumps(sign_up.public_id, salt=SALT)


def find_user(email: str) -> User | None:
    """Finds the user who signs in with ``email``, as the main address or a further verified one."""
    user = User.objects.filter(email=email).first()
    if user is not None:
        return user
    verified = EmailAddress.objects.annotate(address=Lower("email")).filter(address=email, verified=True)
    address = verified.select_related("user").first()
    return address.user if address is not None else None


def order_query(sign_up: SignUp) -> str:
    """Returns the order of ``sign_up`` as the query of the page for a new instance."""
    parameters = {"product": sign_up.product.code, "domain": sign_up.domain}
    if sign_up.tariff is not None:
        parameters["tariff"] = sign_up.tariff.tariff_id
    if sign_up.quantity:
        parameters["quantity"] = str(sign_up.quantity)
    return urlencode(parameters)


def _build_letter(sign_up: SignUp) -> letters.Letter:
    user = find_user(sign_up.email)
    if user is None:
        link = settings.BASE_URL + reverse("portal:sign_up_confirm", args=[sign_link(sign_up)])
        return letters.confirm_address(sign_up=sign_up, link=link)
    link = f"{settings.BASE_URL}{reverse('portal:new_instance')}?{order_query(sign_up)}"
    return letters.write_to_known_person(sign_up=sign_up, link=link, locale=user.locale)


def send_link(*, sign_up: SignUp, as_of: datetime) -> bool:
    """Sends the mail with the link, or the one for somebody who has a login. False where another process makes this attempt, or
    it could not be sent: the run tries again."""
    unclaimed = SignUp.objects.filter(pk=sign_up.pk, mailed_at=None, mail_attempts=sign_up.mail_attempts)
    if not unclaimed.update(mail_attempts=F("mail_attempts") + 1):
        return False
    sign_up.mail_attempts += 1
    letter = _build_letter(sign_up)
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


def send_due_links(*, as_of: datetime) -> int:
    """Sends the mails that did not go out at once; returns how many went out now."""
    waiting = SignUp.objects.filter(
        mailed_at=None, confirmed_at=None, expires_at__gt=as_of, mail_attempts__lt=len(MAIL_DELAYS)
    )
    due = [row for row in waiting.select_related("product", "tariff").order_by("pk") if _next_attempt_at(row) <= as_of]
    return sum(send_link(sign_up=row, as_of=as_of) for row in due)


def _next_attempt_at(sign_up: SignUp) -> datetime:
    return sum(MAIL_DELAYS[: max(1, sign_up.mail_attempts)], start=timedelta()) + sign_up.created_at


def delete_unconfirmed(*, as_of: datetime) -> int:
    """Deletes the sign-ups that nobody confirmed within 30 days; returns how many."""
    count, _by_model = SignUp.objects.filter(confirmed_at=None, created_at__lte=as_of - UNCONFIRMED_KEPT_FOR).delete()
    return count


# --- The link --------------------------------------------------------------------------------------------------------


def find_sign_up(token: str) -> SignUp | None:
    """Finds the sign-up that a link names; None where the link is broken or the sign-up has been deleted."""
    try:
        public_id = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return SignUp.objects.select_related("product", "tariff__seller", "instance").filter(public_id=public_id).first()


def refuse_closed_link(sign_up: SignUp, as_of: datetime) -> None:
    """Refuses a link that is used, that is too old, or whose address has got a login meanwhile."""
    if sign_up.confirmed_at is not None:
        raise BillingError(_("This link has done its work: sign in."), code="sign_up_used")
    if as_of >= sign_up.expires_at:
        raise BillingError(_("This link held for 24 hours: ask for a new one."), code="sign_up_over")
    if find_user(sign_up.email) is not None:
        raise BillingError(_("This address has a sign-in meanwhile: sign in and go on there."), code="sign_up_known")


def _build_application(sign_up: SignUp, domain: str) -> Application:
    new = NewCustomer(
        name=sign_up.customer_name, kind=sign_up.kind, email=sign_up.email, locale=sign_up.locale, currency=""
    )
    tariff_id = sign_up.tariff.tariff_id if sign_up.tariff else None
    order = InstanceOrder(sign_up.product, domain or sign_up.domain, tariff_id, sign_up.quantity)
    return Application(None, new, order, Owner(sign_up.email, sign_up.name))


def _create_account(sign_up: SignUp, domain: str, password: str, as_of: datetime) -> OnboardingResult:
    """Creates login, customer, instance and subscription; the caller's transaction commits them or rolls them back."""
    user = User.objects.create_user(sign_up.email, password, name=sign_up.name, locale=sign_up.locale)
    EmailAddress.objects.create(user=user, email=sign_up.email, verified=True, primary=True)
    return onboarding.create_instance(application=_build_application(sign_up, domain), as_of=as_of, actor=sign_up.name)


def preview_sign_up(*, sign_up: SignUp, domain: str = "", as_of: datetime) -> OnboardingResult:
    """Previews what `confirm_sign_up` would create and charge now; writes nothing and refuses what it would refuse."""
    refuse_closed_link(sign_up, as_of)
    return onboarding.quote_instance(application=_build_application(sign_up, domain), as_of=as_of)


def check_password(sign_up: SignUp, password: str) -> str:
    """Checks that ``password`` is good enough and returns it; refuses another with every reason."""
    try:
        validate_password(password, User(email=sign_up.email, name=sign_up.name))
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), field="password") from None
    return password


def confirm_sign_up(
    *, sign_up: SignUp, password: str, domain: str = "", seen: str, as_of: datetime
) -> tuple[User, OnboardingResult]:
    """Confirms a sign-up, once: creates the login with its verified address, the customer with its account, the instance with
    its administrator, the subscription (M15, D18). ``seen`` names the figures that were shown (G10).

    Refuses a link that is used or too old, a weak password, a domain that is taken meanwhile, figures that have changed.
    """
    check_password(sign_up, password)

    def act() -> OnboardingResult:
        row = SignUp.objects.select_for_update(of=("self",)).get(pk=sign_up.pk)
        refuse_closed_link(row, as_of)
        result = _create_account(sign_up, domain, password, as_of)
        row.confirmed_at, row.instance, row.domain = as_of, result.instance, result.instance.domain
        row.save(update_fields=["confirmed_at", "instance", "domain"])
        return result

    try:
        result = onboarding.carry_out_as_quoted(act, seen)
    except IntegrityError:
        # Two links of one address at once: the other one was faster, and the address has its login.
        refuse_closed_link(sign_up, as_of)
        raise
    return User.objects.get(email=sign_up.email), result
