"""A stranger signs up: nothing before the link, everything with it, once; who was here before gets no second trial (B2, M15, D18)."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail

from accounts.models import Customer, Instance, Member, Product, User
from billing.errors import BadInput, BillingError
from billing.models import AuditRecord, BillingAccount, Charge, Invoice, Notice, SignUp, Subscription
from billing.operations.customers import erasure, signup
from billing.operations.customers.onboarding import InstanceOrder
from billing.operations.customers.signup import NewSignUp
from billing.operations.run import billing_run
from tests.support import people
from tests.support.people import at

NOON = at("2026-04-10 12:00")
WORDS = "five quiet words in a row"
PLANS = {
    "blue": ("blue-monthly", None),
    "meteor": ("meteor-cloud", None),
    "evotor-driver": ("driver", 12),
    "evotor-app": ("light", None),
    "evotor-free": (None, None),
    "cyberos": ("trial", None),
}


def order(product: str = "blue", domain: str = "team.nora.example") -> InstanceOrder:
    tariff_id, quantity = PLANS[product]
    return InstanceOrder(Product.objects.get(code=product), domain, tariff_id, quantity)


def stranger(product: str = "blue", **changes: Any) -> NewSignUp:
    defaults: dict[str, Any] = {"email": "Nora@New.example", "name": "Nora Fields", "customer_name": "Nora & Co"}
    values = {**defaults, "kind": "company", "locale": "en", "order": order(product), **changes}
    return NewSignUp(**values)


def confirm(asked: SignUp, domain: str = "", when: Any = NOON) -> Instance:
    seen = signup.preview_sign_up(sign_up=asked, domain=domain, as_of=when).token
    _user, confirmation = signup.confirm_sign_up(sign_up=asked, password=WORDS, domain=domain, seen=seen, as_of=when)
    return confirmation.instance


def rows() -> list[int]:
    kinds: tuple[Any, ...] = (User, EmailAddress, Customer, BillingAccount, Instance, Member, Subscription, Notice)
    return [kind.objects.count() for kind in kinds]


def test_asking_makes_nothing_but_the_request() -> None:
    before = rows()
    asked = signup.file_sign_up(new=stranger(), as_of=NOON)
    assert rows() == before
    assert (asked.email, asked.domain, asked.expires_at) == (
        "nora@new.example",
        "team.nora.example",
        at("2026-04-11 12:00"),
    )


def test_looking_at_what_it_will_be_makes_nothing_either() -> None:
    asked = signup.file_sign_up(new=stranger("evotor-driver"), as_of=NOON)
    before = [*rows(), Charge.objects.count(), Invoice.objects.count()]
    shown = signup.preview_sign_up(sign_up=asked, as_of=NOON)
    assert shown.quote is not None
    assert shown.quote.first_minor == 120_000
    assert [*rows(), Charge.objects.count(), Invoice.objects.count()] == before


def test_the_link_makes_login_customer_instance_and_trial_in_one() -> None:
    instance = confirm(signup.file_sign_up(new=stranger(), as_of=NOON))
    user = User.objects.get(email="nora@new.example")
    assert user.check_password(WORDS)
    assert (user.name, user.locale) == ("Nora Fields", "en")
    assert EmailAddress.objects.get(user=user).verified
    customer = instance.customer
    assert (customer.name, customer.email, customer.locale) == ("Nora & Co", "nora@new.example", "en")
    [account] = BillingAccount.objects.filter(customer=customer)
    assert account.currency == "USD"
    [first] = instance.members.all()
    assert (first.email, first.status, first.role.code) == ("nora@new.example", "active", "project_administrator")
    subscription = instance.subscriptions.get()
    assert (subscription.priced_by.tariff_id, subscription.trial_ends_on) == ("blue-monthly", date(2026, 4, 17))
    assert Charge.objects.count() == 0
    assert AuditRecord.objects.get(action="customer.signed_up").actor == "nora@new.example"
    assert not Notice.objects.filter(kind="invitation").exists()
    assert Notice.objects.get(kind="trial_started").recipient == "nora@new.example"


@pytest.mark.parametrize(
    ("product", "currency", "charged", "owed"),
    [
        ("meteor", "RUB", [], []),
        ("evotor-driver", "RUB", [120_000], [120_000]),
        ("evotor-app", "RUB", [9_000], [9_000]),
        ("evotor-free", "RUB", [], []),
        ("cyberos", "RUB", [], []),
    ],
)
def test_every_kind_of_product_begins_as_the_engine_has_it(
    product: str, currency: str, charged: list[int], owed: list[int]
) -> None:
    instance = confirm(signup.file_sign_up(new=stranger(product), as_of=NOON))
    account = BillingAccount.objects.get(customer=instance.customer)
    assert account.currency == currency
    assert list(Charge.objects.values_list("amount_minor", flat=True)) == charged
    assert list(Invoice.objects.values_list("amount_due_minor", flat=True)) == owed
    assert instance.subscriptions.get().terminated_at is None
    instance.refresh_from_db()
    assert instance.is_test == (product == "cyberos")


def test_the_link_works_once_and_for_a_day() -> None:
    asked = signup.file_sign_up(new=stranger(), as_of=NOON)
    token = signup.sign_link(asked)
    sign_up = signup.find_sign_up(token)
    assert sign_up is not None
    with pytest.raises(BillingError) as over:
        signup.preview_sign_up(sign_up=sign_up, as_of=NOON + timedelta(hours=24))
    assert over.value.code == "sign_up_over"
    instance = confirm(sign_up, when=NOON + timedelta(hours=23, minutes=59))
    again = signup.find_sign_up(token)
    assert again is not None
    assert again.instance == instance
    with pytest.raises(BillingError) as used:
        signup.confirm_sign_up(sign_up=again, password=WORDS, seen="", as_of=NOON)
    assert used.value.code == "sign_up_used"
    assert Customer.objects.count() == 1
    assert signup.find_sign_up(token[:-2]) is None


def test_a_weak_password_makes_nothing() -> None:
    asked = signup.file_sign_up(new=stranger(), as_of=NOON)
    before = rows()
    with pytest.raises(BadInput) as refused:
        signup.confirm_sign_up(sign_up=asked, password="nora fields", seen="", as_of=NOON)
    assert refused.value.field == "password"
    assert rows() == before


def test_other_figures_than_the_ones_shown_make_nothing() -> None:
    asked = signup.file_sign_up(new=stranger("evotor-app"), as_of=NOON)
    seen = signup.preview_sign_up(sign_up=asked, as_of=NOON).token
    before = rows()
    with pytest.raises(BillingError) as refused:
        signup.confirm_sign_up(sign_up=asked, password=WORDS, seen=seen, as_of=NOON + timedelta(hours=13))
    assert refused.value.code == "quote_expired"
    assert rows() == before


def test_a_domain_taken_meanwhile_is_said_and_another_goes() -> None:
    asked = signup.file_sign_up(new=stranger(), as_of=NOON)
    confirm(signup.file_sign_up(new=stranger(email="first@new.example"), as_of=NOON))
    with pytest.raises(BillingError) as taken:
        signup.preview_sign_up(sign_up=asked, as_of=NOON)
    assert taken.value.code == "domain_taken"
    instance = confirm(asked, domain="other.nora.example")
    asked.refresh_from_db()
    assert (instance.domain, asked.domain) == ("other.nora.example", "other.nora.example")


def test_a_plan_that_is_gone_meanwhile_is_refused_in_words() -> None:
    asked = signup.file_sign_up(new=stranger(), as_of=NOON)
    assert asked.tariff is not None
    from billing.operations.catalogue import tariffs

    tariffs.archive_tariff(tariff=asked.tariff, user=people.staff("reviewer@saldo.example"), as_of=NOON)
    with pytest.raises(BadInput) as refused:
        signup.preview_sign_up(sign_up=asked, as_of=NOON)
    assert refused.value.code == "unknown_tariff"


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"name": " "}, "name"),
        ({"customer_name": ""}, "customer_name"),
        ({"kind": "ghost"}, "kind"),
        ({"locale": "fr"}, "locale"),
        ({"name": "n" * 151}, "name"),
    ],
)
def test_what_cannot_be_meant_is_told_at_its_field(details: dict[str, str], field: str) -> None:
    assert list(signup.find_problems(stranger(**details))) == [field]
    with pytest.raises(BadInput):
        signup.file_sign_up(new=stranger(**details), as_of=NOON)


@pytest.mark.parametrize("domain", ["", "team", "a b.example", "team.example.c", "x" * 260 + ".example"])
def test_a_domain_has_its_shape(domain: str) -> None:
    assert list(signup.find_problems(stranger(order=order(domain=domain)))) == ["domain"]


def test_quantity_and_tariff_are_those_on_offer() -> None:
    asked = stranger("evotor-driver")
    assert list(signup.find_problems(replace(asked, order=replace(asked.order, quantity=0)))) == ["quantity"]
    assert list(signup.find_problems(replace(asked, order=replace(asked.order, tariff_id="gone")))) == ["quantity"]


# --- One trial for each customer and product (B2, D18) ---------------------------------------------------------------


def start_subscription(product: str, **details: Any) -> Subscription:
    return confirm(signup.file_sign_up(new=stranger(product, **details), as_of=NOON)).subscriptions.get()


def test_the_same_mailbox_gets_one_trial_however_it_is_written() -> None:
    assert start_subscription("blue").trial_ends_on == date(2026, 4, 17)
    second = start_subscription("blue", email="nora+second@new.example", order=order(domain="second.nora.example"))
    assert (second.trial_ends_on, second.paid_from) == (None, date(2026, 4, 10))
    other = start_subscription("blue", email="noram@new.example", order=order(domain="third.nora.example"))
    assert other.trial_ends_on == date(2026, 4, 17)


def test_the_same_domain_gets_one_trial_after_its_deletion() -> None:
    first = start_subscription("blue")
    Instance.objects.filter(pk=first.instance_id).update(deleted_at=NOON)
    assert start_subscription("blue", email="other@new.example").trial_ends_on is None


def test_a_trial_of_another_product_is_another_trial() -> None:
    start_subscription("blue")
    lab = start_subscription("cyberos", email="nora+lab@new.example")
    assert lab.trial_ends_on == date(2026, 5, 10)


def test_a_plan_that_is_only_a_trial_is_refused_the_second_time() -> None:
    start_subscription("cyberos")
    again = stranger("cyberos", email="nora+two@new.example", order=order("cyberos", "two.nora.example"))
    with pytest.raises(BillingError) as refused:
        signup.preview_sign_up(sign_up=signup.file_sign_up(new=again, as_of=NOON), as_of=NOON)
    assert (refused.value.code, refused.value.rule) == ("trial_used", "B2")


def test_an_address_in_the_books_of_a_customer_of_ours_has_had_its_trial() -> None:
    people.party("nora", at("2026-04-01 09:00"), product="blue", tariff_id="blue-monthly", currency="USD")
    new_sign_up = stranger("blue", email="buh@nora.example", order=order(domain="x.nora.example"))
    assert confirm(signup.file_sign_up(new=new_sign_up, as_of=NOON)).subscriptions.get().trial_ends_on is None


# --- Mails -----------------------------------------------------------------------------------------------------------


def test_the_link_goes_out_in_the_language_that_was_chosen() -> None:
    signup.send_link(sign_up=signup.file_sign_up(new=stranger(), as_of=NOON), as_of=NOON)
    new_sign_up = stranger(email="vera@new.example", locale="ru", order=order(domain="vera.example"))
    signup.send_link(sign_up=signup.file_sign_up(new=new_sign_up, as_of=NOON), as_of=NOON)
    english, russian = mail.outbox
    assert english.subject == "Confirm your address for team.nora.example"
    assert "until 11 April 2026 at 12:00 Moscow time" in english.body.replace("\xa0", " ")
    assert "/sign-up/" in english.body
    [(html, kind)] = english.alternatives
    assert kind == "text/html"
    assert 'lang="en"' in html
    assert russian.to == ["vera@new.example"]
    assert "11 апреля 2026 в 12:00" in russian.body.replace("\xa0", " ")
    assert 'lang="ru"' in russian.alternatives[0][0]


def test_no_word_that_a_stranger_chose_goes_into_a_mail_to_somebody_else() -> None:
    new_sign_up = stranger(name="Win a prize", customer_name="http://evil.example")
    signup.send_link(sign_up=signup.file_sign_up(new=new_sign_up, as_of=NOON), as_of=NOON)
    assert "prize" not in mail.outbox[0].body + mail.outbox[0].alternatives[0][0]
    assert "evil" not in mail.outbox[0].body + mail.outbox[0].alternatives[0][0]


def test_whoever_has_a_login_is_told_so_in_their_language_and_gets_no_link_to_a_password() -> None:
    user = User.objects.create_user("nora@new.example", WORDS, locale="ru")
    EmailAddress.objects.create(user=user, email="further@new.example", verified=True, primary=True)
    for email, domain in (("nora@new.example", "a.example"), ("further@new.example", "b.example")):
        asked = signup.file_sign_up(
            new=stranger("evotor-driver", email=email, order=order("evotor-driver", domain)), as_of=NOON
        )
        assert signup.send_link(sign_up=asked, as_of=NOON)
        letter = mail.outbox[-1]
        assert letter.to == [email]
        assert f"/instances/new/?product=evotor-driver&domain={domain}&tariff=driver&quantity=12" in letter.body
        assert "/sign-up/" not in letter.body
        assert 'lang="ru"' in letter.alternatives[0][0]


def test_a_login_made_meanwhile_closes_the_link() -> None:
    first, second = (
        signup.file_sign_up(new=stranger(order=order(domain=f"{name}.example")), as_of=NOON) for name in "ab"
    )
    confirm(first)
    with pytest.raises(BillingError) as refused:
        confirm(second)
    assert refused.value.code == "sign_up_known"


def test_a_mail_that_did_not_go_out_is_sent_by_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = signup.file_sign_up(new=stranger(), as_of=NOON)

    def down(_self: object) -> int:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("django.core.mail.EmailMultiAlternatives.send", down)
        assert signup.send_link(sign_up=asked, as_of=NOON) is False
    asked.refresh_from_db()
    assert (asked.mailed_at, asked.mail_attempts) == (None, 1)
    assert billing_run.deliver(as_of=NOON + timedelta(minutes=1)).mails == 0
    assert billing_run.deliver(as_of=NOON + timedelta(minutes=2)).mails == 1
    assert billing_run.deliver(as_of=NOON + timedelta(hours=2)).mails == 0
    assert [letter.to for letter in mail.outbox] == [["nora@new.example"]]


def test_a_mail_that_never_goes_out_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = signup.file_sign_up(new=stranger(), as_of=NOON)
    monkeypatch.setattr("django.core.mail.EmailMultiAlternatives.send", lambda _self: 1 / 0)
    for minute in range(0, 24 * 60, 10):
        signup.send_due_links(as_of=NOON + timedelta(minutes=minute))
    asked.refresh_from_db()
    assert asked.mail_attempts == 5


def test_who_never_confirmed_is_forgotten_after_thirty_days() -> None:
    stays = confirm(signup.file_sign_up(new=stranger(), as_of=NOON))
    signup.file_sign_up(new=stranger(email="ghost@new.example", order=order(domain="ghost.example")), as_of=NOON)
    assert signup.delete_unconfirmed(as_of=NOON + timedelta(days=29, hours=23)) == 0
    billing_run.deliver(as_of=NOON + timedelta(days=30))
    assert [row.instance for row in SignUp.objects.all()] == [stays]


def test_with_the_instance_the_sign_up_is_erased_too() -> None:
    instance = confirm(signup.file_sign_up(new=stranger("evotor-free"), as_of=NOON))
    erasure.erase_people(instance)
    assert SignUp.objects.count() == 0
