from typing import Annotated

from pydantic import BaseModel

from accounts.models import Customer
from billing.api.v1.fields import InstantText, Money, instant_text, one_of
from billing.models import BillingAccount


class AccountBrief(BaseModel):
    number: str
    currency: str
    balance: Money


class CustomerAnswer(BaseModel):
    id: str
    name: str
    kind: Annotated[str, one_of(*Customer.Kind.values)]
    email: str
    locale: Annotated[str, one_of(*Customer.Locale.values)]
    external_id: str | None
    requisites: dict[str, str]
    created_at: InstantText
    accounts: list[AccountBrief]


def customer_answer(customer: Customer) -> CustomerAnswer:
    """Answers the customer with each account's balance as the customer sees it (G3)."""
    accounts = BillingAccount.objects.filter(customer=customer).select_related("ledger_account").order_by("number")
    return CustomerAnswer(
        id=customer.public_id,
        name=customer.name,
        kind=customer.kind,
        email=customer.email,
        locale=customer.locale,
        external_id=customer.external_id,
        requisites={name: value for name, value in customer.requisites().items() if value},
        created_at=instant_text(customer.created_at),
        accounts=[
            AccountBrief(
                number=account.number,
                currency=account.currency,
                balance=Money.of(account.ledger_account.balance_minor, account.currency),
            )
            for account in accounts
        ],
    )
