"""Getting documents, mails and messages out: rows say what is due, these sweeps do it, once, whoever asks (I-24).

Nothing is sent and no PDF rendered inside a database transaction: both take long and neither can be rolled back.
"""

import hashlib
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from billing import notices
from billing.documents import invoices as invoice_documents
from billing.errors import BadInput
from billing.models import Invoice, InvoiceDocument, Notice
from billing.notices.recipients import channels
from billing.operations import audit, jobs
from billing.operations.settlement import offers

# Waits between attempts to send: the last one is repeated until the attempts are used up.
MAIL_DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
)
MOST_MAIL_ATTEMPTS = 8
# A sender that died keeps a notice for this long before another takes it up.
CLAIM = timedelta(minutes=10)


def stored_document(invoice: Invoice) -> InvoiceDocument | None:
    return InvoiceDocument.objects.filter(invoice=invoice).first()


def document_of(*, invoice: Invoice, as_of: datetime) -> InvoiceDocument:
    """The invoice's PDF: rendered and stored by whoever asks first, the stored bytes ever after (G6).

    Two who ask at once render the same bytes, and the first to store them wins.
    """
    found = stored_document(invoice)
    if found is not None:
        return found
    content = invoice_documents.invoice_pdf(invoice)
    document = InvoiceDocument(
        invoice=invoice, content=content, sha256=hashlib.sha256(content).hexdigest(), rendered_at=as_of
    )
    InvoiceDocument.objects.bulk_create([document], ignore_conflicts=True)
    return InvoiceDocument.objects.get(invoice=invoice)


def render_due(*, as_of: datetime, limit: int = 500) -> int:
    """Renders the invoices that have no document yet; a broken one is set aside. Returns how many were rendered."""
    blocked = jobs.blocked_keys("render", as_of)
    due = Invoice.objects.filter(document=None).exclude(number__in=blocked).order_by("issued_at", "number")[:limit]
    return sum(_render(invoice, as_of) for invoice in due)


def _render(invoice: Invoice, as_of: datetime) -> bool:
    def work() -> None:
        document_of(invoice=invoice, as_of=as_of)

    return jobs.attempt(kind="render", key=invoice.number, as_of=as_of, work=work)


def _claim(notice: Notice, as_of: datetime) -> bool:
    """Takes the notice for this sender alone, counting the attempt before it begins."""
    taken = Notice.objects.filter(
        pk=notice.pk, state=Notice.State.WAITING, attempts=notice.attempts, next_attempt_at__lte=as_of
    ).update(attempts=F("attempts") + 1, next_attempt_at=as_of + CLAIM)
    return taken == 1


def _hand_over(notice: Notice, as_of: datetime) -> None:
    """Gives the notice to what carries it; raises whatever went wrong."""
    if notice.channel == Notice.Channel.MESSAGE:
        channels.send(service=notice.service, recipient=notice.recipient, text=notice.text)
    else:
        _email(notice, as_of).send()


def _email(notice: Notice, as_of: datetime) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=notice.subject,
        body=notice.text,
        to=[notice.recipient],
        headers={
            "Message-ID": f"<notice-{notice.pk}-{notice.edition}@saldo.invalid>",
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(notice.html, "text/html")
    if notice.kind == "invoice_issued" and notice.invoice is not None:
        document = document_of(invoice=notice.invoice, as_of=as_of)
        message.attach(f"{notice.invoice.number}.pdf", bytes(document.content), "application/pdf")
    if notice.kind == "offer_sent" and notice.offer is not None:
        paper = offers.document_of(offer=notice.offer, as_of=as_of)
        message.attach(f"{notice.offer.number}.pdf", bytes(paper.content), "application/pdf")
    return message


def send(notice: Notice, as_of: datetime) -> bool:
    """Sends one notice; False where another sender has it or it could not be sent (the error is kept, a retry follows)."""
    if not _claim(notice, as_of):
        return False
    attempts = notice.attempts + 1
    mine = Notice.objects.filter(pk=notice.pk)
    try:
        _hand_over(notice, as_of)
    except Exception as error:  # the mail server, the renderer, the service: kept for support, tried again
        last = attempts >= MOST_MAIL_ATTEMPTS
        mine.update(
            last_error=f"{type(error).__name__}: {error}"[:2000],
            state=Notice.State.FAILED if last else Notice.State.WAITING,
            next_attempt_at=as_of + MAIL_DELAYS[min(attempts, len(MAIL_DELAYS)) - 1],
        )
        return False
    mine.update(state=Notice.State.SENT, sent_at=as_of, last_error="")
    return True


def send_due(*, as_of: datetime, limit: int = 1000) -> int:
    """Sends the notices that are waiting; returns how many went out."""
    due = Notice.objects.filter(state=Notice.State.WAITING, next_attempt_at__lte=as_of)
    return sum(
        send(notice, as_of) for notice in due.select_related("invoice", "offer", "account").order_by("pk")[:limit]
    )


@transaction.atomic
def resend_invoice(
    *, invoice: Invoice, recipients: list[str], as_of: datetime, actor: str, reason: str
) -> list[Notice]:
    """Sends the invoice again because somebody asked: rows of their own beside the first sending."""
    last = Notice.objects.filter(fact=f"invoice:{invoice.number}").order_by("-edition").first()
    edition = (last.edition if last else 0) + 1
    sent = notices.invoice_issued(invoice=invoice, at=as_of, edition=edition, requested_by=actor, recipients=recipients)
    audit.record(
        actor=actor,
        action="invoice.resent",
        target=invoice,
        at=as_of,
        customer=invoice.account.customer,
        reason=reason,
        after={"recipients": len(recipients)},
    )
    return sent


def read_document(*, invoice: Invoice, as_of: datetime, actor: str) -> InvoiceDocument:
    """The invoice's PDF for a member of staff: a customer's document, so the reading is kept."""
    document = document_of(invoice=invoice, as_of=as_of)
    audit.record(
        actor=actor,
        action="invoice.document_read",
        target=invoice,
        at=as_of,
        customer=invoice.account.customer,
        after={"sha256": document.sha256},
    )
    return document


@transaction.atomic
def resend_notice(*, notice: Notice, as_of: datetime, actor: str, reason: str) -> Notice:
    """The same notice to the same recipient once more because somebody asked: a row of its own beside the first."""
    if not reason.strip():
        raise BadInput(_("Say why it is sent again: the reason stays with it."), field="reason", rule="D15")
    same = Notice.objects.select_for_update().filter(
        kind=notice.kind, fact=notice.fact, channel=notice.channel, recipient=notice.recipient
    )
    last = same.order_by("-edition")[0]
    again = Notice.objects.create(
        kind=notice.kind,
        fact=notice.fact,
        channel=notice.channel,
        recipient=notice.recipient,
        service=notice.service,
        edition=last.edition + 1,
        account=notice.account,
        invoice=notice.invoice,
        offer=notice.offer,
        locale=notice.locale,
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        requested_by=actor,
        created_at=as_of,
        next_attempt_at=as_of,
    )
    jobs.enqueue("billing.tasks.deliver", str(again.pk))
    audit.record(
        actor=actor, action="notice.resent", target=notice, at=as_of, customer=notice.account.customer, reason=reason
    )
    return again
