"""D21: credit is money the moment it arises, and there is one truth about debt. D5: what a closed month was charged too much is
given back at once on the invoice that charged it."""

from billing.models import Allocation, Charge, Credit, CreditNote, Event
from billing.operations.run import billing_run
from billing.operations.settlement import credit_notes, payments
from billing.reports import books
from tests.support.people import Party, at, minor, party

APRIL = at("2026-04-01 09:00")


def meteor_with_april_billed(people: int = 11) -> Party:
    """METEOR with so many active since 1 April; the invoice of April is issued on 1 May, due on the 15th. From May on nobody
    needs to be paid for."""
    shop = party(now=APRIL)
    shop.activate(people - 1, APRIL)
    shop.block(range(2, people + 1), at("2026-04-30 18:00"))
    shop.close(at("2026-05-01 00:00"))
    return shop


def correct(shop: Party, who: str, now: str, since: str = "2026-04-01 08:59") -> None:
    """It is told late that ``who`` had been blocked since before the month's peak."""
    shop.tell(who, "blocked", at(now), occurred_at=at(since))


def test_d21_a_late_correction_pays_the_invoice_that_charged_it_and_the_sum_asked_restores() -> None:
    """6 589.00 for eleven; one had not been there: 599.00 are given back at once, 5 990.00 are asked, 5 990.00 restore."""
    shop = meteor_with_april_billed()
    assert shop.balance == minor("-6589.00")
    correct(shop, "u-11", "2026-05-20 12:00", since="2026-04-01 09:00")
    [invoice] = shop.invoices
    assert (shop.balance, invoice.open_minor) == (minor("-5990.00"), minor("5990.00"))
    [note] = CreditNote.objects.all()
    assert (note.invoice, note.total_minor) == (invoice, minor("599.00"))
    assert shop.access(at("2026-05-20 12:00")) == "read_only"
    shop.pay("5990.00", at("2026-05-20 13:00"))
    assert (shop.balance, shop.access(at("2026-05-20 13:00"))) == (0, "full")
    shop.close(at("2026-06-01 00:00"))
    assert [row.total_minor for row in shop.invoices] == [minor("6589.00")]


def test_d5_a_correction_of_a_paid_month_stays_on_the_account() -> None:
    shop = meteor_with_april_billed()
    shop.pay("6589.00", at("2026-05-10 12:00"))
    correct(shop, "u-11", "2026-05-20 12:00", since="2026-04-01 09:00")
    assert (shop.balance, CreditNote.objects.get().total_minor) == (minor("599.00"), minor("599.00"))
    assert Credit.objects.unapplied().get().unapplied_minor == minor("599.00")


def test_d5_each_correction_gives_back_no_more_than_was_charged() -> None:
    """Eleven, ten, nine: 599.00 back, then the whole quota's cliff of 5 990.00: nothing is left of the invoice."""
    shop = meteor_with_april_billed()
    correct(shop, "u-11", "2026-05-20 12:00", since="2026-04-01 09:00")
    correct(shop, "u-10", "2026-05-20 12:05", since="2026-04-01 09:00")
    [invoice] = shop.invoices
    assert (shop.balance, invoice.open_minor, credit_notes.credited_minor(invoice)) == (0, 0, minor("6589.00"))
    assert [note.total_minor for note in CreditNote.objects.order_by("sequence")] == [minor("599.00"), minor("5990.00")]
    assert shop.access(at("2026-05-20 13:00")) == "full"


def test_d5_a_correction_lowers_first_what_no_invoice_has_collected() -> None:
    """A late joiner of April is charged 599.00 on May's invoice, not issued yet; told to have been a mistake, it is gone from it
    and no paper is made."""
    shop = meteor_with_april_billed()
    shop.pay("6589.00", at("2026-05-10 12:00"))
    shop.tell("late", "active", at("2026-05-12 12:00"), occurred_at=at("2026-04-10 12:00"))
    shop.tell("late", "blocked", at("2026-05-12 12:30"), occurred_at=at("2026-04-30 12:00"))
    assert shop.balance == minor("-599.00")
    shop.tell("late", "blocked", at("2026-05-13 12:00"), occurred_at=at("2026-04-10 12:00"))
    assert (shop.balance, CreditNote.objects.count()) == (0, 0)
    shop.close(at("2026-06-01 00:00"))
    assert len(shop.invoices) == 1


def test_d5_what_support_credited_already_is_not_credited_twice_on_the_paper() -> None:
    """Support voided the invoice; a correction cannot be put on it any more and is credit on the account."""
    shop = meteor_with_april_billed()
    credit_notes.credit_in_full(
        invoice=shop.invoices[0], as_of=at("2026-05-18 12:00"), actor="support@saldo.example", reason="A gift"
    )
    correct(shop, "u-11", "2026-05-20 12:00", since="2026-04-01 09:00")
    assert (shop.balance, CreditNote.objects.count()) == (minor("599.00"), 1)
    assert Credit.objects.unapplied().get().kind == "correction"


def test_d21_a_seat_given_back_pays_the_open_invoice() -> None:
    """Blue by the year: the invoices of the start and of the year are open; a seat that leaves pays them, nothing waits."""
    blue = party(now=APRIL, product="blue", tariff_id="blue-annual", trial=False, currency="USD")
    blue.tell("vera", "active", at("2026-04-10 12:00"), role="team_member")
    blue.now_is(at("2026-05-02 12:00"))
    before = sum(row.open_minor for row in blue.invoices)
    assert before == -blue.balance
    blue.tell("vera", "blocked", at("2026-05-20 12:00"), role="team_member")
    back = before + blue.balance
    assert back == 6624
    assert sum(row.open_minor for row in blue.invoices) == before - back
    assert not Credit.objects.unapplied().exists()
    asked = sum(row.open_minor for row in blue.invoices)
    blue.pay(f"{asked / 100:.2f}", at("2026-05-20 13:00"))
    assert (blue.balance, blue.access(at("2026-06-20 12:00"))) == (0, "full")


def test_d21_credit_that_an_earlier_release_let_wait_is_spent_by_the_run() -> None:
    """The books say so until then: credit of 599.00 waits while 6 589.00 are open."""
    shop = meteor_with_april_billed()
    payment = shop.pay("599.00", at("2026-05-10 12:00"))
    [allocation] = payment.credit.allocations.all()
    Allocation.objects.create(
        credit=payment.credit,
        invoice=allocation.invoice,
        kind="undone",
        amount_minor=-allocation.amount_minor,
        at=at("2026-05-10 12:00"),
    )
    assert [fault.check for fault in books.faults()] == ["debt"]
    assert payments.accounts_to_settle() == [shop.account.pk]
    billing_run.settle_credit(as_of=at("2026-05-11 12:00"))
    assert (shop.invoices[0].open_minor, books.faults()) == (minor("5990.00"), [])


def test_d21_the_statement_names_the_correction_and_its_paper_once() -> None:
    shop = meteor_with_april_billed()
    correct(shop, "u-11", "2026-05-20 12:00", since="2026-04-01 09:00")
    [charge] = Charge.objects.filter(kind="late_credited")
    note = CreditNote.objects.get()
    assert (charge.amount_minor, charge.entry, charge.line) == (minor("-599.00"), note.entry, None)
    assert Event.objects.filter(type="invoice.paid").count() == 0
