"""Requests of owners to support (M11–M14, M16): filed in the portal, answered within a working day, carried out by the same
operations as everything else."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Instance
from billing import notices
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount, CustomerRequest, RequestFile, Subscription
from billing.operations import audit
from billing.operations.customers import instances
from billing.operations.cycle import access
from billing.operations.subscriptions import lifecycle
from billing.pricing.periods import business_date
from billing.pricing.workdays import WorkCalendar, answer_by

Kind = CustomerRequest.Kind
Outcome = CustomerRequest.Outcome

LARGEST_FILE = 5 * 1024 * 1024
# What a file is by its first bytes; a name or a header can say anything.
SIGNATURES = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True)
class Attachment:
    """A file as it was uploaded."""

    name: str
    content: bytes


@dataclass(frozen=True)
class NewRequest:
    """The data of a request: about an instance for its life, about the account for money."""

    kind: str
    text: str = ""
    people: int | None = None
    files: tuple[Attachment, ...] = ()


def work_calendar() -> WorkCalendar:
    """Reads the operator's working days from the settings."""
    return WorkCalendar(
        weekdays=frozenset(int(day) - 1 for day in settings.WORK_WEEKDAYS),
        holidays=frozenset(date.fromisoformat(day) for day in settings.WORK_HOLIDAYS),
        workdays=frozenset(date.fromisoformat(day) for day in settings.WORK_EXTRA_DAYS),
    )


def _content_type(attachment: Attachment) -> str:
    """Returns the file's type by its first bytes; refuses what is no PDF or picture, what is empty and what is too large."""
    if len(attachment.content) > LARGEST_FILE:
        raise BadInput(_("The file is larger than 5 MB: send a smaller scan."), field="file")
    for start, content_type in SIGNATURES.items():
        if attachment.content.startswith(start):
            return content_type
    raise BadInput(_("Attach a PDF, a PNG or a JPEG."), field="file")


def _check_request(new: NewRequest, subscription: Subscription | None, as_of: datetime) -> None:
    if new.kind == Kind.PROOF_OF_PAYMENT and not new.files:
        raise BadInput(_("Attach the payment order: support looks at it."), field="file", rule="M16")
    if new.kind == Kind.YEAR_UP_FRONT and not (new.people and 1 <= new.people <= 100_000):
        raise BadInput(_("Enter how many people you expect."), field="people", rule="M11")
    if new.kind == Kind.TERMINATION and (subscription is None or subscription.terminated_at is not None):
        raise BillingError(_("There is no running subscription to end."), code="already_terminated", rule="M12")
    if new.kind == Kind.RESUMPTION:
        if subscription is None or subscription.terminated_at is None:
            raise BillingError(_("This subscription is running."), code="not_terminated", rule="M13")
        if as_of >= lifecycle.resumable_until(subscription):
            raise BillingError(
                _("A subscription can be resumed within 12 months of its termination."),
                code="resume_window_over",
                rule="M13",
            )
        lifecycle.refuse_debt(subscription, "M13")
    if new.kind == Kind.DELETION and subscription is not None:
        if subscription.terminated_at is None:
            raise BillingError(
                _("End the subscription first, then the instance can be deleted."),
                code="subscription_active",
                rule="M14",
            )
        lifecycle.refuse_debt(subscription, "M14")


@transaction.atomic
def file_request(
    *, account: BillingAccount, new: NewRequest, as_of: datetime, user_email: str, instance: Instance | None = None
) -> CustomerRequest:
    """Files a request; refuses at once what could not be carried out, so that nobody waits a day for a no."""
    if new.kind not in Kind.values:
        raise BadInput(_("Choose what you ask for."), field="kind")
    subscription = access.current_subscription(instance) if instance is not None else None
    _check_request(new, subscription, as_of)
    types = [_content_type(attachment) for attachment in new.files]
    try:
        with transaction.atomic():
            request = CustomerRequest.objects.create(
                kind=new.kind,
                account=account,
                instance=instance,
                subscription=subscription,
                requested_by=user_email,
                requested_at=as_of,
                text=new.text[:2000],
                people=new.people,
                answer_by=answer_by(business_date(as_of, account.zone), work_calendar()),
            )
    except IntegrityError:
        raise BillingError(_("You have asked for this already: support is on it."), code="request_waiting") from None
    for attachment, content_type in zip(new.files, types, strict=True):
        RequestFile.objects.create(
            request=request,
            name=attachment.name[-200:],
            content_type=content_type,
            content=attachment.content,
            sha256=hashlib.sha256(attachment.content).hexdigest(),
        )
    return request


def _lock_open(request: CustomerRequest) -> CustomerRequest:
    locked = CustomerRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if locked.answered_at is not None:
        raise BillingError(_("This request has been answered already."), code="already_answered")
    return locked


def _answer(request: CustomerRequest, outcome: Outcome, answer: str, as_of: datetime, actor: str) -> CustomerRequest:
    request.outcome, request.answer, request.answered_at, request.answered_by = outcome, answer, as_of, actor
    request.save(update_fields=["outcome", "answer", "answered_at", "answered_by"])
    audit.record(
        actor=actor,
        action=f"request.{outcome}",
        target=request,
        at=as_of,
        customer=request.account.customer,
        reason=answer,
        after={"kind": request.kind},
    )
    if outcome != Outcome.WITHDRAWN:
        notices.queue_request_answered(request=request, at=as_of)
    return request


@transaction.atomic
def carry_out(*, request: CustomerRequest, as_of: datetime, actor: str, answer: str = "") -> CustomerRequest:
    """Carries out ``request`` by the operation of that act and notifies the customer; a refusal of the act leaves it open.

    A proof of payment and a year up front are carried out by what support does for them (a relief, a payment, an offer);
    here they are only answered.
    """
    request = _lock_open(request)
    if request.kind == Kind.TERMINATION and request.subscription is not None:
        lifecycle.terminate(
            subscription=request.subscription,
            as_of=as_of,
            actor=actor,
            requested_by=request.requested_by,
            reason=request.text[:500] or str(Kind.TERMINATION.label),
        )
    elif request.kind == Kind.RESUMPTION and request.subscription is not None:
        lifecycle.resume(subscription=request.subscription, as_of=as_of, actor=actor, requested_by=request.requested_by)
    elif request.kind == Kind.DELETION and request.instance is not None:
        instances.delete_instance(
            instance=request.instance, as_of=as_of, actor=actor, requested_by=request.requested_by
        )
    return _answer(request, Outcome.DONE, answer, as_of, actor)


@transaction.atomic
def decline(*, request: CustomerRequest, as_of: datetime, actor: str, reason: str) -> CustomerRequest:
    """Declines ``request`` with the reason that the customer reads."""
    if not reason.strip():
        raise BadInput(_("Say why: the customer reads it."), field="reason")
    return _answer(_lock_open(request), Outcome.DECLINED, reason, as_of, actor)


@transaction.atomic
def withdraw(*, request: CustomerRequest, as_of: datetime, user_email: str) -> CustomerRequest:
    """Withdraws ``request`` for the customer before support has answered."""
    return _answer(_lock_open(request), Outcome.WITHDRAWN, "", as_of, user_email)
