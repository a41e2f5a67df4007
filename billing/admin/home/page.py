"""The admin's first page: what needs somebody now. Every number leads to its list; what nobody may see is not counted."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, ngettext_lazy

from billing import clock
from billing.admin.base import list_url
from billing.admin.home.cards import Card, count_card, sums
from billing.admin.home.prepaid_cards import prepaid_cards
from billing.admin.home.queue_cards import waiting_cards
from billing.models import BillingAccount, Heartbeat, Invoice, JobRun, Notice, Tariff
from billing.operations import health
from billing.operations.staff_roles import permission_of
from billing.pricing.periods import business_date
from billing.reports.worklists import workload
from billing.wording import formats


def _debt_cards(as_of: datetime) -> list[Card]:
    debtors, soon, days = workload.debtors(as_of), workload.heap(workload.due_soon(as_of)), workload.soon_days()
    return [
        count_card(
            _("Accounts read-only for debt"),
            debtors.count,
            list_url(BillingAccount, "debt=overdue"),
            _("Access returns with the last overdue kopeck."),
            "debt",
            sums=sums(debtors),
        ),
        count_card(
            ngettext_lazy("Invoices due within %(days)s day", "Invoices due within %(days)s days", "days")
            % {"days": days},
            soon.count,
            list_url(Invoice, "state=soon"),
            _("Unpaid, they make their accounts read-only the night after."),
            "warn",
            sums=sums(soon),
        ),
    ]


def _work_cards(as_of: datetime) -> list[Card]:
    late = workload.to_close(as_of).count()
    return [
        count_card(
            _("Months to be closed"),
            late,
            reverse("admin:billing_jobrun_changelist"),
            _("The run of the 1st has not come to these accounts yet."),
            "warn",
        ),
        count_card(
            _("Work set aside"),
            workload.set_aside().count(),
            list_url(JobRun),
            _("Begun and not finished: it is tried again, then waits for somebody."),
            "warn",
        ),
    ]


def _cluster_card() -> Card:
    found = health.health()
    url = list_url(Heartbeat)
    if found.cluster_seconds is None:
        return Card(
            _("Jobs"),
            str(_("never seen")),
            url,
            _("No cluster has shown itself: mails and documents wait."),
            tone="warn",
        )
    if not found.is_alive:
        text = _("%(minutes)s min ago") % {"minutes": found.cluster_seconds // 60}
        return Card(
            _("Jobs"), str(text), url, _("The cluster was last seen then: mails and documents wait."), tone="warn"
        )
    return Card(
        _("Jobs"),
        str(_("running")),
        url,
        _("Seen %(seconds)s seconds ago.") % {"seconds": found.cluster_seconds},
        tone="quiet",
    )


def cards(request: HttpRequest, as_of: datetime) -> list[Card]:
    """The cards that this person may see, those that need somebody first."""
    may = request.user.has_perm
    found = [*waiting_cards(request, as_of), *prepaid_cards(request, as_of)]
    if may("billing.view_invoice"):
        found += _debt_cards(as_of)
    if may("billing.view_tariff"):
        found.append(
            count_card(
                _("Tariffs in review"),
                workload.in_review().count(),
                list_url(Tariff, "status__exact=in_review"),
                _("Somebody else than the author publishes them."),
                "warn",
            )
        )
    if may("billing.view_jobrun"):
        found += _work_cards(as_of)
    if may("billing.view_notice"):
        found.append(
            count_card(
                _("Mails and messages that failed"),
                workload.failed_mails().count(),
                list_url(Notice, "state__exact=failed"),
                _("They did not reach the customer and are not tried again."),
                "warn",
            )
        )
    if may("billing.view_heartbeat"):
        found.append(_cluster_card())
    return sorted(found, key=lambda card: ("debt", "warn", "", "quiet").index(card.tone))


def _lead(found: list[Card]) -> str:
    waiting = sum(card.needs_somebody for card in found)
    if not waiting:
        return str(_("Nothing waits for anybody."))
    return ngettext("One thing needs somebody.", "%(count)s things need somebody.", waiting) % {"count": waiting}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's callback: fills the home page."""
    as_of = clock.now()
    found = cards(request, as_of)
    late = workload.worst_debtors(as_of) if request.user.has_perm("billing.view_invoice") else []
    rows = [
        {
            "invoice": row,
            "days": (business_date(as_of, settings.BILLING_TIME_ZONE) - row.due_date).days,
            "open": formats.money_text(row.open_minor, row.currency),
        }
        for row in late
    ]
    context.update(
        title=_("What needs somebody"),
        lead=_lead(found),
        now=formats.instant_text(as_of, settings.BILLING_TIME_ZONE),
        sandbox=settings.BILLING_SANDBOX and clock.sandbox_now() is not None,
        cards=found,
        calm=[card for card in found if card.tone == "quiet"],
        overdue=rows,
        overdue_url=list_url(Invoice, "state=overdue"),
        may_close=request.user.has_perm(permission_of("run_close")) and request.user.has_perm("billing.view_jobrun"),
        empty=not found,
    )
    return context
