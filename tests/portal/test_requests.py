"""What owners ask of support in the portal (M11–M14, M16): filed with the consequences told, followed, withdrawn."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.models import CustomerRequest, RequestFile
from billing.operations.customers import requests
from billing.operations.cycle import access
from billing.operations.settlement import reliefs
from tests.support.mails import latest
from tests.support.page_text import source_of
from tests.support.people import stand_at
from tests.support.query_counts import queries
from tests.support.story import msk

PDF = b"%PDF-1.7 a payment order"


def upload(content: bytes = PDF, name: str = "order.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def new(kind: str, story=None) -> str:
    return f"/requests/new/{kind}/" + (f"?instance={story.public_id}" if story is not None else "")


def test_termination_tells_what_happens_asks_why_and_is_filed(story, anna):
    address = new("termination", story.cloud)
    page = source_of(anna.get(address))
    assert "read-only for its 11 active people" in page
    assert "on this account ₽6,589.00 for May" in page
    answer = anna.post(address, {"reason": "unused", "text": "Мы закрываемся", "confirmed": "yes"}, follow=True)
    filed = CustomerRequest.objects.get()
    assert (filed.kind, filed.instance, filed.requested_by) == ("termination", story.cloud, story.anna.email)
    assert "We do not use it any more." in filed.text
    assert "answered by 13 May" in source_of(answer)


def test_a_request_without_its_confirmation_is_not_filed(story, anna):
    answer = anna.post(new("termination", story.cloud), {"reason": "other"})
    assert answer.status_code == 422
    assert "Tick the box" in source_of(answer)
    assert CustomerRequest.objects.count() == 0


def test_the_same_request_twice_is_one(story, anna):
    for _ in range(2):
        anna.post(new("termination", story.cloud), {"confirmed": "yes"})
    assert CustomerRequest.objects.count() == 1
    assert "You have asked for this already" in source_of(anna.get(new("termination", story.cloud)))


def test_deletion_wants_the_domain_typed_and_nothing_owed(story, anna):
    address = new("deletion", story.archive)
    assert "is still owed" in source_of(anna.get(address))
    wrong = anna.post(address, {"domain": "romashka.example.ru", "confirmed": "yes"})
    assert "type it exactly" in source_of(wrong)
    owed = anna.post(address, {"domain": " OLD.romashka.example.ru ", "confirmed": "yes"})
    assert (owed.status_code, CustomerRequest.objects.count()) == (422, 0)
    assert "still owed" in source_of(owed)


def test_resumption_of_what_runs_is_refused(story, anna):
    answer = anna.post(new("resumption", story.cloud))
    assert (answer.status_code, CustomerRequest.objects.count()) == (422, 0)


def test_proof_of_payment_keeps_the_file_once(story, anna):
    for _ in range(2):
        anna.post(new("proof_of_payment"), {"file": upload(), "text": "R-2026-000001"})
    request_file = RequestFile.objects.get()
    assert (request_file.name, request_file.content_type, bytes(request_file.content)) == (
        "order.pdf",
        "application/pdf",
        PDF,
    )
    page = source_of(anna.get(f"/requests/{request_file.request.public_id}/"))
    assert "order.pdf" in page


def test_owners_open_the_file_again_and_nobody_else_does(story, anna, signed_in):
    anna.post(new("proof_of_payment"), {"file": upload(name="счёт 17.pdf"), "text": "R-2026-000001"})
    asked = CustomerRequest.objects.get()
    address = f"/requests/{asked.public_id}/files/{asked.files.get().pk}/"
    assert f'href="{address}"' in anna.get(f"/requests/{asked.public_id}/").content.decode()
    answer = anna.get(address)
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, PDF, "application/pdf")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "private, no-store")
    for other in (story.vera, story.boris):
        assert signed_in(other).get(address).status_code == 404
    assert anna.get(f"/requests/{asked.public_id}/files/{asked.files.get().pk + 1}/").status_code == 404


def test_a_file_is_found_under_its_own_request_only(story, anna):
    anna.post(new("proof_of_payment"), {"file": upload(), "text": "one"})
    anna.post(new("year_up_front"), {"people": "20"})
    file = RequestFile.objects.get()
    other = CustomerRequest.objects.get(kind="year_up_front")
    assert anna.get(f"/requests/{other.public_id}/files/{file.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>", "Attach a PDF, a PNG or a JPEG."),
        (b"MZ\x90", "Attach a PDF, a PNG or a JPEG."),
        (PDF + b"0" * (5 * 1024 * 1024), "larger than 5 MB"),
        (None, "Attach the payment order"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(anna, content, why):
    sent = {"file": upload(content)} if content is not None else {}
    answer = anna.post(new("proof_of_payment"), sent)
    assert answer.status_code == 422
    assert why in source_of(answer)
    assert CustomerRequest.objects.count() == 0


@pytest.mark.parametrize("people", ["", "0", "-1", "abc", "1.5", "1000000000000"])
def test_a_year_up_front_wants_a_number_of_people(anna, people):
    answer = anna.post(new("year_up_front"), {"people": people})
    assert answer.status_code == 422
    assert "how many people" in source_of(answer)


def test_the_owner_follows_and_withdraws(story, anna):
    anna.post(new("year_up_front", story.cloud), {"people": "20"})
    filed = CustomerRequest.objects.get()
    assert filed.people == 20
    page = source_of(anna.get("/requests/"))
    assert "answered by 13 May" in page
    for _ in range(2):
        anna.post(f"/requests/{filed.public_id}/withdraw/")
    assert "withdrawn" in source_of(anna.get(f"/requests/{filed.public_id}/"))


def test_the_answer_is_read_on_the_page_and_in_the_mail(story, anna):
    anna.post(new("year_up_front", story.cloud), {"people": "20"})
    filed = CustomerRequest.objects.get()
    requests.decline(request=filed, as_of=msk(5, 13), actor="support@saldo.example", reason="Слишком мало людей")
    page = source_of(anna.get(f"/requests/{filed.public_id}/"))
    assert "declined" in page
    assert "Слишком мало людей" in page
    mail = latest("request_answered")
    assert "Слишком мало людей" in mail.text
    assert f"/requests/{filed.public_id}/" in mail.html


def test_a_late_answer_is_said(story, anna):
    anna.post(new("year_up_front", story.cloud), {"people": "20"})
    stand_at(msk(5, 15))
    assert "Support has not answered in time" in source_of(
        anna.get(f"/requests/{CustomerRequest.objects.get().public_id}/")
    )


def test_what_is_unknown_or_of_others_does_not_exist(story, anna, signed_in):
    anna.post(new("year_up_front", story.cloud), {"people": "20"})
    filed, vera = CustomerRequest.objects.get(), signed_in(story.vera)
    for address in (f"/requests/{filed.public_id}/", new("termination", story.cloud), new("gift"), new("termination")):
        assert vera.get(address).status_code == 404, address
    assert vera.post(f"/requests/{filed.public_id}/withdraw/").status_code == 404
    assert vera.post(new("termination", story.cloud), {"confirmed": "yes"}).status_code == 404
    filed.refresh_from_db()
    assert filed.answered_at is None


def test_relief_counts_down_on_overview_and_instance(story, anna):
    stand_at(msk(5, 20))
    reliefs.grant_relief(
        instance=story.cloud, ends_at=msk(5, 22, 18), reason="п/п 17", as_of=msk(5, 20), actor="support@saldo.example"
    )
    until = "until 22 May 2026 at 18:00 Moscow time, then"
    for address in ("/", f"/instances/{story.cloud.public_id}/", "/operations/"):
        assert until in source_of(anna.get(address)), address
    listed = access.levels([story.cloud, story.test], as_of=msk(5, 20))
    for instance in (story.cloud, story.test):
        assert listed[instance.pk] == access.level(instance, as_of=msk(5, 20))
    stand_at(msk(5, 22, 18))
    page = source_of(anna.get("/"))
    assert until not in page
    assert "Access is read-only" in page


def test_a_list_of_a_thousand_asks_the_database_as_often(story, anna):
    def more(number: int) -> None:
        at = msk(5, 11)
        CustomerRequest.objects.bulk_create(
            CustomerRequest(
                kind="year_up_front",
                account=story.account,
                instance=story.cloud,
                requested_by=story.anna.email,
                requested_at=at,
                answer_by=at.date(),
                answered_at=at,
                outcome="done",
                answer="x",
            )
            for _ in range(number)
        )

    more(10)
    few = queries(anna, "/requests/")
    more(990)
    assert queries(anna, "/requests/") == few
