"""Adding an instance, by somebody who has signed in: the quote is shown before it is created (G10)."""

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
from billing.operations.customers.onboarding import Application, InstanceOrder, OnboardingResult, Owner
from billing.operations.subscriptions import trials
from billing.portal import rate_limits
from billing.portal.permissions import AccountSelection, accounts_of, select_account, signed_in_user
from billing.portal.rate_limits import LimitExceeded
from billing.portal.views.person.sign_up import cost_lines
from billing.portal.views.plans.change_plan import read_quantity
from billing.portal.views.plans.start_plan import list_start_choices
from billing.pricing.terms import Metric
from billing.reports.tariffs import plans as reports
from billing.wording import formats
from billing.wording.refusals import explain_refusal

NEW = "new"
TRIAL, NOW = ":trial", ":now"
FIELDS = ("product", "domain", "tariff", "quantity", "customer", "customer_name", "kind")


@dataclass(frozen=True)
class Choice:
    """A tariff to start with: with its trial, or paid from today."""

    variant: reports.Variant
    trial: bool

    @property
    def key(self) -> str:
        return f"{self.variant.tariff.tariff_id}{TRIAL if self.trial else NOW}"

    @property
    def asks(self) -> bool:
        """Tells whether a number has to be given for it."""
        return self.variant.terms.metric == Metric.QUANTITY


@dataclass
class Form:
    """The form as read: who asks, for which customer (None: a new one), which product, what was typed, the plans to choose from."""

    user: User
    owner: Owner
    customers: list[Customer]
    customer: Customer | None
    fields: dict[str, str]
    product: Product
    choices: list[Choice]
    trial_used: bool = False

    @property
    def choice(self) -> Choice | None:
        """The chosen plan; a tariff's bare id means its trial where that is offered."""
        key = self.fields["tariff"]
        choices_by_key = {choice.key: choice for choice in self.choices}
        return choices_by_key.get(key) or choices_by_key.get(key + TRIAL) or choices_by_key.get(key + NOW)

    @property
    def is_free(self) -> bool:
        return self.product.kind == Product.Kind.FREE


@require_http_methods(["GET", "POST"])
@login_required
def new_instance(request: HttpRequest) -> HttpResponse:
    """Asks for product, domain and plan and quotes them; POST creates the instance for the figures that were seen."""
    user, selection = signed_in_user(request), select_account(request)
    addresses = verified_emails(user)
    if not addresses or (selection is None and not settings.SELF_SIGN_UP):
        raise Http404
    data = request.POST if request.method == "POST" else request.GET
    product = _product(data)
    if product is None:
        context = {
            "section": "instances",
            "selection": selection,
            "offers": reports.offers(),
            "keep": request.GET.get("account", ""),
        }
        return render(request, "portal/new_instance_product.html", context)
    email = user.email.lower() if user.email.lower() in addresses else addresses[0]
    form = _read_form(user, Owner(email, user.name or email), selection, data, product)
    errors: dict[str, str] = {}
    status = 200
    preview: OnboardingResult | None = None
    try:
        if request.method == "POST":
            try:
                return _create_instance(request, form)
            except Refusal as refusal:
                errors, status = _errors_by_field(refusal), 422 if isinstance(refusal, BadInput) else 409
        if "domain" in data and not (errors and status == 422):
            preview = onboarding.quote_instance(application=_application(request, form), as_of=clock.now())
    except Refusal as refusal:
        errors = {**_errors_by_field(refusal), **errors}
        status = status if status != 200 else 422 if isinstance(refusal, BadInput) else 409
    except LimitExceeded as refusal:
        return rate_limits.answer_limit_exceeded(request, refusal)
    return render(request, "portal/new_instance.html", _context(form, selection, preview, errors), status=status)


def _product(data: QueryDict) -> Product | None:
    """Returns the product that is named, or the only one on offer."""
    code = data.get("product", "")
    offers = {offer.product.code: offer.product for offer in reports.offers()}
    return offers.get(code) or (next(iter(offers.values())) if len(offers) == 1 else None)


def _read_form(user: User, owner: Owner, selection: AccountSelection | None, data: QueryDict, product: Product) -> Form:
    fields = {name: data.get(name, "").strip()[:300] for name in FIELDS}
    customers = {account.customer.public_id: account.customer for account in accounts_of(user)}
    customer = customers.get(fields["customer"])
    if customer is None and fields["customer"] != NEW and selection is not None:
        customer = selection.account.customer
    if customer is None and not settings.SELF_SIGN_UP:
        raise Http404
    fields["customer"] = customer.public_id if customer is not None else NEW
    fields["kind"] = fields["kind"] or Customer.Kind.COMPANY.value
    offer = reports.offer_of(product) if product.kind != Product.Kind.FREE else None
    is_trial_used = _is_trial_used(product, customer, owner, fields["domain"])
    choices = [Choice(variant, trial) for variant, trial in list_start_choices(offer, is_trial_used=is_trial_used)]
    has_trial = any(variant.terms.trial_days for variant in offer.variants) if offer is not None else False
    form = Form(user, owner, list(customers.values()), customer, fields, product, choices, is_trial_used and has_trial)
    if form.choice is None and len(choices) == 1:
        fields["tariff"] = choices[0].key
    elif form.choice is not None:
        fields["tariff"] = form.choice.key
    return form


def _is_trial_used(product: Product, customer: Customer | None, owner: Owner, domain: str) -> bool:
    """Tells whether the customer, or this address or domain, has used the product's one trial (B2, D18)."""
    if customer is not None:
        return trials.has_used_trial(customer, product)
    return onboarding.has_had_trial(email=owner.email, domain=domain, product=product)


def _application(request: HttpRequest, form: Form) -> Application:
    """Builds the application that is quoted or carried out. Raises `BadInput` for what is missing."""
    choice = form.choice
    if choice is None and not form.is_free:
        raise BadInput(_("Choose a plan."), field="tariff")
    new = None
    if form.customer is None:
        if not form.fields["customer_name"]:
            raise BadInput(_("Enter the name that invoices are made out to."), field="customer_name")
        new = NewCustomer(
            name=form.fields["customer_name"][:200],
            kind=form.fields["kind"],
            email=form.owner.email,
            locale=formats.language(),
            currency="",
        )
    order = InstanceOrder(
        form.product,
        form.fields["domain"],
        choice.variant.tariff.tariff_id if choice is not None else None,
        (read_quantity(request) or 1) if choice is not None and choice.asks else None,
        with_trial=choice is not None and choice.trial,
    )
    return Application(form.customer, new, order, form.owner)


def _create_instance(request: HttpRequest, form: Form) -> HttpResponse:
    rate_limits.count(request, "new_instance", settings.SIGN_UPS_AN_HOUR, str(form.user.pk))
    application, actor = _application(request, form), form.user.get_short_name()
    result = onboarding.carry_out_as_quoted(
        lambda: onboarding.create_instance(application=application, as_of=clock.now(), actor=actor),
        request.POST.get("seen", ""),
    )
    messages.success(
        request, _("%(domain)s is made, and you are its administrator.") % {"domain": result.instance.domain}
    )
    return HttpResponseRedirect(reverse("portal:instance", args=[result.instance.public_id]))


def _errors_by_field(refusal: Refusal) -> dict[str, str]:
    field = "domain" if refusal.code == "domain_taken" else getattr(refusal, "field", "")
    return {field if field in FIELDS else "all": explain_refusal(refusal)}


def _context(
    form: Form, selection: AccountSelection | None, preview: OnboardingResult | None, errors: dict[str, str]
) -> dict[str, Any]:
    quote = preview.quote if preview is not None else None
    return {
        "section": "instances",
        "selection": selection,
        "form": form,
        "fields": form.fields,
        "product": form.product,
        "choices": form.choices,
        "chosen": form.fields["tariff"],
        "asks": any(choice.asks for choice in form.choices),
        "quantity": form.fields["quantity"] or "1",
        "kinds": Customer.Kind.choices,
        "can_be_new": settings.SELF_SIGN_UP,
        "several_products": len(reports.offers()) > 1,
        "preview": preview,
        "quote": quote,
        "terms": quote.tariff.terms() if quote is not None else None,
        "lines": cost_lines(quote),
        "errors": errors,
    }
