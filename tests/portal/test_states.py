"""Access in lists is the access that an instance asked alone is given (D3, M8, M12)."""

import pytest

from accounts.models import Instance
from billing.operations.cycle import access
from billing.operations.subscriptions import lifecycle
from tests.support.story import msk, new_customer


def alike(as_of) -> dict[str, str]:
    """The level of every instance by its domain, the same from the list and one by one."""
    instances = list(Instance.objects.order_by("pk"))
    levels = access.levels(instances, as_of=as_of)
    for instance in instances:
        assert levels[instance.pk] == access.level(instance, as_of=as_of), instance.domain
    return {instance.domain: str(levels[instance.pk].level) for instance in instances}


@pytest.mark.parametrize(
    ("at", "level"), [((5, 15, 23, 59), "full"), ((5, 16, 0, 0), "read_only"), ((7, 1), "read_only")]
)
def test_debt_locks_all_instances_of_its_account_and_nobody_elses(story, at, level):
    levels = alike(msk(*at))
    assert levels["romashka.example.ru"] == levels["test.romashka.example.ru"] == level
    assert levels["lavanda.example.ru"] == "full"
    assert levels["old.romashka.example.ru"] == "read_only"


def test_without_a_subscription_and_after_its_end_an_instance_is_read_only(story):
    lifecycle.terminate(
        subscription=story.test.subscriptions.get(),
        as_of=msk(5, 12),
        actor="support",
        requested_by="Anna",
        reason="Не нужен",
    )
    customer, _ = new_customer("ООО «Новая»", "new@new.example", msk(5, 12))
    Instance.objects.create(
        customer=customer,
        product=story.cloud.product,
        domain="new.example.ru",
        email="new@new.example",
        registered_at=msk(5, 12),
    )
    levels = alike(msk(5, 13))
    assert levels["test.romashka.example.ru"] == levels["new.example.ru"] == "read_only"


def test_a_deleted_instance_is_deleted(story):
    Instance.objects.filter(pk=story.archive.pk).update(deleted_at=msk(5, 12))
    assert alike(msk(5, 13))["old.romashka.example.ru"] == "deleted"
