import pytest

from billing.models import Entry, Payment
from tests.support.callers import Tenant, rub, set_clock

RUB = "RUB"
BANK = {"method": "bank", "reference": "п/п 17"}


def invoice_april(tenant: Tenant) -> None:
    """M-c: eleven people, 6 589.00, invoiced on 1 May and due on the 15th."""
    tenant.joins(*range(2, 12))
    assert tenant.api.post("sandbox/clock", {"now": "2026-05-01T00:00:00+03:00"})[0] == 200


def test_account_tells_balance_debt_and_what_is_locked(tenant: Tenant) -> None:
    invoice_april(tenant)
    status, account = tenant.api.get(f"accounts/{tenant.account}")
    assert status == 200
    assert account == {
        "number": tenant.account,
        "customer_id": tenant.customer,
        "currency": RUB,
        "balance": rub("-13178.00"),
        "owed": rub("13178.00"),
        "overdue": rub("0.00"),
        "credit": rub("0.00"),
        "blocked_instances": [],
    }
    set_clock("2026-05-16T00:00:00+03:00")
    late = tenant.api.get(f"accounts/{tenant.account}")[1]
    assert (late["overdue"], late["blocked_instances"]) == (rub("6589.00"), [tenant.instance])


def test_payment_pays_the_oldest_and_leaves_the_rest_on_the_account(tenant: Tenant) -> None:
    invoice_april(tenant)
    payment = tenant.api.create(f"accounts/{tenant.account}/payments", {"amount": rub("7000.00"), **BANK})
    assert payment == {
        "id": payment["id"],
        "account": tenant.account,
        "amount": rub("7000.00"),
        "method": "bank",
        "reference": "п/п 17",
        "received_at": "2026-04-30T21:00:00+00:00",
        "recorded_at": "2026-04-30T21:00:00+00:00",
        "invoice": None,
        "allocations": [{"invoice": "R-2026-000001", "amount": rub("6589.00")}],
        "credit_left": rub("411.00"),
    }
    account = tenant.api.get(f"accounts/{tenant.account}")[1]
    assert (account["balance"], account["owed"], account["credit"]) == (rub("-6178.00"), rub("6178.00"), rub("0.00"))


def test_last_kopeck_restores_access_at_once_and_a_part_does_not(tenant: Tenant) -> None:
    invoice_april(tenant)
    set_clock("2026-05-16T00:00:00+03:00")
    pay = f"accounts/{tenant.account}/payments"
    tenant.api.create(pay, {"amount": "6588.99", "invoice": "R-2026-000001", **BANK})
    assert tenant.api.get(f"instances/{tenant.instance}")[1]["access"] == "read_only"
    payment = tenant.api.create(pay, {"amount": "0.01", "received_at": "2026-05-15T20:00:00+03:00", **BANK})
    assert payment["received_at"] == "2026-05-15T17:00:00+00:00"
    assert tenant.api.get(f"instances/{tenant.instance}")[1]["access"] == "full"
    assert tenant.api.get("invoices/R-2026-000001")[1]["status"] == "paid"


WRONG_AMOUNTS = [
    "0",
    "0.00",
    "-1",
    "1000000000000",
    "10000000000.01",
    "abc",
    "1.005",
    "",
    " ",
    "NaN",
    "Infinity",
    "1e3",
    "1_000",
    "+5",
    "1,5",
    "٣",
    "9" * 400,
    "1" + "0" * 400,
    "0.0000000000000000000000000000000001",
    "1500.00000000000000000000001",
]


@pytest.mark.parametrize("amount", WRONG_AMOUNTS)
def test_payment_of_an_amount_that_cannot_be_meant_writes_nothing(tenant: Tenant, amount: str) -> None:
    for sum_ in (rub(amount), {"amount": amount}, amount):
        status, problem = tenant.api.post(f"accounts/{tenant.account}/payments", {"amount": sum_, **BANK})
        assert (status, problem["code"]) == (422, "invalid_amount")
        assert problem["errors"][0]["field"] == "amount"
    assert not Payment.objects.exists()


@pytest.mark.parametrize("amount", [5990, 59.9, None, [], ["5990.00"], True, {"amount": 5990, "currency": RUB}, {}])
def test_amount_that_is_no_string_is_refused_and_named(tenant: Tenant, amount: object) -> None:
    status, problem = tenant.api.post(f"accounts/{tenant.account}/payments", {"amount": amount, **BANK})
    assert (status, problem["code"]) == (422, "invalid")
    assert problem["errors"][0]["field"].startswith("amount")
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": {"amount": "10.00", "currency": "USD"}}, "currency_mismatch", "currency"),
        ({"amount": {"amount": "10.00", "currency": "rub"}}, "currency_mismatch", "currency"),
        ({"method": "barter"}, "invalid", "method"),
        ({"received_at": "2026-05-01T00:00:00+03:00"}, "in_the_future", "received_at"),
        ({"received_at": "2026-03-01T00:00:00"}, "invalid", "received_at"),
        ({"invoice": "R-2026-000099"}, "unknown_invoice", "invoice"),
        ({"reference": "x" * 201}, "invalid", "reference"),
        ({"reference": "a\x00b"}, "invalid", "reference"),
        ({"surprise": 1}, "invalid", "surprise"),
    ],
)
def test_payment_with_a_wrong_detail_is_refused(
    tenant: Tenant, change: dict[str, object], code: str, field: str
) -> None:
    body = {"amount": rub("10.00"), **BANK, **change}
    status, problem = tenant.api.post(f"accounts/{tenant.account}/payments", body)
    assert (status, problem["code"], problem["errors"][0]["field"]) == (422, code, field)
    assert not Payment.objects.exists()


def test_adjustment_in_favour_pays_and_against_is_owed(tenant: Tenant) -> None:
    invoice_april(tenant)
    path = f"accounts/{tenant.account}/adjustments"
    adjustment = tenant.api.create(path, {"amount": "589.00", "reason_code": "goodwill", "comment": "Простой 3 мая"})
    assert (adjustment["amount"], adjustment["balance"]) == (rub("589.00"), rub("-12589.00"))
    assert tenant.api.get("invoices/R-2026-000001")[1]["open"] == rub("6000.00")
    adjustment = tenant.api.create(path, {"amount": rub("-100.50"), "reason_code": "tax", "comment": "Доплата"})
    assert (adjustment["amount"], adjustment["balance"]) == (rub("-100.50"), rub("-12689.50"))


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": "0"}, "invalid_amount", "amount"),
        ({"amount": "1.005"}, "invalid_amount", "amount"),
        ({"amount": "-1000000000000"}, "invalid_amount", "amount"),
        ({"amount": {"amount": "1.00", "currency": "USD"}}, "currency_mismatch", "currency"),
        ({"reason_code": "whim"}, "invalid", "reason_code"),
        ({"comment": "  "}, "invalid", "comment"),
    ],
)
def test_adjustment_with_a_wrong_detail_is_refused(
    tenant: Tenant, change: dict[str, object], code: str, field: str
) -> None:
    before = Entry.objects.count()
    body = {"amount": "1.00", "reason_code": "goodwill", "comment": "Почему", **change}
    status, problem = tenant.api.post(f"accounts/{tenant.account}/adjustments", body)
    assert (status, problem["code"], problem["errors"][0]["field"]) == (422, code, field)
    assert Entry.objects.count() == before


def test_statement_runs_from_opening_to_closing(tenant: Tenant) -> None:
    invoice_april(tenant)
    set_clock("2026-05-02T12:00:00+03:00")
    payment = tenant.api.create(
        f"accounts/{tenant.account}/payments", {"amount": "7000.00", "invoice": "R-2026-000001", **BANK}
    )
    status, whole = tenant.api.get(f"accounts/{tenant.account}/statement")
    assert status == 200
    assert (whole["opening"], whole["closing"]) == (rub("0.00"), rub("-6178.00"))
    movements = [
        (row["kind"], row["amount"]["amount"], row["balance_after"]["amount"], row["invoice"])
        for row in whole["entries"]
    ]
    assert movements == [
        ("charge", "-5990.00", "-5990.00", "R-2026-000001"),
        ("charge", "-599.00", "-6589.00", "R-2026-000001"),
        ("charge", "-6589.00", "-13178.00", None),
        ("payment", "7000.00", "-6178.00", "R-2026-000001"),
    ]
    assert whole["entries"][-1]["payment"] == payment["id"]
    april = tenant.api.get(f"accounts/{tenant.account}/statement?from=2026-04-01&to=2026-04-30")[1]
    assert (april["opening"]["amount"], april["closing"]["amount"], len(april["entries"])) == ("0.00", "-6589.00", 2)
    may = tenant.api.get(f"accounts/{tenant.account}/statement?from=2026-05-01")[1]
    assert (may["opening"]["amount"], may["closing"]["amount"], len(may["entries"])) == ("-6589.00", "-6178.00", 2)
