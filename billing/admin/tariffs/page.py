"""The admin's pages of tariffs: a draft is edited, everything else is an act, and published terms never change (E2)."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import Product
from billing.admin.base import OperationPage, display, link, list_link, moment, short_date
from billing.admin.tariffs.editor_layout import FIGURES, NAMES, currency_of, sections
from billing.admin.tariffs.field_rules import MODELS
from billing.admin.tariffs.form import PreviewForm, TariffForm, read_terms
from billing.admin.tariffs.life_acts import (
    Archive,
    NextVersion,
    Publish,
    Restore,
    SendBack,
    Submit,
    TakeBack,
    ThrowAway,
)
from billing.admin.tariffs.presets import PRESETS, find_preset, initial_of, tariff_of
from billing.admin.tariffs.release_check import check_of, comment_on, life_of, state_badge, versions_of
from billing.admin.tariffs.sample_bills import Panel, panel_of
from billing.admin.tariffs.subscriber_moves import MoveSubscribers
from billing.admin.tariffs.terms_table import AUDIENCE, TERMS, label_of, price_of, term_rows
from billing.models import Seller, Subscription, Tariff, TariffMove
from billing.operations.staff_roles import permission_of
from billing.wording import formats

Status = Tariff.Status
EDITED = ("product", "seller", "tariff_id", "name", "name_ru", *TERMS, "position", *AUDIENCE)


@admin.register(Tariff)
class TariffPage(OperationPage):
    form = TariffForm
    acts = (Publish, Submit, SendBack, TakeBack, NextVersion, MoveSubscribers, Archive, Restore, ThrowAway)
    list_display = ("names", "tariff_id", "version", "product", "price", "state", "subscribers")
    list_filter = ("status", "product", "price_model", "seller")
    list_select_related = ("product", "seller")
    search_fields = ("tariff_id", "name", "name_ru", "product__name")
    fields = EDITED

    class Media:
        css = {"all": ("staff/tariffs.css",)}
        js = ("staff/tariff-editor.js",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(permission_of("draft_tariff"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allows changes to drafts alone (E2): a forged form for another tariff is refused before it is read."""
        return request.user.has_perm(permission_of("draft_tariff")) and (obj is None or obj.status == Status.DRAFT)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Fixes id and product of a new version: they are those of its tariff (E5)."""
        return ("product", "seller", "tariff_id") if obj is not None and obj.version > 1 else ()

    def get_queryset(self, request: HttpRequest) -> Any:
        running = Count("subscriptions", filter=Q(subscriptions__terminated_at=None))
        tariffs = super().get_queryset(request).select_related("product", "seller", "author", "reviewer")
        return tariffs.annotate(running=running)

    def title_of(self, row: Any) -> str:
        return f"{row.name_in(formats.language())} · {row}"

    # --- The editor and the page that is only read ---------------------------------------------------------------------

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        values = initial_of(find_preset(request.GET.get("preset")))
        for name, model in (("seller", Seller), ("product", Product)):
            only: list[Any] = list(model._default_manager.values_list("pk", flat=True)[:2])
            if len(only) == 1:
                values.setdefault(name, only[0])
        return values

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        tariff: Tariff | None = kwargs.get("obj")
        response = super().render_change_form(request, context, *args, **kwargs)
        if tariff is None or self.has_change_permission(request, tariff):
            response.template_name = "admin/tariffs/editor.html"
            details = self._editor_context(request, response.context_data["adminform"].form, tariff)
        else:
            response.template_name = "admin/tariffs/read_only.html"
            details = {"terms": term_rows(tariff), "panel": panel_of(tariff)}
            if tariff.status == Status.IN_REVIEW:
                details["check"] = check_of(tariff)
        response.context_data.update(details, **(self._history_context(tariff) if tariff is not None else {}))
        return response

    def _editor_context(self, request: HttpRequest, form: TariffForm, tariff: Tariff | None) -> dict[str, Any]:
        args = (tariff.pk,) if tariff is not None else ()
        return {
            "form": form,
            "panel": self._panel(request, form, tariff),
            "preview_url": reverse("admin:billing_tariff_preview", args=args),
            "figures": sections(form, FIGURES),
            "names": sections(form, NAMES),
            "cards": MODELS,
            "chosen": str(form["price_model"].value() or MODELS[0].value),
            "currency_sign": currency_of(form, tariff),
            "presets": PRESETS if tariff is None else (),
            "preset": request.GET.get("preset", ""),
            "comment": comment_on(tariff) if tariff is not None else None,
        }

    def _panel(self, request: HttpRequest, form: TariffForm, tariff: Tariff | None) -> Panel | None:
        """Returns the panel beside the form as it is opened: of the draft, of the preset, or of the data that was sent."""
        if form.is_bound:
            return self._preview_panel(request, tariff)
        if tariff is not None:
            return panel_of(tariff)
        preset = find_preset(request.GET.get("preset"))
        return panel_of(tariff_of(preset, Seller.objects.first())) if preset else None

    def _history_context(self, tariff: Tariff) -> dict[str, Any]:
        moves = TariffMove.objects.filter(Q(source=tariff) | Q(target=tariff))
        return {
            "tariff": tariff,
            "state": state_badge(tariff),
            "published_text": moment(tariff.published_at) if tariff.published_at else "",
            "subscribers_link": self.subscribers(tariff),
            "life": life_of(tariff),
            "versions": versions_of(tariff),
            "moves": [
                {
                    "link": link(row, f"{row.source} → {row.target}"),
                    "date": short_date(row.effective_date),
                    "reason": row.reason,
                }
                for row in moves.select_related("source", "target")
            ],
        }

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.left_out:
            names = ", ".join(label_of(name).lower() for name in form.left_out)
            messages.warning(
                request, _("Left out, because this kind of price does not use it: %(names)s.") % {"names": names}
            )

    def response_post_save_add(self, request: HttpRequest, obj: Tariff) -> HttpResponseRedirect:
        """Goes back to the draft, from where it is submitted for review."""
        return HttpResponseRedirect(reverse("admin:billing_tariff_change", args=(obj.pk,)))

    response_post_save_change = response_post_save_add

    # --- Sample bills while it is being typed --------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        return [
            path("preview/", view, name="billing_tariff_preview"),
            path("<int:pk>/preview/", view, name="billing_tariff_preview"),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """Answers with the panel for the typed data; nothing is saved. Raises PermissionDenied, Http404."""
        tariff = Tariff.objects.select_related("product", "seller").filter(pk=pk).first() if pk else None
        if pk and tariff is None:
            raise Http404
        if not self.has_change_permission(request, tariff):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return TemplateResponse(
            request, "admin/tariffs/_sample_bills.html", {"panel": self._preview_panel(request, tariff)}
        )

    def _preview_panel(self, request: HttpRequest, tariff: Tariff | None) -> Panel:
        form_class: Any = self.get_form(request, tariff, change=tariff is not None)
        typed = type("TypedForm", (PreviewForm, form_class), {})
        draft = read_terms(typed(request.POST, instance=Tariff.objects.get(pk=tariff.pk) if tariff else None))
        return panel_of(draft) if draft is not None else Panel(unread=True)

    # --- The list ------------------------------------------------------------------------------------------------------

    @display(description=_("name"), ordering="name")
    def names(self, tariff: Tariff) -> str:
        return tariff.name_in(formats.language())

    @display(description=_("price"))
    def price(self, tariff: Tariff) -> str:
        return price_of(tariff)

    @display(description=_("status"), ordering="status")
    def state(self, tariff: Tariff) -> SafeString:
        return state_badge(tariff)

    @display(description=_("subscribers"))
    def subscribers(self, tariff: Any) -> str:
        return list_link(Subscription, f"tariff__id__exact={tariff.pk}", tariff.running)
