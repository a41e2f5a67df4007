from tests.support.callers import ANNA, ROMASHKA, Api, Tenant, set_clock

RUB = "RUB"


def test_customer_is_created_with_its_account_at_zero(operator: Api) -> None:
    customer = operator.create("customers", {**ROMASHKA, "requisites": {"inn": "7707083893", "address": "Москва"}})
    assert customer["id"].startswith("cus_")
    assert customer["requisites"] == {"inn": "7707083893", "country": "RU", "address": "Москва"}
    assert customer["accounts"] == [
        {"number": customer["accounts"][0]["number"], "currency": RUB, "balance": {"amount": "0.00", "currency": RUB}}
    ]
    assert operator.get(f"customers/{customer['id']}") == (200, customer)


def test_customer_of_the_dollar_seller_has_a_dollar_account(operator: Api) -> None:
    customer = operator.create("customers", {**ROMASHKA, "currency": "USD", "locale": "en", "kind": "person"})
    assert customer["accounts"][0]["balance"] == {"amount": "0.00", "currency": "USD"}


def test_instance_begins_read_only_with_its_administrator(operator: Api) -> None:
    customer = operator.create("customers", ROMASHKA)
    new = {"customer_id": customer["id"], "product": "meteor", "domain": "Romashka.example.ru", "representative": ANNA}
    instance = operator.create("instances", new)
    assert instance["domain"] == "romashka.example.ru"
    assert instance["access"] == "read_only"
    assert [reason["code"] for reason in instance["access_reasons"]] == ["no_subscription"]
    assert instance["subscription"] is None
    assert instance["seats"] == {"active": 1, "billable": 1, "peak": 0, "included": 0}
    anna = {**ANNA, "role": "administrator", "paid": True, "status": "active"}
    assert operator.get(f"instances/{instance['id']}/members")[1] == {"items": [anna], "next": None}


def test_instance_on_a_tariff_has_full_access_and_counts_its_seats(tenant: Tenant) -> None:
    tenant.joins(2, 3)
    tenant.joins(4, status="invited")
    tenant.joins(5, status="blocked")
    status, instance = tenant.api.get(f"instances/{tenant.instance}")
    assert status == 200
    assert (instance["access"], instance["access_reasons"]) == ("full", [])
    assert instance["subscription"] == {"id": tenant.subscription, "tariff_id": "meteor-cloud", "status": "active"}
    assert instance["seats"] == {"active": 3, "billable": 3, "peak": 3, "included": 9}
    assert instance["registered_at"] == "2026-04-01T09:00:00+00:00"


def test_debt_locks_at_midnight_and_says_which_invoices(tenant: Tenant) -> None:
    tenant.joins(*range(2, 12))
    assert tenant.api.post("sandbox/clock", {"now": "2026-05-15T23:59:59+03:00"})[0] == 200
    before = tenant.api.get(f"instances/{tenant.instance}")[1]
    set_clock("2026-05-16T00:00:00+03:00")  # no job has run since
    after = tenant.api.get(f"instances/{tenant.instance}")[1]
    assert (before["access"], after["access"]) == ("full", "read_only")
    assert after["access_reasons"] == [
        {"code": "invoice_overdue", "since": "2026-05-15T21:00:00+00:00", "until": None, "invoices": ["R-2026-000001"]}
    ]
    assert after["subscription"]["status"] == "past_due"


def test_deleting_needs_a_termination_and_no_debt_and_may_be_repeated(tenant: Tenant) -> None:
    api, path = tenant.api, f"instances/{tenant.instance}"
    status, problem = api.delete(path)
    assert (status, problem["code"], problem["rule"]) == (409, "subscription_active", "M14")
    tenant.joins(*range(2, 11))
    assert api.post(f"subscriptions/{tenant.subscription}/terminate", {"reason": "Переезд"})[0] == 200
    status, problem = api.delete(path)
    assert (status, problem["code"], problem["rule"]) == (409, "debt_outstanding", "M14")
    assert problem["owed"] == {"amount": "5990.00", "currency": RUB}
    api.create(f"accounts/{tenant.account}/payments", {"amount": "5990.00", "method": "bank", "reference": "п/п 1"})
    assert api.delete(path) == (204, None)
    assert api.delete(path) == (204, None)
    gone = api.get(path)[1]
    assert (gone["access"], gone["access_reasons"][0]["code"]) == ("deleted", "deleted")
    assert api.put(f"{tenant.people}/p2", {"email": "a@b.example", "role": "member", "status": "active"})[0] == 409


def test_a_domain_has_one_instance_of_a_product(tenant: Tenant) -> None:
    new = {"customer_id": tenant.customer, "product": "meteor", "domain": "ROMASHKA.example.ru", "representative": ANNA}
    status, problem = tenant.api.post("instances", new)
    assert (status, problem["code"]) == (409, "domain_taken")
