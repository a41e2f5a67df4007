from datetime import datetime

from django.http import HttpRequest
from ninja import Router

from billing import clock
from billing.api.v1 import lookup
from billing.api.v1.auth import actor_of
from billing.api.v1.document import examples, links
from billing.api.v1.document.facts import describe
from billing.api.v1.once import once
from billing.api.v1.schemas.quotes import ChangeAnswer, PreviewAnswer, add_preview, change_answer, preview_answer
from billing.api.v1.schemas.requests import (
    Choice,
    Extension,
    NewSubscription,
    NewTerms,
    Nothing,
    Resumption,
    Termination,
    Terms,
    Undoing,
)
from billing.api.v1.schemas.subscriptions import SubscriptionAnswer, add_subscription_id, subscription_answer
from billing.errors import BillingError
from billing.operations.subscriptions import lifecycle, plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest

router = Router(tags=["subscriptions"])

# What a change of terms may be refused for, asked for or carried out.
TERMS_REFUSALS = (
    "product_is_free",
    "trial_choose",
    "already_terminated",
    "cancelled",
    "next_period_paid",
    "only_at_period_end",
    "nothing_changes",
    "unknown_tariff",
    "trial_is_no_choice",
    "invalid_quantity",
)


def _answer_current(subscription_id: str, as_of: datetime) -> SubscriptionAnswer:
    """Reads the subscription again and answers it."""
    return subscription_answer(lookup.subscription(subscription_id), as_of)


def _wish(terms: Terms) -> TermsRequest:
    return TermsRequest(tariff_id=terms.tariff_id, quantity=terms.quantity, when=terms.when)


@router.post(
    "instances/{instance_id}/subscriptions",
    response={201: SubscriptionAnswer},
    summary="Put an instance on a tariff",
    openapi_extra=describe(
        refusals=(
            "subscription_exists",
            "resume_instead",
            "instance_deleted",
            "trial_used",
            "unknown_tariff",
            "invalid_quantity",
        ),
        body={"tariff_id": "blue-monthly", "trial": True},
        answer=examples.IN_TRIAL,
        links={**links.OF_SUBSCRIPTION, **links.links_to(*links.CALLS_OF_ACCOUNT, number="$response.body#/account")},
    ),
)
@once(201)
def create_subscription(request: HttpRequest, instance_id: str, payload: NewSubscription) -> SubscriptionAnswer:
    """Puts the instance on a published tariff: into its trial, unless `trial` is false, or into paid time (D18).

    A free product asks for no tariff (E1).
    """
    as_of, instance = clock.now(), lookup.instance(request, instance_id)
    try:
        created = lifecycle.create_subscription(
            instance=instance,
            tariff_id=payload.tariff_id,
            quantity=payload.quantity,
            trial=payload.trial,
            as_of=as_of,
            actor=actor_of(request),
        )
    except BillingError as refusal:
        raise add_subscription_id(refusal, instance) from None
    return _answer_current(created.public_id, as_of)


@router.get(
    "subscriptions/{subscription_id}",
    response=SubscriptionAnswer,
    summary="A subscription",
    openapi_extra=describe(answer=examples.A_SUBSCRIPTION, links=links.OF_SUBSCRIPTION),
)
def get_subscription(request: HttpRequest, subscription_id: str) -> SubscriptionAnswer:
    """Returns a subscription as it stands now."""
    return _answer_current(subscription_id, clock.now())


# --- Terms -----------------------------------------------------------------------------------------------------------


@router.post(
    "subscriptions/{subscription_id}/choose",
    response=SubscriptionAnswer,
    summary="Choose a tariff after a trial",
    openapi_extra=describe(
        refusals=("no_trial", "unknown_tariff", "trial_is_no_choice", "invalid_quantity"),
        body={"tariff_id": "blue-annual"},
        answer=examples.CHOSEN,
        links=links.OF_SUBSCRIPTION,
    ),
)
@once()
def choose_tariff(request: HttpRequest, subscription_id: str, payload: Choice) -> SubscriptionAnswer:
    """Ends a trial by a choice: charged from the day after its last day, or from today where it has lapsed (B2, D12)."""
    as_of = clock.now()
    trials.choose_tariff(
        subscription=lookup.subscription(subscription_id),
        tariff_id=payload.tariff_id,
        quantity=payload.quantity,
        as_of=as_of,
        actor=actor_of(request),
    )
    return _answer_current(subscription_id, as_of)


@router.post(
    "subscriptions/{subscription_id}/preview",
    response=PreviewAnswer,
    summary="What other terms would cost",
    openapi_extra=describe(
        refusals=TERMS_REFUSALS,
        body={"tariff_id": "blue-annual", "when": "now"},
        answer=examples.A_PREVIEW,
        links={
            "change_terms": links.link_to(
                "change_terms", {"subscription_id": "$request.path.subscription_id"}, {"quote": "$response.body#/quote"}
            )
        },
        takes_key=False,  # it writes nothing
    ),
)
def preview_change(request: HttpRequest, subscription_id: str, payload: Terms) -> PreviewAnswer:
    """Prices a change to other terms: due now, lost, the next charge. Changes nothing (G10)."""
    subscription = lookup.subscription(subscription_id)
    return preview_answer(
        plan_changes.quote_change(subscription=subscription, request=_wish(payload), as_of=clock.now())
    )


@router.post(
    "subscriptions/{subscription_id}/change",
    response=ChangeAnswer,
    summary="Change to other terms",
    openapi_extra=describe(
        refusals=(*TERMS_REFUSALS, "quote_expired"),
        body={"tariff_id": "blue-annual", "when": "now", "quote": examples.QUOTE},
        answer={**examples.A_SUBSCRIPTION, "tariff_id": "blue-annual", "renews_on": "2027-04-20", **examples.FIGURES},
        links=links.links_to("undo_change", "get_subscription", "cancel_subscription", subscription_id=links.ID),
    ),
)
@once()
def change_terms(request: HttpRequest, subscription_id: str, payload: NewTerms) -> ChangeAnswer:
    """Puts the subscription on other terms, now or from its next period on (E6, E7, D7, B8).

    With the `quote` of a preview it is refused where the figures have become others; the fresh ones are in `preview`.
    """
    as_of = clock.now()
    try:
        quote = plan_changes.change_terms(
            subscription=lookup.subscription(subscription_id),
            request=_wish(payload),
            quote_token=payload.quote,
            as_of=as_of,
            actor=actor_of(request),
        )
    except BillingError as refusal:
        raise add_preview(refusal) from None
    return change_answer(_answer_current(subscription_id, as_of), quote)


@router.post(
    "subscriptions/{subscription_id}/undo-change",
    response=SubscriptionAnswer,
    summary="Take a change back",
    openapi_extra=describe(
        refusals=("nothing_to_undo",),
        body={"tariff_id": "blue-annual"},
        answer=examples.A_SUBSCRIPTION,
        links=links.OF_SUBSCRIPTION,
    ),
)
@once()
def undo_change(request: HttpRequest, subscription_id: str, payload: Undoing | None = None) -> SubscriptionAnswer:
    """Takes back the change that is scheduled, else the last one of this day, in full (D6).

    Name the terms to be rid of, and a request that is sent twice takes back one change and not two.
    """
    as_of, wish = clock.now(), payload or Undoing()
    plan_changes.undo_change(
        subscription=lookup.subscription(subscription_id),
        tariff_id=wish.tariff_id,
        quantity=wish.quantity,
        as_of=as_of,
        actor=actor_of(request),
    )
    return _answer_current(subscription_id, as_of)


@router.post(
    "subscriptions/{subscription_id}/extend-trial",
    response=SubscriptionAnswer,
    summary="Lengthen a trial",
    openapi_extra=describe(
        refusals=("no_trial", "trial_moved"),
        body={"days": 7, "reason": "They are moving house", "trial_ends_on": "2026-04-17"},
        answer={**examples.IN_TRIAL, "trial_ends_on": "2026-04-24"},
        links=links.OF_SUBSCRIPTION,
    ),
)
@once()
def extend_trial(request: HttpRequest, subscription_id: str, payload: Extension) -> SubscriptionAnswer:
    """Lengthens a trial, also one that has lapsed: then from today (B2)."""
    as_of = clock.now()
    trials.extend_trial(
        subscription=lookup.subscription(subscription_id),
        days=payload.days,
        reason=payload.reason,
        ends_on=payload.trial_ends_on,
        as_of=as_of,
        actor=actor_of(request),
    )
    return _answer_current(subscription_id, as_of)


# --- The end ---------------------------------------------------------------------------------------------------------


@router.post(
    "subscriptions/{subscription_id}/cancel",
    response=SubscriptionAnswer,
    summary="Cancel at the end of what is paid",
    openapi_extra=describe(
        refusals=("already_terminated", "nothing_to_cancel", "not_prepaid"),
        body={},
        answer=examples.CANCELLED,
        links=links.OF_SUBSCRIPTION,
    ),
)
@once()
def cancel_subscription(
    request: HttpRequest, subscription_id: str, payload: Nothing | None = None
) -> SubscriptionAnswer:
    """Cancels the next renewal; everything works to the end of what is paid (C4)."""
    as_of = clock.now()
    plan_changes.cancel_subscription(
        subscription=lookup.subscription(subscription_id), as_of=as_of, actor=actor_of(request)
    )
    return _answer_current(subscription_id, as_of)


@router.post(
    "subscriptions/{subscription_id}/undo-cancel",
    response=SubscriptionAnswer,
    summary="Take a cancellation back",
    openapi_extra=describe(
        refusals=("not_cancelled",), body={}, answer=examples.A_SUBSCRIPTION, links=links.OF_SUBSCRIPTION
    ),
)
@once()
def undo_cancel(request: HttpRequest, subscription_id: str, payload: Nothing | None = None) -> SubscriptionAnswer:
    """Takes the cancellation back while the subscription still runs (C4)."""
    as_of = clock.now()
    plan_changes.undo_cancellation(
        subscription=lookup.subscription(subscription_id), as_of=as_of, actor=actor_of(request)
    )
    return _answer_current(subscription_id, as_of)


@router.post(
    "subscriptions/{subscription_id}/terminate",
    response=SubscriptionAnswer,
    summary="Terminate at once",
    openapi_extra=describe(
        refusals=("already_terminated",),
        body={"reason": "The owner asked by letter", "requested_by": "anna@romashka.example"},
        answer=examples.ENDED,
        links=links.OF_SUBSCRIPTION,
    ),
)
@once()
def terminate_subscription(request: HttpRequest, subscription_id: str, payload: Termination) -> SubscriptionAnswer:
    """Ends the subscription on the owner's word and issues the final invoice (M12)."""
    as_of = clock.now()
    lifecycle.terminate(
        subscription=lookup.subscription(subscription_id),
        as_of=as_of,
        actor=actor_of(request),
        reason=payload.reason,
        requested_by=payload.requested_by,
    )
    return _answer_current(subscription_id, as_of)


@router.post(
    "subscriptions/{subscription_id}/resume",
    response=SubscriptionAnswer,
    summary="Resume a terminated subscription",
    openapi_extra=describe(
        refusals=("instance_deleted", "not_terminated", "new_subscription", "resume_window_over", "debt_outstanding"),
        body={"requested_by": "anna@romashka.example"},
        answer={**examples.A_SUBSCRIPTION, "tariff_id": "meteor-cloud", "trial_ends_on": None},
        links=links.OF_SUBSCRIPTION,
    ),
)
@once()
def resume_subscription(
    request: HttpRequest, subscription_id: str, payload: Resumption | None = None
) -> SubscriptionAnswer:
    """Takes a terminated subscription up again, within 12 months and if nothing is owed (M13)."""
    as_of = clock.now()
    lifecycle.resume(
        subscription=lookup.subscription(subscription_id),
        as_of=as_of,
        actor=actor_of(request),
        requested_by=payload.requested_by if payload else "",
    )
    return _answer_current(subscription_id, as_of)
