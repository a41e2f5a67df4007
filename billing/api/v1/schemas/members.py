from typing import Annotated, Any

from pydantic import BaseModel

from accounts.models import Member
from billing.api.v1.fields import json_schema, one_of


class MemberAnswer(BaseModel):
    external_id: str
    email: str
    name: str
    role: str
    paid: bool
    status: Annotated[str, one_of(*Member.Status.values)]


class RowAnswer(BaseModel):
    """The answer to one row of a list: 200 with the member, 409 or 422 with the problem, and the rest stands."""

    external_id: str | None
    status: Annotated[int, json_schema(enum=[200, 409, 422])]
    member: MemberAnswer | None = None
    error: dict[str, Any] | None = None


def member_answer(member: Member) -> MemberAnswer:
    return MemberAnswer(
        external_id=member.external_id,
        email=member.email,
        name=member.name,
        role=member.role.code,
        paid=member.role.is_paid,
        status=member.status,
    )
