"""Who calls the API: an operator's system, the software of an instance, and what they send."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.test import Client

from tests.support.people import stand_at

REAL = datetime(2026, 1, 1, tzinfo=UTC)


ROMASHKA = {
    "name": "ООО «Ромашка»",
    "kind": "company",
    "email": "buh@romashka.example",
    "locale": "ru",
    "currency": "RUB",
}


ANNA = {"external_id": "anna", "email": "anna@romashka.example", "name": "Анна"}


@cache
def document() -> Any:
    """The API's document as a caller gets it."""
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return json.loads(answer.content)


@cache
def calls() -> dict[str, Any]:
    """Every call of the document by its name."""
    return {
        operation["operationId"]: operation
        for methods in document()["paths"].values()
        for operation in methods.values()
    }


def documented_codes(operation: Any) -> set[str]:
    """The codes that the document tells of a call."""
    return {
        code
        for response in operation["responses"].values()
        for kind, content in response.get("content", {}).items()
        if kind == "application/problem+json"
        for code in content["schema"]["allOf"][1]["properties"]["code"]["enum"]
    }


def body_of(operation_id: str) -> Any:
    """The body that the document shows of a call; None where it takes none."""
    content = calls()[operation_id].get("requestBody", {}).get("content", {})
    return content["application/json"]["examples"][operation_id]["value"] if content else None


def refuse_undocumented(answer: Any, problem: Any) -> None:
    """Every problem that any test gets is one that the document tells of that call; our own faults are told of none."""
    route = getattr(answer.resolver_match, "route", "")
    path = "/" + re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", route)
    method = answer.request["REQUEST_METHOD"]
    operation = document()["paths"].get(path, {}).get(method.lower())
    if operation is not None and answer.status_code != 500:
        assert problem["code"] in documented_codes(operation), f"{method} {path} answers the untold {problem['code']}"


@dataclass
class Api:
    """Speaks JSON with a token; ``last`` is the latest answer, headers and all."""

    secret: str
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    last: Any = None

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, JSON of the answer; None where it is empty). ``headers`` with underscores: Idempotency_Key="a"."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.secret:
            sent.setdefault("Authorization", f"Bearer {self.secret}")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = sent.pop("Content-Type", "application/json")
        self.last = self.client.generic(method, f"/api/v1/{path}", data, content_type=kind, headers=sent)
        if not self.last.content:
            return self.last.status_code, None
        answer = json.loads(self.last.content)
        if self.last.status_code >= 400:
            refuse_undocumented(self.last, answer)
        return self.last.status_code, answer

    def get(self, path: str) -> tuple[int, Any]:
        return self.call("GET", path)

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        return self.call("PUT", path, body, **headers)

    def delete(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("DELETE", path, **headers)

    def create(self, path: str, body: Any) -> Any:
        """What a POST created."""
        status, answer = self.post(path, body)
        assert status == 201, answer
        return answer


def member_row(number: int, **more: Any) -> dict[str, Any]:
    """Person ``number`` as a row of a report on many."""
    return {"external_id": f"p{number}", "email": f"p{number}@b.example", "role": "member", "status": "active", **more}


def set_clock(instant: str) -> None:
    """The sandbox's clock is put somewhere; nothing is run on the way."""
    stand_at(datetime.fromisoformat(instant))


@dataclass
class Tenant:
    """A customer with one instance on METEOR Cloud, registered on 1 April: Anna alone is in it."""

    api: Api
    customer: str
    account: str
    instance: str
    subscription: str

    @property
    def people(self) -> str:
        return f"instances/{self.instance}/members"

    def joins(self, *numbers: int, status: str = "active", **more: Any) -> Any:
        """The people with these numbers are reported; the answer to the last."""
        answer = None
        for number in numbers:
            body = {"email": f"p{number}@romashka.example", "role": "member", "status": status, **more}
            code, answer = self.api.put(f"{self.people}/p{number}", body)
            assert code == 200, answer
        return answer


def create_tenant(api: Api, domain: str = "romashka.example.ru") -> Tenant:
    customer = api.create("customers", ROMASHKA)
    new = {"customer_id": customer["id"], "product": "meteor", "domain": domain, "representative": ANNA}
    instance = api.create("instances", new)
    subscription = api.create(f"instances/{instance['id']}/subscriptions", {"tariff_id": "meteor-cloud"})
    return Tenant(api, customer["id"], customer["accounts"][0]["number"], instance["id"], subscription["id"])


@dataclass
class Buyer:
    """A customer with one instance of a product on one of its tariffs; Anna speaks for it."""

    api: Api
    customer: str
    account: str
    instance: str
    subscription: str
    answer: Any

    @property
    def details(self) -> Any:
        """The subscription as the API tells it now."""
        status, details = self.api.get(f"subscriptions/{self.subscription}")
        assert status == 200, details
        return details

    @property
    def access(self) -> Any:
        return self.api.get(f"instances/{self.instance}")[1]

    @property
    def invoices(self) -> Any:
        """From the first issued to the last."""
        return self.api.get(f"invoices?account={self.account}")[1]["items"][::-1]

    @property
    def balance(self) -> str:
        return str(self.api.get(f"accounts/{self.account}")[1]["balance"]["amount"])

    def asks(self, act: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """An act on the subscription, whatever becomes of it."""
        return self.api.post(f"subscriptions/{self.subscription}/{act}", {} if body is None else body, **headers)

    def does(self, act: str, body: Any = None) -> Any:
        """An act that is carried out."""
        status, answer = self.asks(act, body)
        assert status == 200, answer
        return answer

    def reports(self, who: str, role: str, status: str = "active") -> tuple[int, Any]:
        body = {"email": f"{who}@romashka.example", "role": role, "status": status}
        return self.api.put(f"instances/{self.instance}/members/{who}", body)

    def pays(self, amount: str) -> Any:
        return self.api.create(f"accounts/{self.account}/payments", {"amount": amount, "method": "bank"})


def create_buyer(
    api: Api, product: str, tariff_id: str | None = None, *, domain: str = "romashka.example.ru", **more: Any
) -> Buyer:
    """Romashka takes ``product`` on ``tariff_id``; ``more`` is the rest of the subscription's body."""
    currency = "USD" if product == "blue" else "RUB"
    customer = api.create("customers", {**ROMASHKA, "currency": currency})
    new = {"customer_id": customer["id"], "product": product, "domain": domain, "representative": ANNA}
    instance = api.create("instances", new)["id"]
    body = {"tariff_id": tariff_id, **more} if tariff_id else more
    answer = api.create(f"instances/{instance}/subscriptions", body)
    return Buyer(api, customer["id"], customer["accounts"][0]["number"], instance, answer["id"], answer)


def money(amount: str, currency: str = "RUB") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def rub(amount: str) -> dict[str, str]:
    return money(amount)


def usd(amount: str) -> dict[str, str]:
    return money(amount, "USD")
