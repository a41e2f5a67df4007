from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Body, Path, Query, Router
from pydantic import ValidationError

from accounts.members import Report
from accounts.models import Member, MemberChange
from billing import clock
from billing.api.v1 import lookup
from billing.api.v1.auth import Bearer, actor_of
from billing.api.v1.document import examples, links
from billing.api.v1.document.facts import describe
from billing.api.v1.fields import ExternalId, Instant
from billing.api.v1.once import once
from billing.api.v1.paging import Listed, PageQuery, encode_cursor, read_primary_key, split_page
from billing.api.v1.problems import NotFound, refusal_body, row_problem
from billing.api.v1.schemas.members import MemberAnswer, RowAnswer, member_answer
from billing.api.v1.schemas.requests import MemberReport, MemberRow
from billing.api.v1.sentences import SENTENCES
from billing.errors import BadInput, Refusal
from billing.operations.subscriptions import metering

router = Router(tags=["members"], auth=Bearer())

MOST_ROWS = 1000
MEMBER_REFUSALS = ("instance_deleted", "trial_seat_limit", "unknown_role", "in_the_future")
Person = Annotated[ExternalId, Path()]


def _report(external_id: str, row: MemberReport) -> Report:
    return Report(
        external_id=external_id,
        status=row.status,
        email=row.email,
        name=row.name,
        role=row.role,
        occurred_at=row.occurred_at,
    )


@router.put(
    "instances/{instance_id}/members/{path:external_id}",
    response=MemberAnswer,
    summary="● Report a member",
    openapi_extra=describe(
        refusals=MEMBER_REFUSALS,
        body=examples.BORIS,
        answer=examples.MEMBER,
        links=links.links_to(
            "remove_member", external_id="$response.body#/external_id", instance_id="$request.path.instance_id"
        ),
    ),
)
@once()
def put_member(request: HttpRequest, instance_id: str, external_id: Person, payload: MemberReport) -> MemberAnswer:
    """Reports how a person is now, or was from `occurred_at` on. Repeats and late arrivals are fine (D5)."""
    member = metering.report_member(
        instance=lookup.instance(request, instance_id),
        report=_report(external_id, payload),
        as_of=clock.now(),
        source=MemberChange.Source.API,
        actor=actor_of(request),
    )
    return member_answer(member)


@router.put(
    "instances/{instance_id}/members",
    response=Listed[RowAnswer],
    summary="● Report up to 1,000 members",
    openapi_extra=describe(
        refusals=("instance_deleted", "too_many_rows"), body=examples.MEMBER_ROWS, answer=examples.ROW_ANSWERS
    ),
)
@once()
def put_members(request: HttpRequest, instance_id: str, payload: Annotated[list[Any], Body()]) -> Listed[RowAnswer]:
    """Reports up to 1,000 people at once, each row an answer of its own: a refused one does not hold up the rest."""
    instance = lookup.instance(request, instance_id)
    if len(payload) > MOST_ROWS:
        raise BadInput(SENTENCES["too_many_rows"], code="too_many_rows")
    answers = [_read_row(row) for row in payload]
    reports = [_report(row.external_id, row) for row in answers if isinstance(row, MemberRow)]
    outcomes = iter(
        metering.report_members(
            instance=instance,
            reports=reports,
            as_of=clock.now(),
            source=MemberChange.Source.API,
            actor=actor_of(request),
        )
    )
    items = [_answer_row(row.external_id, next(outcomes)) if isinstance(row, MemberRow) else row for row in answers]
    return Listed[RowAnswer](items=items, next=None)


def _read_row(row: Any) -> MemberRow | RowAnswer:
    """Validates a row: returns it, or the answer with its problem."""
    try:
        return MemberRow.model_validate(row)
    except ValidationError as error:
        sent_id = row.get("external_id") if isinstance(row, dict) else None
        external_id = sent_id.encode("utf-8", "replace").decode()[:128] if isinstance(sent_id, str) else None
        return RowAnswer(external_id=external_id, status=422, error=row_problem(error))


def _answer_row(external_id: str, outcome: Member | Refusal) -> RowAnswer:
    if isinstance(outcome, Refusal):
        error = refusal_body(outcome)
        return RowAnswer(external_id=external_id, status=error["status"], error=error)
    return RowAnswer(external_id=external_id, status=200, member=member_answer(outcome))


@router.delete(
    "instances/{instance_id}/members/{path:external_id}",
    response={204: None},
    summary="● Report that a member is gone",
    openapi_extra=describe(refusals=("instance_deleted", "in_the_future")),
)
@once(204)
def remove_member(
    request: HttpRequest, instance_id: str, external_id: Person, occurred_at: Annotated[Instant | None, Query()] = None
) -> None:
    """Reports that a person is gone, now or since `occurred_at`; also when they already were."""
    metering.report_member(
        instance=lookup.instance(request, instance_id),
        report=Report(external_id=external_id, status=Member.Status.REMOVED, occurred_at=occurred_at),
        as_of=clock.now(),
        source=MemberChange.Source.API,
        actor=actor_of(request),
    )


@router.get(
    "instances/{instance_id}/members",
    response=Listed[MemberAnswer],
    summary="● The members",
    openapi_extra=describe(
        refusals=("invalid_cursor",),
        answer=examples.MEMBERS,
        links=links.links_to(
            "put_member",
            "remove_member",
            external_id="$response.body#/items/0/external_id",
            instance_id="$request.path.instance_id",
        ),
    ),
)
def list_members(request: HttpRequest, instance_id: str, query: PageQuery) -> Listed[MemberAnswer]:
    """Lists the people of the instance, invited, active and blocked, in the order in which they were first reported."""
    instance, last = lookup.instance(request, instance_id), read_primary_key(query.key())
    # A cursor names somebody of this very instance: another's is answered like none at all.
    if last and not Member.objects.filter(instance=instance, pk=last).exists():
        raise NotFound
    present = Member.objects.present().filter(instance=instance)
    rows = present.filter(pk__gt=last).select_related("role").order_by("pk")
    page, more = split_page(rows[: query.limit + 1], query.limit)
    return Listed[MemberAnswer](
        items=[member_answer(member) for member in page], next=encode_cursor(str(page[-1].pk)) if more else None
    )
