"""Becoming a customer without anybody's help: the form, the mail, the link that proves the address, and then everything at once.

Every answer is the same whether an address is known here or not; only the mail tells, and only its reader.
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
from billing.operations.customers.onboarding import Opening, Wish
from billing.operations.subscriptions.start_quotes import Line, StartQuote
from billing.portal import rate_limits
from billing.portal.rate_limits import TooMany
from billing.portal.views.person.join import BACKEND
from billing.portal.views.plans.change_plan import asked_tariff, written_quantity
from billing.pricing.terms import Metric
from billing.reports.tariffs import plans as reports
from billing.wording import formats
from billing.wording.refusals import explain_refusal

FIELDS = ("email", "name", "customer_name", "kind", "locale", "domain", "quantity")
# Of all that is sent, wrong or right, so many times what may be asked for: people mistype, programs try domains.
TRIES = 5


def _guarded(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Pages that are there only where strangers may sign up; what is asked too often is answered 429."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.SELF_SIGN_UP:
            raise Http404
        try:
            if request.method == "POST":
                rate_limits.count(request, "sign_up_try", settings.SIGN_UPS_AN_HOUR * TRIES)
            return view(request, *args, **kwargs)
        except TooMany as refusal:
            return rate_limits.too_many(request, refusal)

    return wrapped


# --- The form --------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "POST"])
@_guarded
def sign_up(request: HttpRequest) -> HttpResponse:
    """What was chosen with what it costs, and who is asking. POST keeps it and has the link sent."""
    if request.GET.get("lang") in dict(settings.LANGUAGES):
        return _in_language(request, request.GET["lang"])
    again = signup.of_link(request.GET.get("again", ""))
    product, tariff = _chosen(request, again)
    elsewhere = _elsewhere(request, again, product, tariff)
    if product is None or elsewhere:
        return HttpResponseRedirect(elsewhere)
    given = _given(request, again)
    errors: dict[str, str] = {}
    if request.method == "POST":
        if request.POST.get("website"):  # a field that no person sees: the answer is the same, and nothing is done
            return HttpResponseRedirect(reverse("portal:sign_up_sent"))
        errors = _ask(request, product, tariff, given)
        if not errors:
            return HttpResponseRedirect(reverse("portal:sign_up_sent"))
    context = {
        **_plan(product, tariff, given["quantity"]),
        "given": given,
        "errors": errors,
        "kinds": Customer.Kind.choices,
        "add_url": f"{reverse('portal:new_instance')}?{request.GET.urlencode()}",
    }
    return render(request, "portal/sign_up.html", context, status=422 if errors else 200)


def _elsewhere(request: HttpRequest, again: SignUp | None, product: Product | None, tariff: Tariff | None) -> str:
    """Where somebody is led who has signed in, or has not chosen yet; empty where the form is the right place."""
    if request.user.is_authenticated:
        query = signup.wish_query(again) if again is not None else request.GET.urlencode()
        return f"{reverse('portal:new_instance')}?{query}"
    if product is None:
        return reverse("portal:prices")
    if tariff is None and product.kind != Product.Kind.FREE:
        return reverse("portal:product_prices", args=[product.code])
    return ""


def _in_language(request: HttpRequest, language: str) -> HttpResponse:
    """The public prices name their language in the address; here it becomes the browser's choice, as everywhere else."""
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


def product_asked(request: HttpRequest) -> Product | None:
    """The product that the address names; None where there is none of that name, or nothing of it on offer."""
    code = request.GET.get("product", "")
    found = Product.objects.filter(code=code).first() if code.isprintable() else None
    return found if found is not None and reports.offer_of(found) is not None else None


def _chosen(request: HttpRequest, again: SignUp | None) -> tuple[Product | None, Tariff | None]:
    product = product_asked(request) or (again.product if again is not None else None)
    if product is None:
        return None, None
    tariff_id = asked_tariff(request) or (again.tariff.tariff_id if again is not None and again.tariff else "")
    offer = reports.offer_of(product)
    offered = {one.tariff.tariff_id: one.tariff for one in (offer.variants if offer is not None else ())}
    return product, offered.get(tariff_id) or (next(iter(offered.values())) if len(offered) == 1 else None)


def _given(request: HttpRequest, again: SignUp | None) -> dict[str, str]:
    """What has been typed, or what was typed the last time."""
    if request.method == "POST":
        return {name: request.POST.get(name, "")[:300] for name in FIELDS}
    if again is not None:
        return {name: str(getattr(again, name) or "") for name in FIELDS}
    asked = request.GET.get("quantity") or request.GET.get("n") or ""
    return {**dict.fromkeys(FIELDS, ""), "kind": "company", "locale": formats.language(), "quantity": asked[:7]}


def _plan(product: Product, tariff: Tariff | None, quantity: str) -> dict[str, Any]:
    """What the page says of the plan: its terms, and what it will cost and when."""
    asks = tariff is not None and tariff.metric == Metric.QUANTITY
    number = (
        int(quantity) if quantity.isascii() and quantity.isdigit() and 0 < int(quantity) <= reports.MOST_UNITS else 1
    )
    outlook = None
    if tariff is not None:
        outlook = onboarding.outlook(tariff=tariff, quantity=number if asks else None, as_of=clock.now())
    return {
        "product": product,
        "tariff": tariff,
        "terms": tariff.terms() if tariff is not None else None,
        "outlook": outlook,
        "asks": asks,
        "number": number,
    }


def _ask(request: HttpRequest, product: Product, tariff: Tariff | None, given: dict[str, str]) -> dict[str, str]:
    """Keeps the sign-up and sends its link; returns what has to be put right."""
    asks = tariff is not None and tariff.metric == Metric.QUANTITY
    try:
        quantity = (written_quantity(request) or 1) if asks else None
    except BadInput as refusal:
        return {"quantity": explain_refusal(refusal)}
    wish = Wish(product, given["domain"], tariff.tariff_id if tariff is not None else None, quantity)
    new = signup.NewSignUp(given["email"], given["name"], given["customer_name"], given["kind"], given["locale"], wish)
    errors = signup.problems(new)
    if errors:
        return errors
    rate_limits.count(request, "sign_up", settings.SIGN_UPS_AN_HOUR)
    rate_limits.count(request, "sign_up_mail", settings.SIGN_UP_MAILS_AN_HOUR, given["email"].strip().lower())
    try:
        asked = signup.ask(new=new, as_of=clock.now())
    except Refusal as refusal:  # somebody was faster with the domain
        return {getattr(refusal, "field", "") or "domain": explain_refusal(refusal)}
    signup.send(sign_up=asked, as_of=clock.now())
    return {}


@never_cache
@require_GET
@_guarded
def sent(request: HttpRequest) -> HttpResponse:
    """The mail is on its way: the same words for everybody."""
    folder = settings.EMAIL_FILE_PATH if settings.BILLING_SANDBOX else None
    context = {"mail_folder": (folder or "").removeprefix(f"{settings.BASE_DIR}/")}
    return render(request, "portal/sign_up_sent.html", context)


# --- The link --------------------------------------------------------------------------------------------------------


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@_guarded
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """What will be made and what it costs; POST chooses the password and makes all of it in one."""
    asked = signup.of_link(token)
    if asked is None:
        return render(request, "portal/sign_up_closed.html", {"code": "broken"}, status=410)
    try:
        signup.refuse_closed(asked, clock.now())
    except Refusal as refusal:
        return _closed(request, asked, token, refusal)
    errors: dict[str, str] = {}
    status = 200
    domain = request.POST.get("domain", "")[:253] or asked.domain
    if request.method == "POST":
        try:
            return _let_in(request, asked, domain)
        except Refusal as refusal:
            if refusal.code in ("sign_up_used", "sign_up_known"):
                return _closed(request, asked, token, refusal)
            errors, status = {_field(refusal): explain_refusal(refusal)}, 422 if isinstance(refusal, BadInput) else 409
    shown: Opening | None = None
    try:
        shown = signup.preview(sign_up=asked, domain=domain, as_of=clock.now())
    except Refusal as refusal:
        errors = {**errors, _field(refusal): explain_refusal(refusal)}
        status = 409 if status == 200 else status
    return render(request, "portal/sign_up_confirm.html", _context(asked, token, domain, shown, errors), status=status)


def _field(refusal: Refusal) -> str:
    if refusal.code == "domain_taken":
        return "domain"
    field = getattr(refusal, "field", "")
    return field if field in ("password", "domain") else "all"


def _context(asked: SignUp, token: str, domain: str, shown: Opening | None, errors: dict[str, str]) -> dict[str, Any]:
    quote = shown.quote if shown is not None else None
    return {
        "asked": asked,
        "token": token,
        "domain": domain,
        "opening": shown,
        "shown": quote,
        "lines": cost_lines(quote),
        "errors": errors,
        "role": first_role(shown.instance) if shown is not None else None,
        "terms": asked.tariff.terms() if asked.tariff is not None else None,
        # With the domain alone in the way it is put right here; anything else is chosen anew.
        "can_go_on": shown is not None or set(errors) == {"domain"},
    }


def cost_lines(quote: StartQuote | None) -> list[tuple[Line, str]]:
    """Each sum with what it is for, in the words that the invoice will have."""
    if quote is None:
        return []
    return [(line, quote.describe(line, formats.language())) for line in quote.lines]


def _let_in(request: HttpRequest, asked: SignUp, domain: str) -> HttpResponse:
    user, made = signup.confirm(
        sign_up=asked,
        password=request.POST.get("password", ""),
        domain=domain,
        seen=request.POST.get("seen", ""),
        as_of=clock.now(),
    )
    login(request, user, backend=BACKEND)
    messages.success(
        request, _("Welcome! %(domain)s is made, and you are its administrator.") % {"domain": made.instance.domain}
    )
    return HttpResponseRedirect(reverse("portal:instance", args=[made.instance.public_id]))


def _closed(request: HttpRequest, asked: SignUp, token: str, refusal: Refusal) -> HttpResponse:
    """What has become of the link, and the way on: nothing that was typed is lost."""
    again = QueryDict(mutable=True)
    again["again"] = token
    add = f"{reverse('portal:new_instance')}?{signup.wish_query(asked)}"
    context = {
        "code": refusal.code,
        "reason": explain_refusal(refusal),
        "again": f"{reverse('portal:sign_up')}?{again.urlencode()}",
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': add})}",
    }
    return render(request, "portal/sign_up_closed.html", context, status=410)
