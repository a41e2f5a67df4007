"""Members managed by a billing owner in the portal: preview what a change costs, invite, admit, block, change roles.

Every change goes through `metering.report_member`, as the instance's own reports do; the preview reads what it would charge
from the builders that it charges by, and writes and locks nothing (G10).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.ids import new_id
from accounts.models import Instance, Member, MemberChange, Role, User
from accounts.verified import verified_emails
from billing import notices
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount, Charge, Subscription
from billing.operations import hourly_limits, rehearsal
from billing.operations.cycle import access, prepaid_periods, scheduled_changes, subscription_status
from billing.operations.cycle.locking import lock_subscription, read_subscription
from billing.operations.ledger import posting
from billing.operations.subscriptions import metering, seats
from billing.pricing.quantity import price

Result = TypeVar("Result")

SALT = "saldo.invitation"
INVITATION_LASTS = timedelta(days=14)


@dataclass(frozen=True)
class Effect:
    """The effect of a change of people on the account: ``amount_minor`` above 0 is charged, below 0 credited, as
    ``explanations`` say. Where seats are paid in advance, ``later_minor`` is what each period of ``interval_months`` costs
    more (or less) from ``later_from`` on."""

    amount_minor: int
    currency: str
    balance_after_minor: int
    explanations: tuple[dict[str, object], ...]
    is_by_seats: bool = False
    later_minor: int = 0
    later_from: date | None = None
    interval_months: int | None = None


@dataclass(frozen=True)
class _NextCharge:
    """The first period that is not charged yet: its first day and its price at the seats of now; empty where there is none."""

    day: date | None = None
    minor: int = 0
    interval_months: int | None = None


def _find_next_charge(subscription: Subscription, foreseen: Sequence[MemberChange] = ()) -> _NextCharge:
    """Finds what is charged next by the stored reports about people and those ``foreseen``."""
    change_member = scheduled_changes.waiting_change(subscription)
    if subscription.cancel_date is not None:
        return _NextCharge()
    if subscription.paid_from is None:
        if change_member is None:
            return _NextCharge()
        units = prepaid_periods.units_now(subscription, change_member.tariff, foreseen)
        return _NextCharge(
            change_member.effective_date,
            price(change_member.tariff.terms(), units),
            change_member.tariff.interval_months,
        )
    period = prepaid_periods.last_period(subscription)
    if period is None:
        return _NextCharge()
    tariff = change_member.tariff if change_member is not None else subscription.priced_by
    later_minor = subscription_status.renewal_price(subscription, period.end, foreseen)
    return _NextCharge(period.end, later_minor, tariff.interval_months)


def preview_report(*, instance: Instance, report: members.Report, as_of: datetime) -> Effect | None:
    """Previews what ``report``, which names no instant, would cost if it were made now; see `preview_reports`."""
    return preview_reports(instance=instance, reports=[report], as_of=as_of)


def preview_reports(*, instance: Instance, reports: Sequence[members.Report], as_of: datetime) -> Effect | None:
    """Previews what ``reports``, each about another person, would cost together if they were made now; None where nobody is
    charged for people. Refuses what `metering.report_member` would refuse.

    It writes and locks nothing, and gives the effect that `carry_out_and_measure` measures (G10).
    """
    subscription = access.current_subscription(instance)
    if subscription is None:
        metering.foresee_reports(instance=instance, reports=reports, as_of=as_of)  # for its refusals
        return None
    return read_subscription(subscription, lambda current: _read_effect(current, reports, as_of), as_of=as_of)


def _read_effect(subscription: Subscription, reports: Sequence[members.Report], as_of: datetime) -> Effect:
    instance, account = subscription.instance, subscription.account
    changes = metering.foresee_reports(instance=instance, reports=reports, as_of=as_of)
    explanations = metering.explain_changes(instance=instance, account=account, changes=changes, as_of=as_of)
    by_seats = seats.is_paid_by_seat(subscription)
    before = _find_next_charge(subscription) if by_seats else _NextCharge()
    after = _find_next_charge(subscription, changes) if by_seats else before
    amount_minor = sum(int(explanation["amount_minor"]) for explanation in explanations)
    return Effect(
        amount_minor=amount_minor,
        currency=account.currency,
        balance_after_minor=posting.balance(account) - amount_minor,
        explanations=tuple(explanations),
        is_by_seats=by_seats,
        later_minor=after.minor - before.minor,
        later_from=after.day,
        interval_months=after.interval_months,
    )


def carry_out_and_measure(
    *, instance: Instance, act: Callable[[], Result], as_of: datetime
) -> tuple[Result, Effect | None]:
    """Carries out ``act`` on people of ``instance``; returns its result and its effect on the account, None where nobody is
    charged. The caller's transaction commits it or rolls it back (G10)."""
    subscription = access.current_subscription(instance)
    if subscription is None:
        return act(), None
    subscription = lock_subscription(subscription, as_of=as_of)  # what is due comes before what is asked
    by_seats = seats.is_paid_by_seat(subscription)
    before = _find_next_charge(subscription) if by_seats else _NextCharge()
    last_charge = Charge.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    result = act()
    account = subscription.account
    after = _find_next_charge(subscription) if by_seats else before
    charges = Charge.objects.filter(account=account, pk__gt=last_charge).order_by("pk")
    return result, Effect(
        amount_minor=sum(charge.amount_minor for charge in charges),
        currency=account.currency,
        balance_after_minor=posting.balance(account),
        explanations=tuple(charge.explanation for charge in charges),
        is_by_seats=by_seats,
        later_minor=after.minor - before.minor,
        later_from=after.day,
        interval_months=after.interval_months,
    )


def token_of(effect: Effect | None) -> str:
    """A digest of the effect on the bill: the same token, the same effect."""
    if effect is None:
        return rehearsal.token_of()
    return rehearsal.token_of(effect.amount_minor, effect.later_minor, effect.later_from)


def find_account(instance: Instance) -> BillingAccount | None:
    subscription = access.current_subscription(instance)
    if subscription is not None:
        return subscription.account
    return BillingAccount.objects.filter(customer=instance.customer_id).order_by("pk").first()


def invitation_link(member: Member) -> str:
    """Signs the link by which exactly this person accepts the invitation, for as long as they are invited."""
    token = signing.dumps({"member": member.pk, "email": member.email}, salt=SALT)
    return settings.BASE_URL + reverse("portal:join", args=[token])


def find_administrator(instance: Instance, user: User) -> Member | None:
    """Finds ``user`` among the active administrators of ``instance``; None for everybody else, the billing right or not."""
    own_memberships = Member.objects.administrators().filter(instance=instance, email__in=verified_emails(user))
    return own_memberships.select_related("role").order_by("pk").first()


def require_administrator(instance: Instance, user: User) -> Member:
    """Returns the active administrator of ``instance`` that ``user`` is; refuses everybody else (M15)."""
    member = find_administrator(instance, user)
    if member is None:
        raise BillingError(
            _("Only an administrator of this instance can do that: ask one of them."),
            code="administrator_only",
            rule="M15",
        )
    return member


def _refuse_administrator_role(instance: Instance, role: str, by: User | None) -> None:
    """Refuses where ``by`` gives or takes the administrator's role and is no administrator: the billing right alone must not
    lead to that role (M15)."""
    if by is None or not Role.objects.filter(product=instance.product_id, code=role, is_administrator=True).exists():
        return
    require_administrator(instance, by)


@transaction.atomic
def invite_member(
    *, instance: Instance, email: str, name: str, role: str, as_of: datetime, invited_by: str, by: User | None = None
) -> Member:
    """Invites somebody by mail; they count only once they have accepted (M1). Refuses an address that is in the instance
    already, an administrator invited by somebody (``by``) who is none, and too many invitations within an hour."""
    _refuse_administrator_role(instance, role, by)
    address = members.clean_email(email)
    present = instance.members.exclude(status=Member.Status.REMOVED).filter(email=address)
    if present.exists():
        raise BillingError(_("%(email)s is in this instance already.") % {"email": address}, code="member_exists")
    account = find_account(instance)
    if account is not None:
        hourly_limits.refuse_too_many_invitations(account=account, as_of=as_of)
    report = members.Report(external_id=new_id("inv"), status="invited", email=address, name=name.strip(), role=role)
    member = metering.report_member(instance=instance, report=report, as_of=as_of, source="portal", actor=invited_by)
    assert member is not None
    if account is not None:
        notices.queue_invitation(
            member=member, account=account, link=invitation_link(member), invited_by=invited_by, at=as_of
        )
    return member


def _may_join(member: Member) -> bool:
    """Whether ``member`` may accept an invitation: invited, or active without a login, as the first person is (M15)."""
    if member.status == Member.Status.ACTIVE:
        return not User.objects.filter(email=member.email).exists()
    return member.status == Member.Status.INVITED


def invite_first_member(*, member: Member, account: BillingAccount, as_of: datetime) -> None:
    """Sends the first person of an instance the link to their login; whoever has one already needs none (M15)."""
    if _may_join(member):
        notices.queue_invitation(
            member=member, account=account, link=invitation_link(member), invited_by=settings.PORTAL_NAME, at=as_of
        )


def invited_member(token: str) -> Member:
    """Finds the member that an invitation's link names; refuses a link that is broken, too old or used."""
    try:
        payload = signing.loads(token, salt=SALT, max_age=INVITATION_LASTS)
    except signing.BadSignature:
        raise BadInput(_("This invitation is not valid any more: ask for a new one."), code="invitation_over") from None
    member = (
        Member.objects.select_related("instance", "role").filter(pk=payload["member"], email=payload["email"]).first()
    )
    if member is None or not _may_join(member):
        raise BadInput(_("This invitation has been used already: sign in."), code="invitation_used")
    return member


@transaction.atomic
def accept_invitation(*, token: str, password: str, name: str, as_of: datetime, locale: str = "ru") -> User:
    """Accepts an invitation: the person's login is created (or found), the link verifies the address, they become active. A
    new login reads in ``locale``, the language of the page it was made on."""
    member = invited_member(token)
    user = User.objects.filter(email=member.email).first()
    if user is None:
        user = User.objects.create_user(member.email, password, name=name or member.name, locale=locale)
    EmailAddress.objects.update_or_create(user=user, email=member.email, defaults={"verified": True, "primary": True})
    if member.status == Member.Status.INVITED:
        report = members.Report(
            external_id=member.external_id,
            status="active",
            email=member.email,
            name=name or member.name,
            role=member.role.code,
        )
        metering.report_member(
            instance=member.instance, report=report, as_of=as_of, source="portal", actor=member.email
        )
    return user


def change_member(
    *,
    member: Member,
    status: str | None,
    role: str | None,
    as_of: datetime,
    actor: str,
    by: User | None = None,
    seen: str | None = None,
) -> Member | None:
    """Blocks, unblocks or removes ``member`` or gives them another role. ``seen`` names the effect that was shown (None: any).

    Refuses to leave an instance without an administrator, changes of administrators by somebody (``by``) who is none, and an
    effect on the bill that is another than the one shown (G10).
    """

    def act() -> Member | None:
        return _report_change(member, status, role, as_of, actor, by)

    if seen is None:
        with transaction.atomic():
            return act()
    return rehearsal.carry_out_as_seen(
        lambda: carry_out_and_measure(instance=member.instance, act=act, as_of=as_of),
        seen=seen,
        token=lambda measured: token_of(measured[1]),
        refusal=rehearsal.price_changed,
    )[0]


def _report_change(
    member: Member, status: str | None, role: str | None, as_of: datetime, actor: str, by: User | None
) -> Member | None:
    for code in {member.role.code, role or member.role.code}:
        _refuse_administrator_role(member.instance, code, by)
    report = members.Report(
        external_id=member.external_id, status=status or member.status, role=role or member.role.code
    )
    updated = metering.report_member(instance=member.instance, report=report, as_of=as_of, source="portal", actor=actor)
    administrators = Member.objects.administrators().filter(instance=member.instance)
    if not administrators.exists() and member.role.is_administrator:
        raise BillingError(
            _("Somebody has to be the administrator: make another person one first."),
            code="last_administrator",
            rule="M15",
        )
    return updated
