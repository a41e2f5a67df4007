"""The people of an instance in the portal: the price before the change (D8, G10), invitations, the way in (M10, M15)."""

import re

import pytest
from django.core import signing
from django.test import Client

from accounts.models import Member, Role, User
from billing.models import Charge
from billing.operations.customers import member_management
from tests.support.mails import latest, plain
from tests.support.people import stand_at
from tests.support.query_counts import queries
from tests.support.story import PASSWORD, billing_only, joins, msk, person


def text_of(answer) -> str:
    return plain(re.sub(r"</?b>", "", answer.content.decode()))


def list_of(instance) -> str:
    return f"/instances/{instance.public_id}/people/"


def page_of(instance, email: str) -> str:
    return f"{list_of(instance)}{Member.objects.get(instance=instance, email=email).pk}/"


def shown(page: str, status: str = "", role: str = "") -> dict[str, str]:
    """The form that the page shows for one act, with the price it was shown with."""
    form = rf'name="status" value="{status}"> <input type="hidden" name="role" value="{role}"> <input type="hidden" name="seen" value="([^"]+)"'
    return {"status": status, "role": role, "seen": re.search(form, page)[1]}


def test_the_peak_watch_is_one_line(story, anna):
    page = text_of(anna.get(list_of(story.cloud)))
    assert "11 active, peak 11. The next person adds ₽599.00. With 9 or fewer from 1 June on — ₽0.00." in page


def test_the_cliff_is_told_before_the_invitation(story, anna):
    for number in range(5, 10):
        joins(story.test, number, msk(5, 12))
    page = text_of(anna.get(list_of(story.test) + "invite/"))
    assert "Adds ₽5,990.00 for this month: 10 × 599.00 = ₽5,990.00." in page
    assert "Up to 9 people are free; above that everybody is counted." in page


def test_an_invitation_goes_out_counts_nothing_and_opens_the_door(story, anna):
    sent = {"email": "New@romashka.example", "name": "Нина", "role": "member"}
    assert anna.post(list_of(story.cloud) + "invite/", sent).status_code == 302
    charges = Charge.objects.count()
    mail = latest("invitation")
    assert mail.recipient == "new@romashka.example"
    assert "А. Петрова" in mail.subject
    link = re.search(r"https?://[^/\s]+(/join/\S+)", mail.text)[1]
    guest = Client()
    assert "Нина" in guest.get(link).content.decode()
    weak = guest.post(link, {"name": "Нина", "password": "12345"})
    assert (weak.status_code, User.objects.filter(email="new@romashka.example").exists()) == (422, False)
    answer = guest.post(link, {"name": "Нина", "password": "long enough horse"}, follow=True)
    assert "romashka.example.ru" in answer.content.decode()
    assert Member.objects.get(email="new@romashka.example").status == "active"
    assert Charge.objects.count() == charges + 1


@pytest.mark.parametrize(
    ("email", "why"), [("", "Enter an email"), ("abc", "Enter an email"), ("boris@romashka.example", "already")]
)
def test_an_address_that_cannot_be_invited_is_refused_in_words(story, anna, email, why):
    answer = anna.post(list_of(story.cloud) + "invite/", {"email": email, "role": "member"})
    assert answer.status_code == 422
    assert why in text_of(answer)


def test_an_unknown_role_is_refused(story, anna):
    answer = anna.post(list_of(story.cloud) + "invite/", {"email": "x@romashka.example", "role": "tsar"})
    assert answer.status_code == 422
    assert not Member.objects.filter(email="x@romashka.example").exists()


def test_links_that_are_broken_old_or_used_say_what_to_do(story, anna, monkeypatch):
    member = member_management.invite_member(
        instance=story.cloud,
        email="new@romashka.example",
        name="",
        role="member",
        as_of=msk(5, 12),
        invited_by="А. Петрова",
    )
    link, guest = member_management.invitation_link(member).split("/", 3)[3], Client(headers={"Accept-Language": "en"})
    broken = guest.get("/join/abc/")
    assert broken.status_code == 410
    assert "This link does not work" in text_of(broken)
    signed = signing.loads(link.split("/")[1], salt=member_management.SALT)
    monkeypatch.setattr(signing.time, "time", lambda: 1e9)
    old = signing.dumps(signed, salt=member_management.SALT)
    monkeypatch.undo()
    assert "ask for a new one" in text_of(guest.get(f"/join/{old}/"))
    guest.post(f"/{link}", {"password": "long enough horse"})
    used = Client(headers={"Accept-Language": "en"}).get(f"/{link}")
    assert used.status_code == 410
    assert "sign in" in text_of(used)


def test_whoever_has_a_sign_in_uses_it(story, anna, signed_in):
    """A link alone must not pass by somebody's password and second factor."""
    user = person("known@romashka.example", "Знакомая")
    member = member_management.invite_member(
        instance=story.cloud, email=user.email, name="", role="member", as_of=msk(5, 12), invited_by="А. Петрова"
    )
    link = "/" + member_management.invitation_link(member).split("/", 3)[3]
    guest = Client(headers={"Accept-Language": "en"})
    assert "You have a sign-in already" in text_of(guest.get(link))
    guest.post(link, {"password": "another long horse"})
    member.refresh_from_db()
    assert member.status == "invited"
    assert signed_in(user).post(link, follow=True).status_code == 200
    member.refresh_from_db()
    user.refresh_from_db()
    assert member.status == "active"
    assert user.check_password(PASSWORD)


def test_blocking_and_unblocking_show_their_price_and_do_it(story, anna):
    address = page_of(story.cloud, "boris@romashka.example")
    page = text_of(anna.get(address))
    assert "This month's price stays, as its peak has been reached; it counts from 1 June on." in plain(
        page.replace("&#x27;", "'")
    )
    assert anna.post(address, shown(page, status="blocked")).status_code == 302
    page = text_of(anna.get(address))
    assert "Adds nothing this month." in page
    anna.post(address, shown(page, status="active"))
    assert Member.objects.get(instance=story.cloud, email="boris@romashka.example").status == "active"


def test_the_price_that_was_shown_is_the_one_that_is_charged(story, anna):
    address = page_of(story.cloud, "boris@romashka.example")
    anna.post(address, shown(text_of(anna.get(address)), status="blocked"))
    joins(story.cloud, 12, msk(5, 12))
    page = text_of(anna.get(address))
    assert "Adds ₽599.00 for this month: 12 × 599.00 − 6,589.00 = ₽599.00." in page
    stale = anna.post(address, {"status": "active", "role": "", "seen": "0"})
    assert stale.status_code == 409
    assert "The price has changed" in text_of(stale)
    before = Charge.objects.count()
    anna.post(address, shown(page, status="active"))
    assert Charge.objects.order_by("-pk")[0].amount_minor == 59900
    assert Charge.objects.count() == before + 1


def test_looking_at_prices_changes_nothing(story, anna):
    before = (Charge.objects.count(), list(Member.objects.values_list("pk", "status", "role")))
    anna.get(list_of(story.cloud) + "invite/")
    anna.get(page_of(story.cloud, "boris@romashka.example"))
    assert (Charge.objects.count(), list(Member.objects.values_list("pk", "status", "role"))) == before


def test_nobody_takes_themselves_out(story, anna):
    address = page_of(story.cloud, story.anna.email)
    assert "This is you." in text_of(anna.get(address))
    answer = anna.post(address, {"status": "removed", "role": "", "seen": "0"})
    assert answer.status_code == 409
    assert Member.objects.get(instance=story.cloud, email=story.anna.email).status == "active"


def test_the_billing_right_alone_does_not_unmake_an_administrator(story, anna, signed_in):
    joins(story.cloud, 2, msk(5, 12))
    buh = person("buh@romashka.example", "Бухгалтер")
    member = member_management.invite_member(
        instance=story.cloud, email=buh.email, name="", role="billing", as_of=msk(5, 12), invited_by="x"
    )
    member_management.change_member(member=member, status="active", role=None, as_of=msk(5, 12), actor="x")
    client, address = signed_in(buh), page_of(story.cloud, story.anna.email)
    page = text_of(client.get(address))
    assert 'name="status"' not in page
    assert "Only an administrator of this instance changes administrators. Ask А. Петрова" in page
    answer = client.post(address, {"status": "", "role": "member", "seen": "0"})
    assert answer.status_code == 409
    assert "Only an administrator of this instance can do that" in text_of(answer)


def test_the_billing_right_alone_is_offered_what_it_may_do(story, anna, signed_in):
    """What the POST would refuse is on no page: neither the administrator's role to give nor to invite with."""
    client, boris = signed_in(billing_only(story)), page_of(story.cloud, "boris@romashka.example")
    for address, form in ((boris, 'name="role" value="{}"'), (list_of(story.cloud) + "invite/", 'value="{}"')):
        own_form, theirs = text_of(client.get(address)), text_of(anna.get(address))
        assert (form.format("administrator") in own_form, form.format("administrator") in theirs) == (False, True)
        assert form.format("billing") in own_form
    assert "Only an administrator of this instance invites administrators. Ask А. Петрова" in own_form
    assert "invites administrators" not in theirs
    assert client.post(boris, shown(text_of(client.get(boris)), status="blocked")).status_code == 302


def test_a_change_that_is_not_offered_is_refused(story, anna):
    address = page_of(story.cloud, "boris@romashka.example")
    for forged in ({"status": "invited"}, {"role": "tsar"}, {}, {"status": "active"}):
        assert anna.post(address, {"status": "", "role": "", "seen": "0", **forged}).status_code == 409


def test_only_billing_owners_and_only_their_people(story, anna, signed_in):
    address = page_of(story.cloud, "boris@romashka.example")
    for user in (story.vera, story.boris):
        client = signed_in(user)
        for place in (list_of(story.cloud), list_of(story.cloud) + "invite/", address):
            assert client.get(place).status_code == 404
            assert client.post(place, {"status": "removed", "role": "", "seen": "0"}).status_code in (404, 405)
    elsewhere = address.replace(story.cloud.public_id, story.test.public_id)
    assert anna.get(elsewhere).status_code == 404


def test_a_thousand_people_ask_the_database_as_often(story, anna):
    role = Role.objects.get(product__code="meteor", code="member")

    def more(number: int, start: int) -> None:
        Member.objects.bulk_create(
            Member(
                instance=story.cloud,
                external_id=f"m{start + _}",
                email=f"m{start + _}@romashka.example",
                role=role,
                status="invited",
                confirmed_at=msk(5, 11),
            )
            for _ in range(number)
        )

    stand_at(msk(5, 12))
    more(10, 0)
    few = queries(anna, list_of(story.cloud))
    more(990, 10)
    assert queries(anna, list_of(story.cloud)) == few


def test_a_colleague_invited_with_the_billing_right_lands_on_the_account(story, anna):
    page = text_of(anna.get(list_of(story.cloud) + "invite/"))
    for role in (
        "Administrator</b> paid · manages people and pays",
        "Billing</b> paid · sees the account and pays",
        "Member</b> paid · sees neither sums nor documents",
    ):
        assert plain(re.sub(r"<[^>]+>", " ", role)) in plain(re.sub(r"<[^>]+>", " ", page))
    anna.post(
        list_of(story.cloud) + "invite/", {"email": "buh@romashka.example", "name": "Бухгалтер", "role": "billing"}
    )
    link = re.search(r"https?://[^/\s]+(/join/\S+)", latest("invitation").text)[1]
    guest = Client(headers={"Accept-Language": "en"})
    came = guest.post(link, {"name": "Бухгалтер", "password": "long enough horse"}, follow=True)
    assert came.status_code == 200
    assert story.account.number in text_of(came)
    assert guest.get("/documents/R-2026-000001/").status_code == 200
