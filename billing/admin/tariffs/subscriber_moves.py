"""Moves bring subscribers to another tariff (E2): previewed one by one, announced to the owners, called off while they wait."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from unfold import widgets
from unfold.enums import ActionVariant

from billing import clock
from billing.admin.acts.act_pages import Act, ActForm, ReasonForm
from billing.admin.acts.act_preview import Fact
from billing.admin.acts.form_fields import model_field, reason_field
from billing.admin.base import (
    ReadOnlyPage,
    ReadOnlyTable,
    badge,
    display,
    link,
    moment,
    money,
    short_date,
    short_moment,
)
from billing.models import Notice, Subscription, Tariff, TariffMove, TermsChange
from billing.operations.catalogue import subscriber_moves
from billing.reports.tariffs.release import Effect, effects
from billing.wording import formats
from billing.wording.unit_names import counted_text

MOST_LISTED = 40  # by name; the move touches all of them


def possible_targets(source: Tariff) -> Any:
    """Returns published tariffs of the same product and currency; the operation checks the rest."""
    return (
        Tariff.objects.published()
        .filter(product=source.product_id, unit_price_currency=source.currency)
        .exclude(pk=source.pk)
        .select_related("product", "seller")
    )


class MoveForm(ActForm):
    def build(self) -> None:
        source: Tariff = self.act.target
        self.fields["target"] = model_field(
            pgettext_lazy("move", "to"),
            possible_targets(source),
            help_text=_("A published tariff of the same product."),
        )
        self.fields["target"].label_from_instance = lambda row: f"{row.name_in(formats.language())} · {row}"  # type: ignore[attr-defined]
        self.fields["effective_date"] = forms.DateField(
            label=_("from"),
            widget=widgets.UnfoldAdminDateWidget(),
            help_text=_("Each changes with its first period that begins on this day or later. Not before %(date)s.")
            % {"date": short_date(subscriber_moves.earliest_date(source, clock.now()))},
        )
        self.fields["reason"] = reason_field(help_text=_("The owners read it in their notice."))


class MoveSubscribers(Act):
    name = "move_subscribers"
    title = _("Move its subscribers")
    button = _("Move them and tell the owners")
    lead = _(
        "Brings everybody on this version to another tariff from a day on. Their owners are told beforehand; what has been "
        "charged stays as it is."
    )
    icon, live = "move_up", True
    form_class = MoveForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        was_sold = target.status in (Tariff.Status.PUBLISHED, Tariff.Status.ARCHIVED)
        return was_sold and Subscription.objects.running().filter(tariff=target).exists()

    def initial(self) -> dict[str, Any]:
        newer = possible_targets(self.target).filter(tariff_id=self.target.tariff_id).first()
        return {"target": newer, "effective_date": subscriber_moves.earliest_date(self.target, clock.now())}

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> TariffMove:
        return subscriber_moves.move_subscribers(
            source=self.target,
            target=data["target"],
            effective_date=data["effective_date"],
            reason=data["reason"],
            user=self.user,
            as_of=as_of,
        )

    def facts(self, result: TariffMove) -> list[Fact]:
        changes = list(result.changes.values_list("subscription", flat=True))
        domains = set(Subscription.objects.filter(pk__in=changes).values_list("instance__domain", flat=True))
        listed_effects = [effect for effect in effects(result.source, result.target) if effect.domain in domains]
        currency = result.target.currency
        notices = Notice.objects.filter(fact__startswith=f"move:{result.pk}:").count()
        rows = [
            Fact(_("Subscriptions"), formats.count_text(len(changes))),
            Fact(_("Takes effect"), formats.date_text(result.effective_date)),
            Fact(_("Mails to the customers"), str(notices)),
        ]
        rows += [_effect_fact(effect, result.source, currency) for effect in listed_effects[:MOST_LISTED]]
        more = len(changes) - min(len(listed_effects), MOST_LISTED)
        if more:
            rows.append(Fact(_("And others, not listed here"), formats.count_text(more)))
        return rows

    def success_message(self, result: TariffMove) -> str:
        number = result.changes.count()
        text = ngettext(
            "%(count)s subscription will be moved on %(date)s.",
            "%(count)s subscriptions will be moved on %(date)s.",
            number,
        )
        return text % {"count": number, "date": formats.date_text(result.effective_date)}

    def next_url(self, result: TariffMove) -> str:
        return reverse("admin:billing_tariffmove_change", args=(result.pk,))


def _effect_fact(effect: Effect, source: Tariff, currency: str) -> Fact:
    units = counted_text(source, effect.quantity, formats.count_text(effect.quantity)).replace(" ", formats.NBSP)
    return Fact(
        f"{effect.customer} · {effect.domain} · {units}",
        money(effect.new_minor, currency),
        money(effect.old_minor, currency),
    )


class CallOff(Act):
    name = "call_off_move"
    permission = "move_subscribers"
    title = _("Call the move off")
    lead = _("Those it has not reached yet stay on the terms they have, and their owners are told so.")
    icon = "cancel"
    variant = ActionVariant.DANGER
    form_class = ReasonForm

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return bool(target.changes.filter(applied_at=None, cancelled_at=None).exists())

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> int:
        return subscriber_moves.call_off_move(move=self.target, user=self.user, as_of=as_of, reason=data["reason"])

    def facts(self, result: int) -> list[Fact]:
        return [Fact(_("Stay as they are"), formats.count_text(result))]

    def success_message(self, result: int) -> str:
        return str(_("The move is called off; the owners are told."))


class ChangeTable(ReadOnlyTable):
    model = TermsChange
    verbose_name_plural = _("Subscriptions")
    fields = ("customer", "instance", "state")
    readonly_fields = fields
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("subscription__instance__customer")

    @display(description=_("customer"))
    def customer(self, row: TermsChange) -> str:
        return row.subscription.instance.customer.name

    @display(description=_("instance"))
    def instance(self, row: TermsChange) -> str:
        return row.subscription.instance.domain

    @display(description=_("state"))
    def state(self, row: TermsChange) -> SafeString:
        if row.applied_at is not None:
            return badge("good", _("moved on %(date)s") % {"date": short_moment(row.applied_at)})
        return badge("plain", _("called off")) if row.cancelled_at is not None else badge("warn", _("waiting"))


@admin.register(TariffMove)
class TariffMovePage(ReadOnlyPage):
    acts = (CallOff,)
    list_display = ("versions", "effective", "number", "decided", "decided_by", "state")
    list_select_related = ("source__product", "target", "decided_by")
    search_fields = ("source__tariff_id", "target__tariff_id", "reason")
    fields = ("state", "source_link", "target_link", "effective", "number", "reason", "decided_text", "decided_by")
    readonly_fields = fields
    inlines = (ChangeTable,)

    def get_queryset(self, request: HttpRequest) -> Any:
        counted = Count("changes")
        waiting = Count("changes", filter=Q(changes__applied_at=None, changes__cancelled_at=None))
        moves = super().get_queryset(request).annotate(all_changes=counted, waiting_changes=waiting)
        return moves.select_related("source", "target", "decided_by")

    def title_of(self, row: Any) -> str:
        return f"{row.source} → {row.target}"

    @display(description=_("move"))
    def versions(self, row: TariffMove) -> str:
        return f"{row.source} → {row.target}"

    @display(description=_("takes effect"), ordering="effective_date")
    def effective(self, row: TariffMove) -> str:
        return short_date(row.effective_date)

    @display(description=_("subscriptions"))
    def number(self, row: Any) -> str:
        return formats.count_text(row.all_changes)

    @display(description=_("decided"), ordering="decided_at")
    def decided(self, row: TariffMove) -> str:
        return short_moment(row.decided_at)

    @display(description=_("decided"))
    def decided_text(self, row: TariffMove) -> str:
        return moment(row.decided_at)

    @display(description=pgettext_lazy("move", "from"))
    def source_link(self, row: TariffMove) -> str:
        return link(row.source)

    @display(description=pgettext_lazy("move", "to"))
    def target_link(self, row: TariffMove) -> str:
        return link(row.target)

    @display(description=_("state"))
    def state(self, row: Any) -> SafeString:
        if row.waiting_changes:
            text = ngettext("%(count)s waiting", "%(count)s waiting", row.waiting_changes)
            return badge("warn", text % {"count": row.waiting_changes})
        applied = row.changes.exclude(applied_at=None).exists()
        return badge("good", _("done")) if applied else badge("plain", _("called off"))
