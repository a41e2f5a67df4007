"""Customers: made, changed, and where their bills go."""

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
    """What is told of a customer; ``requisites`` are fields of `Customer.REQUISITES`."""

    name: str
    kind: str
    email: str
    locale: str
    currency: str
    # What the caller's own system calls the customer; the same one is never made twice.
    external_id: str = ""
    requisites: dict[str, str] = field(default_factory=dict)


def _checked_requisites(given: dict[str, str]) -> dict[str, str]:
    unknown = sorted(set(given) - set(Customer.REQUISITES))
    if unknown:
        raise BadInput(
            _("“%(name)s” is not a requisite. Use: %(known)s.")
            % {"name": unknown[0], "known": ", ".join(Customer.REQUISITES)},
            field=f"requisites.{unknown[0]}",
        )
    for name, message in requisites.problems({"country": "RU", **given}).items():
        raise BadInput(message, field=f"requisites.{name}", code="invalid_requisites")
    return given


@transaction.atomic
def create_customer(*, new: NewCustomer, as_of: datetime) -> Customer:
    """A customer with its account in ``new.currency``. Refuses broken addresses, requisites and unknown currencies."""
    seller = accounts.seller_for(new.currency)
    customer = checked_customer(new, as_of)
    customer.save()
    accounts.open_account(customer=customer, seller=seller, as_of=as_of)
    return customer


def checked_customer(new: NewCustomer, as_of: datetime) -> Customer:
    """The customer that ``new`` would become, in no table yet. Refuses broken addresses and requisites."""
    customer = Customer(
        name=new.name.strip(),
        kind=new.kind,
        email=members.clean_email(new.email),
        locale=new.locale,
        created_at=as_of,
        external_id=new.external_id or None,
        **_checked_requisites(new.requisites),
    )
    try:
        customer.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise BadInput(messages[0], field=name) from None
    return customer


@transaction.atomic
def create_once(*, new: NewCustomer, as_of: datetime) -> tuple[Customer, bool]:
    """`create_customer`, once for each ``new.external_id``: the customer, and whether it was made just now.

    The same id with the same content answers the customer there is; with other content it is refused, naming that customer.
    """
    found = Customer.objects.filter(external_id=new.external_id).first() if new.external_id else None
    if found is None:
        try:
            with transaction.atomic():
                return create_customer(new=new, as_of=as_of), True
        except IntegrityError:  # a parallel request was first: it has committed, or we would still be waiting
            found = Customer.objects.filter(external_id=new.external_id).first() if new.external_id else None
            if found is None:
                raise
    if not _is_same(found, new):
        raise external_ids.taken(new.external_id, customer_id=found.public_id)
    return found, False


def _is_same(customer: Customer, new: NewCustomer) -> bool:
    """Whether ``customer`` is what ``new`` tells."""
    told = (new.name.strip(), new.kind, members.clean_email(new.email), new.locale)
    currencies = BillingAccount.objects.filter(customer=customer).values_list("currency", flat=True)
    requisites_told = {"country": "RU", **{name: value for name, value in new.requisites.items() if value}}
    kept = {name: value for name, value in customer.requisites().items() if value}
    is_told = told == (customer.name, customer.kind, customer.email, customer.locale)
    return is_told and new.currency in currencies and requisites_told == kept


@transaction.atomic
def change_customer(*, customer: Customer, values: dict[str, str], as_of: datetime, actor: str) -> Customer:
    """Changes name, address, language or requisites of ``customer``: future documents only (G6). Kept with before and after.

    Refuses a broken address and requisites whose check digits do not agree, naming the field.
    """
    found = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    before = {name: str(getattr(found, name)) for name in values}
    if "email" in values:
        values = {**values, "email": members.clean_email(values["email"])}
    given = {name: value for name, value in values.items() if name in Customer.REQUISITES}
    _checked_requisites({**found.requisites(), **given})
    for name, value in values.items():
        setattr(found, name, value)
    try:
        found.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise BadInput(messages[0], field=name) from None
    changed = {name: value for name, value in values.items() if before[name] != value}
    if changed:
        found.save(update_fields=sorted(changed))
        audit.record(
            actor=actor,
            action="customer.changed",
            target=found,
            at=as_of,
            customer=found,
            before={name: before[name] for name in changed},
            after=changed,
        )
    return found


@transaction.atomic
def set_billing_addresses(*, account: BillingAccount, emails: list[str], as_of: datetime, actor: str) -> list[str]:
    """Makes ``emails`` the account's further billing addresses (M7), in place of those it had; returns them in lower case.

    Refuses an address that cannot receive mail.
    """
    account = BillingAccount.objects.select_for_update(of=("self",), no_key=True).get(pk=account.pk)
    wanted = list(dict.fromkeys(members.clean_email(email) for email in emails))
    before = list(account.addresses.order_by("pk").values_list("email", flat=True))
    account.addresses.exclude(email__in=wanted).delete()
    BillingAddress.objects.bulk_create(
        BillingAddress(account=account, email=email) for email in wanted if email not in before
    )
    if set(before) != set(wanted):
        audit.record(
            actor=actor,
            action="account.addresses_changed",
            target=account,
            at=as_of,
            customer=account.customer,
            before={"emails": before},
            after={"emails": wanted},
        )
    return wanted
