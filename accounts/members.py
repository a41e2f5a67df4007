"""Members of an instance change through reports alone: each is kept, as a `MemberChange` or where it repeats what is known as an
instant of a `MemberConfirmation`, and brings `Member` up to date.

Reports may be repeated, late and out of order; the result is that of the ordered stream (D5). The caller holds the lock of
the instance (`lock`), names the instant `at` and decides what the change costs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Value
from django.db.models.functions import Concat
from django.utils.http import base36_to_int, int_to_base36
from django.utils.translation import gettext_lazy as _

from accounts.errors import BadInput
from accounts.models import Instance, Member, MemberChange, MemberConfirmation, Role

# The first key of rows that are only foreseen: they count after every stored one.
NOT_STORED_YET = 2**62
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


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


def fold_roles(changes: Iterable[MemberChange]) -> list[MemberChange]:
    """Gives each of the ordered ``changes`` that names no role the role in force then: that of the report before it."""
    rows = list(changes)
    in_force: dict[int, Role] = {}
    for row in rows:
        if row.names_role or row.member_id not in in_force:
            in_force[row.member_id] = row.role
        else:
            row.role = in_force[row.member_id]
    return rows


@dataclass(frozen=True)
class _Fact:
    """A report as it is stored: what it says of a person, from when on, and how it came."""

    status: str
    role: Role
    names_role: bool
    occurred_at: datetime
    is_dated: bool
    received_at: datetime
    source: str
    actor: str


def _record_change(member: Member, fact: _Fact) -> MemberChange:
    return MemberChange.objects.create(
        instance_id=member.instance_id,
        member=member,
        status=fact.status,
        role=fact.role,
        names_role=fact.names_role,
        occurred_at=fact.occurred_at,
        is_dated=fact.is_dated,
        received_at=fact.received_at,
        source=fact.source,
        actor=fact.actor,
    )


def _encode_instant(fact: _Fact) -> str:
    """Writes the instant of a confirmation: microseconds since 1970 to the base of 36, after a D where the reporter named the
    instant and an N where the report named no role."""
    flags = ("D" if fact.is_dated else "") + ("" if fact.names_role else "N")
    return f"{flags}{int_to_base36((fact.occurred_at - EPOCH) // MICROSECOND)} "


def _read_confirmations(confirmation: MemberConfirmation) -> Iterator[_Fact]:
    """Reads the reports that ``confirmation`` gathers; nothing is known of them but their instants."""
    for text in confirmation.instants.split():
        occurred_at = EPOCH + base36_to_int(text.lstrip("DN")) * MICROSECOND
        yield _Fact(
            status=confirmation.status,
            role=confirmation.role,
            names_role="N" not in text,
            occurred_at=occurred_at,
            is_dated="D" in text,
            received_at=occurred_at,
            source=MemberChange.Source.API,
            actor="",
        )


def _record_confirmation(member: Member, fact: _Fact) -> None:
    """Keeps the instant of a report that repeats the known state: one statement, and a row only for the first of its state."""
    rows = MemberConfirmation.objects.filter(member=member, status=fact.status, role=fact.role)
    instant = _encode_instant(fact)
    if not rows.update(instants=Concat("instants", Value(instant))):
        MemberConfirmation.objects.create(member=member, status=fact.status, role=fact.role, instants=instant)


def _update_details(member: Member, report: Report) -> None:
    """Takes name and address over from ``report``; the caller sees to it that it is the newest one. They price nothing."""
    if report.email:
        member.email = clean_email(report.email)
    if report.name:
        member.name = report.name


def _record_first_report(instance: Instance, report: Report, fact: _Fact) -> tuple[Member, MemberChange]:
    has_left = report.status == Member.Status.REMOVED and not report.email  # leaving may be reported without an address
    member = Member.objects.create(
        instance=instance,
        external_id=report.external_id,
        email="" if has_left else clean_email(report.email),
        name=report.name,
        role=fact.role,
        status=fact.status,
        confirmed_at=fact.occurred_at,
    )
    return member, _record_change(member, fact)


def _record_late_report(member: Member, report: Report, fact: _Fact) -> MemberChange | None:
    """Records a report about an instant before the newest reported one: history is completed, and the present is that of the
    ordered stream.

    Returns None for the repeat of a row that is there. Where later reports only repeated the state, the first of them after
    the late one becomes a row: that is how far the late one reaches.
    """
    rows = order_changes(member.changes.select_related("role"))
    claim = (fact.status, fact.role if fact.names_role else None)
    if any(
        (row.status, row.role if row.names_role else None) == claim
        for row in rows
        if row.occurred_at == fact.occurred_at
    ):
        return None
    next_row = next((row for row in rows if row.occurred_at > fact.occurred_at), None)
    confirmation = _next_confirmation(member, fact.occurred_at, next_row.occurred_at if next_row is not None else None)
    if confirmation is not None:
        _record_change(member, confirmation)
    change = _record_change(member, fact)
    newest = fold_roles(order_changes(member.changes.select_related("role")))[-1]
    member.status, member.role = newest.status, newest.role
    if not member.email:  # so far a report of their leaving is all there was
        _update_details(member, report)
    member.save()
    return change


def _next_confirmation(member: Member, after: datetime, before: datetime | None) -> _Fact | None:
    """Finds the first report between the two instants, neither included, that repeated the state known of ``member``."""
    confirmations = member.confirmations.select_related("role")
    repeats = [
        fact
        for confirmation in confirmations
        for fact in _read_confirmations(confirmation)
        if after < fact.occurred_at and (before is None or fact.occurred_at < before)
    ]
    return min(repeats, key=lambda fact: fact.occurred_at, default=None)


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
) -> tuple[Member, MemberChange | None]:
    """Keeps a report about one person and returns the updated member with the change that was written (D5).

    The change is None where the report repeats what is known: then its instant is kept alone. Also a report that somebody
    unknown left is kept, because a late one may say that they had been there. ``at`` is the instant at which the report
    arrived. Raises BadInput for a broken address or an unknown role.
    """
    # A report that happens now is not dated: such reports count in the order of their arrival.
    is_dated = report.occurred_at is not None and report.occurred_at < at
    member = Member.objects.select_related("role").filter(instance=instance, external_id=report.external_id).first()
    fact = _Fact(
        status=report.status,
        role=_role_of(instance, report, member),
        names_role=bool(report.role),
        # Of two reports at once the later to be recorded may have arrived first: the one recorded last happens last.
        occurred_at=report.occurred_at or (at if member is None else max(at, member.confirmed_at)),
        is_dated=is_dated,
        received_at=at,
        source=source,
        actor=actor,
    )
    if member is None:
        return _record_first_report(instance, report, fact)
    if is_dated and fact.occurred_at <= member.confirmed_at:
        return member, _record_late_report(member, report, fact)
    is_repeat = (fact.status, fact.role.pk) == (member.status, member.role_id)
    _update_details(member, report)
    member.status, member.role, member.confirmed_at = fact.status, fact.role, max(fact.occurred_at, member.confirmed_at)
    member.save()
    if is_repeat:
        _record_confirmation(member, fact)
        return member, None
    return member, _record_change(member, fact)


def _role_of(instance: Instance, report: Report, member: Member | None) -> Role:
    """The role that ``report`` names, else the one known of ``member``. Of whom nothing but their leaving is known, none is."""
    if report.role:
        return find_role(instance, report.role)
    if report.status == Member.Status.REMOVED:
        return member.role if member is not None else _plain_role(instance)
    if member is None or not member.email:
        return find_role(instance, report.role)  # which refuses it, and names the roles there are
    return member.role


def _plain_role(instance: Instance) -> Role:
    """The role noted for somebody of whom only the leaving is known: the first that is no administrator's, where there is one."""
    return Role.objects.filter(product=instance.product).order_by("is_administrator", "position", "pk")[0]
