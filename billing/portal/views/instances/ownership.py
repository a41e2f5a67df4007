"""Transferring the ownership of an instance: to whom, the giver's new role, the effect on the bill, then the transfer (M15)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Instance, Member, User
from billing import clock
from billing.errors import BadInput, Refusal
from billing.operations.customers import member_management
from billing.operations.customers import ownership as operations
from billing.operations.customers.member_management import Effect, find_administrator
from billing.operations.customers.ownership import Transfer
from billing.portal.get_or_404 import instance_or_404
from billing.portal.permissions import AccountSelection, refuse_unprintable, signed_in_user
from billing.portal.reauthentication import redirect_to_reauthentication
from billing.wording.refusals import explain_refusal

LEAVE = "leave"


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def ownership(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows the choice and its effect to an administrator who has just reauthenticated; POST transfers for the effect seen."""
    refuse_unprintable(public_id)
    selection, instance, _subscription = instance_or_404(request, public_id)
    user, as_of = signed_in_user(request), clock.now()
    giver = find_administrator(instance, user)
    if giver is None:
        context = {"section": "instances", "selection": selection, "instance": instance}
        return render(request, "portal/ownership_refused.html", context, status=403)
    data = request.POST if request.method == "POST" else request.GET
    redirect = redirect_to_reauthentication(request, _address(request, data))
    if redirect is not None:
        return redirect
    errors: dict[str, str] = {}
    status = 200
    preview: tuple[Member, Effect | None] | None = None
    transfer = _read_transfer(data)
    if transfer is None and data.get("look"):
        errors, status = {"all": _("Choose who gets it, and what becomes of you.")}, 422
    try:
        if request.method == "POST" and transfer is not None:
            try:
                handover = operations.transfer_instance(
                    instance=instance, by=user, transfer=transfer, as_of=as_of, seen=request.POST.get("seen", "")
                )
                messages.success(
                    request,
                    _("%(domain)s is in the hands of %(name)s now. Both of you get a mail about it.")
                    % {"domain": instance.domain, "name": handover.taker},
                )
                return HttpResponseRedirect(reverse("portal:overview"))
            except Refusal as refusal:
                errors, status = _errors_by_field(refusal), 422 if isinstance(refusal, BadInput) else 409
        if transfer is not None and status != 422:
            effect = operations.preview_transfer(instance=instance, by=user, transfer=transfer, as_of=as_of)
            preview = (Member.objects.select_related("role").get(pk=transfer.to_id), effect)
    except Refusal as refusal:
        errors, status = {**_errors_by_field(refusal), **errors}, 422 if isinstance(refusal, BadInput) else 409
    return render(
        request,
        "portal/ownership.html",
        _context(selection, instance, user, giver, data, preview, errors),
        status=status,
    )


def _address(request: HttpRequest, data: QueryDict) -> str:
    """Returns this page with what was chosen, so that the reauthentication leads back to it and not to an empty form."""
    chosen = {name: data.get(name, "") for name in ("to", "role", "invoices", "tokens") if data.get(name)}
    return f"{request.path}?{urlencode(chosen)}" if chosen else request.path


def _read_transfer(data: QueryDict) -> Transfer | None:
    """Reads the transfer that was chosen; None while the new owner or the giver's role is missing."""
    to, role = data.get("to", ""), data.get("role", "")
    if not (to.isascii() and to.isdigit() and len(to) < 19 and role):
        return None
    return Transfer(
        int(to), "" if role == LEAVE else role, data.get("invoices") == "yes", data.get("tokens") == "revoke"
    )


def _errors_by_field(refusal: Refusal) -> dict[str, str]:
    field = getattr(refusal, "field", "")
    return {field if field in ("to", "role") else "all": explain_refusal(refusal)}


def _context(
    selection: AccountSelection,
    instance: Instance,
    user: User,
    giver: Member,
    data: QueryDict,
    preview: tuple[Member, Effect | None] | None,
    errors: dict[str, str],
) -> dict[str, Any]:
    people = Member.objects.active().filter(instance=instance).exclude(pk=giver.pk).select_related("role")
    taker, effect = preview if preview is not None else (None, None)
    return {
        "section": "instances",
        "selection": selection,
        "instance": instance,
        "currency": selection.account.currency,
        "customer": selection.account.customer,
        "giver": giver,
        "people": people.order_by("name", "email", "pk"),
        "roles": operations.roles_to_keep(instance),
        "administrator_role": operations.administrator_role(instance),
        "to": data.get("to", ""),
        "role": data.get("role", ""),
        "invoices": data.get("invoices") == "yes",
        "revoke": data.get("tokens") == "revoke",
        "tokens": operations.active_tokens(instance).count(),
        "reach": operations.describe_shared_account(instance, giver, user),
        "taker": taker,
        "effect": effect,
        "back_minor": max(0, -effect.amount_minor) if effect is not None else 0,
        "less_minor": max(0, -effect.later_minor) if effect is not None else 0,
        "seen": member_management.token_of(effect),
        "errors": errors,
    }
