"""An instance is handed over: one takes the role, the other lets go, the bill is told before, both hear of it (M15)."""

from dataclasses import replace
from datetime import date

import pytest
from allauth.account.models import EmailAddress

from accounts.models import Member, User
from billing.errors import BadInput, BillingError
from billing.models import ApiToken, AuditRecord, Charge, Notice
from billing.operations import api_tokens
from billing.operations.customers import member_management, ownership
from billing.operations.customers.ownership import Transfer
from tests.support.people import Party, at, party
from tests.support.story import PASSWORD

NOON = at("2026-04-10 12:00")


def login(email: str, name: str) -> User:
    user = User.objects.create_user(email, PASSWORD, name=name)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@pytest.fixture
def anna(meteor: Party) -> User:
    meteor.tell("boris", "active", at("2026-04-02 09:00"))
    meteor.tell("clara", "active", at("2026-04-02 09:00"), role="billing")
    return login("anna@romashka.example", "Anna")


def member(party_: Party, email: str) -> Member:
    return Member.objects.select_related("role").get(instance=party_.instance, email=email)


def to(party_: Party, who: str, role: str = "", *, with_invoices: bool = False) -> Transfer:
    return Transfer(member(party_, f"{who}@romashka.example").pk, role, with_invoices)


def administrators(party_: Party) -> list[str]:
    members = Member.objects.active().filter(instance=party_.instance, role__is_administrator=True)  # type: ignore[attr-defined]
    return sorted(members.values_list("email", flat=True))


def test_one_takes_the_role_and_the_other_stays_as_they_choose(meteor: Party, anna: User) -> None:
    transfer = to(meteor, "boris", "member")
    done = ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=transfer, as_of=NOON)
    assert (done.taker.email, done.giver.email) == ("boris@romashka.example", "anna@romashka.example")
    assert administrators(meteor) == ["boris@romashka.example"]
    assert member(meteor, "anna@romashka.example").role.code == "member"
    record = AuditRecord.objects.get(action="ownership.transferred")
    assert (record.actor, record.before["owner"], record.after["owner"]) == (
        "anna@romashka.example",
        "anna@romashka.example",
        "boris@romashka.example",
    )
    assert record.before["invoices_to"] == record.after["invoices_to"] == "buh@romashka.example"


def test_whoever_hands_over_may_leave(meteor: Party, anna: User) -> None:
    ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=to(meteor, "boris"), as_of=NOON)
    assert member(meteor, "anna@romashka.example").status == "removed"
    assert administrators(meteor) == ["boris@romashka.example"]


def test_invoices_follow_where_that_is_wanted(meteor: Party, anna: User) -> None:
    transfer = to(meteor, "boris", "billing", with_invoices=True)
    ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=transfer, as_of=NOON)
    meteor.customer.refresh_from_db()
    meteor.instance.refresh_from_db()
    assert (meteor.customer.email, meteor.instance.email) == ("boris@romashka.example", "boris@romashka.example")
    assert AuditRecord.objects.get(action="customer.changed").before == {"email": "buh@romashka.example"}


def test_both_are_told_whatever_they_chose_to_get(meteor: Party, anna: User) -> None:
    ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=to(meteor, "boris", "member"), as_of=NOON)
    received, given_notice = Notice.objects.get(kind="ownership_received"), Notice.objects.get(kind="ownership_given")
    assert (received.recipient, given_notice.recipient) == ("boris@romashka.example", "anna@romashka.example")
    assert "romashka.example.ru" in received.subject
    assert "/join/" in received.text  # Boris has no login yet: the mail lets him in
    assert "/join/" not in given_notice.text


def test_whoever_has_a_login_is_led_to_the_instance(meteor: Party, anna: User) -> None:
    login("boris@romashka.example", "Boris")
    ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=to(meteor, "boris", "member"), as_of=NOON)
    text = Notice.objects.get(kind="ownership_received").text
    assert "/join/" not in text
    assert f"/instances/{meteor.instance.public_id}/" in text


def test_the_new_owner_hears_what_opens_the_instance_still(meteor: Party, anna: User) -> None:
    for label in ("Site", "Till"):
        ownership.create_token(instance=meteor.instance, by=anna, label=label, at=NOON)
    ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=to(meteor, "boris", "member"), as_of=NOON)
    received, given_notice = Notice.objects.get(kind="ownership_received"), Notice.objects.get(kind="ownership_given")
    assert "2" in received.text.partition("API")[0][-40:]
    for body in (received.text, received.html):
        assert "/integration/" in body
    assert "/integration/" not in given_notice.text
    assert ApiToken.objects.filter(instance=meteor.instance, revoked_at=None).count() == 2


def test_tokens_are_revoked_with_the_transfer_where_that_is_wanted(meteor: Party, anna: User) -> None:
    token, secret = ownership.create_token(instance=meteor.instance, by=anna, label="Site", at=NOON)
    transfer = replace(to(meteor, "boris", "member"), revoke_tokens=True)
    ownership.preview_transfer(instance=meteor.instance, by=anna, transfer=transfer, as_of=NOON)
    assert api_tokens.authenticate(secret=secret, at=NOON) == token
    ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=transfer, as_of=NOON)
    assert api_tokens.authenticate(secret=secret, at=NOON) is None
    assert AuditRecord.objects.get(action="token.revoked").actor == "anna@romashka.example"
    assert "/integration/" not in Notice.objects.get(kind="ownership_received").text


def test_only_an_administrator_who_has_proved_it_makes_a_token(meteor: Party, anna: User) -> None:
    clara = login("clara@romashka.example", "Clara")
    EmailAddress.objects.filter(user=anna).update(verified=False)
    for user in (clara, anna):
        with pytest.raises(BillingError) as refused:
            ownership.create_token(instance=meteor.instance, by=user, label="Site", at=NOON)
        assert (refused.value.code, refused.value.rule) == ("administrator_only", "M15")
    assert ApiToken.objects.count() == 0


@pytest.mark.parametrize("email", ["boris@romashka.example", "clara@romashka.example"])
def test_neither_a_member_nor_the_billing_right_hands_anything_over(meteor: Party, anna: User, email: str) -> None:
    with pytest.raises(BillingError) as refused:
        ownership.transfer_instance(
            instance=meteor.instance, by=login(email, "Other"), transfer=to(meteor, "boris", "member"), as_of=NOON
        )
    assert (refused.value.code, refused.value.rule) == ("administrator_only", "M15")
    assert administrators(meteor) == ["anna@romashka.example"]


def test_an_address_that_is_not_proved_hands_nothing_over(meteor: Party, anna: User) -> None:
    EmailAddress.objects.filter(user=anna).update(verified=False)
    with pytest.raises(BillingError):
        ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=to(meteor, "boris"), as_of=NOON)


def test_only_somebody_active_takes_it_and_not_oneself(meteor: Party, anna: User) -> None:
    meteor.tell("boris", "blocked", at("2026-04-03 09:00"))
    for who in ("boris", "anna"):
        with pytest.raises(BadInput) as refused:
            ownership.transfer_instance(
                instance=meteor.instance, by=anna, transfer=to(meteor, who, "member"), as_of=NOON
            )
        assert refused.value.field == "to"
    elsewhere = party("lavanda")
    stranger = Member.objects.get(instance=elsewhere.instance)
    with pytest.raises(BadInput):
        ownership.transfer_instance(
            instance=meteor.instance, by=anna, transfer=Transfer(stranger.pk, "member"), as_of=NOON
        )


@pytest.mark.parametrize("role", ["administrator", "tsar"])
def test_handing_over_means_letting_go(meteor: Party, anna: User, role: str) -> None:
    with pytest.raises(BadInput) as refused:
        ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=to(meteor, "boris", role), as_of=NOON)
    assert refused.value.field == "role"


def test_the_second_of_two_transfers_finds_nothing_to_hand_over(meteor: Party, anna: User) -> None:
    ownership.transfer_instance(instance=meteor.instance, by=anna, transfer=to(meteor, "boris", "member"), as_of=NOON)
    with pytest.raises(BillingError) as refused:
        ownership.transfer_instance(
            instance=meteor.instance, by=anna, transfer=to(meteor, "clara", "member"), as_of=NOON
        )
    assert refused.value.code == "administrator_only"
    assert administrators(meteor) == ["boris@romashka.example"]


# --- What it does to the bill (B5, B6, G10) ----------------------------------------------------------------------------


@pytest.fixture
def studio() -> Party:
    """Blue by the month since 1 April, 7.00 a seat: Anna administers, Carl is a client and free."""
    blue = party("romashka", product="blue", tariff_id="blue-monthly", currency="USD", trial=False)
    blue.tell("carl", "active", at("2026-04-02 09:00"), role="client")
    return blue


def test_a_client_becomes_owner_and_the_owner_leaves_one_seat_for_another(studio: Party) -> None:
    anna, transfer = login("anna@romashka.example", "Anna"), to(studio, "carl")
    before = Charge.objects.count()
    effect = ownership.preview_transfer(
        instance=studio.instance, by=anna, transfer=transfer, as_of=at("2026-04-15 12:00")
    )
    assert effect is not None
    assert (effect.amount_minor, effect.later_minor) == (0, 0)
    assert Charge.objects.count() == before
    ownership.transfer_instance(
        instance=studio.instance,
        by=anna,
        transfer=transfer,
        as_of=at("2026-04-15 12:00"),
        seen=member_management.token_of(effect),
    )
    assert sum(charge.amount_minor for charge in Charge.objects.order_by("pk")[before:]) == 0


def test_staying_on_a_paid_role_adds_a_seat_and_says_so_before(studio: Party) -> None:
    anna, transfer = login("anna@romashka.example", "Anna"), to(studio, "carl", "team_member")
    noon = at("2026-04-15 12:00")
    effect = ownership.preview_transfer(instance=studio.instance, by=anna, transfer=transfer, as_of=noon)
    assert effect is not None
    assert (effect.amount_minor, effect.later_minor, effect.later_from) == (350, 700, date(2026, 5, 1))
    with pytest.raises(BillingError) as refused:
        ownership.transfer_instance(instance=studio.instance, by=anna, transfer=transfer, as_of=noon, seen="0:0:")
    assert refused.value.code == "price_changed"
    before = Charge.objects.count()
    ownership.transfer_instance(
        instance=studio.instance, by=anna, transfer=transfer, as_of=noon, seen=member_management.token_of(effect)
    )
    assert [charge.amount_minor for charge in Charge.objects.order_by("pk")[before:]] == [350]


def test_a_preview_tells_nobody_and_changes_nothing(studio: Party) -> None:
    anna = login("anna@romashka.example", "Anna")
    ownership.preview_transfer(
        instance=studio.instance, by=anna, transfer=to(studio, "carl"), as_of=at("2026-04-15 12:00")
    )
    assert not Notice.objects.filter(kind__startswith="ownership").exists()
    assert administrators(studio) == ["anna@romashka.example"]
    assert member_management.find_account(studio.instance) == studio.account
