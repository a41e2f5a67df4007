"""The admin's read-only pages of events, notices, access announcements and audit records."""

import json
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.admin.acts.act_pages import Act, ReasonForm
from billing.admin.acts.act_preview import Fact
from billing.admin.base import ReadOnlyPage, badge, display, link, moment, short_moment
from billing.admin.labels import ACTS, EVENTS, MAILS, label_for
from billing.models import AccessAnnouncement, AuditRecord, Event, Notice
from billing.operations.run import delivery
from billing.wording import formats

STATES = {"waiting": "info", "sent": "good", "failed": "bad"}


def plain_json(value: Any) -> SafeString:
    """Formats a JSON value for people; a dash where it is empty."""
    if not value:
        return SafeString(formats.NO_VALUE)
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return format_html('<pre class="whitespace-pre-wrap text-xs">{}</pre>', text)


@admin.register(Event)
class EventPage(ReadOnlyPage):
    list_display = ("when", "what", "account", "instance")
    list_filter = ("type",)
    list_select_related = ("account", "instance")
    search_fields = ("public_id", "type", "account__number", "account__customer__name", "instance__domain")
    fields = ("what", "at_text", "account", "instance", "subscription", "sequence", "type", "public_id", "content")
    readonly_fields = fields
    ordering = ("-pk",)

    def title_of(self, row: Any) -> str:
        return capfirst(label_for(EVENTS, row.type))

    @display(description=_("when"), ordering="at")
    def when(self, event: Event) -> str:
        return short_moment(event.at)

    @display(description=_("when"))
    def at_text(self, event: Event) -> str:
        return moment(event.at)

    @display(description=_("what happened"), ordering="type")
    def what(self, event: Event) -> str:
        return label_for(EVENTS, event.type)

    @display(description=_("data"))
    def content(self, event: Event) -> SafeString:
        return plain_json(event.data)


class SendAgain(Act):
    """Sends a mail again: one that failed for good, or an invoice's once more to the same address."""

    name = "send_again"
    permission = "resend_invoice"
    title = _("Send again")
    lead = _("Writes the mail once more to the same address. Both sendings are kept.")
    icon = "forward_to_inbox"
    form_class = ReasonForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.state != Notice.State.WAITING)

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Notice:
        return delivery.resend_notice(notice=self.target, as_of=as_of, actor=self.actor, reason=data["reason"])

    def facts(self, result: Notice) -> list[Fact]:
        return [
            Fact(_("Mail to"), result.recipient),
            Fact(_("Subject"), result.subject),
            Fact(_("Sending"), str(result.edition)),
        ]

    def success_message(self, result: Notice) -> str:
        return str(_("It is on its way to %(recipient)s.") % {"recipient": result.recipient})


@admin.register(Notice)
class NoticePage(ReadOnlyPage):
    acts = (SendAgain,)
    list_display = ("subject", "recipient", "channel", "written", "status", "about")
    list_filter = ("state", "channel", "kind")
    search_fields = ("recipient", "subject", "fact", "account__number", "account__customer__name", "invoice__number")
    list_select_related = ("account",)
    fields = (
        "status",
        "last_error",
        "subject",
        "recipient",
        "channel",
        "service",
        "about",
        "account_link",
        "invoice_link",
        "written_text",
        "sent_text",
        "attempts",
        "edition",
        "requested_by",
        "body",
    )
    readonly_fields = fields

    def title_of(self, row: Any) -> str:
        return str(row.subject)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("html")

    @display(description=_("mail"), ordering="kind")
    def about(self, notice: Notice) -> str:
        return label_for(MAILS, notice.kind)

    @display(description=_("written"))
    def written_text(self, notice: Notice) -> str:
        return moment(notice.created_at)

    @display(description=_("sent"))
    def sent_text(self, notice: Notice) -> str:
        return moment(notice.sent_at)

    @display(description=_("written"), ordering="created_at")
    def written(self, notice: Notice) -> str:
        return short_moment(notice.created_at)

    @display(description=_("state"), ordering="state")
    def status(self, notice: Notice) -> SafeString:
        return badge(STATES[notice.state], notice.get_state_display())

    @display(description=_("billing account"))
    def account_link(self, notice: Notice) -> str:
        return link(notice.account)

    @display(description=_("invoice"))
    def invoice_link(self, notice: Notice) -> str:
        return link(notice.invoice)

    @display(description=_("text"))
    def body(self, notice: Notice) -> SafeString:
        return format_html('<div class="as-written">{}</div>', notice.text)


@admin.register(AccessAnnouncement)
class AnnouncementPage(ReadOnlyPage):
    list_display = ("announced", "instance", "level", "begins")
    list_filter = ("level",)
    list_select_related = ("instance",)
    search_fields = ("instance__domain",)
    ordering = ("-pk",)
    fields = ("instance", "level", "since", "announced_at")

    def title_of(self, row: Any) -> str:
        return f"{row.instance} · {row.get_level_display()}"

    @display(description=_("announced"), ordering="announced_at")
    def announced(self, row: AccessAnnouncement) -> str:
        return short_moment(row.announced_at)

    @display(description=_("since"), ordering="since")
    def begins(self, row: AccessAnnouncement) -> str:
        return short_moment(row.since)


@admin.register(AuditRecord)
class AuditRecordPage(ReadOnlyPage):
    list_display = ("when", "did", "customer", "reason", "actor", "object_id")
    list_filter = ("action",)
    list_select_related = ("customer",)
    search_fields = ("actor", "action", "object_id", "customer__name", "reason")
    fields = ("at_text", "actor", "did", "object_id", "customer", "reason", "old", "new")
    readonly_fields = fields

    def title_of(self, row: Any) -> str:
        return capfirst(label_for(ACTS, row.action))

    @display(description=_("when"), ordering="at")
    def when(self, row: AuditRecord) -> str:
        return short_moment(row.at)

    @display(description=_("act"), ordering="action")
    def did(self, row: AuditRecord) -> str:
        return capfirst(label_for(ACTS, row.action))

    @display(description=_("when"))
    def at_text(self, row: AuditRecord) -> str:
        return moment(row.at)

    @display(description=_("before"))
    def old(self, row: AuditRecord) -> SafeString:
        return plain_json(row.before)

    @display(description=_("after"))
    def new(self, row: AuditRecord) -> SafeString:
        return plain_json(row.after)
