"""Callers of the API: an operator's system, and the software of an instance."""

from collections.abc import Callable

import pytest

from accounts.models import Instance
from billing.operations import api_tokens
from tests.support.callers import REAL, Api, Buyer, Tenant, create_buyer, create_tenant, set_clock


@pytest.fixture
def operator(db: None) -> Api:
    """The operator's token, METEOR's catalogue, the clock at noon of 1 April 2026 in Moscow."""
    set_clock("2026-04-01T12:00:00+03:00")
    return Api(api_tokens.create_token(scope="operator", at=REAL, actor="test", label="crm")[1])


@pytest.fixture
def token_of() -> Callable[[str], Api]:
    """The API as the software of the instance with this id sees it."""

    def create(instance_id: str) -> Api:
        instance = Instance.objects.get(public_id=instance_id)
        return Api(api_tokens.create_token(scope="instance", instance=instance, at=REAL, actor="test")[1])

    return create


@pytest.fixture
def tenant(operator: Api) -> Tenant:
    return create_tenant(operator)


@pytest.fixture
def light(operator: Api) -> Buyer:
    """Romashka's till on 90.00 a month since 1 April."""
    return create_buyer(operator, "evotor-app", "light")
