"""G10: who looks at figures writes nothing and holds no lock that others need, and what is then charged is what was shown."""

from collections.abc import Callable
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django_q.models import OrmQ

from accounts.members import Report
from accounts.models import Instance, Member, Product, User
from billing.errors import BillingError
from billing.models import Charge, Invoice, Subscription
from billing.operations import rehearsal
from billing.operations.customers import instances, onboarding, signup
from billing.operations.customers.onboarding import InstanceOrder
from billing.operations.subscriptions import plan_changes, quotes, start_quotes
from billing.sandbox.models import SandboxClock
from tests.support.database_reads import assert_nothing_written_or_locked, assert_read_only
from tests.support.people import Party, at, party

NOON = at("2026-04-10 12:00")


def without_plan(product: str, name: str = "romashka", now: datetime = NOON) -> Instance:
    """One more instance of the customer ``name``, on no tariff yet; Anna is in it."""
    free = party(name, now)
    return instances.register_instance(
        customer=free.customer,
        product=Product.objects.get(code=product),
        domain=f"second.{name}.example",
        as_of=now,
        representative=Report(external_id="u-9", status="active", email=f"anna@{name}.example", name="Anna"),
    )


def count_rows() -> list[int]:
    return [kind.objects.count() for kind in (Charge, Invoice, Subscription, Instance, Member, OrmQ)]


STARTS = [
    ("blue", "blue-monthly", None, False, [490], 490, "2026-05-01", 700),
    ("blue", "blue-monthly", None, True, [], 0, None, 0),
    ("evotor-driver", "driver", 12, None, [120_000], 120_000, None, 0),
    ("meteor", "meteor-cloud", None, None, [], 0, "2026-05-01", 0),
]


@pytest.mark.parametrize(
    ("product", "tariff_id", "quantity", "trial", "lines", "due", "next_date", "next_minor"), STARTS
)
def test_g10_a_start_is_quoted_without_writing_and_charged_as_quoted(
    product: str,
    tariff_id: str,
    quantity: int | None,
    trial: bool | None,
    lines: list[int],
    due: int,
    next_date: str | None,
    next_minor: int,
) -> None:
    instance = without_plan(product)
    with assert_nothing_written_or_locked():
        quote = start_quotes.quote_start(
            instance=instance, tariff_id=tariff_id, quantity=quantity, trial=trial, as_of=NOON
        )
    assert [line.amount_minor for line in quote.lines] == lines
    assert (quote.due_now_minor, quote.next_minor) == (due, next_minor)
    assert (quote.next_date.isoformat() if quote.next_date else None) == next_date
    done = start_quotes.start_subscription_as_quoted(
        instance=instance,
        tariff_id=tariff_id,
        quantity=quantity,
        trial=trial,
        as_of=NOON,
        actor="anna",
        token=quote.token,
    )
    assert list(done.subscription.charges.values_list("amount_minor", flat=True)) == lines
    issued = Invoice.objects.filter(account=done.subscription.account, issued_at=NOON)
    assert sum(invoice.open_minor for invoice in issued) == due
    assert [invoice.due_date for invoice in issued] == ([quote.due_date] if due else [])


def test_g10_money_on_the_account_is_counted_as_the_invoice_counts_it() -> None:
    instance = without_plan("evotor-driver")
    account = start_quotes.quote_start(
        instance=instance, tariff_id="driver", quantity=12, trial=None, as_of=NOON
    ).subscription.account
    Party(instance.customer, account, instance, Subscription()).pay("1000.00", NOON)
    with assert_nothing_written_or_locked():
        quote = start_quotes.quote_start(instance=instance, tariff_id="driver", quantity=12, trial=None, as_of=NOON)
    assert (quote.first_minor, quote.due_now_minor) == (120_000, 20_000)
    done = start_quotes.start_subscription(
        instance=instance, tariff_id="driver", quantity=12, trial=None, as_of=NOON, actor="anna"
    )
    assert Invoice.objects.get(account=done.subscription.account).open_minor == 20_000


@pytest.mark.parametrize(
    ("day", "first", "is_now"), [("2026-04-12 12:00", 303, False), ("2026-05-20 12:00", 271, True)]
)
def test_g10_d12_the_choice_that_ends_a_trial_is_quoted_without_writing(day: str, first: int, is_now: bool) -> None:
    trial = party(now=NOON, product="blue", tariff_id="blue-monthly", trial=True)
    trial.now_is(at(day))
    with assert_nothing_written_or_locked():
        quote = start_quotes.quote_choice(
            subscription=trial.subscription, tariff_id="blue-monthly", quantity=None, as_of=at(day)
        )
    assert quote.is_now == is_now
    before = count_rows()
    with pytest.raises(BillingError) as refused:
        start_quotes.choose_tariff_as_quoted(
            subscription=trial.subscription,
            tariff_id="blue-monthly",
            quantity=None,
            as_of=at(day),
            actor="anna",
            token="0" * 32,
        )
    assert (refused.value.code, refused.value.rule, count_rows()) == ("quote_expired", "G10", before)
    start_quotes.choose_tariff_as_quoted(
        subscription=trial.subscription,
        tariff_id="blue-monthly",
        quantity=None,
        as_of=at(day),
        actor="anna",
        token=quote.token,
    )
    assert trial.charges == ([first] if is_now else [])
    assert quote.first_minor == first
    assert sum(invoice.open_minor for invoice in trial.invoices) == quote.due_now_minor


def test_g10_an_act_that_would_charge_another_sum_than_its_quote_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = without_plan("blue")
    before = count_rows()
    monkeypatch.setattr(start_quotes, "_units", lambda *_terms: 2)
    with pytest.raises(BillingError) as refused:
        start_quotes.start_subscription(
            instance=instance, tariff_id="blue-monthly", quantity=None, trial=False, as_of=NOON, actor="anna"
        )
    assert (refused.value.code, count_rows()) == ("quote_expired", before)


def test_g9_a_quote_counts_with_what_is_due_and_not_done_yet() -> None:
    """The trial's choice has begun at midnight, though no job has noticed: there is no trial to be ended any more."""
    trial = party(now=NOON, product="blue", tariff_id="blue-monthly", trial=True)
    start_quotes.choose_tariff(
        subscription=trial.subscription, tariff_id="blue-monthly", quantity=None, as_of=NOON, actor="anna"
    )
    before = count_rows()
    with pytest.raises(BillingError) as refused:
        start_quotes.quote_choice(
            subscription=trial.subscription, tariff_id="blue-monthly", quantity=None, as_of=at("2026-05-20 12:00")
        )
    assert (refused.value.code, count_rows()) == ("no_trial", before)


def test_g10_other_terms_are_quoted_without_writing_or_locking() -> None:
    shop = party(now=NOON, product="blue", tariff_id="blue-monthly", trial=False)
    with assert_nothing_written_or_locked():
        quote = plan_changes.quote_change(
            subscription=shop.subscription, request=quotes.TermsRequest(tariff_id="blue-annual"), as_of=NOON
        )
    assert (quote.when, quote.due_now_minor) == ("period_end", 0)


def test_g10_a_rehearsal_keeps_nothing_and_an_act_is_kept_only_for_the_figures_seen() -> None:
    shop = party(now=NOON, product="blue", tariff_id="blue-monthly", trial=False)

    def act() -> int:
        shop.activate(1, NOON, role="team_member")
        return sum(shop.charges)

    before = count_rows()
    assert rehearsal.rehearse(act) == 490 + 467
    assert count_rows() == before
    with pytest.raises(BillingError):
        rehearsal.carry_out_as_seen(act, seen="490", token=str, refusal=rehearsal.price_changed)
    assert count_rows() == before
    assert rehearsal.carry_out_as_seen(act, seen="957", token=str, refusal=rehearsal.price_changed) == 957
    assert shop.charges == [490, 467]


# --- The pages -------------------------------------------------------------------------------------------------------


@pytest.fixture
def anna() -> Callable[[], Client]:
    """Anna, signed in at noon of 10 April 2026; her address is proved."""

    def sign_in() -> Client:
        SandboxClock.objects.update_or_create(id=1, defaults={"stands_at": NOON})
        user, _created = User.objects.get_or_create(email="anna@romashka.example")
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def test_g10_the_pages_that_quote_a_start_write_and_lock_nothing(anna: Callable[[], Client]) -> None:
    instance = without_plan("blue")
    client = anna()
    assert_read_only(client, f"/instances/{instance.public_id}/start/?tariff=blue-monthly")
    query = "product=blue&domain=third.romashka.example&tariff=blue-monthly:now"
    assert_read_only(client, f"/instances/new/?{query}")
    assert_read_only(client, f"/instances/new/?{query}&customer=new&customer_name=Third&kind=company")


def test_g10_the_pages_of_a_plan_write_and_lock_nothing(anna: Callable[[], Client]) -> None:
    trial = party(now=NOON, product="blue", tariff_id="blue-monthly", trial=True)
    paid = party("paid", NOON, product="blue", tariff_id="blue-monthly", trial=False, customer=trial.customer)
    paid.tell("u-7", "active", NOON, role="project_administrator", email="anna@romashka.example")
    client = anna()
    for page in ("", "choose/?tariff=blue-annual", "plans/", "people/", "cancel/"):
        assert_read_only(client, f"/instances/{trial.instance.public_id}/{page}")
    for page in ("", "change/?tariff=blue-annual", "plans/"):
        assert_read_only(client, f"/instances/{paid.instance.public_id}/{page}")
    assert_read_only(client, "/")


def test_g10_the_page_of_a_sign_ups_link_writes_and_locks_nothing() -> None:
    SandboxClock.objects.update_or_create(id=1, defaults={"stands_at": NOON})
    order = InstanceOrder(Product.objects.get(code="blue"), "team.nora.example", "blue-monthly")
    new = signup.NewSignUp("nora@new.example", "Nora", "Nora Ltd", "company", "en", order)
    asked = signup.file_sign_up(new=new, as_of=NOON)
    with assert_nothing_written_or_locked():
        opening = signup.preview_sign_up(sign_up=asked, as_of=NOON)
    assert opening.quote is not None
    assert opening.quote.trial_ends_on is not None
    _user, confirmation = signup.confirm_sign_up(
        sign_up=asked, password="correct horse battery", seen=opening.token, as_of=NOON
    )
    assert confirmation.token == opening.token
    assert onboarding.OnboardingResult(confirmation.instance, None).token == "free"
