"""Example bodies and answers, of the sample products; each view names its own. A test checks them against their schemas."""

from typing import Any

CUSTOMER, INSTANCE, SUBSCRIPTION = "cus_3kq9m0zr7yw1hc4n5t", "ins_9fq2mb6xtz3ak8pd0w", "sub_2v8kq0zr7yw1hc4n5t"
ACCOUNT, INVOICE, PAYMENT = "100001", "R-2026-000042", "pay_6hj1vc5swn0xe9rt4k"
NOTE = "RC-2026-000007"
NOON = "2026-04-10T09:00:00+00:00"
ENTRY = "7d0c8a52-8f5e-5a36-9d1b-3a5f0c9be1d4"


def rub(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "RUB"}


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "USD"}


ANNA = {"external_id": "u-1", "email": "anna@romashka.example", "name": "Анна Соколова"}
BORIS = {"email": "boris@romashka.example", "name": "Борис Ким", "role": "member", "status": "active"}
MEMBER = {"external_id": "u-2", **BORIS, "paid": True}

A_CUSTOMER = {
    "id": CUSTOMER,
    "name": "ООО «Ромашка»",
    "kind": "company",
    "email": "buh@romashka.example",
    "locale": "ru",
    "external_id": "crm-5017",
    "requisites": {"inn": "7707083893", "country": "RU"},
    "created_at": NOON,
    "accounts": [{"number": ACCOUNT, "currency": "RUB", "balance": rub("0.00")}],
}
AN_INSTANCE = {
    "id": INSTANCE,
    "customer_id": CUSTOMER,
    "product": "meteor",
    "domain": "romashka.example.ru",
    "registered_at": NOON,
    "is_test": False,
    "access": "full",
    "access_reasons": [],
    "valid_until": None,
    "subscription": {"id": SUBSCRIPTION, "tariff_id": "meteor-cloud", "status": "active"},
    "seats": {"active": 11, "billable": 11, "peak": 11, "included": 9},
}
READ_ONLY = {
    **AN_INSTANCE,
    "access": "read_only",
    "access_reasons": [
        {"code": "invoice_overdue", "since": "2026-05-15T21:00:00+00:00", "until": None, "invoices": [INVOICE]}
    ],
    "subscription": {"id": SUBSCRIPTION, "tariff_id": "meteor-cloud", "status": "past_due"},
}
A_SUBSCRIPTION = {
    "id": SUBSCRIPTION,
    "tariff_id": "blue-monthly",
    "status": "active",
    "instance_id": INSTANCE,
    "account": "100002",
    "version": 1,
    "quantity": None,
    "trial_ends_on": "2026-04-17",
    "current_period": {"start": "2026-04-18", "end": "2026-05-18"},
    "renews_on": "2026-05-18",
    "cancel_at": None,
    "scheduled_change": None,
    "started_at": NOON,
    "terminated_at": None,
}
IN_TRIAL = {**A_SUBSCRIPTION, "status": "trialing", "current_period": None, "renews_on": None}
CHOSEN = {
    **IN_TRIAL,
    "scheduled_change": {"tariff_id": "blue-annual", "version": 1, "quantity": None, "effective_on": "2026-04-18"},
}
ENDED = {**A_SUBSCRIPTION, "status": "terminated", "current_period": None, "renews_on": None, "terminated_at": NOON}
FIGURES = {
    "when": "now",
    "effective_on": "2026-04-20",
    "due_now": usd("196.00"),
    "lines": [
        {
            "description": "Blue, annual, 20 April 2026 – 19 April 2027",
            "explanation": "3 × 70.00 = 210.00",
            "amount": usd("210.00"),
        },
        {"description": "What is left of the month", "explanation": "21.00 × 20/30 = 14.00", "amount": usd("-14.00")},
    ],
    "lost": None,
    "next_charge": {"date": "2027-04-20", "amount": usd("210.00")},
}
QUOTE = "5b2f9c0d41e87a36b5d2f08c9e1a7743"
AN_ACCOUNT = {
    "number": ACCOUNT,
    "customer_id": CUSTOMER,
    "currency": "RUB",
    "balance": rub("-6589.00"),
    "owed": rub("6589.00"),
    "overdue": rub("6589.00"),
    "credit": rub("0.00"),
    "blocked_instances": [INSTANCE],
}
A_PAYMENT = {
    "id": PAYMENT,
    "account": ACCOUNT,
    "amount": rub("7000.00"),
    "method": "bank",
    "reference": "417",
    "received_at": NOON,
    "recorded_at": NOON,
    "invoice": INVOICE,
    "allocations": [{"invoice": INVOICE, "amount": rub("6589.00")}],
    "credit_left": rub("411.00"),
}
AN_INVOICE = {
    "id": "0d7c1f3e-6a55-4c0b-9d1f-2b8a7e64c911",
    "number": INVOICE,
    "kind": "monthly",
    "account": ACCOUNT,
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
            "description": "METEOR Cloud, April 2026",
            "quantity": 11,
            "unit": "user",
            "unit_price": "599.00",
            "amount": rub("6589.00"),
            "explanation": "11 × 599.00 = 6 589.00",
        }
    ],
}
A_TARIFF = {
    "tariff_id": "meteor-cloud",
    "version": 1,
    "product": "meteor",
    "name": "METEOR Cloud",
    "name_ru": "МЕТЕОР Облако",
    "kind": "subscription",
    "interval": "month",
    "interval_months": 1,
    "timing": "postpaid",
    "metric": "peak_active",
    "price_model": "per_unit",
    "currency": "RUB",
    "prices": [{"from_quantity": 1, "unit_price": rub("599.00"), "total": None}],
    "price_months": 1,
    "flat_fee": rub("0.00"),
    "discount_percent": "0",
    "interval_prices": [{"quantity": 10, "amount": rub("5990.00"), "explanation": "10 × 599.00 = 5 990.00"}],
    "included_quantity": 9,
    "quota_mode": "all_above",
    "payment_days": 14,
    "trial_days": 0,
    "trial_people": 0,
    "plan": "",
    "audience": "",
    "features": [],
    "unit": None,
}
AN_EVENT = {
    "id": "evt_4n5t3kq9m0zr7yw1hc",
    "type": "seats.peak_raised",
    "at": NOON,
    "sequence": 3,
    "account": ACCOUNT,
    "instance_id": INSTANCE,
    "subscription_id": SUBSCRIPTION,
    "data": {"peak": 11, "amount": rub("599.00")},
}


def page(*items: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(items), "next": None}


A_BAD_ROW = {
    "type": "urn:saldo:problem:unknown_role",
    "title": "Unprocessable Content",
    "status": 422,
    "code": "unknown_role",
    "detail": "There is no role “captain” in this product. Use one of: administrator, member, billing.",
    "errors": [
        {
            "field": "role",
            "message": "There is no role “captain” in this product. Use one of: administrator, member, billing.",
        }
    ],
}

NEW_CUSTOMER = {
    "name": "ООО «Ромашка»",
    "kind": "company",
    "email": "buh@romashka.example",
    "locale": "ru",
    "currency": "RUB",
    "requisites": {"inn": "7707083893"},
    "external_id": "crm-5017",
}
OWING_CUSTOMER = {**A_CUSTOMER, "accounts": [{"number": ACCOUNT, "currency": "RUB", "balance": rub("-6589.00")}]}
NEW_INSTANCE = {"customer_id": CUSTOMER, "product": "meteor", "domain": "romashka.example.ru", "representative": ANNA}
REGISTERED = {**AN_INSTANCE, "subscription": None, "seats": {"active": 1, "billable": 1, "peak": 1, "included": 0}}
A_USAGE = {
    "metric": "peak_active",
    "period": "2026-04",
    "peak": 11,
    "peak_at": "2026-04-10T11:03:00+00:00",
    "charged": rub("6589.00"),
    "changes": [
        {
            "external_id": "u-11",
            "status": "active",
            "role": "member",
            "occurred_at": "2026-04-10T11:03:00+00:00",
            "active_after": 11,
            "billable_after": 11,
        }
    ],
}
MEMBER_ROWS = [
    {"external_id": "u-2", **BORIS},
    {"external_id": "u-3", "email": "vera@romashka.example", "role": "captain", "status": "active"},
]
ROW_ANSWERS = page(
    {"external_id": "u-2", "status": 200, "member": MEMBER, "error": None},
    {"external_id": "u-3", "status": 422, "member": None, "error": A_BAD_ROW},
)
MEMBERS = page({**ANNA, "role": "administrator", "paid": True, "status": "active"}, MEMBER)
CANCELLED = {**A_SUBSCRIPTION, "status": "cancelling", "renews_on": None, "cancel_at": "2026-05-17T21:00:00+00:00"}
A_PREVIEW = {**FIGURES, "tariff_id": "blue-annual", "version": 1, "quantity": None, "quote": QUOTE}
NEW_PAYMENT = {
    "amount": rub("7000.00"),
    "method": "bank",
    "reference": "417",
    "invoice": INVOICE,
    "external_id": "bank-2026-04-10-417",
}
A_STATEMENT = {
    "account": ACCOUNT,
    "opening": rub("0.00"),
    "closing": rub("411.00"),
    "entries": [
        {
            "at": NOON,
            "kind": "payment",
            "description": "Payment · bank transfer 417",
            "amount": rub("7000.00"),
            "balance_after": rub("411.00"),
            "invoice": None,
            "payment": PAYMENT,
        }
    ],
}
NEW_ADJUSTMENT = {
    "amount": "500.00",
    "reason_code": "goodwill",
    "comment": "An outage on 3 April",
    "external_id": "desk-88",
}
AN_ADJUSTMENT = {
    "id": ENTRY,
    "account": ACCOUNT,
    "amount": rub("500.00"),
    "reason_code": "goodwill",
    "comment": "An outage on 3 April",
    "at": NOON,
    "balance": rub("500.00"),
}
A_CREDIT_NOTE = {
    "id": "c5a1d9e2-94a8-4d0e-8c35-6b1f9a20d7e4",
    "number": NOTE,
    "invoice": INVOICE,
    "account": ACCOUNT,
    "issue_date": "2026-05-04",
    "total": rub("599.00"),
    "tax": rub("0.00"),
    "reason": "One person was counted twice",
    "lines": [{"description": "One person was counted twice", "amount": rub("599.00")}],
}

# What stands in an address or a query, by the parameter's name.
PARAMETERS: dict[str, Any] = {
    "customer_id": CUSTOMER,
    "instance_id": INSTANCE,
    "subscription_id": SUBSCRIPTION,
    "external_id": "u-2",
    "period": "2026-04",
    "occurred_at": "2026-04-10T09:41:00+03:00",
    "product": "meteor",
    "account": ACCOUNT,
    "status": "overdue",
    "from": "2026-04-01",
    "to": "2026-04-30",
    "limit": 50,
    "Idempotency-Key": "7b0f5f4e-5b0c-4a57-8f2e-0d6f2f0c5a11",
}
# More by the path: one name, two things.
NUMBERS = {"/accounts/": ACCOUNT, "/invoices/": INVOICE}
# What some problems say beyond the sentence.
EXTRAS: dict[str, dict[str, Any]] = {
    "debt_outstanding": {"owed": rub("5990.00")},
    "trial_seat_limit": {"most": 20},
    "trial_moved": {"trial_ends_on": "2026-05-15"},
    "domain_taken": {"instance_id": INSTANCE},
    "subscription_exists": {"subscription_id": SUBSCRIPTION},
    "resume_instead": {"subscription_id": SUBSCRIPTION},
    "quote_expired": {"preview": A_PREVIEW},
}
