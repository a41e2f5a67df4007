"""The first page: what needs somebody, each number with its list, and nothing of what a person may not see."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client

from billing import clock
from billing.models import Heartbeat, Invoice, JobRun, Notice
from billing.sandbox.models import SandboxClock
from tests.support.acting import act_url, cards, confirm, errors, messages, rows
from tests.support.staff import NOW
from tests.support.story import Story, msk

SignIn = Callable[[str], Client]


def move_clock(month: int, day: int, hour: int = 12) -> None:
    SandboxClock.objects.update(stands_at=msk(month, day, hour))


def test_account_becomes_a_debtor_at_the_midnight_after_the_due_date(story: Story, signed_in: SignIn) -> None:
    move_clock(5, 15, 23)
    before = cards(signed_in("finance"))
    assert before["Accounts read-only for debt"].figure == "0"
    assert (before["Invoices due within 3 days"].figure, before["Invoices due within 3 days"].sums) == (
        "1",
        ("₽6,589.00",),
    )
    move_clock(5, 16, 0)
    after = cards(signed_in("finance"))
    assert (after["Accounts read-only for debt"].figure, after["Accounts read-only for debt"].sums) == (
        "1",
        ("₽6,589.00",),
    )
    assert after["Invoices due within 3 days"].figure == "0"


def test_every_number_is_the_length_of_the_list_that_it_leads_to(story: Story, signed_in: SignIn) -> None:
    move_clock(5, 16)
    JobRun.objects.create(
        kind="close", key="100009", attempts=5, started_at=NOW, next_attempt_at=NOW, last_error="Boom"
    )
    Notice.objects.update(state="failed")
    client = signed_in("administrator")
    for label in (
        "Accounts read-only for debt",
        "Invoices due within 3 days",
        "Work set aside",
        "Mails and messages that failed",
        "Tariffs in review",
    ):
        card = cards(client)[label]
        listed = client.get(card.url)
        assert listed.status_code == 200
        assert str(listed.context["cl"].result_count) == card.figure, label


def test_home_shows_only_what_somebodys_work_is(story: Story, signed_in: SignIn) -> None:
    assert set(cards(signed_in("reviewer"))) == {"Tariffs in review"}
    assert "Longest overdue" not in signed_in("reviewer").get("/admin/").content.decode()
    assert signed_in("nobody").get("/admin/").context["cards"] == []


def test_sandbox_clock_is_named_and_a_silent_cluster_is_told(story: Story, signed_in: SignIn) -> None:
    page = signed_in("support").get("/admin/").content.decode().replace("\xa0", " ")
    assert "The sandbox clock stands at 12 May 2026 at 15:20 Moscow time." in page
    assert "never seen" in page


def test_a_run_that_stopped_is_the_first_thing_to_be_seen(story: Story, signed_in: SignIn) -> None:
    """Red, with the step in words, until a run comes to its end (G9)."""
    client = signed_in("support")
    assert "The run of every minute" not in cards(client)
    JobRun.objects.create(kind="run", key="deliver", attempts=1, started_at=NOW, next_attempt_at=NOW, last_error="Boom")
    card = cards(client)["The run of every minute"]
    assert (card.figure, card.tone) == ("failing", "debt")
    assert "in this step: rendering and sending. What comes after waits" in str(card.note)
    assert client.get(card.url).context["cl"].result_count == 1
    JobRun.objects.all().delete()
    Heartbeat.objects.create(name="run_unended", beat_at=clock.real_now() - timedelta(minutes=11))
    assert "each is killed for taking too long" in str(cards(client)["The run of every minute"].note)


def test_close_is_rehearsed_and_then_run(story: Story, signed_in: SignIn) -> None:
    move_clock(6, 1, 9)
    finance, url = signed_in("finance"), act_url("billing_jobrun", "run_close")
    shown = finance.get(url)
    assert rows(shown)["Accounts with a month that is over"] == "2"
    assert rows(shown)["100001 · ООО «Ромашка»"] == "May 2026: ₽5,990.00".replace(" 2", "\xa02")
    assert Invoice.objects.count() == 1
    done = confirm(finance, url, shown)
    assert done.status_code == 302
    assert messages(finance.get(done.url)) == ["2 accounts closed, 1 invoices issued, 0 set aside."]
    assert Invoice.objects.count() == 2
    assert rows(finance.get(url)) == {"Accounts with a month that is over": "0"}


def test_close_is_not_run_by_a_form_that_was_never_shown(story: Story, signed_in: SignIn) -> None:
    move_clock(6, 1, 9)
    answer = signed_in("finance").post(act_url("billing_jobrun", "run_close"), {"confirm": "1"})
    assert answer.status_code == 200
    assert Invoice.objects.count() == 1


def test_work_set_aside_starts_again_when_somebody_has_looked(story: Story, signed_in: SignIn) -> None:
    run = JobRun.objects.create(
        kind="close", key="100009", attempts=5, started_at=NOW, next_attempt_at=NOW, last_error="Boom"
    )
    finance, url = signed_in("finance"), act_url("billing_jobrun", "retry_work", run.pk)
    assert confirm(finance, url, finance.get(url)).status_code == 302
    run.refresh_from_db()
    assert run.attempts == 0


def test_failed_mail_is_written_once_more_with_a_reason(story: Story, signed_in: SignIn) -> None:
    from tests.support.acting import do, preview

    Notice.objects.update(state="failed")
    notice = Notice.objects.order_by("pk")[0]
    support, url = signed_in("support"), act_url("billing_notice", "send_again", notice.pk)
    assert "reason" in errors(preview(support, url, reason=""))
    assert do(support, url, reason="Ящик был переполнен").status_code == 302
    again = Notice.objects.get(kind=notice.kind, fact=notice.fact, recipient=notice.recipient, edition=2)
    assert (again.state, again.requested_by) == ("waiting", "support@staff.example")


def test_token_is_shown_once_and_revoked_at_once(story: Story, signed_in: SignIn) -> None:
    from billing import clock
    from billing.models import ApiToken
    from billing.operations import api_tokens
    from tests.support.acting import do

    admin, url = signed_in("administrator"), act_url("billing_apitoken", "create_token")
    answer = do(admin, url, scope="instance", instance=story.cloud.pk, label="Ромашка")
    secret = answer.context["secret"]
    assert answer.content.decode().count(secret) == 1
    assert "no-store" in answer["Cache-Control"]
    assert "messages" not in answer.cookies
    token = api_tokens.authenticate(secret=secret, at=clock.real_now())
    assert token is not None
    assert token.instance == story.cloud
    assert secret not in admin.get(answer.context["go_to"]).content.decode()
    revoke = act_url("billing_apitoken", "revoke_token", ApiToken.objects.get().pk)
    assert confirm(admin, revoke, admin.get(revoke)).status_code == 302
    assert api_tokens.authenticate(secret=secret, at=clock.real_now()) is None


def test_d12_one_setting_moves_the_reminder_the_calendar_the_card_and_the_words(
    story: Story, signed_in: SignIn, settings: Any
) -> None:
    from billing.operations.customers import preferences
    from billing.operations.run import reminders
    from billing.reports.calendars.calendar import calendar_items

    account = story.account
    label, morning = "Invoices due within 3 days", msk(5, 10, 10)
    move_clock(5, 10, 10)
    assert cards(signed_in("finance"))[label].figure == "0"
    assert reminders.invoices_to_remind_of(morning) == []
    assert "yearly charges 30 and 7 days before" in preferences.about_group(preferences.Group.REMINDERS)

    settings.REMIND_INVOICE_DAYS, settings.REMIND_YEARLY_DAYS = 5, [45, 10]
    assert cards(signed_in("finance"))["Invoices due within 5 days"].figure == "1"
    assert "due within 5 days" in signed_in("finance").get("/admin/billing/invoice/").content.decode()
    assert [row.number for row in reminders.invoices_to_remind_of(morning)] == ["R-2026-000001"]
    assert reminders.invoices_to_remind_of(msk(5, 10, 9)) == []
    assert [item.at for item in calendar_items(account=account, as_of=msk(5, 9)) if item.step == "reminder"] == [
        morning
    ]
    assert "yearly charges 45 and 10 days before" in preferences.about_group(preferences.Group.REMINDERS)
