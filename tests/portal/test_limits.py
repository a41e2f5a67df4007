"""How often an account may invite and begin to pay: a brake with a sentence, counted over the last hour's rows."""

from datetime import timedelta

from billing.models import Notice, PaymentAttempt
from tests.support.mails import plain
from tests.support.people import stand_at
from tests.support.story import msk

NOON = msk(5, 12)


def invite(client, story, number: int):
    address = f"/instances/{story.cloud.public_id}/people/invite/"
    return client.post(address, {"email": f"new{number}@romashka.example", "name": "", "role": "member"})


def test_more_invitations_than_the_limit_are_refused_until_the_hour_is_over(story, anna, settings):
    settings.INVITATIONS_AN_HOUR = 2
    assert [invite(anna, story, number).status_code for number in (1, 2)] == [302, 302]
    refused = invite(anna, story, 3)
    assert refused.status_code == 422
    assert "That is enough invitations for an hour (2). Nothing was sent: go on after 12 May at 13:00" in plain(
        refused.content.decode()
    )
    assert Notice.objects.filter(kind="invitation").count() == 2
    assert not story.cloud.members.filter(email="new3@romashka.example").exists()
    stand_at(NOON + timedelta(minutes=59, seconds=59))
    assert invite(anna, story, 3).status_code == 422
    stand_at(NOON + timedelta(hours=1))
    assert invite(anna, story, 3).status_code == 302


def test_more_payments_begun_than_the_limit_are_refused_in_words(story, anna, settings):
    settings.PAYMENT_ATTEMPTS_AN_HOUR = 2
    assert [anna.post("/pay/", {"sum": sum_}).status_code for sum_ in ("10000", "20000")] == [302, 302]
    refused = anna.post("/pay/", {"sum": "30000"})
    assert refused.status_code == 422
    assert "That is enough payments begun within an hour (2). Nothing was taken" in plain(refused.content.decode())
    assert PaymentAttempt.objects.count() == 2
    assert anna.post("/pay/", {"sum": "20000"}).status_code == 302  # the same press again leads to the one begun
    stand_at(NOON + timedelta(hours=1))
    assert anna.post("/pay/", {"sum": "30000"}).status_code == 302


def test_another_account_is_not_held_back_by_it(story, anna, signed_in, settings):
    settings.PAYMENT_ATTEMPTS_AN_HOUR = 1
    assert anna.post("/pay/", {"sum": "10000"}).status_code == 302
    assert anna.post("/pay/", {"sum": "20000"}).status_code == 422
    assert signed_in(story.vera).post("/pay/", {"sum": "10000"}).status_code == 302


def test_zero_means_no_limit(story, anna, settings):
    settings.PAYMENT_ATTEMPTS_AN_HOUR = settings.INVITATIONS_AN_HOUR = 0
    assert {anna.post("/pay/", {"sum": str(sum_)}).status_code for sum_ in range(10_000, 10_035)} == {302}
    assert invite(anna, story, 1).status_code == 302
