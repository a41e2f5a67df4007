"""A customer's papers read by staff: each reading is kept (I-26), as that of an invoice is."""

from datetime import datetime

from billing.models import Offer, OfferDocument, RequestFile
from billing.operations import audit
from billing.operations.settlement import offers


def read_request_file(*, file: RequestFile, as_of: datetime, actor: str) -> RequestFile:
    """The file that came with a request, for a member of staff."""
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
    """The offer's PDF, for a member of staff."""
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
