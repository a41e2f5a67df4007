"""Members of an instance change through reports alone: each appends one row to `MemberChange` and brings `Member` up to date.

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

# The first key of rows that are only foreseen: they count after every stored one.
NOT_STORED_YET = 2**62


@dataclass(frozen=True)
class Report:
    """A product reports one person: ``status`` is one of `Member.Status`, ``occurred_at`` is None where it happens right now."""

    external_id: str
    status: str
    email: str = ""
    name: str = ""
    role: str = ""
    occurred_at: datetime | None = None


def lock(instance: Instance) -> Instance:
    """Locks the instance's row until the transaction ends, so that reports about one instance come one after another."""
    locked = Instance.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("product", "customer").get(pk=instance.pk)


def clean_email(email: str) -> str:
    """Returns the address in lower case, without surrounding spaces. Raises BadInput for one that cannot receive mail."""
    cleaned = email.strip().lower()
    try:
        validate_email(cleaned)
    except ValidationError:
        raise BadInput(_("Enter an email address such as name@example.com."), field="email") from None
    return cleaned


def find_role(instance: Instance, code: str) -> Role:
    """Returns the product's role ``code``. Raises BadInput for an unknown one, with the roles that the product has."""
    roles = {role.code: role for role in Role.objects.filter(product=instance.product)}
    if code not in roles:
        raise BadInput(
            _("There is no role “%(code)s” in this product. Use one of: %(known)s.")
            % {"code": code, "known": ", ".join(roles)},
            field="role",
            code="unknown_role",
        )
    return roles[code]


def first_role(instance: Instance) -> Role:
    """Returns the product's first role, which the first person of an instance gets: that person is its administrator (M15)."""
    return Role.objects.filter(product=instance.product).order_by("position", "pk")[0]


def order_changes(changes: Iterable[MemberChange]) -> list[MemberChange]:
    """Orders the changes of one instance as pricing counts them.

    By the instant; at one instant those that the reporter dated come first, who leaves before who joins (intervals are
    half-open, so a person and the successor of the same instant are never active together, D1), then those that we dated, in
    the order of arrival. A dated report replaces every earlier report about the same person and instant: it corrects them.
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


def _record_change(
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


def _update_details(member: Member, report: Report) -> None:
    """Takes name and address over from ``report``; the caller sees to it that it is the newest one. They price nothing."""
    if report.email:
        member.email = clean_email(report.email)
    if report.name:
        member.name = report.name


def _record_first_report(
    instance: Instance, report: Report, role: Role, *, at: datetime, source: str, actor: str
) -> tuple[Member, MemberChange]:
    occurred_at = report.occurred_at or at
    has_left = (
        report.status == Member.Status.REMOVED and not report.email
    )  # a report of leaving may come without an address
    member = Member.objects.create(
        instance=instance,
        external_id=report.external_id,
        email="" if has_left else clean_email(report.email),
        name=report.name,
        role=role,
        status=report.status,
        confirmed_at=occurred_at,
    )
    dated = occurred_at < at
    return member, _record_change(
        member, report.status, role, occurred_at, dated=dated, at=at, source=source, actor=actor
    )


def _record_late_report(
    member: Member, report: Report, role: Role, *, at: datetime, source: str, actor: str
) -> MemberChange | None:
    """Records a report about an instant before the newest reported one: history is completed, the present stays.

    Returns None for the repeat of a row that is there. Where later reports only confirmed the state (and so left no row),
    the confirmation becomes a row now: without it the late change would last beyond the instant of that confirmation.
    """
    occurred_at = report.occurred_at
    assert occurred_at is not None
    rows = order_changes(member.changes.all())
    reported = {(row.status, row.role_id) for row in rows if row.occurred_at == occurred_at}
    if (report.status, role.pk) in reported:
        return None
    last = rows[-1]
    if last.occurred_at <= occurred_at < member.confirmed_at:
        _record_change(
            member, member.status, member.role, member.confirmed_at, dated=True, at=at, source=source, actor=actor
        )
    change = _record_change(member, report.status, role, occurred_at, dated=True, at=at, source=source, actor=actor)
    newest = order_changes(member.changes.select_related("role"))[-1]
    member.status, member.role = newest.status, newest.role
    if not member.email:  # so far a report of their leaving is all there was
        _update_details(member, report)
    member.save()
    return change


def foresee_report(*, instance: Instance, report: Report, at: datetime) -> MemberChange | None:
    """Returns the row, not stored, that ``report`` would write if it were recorded now, at ``at``; None where it changes nothing.

    Its key is later than every stored one. Somebody unknown has no key yet. Refuses what `report` refuses; ``report`` names no
    instant of its own.
    """
    member = Member.objects.select_related("role").filter(instance=instance, external_id=report.external_id).first()
    if member is None and report.status == Member.Status.REMOVED:
        return None
    role = find_role(instance, report.role) if report.role or member is None else member.role
    if report.email or member is None:
        clean_email(report.email)
    if member is not None and (report.status, role.pk) == (member.status, member.role_id):
        return None
    occurred_at = max(at, member.confirmed_at) if member is not None else at
    return MemberChange(
        pk=NOT_STORED_YET,
        instance=instance,
        member=member or Member(instance=instance, external_id=report.external_id, role=role),
        status=report.status,
        role=role,
        occurred_at=occurred_at,
        received_at=at,
    )


def report(
    *, instance: Instance, report: Report, at: datetime, source: str, actor: str = ""
) -> tuple[Member | None, MemberChange | None]:
    """Records a report about one person and returns the updated member with the change that was written.

    The change is None where the report changes nothing; the member is None where somebody unknown is removed now. A report
    that names its instant leaves a row also where it only confirms the current state, or where somebody unknown left: both
    count as soon as a late report says what was before. ``at`` is the instant at which the report arrived.
    Raises BadInput for a broken address or an unknown role.
    """
    # A report that happens now is not dated: such reports count in the order of their arrival.
    dated = report.occurred_at is not None and report.occurred_at < at
    member = Member.objects.select_related("role").filter(instance=instance, external_id=report.external_id).first()
    if member is None:
        if report.status == Member.Status.REMOVED and report.occurred_at is None:
            return None, None
        unnamed = report.status == Member.Status.REMOVED and not report.role
        role = first_role(instance) if unnamed else find_role(instance, report.role)
        return _record_first_report(instance, report, role, at=at, source=source, actor=actor)
    role = find_role(instance, report.role) if report.role else member.role
    # Of two reports at once the later to be recorded may have arrived first: the one recorded last happens last.
    occurred_at = report.occurred_at or max(at, member.confirmed_at)
    if dated and occurred_at <= member.confirmed_at:
        return member, _record_late_report(member, report, role, at=at, source=source, actor=actor)
    changed = (report.status, role.pk) != (member.status, member.role_id)
    _update_details(member, report)
    member.status, member.role, member.confirmed_at = report.status, role, max(occurred_at, member.confirmed_at)
    member.save()
    if not changed and report.occurred_at is None:
        return member, None
    return member, _record_change(
        member, report.status, role, occurred_at, dated=dated, at=at, source=source, actor=actor
    )
