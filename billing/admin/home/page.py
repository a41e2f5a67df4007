"""The admin's home page shows work that waits for staff. Every number leads to its list; what the person may not see is not counted."""

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
from billing.admin.labels import STEPS, label_for
from billing.models import BillingAccount, Heartbeat, Invoice, JobRun, Notice, Tariff
from billing.operations import health
from billing.operations.staff_roles import permission_of
from billing.pricing.periods import business_date
from billing.reports.worklists import workload
from billing.wording import formats


def _debt_cards(as_of: datetime) -> list[Card]:
    debtors, soon, days = (
        workload.debtors(as_of),
        workload.count_backlog(workload.invoices_due_soon(as_of)),
        workload.due_soon_days(),
    )
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
    late = workload.accounts_to_close(as_of).count()
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
            workload.unfinished_work().count(),
            list_url(JobRun),
            _("Begun and not finished: it is tried again, then waits for somebody."),
            "warn",
        ),
    ]


def _run_card(failure: health.RunFailure) -> Card:
    when = formats.instant_text(failure.at, settings.BILLING_TIME_ZONE)
    note = (
        _(
            "It stopped at %(when)s in this step: %(step)s. What comes after waits; the error stands under work set aside."
        )
        % {"when": when, "step": label_for(STEPS, failure.step)}
        if failure.step
        else _("None has come to its end since %(when)s: each is killed for taking too long.") % {"when": when}
    )
    url = list_url(JobRun, f"kind={health.RUN}") if failure.step else list_url(Heartbeat)
    return Card(_("The run of every minute"), str(_("failing")), url, note, tone="debt")


def _job_cards() -> list[Card]:
    state = health.read_health()
    cards_shown = [_run_card(state.run_failure)] if state.run_failure is not None else []
    return [*cards_shown, _cluster_card(state)]


def _cluster_card(state: health.Health) -> Card:
    url = list_url(Heartbeat)
    if state.cluster_seconds is None:
        return Card(
            _("Jobs"),
            str(_("never seen")),
            url,
            _("No cluster has shown itself: mails and documents wait."),
            tone="warn",
        )
    if not state.is_alive:
        text = _("%(minutes)s min ago") % {"minutes": state.cluster_seconds // 60}
        return Card(
            _("Jobs"), str(text), url, _("The cluster was last seen then: mails and documents wait."), tone="warn"
        )
    return Card(
        _("Jobs"),
        str(_("running")),
        url,
        _("Seen %(seconds)s seconds ago.") % {"seconds": state.cluster_seconds},
        tone="quiet",
    )


def cards(request: HttpRequest, as_of: datetime) -> list[Card]:
    """Returns the cards that this person may see, those with waiting work first."""
    may = request.user.has_perm
    cards_shown = [*waiting_cards(request, as_of), *prepaid_cards(request, as_of)]
    if may("billing.view_invoice"):
        cards_shown += _debt_cards(as_of)
    if may("billing.view_tariff"):
        cards_shown.append(
            count_card(
                _("Tariffs in review"),
                workload.tariffs_in_review().count(),
                list_url(Tariff, "status__exact=in_review"),
                _("Somebody else than the author publishes them."),
                "warn",
            )
        )
    if may("billing.view_jobrun"):
        cards_shown += _work_cards(as_of)
    if may("billing.view_notice"):
        cards_shown.append(
            count_card(
                _("Mails and messages that failed"),
                workload.failed_mails().count(),
                list_url(Notice, "state__exact=failed"),
                _("They did not reach the customer and are not tried again."),
                "warn",
            )
        )
    if may("billing.view_heartbeat"):
        cards_shown += _job_cards()
    return sorted(cards_shown, key=lambda card: ("debt", "warn", "", "quiet").index(card.tone))


def _lead_text(cards_shown: list[Card]) -> str:
    waiting = sum(card.needs_somebody for card in cards_shown)
    if not waiting:
        return str(_("Nothing waits for anybody."))
    return ngettext("One thing needs somebody.", "%(count)s things need somebody.", waiting) % {"count": waiting}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fills the home page's context; the theme calls it (DASHBOARD_CALLBACK)."""
    as_of = clock.now()
    cards_shown = cards(request, as_of)
    overdue = workload.worst_debtors(as_of) if request.user.has_perm("billing.view_invoice") else []
    rows = [
        {
            "invoice": row,
            "days": (business_date(as_of, settings.BILLING_TIME_ZONE) - row.due_date).days,
            "open": formats.money_text(row.open_minor, row.currency),
        }
        for row in overdue
    ]
    context.update(
        title=_("What needs somebody"),
        lead=_lead_text(cards_shown),
        now=formats.instant_text(as_of, settings.BILLING_TIME_ZONE),
        sandbox=settings.BILLING_SANDBOX and clock.sandbox_now() is not None,
        cards=cards_shown,
        calm=[card for card in cards_shown if card.tone == "quiet"],
        overdue=rows,
        overdue_url=list_url(Invoice, "state=overdue"),
        may_close=request.user.has_perm(permission_of("run_close")) and request.user.has_perm("billing.view_jobrun"),
        empty=not cards_shown,
    )
    return context
