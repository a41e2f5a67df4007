"""Three customers whose subscriptions live through every step that their owners are told of, by the operations of real life."""

from datetime import date, datetime

from billing.operations.collection import dunning
from billing.operations.run import reminders
from billing.operations.subscriptions import plan_changes, trials
from billing.operations.subscriptions.quotes import TermsRequest
from tests.support.people import STAFF, Party, at, party


def studio(locale: str) -> Party:
    """Blue by the year: a trial from 10 April 2026, extended, chosen in time, renewed; the reminder of the second year."""
    blue = party(
        "studio", at("2026-04-10 09:00"), product="blue", tariff_id="blue-annual", currency="USD", locale=locale
    )
    trials.extend_trial(subscription=blue.fresh, days=3, reason="They asked", as_of=at("2026-04-11 12:00"), actor=STAFF)
    trials.remind_of_trial_end(subscription=blue.fresh, days_left=3, as_of=at("2026-04-17 10:00"))
    trials.choose_tariff(subscription=blue.fresh, tariff_id="blue-annual", as_of=at("2026-04-18 12:00"), actor="anna")
    blue.close(at("2026-04-21 00:01"))
    blue.close(at("2026-05-01 00:01"))
    reminders.remind_of_renewal(
        subscription=blue.fresh, renews_on=date(2027, 5, 1), days_left=30, as_of=at("2027-04-01 10:00")
    )
    return blue


def kiosk(locale: str) -> Party:
    """A till on Light since 1 April 2026: to Plus and back on one day, to Plus for good, then cheaper, a cancellation taken
    back, and a renewal for which there is no money."""
    till = party("kiosk", product="evotor-app", tariff_id="light", locale=locale)

    def act(wish: str, now: datetime, when: str | None = None) -> None:
        plan_changes.change_terms(
            subscription=till.fresh, request=TermsRequest(wish, when=when), as_of=now, actor="anna"
        )

    till.pay("90.00", at("2026-04-01 10:00"))
    act("plus", at("2026-04-15 12:00"))
    plan_changes.undo_change(subscription=till.fresh, as_of=at("2026-04-15 13:00"), actor="anna")
    act("plus", at("2026-04-16 12:00"))
    till.pay("45.00", at("2026-04-16 13:00"))
    act("light", at("2026-04-17 12:00"))
    plan_changes.cancel_subscription(subscription=till.fresh, as_of=at("2026-04-19 12:00"), actor="anna")
    plan_changes.undo_cancellation(subscription=till.fresh, as_of=at("2026-04-19 13:00"), actor="anna")
    dunning.collect(subscription=till.fresh, as_of=at("2026-04-26 10:00"))
    till.close(at("2026-05-02 00:01"))
    return till


def lab(locale: str) -> Party:
    """Cyberos: thirty days from 1 April 2026 without a choice."""
    cyberos = party("lab", product="cyberos", tariff_id="trial", locale=locale)
    cyberos.close(at("2026-05-02 00:01"))
    return cyberos
