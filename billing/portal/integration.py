"""A customer's webhook endpoints and API tokens, found for the person who signed in. Everything else, the operator's own
endpoints included, is 404 like what does not exist."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.models import Customer, Instance, Member, User
from billing.errors import BadInput
from billing.models import ApiToken, Subscription, WebhookDelivery, WebhookEndpoint
from billing.operations.customers import ownership
from billing.operations.events.event_types import TYPES, meaning_of
from billing.portal.permissions import AccountSelection, accounts_of, refuse_unprintable, signed_in_user
from billing.wording import webhook_events


@dataclass(frozen=True)
class TypeBox:
    """An event type as a checkbox: its name, what it means, whether it is ticked."""

    name: str
    meaning: str
    ticked: bool


def endpoints_of(customer: Customer) -> "QuerySet[WebhookEndpoint]":
    """Returns the customer's endpoints, those in use first, annotated ``unused`` where nothing was ever sent; without secrets."""
    endpoints = WebhookEndpoint.objects.filter(customer=customer).defer("secret", "old_secret")
    deliveries = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"))
    return endpoints.annotate(unused=~Exists(deliveries)).order_by("disabled_at", "pk")


def tokens_of(customer: Customer) -> "QuerySet[ApiToken]":
    """Returns the tokens of the customer's instances that are not revoked, the newest first."""
    tokens = ApiToken.objects.filter(scope=ApiToken.Scope.INSTANCE, instance__customer=customer, revoked_at=None)
    return tokens.select_related("instance__customer").defer("secret_sha256").order_by("-pk")


def instances_of(customer: Customer) -> "QuerySet[Instance]":
    return Instance.objects.filter(customer=customer, deleted_at=None).order_by("domain")


def administered_instances(customer: Customer, user: User) -> "QuerySet[Instance]":
    """Returns the customer's instances that ``user`` may create a token for: those they administer (M15)."""
    return instances_of(customer).filter(pk__in=ownership.administered_instances(user).values("pk"))


def administrators_of(instances: "QuerySet[Instance]") -> "QuerySet[Member]":
    """Returns the administrators of ``instances``, who may create tokens, each with the instance."""
    administrators = Member.objects.administrators().filter(instance__in=instances.order_by())
    return administrators.select_related("instance").order_by("instance__domain", "name", "email")


def instance_for_first_call(customer: Customer) -> Instance | None:
    """Returns the instance of the sample call: one with a running subscription, else any; None without instances."""
    living, running = instances_of(customer), Subscription.objects.filter(terminated_at=None)
    return living.filter(pk__in=running.values("instance")).first() or living.first()


def _select_account(request: HttpRequest, customer_id: int | None, number: str) -> AccountSelection | None:
    """Returns the selection of the account ``number``, else of the customer's first account; None where the person may see none."""
    accounts = tuple(accounts_of(signed_in_user(request)))
    customer_accounts = [account for account in accounts if account.customer_id == customer_id]
    matching_accounts = [account for account in customer_accounts if account.number == number] or customer_accounts
    return AccountSelection(matching_accounts[0], accounts) if matching_accounts else None


def endpoint_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a page of one endpoint: the view gets the `AccountSelection` and the endpoint in place of its id."""

    @wraps(view)
    @login_required
    def wrapper(request: HttpRequest, public_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        refuse_unprintable(public_id)
        endpoint = WebhookEndpoint.objects.filter(public_id=public_id).select_related("customer").first()
        selection = None
        if endpoint is not None and endpoint.customer_id is not None:
            selection = _select_account(request, endpoint.customer_id, request.GET.get("account", ""))
        if selection is None:
            raise Http404
        return view(request, selection, endpoint, *args, **kwargs)

    return wrapper


def delivery_or_404(endpoint: WebhookEndpoint, number: int) -> WebhookDelivery:
    """Returns the delivery ``number`` if it is to ``endpoint``."""
    delivery = WebhookDelivery.objects.filter(endpoint=endpoint, pk=number).select_related("event", "endpoint").first()
    if delivery is None:
        raise Http404
    return delivery


def type_boxes(ticked: Callable[[str], bool]) -> list[tuple[str, list[TypeBox]]]:
    """Returns every event type as a checkbox, grouped under headings."""
    return [
        (heading, [TypeBox(name, meaning_of(name), ticked(name)) for name in names])
        for heading, names in webhook_events.group_types(TYPES)
    ]


def read_types(request: HttpRequest) -> list[str]:
    """Reads the event types that were ticked; empty means all. Raises `BadInput` for "only these" with none ticked."""
    if request.POST.get("hears") != "some":
        return []
    ticked = [name for name in TYPES if name in request.POST.getlist("types")]
    if not ticked:
        raise BadInput(_("Tick at least one type of event, or choose all of them."), field="types")
    return ticked


def api_address() -> str:
    return f"{settings.BASE_URL}/api/v1"


def first_call(instance: Instance, token: str = "bp_\u2026") -> str:
    """Returns a curl command that shows whether ``token`` works."""
    return f"curl -H 'Authorization: Bearer {token}' \\\n{api_address()}/instances/{instance.public_id}"
