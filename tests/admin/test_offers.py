"""Offers on the workbench (M11): figures before they are sent, the payment with its bonus, the PDF, and taking back."""

from billing.models import Approval, AuditRecord, Credit, Notice, Offer, Payment
from tests.support.acting import act_url, confirm, do, errors, preview, rows
from tests.support.staff_queue import ask, balance, client_of, offer
from tests.support.story import Story

TYPED = {"people": "20", "discount_percent": "10", "valid_until": "", "note": "As agreed"}


def test_figures_are_shown_before_the_offer_is_sent(story: Story) -> None:
    support = client_of("support")
    address = act_url("billing_subscription", "send_offer", story.cloud.subscriptions.get().pk)
    shown = preview(support, address, **TYPED)
    effect = rows(shown)
    assert effect["A month for 20 people"] == "₽11,980.00"
    assert effect["A year: 12 × ₽11,980.00"] == "₽143,760.00"
    assert effect["Discount, 10%"] == "−₽14,376.00"
    assert effect["To be paid"] == "₽129,384.00"
    assert (Offer.objects.count(), Notice.objects.filter(kind="offer_sent").count()) == (0, 0)
    answer = confirm(support, address, shown, **TYPED)
    sent = Offer.objects.get()
    assert answer.url == f"/admin/billing/offer/{sent.pk}/change/"
    assert (sent.pay_minor, sent.sent_by, sent.note) == (12_938_400, "support@work.example", "As agreed")
    assert Notice.objects.filter(kind="offer_sent").exists()


def test_offer_that_asks_for_nothing_is_refused_beside_the_people(story: Story) -> None:
    address = act_url("billing_subscription", "send_offer", story.cloud.subscriptions.get().pk)
    for people in ("9", "0"):
        assert "people" in errors(preview(client_of("support"), address, **{**TYPED, "people": people}))
    assert "discount_percent" in errors(preview(client_of("support"), address, **{**TYPED, "discount_percent": "100"}))
    assert Offer.objects.count() == 0


def test_offer_from_a_request_is_for_the_subscription_chosen(story: Story) -> None:
    request = ask(story, "year_up_front", people=20)
    address = act_url("billing_customerrequest", "send_offer", request.pk)
    chosen = story.cloud.subscriptions.get().pk
    assert do(client_of("support"), address, **TYPED, subscription=chosen).status_code == 302
    assert Offer.objects.get().subscription_id == chosen
    foreign = story.vera_instance.subscriptions.get().pk
    assert "subscription" in errors(preview(client_of("support"), address, **TYPED, subscription=foreign))


def test_payment_of_an_offer_brings_its_bonus_and_is_recorded_by_finance(story: Story) -> None:
    sent = offer(story)
    address = act_url("billing_offer", "record_offer_payment", sent.pk)
    shown = preview(client_of("finance"), address, reference="500")
    assert (rows(shown)["Payment"], rows(shown)["Bonus"]) == ("₽129,384.00", "₽14,376.00")
    assert Payment.objects.count() == 0
    before = balance(story)
    assert confirm(client_of("finance"), address, shown, reference="500").status_code == 302
    assert balance(story) == before + 14_376_000
    assert Credit.objects.get(kind="bonus").amount_minor == 1_437_600
    taken_back = preview(client_of("support"), act_url("billing_offer", "withdraw_offer", sent.pk), reason="No")
    assert "paid" in str(errors(taken_back))
    assert '<a class="rule-link" href="/rules/#M11" target="_blank">Rule M11</a>' in taken_back.content.decode()


def test_payment_of_an_offer_above_the_limit_waits_for_a_second_person(story: Story) -> None:
    sent, support, finance = offer(story), client_of("support"), client_of("finance")
    address = act_url("billing_offer", "record_offer_payment", sent.pk)
    shown = preview(support, address, reference="500")
    assert rows(shown)["A second person decides"] == "it is above ₽10,000.00"
    assert confirm(support, address, shown, reference="500").status_code == 302
    waiting, before = Approval.objects.get(), balance(story)
    assert (waiting.kind, waiting.amount_minor, Payment.objects.count()) == ("payment", 12_938_400, 0)
    page = finance.get(f"/admin/billing/approval/{waiting.pk}/change/").content.decode()
    assert f"/admin/billing/offer/{sent.pk}/change/" in page
    assert do(finance, act_url("billing_approval", "approve", waiting.pk), comment="Seen").status_code == 302
    sent.refresh_from_db()
    assert sent.paid_at is not None
    assert balance(story) == before + 14_376_000
    assert Payment.objects.get().recorded_by == "support@work.example"


def test_payment_of_an_offer_within_the_limit_is_recorded_by_support_at_once(story: Story, settings: object) -> None:
    settings.APPROVAL_LIMIT = "129384"  # type: ignore[attr-defined]
    address = act_url("billing_offer", "record_offer_payment", offer(story).pk)
    assert do(client_of("support"), address, reference="500").status_code == 302
    assert (Payment.objects.get().amount_minor, Approval.objects.count()) == (12_938_400, 0)


def test_taking_the_payment_of_an_offer_back_shows_the_bonus_that_goes_with_it(story: Story, settings: object) -> None:
    settings.APPROVAL_LIMIT = "200000"  # type: ignore[attr-defined]
    sent, finance, before = offer(story), client_of("finance"), balance(story)
    do(finance, act_url("billing_offer", "record_offer_payment", sent.pk), reference="500")
    reverse = act_url("billing_payment", "reverse_payment", Payment.objects.get().pk)
    shown = preview(finance, reverse, reason="Another customer's money")
    effect = rows(shown)
    assert (effect["Taken back"], effect["Its bonus, taken back with it"]) == ("₽129,384.00", "₽14,376.00")
    assert effect[f"Offer {sent.number}"] == "can be paid again"
    assert confirm(finance, reverse, shown, reason="Another customer's money").status_code == 302
    assert balance(story) == before


def test_second_person_sees_the_bonus_of_a_payment_that_waits_to_be_taken_back(story: Story) -> None:
    sent, finance = offer(story), client_of("finance")
    do(finance, act_url("billing_offer", "record_offer_payment", sent.pk), reference="500")
    reverse = act_url("billing_payment", "reverse_payment", Payment.objects.get().pk)
    shown = preview(finance, reverse, reason="Another customer's money")
    assert rows(shown)["Its bonus, taken back with it"] == "₽14,376.00"
    assert confirm(finance, reverse, shown, reason="Another customer's money").status_code == 302
    approve = act_url("billing_approval", "approve", Approval.objects.get().pk)
    effect = rows(preview(client_of("finance", "olga"), approve, comment=""))
    assert (effect["Taken back"], effect["Its bonus, taken back with it"]) == ("₽129,384.00", "₽14,376.00")


def test_figures_follow_what_is_typed_only_where_the_page_asks_for_it(story: Story) -> None:
    support = client_of("support")
    live = support.get(
        act_url("billing_subscription", "send_offer", story.cloud.subscriptions.get().pk)
    ).content.decode()
    assert "data-live" in live
    assert "staff/live.js" in live
    still = support.get(act_url("billing_offer", "withdraw_offer", offer(story).pk)).content.decode()
    assert "data-live" not in still


def test_offer_is_taken_back_with_a_reason(story: Story) -> None:
    sent = offer(story)
    address = act_url("billing_offer", "withdraw_offer", sent.pk)
    assert "reason" in errors(preview(client_of("support"), address, reason=""))
    assert do(client_of("support"), address, reason="Fewer people").status_code == 302
    sent.refresh_from_db()
    assert sent.withdrawn_at is not None
    assert AuditRecord.objects.get(action="offer.withdrawn").reason == "Fewer people"
    assert sent.number in client_of("support").get("/admin/billing/offer/?state=over").content.decode()
    assert sent.number not in client_of("support").get("/admin/billing/offer/?state=open").content.decode()


def test_pdf_of_an_offer_read_by_staff_is_kept_in_the_record(story: Story) -> None:
    sent = offer(story)
    answer = client_of("support").get(f"/admin/billing/offer/{sent.pk}/pdf/")
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert AuditRecord.objects.get(action="offer.document_read").actor == "support@work.example"
    assert client_of("product manager").get(f"/admin/billing/offer/{sent.pk}/pdf/").status_code == 403
