"""An administrator hands an instance over to another of its people (M15): one takes the role, the other lets go of it, and at no
moment is there nobody who speaks for the owner."""

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
FEW = 5  # domains named in a sentence


@dataclass(frozen=True)
class Transfer:
    """Who gets the instance (``to_id``, a member's key), the role that the one who hands it over keeps (``role``, empty: they
    leave), whether the customer's invoices go to the new owner's address from now on, and whether the instance's API tokens
    end with it."""

    to_id: int
    role: str = ""
    with_invoices: bool = False
    revoke_tokens: bool = False


@dataclass(frozen=True)
class Handed:
    """What has been done: the two people as they are now."""

    giver: Member
    taker: Member


def administrator_role(instance: Instance) -> Role:
    """The product's role of an administrator: the first of them."""
    roles = Role.objects.filter(product=instance.product_id, is_administrator=True).order_by("position", "pk")
    return roles.first() or members.first_role(instance)


def roles_to_keep(instance: Instance) -> list[Role]:
    """What somebody can stay as who hands the instance over."""
    others = Role.objects.filter(product=instance.product_id, is_administrator=False)
    return list(others.order_by("position", "pk"))


def administered(user: User) -> "QuerySet[Instance]":
    """The living instances whose active administrator ``user`` is."""
    mine = Member.objects.administrators().with_emails(verified_emails(user))
    return Instance.objects.filter(pk__in=mine.values("instance"), deleted_at=None)


@transaction.atomic
def create_token(*, instance: Instance, by: User, label: str, at: datetime) -> tuple[ApiToken, str]:
    """A token of ``instance`` and its secret, as `tokens.create_token`; ``at`` is real time. It reports people, so it leads to
    every role: refuses whoever is no administrator of this very instance, the billing right or not (M15)."""
    instance = members.lock(instance)
    if member_management.administrator(instance, by) is None:
        raise BillingError(
            _("Only an administrator of this instance can make a token for it: ask one of them."),
            code="administrator_only",
            rule="M15",
        )
    return api_tokens.create_token(scope=ApiToken.Scope.INSTANCE, at=at, actor=by.email, instance=instance, label=label)


def living_tokens(instance: Instance) -> "QuerySet[ApiToken]":
    """What opens the instance for programs now, whoever is its owner."""
    return ApiToken.objects.filter(instance=instance, revoked_at=None).order_by("pk")


@dataclass(frozen=True)
class Reach:
    """What an account shared by several instances means for a transfer: the domains of the customer's ``others`` (the first
    few of ``number``), and those in which whoever hands over keeps a billing right (M10)."""

    others: tuple[str, ...]
    number: int
    keeps: tuple[str, ...]


def reach(instance: Instance, giver: Member, by: User) -> Reach:
    """Who goes on seeing the customer's account once ``giver``, which is ``by``, has handed ``instance`` over."""
    living = Instance.objects.filter(customer=instance.customer_id, deleted_at=None)
    others = living.exclude(pk=instance.pk).order_by("domain").values_list("domain", flat=True)
    rights = Member.objects.billing_owners().filter(email__in=verified_emails(by), instance__in=living)
    keeps = rights.exclude(pk=giver.pk).order_by("instance__domain").values_list("instance__domain", flat=True)
    return Reach(tuple(others[:FEW]), others.count(), tuple(keeps.distinct()[:FEW]))


def _locked(instance: Instance, as_of: datetime) -> Instance:
    lock_subscriptions(instance, as_of=as_of)
    instance = members.lock(instance)
    if instance.deleted_at is not None:
        raise BillingError(_("This instance has been deleted."), code="instance_deleted")
    return instance


def _parties(instance: Instance, by: User, wanted: Transfer) -> tuple[Member, Member]:
    """The one who gives and the one who takes; the instance is locked, so that of two transfers at once one finds nobody."""
    giver = member_management.require_administrator(instance, by)
    active = Member.objects.active().filter(instance=instance).exclude(pk=giver.pk).select_related("role")
    taker = active.exclude(email__in=verified_emails(by)).filter(pk=wanted.to_id).first()
    if taker is None:
        raise BadInput(_("Choose somebody who is active in this instance."), field="to", code="not_active")
    return giver, taker


def _kept_role(instance: Instance, wanted: Transfer) -> Role | None:
    if not wanted.role:
        return None
    found = next((role for role in roles_to_keep(instance) if role.code == wanted.role), None)
    if found is None:
        raise BadInput(_("Choose what you stay as, or that you leave."), field="role", code="unknown_role")
    return found


def _report(instance: Instance, member: Member, status: str, role: Role, as_of: datetime, actor: str) -> Member:
    told = Report(external_id=member.external_id, status=status, role=role.code)
    changed = metering.report_member(
        instance=instance, report=told, as_of=as_of, source=MemberChange.Source.PORTAL, actor=actor
    )
    assert changed is not None
    return changed


def _move_invoices(instance: Instance, giver: Member, taker: Member, as_of: datetime, actor: str) -> None:
    """Invoices go to the new owner: the customer's own address, and the one of the registration where it was the giver's."""
    customers.change_customer(customer=instance.customer, values={"email": taker.email}, as_of=as_of, actor=actor)
    if instance.email.lower() == giver.email.lower():
        Instance.objects.filter(pk=instance.pk).update(email=taker.email)


def transfer(*, instance: Instance, by: User, wanted: Transfer, as_of: datetime, seen: str | None = None) -> Handed:
    """Hands ``instance`` over as ``wanted``; both are told by mail. ``seen`` names the effect that was shown (None: any).

    Refuses somebody who is no administrator of it (M15), one who takes it without being active there, and an effect on the
    bill that is another than the one shown.
    """
    return rehearsal.carry_out_as_seen(
        lambda: _measured_transfer(instance, by, wanted, as_of),
        seen=seen,
        token=lambda measured: member_management.token_of(measured[1]),
        refusal=rehearsal.price_changed,
    )[0]


def _measured_transfer(instance: Instance, by: User, wanted: Transfer, as_of: datetime) -> tuple[Handed, Effect | None]:
    return member_management.measure(
        instance=instance, as_of=as_of, act=lambda: _hand_over(instance, by, wanted, as_of)
    )


def _hand_over(instance: Instance, by: User, wanted: Transfer, as_of: datetime) -> Handed:
    instance = _locked(instance, as_of)
    giver, taker = _parties(instance, by, wanted)
    kept, actor = _kept_role(instance, wanted), by.get_short_name()
    before = {"owner": giver.email, "role": giver.role.code, "taker_role": taker.role.code}
    addressed_to = Customer.objects.get(pk=instance.customer_id).email
    if not taker.role.is_administrator:
        taker = _report(instance, taker, Status.ACTIVE, administrator_role(instance), as_of, actor)
    status = Status.ACTIVE if kept is not None else Status.REMOVED
    giver = _report(instance, giver, status, kept or giver.role, as_of, actor)
    if wanted.with_invoices:
        _move_invoices(instance, giver, taker, as_of, actor)
    for one in living_tokens(instance) if wanted.revoke_tokens else ():
        api_tokens.revoke_token(token=one, at=clock.real_now(), actor=by.email)
    audit.record(
        actor=by.email,
        action="ownership.transferred",
        target=instance,
        at=as_of,
        customer=instance.customer,
        before={**before, "invoices_to": addressed_to},
        after={
            "owner": taker.email,
            "role": kept.code if kept is not None else "",
            "invoices_to": taker.email if wanted.with_invoices else addressed_to,
        },
    )
    _tell(instance, giver, taker, kept, wanted, as_of)
    return Handed(giver, taker)


def _tell(
    instance: Instance, giver: Member, taker: Member, kept: Role | None, wanted: Transfer, as_of: datetime
) -> None:
    account = member_management.account_of(instance)
    if account is None:
        return
    link = "" if User.objects.filter(email=taker.email).exists() else member_management.invitation_link(taker)
    open_by = living_tokens(instance).count()
    notices.queue_instance_handed_over(
        instance=instance,
        account=account,
        giver=giver,
        taker=taker,
        giver_role=kept,
        link=link,
        with_invoices=wanted.with_invoices,
        tokens=open_by,
        at=as_of,
    )


def preview(*, instance: Instance, by: User, wanted: Transfer, as_of: datetime) -> Effect | None:
    """What `transfer` would do to the account now: the act itself, rehearsed. None where nothing is charged to anybody.
    Refuses what it would refuse."""
    return rehearsal.rehearse(lambda: _measured_transfer(instance, by, wanted, as_of))[1]
