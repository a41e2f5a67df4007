"""Common ground: time, money, sign, account, ledger, invoices, credit, explanations, repeatable jobs, preview."""

import ast
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from billing import clock
from billing.errors import BillingError
from billing.models import (
    BillingAccount,
    Charge,
    Credit,
    Entry,
    Event,
    Invoice,
    JobRun,
    LedgerAccount,
    Notice,
    NumberSeries,
    Posting,
    Seller,
    VatRate,
)
from billing.operations import jobs
from billing.operations.cycle import month_close
from billing.operations.invoices import issuing
from billing.operations.ledger import accounts, posting
from billing.operations.run import billing_run
from billing.operations.settlement import credit_notes, payments
from billing.operations.settlement.credit_notes import NoteLine
from billing.pricing import money, quantity
from billing.pricing.explanations import explanation
from billing.sandbox import sandbox_clock
from tests.support import people
from tests.support.people import Party, at

ROOT = Path(__file__).resolve().parents[2]


# --- G1: time ----------------------------------------------------------------------------------------------------------------


def test_g1_a_business_date_is_a_date_in_moscow_and_instants_are_stored_in_utc(meteor: Party) -> None:
    meteor.activate(9, datetime(2026, 4, 30, 20, 59, 59, tzinfo=UTC))
    [invoice] = meteor.close(datetime(2026, 4, 30, 21, 0, tzinfo=UTC))
    assert (invoice.issue_date, invoice.issued_at) == (date(2026, 5, 1), datetime(2026, 4, 30, 21, 0, tzinfo=UTC))


def test_g1_the_seller_may_live_in_another_zone() -> None:
    Seller.objects.filter(code="rub").update(time_zone="Asia/Vladivostok")
    east = people.party("east")
    east.activate(9, at("2026-04-30 16:59:59"))
    assert billing_run.run_due(as_of=at("2026-04-30 16:59:59")).invoices == []
    assert billing_run.run_due(as_of=at("2026-04-30 17:00:00")).invoices == ["R-2026-000001"]
    assert east.access(at("2026-05-15 16:59:59")) == "full"
    assert east.access(at("2026-05-15 17:00:00")) == "read_only"


def test_g1_nothing_but_the_clock_reads_the_systems_time() -> None:
    readers = {"now", "utcnow", "today", "time", "localdate", "localtime"}
    calls = []
    for path in [*ROOT.glob("billing/**/*.py"), *ROOT.glob("accounts/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in readers:
                owner = ast.unparse(node.func.value)
                if owner.split(".")[-1] in {"datetime", "date", "timezone", "time"} and path.name != "clock.py":
                    calls.append(f"{path.name}:{node.lineno}")
    assert calls == []


def test_g1_the_sandbox_clock_stands_until_it_is_moved(meteor: Party) -> None:
    people.stand_at(at("2026-05-19 00:00"))
    assert clock.now() == clock.now() == datetime(2026, 5, 18, 21, 0, tzinfo=UTC)
    assert clock.today("Europe/Moscow") == date(2026, 5, 19)
    assert clock.today("UTC") == date(2026, 5, 18)
    assert clock.real_now() > datetime(2026, 1, 1, tzinfo=UTC)


def test_g1_without_a_sandbox_row_the_clock_is_the_systems(meteor: Party, settings: object) -> None:
    assert abs(clock.now() - clock.real_now()) < timedelta(seconds=5)
    people.stand_at(at("2026-05-19 00:00"))
    settings.BILLING_SANDBOX = False  # type: ignore[attr-defined]
    assert abs(clock.now() - clock.real_now()) < timedelta(seconds=5)


# --- G2: money -----------------------------------------------------------------------------------------------------------------


def test_g2_a_charge_is_rounded_once_half_up_to_the_minor_unit() -> None:
    assert money.to_minor(Decimal(7) / 30 * 20, "USD") == 467
    assert money.to_minor(Decimal("4.665"), "USD") == 467
    assert money.to_minor(Decimal("-4.665"), "USD") == -467
    assert money.to_minor(Decimal("2.5"), "JPY") == 3
    assert money.to_minor(Decimal("1.0005"), "KWD") == 1001


def test_g2_a_price_finer_than_the_kopeck_is_multiplied_before_it_is_rounded() -> None:
    people.publish_tariff(tariff_id="fine", unit_price="0.0125", included_quantity=0)
    fine = people.party("fine", tariff_id="fine")
    fine.activate(2, at("2026-04-05 12:00"))
    assert fine.balance == -4, "3 × 0.0125 = 0.0375"
    [invoice] = fine.close(at("2026-05-01 00:00"))
    assert invoice.total_minor == 4


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1500", 150_000),
        ("1500.5", 150_050),
        (" 0.01 ", 1),
        ("1.005", None),
        ("abc", None),
        ("NaN", None),
        ("1e400", None),
        ("-1", -100),
    ],
)
def test_g2_a_sum_that_somebody_writes_is_taken_exactly_or_not_at_all(text: str, minor: int | None) -> None:
    assert money.parse_exact(text, "RUB") == minor


def test_g2_no_float_is_called_in_money() -> None:
    calls = []
    for path in ROOT.glob("billing/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
                calls.append(path.name)
            if isinstance(node, ast.Constant) and isinstance(node.value, float) and "pricing" in path.parts:
                calls.append(path.name)
    assert calls == []


# --- G3, G4 --------------------------------------------------------------------------------------------------------------------


def test_g3_positive_is_money_to_spend_and_negative_is_owed(meteor: Party) -> None:
    meteor.pay("100.00", at("2026-04-02 12:00"))
    assert meteor.balance == 10_000
    meteor.activate(9, at("2026-04-10 14:03"))
    assert meteor.balance == -589_000


def test_g4_a_customer_has_one_account_for_each_seller_and_currency(meteor: Party) -> None:
    seller = Seller.objects.get(code="rub")
    again = accounts.open_account(customer=meteor.customer, seller=seller, as_of=at("2026-04-05 12:00"))
    assert again == meteor.account
    second = people.party("second", customer=meteor.customer)
    assert second.account == meteor.account
    assert BillingAccount.objects.filter(customer=meteor.customer).count() == 1


# --- G5: ledger ----------------------------------------------------------------------------------------------------------------


def test_g5_every_entry_sums_to_zero_and_the_balance_is_the_sum_of_its_postings(meteor: Party) -> None:
    """Entries balance (I-1), and a balance is its postings (I-3)."""
    meteor.pay("1000.00", at("2026-04-02 12:00"))
    meteor.activate(10, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    assert meteor.balance == 100_000 - 658_900 - 658_900
    assert people.balance_of("revenue") == 1_317_800
    assert people.balance_of("bank") == -100_000
    own = LedgerAccount.objects.get(billing_account=meteor.account)
    assert (
        sum(row.amount_minor for row in own.credits.all()) - sum(row.amount_minor for row in own.debits.all())
        == -1_217_800
    )


def test_g5_a_fact_is_posted_once_whoever_tries(meteor: Party) -> None:
    def post() -> Entry:
        revenue = posting.seller_account(meteor.account.seller, LedgerAccount.Kind.REVENUE)
        move = posting.Move(posting.customer_side(meteor.account), revenue, 100)
        return posting.post(
            key="fact", kind=Entry.Kind.ADJUSTMENT, account=meteor.account, moves=[move], at=at("2026-04-02 12:00")
        )

    entry = post()
    with pytest.raises(IntegrityError), transaction.atomic():
        post()
    assert Posting.objects.count() == 1
    posting.reverse(entry=entry, at=at("2026-04-02 12:01"), actor="finance", reason="A trial")
    assert posting.balance(meteor.account) == 0


def test_g5_a_mistake_is_reversed_by_a_new_entry_and_only_once(meteor: Party) -> None:
    payment = meteor.pay("100.00", at("2026-04-02 12:00"))
    entry = payment.credit.entry
    reversal = payments.reverse_payment(
        payment=payment, as_of=at("2026-04-03 12:00"), actor="finance", reason="Typed twice"
    )
    assert (reversal.reverses_id, meteor.balance, meteor.entries) == (entry.pk, 0, 2)
    with pytest.raises(BillingError) as again:
        posting.reverse(entry=entry, at=at("2026-04-03 12:00"), actor="finance", reason="Again")
    assert again.value.code == "already_reversed"


# --- G6: invoices --------------------------------------------------------------------------------------------------------------


def test_g6_numbers_run_without_a_gap_within_seller_and_year(meteor: Party) -> None:
    second = people.party("second")
    for party in (meteor, second):
        party.activate(9, at("2026-04-10 14:03"))
    billing_run.run_due(as_of=at("2026-07-01 00:00"))
    assert list(Invoice.objects.order_by("sequence").values_list("number", flat=True)) == [
        "R-2026-000001",
        "R-2026-000002",
        "R-2026-000003",
        "R-2026-000004",
        "R-2026-000005",
        "R-2026-000006",
    ]


def test_g6_the_year_of_a_number_is_that_of_moscow_while_it_is_still_the_old_year_in_utc() -> None:
    party = people.party("winter", at("2026-12-05 12:00"))
    party.activate(9, at("2026-12-10 12:00"))
    now = datetime(2026, 12, 31, 21, 0, tzinfo=UTC)
    [december] = party.close(now)
    assert (december.number, december.issue_date, december.period_start) == (
        "R-2027-000001",
        date(2027, 1, 1),
        date(2026, 12, 1),
    )
    assert billing_run.run_due(as_of=datetime(2026, 12, 31, 20, 59, 59, tzinfo=UTC)).invoices == []


def test_g6_the_numbers_of_a_new_year_begin_at_one_again() -> None:
    party = people.party("winter", at("2026-11-05 12:00"))
    party.activate(9, at("2026-11-10 12:00"))
    party.close(at("2026-12-01 00:00"))
    party.close(at("2027-01-01 00:00"))
    party.close(at("2027-02-01 00:00"))
    assert [row.number for row in party.invoices] == ["R-2026-000001", "R-2027-000001", "R-2027-000002"]


def test_g6_a_number_is_given_back_when_its_transaction_dies(meteor: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    """What dies leaves no gap (I-7)."""
    meteor.activate(9, at("2026-04-10 14:03"))

    def dies(*_args: object) -> None:
        raise RuntimeError("after the number was taken")

    with monkeypatch.context() as patched:
        patched.setattr(issuing, "_settle_and_announce", dies)
        done = billing_run.run_due(as_of=at("2026-05-01 00:00"))
    assert (done.invoices, done.set_aside) == ([], 1)
    assert not NumberSeries.objects.filter(key="R-2026").exists()
    assert meteor.balance == -599_000, "May is not open either: all or nothing"
    assert billing_run.run_due(as_of=at("2026-05-01 00:01")).invoices == ["R-2026-000001"]


def test_g6_an_issued_invoice_keeps_the_parties_as_they_were(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    meteor.customer.name = "Another name"
    meteor.customer.save()
    Seller.objects.filter(code="rub").update(name="Another seller")
    [invoice] = meteor.invoices
    assert (invoice.buyer_snapshot["name"], invoice.seller_snapshot["name"]) == ("Romashka", "ООО «Образец»")


def test_g6_the_amount_due_is_fixed_at_issue_and_only_what_is_open_falls(meteor: Party) -> None:
    meteor.pay("1000.00", at("2026-04-02 12:00"))
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    meteor.pay("2000.00", at("2026-05-02 12:00"))
    [invoice] = meteor.invoices
    assert (invoice.total_minor, invoice.credit_applied_minor, invoice.amount_due_minor, invoice.open_minor) == (
        599_000,
        100_000,
        499_000,
        299_000,
    )


# --- G7: credit --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three_open(meteor: Party) -> Party:
    """5 990.00 each for April (due 15 May), May (15 June) and June (15 July)."""
    meteor.activate(9, at("2026-04-10 14:03"))
    for month in (5, 6, 7):
        meteor.close(at(f"2026-{month:02}-01 00:00"))
    return meteor


def opens(party: Party) -> list[int]:
    return [row.open_minor for row in party.invoices]


def test_g7_a_payment_pays_the_oldest_due_first(three_open: Party) -> None:
    three_open.pay("7000.00", at("2026-07-02 12:00"))
    assert opens(three_open) == [0, 498_000, 599_000]


def test_g7_a_payment_pays_the_invoice_it_names_and_then_the_oldest(three_open: Party) -> None:
    three_open.pay("7000.00", at("2026-07-02 12:00"), invoice="R-2026-000003")
    assert opens(three_open) == [498_000, 599_000, 0]


def test_g7_what_is_left_stays_and_is_applied_when_the_next_invoice_is_issued(three_open: Party) -> None:
    three_open.pay("20000.00", at("2026-07-02 12:00"))
    assert opens(three_open) == [0, 0, 0]
    assert three_open.balance == 2_000_000 - 4 * 599_000
    three_open.close(at("2026-08-01 00:00"))
    july = three_open.invoices[-1]
    assert (july.credit_applied_minor, july.amount_due_minor) == (203_000, 396_000)


def test_g7_the_oldest_credit_is_spent_first(meteor: Party) -> None:
    meteor.pay("4000.00", at("2026-04-02 12:00"))
    meteor.pay("4000.00", at("2026-04-03 12:00"))
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))
    assert list(Credit.objects.order_by("pk").values_list("unapplied_minor", flat=True)) == [0, 201_000]


def test_g7_naming_an_invoice_that_is_paid_pays_the_others(three_open: Party) -> None:
    three_open.pay("5990.00", at("2026-07-02 12:00"), invoice="R-2026-000002")
    three_open.pay("5990.00", at("2026-07-02 12:01"), invoice="R-2026-000002")
    assert opens(three_open) == [0, 0, 599_000]


# --- G8: explanations ----------------------------------------------------------------------------------------------------------------


def test_g8_a_line_shows_the_sum_as_a_person_would_write_it_and_when_the_peak_was_reached(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    [invoice] = meteor.close(at("2026-05-01 00:00"))
    [line] = invoice.lines.all()
    assert "".join(explanation.formula(line.explanation).split()) == "11×599.00=6589.00"
    assert (line.quantity, line.unit_price) == (Decimal(11), Decimal("599.00"))
    assert datetime.fromisoformat(line.explanation["peak_at"]) == at("2026-04-10 14:03")
    assert line.explanation["included"] == 9


def test_g8_every_charge_tells_what_it_was_before(meteor: Party) -> None:
    meteor.activate(10, at("2026-04-10 14:03"))
    texts = ["".join(explanation.formula(row.explanation).split()) for row in Charge.objects.order_by("pk")]
    assert texts == ["10×599.00=5990.00", "11×599.00−5990.00=599.00"]


def test_g8_the_explanations_of_all_lines_work_out_to_their_amounts_also_with_others_between(meteor: Party) -> None:
    """Terminated, somebody taken back (a credit note on the final invoice), resumed, somebody new, terminated (the new one is billed
    at once), two late ones: their charges make one line."""
    meteor.activate(10, at("2026-04-05 12:00"))
    meteor.terminate(at("2026-04-10 12:00"))
    meteor.tell("u-11", "invited", at("2026-04-10 13:00"), occurred_at=at("2026-04-05 12:00"))
    meteor.pay("20000.00", at("2026-04-10 14:00"))
    meteor.resume(at("2026-04-11 12:00"))
    meteor.activate(1, at("2026-04-12 12:00"))
    final = meteor.terminate(at("2026-04-13 12:00"))
    assert final is not None
    assert final.total_minor == 59_900
    for who in ("late-1", "late-2"):
        meteor.tell(who, "active", at("2026-04-14 13:00"), occurred_at=at("2026-04-12 13:00"))
    [monthly] = meteor.close(at("2026-05-01 00:00"))
    lines = list(monthly.lines.order_by("position"))
    assert [line.amount_minor for line in lines] == [119_800]
    assert [explanation.evaluate(line.explanation) for line in lines] == [119_800]
    assert sum(meteor.charges) == 13 * 59_900


# --- G9: every job may run twice, late or out of order ---------------------------------------------------------------------------------


def everything() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (Charge, Entry, Event, Invoice, Notice, Posting, JobRun)}  # type: ignore[attr-defined]


def test_g9_running_the_run_again_changes_nothing(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    before = everything()
    for _again in range(3):
        done = billing_run.run_due(as_of=at("2026-05-16 00:00"))
        assert not any(done.as_dict().values())
    assert everything() == before


def test_g9_a_year_that_was_missed_gives_the_charges_of_a_year_that_was_not() -> None:
    punctual, missed = people.party("punctual"), people.party("missed")
    for party in (punctual, missed):
        party.activate(9, at("2026-04-10 14:03"))
    for month in range(5, 13):
        punctual.close(at(f"2026-{month:02}-01 00:00"))
    missed.close(at("2026-12-01 00:00"))
    assert (
        [row.total_minor for row in missed.invoices] == [row.total_minor for row in punctual.invoices] == [599_000] * 8
    )
    assert missed.balance == punctual.balance == -9 * 599_000


def test_g9_the_sandbox_runs_every_midnight_in_order(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    people.stand_at(at("2026-04-10 14:03"))
    done = sandbox_clock.advance(to=at("2026-06-16 00:00"))
    assert done.invoices == ["R-2026-000001", "R-2026-000002"]
    events = Event.objects.filter(type__in=["invoice.issued", "invoice.overdue", "instance.read_only"]).values_list(
        "type", "at"
    )
    assert list(events) == [
        ("invoice.issued", at("2026-05-01 00:00")),
        ("invoice.overdue", at("2026-05-16 00:00")),
        ("instance.read_only", at("2026-05-16 00:00")),
        ("invoice.issued", at("2026-06-01 00:00")),
        ("invoice.overdue", at("2026-06-16 00:00")),
    ]
    assert sandbox_clock.advance(to=at("2026-06-16 00:00")).as_dict()["invoices"] == []
    with pytest.raises(BillingError) as refused:
        sandbox_clock.advance(to=at("2026-06-15 23:59:59"))
    assert refused.value.code == "clock_moves_forward"


def test_g9_an_account_that_fails_is_set_aside_with_its_error_while_the_rest_go_on(
    meteor: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = people.party("second")
    for party in (meteor, second):
        party.activate(9, at("2026-04-10 14:03"))
    issue_monthly = issuing.issue_monthly

    def poison(*, account: BillingAccount, **others: object) -> Invoice | None:
        if account == meteor.account:
            raise RuntimeError("poison")
        return issue_monthly(account=account, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(issuing, "issue_monthly", poison)
    now = at("2026-05-01 00:00")
    assert billing_run.run_due(as_of=now).invoices == ["R-2026-000001"]
    starts = []
    for _minute in range(3 * 60):  # 1 + 5 + 25 + 125 minutes, and no more
        now += timedelta(minutes=1)
        starts.append(billing_run.run_due(as_of=now).set_aside)
    run = JobRun.objects.get(kind="close", key=meteor.account.number)
    assert (run.attempts, sum(starts)) == (5, 4)
    assert "poison" in run.last_error
    monkeypatch.undo()
    assert billing_run.run_due(as_of=now + timedelta(days=3)).invoices == [], "left alone until somebody looks at it"
    jobs.retry(run=run, as_of=now)
    assert billing_run.run_due(as_of=now).invoices == ["R-2026-000002"]


# --- G10: preview ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("active", [1, 8, 9, 10, 25])
def test_g10_what_one_person_more_is_said_to_cost_is_what_is_charged(meteor: Party, active: int) -> None:
    meteor.activate(active - 1, at("2026-04-05 12:00"))
    costs = quantity.next_unit_costs(meteor.subscription.tariff.terms(), active)
    before = meteor.balance
    meteor.activate(1, at("2026-04-06 12:00"))
    assert before - meteor.balance == costs == {1: 0, 8: 0, 9: 599_000, 10: 59_900, 25: 59_900}[active]


# --- VAT ---------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def _with_vat() -> None:
    VatRate.objects.create(code="base", percent=Decimal(20), valid_from=date(2019, 1, 1))
    VatRate.objects.create(code="base", percent=Decimal(22), valid_from=date(2026, 1, 1))
    Seller.objects.filter(code="rub").update(vat_code="base")


@pytest.mark.usefixtures("_with_vat")
def test_g2_vat_is_inside_the_price_at_the_rate_of_the_date_of_supply_not_of_the_invoice() -> None:
    party = people.party("vat", at("2025-12-05 12:00"))
    party.activate(9, at("2025-12-10 12:00"))
    [december] = party.close(at("2026-01-01 00:00"))
    [january] = party.close(at("2026-02-01 00:00"))
    assert (december.total_minor, december.tax_percent, december.tax_minor) == (599_000, Decimal(20), 99_833)
    assert (january.total_minor, january.tax_percent, january.tax_minor) == (599_000, Decimal(22), 108_016)
    assert people.balance_of("vat") == 207_849
    assert people.balance_of("revenue") == 3 * 599_000 - 207_849


@pytest.mark.usefixtures("_with_vat")
def test_d9_credit_notes_take_back_exactly_the_vat_of_the_invoice_however_they_are_cut() -> None:
    party = people.party("vat", at("2026-04-05 12:00"))
    party.activate(9, at("2026-04-10 12:00"))
    [invoice] = party.close(at("2026-05-01 00:00"))
    assert invoice.tax_minor == 108_016
    for sum_ in (3, 3, 3, 598_991):
        credit_notes.issue_credit_note(
            invoice=invoice,
            lines=[NoteLine("Part", sum_)],
            reason="Cut in parts",
            as_of=at("2026-05-02 12:00"),
            actor="finance",
        )
    assert sum(note.tax_minor for note in invoice.credit_notes.all()) == 108_016
    assert people.balance_of("vat") == 0


def test_g6_credit_notes_have_a_gapless_series_of_their_own(meteor: Party) -> None:
    meteor.activate(9, at("2026-04-10 14:03"))
    [invoice] = meteor.close(at("2026-05-01 00:00"))
    numbers = [
        credit_notes.issue_credit_note(
            invoice=invoice, lines=[NoteLine("Part", 100)], reason="A part", as_of=at(now), actor="finance"
        ).number
        for now in ("2026-05-02 12:00", "2026-12-31 23:59:59", "2027-01-01 00:00:00")
    ]
    assert numbers == ["RC-2026-000001", "RC-2026-000002", "RC-2027-000001"]


def test_g1_the_server_may_stand_anywhere_and_the_calendar_is_the_sellers() -> None:
    """A fresh process whose machine lives in Los Angeles."""
    code = (
        "from datetime import date, datetime, UTC; from billing.pricing import periods as p;"
        "print(p.start_of_day(date(2026, 5, 16), 'Europe/Moscow').isoformat(),"
        "p.business_date(datetime(2026, 5, 15, 21, 0, tzinfo=UTC), 'Europe/Moscow'))"
    )
    for zone in ("UTC", "America/Los_Angeles", "Asia/Kathmandu"):
        output = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "TZ": zone},
        ).stdout
        assert output.split() == ["2026-05-15T21:00:00+00:00", "2026-05-16"]


def test_g9_closing_does_not_care_which_account_comes_first(meteor: Party) -> None:
    second = people.party("second")
    for party in (second, meteor):
        party.activate(9, at("2026-04-10 14:03"))
        month_close.close_due_months(account_id=party.account.pk, as_of=at("2026-05-01 00:00"))
    assert [party.invoices[0].total_minor for party in (meteor, second)] == [599_000, 599_000]
