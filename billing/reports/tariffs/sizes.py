"""The number of units a subscription has, from which a bill of another tariff would be worked out."""

from collections.abc import Sequence

from django.db.models import Count

from accounts.models import Member
from billing.models import BillingPeriod, Subscription


def sizes(subscriptions: Sequence[Subscription]) -> dict[int, int]:
    """Returns the size of each, by its primary key: the peak of the open period, else people active in paid roles; two reads for all."""
    peaks = dict(
        BillingPeriod.objects.filter(subscription__in=subscriptions, closed_at=None).values_list("subscription", "peak")
    )
    paid = Member.objects.active().filter(role__is_paid=True, instance__in=[row.instance_id for row in subscriptions])
    seats = dict(paid.values_list("instance").annotate(number=Count("pk")))
    return {row.pk: peaks.get(row.pk, 0) if row.is_metered else seats.get(row.instance_id, 0) for row in subscriptions}
