"""A customer's timeline in words: what happened, when, who did it and why, with the way to the row itself."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Customer
from billing.admin.base import badge, figure, link, money, short_moment
from billing.reports import timeline
from billing.reports.statements import movements
from billing.reports.statements.statement import Row
from billing.reports.timeline import Happening
from billing.wording import formats

Words = str | Promise
PER_PAGE = 40
NOTICE = {"waiting": "info", "sent": "good", "failed": "bad"}
ATTEMPT = {"succeeded": "good", "parked": "bad"}
ACTS: dict[str, Words] = {
    "customer.changed": gettext_lazy("Customer's data changed"),
    "account.addresses_changed": gettext_lazy("Billing addresses changed"),
    "method.saved": gettext_lazy("Payment method saved"),
    "method.removed": gettext_lazy("Payment method removed"),
    "payment.recorded": gettext_lazy("Payment recorded"),
    "payment.reversed": gettext_lazy("Payment taken back"),
    "balance.adjusted": gettext_lazy("Balance adjusted"),
    "credit_note.issued": gettext_lazy("Credit note issued"),
    "invoice.resent": gettext_lazy("Invoice sent again"),
    "invoice.document_read": gettext_lazy("Invoice's PDF read"),
    "notice.resent": gettext_lazy("Mail or message sent again"),
    "offer.sent": gettext_lazy("Offer sent"),
    "offer.withdrawn": gettext_lazy("Offer taken back"),
    "offer.document_read": gettext_lazy("Offer's PDF read"),
    "request.done": gettext_lazy("Request carried out"),
    "request.declined": gettext_lazy("Request declined"),
    "request.withdrawn": gettext_lazy("Request withdrawn by the customer"),
    "request.file_read": gettext_lazy("Request's file read"),
    "relief.granted": gettext_lazy("Temporary access given"),
    "relief.withdrawn": gettext_lazy("Temporary access ended early"),
    "subscription.created": gettext_lazy("Subscription taken out"),
    "subscription.tariff_chosen": gettext_lazy("Tariff chosen"),
    "subscription.trial_extended": gettext_lazy("Trial extended"),
    "subscription.terms_changed": gettext_lazy("Tariff or quantity changed"),
    "subscription.change_undone": gettext_lazy("Change of terms undone"),
    "subscription.change_called_off": gettext_lazy("Change of terms called off"),
    "subscription.cancelled": gettext_lazy("Subscription cancelled"),
    "subscription.cancel_undone": gettext_lazy("Cancellation taken back"),
    "subscription.collected": gettext_lazy("Renewal tried to be collected"),
    "subscription.terminated": gettext_lazy("Subscription ended"),
    "subscription.resumed": gettext_lazy("Subscription resumed"),
    "instance.deleted": gettext_lazy("Instance deleted"),
    "approval.asked.payment": gettext_lazy("Approval asked: record a payment"),
    "approval.asked.payment_reversal": gettext_lazy("Approval asked: take a payment back"),
    "approval.asked.adjustment": gettext_lazy("Approval asked: adjust the balance"),
    "approval.asked.credit_note": gettext_lazy("Approval asked: issue a credit note"),
    "approval.approved": gettext_lazy("Approved by a second person"),
    "approval.rejected": gettext_lazy("Rejected by a second person"),
}


@dataclass(frozen=True)
class Line:
    """One happening as the page shows it; ``target`` is the row that its title leads to."""

    at: str
    kind: Words
    title: object
    notes: tuple[object, ...] = ()
    who: str = ""
    sum: SafeString | str = ""
    state: SafeString | str = ""


def _entry(one: Happening, people: dict[int, str]) -> dict[str, Any]:
    entry = one.row
    amount = (entry.given or 0) - (entry.taken or 0)
    charge = getattr(entry, "charge", None)
    person = people.get(charge.explanation.get("member"), "") if charge is not None else ""
    row = Row(0, entry, amount, 0, entry.account.currency, person)
    return {
        "title": movements.title(row),
        "notes": tuple(note for note in movements.notes(row) if note != entry.actor),
        "who": "" if person else entry.actor,
        "sum": figure(amount, entry.account.currency),
        "target": charge,
    }


def _invoice(one: Happening) -> dict[str, Any]:
    row = one.row
    due = _("due %(date)s") % {"date": formats.date_text(row.due_date)}
    return {
        "title": _("Invoice %(number)s") % {"number": row.number},
        "target": row,
        "notes": (due, formats.span_text(row.period_start, row.span.last_day)),
        "sum": money(row.total_minor, row.currency),
    }


def _credit_note(one: Happening) -> dict[str, Any]:
    row = one.row
    shown = {"number": row.number, "invoice": row.invoice.number}
    return {
        "title": _("Credit note %(number)s to invoice %(invoice)s") % shown,
        "notes": (row.reason,),
        "who": row.issued_by,
        "sum": figure(row.total_minor, row.currency),
        "target": row,
    }


def _payment(one: Happening) -> dict[str, Any]:
    row = one.row
    title = _("Payment: %(method)s") % {"method": row.get_method_display()}
    return {
        "title": title,
        "notes": (row.reference,),
        "who": row.recorded_by,
        "sum": figure(row.amount_minor, row.currency),
        "target": row,
    }


def _attempt(one: Happening) -> dict[str, Any]:
    from billing.admin.money.checkout_attempts import said

    row = one.row
    return {
        "title": _("Online payment begun"),
        "notes": (said(row) if row.reason else "",),
        "who": row.created_by,
        "sum": money(row.amount_minor, row.currency),
        "target": row,
        "state": badge(ATTEMPT.get(row.status, "plain"), row.get_status_display()),
    }


def _notice(one: Happening) -> dict[str, Any]:
    row = one.row
    return {
        "title": row.subject,
        "notes": (_("to %(recipient)s") % {"recipient": row.recipient}, row.last_error[:200]),
        "who": row.requested_by,
        "target": row,
        "state": badge(NOTICE[row.state], row.get_state_display()),
    }


def _act(one: Happening) -> dict[str, Any]:
    row = one.row
    return {"title": ACTS.get(row.action, row.action), "notes": (row.reason,), "who": row.actor, "target": row}


def _subscription(one: Happening) -> dict[str, Any]:
    row = one.row
    titles = {
        "created": _("Subscription began"),
        "terminated": _("Subscription ended"),
        "resumed": _("Subscription resumed"),
    }
    asked = _("asked for by %(who)s") % {"who": row.requested_by} if row.requested_by else ""
    return {
        "title": titles.get(row.kind, row.get_kind_display()),
        "notes": (row.subscription.instance.domain, asked, row.reason),
        "who": row.actor,
        "target": row.subscription,
    }


def _access(one: Happening) -> dict[str, Any]:
    row = one.row
    tone = {"full": "good", "read_only": "warn"}.get(row.level, "plain")
    return {
        "title": _("Access of %(domain)s") % {"domain": row.instance.domain},
        "target": row.instance,
        "state": badge(tone, row.get_level_display()),
    }


def _relief(one: Happening) -> dict[str, Any]:
    row = one.row
    until = _("until %(end)s") % {"end": short_moment(row.ends_at)}
    return {
        "title": _("Temporary access to %(domain)s") % {"domain": row.instance.domain},
        "notes": (until, row.reason),
        "who": row.granted_by,
        "target": row,
    }


def _request(one: Happening) -> dict[str, Any]:
    row = one.row
    where = row.instance.domain if row.instance is not None else ""
    return {
        "title": _("Asked: %(what)s") % {"what": row.get_kind_display()},
        "notes": (where, row.text[:200]),
        "who": row.requested_by,
        "target": row,
    }


def _answer(one: Happening) -> dict[str, Any]:
    row = one.row
    tone = "good" if row.outcome == "done" else "plain"
    return {
        "title": _("Answered: %(what)s") % {"what": row.get_kind_display()},
        "notes": (row.answer,),
        "who": row.answered_by,
        "target": row,
        "state": badge(tone, row.get_outcome_display()),
    }


def _offer(one: Happening) -> dict[str, Any]:
    row = one.row
    until = _("valid until %(date)s") % {"date": formats.date_text(row.valid_until)}
    return {
        "title": _("Offer %(number)s") % {"number": row.number},
        "notes": (until, row.note),
        "who": row.sent_by,
        "sum": money(row.pay_minor, row.currency),
        "target": row,
    }


def _member(one: Happening) -> dict[str, Any]:
    row = one.row
    shown = {"person": row.member, "status": row.get_status_display()}
    late = (
        _("happened %(when)s") % {"when": short_moment(row.occurred_at)} if row.occurred_at != row.received_at else ""
    )
    return {
        "title": _("%(person)s: %(status)s") % shown,
        "who": row.actor,
        "target": row.member,
        "notes": (row.instance.domain, row.role.name_in(formats.language()), row.get_source_display(), late),
    }


WRITERS: dict[str, Any] = {
    "invoice": _invoice,
    "credit_note": _credit_note,
    "payment": _payment,
    "attempt": _attempt,
    "notice": _notice,
    "act": _act,
    "subscription": _subscription,
    "access": _access,
    "relief": _relief,
    "request": _request,
    "answer": _answer,
    "offer": _offer,
    "member": _member,
}


def _line(request: HttpRequest, one: Happening, people: dict[int, str]) -> Line:
    told = _entry(one, people) if one.source.name == "entry" else WRITERS[one.source.name](one)
    target = told.pop("target", None)
    if target is not None and request.user.has_perm(f"{target._meta.app_label}.view_{target._meta.model_name}"):
        told["title"] = link(target, told["title"])
    told["notes"] = tuple(note for note in told.get("notes", ()) if note)
    return Line(at=short_moment(one.at), kind=timeline.KINDS[one.kind], **told)


def lines_of(
    request: HttpRequest,
    customer: Customer,
    *,
    limit: int,
    kinds: frozenset[str] = frozenset(),
    before: timeline.Cursor | None = None,
) -> tuple[list[Line], timeline.Cursor | None]:
    """A page of the timeline in words, and the cursor of the next one."""
    found = timeline.page(customer=customer, limit=limit, kinds=kinds, before=before)
    return [_line(request, one, found.people) for one in found.rows], found.older


def view(page: Any, request: HttpRequest, customer: Customer) -> TemplateResponse:
    """The whole timeline, by kind and page by page."""
    kinds = frozenset(request.GET.getlist("kind")) & frozenset(timeline.KINDS)
    before = timeline.Cursor.read(request.GET.get("before", ""))
    rows, older = lines_of(request, customer, limit=PER_PAGE, kinds=kinds, before=before)
    address = reverse("admin:accounts_customer_timeline", args=(customer.pk,))
    query = "&".join(f"kind={kind}" for kind in sorted(kinds))
    context = {
        **page.admin_site.each_context(request),
        "title": _("Timeline"),
        "subtitle": str(customer),
        "opts": page.opts,
        "original": customer,
        "rows": rows,
        "paged": before is not None,
        "kinds": [(f"{address}?kind={code}", name, code in kinds) for code, name in timeline.KINDS.items()],
        "all_url": address,
        "all_chosen": not kinds,
        "newest_url": f"{address}?{query}" if query else address,
        "older_url": f"{address}?{query}&before={_quoted(older)}" if older else "",
        "back_url": reverse("admin:accounts_customer_change", args=(customer.pk,)),
    }
    return TemplateResponse(request, "admin/timeline.html", context)


def _quoted(cursor: timeline.Cursor) -> str:
    return quote(cursor.as_text())
