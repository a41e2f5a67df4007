"""The one way in which people of an instance change: a report makes one row in `MemberChange` and keeps `Member` right.

Reports may be repeated, late and out of order; the result is that of the ordered stream (D5). The caller holds the lock of
the instance (`lock`), names the instant `at` and decides what the change costs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from accounts.errors import BadInput
from accounts.models import Instance, Member, MemberChange, Role


@dataclass(frozen=True)
class Report:
    """What is told about a person: ``status`` one of `Member.Status`, ``occurred_at`` None where it happens right now."""

    external_id: str
    status: str
    email: str = ""
    name: str = ""
    role: str = ""
    occurred_at: datetime | None = None


def lock(instance: Instance) -> Instance:
    """The instance's row, locked until the transaction ends: all reports about one instance come one after another."""
    locked = Instance.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("product", "customer").get(pk=instance.pk)


def checked_email(email: str) -> str:
    """The address in lower case; refuses one that cannot receive mail."""
    cleaned = email.strip().lower()
    try:
        validate_email(cleaned)
    except ValidationError:
        raise BadInput(_("Enter an email address such as name@example.com."), field="email") from None
    return cleaned


def role_of(instance: Instance, code: str) -> Role:
    """The product's role ``code``; refuses an unknown one and names those there are."""
    roles = {role.code: role for role in Role.objects.filter(product=instance.product)}
    if code not in roles:
        known = ", ".join(roles)
        raise BadInput(
            _("There is no role “%(code)s” in this product. Use one of: %(known)s.") % {"code": code, "known": known},
            field="role",
            code="unknown_role",
        )
    return roles[code]


def first_role(instance: Instance) -> Role:
    """The role of the first person of an instance, who is its administrator (M15): the product's first."""
    return Role.objects.filter(product=instance.product).order_by("position", "pk")[0]


def in_order(changes: Iterable[MemberChange]) -> list[MemberChange]:
    """The changes in the order in which they count.

    By the instant; at one instant those that the reporter dated come first, the leaving before the coming (a person replaced
    at an instant was never there together with the successor, half-open intervals, D1), then those that we dated, as they
    came in. A dated report takes the place of all that was told before about this person and instant: it corrects it.
    """
    rows = sorted(changes, key=lambda row: row.pk)
    latest = {(row.member_id, row.occurred_at): row for row in rows if row.is_dated}
    undated = [row for row in rows if not row.is_dated and (row.member_id, row.occurred_at) not in latest]
    return sorted(
        [*latest.values(), *undated],
        key=lambda row: (
            row.occurred_at,
            not row.is_dated,
            row.is_dated and row.status == Member.Status.ACTIVE,
            row.pk,
        ),
    )


def _record(
    member: Member,
    status: str,
    role: Role,
    occurred_at: datetime,
    *,
    dated: bool,
    at: datetime,
    source: str,
    actor: str,
) -> MemberChange:
    return MemberChange.objects.create(
        instance_id=member.instance_id,
        member=member,
        status=status,
        role=role,
        occurred_at=occurred_at,
        is_dated=dated,
        received_at=at,
        source=source,
        actor=actor,
    )


def _details(member: Member, report: Report) -> None:
    """Name and address are taken from the newest report only; they price nothing."""
    if report.email:
        member.email = checked_email(report.email)
    if report.name:
        member.name = report.name


def _first_report(
    instance: Instance, report: Report, role: Role, *, at: datetime, source: str, actor: str
) -> tuple[Member, MemberChange]:
    occurred_at = report.occurred_at or at
    gone = report.status == Member.Status.REMOVED and not report.email  # who has left is told of without an address
    member = Member.objects.create(
        instance=instance,
        external_id=report.external_id,
        email="" if gone else checked_email(report.email),
        name=report.name,
        role=role,
        status=report.status,
        confirmed_at=occurred_at,
    )
    dated = occurred_at < at
    return member, _record(member, report.status, role, occurred_at, dated=dated, at=at, source=source, actor=actor)


def _late_report(
    member: Member, report: Report, role: Role, *, at: datetime, source: str, actor: str
) -> MemberChange | None:
    """A report about an instant before the one we already know of: history is filled in, the present stays.

    A repeat of a row that we have is dropped. Where later reports only confirmed the state (and so left no row), the
    confirmation becomes a row now: without it the late change would reach into the time it does not speak of.
    """
    occurred_at = report.occurred_at
    assert occurred_at is not None
    rows = in_order(member.changes.all())
    told = {(row.status, row.role_id) for row in rows if row.occurred_at == occurred_at}
    if (report.status, role.pk) in told:
        return None
    last = rows[-1]
    if last.occurred_at <= occurred_at < member.confirmed_at:
        _record(member, member.status, member.role, member.confirmed_at, dated=True, at=at, source=source, actor=actor)
    change = _record(member, report.status, role, occurred_at, dated=True, at=at, source=source, actor=actor)
    newest = in_order(member.changes.select_related("role"))[-1]
    member.status, member.role = newest.status, newest.role
    if not member.email:  # until now we had only heard that they left
        _details(member, report)
    member.save()
    return change


def report(
    *, instance: Instance, report: Report, at: datetime, source: str, actor: str = ""
) -> tuple[Member | None, MemberChange | None]:
    """Takes a report about one person and returns the member as it now stands with the row that was written.

    The row is None where the report told nothing new; the member is None where somebody unknown is removed now. A report
    that names its instant leaves a row also where it only confirms what is known, or tells of somebody we do not know yet
    that they left: both count as soon as a late report says what was before. ``at`` is the instant of the report itself.
    Refuses a broken address or an unknown role with `BadInput`.
    """
    dated = (
        report.occurred_at is not None and report.occurred_at < at
    )  # said to happen now: counts in the order of saying
    member = Member.objects.select_related("role").filter(instance=instance, external_id=report.external_id).first()
    if member is None:
        if report.status == Member.Status.REMOVED and report.occurred_at is None:
            return None, None
        unnamed = report.status == Member.Status.REMOVED and not report.role
        role = first_role(instance) if unnamed else role_of(instance, report.role)
        return _first_report(instance, report, role, at=at, source=source, actor=actor)
    role = role_of(instance, report.role) if report.role else member.role
    # Two reports at once may be heard in one order and taken in the other: what is said last happens last.
    occurred_at = report.occurred_at or max(at, member.confirmed_at)
    if dated and occurred_at <= member.confirmed_at:
        return member, _late_report(member, report, role, at=at, source=source, actor=actor)
    changed = (report.status, role.pk) != (member.status, member.role_id)
    _details(member, report)
    member.status, member.role, member.confirmed_at = report.status, role, max(occurred_at, member.confirmed_at)
    member.save()
    if not changed and report.occurred_at is None:
        return member, None
    return member, _record(member, report.status, role, occurred_at, dated=dated, at=at, source=source, actor=actor)
