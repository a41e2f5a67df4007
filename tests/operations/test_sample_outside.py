"""The sample's outside: a webhook whose traffic is history, a link not opened yet, a tariff in review; nothing is called."""

from typing import Any

import pytest

from accounts.models import User
from billing.models import ApiToken, SignUp, Tariff, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from billing.operations.events.dispatch import send_due
from billing.operations.outbound import http_client
from billing.sandbox.story_outside import PRODUCT_MANAGER, Outside, moment
from tests.support import story as stories


class OutsideAt(Outside):
    """The sample's acts at a time of their own."""

    def __init__(self, at: str) -> None:
        self.at = moment(at)


@pytest.fixture
def story(db: None, monkeypatch: pytest.MonkeyPatch) -> stories.Story:
    def never(*_args: Any, **_kwargs: Any) -> None:
        raise AssertionError("the sample called somebody")

    monkeypatch.setattr(http_client, "post", never)
    return stories.tell()


def test_the_webhooks_traffic_is_history_and_the_last_event_waits(story: stories.Story) -> None:
    OutsideAt("2026-05-04 11:00").webhook(story.cloud.domain, "1С")
    OutsideAt("2026-05-04 11:10").replay(story.cloud.domain, "2025-01-01 00:00/2026-05-04 00:00")
    assert send_due(as_of=moment("2026-05-04 11:11")) == 0  # it rests while the story is told
    waiting = WebhookDelivery.objects.count()
    assert waiting >= 2
    OutsideAt("2026-05-04 11:20").calls(story.cloud.domain, None)
    *taken, last = WebhookDelivery.objects.order_by("pk")
    assert {row.state for row in taken} == {"delivered"}
    assert (last.state, last.attempts, last.last_status) == ("waiting", 3, 503)
    assert last.next_attempt_at == moment("2026-05-04 11:45").replace(second=29)
    assert WebhookAttempt.objects.filter(delivery=last).count() == 3
    assert WebhookEndpoint.objects.get().paused_at is None
    assert send_due(as_of=moment("2026-05-04 11:40")) == 0


def test_a_stranger_a_token_and_tariffs_in_work(story: stories.Story) -> None:
    OutsideAt("2026-05-12 13:10").sign_up("crm.example.ru", "ООО «Лукоморье»")
    assert SignUp.objects.get().confirmed_at is None
    OutsideAt("2026-05-12 13:10").token(story.cloud.domain, "1С")
    assert ApiToken.objects.get(label="1С").instance == story.cloud
    User.objects.create_user(PRODUCT_MANAGER, "x")
    OutsideAt("2026-05-12 13:10").next_price("meteor-cloud", 649)
    drafts = Tariff.objects.exclude(status="published").order_by("tariff_id")
    assert [(str(draft), draft.status) for draft in drafts] == [("meteor-cloud v2", "in_review"), ("plus v2", "draft")]
    assert drafts[0].unit_price.amount == 649
