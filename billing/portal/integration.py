"""What a customer's developers have here: endpoints of their own and tokens of their instances, found for the person who signed
in. Everything else, the operator's endpoints too, is 404 like what does not exist."""

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
from billing.portal.permissions import Desk, accounts_of, refuse_odd, signed_in
from billing.wording import webhook_events


@dataclass(frozen=True)
class TypeBox:
    """A type of event as a box to tick: what it tells, and whether it is ticked."""

    name: str
    told: str
    ticked: bool


def endpoints_of(customer: Customer) -> "QuerySet[WebhookEndpoint]":
    """The customer's own endpoints, those in use first, each with whether it is ``unused``; their secrets stay where they are."""
    mine = WebhookEndpoint.objects.filter(customer=customer).defer("secret", "old_secret")
    sent = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"))
    return mine.annotate(unused=~Exists(sent)).order_by("disabled_at", "pk")


def tokens_of(customer: Customer) -> "QuerySet[ApiToken]":
    """The living tokens of the customer's instances, the newest first."""
    mine = ApiToken.objects.filter(scope=ApiToken.Scope.INSTANCE, instance__customer=customer, revoked_at=None)
    return mine.select_related("instance__customer").defer("secret_sha256").order_by("-pk")


def instances_of(customer: Customer) -> "QuerySet[Instance]":
    return Instance.objects.filter(customer=customer, deleted_at=None).order_by("domain")


def administered_of(customer: Customer, user: User) -> "QuerySet[Instance]":
    """Those of the customer's instances that ``user`` may make a token for: the ones they administer (M15)."""
    return instances_of(customer).filter(pk__in=ownership.administered_instances(user).values("pk"))


def administrators_of(instances: "QuerySet[Instance]") -> "QuerySet[Member]":
    """Who makes tokens for ``instances``, with the instance of each."""
    found = Member.objects.administrators().filter(instance__in=instances.order_by())
    return found.select_related("instance").order_by("instance__domain", "name", "email")


def running_of(customer: Customer) -> Instance | None:
    """An instance to show the first call with: one whose subscription runs, else any."""
    living, running = instances_of(customer), Subscription.objects.filter(terminated_at=None)
    return living.filter(pk__in=running.values("instance")).first() or living.first()


def _desk_of(request: HttpRequest, customer_id: int | None, number: str) -> Desk | None:
    """The desk of the account ``number``, else of the first account of the customer; None where it is not the person's."""
    accounts = tuple(accounts_of(signed_in(request)))
    own = [one for one in accounts if one.customer_id == customer_id]
    chosen = [one for one in own if one.number == number] or own
    return Desk(chosen[0], accounts) if chosen else None


def endpoint_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of one endpoint: the view gets the `Desk` and the endpoint in place of its id."""

    @wraps(view)
    @login_required
    def wrapped(request: HttpRequest, public_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        refuse_odd(public_id)
        endpoint = WebhookEndpoint.objects.filter(public_id=public_id).select_related("customer").first()
        desk = None
        if endpoint is not None and endpoint.customer_id is not None:
            desk = _desk_of(request, endpoint.customer_id, request.GET.get("account", ""))
        if desk is None:
            raise Http404
        return view(request, desk, endpoint, *args, **kwargs)

    return wrapped


def delivery_or_404(endpoint: WebhookEndpoint, number: int) -> WebhookDelivery:
    """The delivery ``number`` if it is to ``endpoint``."""
    found = WebhookDelivery.objects.filter(endpoint=endpoint, pk=number).select_related("event", "endpoint").first()
    if found is None:
        raise Http404
    return found


def type_boxes(ticked: Callable[[str], bool]) -> list[tuple[str, list[TypeBox]]]:
    """Every type of event under its heading, as boxes."""
    return [
        (heading, [TypeBox(name, meaning_of(name), ticked(name)) for name in names])
        for heading, names in webhook_events.grouped(TYPES)
    ]


def types_typed(request: HttpRequest) -> list[str]:
    """The types that were ticked, none for all of them. Raises `BadInput` for "only these" without one."""
    if request.POST.get("hears") != "some":
        return []
    ticked = [name for name in TYPES if name in request.POST.getlist("types")]
    if not ticked:
        raise BadInput(_("Tick at least one type of event, or choose all of them."), field="types")
    return ticked


def api_address() -> str:
    return f"{settings.BASE_URL}/api/v1"


def first_call(instance: Instance, token: str = "bp_\u2026") -> str:
    """The call that shows whether it works, for a shell."""
    return f"curl -H 'Authorization: Bearer {token}' \\\n{api_address()}/instances/{instance.public_id}"
