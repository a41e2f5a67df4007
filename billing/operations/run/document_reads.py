"""Customers' documents read by staff: each reading is recorded (I-26), as that of an invoice is."""

from datetime import datetime

from billing.models import Offer, OfferDocument, RequestFile
from billing.operations import audit
from billing.operations.settlement import offers


def read_request_file(*, file: RequestFile, as_of: datetime, actor: str) -> RequestFile:
    """Returns the file that came with a request to a member of staff and records the reading."""
    audit.record(
        actor=actor,
        action="request.file_read",
        target=file.request,
        at=as_of,
        customer=file.request.account.customer,
        after={"name": file.name, "sha256": file.sha256},
    )
    return file


def read_offer_document(*, offer: Offer, as_of: datetime, actor: str) -> OfferDocument:
    """Returns the offer's PDF to a member of staff and records the reading."""
    document = offers.document_of(offer=offer, as_of=as_of)
    audit.record(
        actor=actor,
        action="offer.document_read",
        target=offer,
        at=as_of,
        customer=offer.account.customer,
        after={"sha256": document.sha256},
    )
    return document
