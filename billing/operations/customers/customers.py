"""Customers: created, changed, and the addresses that their bills go to."""

from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts import members, requisites
from accounts.models import Customer
from billing.errors import BadInput
from billing.models import BillingAccount, BillingAddress
from billing.operations import audit
from billing.operations.ledger import accounts, external_ids


@dataclass(frozen=True)
class NewCustomer:
    """The data of a new customer; ``requisites`` are fields of `Customer.REQUISITES`."""

    name: str
    kind: str
    email: str
    locale: str
    currency: str
    # What the caller's own system calls the customer; the same one is never made twice.
    external_id: str = ""
    requisites: dict[str, str] = field(default_factory=dict)


def _check_requisites(values: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(values) - set(Customer.REQUISITES))
    if unknown:
        raise BadInput(
            _("“%(name)s” is not a requisite. Use: %(known)s.")
            % {"name": unknown[0], "known": ", ".join(Customer.REQUISITES)},
            field=f"requisites.{unknown[0]}",
        )
    for name, message in requisites.problems({"country": "RU", **values}).items():
        raise BadInput(message, field=f"requisites.{name}", code="invalid_requisites")
    return values


@transaction.atomic
def create_customer(*, new: NewCustomer, as_of: datetime) -> Customer:
    """Creates a customer with its account in ``new.currency``. Refuses bad addresses, requisites and unknown currencies."""
    seller = accounts.find_seller(new.currency)
    customer = build_customer(new, as_of)
    customer.save()
    accounts.open_account(customer=customer, seller=seller, as_of=as_of)
    return customer


def build_customer(new: NewCustomer, as_of: datetime) -> Customer:
    """Builds the customer that ``new`` would become, not stored. Refuses bad addresses and requisites."""
    customer = Customer(
        name=new.name.strip(),
        kind=new.kind,
        email=members.clean_email(new.email),
        locale=new.locale,
        created_at=as_of,
        external_id=new.external_id or None,
        **_check_requisites(new.requisites),
    )
    try:
        customer.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise BadInput(messages[0], field=name) from None
    return customer


@transaction.atomic
def create_customer_once(*, new: NewCustomer, as_of: datetime) -> tuple[Customer, bool]:
    """Creates a customer, once for each ``new.external_id``; returns it and whether it was created just now.

    The same id with the same content returns the existing customer; with other content it is refused, naming that customer.
    """
    customer = Customer.objects.filter(external_id=new.external_id).first() if new.external_id else None
    if customer is None:
        try:
            with transaction.atomic():
                return create_customer(new=new, as_of=as_of), True
        except IntegrityError:  # a parallel request was first: it has committed, or we would still be waiting
            customer = Customer.objects.filter(external_id=new.external_id).first() if new.external_id else None
            if customer is None:
                raise
    if not _is_same_customer(customer, new):
        raise external_ids.taken_error(new.external_id, customer_id=customer.public_id)
    return customer, False


def _is_same_customer(customer: Customer, new: NewCustomer) -> bool:
    """Whether ``customer`` has the data of ``new``."""
    new_values = (new.name.strip(), new.kind, members.clean_email(new.email), new.locale)
    currencies = BillingAccount.objects.filter(customer=customer).values_list("currency", flat=True)
    new_requisites = {"country": "RU", **{name: value for name, value in new.requisites.items() if value}}
    stored_requisites = {name: value for name, value in customer.requisites().items() if value}
    is_same = new_values == (customer.name, customer.kind, customer.email, customer.locale)
    return is_same and new.currency in currencies and new_requisites == stored_requisites


def apply_values(customer: Customer, values: dict[str, str]) -> dict[str, str]:
    """Sets ``values`` on ``customer``, stores nothing, and returns them as they were set; refuses what `change_customer` does."""
    if "email" in values:
        values = {**values, "email": members.clean_email(values["email"])}
    new_requisites = {name: value for name, value in values.items() if name in Customer.REQUISITES}
    _check_requisites({**customer.requisites(), **new_requisites})
    for name, value in values.items():
        setattr(customer, name, value)
    try:
        customer.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise BadInput(messages[0], field=name) from None
    return values


@transaction.atomic
def change_customer(*, customer: Customer, values: dict[str, str], as_of: datetime, actor: str) -> Customer:
    """Changes name, address, language or requisites of ``customer``, for future documents only (G6); recorded for audit.

    Refuses a bad address and requisites whose check digits do not agree, naming the field.
    """
    locked = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    before = {name: str(getattr(locked, name)) for name in values}
    values = apply_values(locked, values)
    changed = {name: value for name, value in values.items() if before[name] != value}
    if changed:
        locked.save(update_fields=sorted(changed))
        audit.record(
            actor=actor,
            action="customer.changed",
            target=locked,
            at=as_of,
            customer=locked,
            before={name: before[name] for name in changed},
            after=changed,
        )
    return locked


@transaction.atomic
def set_billing_addresses(*, account: BillingAccount, emails: list[str], as_of: datetime, actor: str) -> list[str]:
    """Replaces the further billing addresses of ``account`` by ``emails`` (M7); returns them in lower case.

    Refuses an address that cannot receive mail.
    """
    account = BillingAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    new_emails = list(dict.fromkeys(members.clean_email(email) for email in emails))
    before = list(account.addresses.order_by("pk").values_list("email", flat=True))
    account.addresses.exclude(email__in=new_emails).delete()
    BillingAddress.objects.bulk_create(
        BillingAddress(account=account, email=email) for email in new_emails if email not in before
    )
    if set(before) != set(new_emails):
        audit.record(
            actor=actor,
            action="account.addresses_changed",
            target=account,
            at=as_of,
            customer=account.customer,
            before={"emails": before},
            after={"emails": new_emails},
        )
    return new_emails
