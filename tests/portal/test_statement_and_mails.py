"""The statement for any range and the history of mails with its recipients, as the owner sees them."""

import pytest

from accounts.models import Customer
from billing.models import AuditRecord, Notice
from tests.support.page_text import source_of
from tests.support.query_counts import more_movements, queries
from tests.support.story import msk


def test_the_statement_adds_up_for_its_days(story, anna):
    page = source_of(anna.get("/statement/?from=2026-05-01&to=2026-05-09"))
    assert "Balance at the start of 1 May 2026" in page
    assert page.count("−₽6,589.00") == 1
    assert "−₽12,579.00" in page
    assert "−₽13,178.00" not in page.split("In short")[1]
    assert "Nothing moved on these days." in source_of(anna.get("/statement/?from=2026-03-01&to=2026-03-02"))


def test_without_dates_it_is_the_running_month(story, anna):
    page = source_of(anna.get("/statement/"))
    assert 'value="2026-05-01"' in page
    assert 'value="2026-05-12"' in page


@pytest.mark.parametrize("query", ["from=abc", "from=2026-13-01", "to=31.05.2026", "from=0000-00-00"])
def test_dates_that_are_none_are_said_and_the_month_shown(story, anna, query):
    answer = anna.get(f"/statement/?{query}")
    assert answer.status_code == 200
    assert "Enter dates such as" in source_of(answer)


def test_days_in_the_wrong_order_are_swapped(story, anna):
    page = source_of(anna.get("/statement/?from=2026-05-12&to=2026-04-01"))
    assert "they have been swapped" in page
    assert "1 April" in page


def test_the_files_are_of_the_same_days(story, anna):
    pdf = anna.get("/statement/pdf?from=2026-05-01&to=2026-05-09")
    assert (pdf["Content-Type"], pdf.content[:5]) == ("application/pdf", b"%PDF-")
    csv = anna.get("/statement/csv?from=2026-05-01&to=2026-05-09")
    assert csv["Content-Disposition"] == f'attachment; filename="{story.account.number}_2026-05-01_2026-05-09.csv"'
    text = csv.content.decode("utf-8-sig")
    assert "12579" in text
    assert "13178" not in text


def test_a_long_statement_asks_the_database_as_often(story, anna):
    more_movements(story, 10)
    few = queries(anna, "/statement/")
    more_movements(story, 990)
    assert queries(anna, "/statement/") == few


def test_mails_show_whether_they_arrived(story, anna):
    newest = Notice.objects.filter(account=story.account).order_by("-pk")[0]
    Notice.objects.filter(pk=newest.pk).update(state="failed")
    page = source_of(anna.get("/mails/"))
    assert "not delivered" in page
    assert "on its way" in page
    assert "R-2026-000001" in page


def test_addresses_are_added_and_removed(story, anna):
    anna.post("/mails/", {"act": "add", "email": " Buh@Romashka.example "})
    anna.post("/mails/", {"act": "add", "email": "buh@romashka.example"})
    assert list(story.account.addresses.values_list("email", flat=True)) == ["buh@romashka.example"]
    assert "buh@romashka.example" in source_of(anna.get("/mails/"))
    anna.post("/mails/", {"act": "remove", "email": "buh@romashka.example"})
    assert not story.account.addresses.exists()
    assert AuditRecord.objects.filter(action="account.addresses_changed").count() == 2


def test_a_broken_address_is_refused_in_words(story, anna):
    answer = anna.post("/mails/", {"act": "add", "email": "no address"})
    assert answer.status_code == 422
    assert "Enter an email address" in source_of(answer)


def test_the_language_of_mails_is_chosen(story, anna):
    anna.post("/mails/", {"act": "language", "locale": "en"})
    assert Customer.objects.get(pk=story.customer.pk).locale == "en"
    anna.post("/mails/", {"act": "language", "locale": "xx"})
    assert Customer.objects.get(pk=story.customer.pk).locale == "en"


def test_nothing_of_this_is_anybody_elses(story, signed_in):
    for user in (story.boris,):
        client = signed_in(user)
        for address in ("/statement/", "/statement/pdf", "/statement/csv", "/mails/", "/more/", "/pay/", "/requests/"):
            assert client.get(address).status_code == 404, address
    vera = signed_in(story.vera)
    for address in ("/statement/", "/statement/pdf", "/statement/csv", "/mails/", "/pay/", "/requests/"):
        assert vera.get(f"{address}?account={story.account.number}").status_code == 404, address


def test_a_thousand_mails_ask_the_database_as_often(story, anna):
    def more(number: int, start: int) -> None:
        Notice.objects.bulk_create(
            Notice(
                kind="invoice_issued",
                fact=f"test:{start + _}",
                recipient=story.anna.email,
                account=story.account,
                locale="ru",
                subject="x",
                text="x",
                html="x",
                created_at=msk(5, 11),
                next_attempt_at=msk(5, 11),
            )
            for _ in range(number)
        )

    more(30, 0)
    few = queries(anna, "/mails/")
    more(970, 30)
    assert queries(anna, "/mails/") == few
