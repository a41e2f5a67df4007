"""The people of an instance: who is in it, and each change with its cost, shown before it is made (D8, G10)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.ids import new_id
from accounts.members import Report
from accounts.models import Instance, Member, Role, User
from accounts.verified import verified_emails
from billing import clock
from billing.errors import BillingError, Refusal
from billing.models import Subscription
from billing.operations.customers import member_management as operations
from billing.portal.get_or_404 import instance_or_404
from billing.portal.permissions import AccountSelection, signed_in_user
from billing.pricing.periods import month_span
from billing.pricing.terms import Metric
from billing.reports import overview as reports
from billing.reports.plan_state import plan_state
from billing.reports.usage import Usage, current_period, usage_of
from billing.wording.refusals import explain_refusal

ROWS = 50
FEW = 5  # administrators named as those to ask
# The statuses to which a member of each status can be changed; the role can be changed in all of them.
NEXT_STATUSES = {
    Member.Status.ACTIVE: (Member.Status.BLOCKED, Member.Status.REMOVED),
    Member.Status.BLOCKED: (Member.Status.ACTIVE, Member.Status.REMOVED),
    Member.Status.INVITED: (Member.Status.REMOVED,),
}


@dataclass(frozen=True)
class Option:
    """A change that can be made to a member: a new ``status`` or ``role``, and its effect on the account.

    ``effect`` None: nothing is charged. ``token`` goes with the form, so that nobody pays what they have not seen.
    ``refused`` says why it cannot be done, empty where it can.
    """

    status: str
    role: Role | None
    effect: operations.Effect | None
    refused: str = ""

    @property
    def role_code(self) -> str:
        return self.role.code if self.role is not None else ""

    @property
    def token(self) -> str:
        return operations.token_of(self.effect)

    @property
    def seen(self) -> int:
        return self.effect.amount_minor if self.effect is not None else 0

    @property
    def back_minor(self) -> int:
        """The credit for the rest of the paid period, in minor units (B6)."""
        return max(0, -self.seen)

    @property
    def less_minor(self) -> int:
        """By how much each later period costs less, in minor units."""
        return max(0, -self.effect.later_minor) if self.effect is not None else 0

    @property
    def explanation(self) -> dict[str, object] | None:
        return self.effect.explanations[-1] if self.effect is not None and self.effect.explanations else None


def _usage(subscription: Subscription | None, as_of: datetime) -> Usage | None:
    if subscription is None or not subscription.is_metered or not subscription.is_running(as_of):
        return None
    period = current_period(subscription, as_of)
    return usage_of(subscription=subscription, period=period, as_of=as_of) if period is not None else None


def _common_context(
    selection: AccountSelection, instance: Instance, subscription: Subscription | None, as_of: datetime
) -> dict[str, Any]:
    usage = _usage(subscription, as_of)
    plan = plan_state(subscription, as_of) if subscription is not None and not subscription.is_metered else None
    return {
        "plan": plan,
        "section": "instances",
        "selection": selection,
        "zone": selection.account.zone,
        "currency": selection.account.currency,
        "instance": instance,
        "usage": usage,
        "by_seats": plan is not None and plan.metric == Metric.PAID_MEMBERS,
        "next_start": month_span(usage.period.start).end if usage is not None else None,
    }


def _roles(instance: Instance) -> list[Role]:
    return list(Role.objects.filter(product=instance.product_id).order_by("position", "pk"))


def _option(instance: Instance, report: Report, role: Role | None, as_of: datetime) -> Option:
    status = "" if role else report.status
    try:
        return Option(status, role, operations.preview_report(instance=instance, report=report, as_of=as_of))
    except BillingError as refusal:
        return Option(status, role, None, explain_refusal(refusal))


def _roles_for(instance: Instance, user: User) -> list[Role]:
    """Returns the roles that ``user`` may give: only an administrator makes administrators (M15)."""
    roles = _roles(instance)
    if operations.find_administrator(instance, user) is not None:
        return roles
    return [role for role in roles if not role.is_administrator]


def _administrators_to_ask(instance: Instance) -> list[Member]:
    """Returns the first administrators, named to somebody who is none as those to ask."""
    administrators = Member.objects.administrators().filter(instance=instance)
    return list(administrators.order_by("name", "email", "pk")[:FEW])


def _options(instance: Instance, member: Member, as_of: datetime, user: User) -> list[Option]:
    """Returns every change that ``user`` may make to ``member``, with its effect (M15)."""
    roles = _roles_for(instance, user)
    if member.role.is_administrator and not any(role.is_administrator for role in roles):
        return []
    return [_option(instance, report, role, as_of) for report, role in _offers(member, roles)]


def _offers(member: Member, roles: list[Role]) -> list[tuple[Report, Role | None]]:
    """Returns the reports that would change ``member``: to another status, or to another of ``roles``."""
    statuses = NEXT_STATUSES.get(Member.Status(member.status), ())
    offers: list[tuple[Report, Role | None]] = [
        (Report(member.external_id, status, role=member.role.code), None) for status in statuses
    ]
    others = [role for role in roles if role.pk != member.role_id]
    return offers + [(Report(member.external_id, member.status, role=role.code), role) for role in others]


@require_GET
@login_required
def people(request: HttpRequest, public_id: str) -> HttpResponse:
    """Lists everybody in the instance with role and state, and what the next person costs."""
    as_of = clock.now()
    selection, instance, subscription = instance_or_404(request, public_id)
    everybody = Member.objects.present().filter(instance=instance).select_related("role")
    money = reports.account_position(account=selection.account, as_of=as_of)
    context = {
        **_common_context(selection, instance, subscription, as_of),
        "money": money,
        "read_only_debt": bool(money.overdue),
        "page": Paginator(everybody.order_by("name", "email", "pk"), ROWS).get_page(request.GET.get("page")),
    }
    return render(request, "portal/people.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def invite(request: HttpRequest, public_id: str) -> HttpResponse:
    """Shows what a new member will cost, by role, and asks for the address; POST sends the invitation."""
    as_of, user = clock.now(), signed_in_user(request)
    selection, instance, subscription = instance_or_404(request, public_id)
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            operations.invite_member(
                instance=instance,
                email=request.POST.get("email", ""),
                name=request.POST.get("name", "")[:200],
                role=request.POST.get("role", ""),
                as_of=as_of,
                invited_by=user.get_short_name(),
                by=user,
            )
            return HttpResponseRedirect(reverse("portal:people", args=[public_id]))
        except Refusal as refusal:
            errors = {getattr(refusal, "field", "") or "all": explain_refusal(refusal)}
    new_member = Report(new_id("inv"), Member.Status.ACTIVE, email="preview@example.com")
    roles, all_roles = _roles_for(instance, user), _roles(instance)
    common = _common_context(selection, instance, subscription, as_of)
    by_role = [
        (role, _option(instance, _with_role(new_member, role), role, as_of)) if common["by_seats"] else (role, None)
        for role in roles
    ]
    context = {
        **common,
        "roles": by_role,
        "administrators": _administrators_to_ask(instance) if len(roles) < len(all_roles) else [],
        "option": (by_role and by_role[-1][1])
        or _option(instance, _with_role(new_member, all_roles[-1]), all_roles[-1], as_of),
        "chosen": request.POST.get("role") or _default_role(all_roles),
        "fields": request.POST,
        "errors": errors,
    }
    return render(request, "portal/people_invite.html", context, status=422 if errors else 200)


def _with_role(report: Report, role: Role) -> Report:
    return Report(report.external_id, report.status, email=report.email, role=role.code)


def _default_role(roles: list[Role]) -> str:
    """Returns the preselected role: the first that neither administers nor has the billing right."""
    plain = [role.code for role in roles if not role.is_administrator and not role.has_billing_right]
    return plain[0] if plain else roles[-1].code


@require_http_methods(["GET", "POST"])
@login_required
def person(request: HttpRequest, public_id: str, member_id: int) -> HttpResponse:
    """Shows one member with every possible change and its cost; POST makes one for the price that was shown."""
    as_of, user = clock.now(), signed_in_user(request)
    selection, instance, subscription = instance_or_404(request, public_id)
    member = Member.objects.present().select_related("role").filter(instance=instance, pk=member_id).first()
    if member is None:
        raise Http404
    member.instance = instance
    is_self = member.email.lower() in verified_emails(user)
    error = ""
    if request.method == "POST":
        try:
            _change(request, member, is_self=is_self, as_of=as_of)
            return HttpResponseRedirect(reverse("portal:people", args=[public_id]))
        except Refusal as refusal:
            error = explain_refusal(refusal)
    options = [] if is_self else _options(instance, member, as_of, user)
    context = {
        **_common_context(selection, instance, subscription, as_of),
        "member": member,
        "is_self": is_self,
        "may_hand_over": (is_self or member.status == Member.Status.ACTIVE)
        and operations.find_administrator(instance, user) is not None,
        "options": options,
        "administrators": [] if options or is_self else _administrators_to_ask(instance),
        "error": error,
    }
    return render(request, "portal/person.html", context, status=409 if error else 200)


def _change(request: HttpRequest, member: Member, *, is_self: bool, as_of: datetime) -> None:
    """Makes the chosen change. Refuses what was not offered, and a price other than the one shown."""
    if is_self:
        raise BillingError(_("You cannot change yourself: ask another administrator."), code="own_membership")
    status, role = request.POST.get("status", ""), request.POST.get("role", "")
    offers = _offers(member, _roles(member.instance))
    if (status, role) not in [("", new_role.code) if new_role else (report.status, "") for report, new_role in offers]:
        raise BillingError(_("This cannot be done any more: look at how it stands now."), code="not_offered")
    operations.change_member(
        member=member,
        status=status or None,
        role=role or None,
        as_of=as_of,
        actor=signed_in_user(request).get_short_name(),
        by=signed_in_user(request),
        seen=request.POST.get("seen", ""),
    )
