from tests.api.conftest import Tenant, set_clock


def test_published_tariffs_are_listed(tenant: Tenant) -> None:
    status, answer = tenant.api.get("tariffs?product=meteor")
    assert (status, answer["next"], len(answer["items"])) == (200, None, 1)
    tariff = answer["items"][0]
    assert (tariff["tariff_id"], tariff["version"], tariff["product"]) == ("meteor-cloud", 1, "meteor")
    assert (tariff["kind"], tariff["interval"], tariff["timing"]) == ("subscription", "month", "postpaid")
    assert (tariff["price_model"], tariff["included_quantity"], tariff["trial_days"]) == ("per_unit", 9, 0)
    assert tariff["prices"] == [{"from_quantity": 1, "unit_price": {"amount": "599.00", "currency": "RUB"}}]
    assert tenant.api.get("tariffs?product=nothing")[1]["code"] == "unknown_product"


def test_subscription_tells_its_period_and_when_it_renews(tenant: Tenant) -> None:
    status, found = tenant.api.get(f"subscriptions/{tenant.subscription}")
    assert status == 200
    assert found == {
        "id": tenant.subscription,
        "instance_id": tenant.instance,
        "account": tenant.account,
        "tariff_id": "meteor-cloud",
        "version": 1,
        "status": "active",
        "quantity": None,
        "trial_ends_on": None,
        "current_period": {"start": "2026-04-01", "end": "2026-05-01"},
        "renews_on": "2026-05-01",
        "cancel_at": None,
        "started_at": "2026-04-01T09:00:00+00:00",
        "terminated_at": None,
    }


def test_termination_issues_the_final_invoice_and_locks(tenant: Tenant) -> None:
    api, path = tenant.api, f"subscriptions/{tenant.subscription}"
    tenant.joins(*range(2, 12))
    set_clock("2026-04-20T12:00:00+03:00")
    status, found = api.post(f"{path}/terminate", {"reason": "Закрываемся", "requested_by": "Анна"})
    assert (status, found["status"], found["renews_on"]) == (200, "terminated", None)
    assert found["current_period"] == {"start": "2026-04-01", "end": "2026-04-21"}
    assert found["terminated_at"] == "2026-04-20T09:00:00+00:00"
    final = api.get("invoices")[1]["items"][0]
    assert (final["kind"], final["total"]["amount"]) == ("final", "6589.00")
    assert api.get(f"instances/{tenant.instance}")[1]["access_reasons"][0]["code"] == "subscription_terminated"
    status, problem = api.post(f"{path}/terminate", {"reason": "Ещё раз"})
    assert (status, problem["code"], problem["rule"]) == (409, "already_terminated", "M12")


def test_resumption_needs_the_debt_paid(tenant: Tenant) -> None:
    api, path = tenant.api, f"subscriptions/{tenant.subscription}"
    tenant.joins(*range(2, 12))
    assert api.post(f"{path}/resume", {})[1]["code"] == "not_terminated"
    assert api.post(f"{path}/terminate", {"reason": "Пауза"})[0] == 200
    status, problem = api.post(f"{path}/resume", {})
    assert (status, problem["code"], problem["rule"]) == (409, "debt_outstanding", "M13")
    assert problem["owed"] == {"amount": "6589.00", "currency": "RUB"}
    api.made(f"accounts/{tenant.account}/payments", {"amount": "6589.00", "method": "cash", "reference": "КО-1"})
    status, found = api.call("POST", f"{path}/resume")  # a body may be left out
    assert (status, found["status"], found["renews_on"]) == (200, "active", "2026-05-01")
    assert api.get(f"accounts/{tenant.account}")[1]["balance"]["amount"] == "0.00"


def test_resumption_is_refused_after_a_year(tenant: Tenant) -> None:
    api, path = tenant.api, f"subscriptions/{tenant.subscription}"
    assert api.post(f"{path}/terminate", {"reason": "Пауза"})[0] == 200
    set_clock("2027-04-02T00:00:00+03:00")
    status, problem = api.post(f"{path}/resume", {})
    assert (status, problem["code"], problem["rule"]) == (409, "resume_window_over", "M13")


def test_second_subscription_is_refused(tenant: Tenant) -> None:
    status, problem = tenant.api.post(f"instances/{tenant.instance}/subscriptions", {"tariff_id": "meteor-cloud"})
    assert (status, problem["code"]) == (409, "subscription_exists")


def test_calls_of_later_issues_do_not_exist_yet(tenant: Tenant) -> None:
    for act in ("choose", "preview", "change", "cancel", "undo-cancel", "undo-change", "extend-trial"):
        assert tenant.api.post(f"subscriptions/{tenant.subscription}/{act}", {})[0] == 404
