"""A payment asks for the access of all the account's instances at once, and tells of those that changed (M9, D14)."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.members import Report
from billing.models import AccessAnnouncement, Event, Notice, WebhookDelivery
from billing.operations.cycle import access
from billing.operations.events import endpoints
from billing.operations.subscriptions import metering
from tests.support.people import STAFF, Party, at, party

PAID_AT = at("2026-05-20 12:00")


def chain_of(name: str, count: int) -> list[Party]:
    """One customer with ``count`` instances of eleven people each: 6 589.00 a month for each, April unpaid on 16 May."""
    first = party(f"{name}1")
    shops = [first, *(party(f"{name}{number}", customer=first.customer) for number in range(2, count + 1))]
    people = [
        Report(external_id=f"p{number}", status="active", email=f"p{number}@{name}.example", name="P", role="member")
        for number in range(10)
    ]
    for shop in shops:
        metering.report_members(instance=shop.instance, reports=people, as_of=at("2026-04-10 14:03"), source="api")
    first.close(at("2026-05-01 00:00"))
    assert first.invoices[0].open_minor == 658_900 * count
    access.announce_overdue(account_id=first.account.pk, as_of=at("2026-05-16 00:00"))
    assert {shop.access(PAID_AT) for shop in shops} == {"read_only"}
    return shops


def statements(shop: Party, sum_: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        shop.pay(sum_, PAID_AT)
    return len(asked)


def restored(shops: list[Party]) -> list[str]:
    """The domains whose restored access was told, in order."""
    events = Event.objects.filter(type="instance.restored", account=shops[0].account).order_by("pk")
    return [event.instance.domain for event in events.select_related("instance") if event.instance is not None]


def test_m9_d14_a_payment_takes_as_many_statements_for_thirty_instances_as_for_three() -> None:
    endpoints.add_endpoint(url="http://127.0.0.1:9/hooks", as_of=at("2026-04-01 08:00"), actor=STAFF)
    few, many = chain_of("few", 3), chain_of("many", 30)
    few[0].pay("67.00", PAID_AT)  # the first payment of all opens the seller's own account
    announced = AccessAnnouncement.objects.count()
    assert statements(many[0], "100.00") == statements(few[0], "100.00")
    assert AccessAnnouncement.objects.count() == announced, "a part changes nobody's access"
    assert statements(many[0], "197570.00") == statements(few[0], "19600.00")
    for shops in (few, many):
        assert {shop.access(PAID_AT) for shop in shops} == {"full"}
        assert restored(shops) == [shop.instance.domain for shop in shops]
    assert AccessAnnouncement.objects.count() == announced + 33
    assert WebhookDelivery.objects.filter(event__type="instance.restored").count() == 33
    assert Notice.objects.filter(kind="restored", account=few[0].account).count() == 4  # three owners and the customer


def test_d14_only_the_instance_whose_access_changed_is_told_of() -> None:
    shops = chain_of("shop", 3)
    shops[1].terminate(at("2026-05-17 12:00"))
    shops[0].pay("19767.00", at("2026-05-18 12:00"))
    events = Event.objects.filter(type__startswith="instance.", at__gte=at("2026-05-17 00:00")).order_by("pk")
    assert [(event.type, event.instance.domain, event.sequence) for event in events] == [
        ("instance.restored", "shop1.example.ru", 5),
        ("instance.restored", "shop3.example.ru", 5),
    ]
    shops[0].pay("500.00", at("2026-05-18 12:01"))
    assert events.count() == 2
