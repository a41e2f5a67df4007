"""Base classes of the admin's pages: the looks are unfold's, nothing is ever deleted, and money is read-only.

A page is one model's list and form. `ReadOnlyPage` is for money and for everything append-only: no role, the superuser
included, may add, change or delete there; staff change something through an act (`billing.admin.acts.act_pages`).
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import display as unfold_display

from accounts.models import Instance
from billing.models import BillingAccount, Subscription
from billing.wording import formats

if TYPE_CHECKING:
    from billing.admin.acts.act_pages import Act

    UnfoldPage = admin.ModelAdmin[Any]
    UnfoldTable = admin.TabularInline[Any, Any]
else:
    from unfold.admin import ModelAdmin as UnfoldPage
    from unfold.admin import TabularInline as UnfoldTable

admin.site.disable_action("delete_selected")


class TitledRow:
    """A row is shown under the title that a page gives it, which is all that the theme's header asks for."""

    def __init__(self, row: Model, text: str) -> None:
        self.row, self.text = row, text

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)

    def __str__(self) -> str:
        return self.text


class Page(UnfoldPage):
    """A page shows one model as list and form, with the acts that people may do from them."""

    change_form_template = "admin/workbench_form.html"
    acts: "tuple[type[Act], ...]" = ()  # on one row's page
    list_acts: "tuple[type[Act], ...]" = ()  # above the list
    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    compressed_fields = True
    warn_unsaved_form = True
    list_fullwidth = True
    save_on_top = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbids deletion to everybody: rows are archived, revoked, blocked or reversed instead."""
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offers no bulk actions: each act has a page of its own that shows its effect first."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        act_urls = [
            path(f"<path:object_id>/act/{act.name}/", self._act_view(act), name=self.act_url_name(act))
            for act in self.acts
        ] + [path(f"act/{act.name}/", self._act_view(act), name=self.act_url_name(act)) for act in self.list_acts]
        return act_urls + list(super().get_urls())

    def _act_view(self, act: "type[Act]") -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str | None = None) -> HttpResponse:
            return act.view(self, request, object_id)

        return self.admin_site.admin_view(view)

    def act_url_name(self, act: "type[Act]") -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{act.name}"

    def title_of(self, row: Any) -> str:
        """Returns the title above the page of ``row``: by default its own name."""
        return str(row)

    def buttons(self, acts: "Sequence[type[Act]]", request: HttpRequest, target: Any = None) -> list[dict[str, Any]]:
        """Returns the acts that this person may do to ``target`` now, as buttons."""
        args = (target.pk,) if target is not None else ()
        return [
            {
                "title": act.title,
                "icon": act.icon,
                "variant": act.variant,
                "attrs": {},
                "dialog": None,
                "path": reverse(f"admin:{self.act_url_name(act)}", args=args),
            }
            for act in acts
            if act.is_offered(request, target)
        ]

    def acts_of(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """Returns the buttons above the page of ``row``."""
        return self.buttons(self.acts, request, row)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        target = kwargs.get("obj")
        context.update(show_save_and_add_another=False, show_save_and_continue=False)
        if target is not None:
            context["acts"] = self.acts_of(request, target)
            context["original"] = TitledRow(target, self.title_of(target))
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        response = super().changelist_view(request, extra_context)
        if hasattr(response, "context_data") and response.context_data is not None:
            response.context_data["actions_list"] = self.buttons(self.list_acts, request)
        return response


class OperationPage(Page):
    """A page's form is saved by an operation (`form_fields.OperationForm`), in the name of the signed-in person."""

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        saved = form.operate(obj, form.cleaned_data)
        obj.__dict__.update(saved.__dict__)


class ReadOnlyPage(Page):
    """A page is read-only: no form writes it, and the database's triggers refuse whoever tries elsewhere."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leaves out fields without a value in this row, and headings without fields."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        filled = [
            (title, {**options, "fields": self._fields_with_values(obj, options["fields"])})
            for title, options in fieldsets
        ]
        return [(title, options) for title, options in filled if options["fields"]]

    def _fields_with_values(self, row: Any, names: Sequence[Any]) -> list[Any]:
        def value(name: str) -> Any:
            method = getattr(self, name, None)
            return method(row) if callable(method) else getattr(row, name, None)

        return [name for name in names if value(name) not in (None, "", formats.NO_VALUE)]

    def get_inline_formsets(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Leaves out tables without rows."""
        formsets: list[Any] = super().get_inline_formsets(request, *args, **kwargs)
        return [inline for inline in formsets if inline.formset.initial_form_count()]


class ReadOnlyTable(UnfoldTable):
    """A table shows rows of another model on a page, read-only."""

    extra = 0
    can_delete = False
    per_page = 20
    tab = True
    show_change_link = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


Shown = TypeVar("Shown")


def display(
    *, description: Any = None, ordering: str | None = None
) -> Callable[[Callable[..., Shown]], Callable[..., Shown]]:
    """Declares a column or a field of a page, computed once for a row however often the theme's templates read it."""

    def decorate(method: Callable[..., Shown]) -> Callable[..., Shown]:
        @wraps(method)
        def compute_once(page: Any, row: Any) -> Shown:
            columns: dict[Any, Shown] = row.__dict__.setdefault("_shown", {})
            key = (type(page), method.__name__)
            if key not in columns:
                columns[key] = method(page, row)
            return columns[key]

        column: Callable[..., Shown] = unfold_display(description=description, ordering=ordering)(compute_once)
        return column

    return decorate


def badge(tone: str, text: object) -> SafeString:
    """Renders a status in words on the colour of ``tone``: good, info, warn, bad or plain."""
    return format_html('<span class="tag tag--{}">{}</span>', tone, text)


def short_date(day: date | None) -> str:
    """Formats a date for a column: 16.05.2026."""
    return formats.NO_VALUE if day is None else f"{day:%d.%m.%Y}"


def money(minor: int | None, currency: str) -> str:
    """Formats a sum in minor units for a column; a dash for None."""
    return formats.NO_VALUE if minor is None else formats.money_text(minor, currency)


def figure(minor: int | None, currency: str) -> SafeString:
    """Renders a sum in minor units in tabular figures, a negative one in the colour of debt, without line breaks."""
    tone = "text-red-700 dark:text-red-400" if minor is not None and minor < 0 else ""
    return format_html('<span class="whitespace-nowrap tabular-nums {}">{}</span>', tone, money(minor, currency))


def moment(instant: datetime | None) -> str:
    """Formats an instant in the billing time zone: 16 мая 2026 в 00:00."""
    if instant is None:
        return formats.NO_VALUE
    return formats.instant_text(instant, settings.BILLING_TIME_ZONE, name_zone=False)


def short_moment(instant: datetime | None) -> str:
    """Formats an instant for a column, in the billing time zone: 16.05.2026 00:00."""
    if instant is None:
        return formats.NO_VALUE
    return f"{instant.astimezone(ZoneInfo(settings.BILLING_TIME_ZONE)):%d.%m.%Y %H:%M}"


def short_column(field: str, description: Any) -> Any:
    """Makes a column with the date or instant of ``field``, formatted as in every other column."""

    def column(page: Any, row: Any) -> str:
        value = getattr(row, field)
        return short_moment(value) if isinstance(value, datetime) else short_date(value)

    column.__name__ = f"{field}_short"
    return display(description=description, ordering=field)(column)


def link(target: Model | None, text: object = None) -> SafeString | str:
    """Renders a link to the admin's page of ``target``; a dash for None."""
    if target is None:
        return formats.NO_VALUE
    name = f"admin:{target._meta.app_label}_{target._meta.model_name}_change"
    return format_html(
        '<a href="{}" class="text-primary-600 dark:text-primary-500 hover:underline">{}</a>',
        reverse(name, args=(target.pk,)),
        text if text is not None else target,
    )


def list_url(model: type[Model], query: str = "") -> str:
    """Returns the address of a model's list, with a filter as query string."""
    base = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return f"{base}?{query}" if query else base


def list_link(model: type[Model], query: str, text: object) -> SafeString:
    """Renders a link to a filtered list."""
    return format_html(
        '<a href="{}" class="text-primary-600 dark:text-primary-500 hover:underline">{}</a>',
        list_url(model, query),
        text,
    )


def lines(rows: Sequence[object]) -> SafeString:
    """Renders values one under another."""
    return format_html_join(mark_safe("<br>"), "{}", ((row,) for row in rows)) or mark_safe(formats.NO_VALUE)


def account_of(instance: Instance) -> BillingAccount | None:
    """Returns the account that the instance's use is charged to: of the running subscription, else of the last; None without one."""
    subscriptions = (
        Subscription.objects.filter(instance=instance).select_related("account__seller").order_by("terminated_at")
    )
    running = subscriptions.filter(terminated_at=None).first() or subscriptions.last()
    return running.account if running is not None else None
