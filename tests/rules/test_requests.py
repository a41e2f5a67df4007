"""The people's side of METEOR: requests (M12–M14), a year up front (M11), relief (M16), bonus (D11), four eyes (D15)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, IntegrityError, transaction

from accounts.models import User
from billing.errors import BadInput, BillingError
from billing.models import (
    AccessAnnouncement,
    Approval,
    Credit,
    CustomerRequest,
    Entry,
    Event,
    Invoice,
    Notice,
    Offer,
    Payment,
    Relief,
    RequestFile,
)
from billing.operations.customers import member_management as engine
from billing.operations.customers import requests
from billing.operations.run import billing_run
from billing.operations.settlement import approvals, offers, payments, reliefs
from billing.pricing.workdays import WorkCalendar, answer_by
from billing.sandbox import sandbox_clock
from tests.support import people
from tests.support.people import Party, at, stand_at

# By a guard, or, to the lesser role on PostgreSQL, for want of the right.
REFUSED = DatabaseError
ANNA, SERGEY, FAINA = "anna@romashka.example", "sergey@saldo.example", "faina@saldo.example"
PDF = requests.Attachment("payment.pdf", b"%PDF-1.7 payment order")


def in_debt(meteor: Party) -> None:
    """11 people in April, not paid: read-only since 16 May."""
    meteor.activate(10, at("2026-04-10 14:03"))
    meteor.close(at("2026-05-01 00:00"))


# --- M12–M14: asked for by the owner, done by support ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filed_on", "answered_by"),
    [
        ("2026-05-20", "2026-05-21"),  # Wednesday
        ("2026-05-22", "2026-05-25"),  # Friday: Monday
        ("2026-05-23", "2026-05-26"),  # Saturday counts as Monday
        ("2026-06-11", "2026-06-15"),  # the day before the holiday of 12 June, a Friday
    ],
)
def test_m12_support_has_one_working_day(filed_on: str, answered_by: str) -> None:
    calendar = WorkCalendar(holidays=[date(2026, 6, 12)])
    assert answer_by(date.fromisoformat(filed_on), calendar) == date.fromisoformat(answered_by)


def test_m12_a_weekend_day_that_is_worked_counts() -> None:
    calendar = WorkCalendar(workdays=[date(2026, 5, 23)])
    assert answer_by(date(2026, 5, 22), calendar) == date(2026, 5, 23)


def ask(meteor: Party, kind: str, now: str, **more: object) -> CustomerRequest:
    new = requests.NewRequest(kind=kind, **more)  # type: ignore[arg-type]
    return requests.file_request(
        account=meteor.account, new=new, as_of=at(now), user_email=ANNA, instance=meteor.instance
    )


def test_m12_a_termination_asked_for_is_carried_out_by_support_and_names_who_asked(meteor: Party) -> None:
    meteor.activate(10, at("2026-05-10 12:00"))
    request = ask(meteor, "termination", "2026-05-20 12:00", text="We move house")
    assert (request.answer_by, request.outcome) == (date(2026, 5, 21), "")
    done = requests.carry_out(request=request, as_of=at("2026-05-21 10:00"), actor=SERGEY)
    assert (done.outcome, done.answered_by) == ("done", SERGEY)
    [change] = meteor.subscription.changes.filter(kind="terminated")
    assert (change.requested_by, change.actor, change.reason) == (ANNA, SERGEY, "We move house")
    assert meteor.access(at("2026-05-21 10:00")) == "read_only"
    assert [invoice.kind for invoice in meteor.invoices] == ["final"]
    assert Notice.objects.filter(kind="request_answered").count() == 2  # Anna and the account's address


def test_m12_a_request_is_filed_once_until_it_is_answered(meteor: Party) -> None:
    first = ask(meteor, "termination", "2026-05-20 12:00")
    with pytest.raises(BillingError) as refused:
        ask(meteor, "termination", "2026-05-20 12:01")
    assert refused.value.code == "request_waiting"
    requests.withdraw(request=first, as_of=at("2026-05-20 13:00"), user_email=ANNA)
    assert ask(meteor, "termination", "2026-05-20 14:00").pk != first.pk


def test_m12_a_declined_request_tells_why_and_changes_nothing(meteor: Party) -> None:
    request = ask(meteor, "termination", "2026-05-20 12:00")
    with pytest.raises(BadInput):
        requests.decline(request=request, as_of=at("2026-05-20 13:00"), actor=SERGEY, reason=" ")
    requests.decline(request=request, as_of=at("2026-05-20 13:00"), actor=SERGEY, reason="Asked by mistake, as agreed")
    assert meteor.access(at("2026-05-20 13:00")) == "full"
    with pytest.raises(BillingError):
        requests.carry_out(request=request, as_of=at("2026-05-20 14:00"), actor=SERGEY)


def test_m13_resumption_is_refused_at_once_where_something_is_owed(meteor: Party) -> None:
    meteor.activate(10, at("2026-05-10 12:00"))
    meteor.terminate(at("2026-05-20 12:00"))
    with pytest.raises(BillingError) as refused:
        ask(meteor, "resumption", "2026-06-01 12:00")
    assert (refused.value.code, refused.value.rule) == ("debt_outstanding", "M13")
    meteor.pay("6589.00", at("2026-06-01 13:00"))
    request = ask(meteor, "resumption", "2026-06-01 14:00")
    requests.carry_out(request=request, as_of=at("2026-06-02 10:00"), actor=SERGEY)
    assert meteor.access(at("2026-06-02 10:00")) == "full"


def test_m14_deletion_comes_only_after_termination(meteor: Party) -> None:
    with pytest.raises(BillingError) as refused:
        ask(meteor, "deletion", "2026-05-20 12:00")
    assert (refused.value.code, refused.value.rule) == ("subscription_active", "M14")
    meteor.terminate(at("2026-05-20 13:00"))
    request = ask(meteor, "deletion", "2026-05-20 14:00")
    requests.carry_out(request=request, as_of=at("2026-05-21 10:00"), actor=SERGEY)
    assert meteor.instance.members.exclude(name="").count() == 0


def test_m16_a_proof_of_payment_needs_a_file_that_is_one(meteor: Party) -> None:
    for files in (
        (),
        (requests.Attachment("a.exe", b"MZ..."),),
        (requests.Attachment("a.pdf", b"%PDF-" + b"x" * 5_300_000),),
    ):
        with pytest.raises(BadInput):
            ask(meteor, "proof_of_payment", "2026-05-20 12:00", files=files)
    assert CustomerRequest.objects.count() == 0
    request = ask(meteor, "proof_of_payment", "2026-05-20 12:00", files=(PDF,))
    assert [row.content_type for row in request.files.all()] == ["application/pdf"]


# --- M16: relief -----------------------------------------------------------------------------------------------------


def test_m16_relief_gives_full_access_until_its_own_end(meteor: Party) -> None:
    in_debt(meteor)
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    assert meteor.access(at("2026-05-18 12:00")) == "read_only"
    reliefs.grant_relief(
        instance=meteor.instance,
        ends_at=at("2026-05-20 18:00"),
        reason="Payment order 417",
        as_of=at("2026-05-18 12:00"),
        actor=SERGEY,
    )
    assert meteor.access(at("2026-05-18 12:00")) == "full"
    assert meteor.reasons(at("2026-05-18 12:00")) == ["relief"]
    assert meteor.access(at("2026-05-20 17:59:59")) == "full"
    assert meteor.access(at("2026-05-20 18:00:00")) == "read_only"


def test_m16_the_end_of_a_relief_is_announced_at_its_instant(meteor: Party) -> None:
    in_debt(meteor)
    stand_at(at("2026-05-16 00:00"))
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    stand_at(at("2026-05-18 12:00"))
    reliefs.grant_relief(
        instance=meteor.instance,
        ends_at=at("2026-05-20 18:07"),
        reason="Payment order 417",
        as_of=at("2026-05-18 12:00"),
        actor=SERGEY,
    )
    done = sandbox_clock.advance(to=at("2026-05-25 00:00"))
    assert done.reliefs_ended == 1
    announcements = AccessAnnouncement.objects.filter(instance=meteor.instance).order_by("pk")
    assert [row.level for row in announcements] == ["read_only", "full", "read_only"]
    assert announcements[2].announced_at == at("2026-05-20 18:07")
    assert Event.objects.filter(type="instance.read_only").count() == 2


def test_m16_relief_ends_early_by_hand_and_needs_reason_and_debt(meteor: Party) -> None:
    now = at("2026-05-18 12:00")
    with pytest.raises(BillingError) as refused:
        reliefs.grant_relief(
            instance=meteor.instance, ends_at=now + timedelta(days=1), reason="x", as_of=now, actor=SERGEY
        )
    assert refused.value.code == "not_in_debt"
    in_debt(meteor)
    for ends_at, reason in ((now + timedelta(days=1), " "), (now, "x"), (now + timedelta(days=31), "x")):
        with pytest.raises(BadInput):
            reliefs.grant_relief(instance=meteor.instance, ends_at=ends_at, reason=reason, as_of=now, actor=SERGEY)
    relief = reliefs.grant_relief(
        instance=meteor.instance, ends_at=now + timedelta(days=2), reason="Payment order", as_of=now, actor=SERGEY
    )
    reliefs.withdraw_relief(relief=relief, as_of=now + timedelta(hours=1), actor=FAINA, reason="The order was forged")
    assert meteor.access(now + timedelta(hours=1)) == "read_only"


def test_m16_a_relief_cannot_be_lengthened(meteor: Party) -> None:
    in_debt(meteor)
    now = at("2026-05-18 12:00")
    relief = reliefs.grant_relief(
        instance=meteor.instance, ends_at=now + timedelta(days=2), reason="Payment order", as_of=now, actor=SERGEY
    )
    with pytest.raises(REFUSED), transaction.atomic():
        Relief.objects.filter(pk=relief.pk).update(ends_at=now + timedelta(days=9))


# --- M11, D11: a year up front ---------------------------------------------------------------------------------------


def send_offer(meteor: Party, discount: str = "15") -> Offer:
    return offers.send_offer(
        subscription=meteor.subscription,
        people=20,
        discount_percent=Decimal(discount),
        as_of=at("2026-04-02 12:00"),
        actor=SERGEY,
    )


def pay_offer(offer: Offer, sum_minor: int = 12_219_600) -> None:
    new = payments.NewPayment(amount_minor=sum_minor, currency="RUB", method="bank", reference=offer.number)
    offers.record_offer_payment(offer=offer, new=new, as_of=at("2026-04-05 12:00"), actor=FAINA)


def test_m11_the_offer_is_people_times_price_times_twelve_less_the_discount(meteor: Party) -> None:
    offer = send_offer(meteor)
    assert (offer.month_minor, offer.full_minor, offer.discount_minor, offer.pay_minor) == (
        1_198_000,
        14_376_000,
        2_156_400,
        12_219_600,
    )
    assert offer.valid_until == date(2026, 4, 16)
    assert Notice.objects.filter(kind="offer_sent").count() == 2


def test_m11_paid_the_account_has_the_full_value_the_discount_as_bonus(meteor: Party) -> None:
    offer = send_offer(meteor)
    offers.accept_offer(offer=offer, as_of=at("2026-04-03 12:00"), user_email=ANNA)
    pay_offer(offer)
    assert meteor.balance == 14_376_000
    assert {row.kind: row.amount_minor for row in Credit.objects.all()} == {"payment": 12_219_600, "bonus": 2_156_400}
    assert Entry.objects.filter(kind="bonus").count() == 1


def test_m11_use_beyond_the_volume_costs_the_full_price(meteor: Party) -> None:
    pay_offer(send_offer(meteor))
    meteor.activate(24, at("2026-04-10 12:00"))  # 25 people, 5 more than the offer expected
    assert meteor.balance == 14_376_000 - 1_497_500


def test_m11_another_sum_an_offer_that_is_over_and_a_free_volume_are_refused(meteor: Party) -> None:
    offer = send_offer(meteor)
    with pytest.raises(BadInput):
        pay_offer(offer, 12_219_500)
    assert meteor.balance == 0
    with pytest.raises(BillingError) as refused:
        offers.accept_offer(offer=offer, as_of=at("2026-04-17 00:00"), user_email=ANNA)
    assert refused.value.code == "offer_closed"
    assert offers.accept_offer(offer=offer, as_of=at("2026-04-16 23:59:59"), user_email=ANNA).accepted_by == ANNA
    with pytest.raises(BadInput):
        offers.price_offer(subscription=meteor.subscription, people=9, discount_percent=Decimal(10))


def test_m11_taking_the_payment_back_takes_the_bonus_back_and_the_offer_can_be_paid_again(meteor: Party) -> None:
    offer = send_offer(meteor)
    pay_offer(offer)
    meteor.activate(19, at("2026-04-10 12:00"))
    meteor.close(at("2026-05-01 00:00"))  # April's 11 980.00 is paid from the bonus, May's is on the balance
    payment = Payment.objects.get()
    payments.reverse_payment(
        payment=payment, as_of=at("2026-05-02 12:00"), actor=FAINA, reason="It was another customer's"
    )
    assert meteor.balance == -2 * 1_198_000
    assert {row.kind: row.unapplied_minor for row in Credit.objects.all()} == {"payment": 0, "bonus": 0}
    assert Invoice.objects.get().open_minor == 1_198_000
    assert Entry.objects.filter(kind="reversal").count() == 2
    offer.refresh_from_db()
    assert offer.paid_at is None

    new = payments.NewPayment(amount_minor=12_219_600, currency="RUB", method="bank", reference=offer.number)
    offers.record_offer_payment(offer=offer, new=new, as_of=at("2026-05-03 12:00"), actor=FAINA)
    assert Invoice.objects.get().open_minor == 0
    assert meteor.balance == 14_376_000 - 2 * 1_198_000


def test_m11_a_paid_offer_stands_still_in_the_database_too(meteor: Party) -> None:
    offer = send_offer(meteor)
    pay_offer(offer)
    for change in ({"withdrawn_at": at("2026-04-06 12:00")}, {"paid_at": at("2026-04-06 12:00")}, {"pay_minor": 1}):
        with pytest.raises(REFUSED), transaction.atomic():
            Offer.objects.filter(pk=offer.pk).update(**change)


def test_d11_bonus_is_spent_before_cash(meteor: Party) -> None:
    pay_offer(send_offer(meteor))
    meteor.activate(19, at("2026-04-10 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    left = {row.kind: row.unapplied_minor for row in Credit.objects.all()}
    assert left == {"payment": 12_219_600, "bonus": 958_400}  # April's 11 980.00 came from the bonus


def test_d11_what_is_left_of_a_bonus_is_written_off_when_the_right_to_resume_lapses(meteor: Party) -> None:
    pay_offer(send_offer(meteor))
    meteor.terminate(at("2026-05-20 12:00"))
    stand_at(at("2026-05-20 12:00"))
    sandbox_clock.advance(to=at("2027-05-20 23:59"))
    assert meteor.balance == 14_376_000
    sandbox_clock.advance(to=at("2027-05-21 00:00"))
    assert meteor.balance == 12_219_600
    assert Entry.objects.filter(kind="write_off").count() == 1
    sandbox_clock.advance(to=at("2027-06-21 00:00"))
    assert meteor.balance == 12_219_600


# --- D15: four eyes --------------------------------------------------------------------------------------------------


def adjust(meteor: Party, sum_minor: int) -> tuple[object | None, Approval | None]:
    return approvals.act_or_request_approval(
        kind=Approval.Kind.ADJUSTMENT,
        account=meteor.account,
        amount_minor=sum_minor,
        payload={"sign": 1, "reason_code": "goodwill"},
        reason="An evening without service",
        as_of=at("2026-05-20 12:00"),
        actor=SERGEY,
    )


def test_d15_up_to_the_limit_one_person_decides(meteor: Party) -> None:
    done, waiting = adjust(meteor, 1_000_000)
    assert done is not None
    assert waiting is None
    assert meteor.balance == 1_000_000


def test_d15_above_the_limit_a_second_person_approves_and_it_is_not_the_author(meteor: Party) -> None:
    done, waiting = adjust(meteor, 1_000_001)
    assert done is None
    assert waiting is not None
    assert meteor.balance == 0
    with pytest.raises(BillingError) as refused:
        approvals.approve(approval=waiting, as_of=at("2026-05-20 13:00"), actor=SERGEY)
    assert refused.value.code == "four_eyes"
    approvals.approve(approval=waiting, as_of=at("2026-05-20 13:00"), actor=FAINA)
    assert meteor.balance == 1_000_001
    with pytest.raises(BillingError):
        approvals.approve(approval=waiting, as_of=at("2026-05-20 14:00"), actor=FAINA)
    with pytest.raises(IntegrityError), transaction.atomic():
        Approval.objects.filter(pk=waiting.pk).update(decided_by=SERGEY)


def test_d15_a_rejected_act_is_not_done_and_a_reason_is_needed(meteor: Party) -> None:
    _done, waiting = adjust(meteor, 5_000_000)
    assert waiting is not None
    with pytest.raises(BadInput):
        approvals.reject(approval=waiting, as_of=at("2026-05-20 13:00"), actor=FAINA, comment="")
    approvals.reject(approval=waiting, as_of=at("2026-05-20 13:00"), actor=FAINA, comment="Too much for one evening")
    assert meteor.balance == 0
    with pytest.raises(BadInput):
        approvals.act_or_request_approval(
            kind=Approval.Kind.ADJUSTMENT,
            account=meteor.account,
            amount_minor=100,
            payload={},
            reason=" ",
            as_of=at("2026-05-20 13:00"),
            actor=SERGEY,
        )


# --- D12: reminders --------------------------------------------------------------------------------------------------


def test_d12_an_invoice_is_reminded_of_once_three_days_before_at_ten(meteor: Party) -> None:
    in_debt(meteor)
    stand_at(at("2026-05-01 00:00"))
    sandbox_clock.advance(to=at("2026-05-12 09:59"))
    assert Notice.objects.filter(kind="due_soon").count() == 0
    sandbox_clock.advance(to=at("2026-05-12 10:00"))
    assert Notice.objects.filter(kind="due_soon").count() == 2
    sandbox_clock.advance(to=at("2026-05-15 23:00"))
    assert Notice.objects.filter(kind="due_soon").count() == 2


def test_d12_a_paid_invoice_is_not_reminded_of(meteor: Party) -> None:
    in_debt(meteor)
    meteor.pay("6589.00", at("2026-05-11 12:00"))
    stand_at(at("2026-05-11 12:00"))
    sandbox_clock.advance(to=at("2026-05-15 23:00"))
    assert Notice.objects.filter(kind="due_soon").count() == 0


# --- M15: administrators ---------------------------------------------------------------------------------------------


def test_m15_the_billing_right_alone_makes_nobody_an_administrator(meteor: Party) -> None:
    bookkeeper = User.objects.create_user("buh@romashka.example")
    EmailAddress.objects.create(user=bookkeeper, email=bookkeeper.email, verified=True)
    meteor.tell("u-2", "active", at("2026-04-02 12:00"), role="billing", email=bookkeeper.email)
    now = at("2026-04-03 12:00")
    with pytest.raises(BillingError) as refused:
        engine.invite_member(
            instance=meteor.instance,
            email="new@romashka.example",
            name="",
            role="administrator",
            as_of=now,
            invited_by="Buh",
            by=bookkeeper,
        )
    assert (refused.value.code, refused.value.rule) == ("administrator_only", "M15")
    engine.invite_member(
        instance=meteor.instance,
        email="new@romashka.example",
        name="",
        role="member",
        as_of=now,
        invited_by="Buh",
        by=bookkeeper,
    )
    anna = meteor.instance.members.get(external_id="u-1")
    with pytest.raises(BillingError):
        engine.change_member(member=anna, status="blocked", role=None, as_of=now, actor="Buh", by=bookkeeper)


def test_m15_an_instance_keeps_an_administrator(meteor: Party) -> None:
    anna = meteor.instance.members.get(external_id="u-1")
    with pytest.raises(BillingError) as refused:
        engine.change_member(member=anna, status="blocked", role=None, as_of=at("2026-04-03 12:00"), actor="Anna")
    assert refused.value.code == "last_administrator"
    assert meteor.instance.members.get(external_id="u-1").status == "active"


# --- D16: erasure ----------------------------------------------------------------------------------------------------


def test_d16_deletion_erases_logins_mails_and_files_of_its_people_and_keeps_the_books(meteor: Party) -> None:
    in_debt(meteor)
    billing_run.run_due(as_of=at("2026-05-16 00:00"))
    owner = User.objects.create_user(ANNA, name="Anna")
    EmailAddress.objects.create(user=owner, email=ANNA, verified=True)
    ask(meteor, "proof_of_payment", "2026-05-18 12:00", files=(PDF,))
    meteor.pay("13178.00", at("2026-05-18 13:00"))
    meteor.terminate(at("2026-05-20 12:00"))
    request = ask(meteor, "deletion", "2026-05-20 14:00")
    requests.carry_out(request=request, as_of=at("2026-05-21 10:00"), actor=SERGEY)
    owner.refresh_from_db()
    assert (owner.name, owner.is_active, owner.email.endswith("@invalid")) == ("", False, True)
    assert RequestFile.objects.count() == 0
    assert not Notice.objects.filter(recipient=ANNA).exclude(kind="request_answered").exists()
    assert Notice.objects.filter(recipient="buh@romashka.example", text="").count() == 0
    assert [invoice.total_minor for invoice in meteor.invoices] == [658_900, 658_900]


def test_d16_whoever_is_in_another_instance_keeps_their_login(meteor: Party) -> None:
    people.party("test", at("2026-04-02 10:00"), customer=meteor.customer).tell(
        "u-9", "active", at("2026-04-02 11:00"), role="billing", email=ANNA
    )
    owner = User.objects.create_user(ANNA, name="Anna")
    meteor.terminate(at("2026-05-20 12:00"))
    requests.carry_out(request=ask(meteor, "deletion", "2026-05-20 14:00"), as_of=at("2026-05-21 10:00"), actor=SERGEY)
    owner.refresh_from_db()
    assert (owner.name, owner.is_active) == ("Anna", True)
