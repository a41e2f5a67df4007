"""What a billing owner does with people in the portal: see what a change costs, invite, let in, block, change roles.

Every change goes through `metering.report_member`, the same door as the instance's own reports; the preview is that very
operation, rolled back (G10).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.ids import new_id
from accounts.models import Instance, Member, Role, User
from accounts.verified import verified_emails
from billing import notices
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount, Charge
from billing.operations import access, ledger, metering

SALT = "saldo.invitation"
INVITATION_LASTS = timedelta(days=14)


@dataclass(frozen=True)
class Effect:
    """What a change would do to the account now: ``amount_minor`` above 0 is charged; ``explanations`` say how."""

    amount_minor: int
    currency: str
    balance_after_minor: int
    explanations: tuple[dict[str, object], ...]


class _Undo(Exception):
    """Rolls a preview back."""


def preview(*, instance: Instance, report: members.Report, as_of: datetime) -> Effect | None:
    """What ``report`` would cost if it were made now: the act itself, rolled back. None where nothing is charged to anybody.

    Refuses what the act would refuse.
    """
    subscription = access.current_subscription(instance)
    effect: Effect | None = None
    try:
        with transaction.atomic():
            last = Charge.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
            metering.report_member(instance=instance, report=report, as_of=as_of, source="portal")
            if subscription is not None:
                account = subscription.account
                charges = Charge.objects.filter(account=account, pk__gt=last).order_by("pk")
                effect = Effect(
                    amount_minor=sum(charge.amount_minor for charge in charges),
                    currency=account.currency,
                    balance_after_minor=ledger.balance(account),
                    explanations=tuple(charge.explanation for charge in charges),
                )
            raise _Undo
    except _Undo:
        return effect


def _account_of(instance: Instance) -> BillingAccount | None:
    subscription = access.current_subscription(instance)
    if subscription is not None:
        return subscription.account
    return BillingAccount.objects.filter(customer=instance.customer_id).order_by("pk").first()


def invitation_link(member: Member) -> str:
    """The link that lets exactly this person in, for as long as they are invited."""
    token = signing.dumps({"member": member.pk, "email": member.email}, salt=SALT)
    return settings.BASE_URL + reverse("portal:join", args=[token])


def _refuse_raising(instance: Instance, role: str, by: User | None) -> None:
    """Only an administrator makes or unmakes administrators: the billing right alone must not lead to that role (M15)."""
    if by is None or not Role.objects.filter(product=instance.product_id, code=role, is_administrator=True).exists():
        return
    administrators = Member.objects.active().filter(instance=instance, role__is_administrator=True)
    if not administrators.filter(email__in=verified_emails(by)).exists():
        raise BillingError(
            _("Only an administrator of this instance can do that: ask one of them."),
            code="administrator_only",
            rule="M15",
        )


@transaction.atomic
def invite(
    *, instance: Instance, email: str, name: str, role: str, as_of: datetime, invited_by: str, by: User | None = None
) -> Member:
    """Invites somebody by mail; they count only once they have come in (M1). Refuses an address that is there already, and
    an administrator invited by somebody (``by``) who is none."""
    _refuse_raising(instance, role, by)
    address = members.checked_email(email)
    there = instance.members.exclude(status=Member.Status.REMOVED).filter(email=address)
    if there.exists():
        raise BillingError(_("%(email)s is in this instance already.") % {"email": address}, code="member_exists")
    report = members.Report(external_id=new_id("inv"), status="invited", email=address, name=name.strip(), role=role)
    member = metering.report_member(instance=instance, report=report, as_of=as_of, source="portal", actor=invited_by)
    account = _account_of(instance)
    assert member is not None
    if account is not None:
        notices.invitation(
            member=member, account=account, link=invitation_link(member), invited_by=invited_by, at=as_of
        )
    return member


def _may_come_in(member: Member) -> bool:
    """Whoever is invited, and whoever is active already but has no login yet, as the first person of an instance (M15)."""
    if member.status == Member.Status.ACTIVE:
        return not User.objects.filter(email=member.email).exists()
    return member.status == Member.Status.INVITED


def welcome(*, member: Member, account: BillingAccount, as_of: datetime) -> None:
    """Sends the first person of an instance the link to their login; whoever has one already needs none (M15)."""
    if _may_come_in(member):
        notices.invitation(
            member=member, account=account, link=invitation_link(member), invited_by=settings.PORTAL_NAME, at=as_of
        )


def invited_member(token: str) -> Member:
    """The person an invitation's link speaks of; refuses a link that is broken, too old or used."""
    try:
        told = signing.loads(token, salt=SALT, max_age=INVITATION_LASTS)
    except signing.BadSignature:
        raise BadInput(_("This invitation is not valid any more: ask for a new one."), code="invitation_over") from None
    member = Member.objects.select_related("instance", "role").filter(pk=told["member"], email=told["email"]).first()
    if member is None or not _may_come_in(member):
        raise BadInput(_("This invitation has been used already: sign in."), code="invitation_used")
    return member


@transaction.atomic
def accept_invitation(*, token: str, password: str, name: str, as_of: datetime) -> User:
    """Lets the invited person in: their login is made (or found), the address is proved by the link, they become active."""
    member = invited_member(token)
    user = User.objects.filter(email=member.email).first()
    if user is None:
        user = User.objects.create_user(member.email, password, name=name or member.name)
    EmailAddress.objects.update_or_create(user=user, email=member.email, defaults={"verified": True, "primary": True})
    if member.status == Member.Status.INVITED:
        report = members.Report(
            external_id=member.external_id, status="active", email=member.email, name=name or member.name,
            role=member.role.code,
        )  # fmt: skip
        metering.report_member(
            instance=member.instance, report=report, as_of=as_of, source="portal", actor=member.email
        )
    return user


@transaction.atomic
def change(
    *, member: Member, status: str | None, role: str | None, as_of: datetime, actor: str, by: User | None = None
) -> Member | None:
    """Blocks, unblocks, removes somebody or gives another role. Refuses to leave an instance without an administrator, and
    changes of administrators by somebody (``by``) who is none."""
    for code in {member.role.code, role or member.role.code}:
        _refuse_raising(member.instance, code, by)
    report = members.Report(
        external_id=member.external_id, status=status or member.status, role=role or member.role.code
    )
    changed = metering.report_member(instance=member.instance, report=report, as_of=as_of, source="portal", actor=actor)
    administrators = Member.objects.active().filter(instance=member.instance, role__is_administrator=True)
    if not administrators.exists() and member.role.is_administrator:
        raise BillingError(
            _("Somebody has to be the administrator: make another person one first."),
            code="last_administrator",
            rule="M15",
        )
    return changed
