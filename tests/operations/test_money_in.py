"""What else can happen to payments, credit and jobs."""

import pytest

from billing.errors import BadInput
from billing.models import Credit, JobRun
from billing.operations import jobs
from billing.operations.cycle import access
from billing.operations.run import billing_run
from billing.operations.settlement import credit_notes, payments
from billing.operations.settlement.credit_notes import NoteLine
from tests.support.people import Party, at


def test_a_sum_that_was_not_understood_says_how_to_write_it() -> None:
    with pytest.raises(BadInput) as refused:
        payments.check_amount(None)
    assert (refused.value.code, refused.value.field) == ("invalid_amount", "amount")


def test_credit_that_covers_the_invoice_leaves_younger_credit_alone(meteor: Party) -> None:
    meteor.pay("6000.00", at("2026-04-02 12:00"))
    meteor.pay("500.00", at("2026-04-03 12:00"))
    meteor.activate(9, at("2026-04-10 14:03"))
    meteor.block([10], at("2026-04-20 12:00"))
    meteor.close(at("2026-05-01 00:00"))
    assert list(Credit.objects.order_by("pk").values_list("unapplied_minor", flat=True)) == [1_000, 50_000]


@pytest.mark.parametrize(
    ("reason", "amount", "field"), [(" ", 100, "reason"), ("Why", 0, "lines"), ("Why", -5, "lines")]
)
def test_a_credit_note_needs_a_reason_and_a_sum(billed: Party, reason: str, amount: int, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        credit_notes.issue_credit_note(
            invoice=billed.invoices[0],
            lines=[NoteLine("Part", amount)],
            reason=reason,
            as_of=at("2026-05-02 12:00"),
            actor="finance",
        )
    assert refused.value.field == field


def test_a_credit_note_without_lines_is_refused(billed: Party) -> None:
    with pytest.raises(BadInput):
        credit_notes.issue_credit_note(
            invoice=billed.invoices[0], lines=[], reason="Why", as_of=at("2026-05-02 12:00"), actor="finance"
        )


def test_an_announcement_that_fails_is_set_aside_and_tried_again(
    billed: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_facts: object) -> int:
        raise RuntimeError("the post is shut")

    now = at("2026-05-16 00:00")
    with monkeypatch.context() as patched:
        patched.setattr(access, "announce_overdue", fails)
        assert billing_run.announce_changes(as_of=now).set_aside == 1
        assert billing_run.announce_changes(as_of=now).set_aside == 0, "it waits for its next start"
    assert "the post is shut" in JobRun.objects.get(kind="announce").last_error
    assert billing_run.announce_changes(as_of=at("2026-05-16 00:02")).accounts_locked == 1
    assert not JobRun.objects.exists()


def test_a_nudge_calls_nothing_but_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="is not a task"):
        jobs.enqueue("os.system", "anything")


def test_nothing_is_announced_for_an_account_that_has_paid_in_the_meantime(billed: Party) -> None:
    now = at("2026-05-16 00:00")
    assert access.accounts_to_announce(now) == [billed.account.pk]
    billed.pay("5990.00", now)
    assert access.accounts_to_announce(now) == []
    assert access.announce_overdue(account_id=billed.account.pk, as_of=now) == 0
