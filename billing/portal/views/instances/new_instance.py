"""One more instance, by somebody who has signed in: what it will be and cost is shown before it is made (G10)."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Customer, Product, User
from accounts.verified import verified_emails
from billing import clock
from billing.errors import BadInput, Refusal
from billing.operations.customers import onboarding
from billing.operations.customers.customers import NewCustomer
from billing.operations.customers.onboarding import Application, Opening, Owner, Wish
from billing.operations.subscriptions import trials
from billing.portal import rate_limits
from billing.portal.permissions import Desk, accounts_of, desk_of, signed_in
from billing.portal.rate_limits import TooMany
from billing.portal.views.person.sign_up import cost_lines
from billing.portal.views.plans.change_plan import written_quantity
from billing.pricing.terms import Metric, PriceModel
from billing.reports.tariffs import plans as reports
from billing.wording import formats
from billing.wording.refusals import explain_refusal

NEW = "new"
TRIAL, NOW = ":trial", ":now"
FIELDS = ("product", "domain", "tariff", "quantity", "customer", "customer_name", "kind")


@dataclass(frozen=True)
class Choice:
    """A tariff to begin with: first its trial, or paid from today."""

    variant: reports.Variant
    trial: bool

    @property
    def key(self) -> str:
        return f"{self.variant.tariff.tariff_id}{TRIAL if self.trial else NOW}"

    @property
    def asks(self) -> bool:
        """Whether a number has to be given for it."""
        return self.variant.terms.metric == Metric.QUANTITY


@dataclass
class Asked:
    """What the page is about: who asks, for whom, what of which product."""

    user: User
    owner: Owner
    customers: list[Customer]
    customer: Customer | None
    given: dict[str, str]
    product: Product
    choices: list[Choice]
    trial_used: bool = False

    @property
    def choice(self) -> Choice | None:
        """The one that is meant; a tariff's bare id means its trial where it can be had."""
        key = self.given["tariff"]
        known = {one.key: one for one in self.choices}
        return known.get(key) or known.get(key + TRIAL) or known.get(key + NOW)

    @property
    def is_free(self) -> bool:
        return self.product.kind == Product.Kind.FREE


@require_http_methods(["GET", "POST"])
@login_required
def new_instance(request: HttpRequest) -> HttpResponse:
    """Product, domain and plan; what they come to; then, by POST with the figures that were seen, the instance itself."""
    user, desk = signed_in(request), desk_of(request)
    addresses = verified_emails(user)
    if not addresses or (desk is None and not settings.SELF_SIGN_UP):
        raise Http404
    data = request.POST if request.method == "POST" else request.GET
    product = _product(data)
    if product is None:
        return render(request, "portal/new_instance_product.html", _products(request, desk))
    email = user.email.lower() if user.email.lower() in addresses else addresses[0]
    asked = _asked(user, Owner(email, user.name or email), desk, data, product)
    errors: dict[str, str] = {}
    status = 200
    shown: Opening | None = None
    try:
        if request.method == "POST":
            try:
                return _made(request, asked)
            except Refusal as refusal:
                errors, status = _told(refusal), 422 if isinstance(refusal, BadInput) else 409
        if "domain" in data and not (errors and status == 422):
            shown = onboarding.quote_instance(application=_application(request, asked), as_of=clock.now())
    except Refusal as refusal:
        errors = {**_told(refusal), **errors}
        status = status if status != 200 else 422 if isinstance(refusal, BadInput) else 409
    except TooMany as refusal:
        return rate_limits.too_many(request, refusal)
    return render(request, "portal/new_instance.html", _context(asked, desk, shown, errors), status=status)


def _product(data: QueryDict) -> Product | None:
    """The product that is named, or the only one that there is."""
    code = data.get("product", "")
    offers = {one.product.code: one.product for one in reports.offers()}
    return offers.get(code) or (next(iter(offers.values())) if len(offers) == 1 else None)


def _products(request: HttpRequest, desk: Desk | None) -> dict[str, Any]:
    query = {"account": request.GET["account"]} if request.GET.get("account") else {}
    return {"section": "instances", "desk": desk, "offers": reports.offers(), "keep": query.get("account", "")}


def _asked(user: User, owner: Owner, desk: Desk | None, data: QueryDict, product: Product) -> Asked:
    given = {name: data.get(name, "").strip()[:300] for name in FIELDS}
    mine = {one.customer.public_id: one.customer for one in accounts_of(user)}
    customer = mine.get(given["customer"])
    if customer is None and given["customer"] != NEW and desk is not None:
        customer = desk.account.customer
    if customer is None and not settings.SELF_SIGN_UP:
        raise Http404
    given["customer"] = customer.public_id if customer is not None else NEW
    given["kind"] = given["kind"] or Customer.Kind.COMPANY.value
    offer = reports.offer_of(product) if product.kind != Product.Kind.FREE else None
    used = _trial_used(product, customer, owner, given["domain"])
    choices = _choices(offer, used)
    has_trial = any(one.terms.trial_days for one in offer.variants) if offer is not None else False
    asked = Asked(user, owner, list(mine.values()), customer, given, product, choices, used and has_trial)
    if asked.choice is None and len(choices) == 1:
        given["tariff"] = choices[0].key
    elif asked.choice is not None:
        given["tariff"] = asked.choice.key
    return asked


def _trial_used(product: Product, customer: Customer | None, owner: Owner, domain: str) -> bool:
    """Whether the one trial of the product has been had (B2, D18)."""
    if customer is not None:
        return trials.has_had_one(customer, product)
    return onboarding.has_tried(email=owner.email, domain=domain, product=product)


def _choices(offer: reports.Offer | None, used: bool) -> list[Choice]:
    """Each tariff that can be begun with: with its trial where that can still be had, and paid at once."""
    found: list[Choice] = []
    for one in offer.variants if offer is not None else ():
        if one.terms.trial_days and not used:
            found.append(Choice(one, trial=True))
        if one.terms.price_model != PriceModel.TRIAL:
            found.append(Choice(one, trial=False))
    return sorted(found, key=lambda choice: not choice.trial)


def _application(request: HttpRequest, asked: Asked) -> Application:
    """What was typed, for a quote or for good."""
    choice = asked.choice
    if choice is None and not asked.is_free:
        raise BadInput(_("Choose a plan."), field="tariff")
    new = None
    if asked.customer is None:
        if not asked.given["customer_name"]:
            raise BadInput(_("Enter the name that invoices are made out to."), field="customer_name")
        new = NewCustomer(
            name=asked.given["customer_name"][:200],
            kind=asked.given["kind"],
            email=asked.owner.email,
            locale=formats.language(),
            currency="",
        )
    wish = Wish(
        asked.product,
        asked.given["domain"],
        choice.variant.tariff.tariff_id if choice is not None else None,
        (written_quantity(request) or 1) if choice is not None and choice.asks else None,
        with_trial=choice is not None and choice.trial,
    )
    return Application(asked.customer, new, wish, asked.owner)


def _made(request: HttpRequest, asked: Asked) -> HttpResponse:
    rate_limits.count(request, "new_instance", settings.SIGN_UPS_AN_HOUR, str(asked.user.pk))
    application, actor = _application(request, asked), asked.user.get_short_name()
    made = onboarding.carry_out_as_quoted(
        lambda: onboarding.add_instance(application=application, as_of=clock.now(), actor=actor),
        request.POST.get("seen", ""),
    )
    messages.success(
        request, _("%(domain)s is made, and you are its administrator.") % {"domain": made.instance.domain}
    )
    return HttpResponseRedirect(reverse("portal:instance", args=[made.instance.public_id]))


def _told(refusal: Refusal) -> dict[str, str]:
    field = "domain" if refusal.code == "domain_taken" else getattr(refusal, "field", "")
    return {field if field in FIELDS else "all": explain_refusal(refusal)}


def _context(asked: Asked, desk: Desk | None, shown: Opening | None, errors: dict[str, str]) -> dict[str, Any]:
    quote = shown.quote if shown is not None else None
    return {
        "section": "instances",
        "desk": desk,
        "asked": asked,
        "given": asked.given,
        "product": asked.product,
        "choices": asked.choices,
        "chosen": asked.given["tariff"],
        "asks": any(one.asks for one in asked.choices),
        "quantity": asked.given["quantity"] or "1",
        "kinds": Customer.Kind.choices,
        "can_be_new": settings.SELF_SIGN_UP,
        "several_products": len(reports.offers()) > 1,
        "opening": shown,
        "shown": quote,
        "terms": quote.tariff.terms() if quote is not None else None,
        "lines": cost_lines(quote),
        "errors": errors,
    }
