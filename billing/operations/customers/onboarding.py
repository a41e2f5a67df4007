"""Onboarding: a new instance is registered and subscribed to a tariff in one, whether a stranger signs up or an owner adds
another (M15, D18, E1)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime

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
from billing.operations.subscriptions import lifecycle, start_quotes, trials
from billing.operations.subscriptions.start_quotes import StartQuote
from billing.pricing import due_dates
from billing.pricing.explanations.evaluation import Explanation
from billing.pricing.explanations.explanation import explain_quantity
from billing.pricing.periods import business_date
from billing.pricing.terms import Metric, PriceModel


@dataclass(frozen=True)
class InstanceOrder:
    """An order for an instance of ``product`` at ``domain`` on the tariff ``tariff_id`` (None where the product is free), with
    ``quantity`` units where they are bought by number, started ``with_trial`` where the tariff has one."""

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
    """An order with its customer: ``customer``, or one created from ``new``; ``owner`` is the first person of the instance."""

    customer: Customer | None
    new: customers.NewCustomer | None
    order: InstanceOrder
    owner: Owner


@dataclass(frozen=True)
class OnboardingResult:
    """The instance of an application and the quote for its start; ``quote`` is None where the product is free. In a preview
    ``instance`` is not stored."""

    instance: Instance
    quote: StartQuote | None

    @property
    def token(self) -> str:
        """A digest of the figures: the same token, the same figures, whatever the ids of the rows are."""
        return self.quote.token if self.quote is not None else "free"


def find_tariff(order: InstanceOrder) -> Tariff | None:
    """Finds the tariff that is ordered; None for a free product. Refuses one that is not offered."""
    if order.product.kind == Product.Kind.FREE:
        return None
    return offered_tariffs.offered_tariff(order.product, order.tariff_id)


def find_seller(tariff: Tariff | None) -> Seller:
    """Finds the seller that bills the instance: the tariff's; for a free product the first of the installation, on whose account
    nothing is ever charged."""
    if tariff is not None:
        return tariff.seller
    seller = Seller.objects.order_by("pk").first()
    if seller is None:
        raise BillingError(_("Nobody sells here yet: ask the operator."), code="no_seller")
    return seller


def _mailbox_pattern(email: str) -> str:
    """Returns a pattern for ``email`` and for the same mailbox with a tag after a plus: name+second@example.com."""
    local, _at_sign, host = email.rpartition("@")
    return rf"^{re.escape(local.split('+')[0])}(\+[^@]*)?@{re.escape(host)}$"


def has_had_trial(*, email: str, domain: str, product: Product) -> bool:
    """Tells whether the reader of ``email`` had a trial of ``product``, as the customer, as the one who registered an instance or
    for the same domain: a new customer gets no second trial (B2)."""
    pattern = _mailbox_pattern(email)
    trials = Subscription.objects.filter(instance__product=product, trial_ends_on__isnull=False)
    registered = MemberChange.objects.filter(
        source=MemberChange.Source.REGISTRATION, member__email__iregex=pattern, instance__product=product
    )
    is_theirs = (
        Q(instance__email__iregex=pattern)
        | Q(instance__customer__email__iregex=pattern)
        | Q(instance__in=registered.values("instance"))
        | Q(instance__domain__iexact=domain.strip().rstrip("."))
    )
    return trials.filter(is_theirs).exists()


def refuse_second_trial() -> None:
    """Refuses a tariff that is nothing but a trial, for somebody who has had theirs (B2)."""
    raise BillingError(trials.TRIAL_USED, code="trial_used", rule="B2")


def _begins_with_trial(application: Application, tariff: Tariff) -> bool:
    """Tells whether the instance begins with the tariff's trial. Refuses a tariff that is nothing but a trial after an earlier one
    (B2)."""
    owner, order = application.owner, application.order
    is_new = application.customer is None
    has_had_one = is_new and has_had_trial(email=owner.email, domain=order.domain, product=order.product)
    if has_had_one and tariff.price_model == PriceModel.TRIAL:
        refuse_second_trial()
    return order.with_trial and not has_had_one and bool(tariff.trial_days)


def quote_instance(*, application: Application, as_of: datetime) -> OnboardingResult:
    """Quotes what `create_instance` would make and charge now, in rows that are not stored. Refuses what it would refuse."""
    order, tariff = application.order, find_tariff(application.order)
    customer = application.customer or customers.build_customer(_new_customer(application, tariff), as_of)
    trial = _begins_with_trial(application, tariff) if tariff is not None else None
    instance = instances.build_instance(
        customer=customer,
        product=order.product,
        domain=order.domain,
        email=application.owner.email,
        registered_at=as_of,
    )
    if tariff is None:
        lifecycle.check_terms(instance, None, order.quantity, None)
        return OnboardingResult(instance, None)
    return OnboardingResult(
        instance,
        start_quotes.quote_start(
            instance=instance, tariff_id=tariff.tariff_id, quantity=order.quantity, trial=trial, as_of=as_of
        ),
    )


def _new_customer(application: Application, tariff: Tariff | None) -> customers.NewCustomer:
    """Returns the data of the customer to be created, in the currency of the tariff's seller."""
    assert application.new is not None
    return replace(application.new, currency=find_seller(tariff).currency)


def create_instance(*, application: Application, as_of: datetime, actor: str) -> OnboardingResult:
    """Creates the customer where there is none yet, registers the instance with its first person and subscribes it to its
    tariff; the caller's transaction commits it or rolls it back.

    Refuses what registering and starting refuse: a domain that is taken, a tariff that is not offered, a trial that was used.
    """
    order, tariff = application.order, find_tariff(application.order)
    customer = application.customer or _create_customer(application, tariff, as_of)
    trial = _begins_with_trial(application, tariff) if tariff is not None else None
    owner = application.owner
    representative = Report(external_id=new_id("own"), status=Member.Status.ACTIVE, email=owner.email, name=owner.name)
    instance = instances.register_instance(
        customer=customer,
        product=order.product,
        domain=order.domain,
        representative=representative,
        as_of=as_of,
        actor=actor,
    )
    if tariff is None:
        lifecycle.create_subscription(
            instance=instance, tariff_id=None, quantity=order.quantity, as_of=as_of, actor=actor
        )
        return OnboardingResult(instance, None)
    quote = start_quotes.start_subscription(
        instance=instance, tariff_id=tariff.tariff_id, quantity=order.quantity, trial=trial, as_of=as_of, actor=actor
    )
    return OnboardingResult(instance, quote)


def _create_customer(application: Application, tariff: Tariff | None, as_of: datetime) -> Customer:
    customer = customers.create_customer(new=_new_customer(application, tariff), as_of=as_of)
    audit.record(
        actor=application.owner.email,
        action="customer.signed_up",
        target=customer,
        at=as_of,
        customer=customer,
        after={"product": application.order.product.code, "domain": application.order.domain},
    )
    return customer


def carry_out_as_quoted(act: Callable[[], OnboardingResult], seen: str) -> OnboardingResult:
    """Carries ``act`` out for the figures that ``seen`` names; for any other it refuses and writes nothing. Of two who want one
    domain at the same moment the second is refused."""
    try:
        return rehearsal.carry_out_as_seen(
            act,
            seen=seen,
            token=lambda result: result.token,
            refusal=lambda result: rehearsal.quote_expired(quote=result.quote),
        )
    except IntegrityError as error:
        if "one_living_instance_per_domain" not in str(error):
            raise
        raise BillingError(instances.DOMAIN_TAKEN, code="domain_taken") from None


@dataclass(frozen=True)
class PlanForecast:
    """The cost of ``tariff`` for somebody who subscribes to it today; nothing is stored.

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


def forecast_plan(*, tariff: Tariff, quantity: int | None, as_of: datetime) -> PlanForecast:
    """Works out what ``tariff`` costs a new instance with its one person, and ``quantity`` units where they are bought."""
    terms, today = tariff.terms(), business_date(as_of, tariff.seller.time_zone)
    if tariff.trial_days:
        return PlanForecast(tariff, quantity, due_dates.trial_end(today, tariff.trial_days), None, None)
    if terms.is_metered:
        return PlanForecast(tariff, quantity, None, None, None)
    units = quantity or 1
    if terms.metric == Metric.PAID_MEMBERS:
        first_role = Role.objects.filter(product=tariff.product_id).order_by("position", "pk").first()
        units = 1 if first_role is not None and first_role.is_paid else 0
    if terms.is_one_off:
        return PlanForecast(tariff, quantity, None, explain_quantity(terms, units), None)
    span = prepaid_periods.first_span(terms, today)
    explanation = prepaid_periods.explain_period(terms, units, span) if units else None
    return PlanForecast(tariff, quantity, None, explanation, span.end)
