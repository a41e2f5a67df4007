"""A new instance together with what it is on: registered and put on a tariff in one, whether a stranger signs up or an owner
adds another (M15, D18, E1). What it costs is told by doing it and rolling it back (G10)."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.members import Report
from accounts.models import Customer, Instance, Member, MemberChange, Product, Role
from billing.errors import BillingError
from billing.models import Seller, Subscription, Tariff
from billing.operations import audit
from billing.operations.customers import customers, instances
from billing.operations.cycle import offered_tariffs, prepaid_periods
from billing.operations.subscriptions import lifecycle, start_quotes
from billing.operations.subscriptions.start_quotes import Beginning
from billing.pricing.evaluation import Explanation
from billing.pricing.explanation import explain_quantity
from billing.pricing.periods import business_date
from billing.pricing.terms import Metric, PriceModel

Result = TypeVar("Result")


@dataclass(frozen=True)
class Wish:
    """What somebody wants: an instance of ``product`` at ``domain`` on the tariff ``tariff_id`` (None where the product is
    free), ``quantity`` of what is bought by number, begun ``with_trial`` where the tariff has one."""

    product: Product
    domain: str
    tariff_id: str | None = None
    quantity: int | None = None
    with_trial: bool = True


@dataclass(frozen=True)
class Owner:
    """The first person of the instance, its administrator (M15)."""

    email: str
    name: str


@dataclass(frozen=True)
class Opening:
    """What has come of a wish; ``beginning`` is None where the product is free."""

    instance: Instance
    subscription: Subscription
    beginning: Beginning | None

    @property
    def token(self) -> str:
        """The figures in short: the same token, the same figures, whatever the ids of the rows are."""
        return figures(self.beginning)


def figures(beginning: Beginning | None) -> str:
    """The sums and days of ``beginning`` in short."""
    if beginning is None:
        return "free"
    days = [beginning.trial_ends_on, beginning.starts_on, beginning.next_date]
    sums = [[line.amount_minor for line in beginning.lines], beginning.due_now_minor, beginning.next_minor]
    told = [beginning.tariff.pk, beginning.quantity, [day and day.isoformat() for day in days], sums]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def tariff_of(wish: Wish) -> Tariff | None:
    """The tariff that is meant; None for a free product. Refuses one that is not offered."""
    if wish.product.kind == Product.Kind.FREE:
        return None
    return offered_tariffs.offered_tariff(wish.product, wish.tariff_id)


def seller_of(tariff: Tariff | None) -> Seller:
    """Who bills the instance: the tariff's seller; for what is free the first of the installation, whose account stays
    empty."""
    if tariff is not None:
        return tariff.seller
    seller = Seller.objects.order_by("pk").first()
    if seller is None:
        raise BillingError(_("Nobody sells here yet: ask the operator."), code="no_seller")
    return seller


def _at(email: str) -> str:
    """A pattern for ``email`` and for the same mailbox with a tag after a plus: name+second@example.com."""
    local, _at_sign, host = email.rpartition("@")
    return rf"^{re.escape(local.split('+')[0])}(\+[^@]*)?@{re.escape(host)}$"


def has_tried(*, email: str, domain: str, product: Product) -> bool:
    """Whether whoever reads ``email`` has had a trial of the product, as the customer, as the one who registered an instance or
    for the same domain: a new customer is not a new trial (B2)."""
    pattern = _at(email)
    tried = Subscription.objects.filter(instance__product=product, trial_ends_on__isnull=False)
    registered = MemberChange.objects.filter(
        source=MemberChange.Source.REGISTRATION, member__email__iregex=pattern, instance__product=product
    )
    theirs = (
        Q(instance__email__iregex=pattern)
        | Q(instance__customer__email__iregex=pattern)
        | Q(instance__in=registered.values("instance"))
        | Q(instance__domain__iexact=domain.strip().rstrip("."))
    )
    return tried.filter(theirs).exists()


def refuse_second_trial() -> None:
    """A plan that is nothing but a trial, for somebody who has had theirs (B2)."""
    raise BillingError(
        _("The trial of this product has been used already: choose a tariff that is paid."),
        code="trial_used",
        rule="B2",
    )


def open_instance(
    *, customer: Customer, wish: Wish, owner: Owner, as_of: datetime, actor: str, is_new_customer: bool
) -> Opening:
    """Registers the instance with its first person and puts it on its tariff; the caller's transaction keeps or drops it.

    Refuses what registering and beginning refuse: a domain that is taken, a tariff that is not offered, a trial that was used.
    """
    tariff = tariff_of(wish)
    tried = is_new_customer and has_tried(email=owner.email, domain=wish.domain, product=wish.product)
    if tried and tariff is not None and tariff.price_model == PriceModel.TRIAL:
        refuse_second_trial()
    first = Report(external_id=new_id("own"), status=Member.Status.ACTIVE, email=owner.email, name=owner.name)
    instance = instances.register_instance(
        customer=customer, product=wish.product, domain=wish.domain, representative=first, as_of=as_of, actor=actor
    )
    trial = wish.with_trial and not tried and bool(tariff and tariff.trial_days)

    def begin() -> Subscription:
        return lifecycle.create_subscription(
            instance=instance,
            tariff_id=tariff.tariff_id if tariff else None,
            quantity=wish.quantity,
            trial=trial if tariff else None,
            as_of=as_of,
            actor=actor,
        )

    if tariff is None:
        return Opening(instance, begin(), None)
    beginning = start_quotes.begun(begin, as_of)
    return Opening(instance, beginning.subscription, beginning)


def add_instance(
    *,
    customer: Customer | None,
    new: customers.NewCustomer | None,
    wish: Wish,
    owner: Owner,
    as_of: datetime,
    actor: str,
) -> Opening:
    """An instance for ``customer``, or for one that is made of ``new`` (its currency is the tariff's seller's)."""
    seller = seller_of(tariff_of(wish))
    if customer is None:
        assert new is not None
        made = customers.create_customer(new=replace(new, currency=seller.currency), as_of=as_of)
        audit.record(
            actor=owner.email,
            action="customer.signed_up",
            target=made,
            at=as_of,
            customer=made,
            after={"product": wish.product.code, "domain": wish.domain},
        )
        customer, is_new = made, True
    else:
        is_new = False
    return open_instance(customer=customer, wish=wish, owner=owner, as_of=as_of, actor=actor, is_new_customer=is_new)


def rehearsed(act: Callable[[], Result]) -> Result:
    """What ``act`` comes to; nothing of it is kept. Refuses what it refuses."""
    with transaction.atomic():
        found = act()
        transaction.set_rollback(True)
    return found


def performed(act: Callable[[], Opening], seen: str) -> Opening:
    """Carries ``act`` out for the figures that ``seen`` names; for any other nothing is written. Of two who want one domain
    at the same moment the second is told so."""
    try:
        with transaction.atomic():
            done = act()
            if done.token != seen:
                raise BillingError(
                    _("The figures have changed meanwhile: look at the new ones and confirm them."),
                    code="quote_expired",
                    rule="G10",
                )
    except IntegrityError as error:
        if "one_living_instance_per_domain" not in str(error):
            raise
        raise BillingError(_("This domain has an instance of this product already."), code="domain_taken") from None
    return done


@dataclass(frozen=True)
class Outlook:
    """What a plan will cost somebody who begins it on ``day``, worked out without making anything.

    ``trial_ends_on``: the last day that is free, None where it begins paid; ``explanation``: what is charged at once, None
    where that is nothing; ``until``: the day before which the first payment lasts.
    """

    tariff: Tariff
    quantity: int | None
    trial_ends_on: date | None
    explanation: Explanation | None
    until: date | None

    @property
    def first_minor(self) -> int:
        return int(self.explanation["amount_minor"]) if self.explanation is not None else 0


def outlook(*, tariff: Tariff, quantity: int | None, as_of: datetime) -> Outlook:
    """What ``tariff`` costs a new instance with its one person, ``quantity`` of what is bought by number."""
    terms, today = tariff.terms(), business_date(as_of, tariff.seller.time_zone)
    if tariff.trial_days:
        return Outlook(tariff, quantity, today + timedelta(days=tariff.trial_days), None, None)
    if terms.is_metered:
        return Outlook(tariff, quantity, None, None, None)
    units = quantity or 1
    if terms.metric == Metric.PAID_MEMBERS:
        first = Role.objects.filter(product=tariff.product_id).order_by("position", "pk").first()
        units = 1 if first is not None and first.is_paid else 0
    if terms.is_one_off:
        return Outlook(tariff, quantity, None, explain_quantity(terms, units), None)
    span = prepaid_periods.first_span(terms, today)
    found = prepaid_periods.explain_period(terms, units, span) if units else None
    return Outlook(tariff, quantity, None, found, span.end)
