"""Requests and temporary access on the workbench: the queue's clock, what is done about each, files, and who may (M12–M16)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from billing.models import AuditRecord, Entry, Notice, Relief
from billing.operations.customers import requests
from billing.sandbox.models import SandboxClock
from tests.support.acting import act_url, confirm, do, errors, preview, rows
from tests.support.staff import NOW
from tests.support.staff_queue import LATE, PDF, ask, client_of, in_debt, proof
from tests.support.story import Story, msk

LIST = "/admin/billing/customerrequest/"


def url(act: str, pk: object) -> str:
    return act_url("billing_customerrequest", act, pk)


def open_list(group: str = "support", query: str = "") -> str:
    return client_of(group).get(f"{LIST}{query}").content.decode().replace("\xa0", " ")


@pytest.mark.parametrize(
    ("day", "hour", "word", "states"),
    [
        (12, 15, "by 13 May", {"waiting"}),
        (13, 23, "by today", {"waiting", "today"}),
        (14, 0, "late by 1 day", {"waiting", "late"}),
    ],
)
def test_the_queue_counts_the_working_day(story: Story, day: int, hour: int, word: str, states: set[str]) -> None:
    asked = ask(story, "termination")
    SandboxClock.objects.update(stands_at=msk(5, day, hour, 30))
    assert word in open_list()
    shown_states = {
        state
        for state in ("waiting", "today", "late", "done")
        if f"/{asked.pk}/change/" in open_list(query=f"?state={state}")
    }
    assert shown_states == states


def test_waiting_requests_stand_above_those_that_are_answered(story: Story) -> None:
    first = ask(story, "termination")
    requests.decline(request=first, as_of=NOW, actor="s@work.example", reason="No")
    second = ask(story, "year_up_front", people=20)
    page = open_list()
    assert page.index(f"/{second.pk}/change/") < page.index(f"/{first.pk}/change/")


def test_carrying_out_shows_the_final_invoice_before_it_is_done(story: Story) -> None:
    request = ask(story, "termination", text="We move house")
    support, address = client_of("support"), url("carry_out", request.pk)
    shown = preview(support, address, answer="Done")
    assert rows(shown)["Invoices issued"] == "1"
    assert rows(shown)["Access: romashka.example.ru"] == "read-only"
    request.refresh_from_db()
    assert (request.outcome, story.cloud.subscriptions.get().terminated_at) == ("", None)
    assert confirm(support, address, shown, answer="Done").status_code == 302
    request.refresh_from_db()
    assert (request.outcome, request.answered_by, request.answer) == ("done", "support@work.example", "Done")
    assert story.cloud.subscriptions.get().changes.get(kind="terminated").requested_by == story.anna.email
    assert "already" in str(errors(preview(support, address, answer="Again")))


def test_declining_needs_the_reason_that_the_customer_reads(story: Story) -> None:
    request = ask(story, "termination")
    address = url("decline_request", request.pk)
    assert "reason" in errors(preview(client_of("finance"), address, reason=" "))
    assert do(client_of("finance"), address, reason="Asked twice").status_code == 302
    assert "Asked twice" in Notice.objects.filter(kind="request_answered")[0].text
    assert story.cloud.subscriptions.get().terminated_at is None


def test_deletion_is_carried_out_by_support_with_the_domain_typed(story: Story) -> None:
    SandboxClock.objects.update(stands_at=NOW)
    in_time = msk(5, 12, 16)
    from billing.operations.settlement import payments

    new = payments.NewPayment(amount_minor=2_000_000, currency="RUB", method="bank", reference="1")
    payments.record_payment(account=story.account, new=new, as_of=NOW, actor="test")
    request = ask(story, "deletion")
    SandboxClock.objects.update(stands_at=in_time)
    address = url("carry_out", request.pk)
    assert client_of("finance").get(address).status_code == 403
    wrong = errors(preview(client_of("support"), address, answer="", domain="romashka.example.ru"))
    assert "This is not the domain of this instance." in wrong["domain"]
    assert do(client_of("support"), address, answer="", domain="old.romashka.example.ru").status_code == 302
    story.archive.refresh_from_db()
    assert story.archive.deleted_at == in_time


def test_a_file_is_a_private_download_and_its_reading_is_kept(story: Story) -> None:
    """Whoever of the staff reads a customer's file leaves a record (I-26)."""
    request = proof(story)
    address = reverse("admin:billing_customerrequest_file", args=(request.pk, request.files.get().pk))
    answer = client_of("support").get(address)
    assert (answer.status_code, answer.content) == (200, PDF)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert {"private", "no-store"} <= set(answer.headers["Cache-Control"].split(", "))
    audit_record = AuditRecord.objects.get(action="request.file_read")
    assert (audit_record.actor, audit_record.customer, audit_record.after["name"]) == (
        "support@work.example",
        story.customer,
        "п-п 417.pdf",
    )
    other = ask(story, "termination")
    assert client_of("support").get(address.replace(f"/{request.pk}/", f"/{other.pk}/")).status_code == 404
    assert client_of("product manager").get(address).status_code == 403


def test_a_proof_offers_relief_and_payment_and_a_year_offers_an_offer(story: Story) -> None:
    shown, year = proof(story), ask(story, "year_up_front", people=20)
    in_debt()
    support = client_of("support")
    page = support.get(f"{LIST}{shown.pk}/change/").content.decode()
    assert url("grant_relief", shown.pk) in page
    assert url("record_payment", shown.pk) in page
    assert url("send_offer", shown.pk) not in page
    page = support.get(f"{LIST}{year.pk}/change/").content.decode()
    assert url("send_offer", year.pk) in page
    assert url("grant_relief", year.pk) not in page
    form = support.get(url("send_offer", year.pk)).context["form"]
    assert form["people"].value() == 20
    answer = support.get(url("record_payment", shown.pk))
    assert answer.url.startswith(act_url("billing_billingaccount", "record_payment", story.account.pk))  # type: ignore[attr-defined]


def until(days: int, hour: str = "12:00:00") -> dict[str, str]:
    end = LATE + timedelta(days=days)
    return {"ends_at_0": f"{end:%Y-%m-%d}", "ends_at_1": hour}


def test_relief_lasts_as_long_as_the_group_may_give_it(story: Story) -> None:
    in_debt()
    address = act_url("accounts_instance", "grant_relief", story.cloud.pk)
    typed = {"reason": "Payment order 417", **until(4)}
    assert errors(preview(client_of("support"), address, **typed)) == {
        "ends_at": ["For longer than 3 days finance gives it."]
    }
    assert "reason" in errors(preview(client_of("finance"), address, **{**typed, "reason": ""}))
    shown = preview(client_of("finance"), address, **typed)
    assert rows(shown)["Access: romashka.example.ru"] == "full"
    assert Relief.objects.count() == 0
    assert confirm(client_of("finance"), address, shown, **typed).status_code == 302
    assert Relief.objects.get().granted_by == "finance@work.example"
    assert "ends_at" in errors(preview(client_of("finance"), address, **{**typed, **until(31)}))


def test_relief_from_a_request_is_given_to_the_instance_chosen(story: Story) -> None:
    request = proof(story)
    in_debt()
    typed = {"instance": story.cloud.pk, "reason": "417", **until(2)}
    address = url("grant_relief", request.pk)
    assert do(client_of("support"), address, **typed).status_code == 302
    assert Relief.objects.get().instance == story.cloud
    foreign = preview(client_of("support"), address, **{**typed, "instance": story.vera_instance.pk})
    assert "instance" in errors(foreign)


def test_running_relief_counts_down_and_ends_early_with_a_reason(story: Story) -> None:
    in_debt()
    address = act_url("accounts_instance", "grant_relief", story.cloud.pk)
    do(client_of("support"), address, reason="417", **until(2))
    page = client_of("support").get("/admin/billing/relief/?state=running").content.decode()
    assert "2 d 0 h left" in page
    assert "not yet" in page
    relief = Relief.objects.get()
    end = act_url("billing_relief", "withdraw_relief", relief.pk)
    assert "reason" in errors(preview(client_of("support"), end, reason=""))
    shown = preview(client_of("support"), end, reason="The order was another's")
    assert rows(shown)["Access: romashka.example.ru"] == "read-only"
    assert confirm(client_of("support"), end, shown, reason="The order was another's").status_code == 302
    page = client_of("support").get("/admin/billing/relief/?state=unpaid").content.decode()
    assert "ended early" in page
    assert "no money came" in page
    assert "support@work.example" in page


def test_relief_that_money_followed_says_so(story: Story) -> None:
    in_debt()
    do(client_of("support"), act_url("accounts_instance", "grant_relief", story.cloud.pk), reason="417", **until(2))
    pay = act_url("billing_billingaccount", "record_payment", story.account.pk)
    do(client_of("support"), pay, amount="6589", method="bank", reference="417")
    assert Entry.objects.filter(kind="payment").count() == 1
    assert "₽6,589.00" in client_of("support").get("/admin/billing/relief/").content.decode()
