"""The sample's outside: a webhook of Romashka's with some traffic, a token, a stranger who signs up, tariffs in work.

All of it runs through the ordinary operations but the calls of the webhook: nobody listens while the story runs, so
what came back then is written down as history (`write_calls_as_history`).
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.models import Customer, Instance, User
from billing import clock
from billing.models import Tariff, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.operations import api_tokens
from billing.operations.catalogue import tariffs
from billing.operations.customers import instances, signup
from billing.operations.customers.onboarding import InstanceOrder
from billing.operations.events import dispatch, endpoints, fan_out, webhook_request

ZONE = ZoneInfo("Europe/Moscow")
ANNA = "anna@romashka.example"
PRODUCT_MANAGER = "product@saldo.example"
# Where the receiver of docs/integrate.md may listen; until it does, a call is refused at once and looks up no name.
ADDRESS = "http://127.0.0.1:8099/saldo/events"
# Nothing that happens every day by itself: moving the sandbox's clock does not call an address where nobody listens.
HEARS = ("subscription.", "instance.", "invoice.paid", "payment.")

STORY: tuple[tuple[str, str, str, object], ...] = (
    ("2026-05-04 11:00", "webhook", "romashka.example.ru", "1С: оплаты и доступ"),
    ("2026-05-04 11:10", "replay", "romashka.example.ru", "2025-11-01 00:00/2026-02-20 00:00"),
    ("2026-05-04 11:20", "token", "romashka.example.ru", "1С: отчёты о людях"),
    ("2026-05-08 16:00", "next_price", "meteor-cloud", 649),
    ("2026-05-12 09:40", "replay", "romashka.example.ru", "2026-02-20 00:00/2026-03-13 00:00"),
    ("2026-05-12 13:10", "sign_up", "crm.lukomorye.example.ru", "ООО «Лукоморье»"),
    ("2026-05-12 14:50", "replay", "romashka.example.ru", "2026-03-13 00:00/2026-05-12 00:00"),
    ("2026-05-12 15:15", "calls", "romashka.example.ru", None),
)


class Call(NamedTuple):
    """One call: how long after the one before it, what was answered, and after how many milliseconds."""

    after: timedelta
    status: int
    took_ms: int
    answer: str = ""


TAKEN = Call(timedelta(seconds=1), 204, 140)
BUSY = Call(timedelta(seconds=2), 503, 2310, '{"error": "Идёт обмен с бухгалтерией, повторите позже"}')
# By the number of the delivery: most are taken at once, now and then the receiver is busy; the last one of all still waits.
CALLS: tuple[tuple[Call, ...], ...] = (
    (TAKEN,),
    (TAKEN._replace(took_ms=95),),
    (BUSY, TAKEN._replace(after=timedelta(seconds=7))),
    (TAKEN,),
    (TAKEN._replace(after=timedelta(seconds=3)),),
)
WAITS = (BUSY, BUSY._replace(after=timedelta(seconds=7)), BUSY._replace(after=timedelta(minutes=5, seconds=20)))


def moment(text: str) -> datetime:
    """Returns the instant of a row of the sample's story, on the wall clock of its sellers."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


class Outside:
    """The events at the edge of the sample; ``at`` is where its clock stands."""

    at: datetime

    def webhook(self, domain: str, name: object) -> None:
        """Adds Anna's webhook. It is paused while the story runs, so that nothing is called on the way."""
        customer = Customer.objects.get(instances__domain=domain)
        endpoint, _secret = endpoints.add_endpoint(
            url=ADDRESS, customer=customer, types=HEARS, name=str(name), as_of=self.at, actor=ANNA
        )
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_at=self.at)

    def replay(self, domain: str, span: object) -> None:
        """Lets Anna have what happened before sent again, to try her side of it."""
        since, until = map(moment, str(span).split("/"))
        endpoint = WebhookEndpoint.objects.get(customer__instances__domain=domain)
        fan_out.replay_range(endpoint=endpoint, since=since, until=until, as_of=self.at, actor=ANNA)

    def calls(self, domain: str, _nothing: object) -> None:
        endpoint = WebhookEndpoint.objects.get(customer__instances__domain=domain)
        write_calls_as_history(endpoint)
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_at=None)

    def token(self, domain: str, label: object) -> None:
        instance = Instance.objects.get(domain=domain)
        api_tokens.create_token(scope="instance", instance=instance, label=str(label), at=clock.real_now(), actor=ANNA)

    def sign_up(self, domain: str, customer: object) -> None:
        """Lets somebody ask for an instance who has not opened the link of the mail yet."""
        order = InstanceOrder(instances.find_product("meteor"), domain, "meteor-cloud")
        new = signup.NewSignUp("boyan@lukomorye.example", "Боян Вещий", str(customer), "company", "ru", order)
        signup.send_link(sign_up=signup.file_sign_up(new=new, as_of=self.at), as_of=self.at)

    def next_price(self, tariff_id: str, price: object) -> None:
        """Lets the product manager submit the next version of one tariff and begin that of another."""
        author = User.objects.get(email=PRODUCT_MANAGER)
        draft = tariffs.draft_next_version(tariff=_published_tariff(tariff_id), user=author, as_of=self.at)
        draft.unit_price = type(draft.unit_price)(int(str(price)), draft.currency)
        tariffs.save_draft(draft=draft, user=author, as_of=self.at)
        tariffs.submit_tariff(tariff=draft, user=author, as_of=self.at)
        tariffs.draft_next_version(tariff=_published_tariff("plus"), user=author, as_of=self.at)


def _published_tariff(tariff_id: str) -> Tariff:
    return Tariff.objects.published().get(tariff_id=tariff_id)


def write_calls_as_history(endpoint: WebhookEndpoint) -> None:
    """Writes the calls of what waits at ``endpoint``, as if a receiver had been there: all were taken but the last, which waits."""
    waiting = endpoint.deliveries.filter(state=WebhookDelivery.State.WAITING).order_by("pk").select_related("event")
    *taken, last = waiting
    for number, row in enumerate(taken):
        _write_calls(row, CALLS[number % len(CALLS)])
    _write_calls(last, WAITS)


def _write_calls(row: WebhookDelivery, calls: tuple[Call, ...]) -> None:
    at = row.replayed_at or row.event.at
    for number, call in enumerate(calls, start=1):
        at += call.after
        error = "" if call.status < 300 else f"HTTP {call.status}"
        headers = webhook_request.message_of(row.event, row.endpoint, at).headers
        WebhookAttempt.objects.create(
            delivery=row,
            number=number,
            at=at,
            sent_at=at,
            took_ms=call.took_ms,
            headers=headers,
            status=call.status,
            answer_headers={"server": "nginx", "content-type": "application/json"} if error else {"server": "nginx"},
            answer=call.answer,
            error=error,
        )
        row.attempts, row.last_attempt_at, row.last_status, row.last_error = number, at, call.status, error
    if row.last_error:
        row.next_attempt_at = at + dispatch.DELAYS[row.attempts - 1]
    else:
        row.state, row.delivered_at = WebhookDelivery.State.DELIVERED, at
    row.save()
