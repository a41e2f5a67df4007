"""G10: what a change of people is said to cost is read, without writing or locking, and is what the act charges, in every field."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.members import Report
from accounts.models import Instance, Member, Role, User
from billing.errors import BillingError, Refusal
from billing.models import Charge
from billing.operations import rehearsal
from billing.operations.customers import member_management, ownership
from billing.operations.customers.member_management import Effect
from billing.operations.customers.ownership import Transfer
from billing.operations.subscriptions import metering
from billing.sandbox.models import SandboxClock
from tests.support.database_reads import assert_nothing_written_or_locked, assert_read_only
from tests.support.people import Party, at, party

START, DAY = at("2026-04-01 09:00"), at("2026-04-15 16:00")
# Between the midnight that ends the month and the run after it: what is due has not been done.
BEHIND = at("2026-05-01 00:05")


def metered(people: int) -> Party:
    """METEOR with so many active people, of whom nine are free, somebody invited and somebody blocked."""
    meteor = party(now=START)
    meteor.activate(people - 1, START)
    meteor.tell("invited", "invited", START)
    meteor.tell("blocked", "active", at("2026-04-02 09:00"))
    meteor.tell("blocked", "blocked", at("2026-04-03 09:00"))
    return meteor


def prepaid(product: str, tariff_id: str, **more: object) -> Party:
    paid = party(now=START, product=product, tariff_id=tariff_id, **more)  # type: ignore[arg-type]
    codes = list(Role.objects.filter(product__code=product).order_by("position").values_list("code", flat=True))
    for who, status in (("second", "active"), ("invited", "invited"), ("blocked", "blocked")):
        paid.tell(who, status, START, role=codes[min(1, len(codes) - 1)])
    paid.tell("last", "active", START, role=codes[-1])
    return paid


def blue_changed_today() -> Party:
    """Today somebody came and somebody left: who takes that back nets to nothing (B7)."""
    blue = prepaid("blue", "blue-monthly", trial=False, currency="USD")
    blue.tell("second", "blocked", DAY)
    blue.tell("blocked", "active", DAY)
    return blue


def ended(shop: Party) -> Party:
    shop.terminate(at("2026-04-10 12:00"))
    return shop


PROFILES: dict[str, Callable[[], Party]] = {
    "meteor, below the free quota": lambda: metered(3),
    "meteor, at the free quota": lambda: metered(9),
    "meteor, above it": lambda: metered(12),
    "meteor, ended": lambda: ended(metered(12)),
    "blue by the month": lambda: prepaid("blue", "blue-monthly", trial=False, currency="USD"),
    "blue by the month, changed today": blue_changed_today,
    "blue by the year": lambda: prepaid("blue", "blue-annual", trial=False, currency="USD"),
    "blue, in its trial": lambda: prepaid("blue", "blue-monthly", trial=True, currency="USD"),
    "blue, ended": lambda: ended(prepaid("blue", "blue-monthly", trial=False, currency="USD")),
    "driver": lambda: prepaid("evotor-driver", "driver", quantity=12),
    "cyberos": lambda: prepaid("cyberos", "build", trial=False),
}


PEOPLE = ("second", "invited", "blocked")


def reports_of(instance: Instance) -> Iterator[Report]:
    """Every status for each of `PEOPLE` and the last role for who is active, then a new person in the first and the last."""
    roles = list(Role.objects.filter(product=instance.product).values_list("code", flat=True))
    for member in Member.objects.filter(instance=instance, external_id__in=PEOPLE).select_related("role"):
        yield from (Report(member.external_id, status, role=member.role.code) for status in Member.Status.values)
    yield Report("second", "active", role=roles[-1])
    for status, role in (("active", roles[0]), ("active", roles[-1]), ("invited", roles[0])):
        yield Report("new", status, email="new@romashka.example", role=role)


def outcome_of(preview: Callable[[], Effect | None]) -> object:
    """The effect, or what refuses it. A new person has a key only in the act, and it goes with the rehearsal."""
    try:
        effect = preview()
    except Refusal as refusal:
        return type(refusal), getattr(refusal, "code", ""), str(refusal)
    return effect


def rehearse(instance: Instance, report: Report, now: datetime) -> Effect | None:
    return rehearsal.rehearse(
        lambda: member_management.carry_out_and_measure(
            instance=instance,
            as_of=now,
            act=lambda: metering.report_member(instance=instance, report=report, as_of=now, source="portal"),
        )
    )[1]


def without_key(outcome: object) -> object:
    if not isinstance(outcome, Effect):
        return outcome
    return replace(outcome, explanations=tuple({**row, "member": None} for row in outcome.explanations))


BEFORE_THE_RUN = ("meteor, above it", "blue by the month")


@pytest.mark.parametrize(
    ("profile", "now"), [*((profile, DAY) for profile in PROFILES), *((profile, BEHIND) for profile in BEFORE_THE_RUN)]
)
def test_g10_what_is_read_is_what_the_act_does(profile: str, now: datetime) -> None:
    instance = PROFILES[profile]().instance
    for report in reports_of(instance):
        read = outcome_of(
            lambda report=report: member_management.preview_report(instance=instance, report=report, as_of=now)
        )
        done = outcome_of(lambda report=report: rehearse(instance, report, now))
        if report.external_id == "new":
            read, done = without_key(read), without_key(done)
        assert read == done, report
        if isinstance(read, Effect) and isinstance(done, Effect):
            assert member_management.token_of(read) == member_management.token_of(done)


def test_g10_the_figures_of_the_read_effect() -> None:
    """M4: the tenth person makes all ten paid. B5, B6: a seat for 15 of the 30 days of April at 7.00."""
    meteor = metered(9)
    blue = prepaid("blue", "blue-monthly", trial=False, currency="USD", name="team")
    reports = [
        (meteor.instance, Report("blocked", "active"), 0),
        (meteor.instance, Report("new", "active", email="new@romashka.example", role="member"), 0),
        (blue.instance, Report("new", "active", email="new@team.example", role="team_member"), 350),
        (blue.instance, Report("second", "blocked"), -350),
        (blue.instance, Report("last", "active", role="team_member"), 350),
    ]
    before = Charge.objects.count()
    for instance, report, amount in reports:
        with assert_nothing_written_or_locked():
            effect = member_management.preview_report(instance=instance, report=report, as_of=DAY)
        assert effect is not None
        assert (effect.amount_minor, effect.later_minor) == (amount, 2 * amount)
    assert Charge.objects.count() == before


def test_g10_m15_a_transfer_is_read_as_it_is_done() -> None:
    blue = prepaid("blue", "blue-monthly", trial=False, currency="USD")
    anna = sign_up("anna@romashka.example")
    for taker in ("second", "last"):
        key = Member.objects.get(instance=blue.instance, external_id=taker).pk
        for role in ("", "client", "nobody"):
            for now in (DAY, BEHIND):
                transfer = Transfer(key, role, with_invoices=True)
                read = outcome_of(
                    lambda transfer=transfer, now=now: ownership.preview_transfer(
                        instance=blue.instance, by=anna, transfer=transfer, as_of=now
                    )
                )
                done = outcome_of(
                    lambda transfer=transfer, now=now: rehearsal.rehearse(
                        lambda: ownership._transfer_and_measure(blue.instance, anna, transfer, now)
                    )[1]
                )
                # The second report may take back the first, whose charge has a key only in the act.
                assert without_opposite(read) == without_opposite(done), transfer


def without_opposite(outcome: object) -> object:
    if not isinstance(outcome, Effect):
        return outcome
    rows = ({key: row[key] for key in row if key != "opposite"} for row in outcome.explanations)
    return replace(outcome, explanations=tuple(rows))


def test_m15_the_last_administrator_is_read_and_refused_when_it_is_done() -> None:
    """The figures are shown as ever; the act refuses to leave an instance without an administrator."""
    blue = prepaid("blue", "blue-monthly", trial=False, currency="USD")
    anna = Member.objects.get(instance=blue.instance, external_id="u-1")
    report = Report("u-1", "blocked", role=anna.role.code)
    effect = member_management.preview_report(instance=blue.instance, report=report, as_of=DAY)
    with pytest.raises(BillingError) as refused:
        member_management.change_member(
            member=anna, status="blocked", role=None, as_of=DAY, actor="x", seen=member_management.token_of(effect)
        )
    assert refused.value.code == "last_administrator"


# --- The pages -------------------------------------------------------------------------------------------------------


def sign_up(email: str) -> User:
    user = User.objects.create_user(email, "correct horse battery", name="Anna")
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@pytest.mark.parametrize("profile", ["meteor, at the free quota", "blue by the month", "driver"])
def test_g10_the_pages_of_people_and_ownership_write_and_lock_nothing(profile: str) -> None:
    SandboxClock.objects.update_or_create(id=1, defaults={"stands_at": DAY})
    shop = PROFILES[profile]()
    shop.now_is(DAY)
    sign_up("anna@romashka.example")
    client = Client()
    client.post("/accounts/login/", {"login": "anna@romashka.example", "password": "correct horse battery"})
    others = Member.objects.filter(instance=shop.instance).exclude(external_id="u-1").order_by("pk")
    for who in others:
        assert_read_only(client, f"/instances/{shop.instance.public_id}/people/{who.pk}/")
    assert_read_only(client, f"/instances/{shop.instance.public_id}/people/invite/")
    taker = others.filter(status="active").first()
    assert taker is not None
    chosen = f"to={taker.pk}&role=leave&invoices=yes&look=1"
    assert_read_only(client, f"/instances/{shop.instance.public_id}/ownership/?{chosen}")
