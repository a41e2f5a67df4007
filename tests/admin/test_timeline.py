"""A customer's page and its timeline: everything once, newest first, by kind, page by page, as many queries for any length."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Member, MemberChange
from billing import triggers
from billing.models import (
    Approval,
    AuditRecord,
    CustomerRequest,
    Entry,
    Event,
    Invoice,
    Notice,
    Offer,
    PaymentAttempt,
    Posting,
    Relief,
)
from billing.operations.customers import requests
from billing.operations.ledger import posting
from billing.reports import timeline
from tests.support.acting import act_url, do
from tests.support.query_counts import queries
from tests.support.staff import NOW
from tests.support.staff_queue import ask, attempt, client_of, large_adjustment, offer, proof
from tests.support.story import Story

NEW_LISTS = ("customerrequest", "relief", "offer", "approval", "paymentattempt")


def everything(story: Story, limit: int, kinds: frozenset[str] = frozenset()) -> list[timeline.TimelineRow]:
    """All pages of ``limit`` after each other."""
    rows: list[timeline.TimelineRow] = []
    before = None
    while True:
        page = timeline.page(customer=story.customer, limit=limit, kinds=kinds, before=before)
        rows += page.rows
        if page.older is None:
            return rows
        before = timeline.Cursor.read(page.older.as_text())
        assert before == page.older


def busy(story: Story) -> None:
    """Something of every kind, much of it at the same instant."""
    request = proof(story)
    requests.decline(request=request, as_of=NOW, actor="support@work.example", reason="Not readable")
    offer(story)
    attempt(story)
    large_adjustment(story)
    finance = client_of("finance")
    do(
        finance,
        act_url("billing_billingaccount", "record_payment", story.account.pk),
        amount="6589",
        method="bank",
        reference="118",
        received_at_0="",
        received_at_1="",
    )
    credit = act_url("billing_invoice", "issue_credit_note", Invoice.objects.get(account=story.account).pk)
    do(finance, credit, line_1="100", reason="Outage")


def test_pages_of_any_length_tell_the_same_once_and_newest_first(story: Story) -> None:
    busy(story)
    whole = everything(story, 500)
    assert [row.at for row in whole] == sorted((row.at for row in whole), reverse=True)
    keys = [(row.source.name, row.row.pk) for row in whole]
    assert len(keys) == len(set(keys))
    for limit in (1, 3, 7):
        assert [(row.source.name, row.row.pk) for row in everything(story, limit)] == keys
    sources = {row.source.name for row in whole}
    assert sources == {source.name for source in timeline.SOURCES} - {"relief"}


@pytest.mark.parametrize("kind", list(timeline.KINDS))
def test_each_kind_shows_its_own_and_together_they_are_everything(story: Story, kind: str) -> None:
    busy(story)
    rows = everything(story, 500, frozenset({kind}))
    assert {row.kind for row in rows} == {kind}
    others = [row for row in everything(story, 500) if row.kind == kind]
    if kind == "acts":  # on their own they tell those acts too that another row tells already
        assert len(rows) == AuditRecord.objects.filter(customer=story.customer).count() > len(others)
    else:
        assert [(row.source.name, row.row.pk) for row in rows] == [(row.source.name, row.row.pk) for row in others]


def test_nothing_of_another_customer_is_told(story: Story) -> None:
    busy(story)
    theirs = timeline.page(customer=story.vera_account.customer, limit=100)
    assert {row.source.name for row in theirs.rows} <= {"member", "subscription", "access"}
    domains = {row.row.member.instance.domain for row in theirs.rows if row.source.name == "member"}
    assert domains == {"lavanda.example.ru"}


@pytest.mark.parametrize(
    "text", ["", "x", "2026-05-12~1~2", "2026-05-12T00:00:00+00:00~99~1", "a~b~c", "2026-05-12T00:00:00+00:00~1~x"]
)
def test_cursor_that_is_none_begins_at_the_newest(story: Story, text: str) -> None:
    assert timeline.Cursor.read(text) is None
    answer = client_of("support").get(
        reverse("admin:accounts_customer_timeline", args=(story.customer.pk,)), {"before": text}
    )
    assert answer.status_code == 200


def page_of(client: Client, story: Story, query: str = "") -> str:
    address = reverse("admin:accounts_customer_timeline", args=(story.customer.pk,))
    return re.sub(r"\s+", " ", client.get(address + query).content.decode())


def test_timeline_names_author_reason_and_sum(story: Story) -> None:
    busy(story)
    page = page_of(client_of("support"), story)
    for sentence in (
        "Payment: bank transfer",
        "118 · finance@work.example",
        "₽6,589.00",
        "Outage · finance@work.example",
        "Answered: we have paid",
        "Not readable · support@work.example",
        "Approval asked: adjust the balance",
        "Простой 3 мая · sergey@work.example",
        "Peak rose to 11",
        "−₽599.00",
        "Online payment begun",
    ):
        assert sentence in page, sentence
    assert "Payment recorded" not in page
    assert "Payment recorded" in page_of(client_of("support"), story, "?kind=acts")
    assert "Peak rose to 11" not in page_of(client_of("support"), story, "?kind=acts")


def test_timeline_is_for_those_who_may_see_the_account(story: Story) -> None:
    address = reverse("admin:accounts_customer_timeline", args=(story.customer.pk,))
    for group, status in (
        ("support", 200),
        ("finance", 200),
        ("administrator", 200),
        ("product manager", 403),
        ("reviewer", 403),
    ):
        assert client_of(group).get(address).status_code == status, group
    assert client_of("support").get(reverse("admin:accounts_customer_timeline", args=(99_999,))).status_code == 404


def test_customer_page_tells_the_whole_customer(story: Story) -> None:
    address = f"/admin/accounts/customer/{story.customer.pk}/change/"
    before = client_of("support").get(address).content.decode().replace("\xa0", " ")
    assert "Last day to pay invoice R-2026-000001" in before
    assert "Read-only, if invoice R-2026-000001 is not paid" in before
    busy(story)
    ask(story, "termination")
    page = client_of("support").get(address).content.decode().replace("\xa0", " ")
    for sentence in (
        "Account 100001",
        "Invoice for what has been used",
        "romashka.example.ru",
        "read-only",
        "А. Петрова",
        "R-2026-000001",
        "we have paid",
        "RO-2026-000001",
        "anna@romashka.example",
        "The whole timeline",
        "end the subscription",
    ):
        assert sentence in page, sentence


def grow(story: Story, count: int) -> None:
    """``count`` more rows of everything, written in bulk past the guards: only their number matters here."""
    triggers.drop(connection)
    account, request = story.account, ask_once(story)
    member = Member.objects.filter(instance=story.cloud)[0]
    base = Offer.objects.order_by("pk")[0]
    values = {
        field.attname: getattr(base, field.attname) for field in Offer._meta.concrete_fields if not field.primary_key
    }
    start = Offer.objects.count()
    Offer.objects.bulk_create(
        [Offer(**{**values, "number": f"T{i}", "sequence": 1000 + i}) for i in range(start, start + count)]
    )
    CustomerRequest.objects.bulk_create(
        [
            CustomerRequest(
                public_id=f"req_{uuid.uuid4().hex[:20]}",
                kind="proof_of_payment",
                account=account,
                instance=story.cloud,
                requested_by="a@example.com",
                requested_at=NOW,
                answer_by=request.answer_by,
            )
            for _i in range(count)
        ]
    )
    Approval.objects.bulk_create(
        [
            Approval(
                kind="adjustment",
                account=account,
                amount_minor=1,
                currency="RUB",
                payload={"sign": 1},
                reason="x",
                requested_by="a",
                requested_at=NOW,
            )
            for _i in range(count)
        ]
    )
    Relief.objects.bulk_create(
        [
            Relief(instance=story.cloud, starts_at=NOW, ends_at=NOW + timedelta(days=1), reason="x", granted_by="a")
            for _i in range(count)
        ]
    )
    PaymentAttempt.objects.bulk_create(
        [
            PaymentAttempt(
                account=account,
                provider="sample",
                currency="RUB",
                amount_minor=1,
                created_at=NOW,
                created_by="a@example.com",
            )
            for _i in range(count)
        ]
    )
    MemberChange.objects.bulk_create(
        [
            MemberChange(
                instance=story.cloud,
                member=member,
                status="active",
                role=member.role,
                occurred_at=NOW,
                received_at=NOW,
                source="api",
            )
            for _i in range(count)
        ]
    )
    Notice.objects.bulk_create(
        [
            Notice(
                kind="x",
                fact=uuid.uuid4().hex,
                recipient="a@example.com",
                account=account,
                locale="ru",
                subject="x",
                text="x",
                html="x",
                created_at=NOW,
                next_attempt_at=NOW,
            )
            for _i in range(count)
        ]
    )
    receipts, receivable = posting.seller_account(account.seller, "bank"), posting.customer_side(account)
    entries = Entry.objects.bulk_create(
        [
            Entry(id=uuid.uuid4(), key=f"test:{uuid.uuid4().hex}", kind="adjustment", account=account, at=NOW)
            for _i in range(count)
        ]
    )
    Posting.objects.bulk_create(
        [Posting(entry=entry, debit=receipts, credit=receivable, currency="RUB", amount_minor=100) for entry in entries]
    )
    triggers.install(connection)


def ask_once(story: Story) -> CustomerRequest:
    request = CustomerRequest.objects.filter(kind="year_up_front").first()
    return request or ask(story, "year_up_front", people=20)


def test_lists_page_and_timeline_ask_as_often_for_a_thousand_rows_as_for_ten(story: Story) -> None:
    offer(story)
    whole = reverse("admin:accounts_customer_timeline", args=(story.customer.pk,))
    addresses = [f"/admin/billing/{name}/" for name in NEW_LISTS]
    addresses += ["/admin/", whole, f"{whole}?kind=people", f"/admin/accounts/customer/{story.customer.pk}/change/"]
    client = client_of("administrator")
    grow(story, 10)
    few = {address: queries(client, address) for address in addresses}
    grow(story, 990)
    many = {address: queries(client, address) for address in addresses}
    assert CustomerRequest.objects.count() >= 1000
    assert many == few
    assert max(few[f"/admin/billing/{name}/"] for name in NEW_LISTS) <= 15
    assert (few[whole] <= 25, few["/admin/"] <= 40) == (True, True)
    assert Event.objects.exists()
