"""Instances: registered with their first administrator (M15), deleted at the owner's request (M14)."""

import re
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import members
from accounts.models import Customer, Instance, Member, MemberChange, Product
from billing.errors import BadInput, BillingError
from billing.models import BillingAccount, SavedMethod
from billing.operations import audit
from billing.operations.collection import payment_methods
from billing.operations.customers import erasure, member_management
from billing.operations.cycle import access
from billing.operations.cycle.locking import lock_subscriptions
from billing.operations.subscriptions import lifecycle, metering

DOMAIN_TAKEN = _("This domain has an instance of this product already.")
SUBSCRIPTION_ACTIVE = _("The subscription is running: terminate it before the instance is deleted.")

DOMAIN = re.compile(r"(?=.{1,253}$)([^\W_]([\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]", re.UNICODE)


def find_product(code: str) -> Product:
    """Finds the product ``code``; refuses an unknown one and names those there are."""
    product = Product.objects.filter(code=code).first()
    if product is None:
        codes = ", ".join(Product.objects.values_list("code", flat=True)) or "—"
        raise BadInput(
            _("There is no product “%(code)s”. Use one of: %(known)s.") % {"code": code, "known": codes},
            field="product",
            code="unknown_product",
        )
    return product


def check_domain(domain: str, product: Product) -> str:
    """Returns ``domain`` in lower case; refuses what is no domain and one that has an instance of ``product`` already."""
    cleaned = domain.strip().lower().rstrip(".")
    if not DOMAIN.fullmatch(cleaned):
        raise BadInput(_("Enter a domain such as team.example.com."), field="domain")
    if Instance.objects.filter(domain__iexact=cleaned, product=product, deleted_at=None).exists():
        raise BillingError(DOMAIN_TAKEN, code="domain_taken")
    return cleaned


def build_instance(
    *, customer: Customer, product: Product, domain: str, email: str, registered_at: datetime
) -> Instance:
    """Builds the instance that registration would create, not stored. Refuses a bad or taken domain and a bad address."""
    return Instance(
        customer=customer,
        product=product,
        domain=check_domain(domain, product),
        email=members.clean_email(email),
        registered_at=registered_at,
    )


@transaction.atomic
def register_instance(
    *,
    customer: Customer,
    product: Product,
    domain: str,
    representative: members.Report,
    as_of: datetime,
    registered_at: datetime | None = None,
    source: str = MemberChange.Source.REGISTRATION,
    actor: str = "",
) -> Instance:
    """Registers an instance of ``product`` for ``customer``. The representative is its first active member, in the
    product's first role: its administrator, who speaks for the owner (M15)."""
    registered_at = metering.check_instant(registered_at, as_of, "registered_at") or as_of
    owner = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    instance = build_instance(
        customer=owner, product=product, domain=domain, email=representative.email, registered_at=registered_at
    )
    instance.save(force_insert=True)
    report = members.Report(
        external_id=representative.external_id,
        status=Member.Status.ACTIVE,
        email=representative.email,
        name=representative.name,
        role=members.first_role(instance).code,
        occurred_at=registered_at,
    )
    member, _change = members.report(instance=instance, report=report, at=as_of, source=source, actor=actor)
    account = BillingAccount.objects.filter(customer=owner).order_by("pk").first()
    if member is not None and account is not None:
        member_management.invite_first_member(member=member, account=account, as_of=as_of)
    return instance


def _remove_methods(customer: Customer, as_of: datetime, actor: str) -> None:
    """Removes the customer's saved methods where its last instance is deleted: nothing is left to be charged (D16)."""
    if not Instance.objects.filter(customer=customer, deleted_at=None).exists():
        for method in SavedMethod.objects.filter(account__customer=customer, removed_at=None):
            payment_methods.remove_method(method=method, as_of=as_of, actor=actor)


@transaction.atomic
def delete_instance(*, instance: Instance, as_of: datetime, actor: str, requested_by: str = "") -> None:
    """Deletes the instance on the owner's request: only after termination and only if nothing is owed (M14).

    Personal data of its people is erased, ledger and documents stay (D16). Repeating it changes nothing.
    """
    subscriptions = lock_subscriptions(instance, as_of=as_of)
    instance = members.lock(instance)
    if instance.deleted_at is not None:
        return
    if any(subscription.terminated_at is None for subscription in subscriptions):
        raise BillingError(SUBSCRIPTION_ACTIVE, code="subscription_active", rule="M14")
    for subscription in subscriptions:
        lifecycle.refuse_debt(subscription, "M14")
    instance.deleted_at = as_of
    erasure.erase_people(instance)
    instance.save()
    _remove_methods(instance.customer, as_of, actor)
    access.announce(instance, as_of=as_of)
    audit.record(
        actor=actor,
        action="instance.deleted",
        target=instance,
        at=as_of,
        customer=instance.customer,
        after={"requested_by": requested_by},
    )
