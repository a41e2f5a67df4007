"""Four eyes on the workbench (D15): above the limit an act waits, another person sees its effect and decides."""

from billing.models import Approval, CreditNote, Invoice, Payment, PaymentAttempt
from billing.operations.collection import checkout
from billing.sandbox.models import SampleCharge
from tests.support.acting import act_url, confirm, do, errors, preview, rows
from tests.support.staff import NOW
from tests.support.staff_queue import attempt, balance, client_of, large_adjustment
from tests.support.story import Story

ADJUST = {"amount": "12000", "reason_code": "goodwill", "comment": "Простой 3 мая"}


def test_large_adjustment_waits_and_its_author_cannot_approve_it(story: Story) -> None:
    finance = client_of("finance")
    address = act_url("billing_billingaccount", "adjust_balance", story.account.pk)
    assert "Above ₽10,000.00 a second person is asked" in finance.get(address).content.decode()
    shown = preview(finance, address, **ADJUST)
    assert rows(shown)["A second person decides"] == "it is above ₽10,000.00"
    assert rows(shown)["Balance"] == "−₽12,579.00"
    assert confirm(finance, address, shown, **ADJUST).status_code == 302
    waiting = Approval.objects.get()
    assert balance(story) == -1_257_900
    approve = act_url("billing_approval", "approve", waiting.pk)
    assert approve not in finance.get(f"/admin/billing/approval/{waiting.pk}/change/").content.decode()
    own = "You asked for this yourself: another person has to decide."
    for act in ("approve", "reject"):
        assert errors(preview(finance, act_url("billing_approval", act, waiting.pk), comment="x")) == {"__all__": [own]}
    assert balance(story) == -1_257_900


def test_second_person_sees_the_effect_and_approves_once(story: Story) -> None:
    waiting = large_adjustment(story)
    finance, address = client_of("finance"), act_url("billing_approval", "approve", waiting.pk)
    assert address in finance.get(f"/admin/billing/approval/{waiting.pk}/change/").content.decode()
    shown = preview(finance, address, comment="Right")
    assert rows(shown)["Balance"] == "−₽579.00"
    assert balance(story) == -1_257_900
    assert confirm(finance, address, shown, comment="Right").status_code == 302
    waiting.refresh_from_db()
    assert (waiting.decision, waiting.decided_by, balance(story)) == ("approved", "finance@work.example", -57_900)
    assert "decided on this already" in str(errors(preview(finance, address, comment="Right")))
    assert balance(story) == -57_900


def test_rejection_says_why_and_does_nothing(story: Story) -> None:
    waiting = large_adjustment(story)
    address = act_url("billing_approval", "reject", waiting.pk)
    assert "comment" in errors(preview(client_of("finance"), address, comment=""))
    assert do(client_of("finance"), address, comment="Too much").status_code == 302
    waiting.refresh_from_db()
    assert (waiting.decision, waiting.comment, balance(story)) == ("rejected", "Too much", -1_257_900)


def test_large_payment_of_support_waits_and_that_of_finance_does_not(story: Story) -> None:
    address = act_url("billing_billingaccount", "record_payment", story.account.pk)
    typed = {"amount": "10000.01", "method": "bank", "reference": "п/п 118", "received_at_0": "", "received_at_1": ""}
    assert do(client_of("support"), address, **{**typed, "amount": "10000"}).status_code == 302
    assert do(client_of("support"), address, **typed).status_code == 302
    assert (Payment.objects.count(), Approval.objects.get().kind) == (1, "payment")
    assert (
        do(
            client_of("finance"), act_url("billing_approval", "approve", Approval.objects.get().pk), comment="ok"
        ).status_code
        == 302
    )
    assert Payment.objects.get(amount_minor=1_000_001).recorded_by == "support@work.example"
    assert do(client_of("finance"), address, **{**typed, "reference": "п/п 119"}).status_code == 302
    assert (Payment.objects.count(), Approval.objects.count()) == (3, 1)


def test_large_reversal_and_credit_note_wait(story: Story, settings: object) -> None:
    settings.APPROVAL_LIMIT = "1000"  # type: ignore[attr-defined]
    finance = client_of("finance")
    address = act_url("billing_billingaccount", "record_payment", story.account.pk)
    do(finance, address, amount="6589", method="bank", reference="118")
    reverse = act_url("billing_payment", "reverse_payment", Payment.objects.get().pk)
    assert do(finance, reverse, reason="Not theirs").status_code == 302
    invoice = Invoice.objects.get(account=story.account)
    credit = act_url("billing_invoice", "issue_credit_note", invoice.pk)
    assert do(finance, credit, line_1="1000.01", reason="Outage").status_code == 302
    assert (CreditNote.objects.count(), invoice.open_minor) == (0, 0)
    assert do(finance, credit, line_1="1000", reason="Outage").status_code == 302
    assert CreditNote.objects.get().total_minor == 100_000
    other = client_of("finance", "olga")
    for waiting in Approval.objects.order_by("-pk"):
        assert do(other, act_url("billing_approval", "approve", waiting.pk), comment="").status_code == 302
    assert sorted(CreditNote.objects.values_list("total_minor", flat=True)) == [100_000, 100_001]
    assert Approval.objects.waiting().count() == 0  # type: ignore[attr-defined]


def test_provider_is_asked_and_the_money_credited_once(story: Story) -> None:
    tried = attempt(story)
    SampleCharge.objects.update(status="succeeded")
    support, address = client_of("support"), act_url("billing_paymentattempt", "ask_provider", tried.pk)
    shown = support.get(address)
    assert rows(shown)["State"] == "paid"
    assert Payment.objects.count() == 0
    assert confirm(support, address, shown).status_code == 302
    assert Payment.objects.get().amount_minor == 658_900
    confirm(support, address, shown)
    assert Payment.objects.count() == 1


def test_parked_payment_is_on_the_first_page_until_it_is_recorded(story: Story) -> None:
    tried = attempt(story)
    SampleCharge.objects.update(status="succeeded", amount_minor=600_000)
    checkout.sync_attempt(attempt=tried, as_of=NOW)
    tried.refresh_from_db()
    assert tried.status == PaymentAttempt.Status.PARKED
    support = client_of("support")
    cards = {str(card.label): card for card in support.get("/admin/").context["cards"]}
    assert cards["Online payments of another sum"].figure == "1"
    assert "₽6,000.00" in support.get(f"/admin/billing/paymentattempt/{tried.pk}/change/").content.decode()
    answer = support.get(act_url("billing_paymentattempt", "record_payment", tried.pk))
    form = support.get(answer.url).context["form"]  # type: ignore[attr-defined]
    assert (form["reference"].value(), form["method"].value()) == (tried.external_id, "card")
    do(support, answer.url.split("?")[0], amount="6000", method="card", reference=tried.external_id)  # type: ignore[attr-defined]
    cards = {str(card.label): card for card in support.get("/admin/").context["cards"]}
    assert cards["Online payments of another sum"].figure == "0"
