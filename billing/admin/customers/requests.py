"""What owners ask of support (M11–M14, M16): a queue with the working-day clock, and what is done about each."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField, F, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.enums import ActionVariant

from accounts.models import User
from billing import clock
from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import reason_field, text_field
from billing.admin.base import ReadOnlyPage, badge, display, figure, lines, link, moment, money, short_moment
from billing.admin.money.offer_acts import SendOfferForRequest
from billing.admin.money.reliefs import GrantReliefForRequest
from billing.downloads import attachment
from billing.models import BillingAccount, CustomerRequest, RequestFile
from billing.operations.customers import requests
from billing.operations.cycle import access
from billing.operations.run import document_reads
from billing.operations.staff_roles import permission_of
from billing.pricing.periods import business_date
from billing.reports import overview
from billing.reports.worklists import waiting
from billing.wording import formats

Kind = CustomerRequest.Kind
# What the act behind a request needs besides the right to answer.
BEHIND = {
    Kind.TERMINATION: "terminate_subscription",
    Kind.RESUMPTION: "resume_subscription",
    Kind.DELETION: "delete_on_request",
}
OUTCOME = {"done": "good", "declined": "plain", "withdrawn": "plain"}


class _Answer(Act):
    permission = "answer_requests"

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.answered_at is None)

    def account(self) -> BillingAccount:
        return self.target.account  # type: ignore[no-any-return]


def may_carry_out(user: Any, request: CustomerRequest) -> bool:
    """Whether ``user`` may do what was asked, not only answer it."""
    behind = BEHIND.get(Kind(request.kind))
    return behind is None or bool(user.has_perm(permission_of(behind)))


class CarryOutForm(ActForm):
    def build(self) -> None:
        self.fields["answer"] = reason_field(
            _("answer"),
            required=False,
            help_text=_("The customer reads it in the mail and in the portal; may stay empty."),
        )
        if self.act.target.kind == Kind.DELETION and self.act.target.instance is not None:
            self.fields["domain"] = text_field(
                _("the domain, typed out"), help_text=_("So that no other instance is deleted. It cannot be undone.")
            )

    def clean_domain(self) -> str:
        typed = str(self.cleaned_data["domain"]).strip().lower()
        if typed != self.act.target.instance.domain.lower():
            self.add_error("domain", _("This is not the domain of this instance."))
        return typed


class CarryOut(_Answer):
    name = "carry_out"
    title = _("Carry out")
    button = _("Carry it out")
    lead = _(
        "Does what was asked and tells the customer. A proof of payment and a year up front are only answered here."
    )
    icon = "check"
    variant = ActionVariant.PRIMARY
    form_class = CarryOutForm

    @classmethod
    def is_offered(cls, request: HttpRequest, target: Any) -> bool:
        return super().is_offered(request, target) and may_carry_out(request.user, target)

    def answer(self) -> HttpResponse:
        if not may_carry_out(self.user, self.target):
            raise PermissionDenied
        self.fresh = self.target.kind == Kind.DELETION  # type: ignore[misc]
        return super().answer()

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> CustomerRequest:
        return requests.carry_out(request=self.target, as_of=as_of, actor=self.actor, answer=data["answer"])

    def facts(self, result: CustomerRequest) -> list[Fact]:
        rows = [Fact(_("Request"), _("carried out"), _("waiting"))]
        if result.kind == Kind.DELETION and result.instance is not None:
            rows.append(Fact(_("Personal data of the instance's people"), _("erased for good")))
        return rows

    def done(self, result: Any) -> str:
        return str(_("The request is carried out and the customer is told."))


class DeclineForm(ActForm):
    def build(self) -> None:
        self.fields["reason"] = reason_field(help_text=_("The customer reads it in the mail and in the portal."))


class Decline(_Answer):
    name = "decline_request"
    title = _("Decline")
    lead = _("Nothing is changed. The customer is told why.")
    icon = "block"
    form_class = DeclineForm

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> CustomerRequest:
        return requests.decline(request=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: CustomerRequest) -> list[Fact]:
        return [Fact(_("Request"), _("declined"), _("waiting"))]

    def done(self, result: Any) -> str:
        return str(_("The request is declined and the customer is told."))


class RecordPaymentForRequest(Act):
    """A way to the account's own act."""

    name = "record_payment"
    title = _("Record the payment")
    icon = "payments"

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.kind == Kind.PROOF_OF_PAYMENT and target.answered_at is None)

    def answer(self) -> HttpResponse:
        address = reverse("admin:billing_billingaccount_record_payment", args=(self.target.account_id,))
        return HttpResponseRedirect(f"{address}?{urlencode({'reference': self.target.text[:200]})}")


class StateFilter(admin.SimpleListFilter):
    """By the working-day clock."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [
            ("waiting", _("waiting")),
            ("late", _("late")),
            ("today", _("by today")),
            ("done", _("done")),
            ("declined", _("declined")),
            ("withdrawn", _("withdrawn by the customer")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "waiting":
            return queryset.filter(answered_at=None)
        if self.value() in ("late", "today"):
            chosen = waiting.requests_by(clock.now(), late=self.value() == "late")
            return queryset.filter(pk__in=chosen.values("pk"))
        return queryset.filter(outcome=self.value()) if self.value() else queryset


def clock_badge(row: Any, as_of: datetime) -> SafeString:
    """The working-day clock in words: late, by today, by another day; what became of it once it is answered."""
    if row.answered_at is not None:
        return badge(OUTCOME.get(row.outcome, "plain"), row.get_outcome_display())
    today = business_date(as_of, row.account.zone)
    if row.is_late(today):
        late = (today - row.answer_by).days
        return badge("bad", ngettext("late by %(days)s day", "late by %(days)s days", late) % {"days": late})
    if row.answer_by == today:
        return badge("warn", _("by today"))
    return badge("info", _("by %(day)s") % {"day": formats.date_text(row.answer_by, year=False)})


@admin.register(CustomerRequest)
class CustomerRequestPage(ReadOnlyPage):
    acts = (CarryOut, GrantReliefForRequest, RecordPaymentForRequest, SendOfferForRequest, Decline)
    list_display = ("asked", "kind", "customer", "instance", "state", "requested_by")
    list_filter = (StateFilter, "kind")
    list_select_related = ("account__customer", "account__seller", "instance")
    search_fields = (
        "public_id",
        "requested_by",
        "text",
        "account__number",
        "account__customer__name",
        "instance__domain",
    )
    search_help_text = _("Request id, who asked, account number, customer, domain")
    ordering = (F("answered_at").desc(nulls_first=True), "answer_by", "pk")
    fieldsets = (
        (
            _("What is asked"),
            {
                "fields": (
                    "state",
                    "kind",
                    "words",
                    "people",
                    "files_shown",
                    "requested_by",
                    "asked_at",
                    "instance_link",
                )
            },
        ),
        (_("How the account stands"), {"fields": ("account_link", "balance", "overdue", "access_now", "public_id")}),
        (_("Answer"), {"fields": ("answer", "answered_by", "answered")}),
    )
    readonly_fields = (
        "state",
        "words",
        "files_shown",
        "asked_at",
        "instance_link",
        "account_link",
        "balance",
        "overdue",
        "access_now",
        "answered",
    )

    def title_of(self, row: Any) -> str:
        return f"{capfirst(row.get_kind_display())} · {row.account.customer}"

    def get_queryset(self, request: HttpRequest) -> Any:
        as_of = Value(clock.now(), output_field=DateTimeField())
        return super().get_queryset(request).annotate(as_of=as_of).select_related(*self.list_select_related)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.file)
        return [
            path("<int:object_id>/file/<int:file_id>/", view, name="billing_customerrequest_file"),
            *super().get_urls(),
        ]

    def file(self, request: HttpRequest, object_id: int, file_id: int) -> HttpResponse:
        """A file that came with the request; that it was read is kept."""
        assert isinstance(request.user, User)
        may = request.user.has_perm(permission_of("answer_requests"))
        if not may or not self.has_view_permission(request):
            raise PermissionDenied
        found = (
            RequestFile.objects.select_related("request__account__customer")
            .filter(pk=file_id, request=object_id)
            .first()
        )
        if found is None:
            raise Http404
        read = document_reads.read_request_file(file=found, as_of=clock.now(), actor=request.user.email)
        return attachment(bytes(read.content), name=read.name, content_type=read.content_type)

    @display(description=_("asked"), ordering="requested_at")
    def asked(self, row: CustomerRequest) -> str:
        return short_moment(row.requested_at)

    @display(description=_("asked"))
    def asked_at(self, row: CustomerRequest) -> str:
        by = formats.date_text(row.answer_by)
        return str(_("%(when)s, to be answered by %(day)s") % {"when": moment(row.requested_at), "day": by})

    @display(description=_("customer"), ordering="account__customer__name")
    def customer(self, row: CustomerRequest) -> str:
        return row.account.customer.name

    @display(description=_("clock"), ordering="answer_by")
    def state(self, row: Any) -> SafeString:
        return clock_badge(row, row.as_of)

    @display(description=_("in their words"))
    def words(self, row: CustomerRequest) -> str:
        return row.text or formats.NO_VALUE

    @display(description=_("files"))
    def files_shown(self, row: CustomerRequest) -> SafeString:
        return lines(
            [
                format_html(
                    '<a class="text-primary-600 dark:text-primary-500 hover:underline" href="{}">{}</a> · {}',
                    reverse("admin:billing_customerrequest_file", args=(row.pk, one.pk)),
                    one.name,
                    one.content_type,
                )
                for one in RequestFile.objects.filter(request=row).defer("content").order_by("pk")
            ]
        )

    @display(description=_("instance"))
    def instance_link(self, row: CustomerRequest) -> str:
        return link(row.instance)

    @display(description=_("billing account"))
    def account_link(self, row: CustomerRequest) -> str:
        return link(row.account, f"{row.account} · {row.account.customer}")

    @display(description=_("balance"))
    def balance(self, row: Any) -> SafeString:
        return figure(self._standing(row).balance_minor, row.account.currency)

    @display(description=_("overdue"))
    def overdue(self, row: Any) -> SafeString:
        now = self._standing(row)
        found = [format_html("{} · {}", link(one), money(one.open_minor, one.currency)) for one in now.overdue[:10]]
        return lines(found)

    @staticmethod
    def _standing(row: Any) -> overview.Standing:
        if not hasattr(row, "standing_now"):
            row.standing_now = overview.standing(account=row.account, as_of=row.as_of)
        found: overview.Standing = row.standing_now
        return found

    @display(description=_("access"))
    def access_now(self, row: Any) -> SafeString | str:
        if row.instance is None:
            return formats.NO_VALUE
        level = access.level(row.instance, as_of=row.as_of).level
        return badge({"full": "good", "read_only": "warn"}.get(str(level.value), "plain"), level.label)

    @display(description=_("answered"))
    def answered(self, row: CustomerRequest) -> str:
        return moment(row.answered_at)
