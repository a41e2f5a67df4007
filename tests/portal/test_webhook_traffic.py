"""How events fare on their way: lag by hour and by day, failures, what waits; and the same as a picture."""

from datetime import timedelta

from django.utils.translation import override

from billing.charts import webhook_lag
from billing.models import WebhookDelivery
from billing.operations.events import event_types, fan_out
from billing.reports import webhook_traffic
from billing.reports.webhook_traffic import Bucket, traffic
from billing.wording import webhook_events
from tests.support.story import msk
from tests.support.webhook_calls import NOON, arrives, endpoint_of, happens, record_call

MOSCOW = "Europe/Moscow"
SECONDS = timedelta(seconds=1)


def at_noon(endpoint):
    return traffic(endpoint, as_of=NOON + timedelta(minutes=20), zone=MOSCOW)


def busy_buckets(buckets):
    """(hour or day in Moscow, arrived, median, worst, failed) of the buckets in which something happened."""
    return [
        (
            (bucket.start + timedelta(hours=3)).strftime("%d.%m %H"),
            bucket.delivered,
            bucket.median_ms,
            bucket.worst_ms,
            bucket.failed,
        )
        for bucket in buckets
        if bucket.delivered or bucket.failed
    ]


def test_each_hour_tells_its_median_its_worst_and_its_failures(story):
    endpoint = endpoint_of(story)
    for lag in (1, 2, 9):
        arrives(story, msk(5, 12, 10, 5), lag * SECONDS)
    late = happens(story, msk(5, 12, 10, 50))
    record_call(late, msk(5, 12, 10, 50), 500)
    record_call(late, msk(5, 12, 11, 0), 502)
    record_call(late, msk(5, 12, 11, 10))
    arrives(story, msk(5, 11, 11, 59), SECONDS)  # the hour before the first one shown
    shown_traffic = at_noon(endpoint)
    assert len(shown_traffic.hours) == 24
    assert busy_buckets(shown_traffic.hours) == [
        ("12.05 10", 3, 2_000, 9_000, 1),
        ("12.05 11", 1, 1_200_000, 1_200_000, 1),
    ]
    assert busy_buckets(shown_traffic.days) == [("11.05 00", 1, 1_000, 1_000, 0), ("12.05 00", 4, 5_500, 1_200_000, 2)]
    assert (shown_traffic.hours[0].start, shown_traffic.hours[-1].end) == (msk(5, 11, 13), msk(5, 12, 13))
    assert (shown_traffic.days[0].start, shown_traffic.days[-1].end) == (msk(4, 29, 0), msk(5, 13, 0))
    assert (shown_traffic.whole, shown_traffic.is_silent) == (True, False)


def test_what_waits_is_counted_with_the_age_of_the_oldest(story):
    endpoint = endpoint_of(story)
    happens(story, msk(5, 12, 11, 50))
    happens(story, msk(5, 12, 12, 10))
    assert at_noon(endpoint).waiting == webhook_traffic.Waiting(2, 30 * 60 * 1000)
    assert traffic(endpoint_of(story), as_of=NOON, zone=MOSCOW).is_silent


def test_what_is_sent_again_waits_since_it_was_asked_for(story):
    endpoint = endpoint_of(story)
    row = arrives(story, msk(5, 10, 9), 2 * SECONDS)
    fan_out.replay(endpoint=endpoint, event=row.event, as_of=msk(5, 12, 11), actor="anna")
    assert at_noon(endpoint).waiting == webhook_traffic.Waiting(1, 80 * 60 * 1000)
    record_call(row.event, msk(5, 12, 11, 0) + 4 * SECONDS)
    assert busy_buckets(at_noon(endpoint).days) == [("10.05 00", 1, 2_000, 2_000, 0), ("12.05 00", 1, 4_000, 4_000, 0)]


def test_another_endpoints_traffic_is_not_in_it(story):
    quiet = endpoint_of(story, types=["payment.received"])
    endpoint_of(story)
    arrives(story, msk(5, 12, 10), SECONDS)
    assert at_noon(quiet).is_silent


def test_of_very_many_the_latest_are_drawn_and_it_is_said(story, monkeypatch):
    endpoint = endpoint_of(story)
    monkeypatch.setattr(webhook_traffic, "MOST", 2)
    for lag in (60, 1):
        arrives(story, msk(5, 12, 10), lag * SECONDS)
    assert at_noon(endpoint).whole
    arrives(story, msk(5, 12, 10), 3 * SECONDS)
    shown_traffic = at_noon(endpoint)
    assert (busy_buckets(shown_traffic.hours), shown_traffic.whole) == ([("12.05 10", 2, 2_000, 3_000, 0)], False)


def test_a_list_tells_of_each_endpoint_what_waits_and_what_arrived_last(story):
    busy, quiet = endpoint_of(story), endpoint_of(story, types=["balance.low"])
    arrives(story, msk(5, 12, 9), 2 * SECONDS)
    arrives(story, msk(5, 12, 10), 5 * SECONDS)
    happens(story, msk(5, 12, 11))
    states = webhook_traffic.endpoint_states([busy, quiet], NOON)
    assert states[busy.pk] == webhook_traffic.EndpointState(
        webhook_traffic.Waiting(1, 3_600_000), msk(5, 12, 10) + 5 * SECONDS, 5_000
    )
    assert states[quiet.pk] == webhook_traffic.EndpointState(webhook_traffic.Waiting(0, None), None, None)


def test_pages_lead_both_ways_and_keep_to_what_is_shown(story):
    endpoint = endpoint_of(story)
    for minute in range(5):
        arrives(story, msk(5, 12, 10, minute), SECONDS)
    keys = list(WebhookDelivery.objects.order_by("-pk").values_list("pk", flat=True))
    WebhookDelivery.objects.filter(pk__in=keys[:2]).update(state="failed")
    first = webhook_traffic.deliveries(endpoint, limit=2)
    second = webhook_traffic.deliveries(endpoint, limit=2, before=first.older)
    assert ([row.pk for row in first.rows], first.newer, first.older) == (keys[:2], None, keys[1])
    assert ([row.pk for row in second.rows], second.newer, second.older) == (keys[2:4], keys[2], keys[3])
    assert webhook_traffic.deliveries(endpoint, limit=2, after=second.newer).rows == first.rows
    failed = webhook_traffic.deliveries(endpoint, shown="failed", limit=2)
    assert ([row.pk for row in failed.rows], failed.newer, failed.older) == (keys[:2], None, None)
    assert len(webhook_traffic.deliveries(endpoint, shown="nonsense").rows) == 5
    assert webhook_traffic.deliveries(endpoint, shown="waiting") == webhook_traffic.Page((), None, None)


def bucket(median, worst, failed=0):
    return Bucket(NOON, NOON + timedelta(hours=1), 1 if median is not None else 0, median, worst, failed)


def test_bars_climb_by_rungs_of_equal_height():
    buckets = [bucket(500, 1_000), bucket(None, None, 2), bucket(10_000, 35_000), bucket(60_000, 60_000)]
    with override("en"):
        drawn = webhook_lag.lag_chart(buckets, lambda start: "12:00", every=2)
    # Three rungs (1 s, 10 s, 1 min) in 112 pixels above the foot at 128: half a second stands at half of the first.
    assert [(rung.text, rung.y) for rung in drawn.rungs] == [("1 s", 91), ("10 s", 54), ("1 min", 16)]
    assert [(bar.height, bar.worst_y) for bar in drawn.bars] == [(18, 91), (0, 128), (74, 35), (112, 16)]
    assert [bar.middle for bar in drawn.bars] == ["12.5%", "37.5%", "62.5%", "87.5%"]
    assert [(tick.x, tick.second) for tick in drawn.ticks] == [("37.5%", True), ("87.5%", False)]
    assert [bar.bucket.failed for bar in drawn.bars] == [0, 2, 0, 0]


def test_a_quiet_chart_has_its_two_lowest_rungs():
    with override("en"):
        drawn = webhook_lag.chart_by_hour([bucket(None, None)], MOSCOW)
    assert [label.text for label in drawn.rungs] == ["1 s", "10 s"]
    assert [label.text for label in drawn.ticks] == ["12:00"]


def test_a_lag_is_said_in_its_largest_units():
    sentences = {
        None: "—",
        0: "0 ms",
        430: "430 ms",
        1_000: "1.0 s",
        9_990: "9.9 s",
        35_000: "35 s",
        119_000: "119 s",
        120_000: "2 min",
        7_140_000: "119 min",
        7_200_000: "2 h",
        7_800_000: "2 h 10 min",
        270_000_000: "3 d 3 h",
    }
    with override("en"):
        assert {lag: webhook_events.lag_text(lag) for lag in sentences} == sentences


def test_every_type_of_event_is_told_in_words_of_either_language():
    with override("en"):
        english = {name: event_types.meaning_of(name) for name in event_types.TYPES}
    with override("ru"):
        russian = {name: event_types.meaning_of(name) for name in event_types.TYPES}
    assert all(english.values())
    assert [name for name in english if russian[name] == english[name]] == []
    assert {name for _heading, names in webhook_events.group_types(event_types.TYPES) for name in names} == set(
        event_types.TYPES
    )
