"""A new instance together with what it is on: registered and put on a tariff in one, whether a stranger signs up or an owner
adds another (M15, D18, E1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import IntegrityError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import new_id
from accounts.members import Report
from accounts.models import Customer, Instance, Member, MemberChange, Product, Role
from billing.errors import BillingError
from billing.models import Seller, Subscription, Tariff
from billing.operations import audit, rehearsal
from billing.operations.customers import customers, instances
from billing.operations.cycle import offered_tariffs, prepaid_periods
from billing.operations.subscriptions import lifecycle, start_quotes
from billing.operations.subscriptions.start_quotes import StartQuote
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.explanations.explanation import explain_quantity
from billing.pricing.periods import business_date
from billing.pricing.terms import Metric, PriceModel


@dataclass(frozen=True)
class Wish:
    """What somebody wants: an instance of ``product`` at ``domain`` on the tariff ``tariff_id`` (None where the product is
    free), ``quantity`` of what is bought by number, started ``with_trial`` where the tariff has one."""

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
class Application:
    """Who wants what: ``wish`` for ``customer``, or for one that is made of ``new``, with ``owner`` as its first person."""

    customer: Customer | None
    new: customers.NewCustomer | None
    wish: Wish
    owner: Owner


@dataclass(frozen=True)
class Opening:
    """What an application comes to or has come to; ``quote`` is None where the product is free. Before it is carried out,
    ``instance`` is in no table."""

    instance: Instance
    quote: StartQuote | None

    @property
    def token(self) -> str:
        """The figures in short: the same token, the same figures, whatever the ids of the rows are."""
        return self.quote.token if self.quote is not None else "free"


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


def _begins_with_trial(application: Application, tariff: Tariff) -> bool:
    """Whether the instance begins with the tariff's trial. Refuses a plan that is nothing but a trial, had before (B2)."""
    owner, wish = application.owner, application.wish
    is_new = application.customer is None
    tried = is_new and has_tried(email=owner.email, domain=wish.domain, product=wish.product)
    if tried and tariff.price_model == PriceModel.TRIAL:
        refuse_second_trial()
    return wish.with_trial and not tried and bool(tariff.trial_days)


def quote_instance(*, application: Application, as_of: datetime) -> Opening:
    """What `add_instance` would come to now, in rows that are in no table: nothing is written. Refuses what it would refuse."""
    wish, tariff = application.wish, tariff_of(application.wish)
    customer = application.customer or customers.checked_customer(_new_customer(application, tariff), as_of)
    trial = _begins_with_trial(application, tariff) if tariff is not None else None
    instance = instances.checked_instance(
        customer=customer, product=wish.product, domain=wish.domain, email=application.owner.email, registered_at=as_of
    )
    if tariff is None:
        lifecycle.checked_terms(instance, None, wish.quantity, None)
        return Opening(instance, None)
    return Opening(
        instance,
        start_quotes.quote_start(
            instance=instance, tariff_id=tariff.tariff_id, quantity=wish.quantity, trial=trial, as_of=as_of
        ),
    )


def _new_customer(application: Application, tariff: Tariff | None) -> customers.NewCustomer:
    """The customer to be made, in the currency of the tariff's seller."""
    assert application.new is not None
    return replace(application.new, currency=seller_of(tariff).currency)


def add_instance(*, application: Application, as_of: datetime, actor: str) -> Opening:
    """Makes the customer where there is none yet, registers the instance with its first person and puts it on its tariff; the
    caller's transaction keeps or drops it.

    Refuses what registering and starting refuse: a domain that is taken, a tariff that is not offered, a trial that was used.
    """
    wish, tariff = application.wish, tariff_of(application.wish)
    customer = application.customer or _sign_customer_up(application, tariff, as_of)
    trial = _begins_with_trial(application, tariff) if tariff is not None else None
    owner = application.owner
    first = Report(external_id=new_id("own"), status=Member.Status.ACTIVE, email=owner.email, name=owner.name)
    instance = instances.register_instance(
        customer=customer, product=wish.product, domain=wish.domain, representative=first, as_of=as_of, actor=actor
    )
    if tariff is None:
        lifecycle.create_subscription(
            instance=instance, tariff_id=None, quantity=wish.quantity, as_of=as_of, actor=actor
        )
        return Opening(instance, None)
    quote = start_quotes.start_subscription(
        instance=instance, tariff_id=tariff.tariff_id, quantity=wish.quantity, trial=trial, as_of=as_of, actor=actor
    )
    return Opening(instance, quote)


def _sign_customer_up(application: Application, tariff: Tariff | None, as_of: datetime) -> Customer:
    customer = customers.create_customer(new=_new_customer(application, tariff), as_of=as_of)
    audit.record(
        actor=application.owner.email,
        action="customer.signed_up",
        target=customer,
        at=as_of,
        customer=customer,
        after={"product": application.wish.product.code, "domain": application.wish.domain},
    )
    return customer


def carry_out_as_quoted(act: Callable[[], Opening], seen: str) -> Opening:
    """Carries ``act`` out for the figures that ``seen`` names; for any other nothing is written. Of two who want one domain
    at the same moment the second is told so."""
    try:
        return rehearsal.carry_out_as_seen(
            act,
            seen=seen,
            token=lambda opening: opening.token,
            refusal=lambda opening: rehearsal.quote_expired(quote=opening.quote),
        )
    except IntegrityError as error:
        if "one_living_instance_per_domain" not in str(error):
            raise
        raise BillingError(_("This domain has an instance of this product already."), code="domain_taken") from None


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
