"""The admin's pages of jobs: failed work with its next start, heartbeats, and django-q's tables read-only.

django-q's own pages let people write a schedule that runs any code and run a finished task again: they are replaced.
"""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure, OrmQ, Schedule, Success

from billing import clock
from billing.admin.acts.act_pages import Act
from billing.admin.acts.act_preview import Fact
from billing.admin.base import ReadOnlyPage, badge, display, moment, short_moment
from billing.admin.labels import PARTS, WORK, label_for
from billing.models import BillingAccount, Heartbeat, JobRun
from billing.operations import jobs, rehearsal
from billing.operations.cycle import month_close
from billing.operations.jobs import MOST_ATTEMPTS
from billing.operations.run import billing_run
from billing.wording import formats

# A dry run of more accounts than this would hold the page up: the rest are counted, not rehearsed.
MOST_REHEARSED = 25

for model in (Failure, OrmQ, Schedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class RunClose(Act):
    """Closes every month that is over: by hand where the schedule did not."""

    name = "run_close"
    title = _("Run the close")
    button = _("Close these months")
    lead = _("Closes every month that is over, issues its invoices, opens the next. Repeating it changes nothing.")
    icon = "event_available"
    has_own_transactions = True

    def preview(self, data: dict[str, Any], as_of: datetime) -> list[Fact]:
        """Rehearses the close for each due account and returns what it would be invoiced."""
        due = billing_run.accounts_to_close(as_of)
        rows = [Fact(_("Accounts with a month that is over"), str(len(due)))]
        for pk, number in due[:MOST_REHEARSED]:
            account = BillingAccount.objects.select_related("customer").get(pk=pk)
            rows.append(Fact(f"{number} · {account.customer}", self._outcome_for(pk, as_of)))
        if len(due) > MOST_REHEARSED:
            rows.append(Fact(_("Further accounts"), str(len(due) - MOST_REHEARSED)))
        return rows

    @staticmethod
    def _outcome_for(pk: int, as_of: datetime) -> str:
        try:
            issued = rehearsal.rehearse(lambda: month_close.close_due_months(account_id=pk, as_of=as_of))
        except Exception as error:  # what fails for one account is shown, as the run itself would set it aside
            return str(_("would be set aside: %(error)s") % {"error": f"{type(error).__name__}: {error}"[:200]})
        sums = [
            f"{formats.period_text(row.period_start)}: {formats.money_text(row.total_minor, row.currency)}"
            for row in issued
        ]
        return ", ".join(sums) or str(_("no charges, no invoice"))

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> billing_run.RunResult:
        return billing_run.close_months(as_of=as_of)

    def success_message(self, result: billing_run.RunResult) -> str:
        text = _("%(closed)s accounts closed, %(invoices)s invoices issued, %(aside)s set aside.")
        return str(text % {"closed": result.months_closed, "invoices": len(result.invoices), "aside": result.set_aside})


class Retry(Act):
    name = "retry_work"
    title = _("Start again")
    lead = _("Lets this piece of work start again at the next minute, its attempts counted anew.")
    icon = "refresh"

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> JobRun:
        jobs.retry(run=self.target, as_of=as_of)
        run: JobRun = JobRun.objects.get(pk=self.target.pk)
        return run

    def facts(self, result: JobRun) -> list[Fact]:
        return [Fact(_("Attempts"), str(result.attempts), str(self.target.attempts))]

    def success_message(self, result: JobRun) -> str:
        return str(_("It starts with the next run."))


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("waiting", _("tried again")), ("given_up", _("given up"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "given_up":
            return queryset.filter(attempts__gte=MOST_ATTEMPTS)
        return queryset.filter(attempts__lt=MOST_ATTEMPTS) if self.value() == "waiting" else queryset


@admin.register(JobRun)
class JobRunPage(ReadOnlyPage):
    acts = (Retry,)
    list_acts = (RunClose,)
    list_display = ("work", "key", "state", "attempts", "started", "again")
    list_filter = (StateFilter, "kind")
    search_fields = ("key", "kind", "last_error")
    fields = ("state", "work", "key", "attempts", "started_at", "next_attempt_at", "error")
    readonly_fields = fields

    def title_of(self, row: Any) -> str:
        return f"{capfirst(label_for(WORK, row.kind))} · {row.key}"

    @display(description=_("kind"), ordering="kind")
    def work(self, run: JobRun) -> str:
        return label_for(WORK, run.kind)

    @display(description=_("state"))
    def state(self, run: JobRun) -> SafeString:
        return badge("bad", _("given up")) if run.attempts >= MOST_ATTEMPTS else badge("warn", _("tried again"))

    @display(description=_("last started"), ordering="started_at")
    def started(self, run: JobRun) -> str:
        return short_moment(run.started_at)

    @display(description=_("next attempt"), ordering="next_attempt_at")
    def again(self, run: JobRun) -> str:
        return formats.NO_VALUE if run.attempts >= MOST_ATTEMPTS else short_moment(run.next_attempt_at)

    @display(description=_("error"))
    def error(self, run: JobRun) -> SafeString | str:
        if not run.last_error:
            return formats.NO_VALUE
        return format_html('<pre class="whitespace-pre-wrap text-xs">{}</pre>', run.last_error)


@admin.register(Heartbeat)
class HeartbeatPage(ReadOnlyPage):
    list_display = ("part", "seen", "ago")
    fields = list_display
    readonly_fields = fields

    def title_of(self, row: Any) -> str:
        return capfirst(label_for(PARTS, row.name))

    @display(description=_("part"), ordering="name")
    def part(self, row: Heartbeat) -> str:
        return label_for(PARTS, row.name)

    @display(description=_("last seen"))
    def seen(self, row: Heartbeat) -> str:
        return moment(row.beat_at)

    @display(description=_("seconds ago"))
    def ago(self, row: Heartbeat) -> int:
        return int((clock.real_now() - row.beat_at).total_seconds())


class TaskPage(ReadOnlyPage):
    """A page of finished tasks offers no act: nothing is run again from here."""

    list_display = ("func", "started", "stopped", "attempt_count")
    search_fields = ("func", "name")
    fields = ("id", "name", "func", "started", "stopped", "attempt_count", "outcome")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("-started")

    @display(description=_("result"))
    def outcome(self, task: Any) -> str:
        return str(task.result)[:4000]


@admin.register(Success)
class SuccessPage(TaskPage):
    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(success=True)


@admin.register(Failure)
class FailurePage(TaskPage):
    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(success=False)


@admin.register(Schedule)
class SchedulePage(ReadOnlyPage):
    list_display = ("name", "func", "schedule_type", "cron", "next_run")
    fields = ("name", "func", "schedule_type", "minutes", "cron", "next_run", "repeats")
    readonly_fields = fields


@admin.register(OrmQ)
class QueuePage(ReadOnlyPage):
    """A page of queued tasks hides the payload: unpickling it to show it would run code."""

    list_display = ("id", "key", "lock")
    fields = list_display
    readonly_fields = fields
