"""Transfer of ownership: an administrator hands an instance over to another of its people (M15). One takes the role, the other
gives it up, and at no moment is there no administrator."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.members import Report
from accounts.models import Customer, Instance, Member, MemberChange, Role, User
from accounts.verified import verified_emails
from billing import clock, notices
from billing.errors import BadInput, BillingError
from billing.models import ApiToken
from billing.operations import api_tokens, audit, rehearsal
from billing.operations.customers import customers, member_management
from billing.operations.customers.member_management import Effect
from billing.operations.cycle.locking import lock_subscriptions
from billing.operations.subscriptions import metering

Status = Member.Status
MOST_DOMAINS = 5  # domains named in a sentence


@dataclass(frozen=True)
class Transfer:
    """A transfer to be made: who gets the instance (``to_id``, a member's key), the role that the giver keeps (``role``, empty:
    they leave), whether the customer's invoices go to the new owner's address from now on, and whether the instance's API
    tokens are revoked."""

    to_id: int
    role: str = ""
    with_invoices: bool = False
    revoke_tokens: bool = False


@dataclass(frozen=True)
class TransferResult:
    """The giver and the taker after a transfer."""

    giver: Member
    taker: Member


def administrator_role(instance: Instance) -> Role:
    """The product's role of an administrator: the first of them."""
    roles = Role.objects.filter(product=instance.product_id, is_administrator=True).order_by("position", "pk")
    return roles.first() or members.first_role(instance)


def roles_to_keep(instance: Instance) -> list[Role]:
    """Lists the roles that somebody can keep who hands ``instance`` over."""
    others = Role.objects.filter(product=instance.product_id, is_administrator=False)
    return list(others.order_by("position", "pk"))


def administered_instances(user: User) -> "QuerySet[Instance]":
    """Selects the instances, none of them deleted, whose active administrator ``user`` is."""
    own_memberships = Member.objects.administrators().with_emails(verified_emails(user))
    return Instance.objects.filter(pk__in=own_memberships.values("instance"), deleted_at=None)


@transaction.atomic
def create_token(*, instance: Instance, by: User, label: str, at: datetime) -> tuple[ApiToken, str]:
    """Creates an API token of ``instance`` and returns it with its secret; ``at`` is real time, see `api_tokens.create_token`.

    It reports people and so can give every role: refuses whoever is no administrator of this very instance, the billing right
    or not (M15).
    """
    instance = members.lock(instance)
    if member_management.find_administrator(instance, by) is None:
        raise BillingError(
            _("Only an administrator of this instance can make a token for it: ask one of them."),
            code="administrator_only",
            rule="M15",
        )
    return api_tokens.create_token(scope=ApiToken.Scope.INSTANCE, at=at, actor=by.email, instance=instance, label=label)


def active_tokens(instance: Instance) -> "QuerySet[ApiToken]":
    """Selects the API tokens of ``instance`` that are not revoked."""
    return ApiToken.objects.filter(instance=instance, revoked_at=None).order_by("pk")


@dataclass(frozen=True)
class SharedAccount:
    """The other instances of a customer whose account they share: the domains of ``others`` (the first few of ``number``), and
    those in which the giver keeps a billing right (M10)."""

    others: tuple[str, ...]
    number: int
    keeps: tuple[str, ...]


def describe_shared_account(instance: Instance, giver: Member, by: User) -> SharedAccount:
    """Reads who still sees the customer's account once ``giver``, which is ``by``, has handed ``instance`` over."""
    living = Instance.objects.filter(customer=instance.customer_id, deleted_at=None)
    others = living.exclude(pk=instance.pk).order_by("domain").values_list("domain", flat=True)
    rights = Member.objects.billing_owners().filter(email__in=verified_emails(by), instance__in=living)
    keeps = rights.exclude(pk=giver.pk).order_by("instance__domain").values_list("instance__domain", flat=True)
    return SharedAccount(tuple(others[:MOST_DOMAINS]), others.count(), tuple(keeps.distinct()[:MOST_DOMAINS]))


def _lock_instance(instance: Instance, as_of: datetime) -> Instance:
    lock_subscriptions(instance, as_of=as_of)
    instance = members.lock(instance)
    _refuse_deleted(instance)
    return instance


def _refuse_deleted(instance: Instance) -> None:
    if instance.deleted_at is not None:
        raise BillingError(_("This instance has been deleted."), code="instance_deleted")


def _find_parties(instance: Instance, by: User, transfer: Transfer) -> tuple[Member, Member]:
    """Finds giver and taker; the instance is locked, so that of two transfers at once the second finds no giver."""
    giver = member_management.require_administrator(instance, by)
    active = Member.objects.active().filter(instance=instance).exclude(pk=giver.pk).select_related("role")
    taker = active.exclude(email__in=verified_emails(by)).filter(pk=transfer.to_id).first()
    if taker is None:
        raise BadInput(_("Choose somebody who is active in this instance."), field="to", code="not_active")
    return giver, taker


def _find_kept_role(instance: Instance, transfer: Transfer) -> Role | None:
    if not transfer.role:
        return None
    kept_role = next((role for role in roles_to_keep(instance) if role.code == transfer.role), None)
    if kept_role is None:
        raise BadInput(_("Choose what you stay as, or that you leave."), field="role", code="unknown_role")
    return kept_role


def _reports(instance: Instance, giver: Member, taker: Member, kept_role: Role | None) -> tuple[Report | None, Report]:
    """Returns the report that makes ``taker`` an administrator, None where they are one, and then the giver's."""
    role = administrator_role(instance)
    taken = Report(taker.external_id, Status.ACTIVE, role=role.code) if not taker.role.is_administrator else None
    status = Status.ACTIVE if kept_role is not None else Status.REMOVED
    return taken, Report(giver.external_id, status, role=(kept_role or giver.role).code)


def _make_report(instance: Instance, report: Report, as_of: datetime, actor: str) -> Member:
    updated = metering.report_member(
        instance=instance, report=report, as_of=as_of, source=MemberChange.Source.PORTAL, actor=actor
    )
    assert updated is not None
    return updated


def _move_invoices(instance: Instance, giver: Member, taker: Member, as_of: datetime, actor: str) -> None:
    """Addresses invoices to the new owner: the customer's address, and that of the registration where it was the giver's."""
    customers.change_customer(customer=instance.customer, values={"email": taker.email}, as_of=as_of, actor=actor)
    if instance.email.lower() == giver.email.lower():
        Instance.objects.filter(pk=instance.pk).update(email=taker.email)


def transfer_instance(
    *, instance: Instance, by: User, transfer: Transfer, as_of: datetime, seen: str | None = None
) -> TransferResult:
    """Hands ``instance`` over as ``transfer`` says and mails both. ``seen`` names the effect that was shown (None: any).

    Refuses somebody who is no administrator of it (M15), one who takes it without being active there, and an effect on the
    bill that is another than the one shown.
    """
    return rehearsal.carry_out_as_seen(
        lambda: _transfer_and_measure(instance, by, transfer, as_of),
        seen=seen,
        token=lambda measured: member_management.token_of(measured[1]),
        refusal=rehearsal.price_changed,
    )[0]


def _transfer_and_measure(
    instance: Instance, by: User, transfer: Transfer, as_of: datetime
) -> tuple[TransferResult, Effect | None]:
    return member_management.carry_out_and_measure(
        instance=instance, as_of=as_of, act=lambda: _transfer(instance, by, transfer, as_of)
    )


def _transfer(instance: Instance, by: User, transfer: Transfer, as_of: datetime) -> TransferResult:
    instance = _lock_instance(instance, as_of)
    giver, taker = _find_parties(instance, by, transfer)
    kept_role, actor = _find_kept_role(instance, transfer), by.get_short_name()
    before = {"owner": giver.email, "role": giver.role.code, "taker_role": taker.role.code}
    previous_email = Customer.objects.get(pk=instance.customer_id).email
    takers_report, givers_report = _reports(instance, giver, taker, kept_role)
    if takers_report is not None:
        taker = _make_report(instance, takers_report, as_of, actor)
    giver = _make_report(instance, givers_report, as_of, actor)
    if transfer.with_invoices:
        _move_invoices(instance, giver, taker, as_of, actor)
    for token in active_tokens(instance) if transfer.revoke_tokens else ():
        api_tokens.revoke_token(token=token, at=clock.real_now(), actor=by.email)
    audit.record(
        actor=by.email,
        action="ownership.transferred",
        target=instance,
        at=as_of,
        customer=instance.customer,
        before={**before, "invoices_to": previous_email},
        after={
            "owner": taker.email,
            "role": kept_role.code if kept_role is not None else "",
            "invoices_to": taker.email if transfer.with_invoices else previous_email,
        },
    )
    _notify_both(instance, giver, taker, kept_role, transfer, as_of)
    return TransferResult(giver, taker)


def _notify_both(
    instance: Instance, giver: Member, taker: Member, kept_role: Role | None, transfer: Transfer, as_of: datetime
) -> None:
    account = member_management.find_account(instance)
    if account is None:
        return
    link = "" if User.objects.filter(email=taker.email).exists() else member_management.invitation_link(taker)
    token_count = active_tokens(instance).count()
    notices.queue_instance_handed_over(
        instance=instance,
        account=account,
        giver=giver,
        taker=taker,
        giver_role=kept_role,
        link=link,
        with_invoices=transfer.with_invoices,
        tokens=token_count,
        at=as_of,
    )


def preview_transfer(*, instance: Instance, by: User, transfer: Transfer, as_of: datetime) -> Effect | None:
    """Previews what `transfer_instance` would do to the account now; None where nobody is charged. Refuses what it would refuse,
    and writes and locks nothing (G10)."""
    instance = Instance.objects.select_related("product", "customer").get(pk=instance.pk)
    _refuse_deleted(instance)
    giver, taker = _find_parties(instance, by, transfer)
    reports = _reports(instance, giver, taker, _find_kept_role(instance, transfer))
    made_reports = [report for report in reports if report is not None]
    effect = member_management.preview_reports(instance=instance, reports=made_reports, as_of=as_of)
    if transfer.with_invoices:
        customers.apply_values(instance.customer, {"email": taker.email})  # for its refusals: nothing is stored
    return effect
