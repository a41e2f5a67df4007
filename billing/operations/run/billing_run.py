"""The run: everything that is due at an instant, in order. Schedules nudge it every minute, the sandbox at every step.

Each account is a short transaction of its own; one that fails is set aside with its error while the rest go on.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from functools import partial

from billing.operations import health, jobs
from billing.operations.collection import checkout, dunning, payment_methods
from billing.operations.customers import signup
from billing.operations.cycle import access, due, month_close
from billing.operations.events import dispatch
from billing.operations.run import delivery, reminders
from billing.operations.settlement import offers, payments, reliefs
from billing.operations.subscriptions import trials


@dataclass
class RunResult:
    """The counts of what one or more runs did."""

    invoices: list[str] = field(default_factory=list)
    months_closed: int = 0
    accounts_locked: int = 0
    reliefs_ended: int = 0
    reminders: int = 0
    payments: int = 0
    collections: int = 0
    documents: int = 0
    mails: int = 0
    webhooks: int = 0
    set_aside: int = 0

    def add(self, other: "RunResult") -> None:
        """Adds the counts of ``other``."""
        for figure in fields(self):
            setattr(self, figure.name, getattr(self, figure.name) + getattr(other, figure.name))

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def accounts_to_close(as_of: datetime) -> list[tuple[int, str]]:
    """Reads (key, number) of the accounts with a month that is over or a due transition of paid time at ``as_of``."""
    months = due.accounts_to_close(as_of=as_of).order_by("seller", "pk").values_list("pk", "number")
    transitions = due.due_rows(due.Kind.TRANSITION, as_of=as_of).order_by("account__seller", "account").distinct()
    return list(dict.fromkeys([*months, *transitions.values_list("account__pk", "account__number")]))


def _do_each(
    kind: str, pieces: Iterable[tuple[str, Callable[[], object]]], as_of: datetime, *, makes_transactions: bool = False
) -> tuple[int, int]:
    """Does the pieces of work of ``kind`` one by one, each in a transaction of its own; returns how many were done and how many
    failed and were set aside."""
    blocked = set(jobs.blocked_keys(kind, as_of))
    results = [
        jobs.attempt(kind=kind, key=key, as_of=as_of, work=work, makes_transactions=makes_transactions)
        for key, work in pieces
        if key not in blocked
    ]
    return results.count(True), results.count(False)


def close_months(*, as_of: datetime) -> RunResult:
    """Closes every month that is over, account by account (M6, M7)."""
    issued: list[str] = []

    def close(pk: int) -> None:
        issued.extend(invoice.number for invoice in month_close.close_due_months(account_id=pk, as_of=as_of))

    pieces = [(number, partial(close, pk)) for pk, number in accounts_to_close(as_of)]
    closed, set_aside = _do_each("close", pieces, as_of)
    return RunResult(invoices=issued, months_closed=closed, set_aside=set_aside)


def settle_credit(*, as_of: datetime) -> RunResult:
    """Pays open invoices from credit that an earlier release let wait (D21)."""
    pieces = [
        (str(pk), partial(payments.settle_account, account_id=pk, as_of=as_of)) for pk in payments.accounts_to_settle()
    ]
    _done, set_aside = _do_each("settle_credit", pieces, as_of)
    return RunResult(set_aside=set_aside)


def announce_changes(*, as_of: datetime) -> RunResult:
    """Announces what became overdue and read-only (M8) and the reliefs that ran out (M16); access does not wait for it."""
    overdue = [
        (str(pk), partial(access.announce_overdue, account_id=pk, as_of=as_of))
        for pk in access.accounts_to_announce(as_of)
    ]
    locked, set_aside = _do_each("announce", overdue, as_of)
    ended = [
        (str(pk), partial(reliefs.announce_end, relief_id=pk, as_of=as_of))
        for pk in reliefs.read_ended_unannounced(as_of)
    ]
    announced, ends_set_aside = _do_each("relief_end", ended, as_of)
    return RunResult(accounts_locked=locked, reliefs_ended=announced, set_aside=set_aside + ends_set_aside)


def remind(*, as_of: datetime) -> RunResult:
    """Reminds of what falls due soon: invoices, the end of trials, yearly charges (D12, B2, B4)."""
    pieces: list[tuple[str, Callable[[], object]]] = [
        (invoice.number, partial(reminders.remind_of_invoice, invoice=invoice, as_of=as_of))
        for invoice in reminders.invoices_to_remind_of(as_of)
    ]
    pieces += [
        (
            f"{trial.row.public_id}:{trial.days_before}",
            partial(trials.remind_of_trial_end, subscription=trial.row, days_left=trial.days_before, as_of=as_of),
        )
        for trial in reminders.trials_to_remind_of(as_of)
    ]
    pieces += [
        (
            f"{charge.row.public_id}:{charge.event_date}:{charge.days_before}",
            partial(
                reminders.remind_of_renewal,
                subscription=charge.row,
                renews_on=charge.event_date,
                days_left=charge.days_before,
                as_of=as_of,
            ),
        )
        for charge in reminders.renewals_to_remind_of(as_of)
    ]
    reminded, set_aside = _do_each("remind", pieces, as_of)
    return RunResult(reminders=reminded, set_aside=set_aside)


def collect_renewals(*, as_of: datetime) -> RunResult:
    """Collects the renewals of periods that begin soon (E8), and open invoices from saved methods (D17)."""
    from_balance = [
        (row.public_id, partial(dunning.renew_from_balance, subscription=row, as_of=as_of))
        for row in dunning.read_paid_meanwhile(as_of)
    ]
    renewed, set_aside = _do_each("renew", from_balance, as_of)
    attempts = [
        (row.public_id, partial(dunning.collect, subscription=row, as_of=as_of))
        for row in dunning.read_to_collect_today(as_of)
    ]
    collected, failed = _do_each("collect", attempts, as_of, makes_transactions=True)
    uncollected = [
        (number, partial(payment_methods.collect_invoice, invoice_number=number, as_of=as_of))
        for number in payment_methods.uncollected_invoices(as_of=as_of).values_list("number", flat=True)
    ]
    paid_at_issue, unpaid = _do_each("collect_invoice", uncollected, as_of, makes_transactions=True)
    return RunResult(collections=renewed + collected + paid_at_issue, set_aside=set_aside + failed + unpaid)


def write_off(*, as_of: datetime) -> RunResult:
    """Writes off bonuses that nobody can use any more (D11)."""
    pieces = [
        (str(pk), partial(offers.write_off_bonus, account_id=pk, as_of=as_of))
        for pk in offers.accounts_with_lapsed_bonus(as_of)
    ]
    _done, set_aside = _do_each("write_off", pieces, as_of)
    return RunResult(set_aside=set_aside)


def settle_payments(*, as_of: datetime) -> RunResult:
    """Asks the providers about payments that are still undecided: the return page and the webhook may both be lost."""
    return RunResult(payments=checkout.sync_undecided(as_of=as_of))


def deliver(*, as_of: datetime) -> RunResult:
    """Renders and sends what is waiting, and deletes the sign-ups that nobody confirmed."""
    signup.delete_unconfirmed(as_of=as_of)
    return RunResult(
        documents=delivery.render_due(as_of=as_of),
        mails=delivery.send_due(as_of=as_of) + signup.send_due_links(as_of=as_of),
        webhooks=dispatch.send_due(as_of=as_of),
    )


# The order matters: money that has come is counted before anything is locked, and mails tell of what was done.
STEPS = (settle_payments, close_months, settle_credit, announce_changes, collect_renewals, remind, write_off, deliver)


def run_due(*, as_of: datetime) -> RunResult:
    """Does everything that is due at ``as_of``, in the order of `STEPS`; returns the counts of what this run did.

    Safe to repeat, late, or at the same time elsewhere (G9). A step that raises ends the run: its error is kept until a run comes
    to its end, and shown by the health page and the admin's home.
    """
    result = RunResult()
    for step in STEPS:
        try:
            result.add(step(as_of=as_of))
        except Exception:
            jobs.record_failure(kind=health.RUN, key=step.__name__, as_of=as_of)
            raise
    jobs.forget_failures(kind=health.RUN)
    return result
