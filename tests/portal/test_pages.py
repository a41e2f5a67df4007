"""What holds for every page: looking changes nothing, a wrong address and a failure are told in the portal's own look."""

import re

from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from billing.reports import overview
from tests.support.page_text import words


def pages(story) -> list[str]:
    return [
        "/",
        "/operations/",
        "/operations/?before=2",
        "/operations/?after=1",
        "/documents/",
        "/documents/?page=7",
        "/documents/R-2026-000001/",
        "/instances/",
        f"/instances/{story.cloud.public_id}/",
        f"/instances/{story.archive.public_id}/",
    ]


def test_looking_at_a_page_writes_nothing(story, signed_in):
    client = signed_in(story.anna)
    for address in pages(story):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(address).status_code == 200, address
        written = [query["sql"] for query in asked if not query["sql"].startswith("SELECT")]
        assert written == [], address


def test_pages_are_read_and_never_posted_to(story, signed_in):
    client = signed_in(story.anna)
    for address in pages(story):
        assert client.post(address).status_code == 405, address


def test_nonsense_in_an_address_is_as_if_it_were_not_there(story, signed_in):
    client = signed_in(story.anna)
    plain = words(client.get("/operations/"))
    for cursor in ("abc", "-1", "1.5", "²", "9" * 30, ""):
        assert words(client.get(f"/operations/?before={cursor}")) == plain
    for number in ("R-2026-999999", "..%2F..", "%00", "R-2026-000001'--"):
        assert client.get(f"/documents/{number}/").status_code == 404, number
        assert client.get(f"/instances/{number}/").status_code == 404, number


def test_a_failure_is_told_without_details(story, signed_in, monkeypatch):
    def fail(**facts):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(overview, "account_position", fail)
    client = signed_in(story.anna)
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in words(answer)
    assert "secret detail" not in answer.content.decode()


def test_the_failure_page_needs_nothing_of_the_application():
    with translation.override("ru"):
        page = render_to_string("500.html")
    assert 'lang="ru"' in page
    assert "Что-то пошло не так на нашей стороне" in page


def test_a_form_that_was_open_for_too_long_is_told_so(story):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.cookies["django_language"] = "en"
    answer = client.post("/theme/", {"theme": "dark"})
    assert answer.status_code == 403
    assert "The page was open for too long" in words(answer)


def test_what_people_write_is_shown_as_text(story, signed_in):
    story.customer.name = "<script>alert(1)</script>"
    story.customer.save()
    page = signed_in(story.anna).get("/").content.decode()
    assert "<script>alert(1)" not in page
    assert re.search(r"&lt;script&gt;alert\(1\)", page)
