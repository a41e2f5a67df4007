"""The public prices and quotas, without signing in: what is on offer, what it costs, and a calculator (C1).

The language may be named in the address, so that a link leads to the intended page and a cache keeps the languages apart.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_GET

from accounts.models import Product, Role
from billing.charts.price_curve import price_curve, slider_end, typical_quantity
from billing.portal.permissions import refuse_unprintable
from billing.pricing.quantity import thresholds
from billing.pricing.review import SAMPLES
from billing.reports.tariffs import plans as reports
from billing.wording import unit_names

CACHE_SECONDS = 300  # seconds a cache may keep a page of prices: as long as anybody may wait for a new price to show

View = Callable[..., HttpResponse]


def public_page(view: View) -> View:
    """Decorates a page that everybody may read and a cache may keep, unless somebody is signed in; ``?lang=`` sets the language."""

    @wraps(view)
    @require_GET
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (chosen := _language_in_address(request)) is not None:
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        response = view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            patch_cache_control(response, public=True, max_age=CACHE_SECONDS)
        return response

    return wrapper


def _language_in_address(request: HttpRequest) -> str | None:
    code = request.GET.get("lang", "")
    return code if code in dict(settings.LANGUAGES) else None


def language_context(request: HttpRequest) -> dict[str, Any]:
    """Returns the context of every public page: the language that the address names, and the query that keeps it in links."""
    chosen = _language_in_address(request)
    return {"chosen": chosen, "keep": f"?lang={chosen}" if chosen else ""}


def read_quantity_shown(request: HttpRequest, default: int) -> int:
    """Reads the number of units in the address; ``default`` where there is none or it is no plausible number."""
    text = request.GET.get("n", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        return default
    return min(int(text), reports.MOST_UNITS)


def _offer_or_404(code: str) -> reports.Offer:
    refuse_unprintable(code)
    product = Product.objects.filter(code=code).first()
    offer = reports.offer_of(product) if product is not None else None
    if offer is None:
        raise Http404
    return offer


@public_page
def prices(request: HttpRequest) -> HttpResponse:
    """Shows every product that is on offer, with the prices of its plans."""
    return render(request, "portal/prices.html", {**language_context(request), "offers": reports.offers()})


@public_page
def product(request: HttpRequest, code: str) -> HttpResponse:
    """Shows one product: its plans side by side, a calculator, the steps of its prices and sample bills."""
    offer = _offer_or_404(code)
    counted = offer.counted
    context = {
        **language_context(request),
        **calculator(offer, request),
        "offer": offer,
        "samples": [(number, [variant.bill(number) for variant in counted]) for number in _samples(counted)],
        "sampled": counted,
        "stepped": [plan.first for plan in offer.plans if plan.first.counts],
        "free_roles": _free_roles(offer),
    }
    return render(request, "portal/prices_product.html", context)


def _samples(counted: list[reports.Variant]) -> list[int]:
    """Returns the quantities of the sample bills: the fixed ones, and both sides of each step beyond them."""
    steps = {start for variant in counted for start in thresholds(variant.terms) if start > SAMPLES[-1]}
    return sorted({*SAMPLES, *steps, *(start - 1 for start in steps), *([max(steps) * 2 - 2] if steps else [])})


@public_page
def bill(request: HttpRequest, code: str) -> HttpResponse:
    """Answers the slider: the calculator's figures as a fragment of the page."""
    return render(request, "portal/_calculator_bills.html", calculator(_offer_or_404(code), request))


def calculator(offer: reports.Offer, request: HttpRequest) -> dict[str, Any]:
    """Prices the number asked for under each tariff; only ``counted`` False where no tariff counts anything."""
    counted = offer.counted
    if not counted:
        return {"counted": False}
    terms = [variant.terms for variant in counted]
    quantity = read_quantity_shown(request, typical_quantity(terms))
    most = slider_end(terms, 0)
    return {
        "counted": True,
        "metric": offer.metric,
        "counting": terms[0],
        "question": unit_names.question_of(terms[0]),
        "quantity": quantity,
        "most": most,
        "largest": reports.MOST_UNITS,
        "bills": offer.price_variants(quantity),
        "curve": price_curve(terms[0], quantity, most),
        "curve_of": counted[0],
        "currency": terms[0].currency,
    }


def _free_roles(offer: reports.Offer) -> list[Role]:
    """Returns the roles that nobody pays for, where others are paid for by the seat (B1)."""
    if not any(variant.terms.metric == "paid_members" for variant in offer.variants):
        return []
    return list(Role.objects.filter(product=offer.product, is_paid=False))
