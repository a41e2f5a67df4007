"""The overview: the worst state first, the balance in words, what comes next and what happened (M8, M9, D4, D8)."""

import re

from billing.operations.cycle import month_close
from tests.support.page_text import words
from tests.support.people import stand_at
from tests.support.story import joins, msk


def test_the_banner_names_the_sum_and_the_instant_of_the_lock(story, signed_in):
    text = words(signed_in(story.anna, "ru").get("/"))
    assert "Оплатите счёт № R-2026-000001 до 15 мая включительно." in text
    assert "16 мая 2026 в 00:00 по Москве ваши 2 экземпляра станут доступны только для чтения." in text
    assert "Оплатить 6 589,00 ₽" in text


def test_the_balance_is_told_in_words_and_its_parts_add_up(story, signed_in):
    text = words(signed_in(story.anna, "ru").get("/"))
    assert "−13 178,00 ₽" in text
    assert "К оплате сейчас 6 589,00 ₽ за апрель. Ещё 6 589,00 ₽ начислено за май, счёт придёт 1 июня." in text
    assert "Счёт за апрель −6 589,00 ₽" in text
    assert "Начислено за май, счёта ещё нет −6 589,00 ₽" in text


def test_the_same_in_english(story, signed_in):
    text = words(signed_in(story.anna).get("/"))
    assert "Pay invoice R-2026-000001 by 15 May, that day included." in text
    assert "On 16 May 2026 at 00:00 Moscow time your 2 instances become read-only." in text
    assert "−₽13,178.00" in text
    assert "Due now ₽6,589.00 for April. Another ₽6,589.00 is charged for May, its invoice comes on 1 June." in text


def test_usage_tells_the_peak_and_what_the_next_person_costs(story, signed_in):
    text = words(signed_in(story.anna).get("/"))
    assert "11 now · peak 11, reached on 10 May at 14:03" in text
    assert "The next person adds ₽599.00. With 9 or fewer from 1 June on — ₽0.00." in text


def test_people_who_left_may_be_replaced_for_nothing(story, signed_in):
    joins(story.cloud, 10, msk(5, 11), "Игорь Орлов", status="blocked")
    text = words(signed_in(story.anna).get("/"))
    assert "One more person adds nothing, as the peak is already paid for; the next after that adds ₽599.00." in text


def test_below_the_quota_the_cliff_is_shown_before_it_is_crossed(story, signed_in):
    response = signed_in(story.anna).get(f"/instances/{story.test.public_id}/")
    assert "5 more people are free. The one after that costs ₽5,990.00 a month" in words(response)


def test_what_comes_next_is_a_dated_list(story, signed_in):
    text = words(signed_in(story.anna).get("/"))
    assert "15 May Last day to pay invoice R-2026-000001 ₽6,589.00" in text
    assert "16 May at 00:00 Read-only, if it is not paid" in text
    assert "1 June Invoice for May: 11 × 599.00 ≈ ₽6,589.00" in text


def test_operations_say_who_did_it_and_how_it_was_worked_out(story, signed_in):
    text = words(signed_in(story.anna).get("/"))
    assert "Peak rose to 11 А. Петрова activated Мария Лебедева · 11 × 599.00 − 5,990.00 = ₽599.00" in text
    assert "Start of May: 10 active 10 × 599.00 = ₽5,990.00 · more than 9, so everybody is counted" in text


def test_nothing_is_locked_in_the_last_second_of_the_due_date(story, signed_in):
    stand_at(msk(5, 15, 23, 59))
    text = words(signed_in(story.anna).get("/"))
    assert "Pay invoice R-2026-000001 by 15 May" in text
    assert "Access is read-only" not in text


def test_from_midnight_on_the_banner_tells_what_restores_access_and_that_charges_go_on(story, signed_in):
    stand_at(msk(5, 16, 0, 0))
    text = words(signed_in(story.anna).get("/"))
    assert "Access is read-only: invoice R-2026-000001 is overdue." in text
    assert "Since 16 May 2026 at 00:00 Moscow time nothing can be created, changed or deleted" in text
    assert "₽6,589.00 restores full access, by itself and at once." in text
    assert "the months go on being charged for those who stay active" in text
    assert "Read-only, if it is not paid" not in text


def test_what_is_overdue_is_told_apart_from_what_is_due_later_and_comes_first(story, signed_in):
    month_close.close_due_months(account_id=story.account.pk, as_of=msk(6, 1, 0, 1))
    stand_at(msk(6, 2))
    text = words(signed_in(story.anna).get("/"))
    assert "₽6,589.00 is overdue; ₽6,589.00 more has to be paid by 15 June." in text
    assert "Due now" not in text
    assert "now Invoice R-2026-000001 is overdue: it was due on 15 May ₽6,589.00 15 June Last day to pay" in text
    assert "Pay ₽6,589.00" in text


def test_a_debt_that_is_all_overdue_names_its_invoices(story, signed_in):
    stand_at(msk(5, 20))
    assert "₽6,589.00 is overdue on 1 invoice. Another ₽6,589.00 is charged for May" in words(
        signed_in(story.anna).get("/")
    )


def test_the_balance_leads_to_the_operations_from_its_head(story, signed_in):
    page = signed_in(story.anna).get("/").content.decode()
    assert '<a class="card__link" href="/operations/">How it came to this</a>' in page


def test_every_page_of_an_account_in_debt_says_that_charges_go_on(story, signed_in):
    stand_at(msk(5, 20))
    client = signed_in(story.anna)
    addresses = [
        "/",
        "/operations/",
        "/documents/",
        "/documents/R-2026-000001/",
        "/instances/",
        f"/instances/{story.cloud.public_id}/",
    ]
    for address in addresses:
        text = words(client.get(address))
        assert "₽6,589.00 restores" in text, address
        assert "the months go on being charged for those who stay active" in text, address


def test_support_contacts_stand_on_every_page_that_asks_for_support(story, signed_in, settings):
    settings.SUPPORT_EMAIL, settings.SUPPORT_PHONE = "help@saldo.example", "+7 495 000-00-00"
    client = signed_in(story.anna)
    for address in (
        "/",
        "/operations/",
        "/documents/",
        "/documents/R-2026-000001/",
        "/no-such-page/",
        "/accounts/login/",
    ):
        page = client.get(address, follow=True).content.decode()
        assert 'href="mailto:help@saldo.example"' in page, address
        assert 'href="tel:+74950000000"' in page, address


def test_the_theme_is_kept_in_a_cookie_and_auto_forgets_it(story, signed_in):
    client = signed_in(story.anna)
    answer = client.post("/theme/", {"theme": "dark", "next": "/operations/"})
    assert (answer.status_code, answer["Location"]) == (302, "/operations/")
    assert 'data-theme="dark"' in client.get("/").content.decode()
    client.post("/theme/", {"theme": "auto", "next": "https://elsewhere.example/"})
    assert "data-theme" not in client.get("/").content.decode()


def test_a_theme_never_sends_people_to_another_site(story, signed_in):
    answer = signed_in(story.anna).post("/theme/", {"theme": "light", "next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


def test_pages_carry_no_inline_script_or_style(story, signed_in):
    client = signed_in(story.anna)
    for address in (
        "/",
        "/operations/",
        "/documents/R-2026-000001/",
        f"/instances/{story.cloud.public_id}/",
        "/accounts/email/",
    ):
        page = client.get(address, follow=True).content.decode()
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", page), address
        assert not re.search(r"<script(?![^>]*(src=|type=\"application/json\"))", page), address
