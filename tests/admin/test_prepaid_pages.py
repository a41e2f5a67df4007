"""Pages of prepaid subscriptions: every profile opens, says how it stands and what comes; the first page counts what waits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer, Instance
from billing import triggers
from billing.models import BillingAccount, BillingPeriod, Collection, Subscription
from billing.operations.run import billing_run
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support import people
from tests.support.acting import cards
from tests.support.people import Party, at, stand_at

SignIn = Callable[[str], Client]
pytestmark = pytest.mark.usefixtures("staffed_installation")


def page(client: Client, party: Party) -> str:
    answer = client.get(f"/admin/billing/subscription/{party.subscription.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode().replace("\xa0", " ")


def list_instances(client: Client, state: str) -> list[str]:
    answer = client.get(f"/admin/billing/subscription/?state={state}")
    assert answer.status_code == 200
    return [str(row.instance) for row in answer.context["cl"].result_list]


PROFILES = [
    ("meteor", "meteor-cloud", None),
    ("blue", "blue-monthly", None),
    ("blue", "blue-annual", None),
    ("cyberos", "trial", None),
    ("cyberos", "scale", None),
    ("evotor-app", "base", 5),
    ("evotor-driver", "driver", 10),
    ("evotor-free", "", None),
]


@pytest.mark.parametrize(("product", "tariff_id", "quantity"), PROFILES)
def test_pages_of_every_profile_open(signed_in: SignIn, product: str, tariff_id: str, quantity: int | None) -> None:
    currency = "USD" if product == "blue" else "RUB"
    party = people.party(product=product, tariff_id=tariff_id, quantity=quantity, currency=currency)
    stand_at(at("2026-04-03 12:00"))
    support = signed_in("support")
    assert "romashka.example.ru" in page(support, party)
    for address in (
        f"/admin/accounts/instance/{party.instance.pk}/change/",
        f"/admin/accounts/customer/{party.customer.pk}/change/",
        f"/admin/billing/billingaccount/{party.account.pk}/change/",
        "/admin/billing/subscription/",
        "/admin/billing/charge/",
        "/admin/billing/billingperiod/",
        "/admin/billing/collection/",
        "/admin/billing/termschange/",
        "/admin/",
    ):
        assert support.get(address).status_code == 200, address


def test_a_trial_says_its_last_day_and_what_was_chosen(signed_in: SignIn) -> None:
    party = people.party(product="blue", tariff_id="blue-monthly", now=at("2026-04-10 12:00"), currency="USD")
    stand_at(at("2026-04-12 12:00"))
    support = signed_in("support")
    text = page(support, party)
    assert "17 April 2026" in text
    assert 'tag--info">trial<' in text
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-annual", as_of=at("2026-04-12 12:00"), actor="anna"
    )
    chosen = page(support, party)
    assert "$2.53 · 18 April 2026" in chosen  # 13 of 30 days of a twelfth of 70.00
    assert "18 April 2026 · Blue, by the year" in chosen


def test_a_lapsed_trial_is_read_only_and_says_why(signed_in: SignIn) -> None:
    party = people.party(product="blue", tariff_id="blue-monthly", now=at("2026-04-10 12:00"), currency="USD")
    stand_at(at("2026-04-18 00:00"))
    text = signed_in("support").get(f"/admin/accounts/instance/{party.instance.pk}/change/").content.decode()
    assert "Trial over and nothing chosen since 18 April 2026 at 00:00" in text.replace("\xa0", " ")


def test_charges_tell_how_they_were_worked_out_and_changes_who_and_why(signed_in: SignIn) -> None:
    party = people.party(product="evotor-app", tariff_id="plus", now=at("2026-04-01 12:00"))
    plan_changes.change_terms(
        subscription=party.subscription,
        request=TermsRequest(tariff_id="light"),
        as_of=at("2026-04-15 10:00"),
        actor="support@staff.example",
        reason="Ticket 417",
    )
    stand_at(at("2026-04-15 12:00"))
    text = page(signed_in("finance"), party)
    assert "₽180.00" in text
    assert "1 May 2026 · " in text
    assert "Ticket 417" in text
    assert "30 April 2026" in text


def test_tries_to_collect_are_listed_with_their_reason(signed_in: SignIn) -> None:
    party = people.party(product="evotor-app", tariff_id="light", now=at("2026-04-01 12:00"))
    party.pay("90.00", at("2026-04-02 12:00"))
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    stand_at(at("2026-04-26 11:00"))
    text = page(signed_in("finance"), party)
    assert "the balance is too low and no method is saved" in text
    assert "₽90.00 of it are not on the account" in text
    lists = signed_in("finance").get("/admin/billing/collection/")
    assert [row.outcome for row in lists.context["cl"].result_list] == ["no_method"]


def test_the_next_seat_is_priced_for_the_rest_of_what_is_paid(signed_in: SignIn) -> None:
    party = people.party(
        product="blue", tariff_id="blue-monthly", now=at("2026-04-01 00:00"), currency="USD", trial=False
    )
    stand_at(at("2026-04-15 16:00"))
    text = signed_in("support").get(f"/admin/accounts/instance/{party.instance.pk}/change/").content.decode()
    assert "$3.50, in a paid role" in text  # B-b


def test_customer_page_tells_the_next_dates_and_how_each_instance_stands(signed_in: SignIn) -> None:
    party = people.party(product="cyberos", tariff_id="build", now=at("2026-04-10 12:00"))
    party.pay("4900.00", at("2026-04-10 13:00"))
    stand_at(at("2026-04-15 12:00"))
    answer = signed_in("support").get(f"/admin/accounts/customer/{party.customer.pk}/change/")
    text = answer.content.decode().replace("\xa0", " ")
    assert "10 May 2026" in text
    assert "₽4,900.00" in text
    assert 'tag--good">running<' in text


def test_statuses_are_filters_and_every_subscription_is_in_one(signed_in: SignIn) -> None:
    start = at("2026-04-10 12:00")
    people.party("meteor")
    people.party("trial", product="blue", tariff_id="blue-monthly", now=at("2026-04-20 12:00"), currency="USD")
    people.party("lapsed", product="blue", tariff_id="blue-monthly", now=start, currency="USD")
    overdue = people.party("overdue", product="cyberos", tariff_id="build", now=start)
    cancelled = people.party("cancelled", product="cyberos", tariff_id="build", now=at("2026-04-20 12:00"))
    plan_changes.cancel_subscription(subscription=cancelled.subscription, as_of=at("2026-04-21 12:00"), actor="anna")
    ended = people.party("ended", now=start)
    ended.terminate(at("2026-04-20 12:00"))
    stand_at(at("2026-04-25 00:00"))
    support = signed_in("support")
    assert {
        state: list_instances(support, state)
        for state in ("active", "trialing", "trial_ended", "past_due", "cancelling", "terminated")
    } == {
        "active": ["meteor.example.ru"],
        "trialing": ["trial.example.ru"],
        "trial_ended": ["lapsed.example.ru"],
        "past_due": ["overdue.example.ru"],
        "cancelling": ["cancelled.example.ru"],
        "terminated": ["ended.example.ru"],
    }
    assert overdue.status(at("2026-04-25 00:00")) == "past_due"


TRIALS, FAILED, SHORT = (
    "Trials ending within 3 days",
    "Renewals that could not be collected",
    "Renewals by tomorrow that nothing pays",
)


def read_figures(client: Client) -> dict[str, str]:
    home_cards = cards(client)
    for label, state in ((TRIALS, "ending"), (FAILED, "failing"), (SHORT, "short")):
        assert home_cards[label].url.endswith(f"?state={state}")
        assert str(len(list_instances(client, state))) == home_cards[label].figure, label
    return {label: home_cards[label].figure for label in (TRIALS, FAILED, SHORT)}


def test_first_page_counts_trials_that_end_without_a_choice(signed_in: SignIn) -> None:
    party = people.party(product="blue", tariff_id="blue-monthly", now=at("2026-04-10 12:00"), currency="USD")
    support = signed_in("support")
    for day, figure in (("13", "0"), ("14", "1"), ("17", "1"), ("18", "0")):
        stand_at(at(f"2026-04-{day} 12:00"))
        assert read_figures(support)[TRIALS] == figure, day
    stand_at(at("2026-04-15 12:00"))
    trials.choose_tariff(
        subscription=party.subscription, tariff_id="blue-annual", as_of=at("2026-04-15 12:00"), actor="anna"
    )
    assert read_figures(support)[TRIALS] == "0"


def test_first_page_counts_renewals_that_fail_and_that_nothing_will_pay(signed_in: SignIn) -> None:
    party = people.party(product="evotor-app", tariff_id="light", now=at("2026-04-01 12:00"))
    party.pay("179.99", at("2026-04-02 12:00"))  # 0.01 short of April and May
    finance = signed_in("finance")
    stand_at(at("2026-04-26 09:00"))
    assert read_figures(finance) == {TRIALS: "0", FAILED: "0", SHORT: "0"}
    billing_run.collect_renewals(as_of=at("2026-04-26 10:00"))
    stand_at(at("2026-04-29 12:00"))
    assert read_figures(finance) == {TRIALS: "0", FAILED: "1", SHORT: "0"}
    stand_at(at("2026-04-30 00:00"))
    assert read_figures(finance) == {TRIALS: "0", FAILED: "1", SHORT: "1"}
    stand_at(at("2026-05-01 23:59"))
    assert read_figures(finance) == {TRIALS: "0", FAILED: "1", SHORT: "1"}
    party.pay("0.01", at("2026-05-01 23:59"))
    assert read_figures(finance)[SHORT] == "0"
    billing_run.collect_renewals(as_of=at("2026-05-01 23:59"))
    assert read_figures(finance) == {TRIALS: "0", FAILED: "0", SHORT: "0"}


def test_reviewers_see_none_of_it(signed_in: SignIn) -> None:
    assert set(cards(signed_in("reviewer"))) == {"Tariffs in review"}
    assert signed_in("product manager").get("/admin/billing/collection/").status_code == 403


def add_subscriptions(party: Party, until: int) -> None:
    """As many like ``party``, each with a failed try; in bulk past the guards: only the number of rows matters here."""
    triggers.drop(connection)
    start = Customer.objects.count()
    base: dict[str, Any] = {"created_at": at("2026-04-01 12:00"), "name": "ООО", "email": "a@example.com"}
    customers = Customer.objects.bulk_create([Customer(public_id=f"cus_{i}", **base) for i in range(start, until)])
    accounts = BillingAccount.objects.bulk_create(
        [
            BillingAccount(
                number=f"8{i:05}",
                customer=row,
                seller=party.account.seller,
                currency="RUB",
                opened_at=base["created_at"],
                open_month="2026-04-01",
            )
            for i, row in enumerate(customers, start)
        ]
    )
    instances = Instance.objects.bulk_create(
        [
            Instance(
                public_id=f"ins_{i}",
                customer=row,
                product=party.instance.product,
                domain=f"d{i}.example",
                email="a@example.com",
                registered_at=base["created_at"],
            )
            for i, row in enumerate(customers, start)
        ]
    )
    subscription = party.fresh
    subscriptions = Subscription.objects.bulk_create(
        [
            Subscription(
                public_id=f"sub_{i}",
                instance=row,
                account=account,
                tariff=subscription.tariff,
                started_at=subscription.started_at,
                paid_from=subscription.paid_from,
                anchor_date=subscription.anchor_date,
                next_transition_date=subscription.next_transition_date,
            )
            for i, (row, account) in enumerate(zip(instances, accounts, strict=True), start)
        ]
    )
    period = party.periods[0]
    BillingPeriod.objects.bulk_create(
        [
            BillingPeriod(
                subscription=row,
                tariff=subscription.priced_by,
                number=1,
                start=period.start,
                end=period.end,
                quantity=1,
                opened_at=period.opened_at,
                ended_at=period.ended_at,
            )
            for row in subscriptions
        ]
    )
    Collection.objects.bulk_create(
        [
            Collection(
                subscription=row,
                period_start=period.end,
                day=period.end - timedelta(days=1),
                at=at("2026-04-30 10:00"),
                currency="RUB",
                amount_minor=9000,
                balance_minor=0,
                outcome="no_method",
            )
            for row in subscriptions
        ]
    )
    triggers.install(connection)


def count_queries(client: Client) -> dict[str, int]:
    counts = {}
    for path in (
        "",
        "billing/subscription/",
        "billing/subscription/?state=short",
        "billing/collection/",
        "billing/termschange/",
    ):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/admin/{path}").status_code == 200
        counts[path] = len(queries)
    return counts


def test_pages_ask_as_often_for_a_thousand_renewals_as_for_ten(signed_in: SignIn) -> None:
    party = people.party(product="evotor-app", tariff_id="light", now=at("2026-04-01 12:00"))
    stand_at(at("2026-04-30 12:00"))
    client = signed_in("administrator")
    add_subscriptions(party, 10)
    count_queries(client)
    few = count_queries(client)
    add_subscriptions(party, 1000)
    assert count_queries(client) == few
    assert Collection.objects.count() == 999
    assert cards(client)[SHORT].figure == "1,000"
