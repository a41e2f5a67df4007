"""Self-service sign-up: the form, the mail with the link that proves the address, then customer, instance and user in one.

Every page is the same whether an address has a sign-in here or not; only the mail says so, to its reader.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.members import first_role
from accounts.models import Customer, Product
from billing import clock
from billing.errors import BadInput, Refusal
from billing.models import SignUp, Tariff
from billing.operations.customers import onboarding, signup
from billing.operations.customers.onboarding import InstanceOrder, OnboardingResult
from billing.operations.subscriptions.start_quotes import Line, StartQuote
from billing.portal import rate_limits
from billing.portal.rate_limits import LimitExceeded
from billing.portal.views.person.join import BACKEND
from billing.portal.views.plans.change_plan import read_quantity, read_tariff_id
from billing.pricing.terms import Metric
from billing.reports.tariffs import plans as reports
from billing.wording import formats
from billing.wording.refusals import explain_refusal

FIELDS = ("email", "name", "customer_name", "kind", "locale", "domain", "quantity")
# Forms that may be sent, valid or not, for each sign-up allowed: people mistype, programs try domains.
TRIES = 5


def _guard_sign_up(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a page that exists only where SELF_SIGN_UP is on; beyond the hourly limit it answers 429."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.SELF_SIGN_UP:
            raise Http404
        try:
            if request.method == "POST":
                rate_limits.count(request, "sign_up_try", settings.SIGN_UPS_AN_HOUR * TRIES)
            return view(request, *args, **kwargs)
        except LimitExceeded as refusal:
            return rate_limits.answer_limit_exceeded(request, refusal)

    return wrapper


# --- The form --------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
@_guard_sign_up
def sign_up(request: HttpRequest) -> HttpResponse:
    """Shows the chosen plan with its cost and asks who signs up; POST stores the sign-up and mails its link."""
    if request.GET.get("lang") in dict(settings.LANGUAGES):
        return _in_language(request, request.GET["lang"])
    earlier = signup.find_sign_up(request.GET.get("again", ""))
    product, tariff = _read_plan(request, earlier)
    address = _address_elsewhere(request, earlier, product, tariff)
    if product is None or address:
        return HttpResponseRedirect(address)
    fields = _read_fields(request, earlier)
    errors: dict[str, str] = {}
    if request.method == "POST":
        if request.POST.get("website"):  # a field that no person sees: the answer is the same, and nothing is done
            return HttpResponseRedirect(reverse("portal:sign_up_sent"))
        errors = _file_sign_up(request, product, tariff, fields)
        if not errors:
            return HttpResponseRedirect(reverse("portal:sign_up_sent"))
    context = {
        **_plan_context(product, tariff, fields["quantity"]),
        "fields": fields,
        "errors": errors,
        "kinds": Customer.Kind.choices,
        "add_url": f"{reverse('portal:new_instance')}?{request.GET.urlencode()}",
    }
    return render(request, "portal/sign_up.html", context, status=422 if errors else 200)


def _address_elsewhere(
    request: HttpRequest, earlier: SignUp | None, product: Product | None, tariff: Tariff | None
) -> str:
    """Returns the page for somebody who has signed in, or has not chosen a plan; empty where the form is the right one."""
    if request.user.is_authenticated:
        query = signup.order_query(earlier) if earlier is not None else request.GET.urlencode()
        return f"{reverse('portal:new_instance')}?{query}"
    if product is None:
        return reverse("portal:prices")
    if tariff is None and product.kind != Product.Kind.FREE:
        return reverse("portal:product_prices", args=[product.code])
    return ""


def _in_language(request: HttpRequest, language: str) -> HttpResponse:
    """Stores the language that the address names as the browser's, as the switch on every other page does."""
    query = request.GET.copy()
    del query["lang"]
    response = HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response


def product_in_address(request: HttpRequest) -> Product | None:
    """Returns the product that the address names; None where it does not exist or has nothing on offer."""
    code = request.GET.get("product", "")
    product = Product.objects.filter(code=code).first() if code.isprintable() else None
    return product if product is not None and reports.offer_of(product) is not None else None


def _read_plan(request: HttpRequest, earlier: SignUp | None) -> tuple[Product | None, Tariff | None]:
    product = product_in_address(request) or (earlier.product if earlier is not None else None)
    if product is None:
        return None, None
    tariff_id = read_tariff_id(request) or (earlier.tariff.tariff_id if earlier is not None and earlier.tariff else "")
    offer = reports.offer_of(product)
    tariffs = {variant.tariff.tariff_id: variant.tariff for variant in (offer.variants if offer is not None else ())}
    return product, tariffs.get(tariff_id) or (next(iter(tariffs.values())) if len(tariffs) == 1 else None)


def _read_fields(request: HttpRequest, earlier: SignUp | None) -> dict[str, str]:
    """Reads what was typed, else what an earlier sign-up of the same link holds, else the address."""
    if request.method == "POST":
        return {name: request.POST.get(name, "")[:300] for name in FIELDS}
    if earlier is not None:
        return {name: str(getattr(earlier, name) or "") for name in FIELDS}
    quantity = request.GET.get("quantity") or request.GET.get("n") or ""
    return {**dict.fromkeys(FIELDS, ""), "kind": "company", "locale": formats.language(), "quantity": quantity[:7]}


def _plan_context(product: Product, tariff: Tariff | None, quantity: str) -> dict[str, Any]:
    """Returns the plan's part of the page: its terms, and what it will cost and when."""
    asks = tariff is not None and tariff.metric == Metric.QUANTITY
    number = (
        int(quantity) if quantity.isascii() and quantity.isdigit() and 0 < int(quantity) <= reports.MOST_UNITS else 1
    )
    outlook = None
    if tariff is not None:
        outlook = onboarding.forecast_plan(tariff=tariff, quantity=number if asks else None, as_of=clock.now())
    return {
        "product": product,
        "tariff": tariff,
        "terms": tariff.terms() if tariff is not None else None,
        "outlook": outlook,
        "asks": asks,
        "number": number,
    }


def _file_sign_up(
    request: HttpRequest, product: Product, tariff: Tariff | None, fields: dict[str, str]
) -> dict[str, str]:
    """Stores the sign-up and mails its link; returns the errors to be corrected, by field."""
    asks = tariff is not None and tariff.metric == Metric.QUANTITY
    try:
        quantity = (read_quantity(request) or 1) if asks else None
    except BadInput as refusal:
        return {"quantity": explain_refusal(refusal)}
    order = InstanceOrder(product, fields["domain"], tariff.tariff_id if tariff is not None else None, quantity)
    new_sign_up = signup.NewSignUp(
        fields["email"], fields["name"], fields["customer_name"], fields["kind"], fields["locale"], order
    )
    errors = signup.find_problems(new_sign_up)
    if errors:
        return errors
    rate_limits.count(request, "sign_up", settings.SIGN_UPS_AN_HOUR)
    rate_limits.count(request, "sign_up_mail", settings.SIGN_UP_MAILS_AN_HOUR, fields["email"].strip().lower())
    try:
        sign_up_row = signup.file_sign_up(new=new_sign_up, as_of=clock.now())
    except Refusal as refusal:  # somebody else took the domain meanwhile
        return {getattr(refusal, "field", "") or "domain": explain_refusal(refusal)}
    signup.send_link(sign_up=sign_up_row, as_of=clock.now())
    return {}


@never_cache
@require_GET
@_guard_sign_up
def show_link_sent(request: HttpRequest) -> HttpResponse:
    """Says that the mail is on its way, in the same words for everybody."""
    folder = settings.EMAIL_FILE_PATH if settings.BILLING_SANDBOX else None
    context = {"mail_folder": (folder or "").removeprefix(f"{settings.BASE_DIR}/")}
    return render(request, "portal/sign_up_sent.html", context)


# --- The link --------------------------------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@_guard_sign_up
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what will be created and what it costs; POST sets the password and creates all of it in one transaction."""
    sign_up_row = signup.find_sign_up(token)
    if sign_up_row is None:
        return render(request, "portal/sign_up_closed.html", {"code": "broken"}, status=410)
    try:
        signup.refuse_closed_link(sign_up_row, clock.now())
    except Refusal as refusal:
        return _answer_closed(request, sign_up_row, token, refusal)
    errors: dict[str, str] = {}
    status = 200
    domain = request.POST.get("domain", "")[:253] or sign_up_row.domain
    if request.method == "POST":
        try:
            return _let_in(request, sign_up_row, domain)
        except Refusal as refusal:
            if refusal.code in ("sign_up_used", "sign_up_known"):
                return _answer_closed(request, sign_up_row, token, refusal)
            errors, status = {_field(refusal): explain_refusal(refusal)}, 422 if isinstance(refusal, BadInput) else 409
    preview: OnboardingResult | None = None
    try:
        preview = signup.preview_sign_up(sign_up=sign_up_row, domain=domain, as_of=clock.now())
    except Refusal as refusal:
        errors = {**errors, _field(refusal): explain_refusal(refusal)}
        status = 409 if status == 200 else status
    return render(
        request, "portal/sign_up_confirm.html", _context(sign_up_row, token, domain, preview, errors), status=status
    )


def _field(refusal: Refusal) -> str:
    if refusal.code == "domain_taken":
        return "domain"
    field = getattr(refusal, "field", "")
    return field if field in ("password", "domain") else "all"


def _context(
    sign_up_row: SignUp, token: str, domain: str, preview: OnboardingResult | None, errors: dict[str, str]
) -> dict[str, Any]:
    quote = preview.quote if preview is not None else None
    return {
        "sign_up": sign_up_row,
        "token": token,
        "domain": domain,
        "preview": preview,
        "quote": quote,
        "lines": cost_lines(quote),
        "errors": errors,
        "role": first_role(preview.instance) if preview is not None else None,
        "terms": sign_up_row.tariff.terms() if sign_up_row.tariff is not None else None,
        # Where only the domain is refused it is corrected on this page; anything else starts the sign-up anew.
        "can_go_on": preview is not None or set(errors) == {"domain"},
    }


def cost_lines(quote: StartQuote | None) -> list[tuple[Line, str]]:
    """Returns each line of the quote with what it is for, in the words of the invoice."""
    if quote is None:
        return []
    return [(line, quote.describe(line, formats.language())) for line in quote.lines]


def _let_in(request: HttpRequest, sign_up_row: SignUp, domain: str) -> HttpResponse:
    user, result = signup.confirm_sign_up(
        sign_up=sign_up_row,
        password=request.POST.get("password", ""),
        domain=domain,
        seen=request.POST.get("seen", ""),
        as_of=clock.now(),
    )
    login(request, user, backend=BACKEND)
    messages.success(
        request, _("Welcome! %(domain)s is made, and you are its administrator.") % {"domain": result.instance.domain}
    )
    return HttpResponseRedirect(reverse("portal:instance", args=[result.instance.public_id]))


def _answer_closed(request: HttpRequest, sign_up_row: SignUp, token: str, refusal: Refusal) -> HttpResponse:
    """Says why the link is closed and leads on; what was typed is kept."""
    again = QueryDict(mutable=True)
    again["again"] = token
    add = f"{reverse('portal:new_instance')}?{signup.order_query(sign_up_row)}"
    context = {
        "code": refusal.code,
        "reason": explain_refusal(refusal),
        "again": f"{reverse('portal:sign_up')}?{again.urlencode()}",
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': add})}",
    }
    return render(request, "portal/sign_up_closed.html", context, status=410)
