"""The API tokens of a customer's instances: the list, creation (the secret is shown once, on the answering page), revocation."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Instance
from billing import clock
from billing.errors import BadInput, BillingError
from billing.models import ApiToken
from billing.operations import api_tokens as operations
from billing.operations.customers import ownership
from billing.portal.integration import administered_instances, administrators_of, first_call, instances_of, tokens_of
from billing.portal.permissions import AccountSelection, billing_page, refuse_unprintable, signed_in_user
from billing.portal.reauthentication import require_reauthentication
from billing.wording.refusals import explain_refusal

ROWS = 50
FEW = 10  # administrators named as those to ask for a token
MOST_TO_CHOOSE = 200  # instances in the list to choose from; the page of any other instance links to this form


@require_GET
@billing_page
def tokens(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Lists all tokens of the customer's instances that are not revoked."""
    page = Paginator(tokens_of(selection.account.customer), ROWS).get_page(request.GET.get("page"))
    context = {
        "section": "integration",
        "selection": selection,
        "zone": selection.account.zone,
        "page": page,
        "tokens": page.object_list,
        "may_make": administered_instances(selection.account.customer, signed_in_user(request)).exists(),
    }
    return render(request, "portal/integration_tokens.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@billing_page
def new_token(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    """Asks for the instance (``?instance=`` preselects it) and a label; POST creates the token. Offers only instances that the
    person administers (M15)."""
    if request.method == "POST":
        return _create(request, selection)
    return _form(request, selection)


@require_reauthentication
def _create(request: HttpRequest, selection: AccountSelection) -> HttpResponse:
    try:
        instance = _find_instance(selection, request.POST.get("instance", ""))
        if instance is None:
            raise BadInput(_("Choose the instance that the token is for."), field="instance")
        label = request.POST.get("label", "").strip()
        if len(label) > 100:
            raise BadInput(_("Write at most 100 characters."), field="label")
        token, secret = ownership.create_token(
            instance=instance, by=signed_in_user(request), label=label, at=clock.real_now()
        )
    except BadInput as refusal:
        return _form(request, selection, {refusal.field: explain_refusal(refusal)})
    except BillingError as refusal:
        return _form(request, selection, {"all": explain_refusal(refusal)}, status=409)
    context = {
        "section": "integration",
        "selection": selection,
        "token": token,
        "secret": secret,
        "first_call": first_call(instance, secret),
    }
    return render(request, "portal/integration_token_made.html", context)


def _find_instance(selection: AccountSelection, public_id: str) -> Instance | None:
    """Returns the customer's instance ``public_id`` (not deleted); None where there is none."""
    is_plausible = public_id.isprintable() and public_id
    return instances_of(selection.account.customer).filter(public_id=public_id).first() if is_plausible else None


def _form(
    request: HttpRequest, selection: AccountSelection, errors: dict[str, str] | None = None, *, status: int = 422
) -> HttpResponse:
    named = _find_instance(selection, request.POST.get("instance") or request.GET.get("instance", ""))
    administered = administered_instances(selection.account.customer, signed_in_user(request))
    chosen = administered.filter(pk=named.pk).first() if named is not None else None
    instances = list(administered[:MOST_TO_CHOOSE])
    if chosen is not None and chosen not in instances:
        instances.append(chosen)
    living = instances_of(selection.account.customer)
    not_administered = (
        living.filter(pk=named.pk) if named is not None and chosen is None else living.none() if instances else living
    )
    context = {
        "section": "integration",
        "selection": selection,
        "instances": instances,
        "chosen": chosen or (instances[0] if len(instances) == 1 else None),
        "who_can": list(administrators_of(not_administered)[:FEW]),
        "fields": request.POST,
        "errors": errors or {},
    }
    return render(request, "portal/integration_token_new.html", context, status=status if errors else 200)


@require_POST
@billing_page
def revoke_token(request: HttpRequest, selection: AccountSelection, public_id: str) -> HttpResponse:
    """Revokes a token at once; repeating it changes nothing."""
    refuse_unprintable(public_id)
    customer_ids = [account.customer_id for account in selection.all]
    token = (
        ApiToken.objects.filter(public_id=public_id, instance__customer__in=customer_ids)
        .select_related("instance")
        .first()
    )
    if token is None:
        raise Http404
    return _revoke(request, selection, token)


@require_reauthentication
def _revoke(request: HttpRequest, selection: AccountSelection, token: ApiToken) -> HttpResponse:
    operations.revoke_token(token=token, at=clock.real_now(), actor=signed_in_user(request).email)
    messages.success(
        request, _("The token %(token)s is revoked: whoever uses it is answered 401 from now on.") % {"token": token}
    )
    return HttpResponseRedirect(reverse("portal:integration") + selection.query)
