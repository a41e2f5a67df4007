"""Prices and quotas for everybody, without signing in (C1): what is on offer, what it costs, and a calculator.

The language may be chosen in the address, so that a link leads to the page that was meant and a cache keeps both apart.
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
from billing.charts.price_curve import most_shown, price_curve, typical
from billing.portal.permissions import refuse_odd
from billing.pricing.quantity import thresholds
from billing.pricing.review import SAMPLES
from billing.reports.tariffs import plans as reports
from billing.wording import unit_names

KEPT_FOR = 300  # seconds a cache may keep a page of prices: as long as anybody may wait for a new price to show

View = Callable[..., HttpResponse]


def public_page(view: View) -> View:
    """Everybody may read it and a cache may keep it, unless it names who reads it; ``?lang=`` chooses the language."""

    @wraps(view)
    @require_GET
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (chosen := _chosen_language(request)) is not None:
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen
        response = view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            patch_cache_control(response, public=True, max_age=KEPT_FOR)
        return response

    return wrapped


def _chosen_language(request: HttpRequest) -> str | None:
    asked = request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else None


def address_language(request: HttpRequest) -> dict[str, Any]:
    """What every public page needs: the language that the address names is kept by its links."""
    chosen = _chosen_language(request)
    return {"chosen": chosen, "keep": f"?lang={chosen}" if chosen else ""}


def quantity_asked(request: HttpRequest, otherwise: int) -> int:
    """The number in the address; ``otherwise`` where there is none or it is no number that anybody could mean."""
    text = request.GET.get("n", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        return otherwise
    return min(int(text), reports.MOST_UNITS)


def _offer_or_404(code: str) -> reports.Offer:
    refuse_odd(code)
    product = Product.objects.filter(code=code).first()
    offer = reports.offer_of(product) if product is not None else None
    if offer is None:
        raise Http404
    return offer


@public_page
def prices(request: HttpRequest) -> HttpResponse:
    """Every product that is on offer, with the prices of its plans."""
    return render(request, "portal/prices.html", {**address_language(request), "offers": reports.offers()})


@public_page
def product(request: HttpRequest, code: str) -> HttpResponse:
    """One product: its plans side by side, a calculator, the steps of its prices and sample bills."""
    offer = _offer_or_404(code)
    counted = offer.counted
    context = {
        **address_language(request),
        **calculator(offer, request),
        "offer": offer,
        "samples": [(number, [one.bill(number) for one in counted]) for number in _samples(counted)],
        "sampled": counted,
        "stepped": [plan.first for plan in offer.plans if plan.first.counts],
        "free_roles": _free_roles(offer),
    }
    return render(request, "portal/prices_product.html", context)


def _samples(counted: list[reports.Variant]) -> list[int]:
    """The sizes of the sample bills: always the same ones, and both sides of each step that lies beyond them."""
    steps = {start for one in counted for start in thresholds(one.terms) if start > SAMPLES[-1]}
    return sorted({*SAMPLES, *steps, *(start - 1 for start in steps), *([max(steps) * 2 - 2] if steps else [])})


@public_page
def bill(request: HttpRequest, code: str) -> HttpResponse:
    """The calculator's answer alone, for the slider."""
    return render(request, "portal/_bill.html", calculator(_offer_or_404(code), request))


def calculator(offer: reports.Offer, request: HttpRequest) -> dict[str, Any]:
    """What the number asked for would cost under each tariff; nothing where no tariff counts anything."""
    counted = offer.counted
    if not counted:
        return {"counted": False}
    terms = [one.terms for one in counted]
    quantity = quantity_asked(request, typical(terms))
    most = most_shown(terms, 0)
    return {
        "counted": True,
        "metric": offer.metric,
        "counting": terms[0],
        "question": unit_names.question_of(terms[0]),
        "quantity": quantity,
        "most": most,
        "largest": reports.MOST_UNITS,
        "bills": offer.priced(quantity),
        "curve": price_curve(terms[0], quantity, most),
        "curve_of": counted[0],
        "currency": terms[0].currency,
    }


def _free_roles(offer: reports.Offer) -> list[Role]:
    """The roles that nobody pays for, where others are paid for by the seat (B1)."""
    if not any(one.terms.metric == "paid_members" for one in offer.variants):
        return []
    return list(Role.objects.filter(product=offer.product, is_paid=False))
