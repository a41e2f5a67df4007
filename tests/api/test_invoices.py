import hashlib
from io import BytesIO
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from billing.documents.errors import RendererMissing
from billing.models import CreditNote, Invoice, InvoiceDocument
from tests.support.callers import Api, Tenant, create_tenant, rub, set_clock

NUMBER = "R-2026-000001"


@pytest.fixture
def invoiced(tenant: Tenant) -> Tenant:
    """M-c on 1 May: an invoice of 6 589.00."""
    tenant.joins(*range(2, 12))
    with patch("billing.operations.run.billing_run.delivery.render_due", return_value=0):
        assert tenant.api.post("sandbox/clock", {"now": "2026-05-01T00:00:00+03:00"})[0] == 200
    return tenant


def test_invoice_explains_itself(invoiced: Tenant) -> None:
    status, invoice = invoiced.api.get(f"invoices/{NUMBER}")
    assert status == 200
    assert invoice == {
        "id": invoice["id"],
        "number": NUMBER,
        "kind": "monthly",
        "account": invoiced.account,
        "currency": "RUB",
        "issue_date": "2026-05-01",
        "due_date": "2026-05-15",
        "issued_at": "2026-04-30T21:00:00+00:00",
        "period": {"start": "2026-04-01", "end": "2026-05-01"},
        "status": "open",
        "total": rub("6589.00"),
        "tax": rub("0.00"),
        "credit_applied": rub("0.00"),
        "amount_due": rub("6589.00"),
        "open": rub("6589.00"),
        "lines": [
            {
                "description": invoice["lines"][0]["description"],
                "quantity": 11,
                "unit": "person",
                "unit_price": "599.00",
                "amount": rub("6589.00"),
                "explanation": "11 × 599.00 = 6 589.00",
            }
        ],
    }


def test_pdf_is_stored_by_whoever_asks_first_and_the_same_ever_after(invoiced: Tenant) -> None:
    """A document is rendered once, and its fingerprint kept (I-9)."""
    headers = {"Authorization": f"Bearer {invoiced.api.secret}"}
    first, again = (invoiced.api.client.get(f"/api/v1/invoices/{NUMBER}/pdf", headers=headers) for _ in range(2))
    assert (first.status_code, first["Content-Type"]) == (200, "application/pdf")
    assert first["Content-Disposition"] == f'attachment; filename="{NUMBER}.pdf"'
    assert first.content == again.content
    assert hashlib.sha256(first.content).hexdigest() == InvoiceDocument.objects.get().sha256
    text = PdfReader(BytesIO(first.content)).pages[0].extract_text()
    assert NUMBER in text
    assert "6 589,00" in text.replace("\u202f", " ").replace("\xa0", " ")


def test_pdf_that_cannot_be_made_is_a_problem_and_no_500(operator: Api, tenant: Tenant) -> None:
    tenant.joins(*range(2, 12))
    set_clock("2026-05-01T00:00:00+03:00")
    tenant.joins(12)  # whoever touches the account closes the month
    with patch("billing.api.v1.views.invoices.delivery.document_of", side_effect=RendererMissing("apt-get")):
        status, problem = operator.get(f"invoices/{NUMBER}/pdf")
    assert (status, problem["code"]) == (503, "document_unavailable")
    assert "apt-get" not in str(problem)


def test_credit_note_by_amount_lowers_what_is_open(invoiced: Tenant) -> None:
    note = invoiced.api.create(f"invoices/{NUMBER}/credit-notes", {"amount": "599.00", "reason": "Уволен до 1 апреля"})
    assert note == {
        "id": note["id"],
        "number": "RC-2026-000001",
        "invoice": NUMBER,
        "account": invoiced.account,
        "issue_date": "2026-05-01",
        "total": rub("599.00"),
        "tax": rub("0.00"),
        "reason": "Уволен до 1 апреля",
        "lines": [{"description": "Уволен до 1 апреля", "amount": rub("599.00")}],
    }
    assert invoiced.api.get(f"invoices/{NUMBER}")[1]["open"] == rub("5990.00")


def test_invoice_wholly_credited_by_lines_is_void(invoiced: Tenant) -> None:
    """Void is what is wholly credited (D19)."""
    lines = [{"description": "Март", "amount": rub("6000.00")}, {"description": "Ошибка", "amount": "589.00"}]
    note = invoiced.api.create(f"invoices/{NUMBER}/credit-notes", {"lines": lines, "reason": "Выставлен по ошибке"})
    assert (note["total"], len(note["lines"])) == (rub("6589.00"), 2)
    invoice = invoiced.api.get(f"invoices/{NUMBER}")[1]
    assert (invoice["status"], invoice["open"], invoice["amount_due"]) == ("void", rub("0.00"), rub("6589.00"))
    status, problem = invoiced.api.post(f"invoices/{NUMBER}/credit-notes", {"amount": "0.01", "reason": "Ещё"})
    assert (status, problem["code"], problem["rule"]) == (409, "credit_exceeds_invoice", "D9")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"amount": "0", "reason": "x"}, "invalid_amount"),
        ({"amount": "-1", "reason": "x"}, "invalid_amount"),
        ({"amount": "1.005", "reason": "x"}, "invalid_amount"),
        ({"amount": {"amount": "1.00", "currency": "USD"}, "reason": "x"}, "currency_mismatch"),
        (
            {"lines": [{"description": "a", "amount": "1.00"}, {"description": "b", "amount": "abc"}], "reason": "x"},
            "invalid_amount",
        ),
        ({"amount": "1.00", "reason": "  "}, "invalid"),
        ({"amount": "1.00", "lines": [{"description": "a", "amount": "1.00"}], "reason": "x"}, "invalid"),
        ({"lines": [], "reason": "x"}, "invalid"),
        ({"lines": [{"description": "a" * 301, "amount": "1.00"}], "reason": "x"}, "invalid"),
        ({"reason": "x"}, "invalid"),
        ({"amount": "1.00", "reason": "x" * 501}, "invalid"),
    ],
)
def test_credit_note_with_a_wrong_detail_is_refused(invoiced: Tenant, body: dict[str, object], code: str) -> None:
    status, problem = invoiced.api.post(f"invoices/{NUMBER}/credit-notes", body)
    assert (status, problem["code"]) == (422, code)
    assert not CreditNote.objects.exists()


def numbers(api: Api, query: str) -> list[str]:
    status, answer = api.get(f"invoices{query}")
    assert status == 200, answer
    return [invoice["number"] for invoice in answer["items"]]


def three_invoices(first: Tenant) -> Tenant:
    """May's and April's of the first customer, April's of a second who paid; the clock stands at 1 June."""
    second = create_tenant(first.api, "lavanda.example.ru")
    for tenant in (first, second):
        tenant.joins(*range(2, 12))
    with patch("billing.operations.run.billing_run.delivery.render_due", return_value=0):
        assert first.api.post("sandbox/clock", {"now": "2026-05-01T00:00:00+03:00"})[0] == 200
        first.api.create(
            f"accounts/{second.account}/payments", {"amount": "50000.00", "method": "card", "reference": "1"}
        )
        assert first.api.post("sandbox/clock", {"now": "2026-06-01T00:00:00+03:00"})[0] == 200
    return second


def test_invoices_are_listed_by_account_and_status_newest_first(tenant: Tenant) -> None:
    second, api = three_invoices(tenant), tenant.api
    assert numbers(api, "") == ["R-2026-000004", "R-2026-000003", "R-2026-000002", "R-2026-000001"]
    assert numbers(api, f"?account={tenant.account}") == ["R-2026-000003", "R-2026-000001"]
    assert numbers(api, f"?account={second.account}&status=paid") == ["R-2026-000004", "R-2026-000002"]
    assert numbers(api, "?status=overdue") == ["R-2026-000001"]
    assert numbers(api, "?status=open") == ["R-2026-000003"]
    assert numbers(api, "?status=void") == []
    assert numbers(api, "?account=999999") == []
    api.create("invoices/R-2026-000003/credit-notes", {"amount": "6589.00", "reason": "Ошибка"})
    assert numbers(api, "?status=void") == ["R-2026-000003"]
    assert Invoice.objects.count() == 4


def test_invoices_are_paged_and_a_page_costs_the_same_however_long(tenant: Tenant) -> None:
    three_invoices(tenant)

    def page(query: str) -> tuple[list[str], str | None, int]:
        with CaptureQueriesContext(connection) as captured:
            answer = tenant.api.get(f"invoices?{query}")[1]
        return [row["number"] for row in answer["items"]], answer["next"], len(captured)

    first, cursor, cost = page("limit=3")
    assert first == ["R-2026-000004", "R-2026-000003", "R-2026-000002"]
    rest, end, _cost = page(f"limit=3&cursor={cursor}")
    assert (rest, end) == (["R-2026-000001"], None)
    assert page("limit=1")[2] == cost
    assert cost <= 6
