"""Acts: what people of the operator do, each a page of its own that shows its effect before it is done.

An act calls one operation. Looking at its effect runs that operation in a transaction that is rolled back; doing it runs it
again and commits only if the effect is still the one that was shown (G10). A refusal becomes an error of the form, and
nothing that was typed is lost.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from accounts.errors import Refusal
from accounts.models import User
from billing import clock
from billing.admin.acts.act_preview import Fact, difference, picture
from billing.admin.acts.form_fields import add_refusal, reason_field
from billing.admin.base import Named
from billing.models import BillingAccount
from billing.operations import rehearsal
from billing.operations.staff_roles import permission_of

if TYPE_CHECKING:
    from billing.admin.base import Page

logger = logging.getLogger("billing")


class _Changed(Exception):
    """The effect is another than the one that was shown."""


class ActForm(forms.Form):
    """The form of an act; ``act`` is at hand for choices that depend on the row."""

    def __init__(self, *args: Any, act: "Act", **options: Any) -> None:
        self.act = act
        super().__init__(*args, **options)
        self.build()
        for field in self.fields.values():
            field.label = capfirst(field.label)

    def build(self) -> None:
        """Adds what depends on the row; overridden where something does."""


class ReasonForm(ActForm):
    """The form of an act that asks for nothing but why."""

    def build(self) -> None:
        self.fields["reason"] = reason_field()


class Act:
    """One act of staff. ``target`` is the row from whose page it is done, None for an act of a whole list."""

    name: ClassVar[str]
    permission: ClassVar[str] = ""  # of `staff.ACTS`; the name where it is not given
    title: "ClassVar[str | Promise]"
    lead: "ClassVar[str | Promise]" = ""
    button: "ClassVar[str | Promise]" = ""
    icon: ClassVar[str] = "play_arrow"
    variant: ClassVar[ActionVariant] = ActionVariant.DEFAULT
    form_class: ClassVar[type[ActForm]] = ActForm
    live: ClassVar[bool] = False  # its figures follow what is typed; without JavaScript a button shows them
    fresh: ClassVar[bool] = False  # wants the second factor within the last minutes
    transactions: ClassVar[bool] = False  # the operation makes transactions of its own and may be repeated

    def __init__(self, request: HttpRequest, target: Any) -> None:
        assert isinstance(request.user, User)
        self.request, self.target, self.user = request, target, request.user
        self.actor = request.user.email

    # --- What an act says of itself ------------------------------------------------------------------------------------

    @classmethod
    def is_offered(cls, request: HttpRequest, target: Any) -> bool:
        """Whether the button is shown: the right to it, and a row that it makes sense for."""
        return cls.is_allowed(request) and cls.makes_sense(target)

    @classmethod
    def is_allowed(cls, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(permission_of(cls.permission or cls.name)))

    @classmethod
    def makes_sense(cls, target: Any) -> bool:
        return True

    def initial(self) -> dict[str, Any]:
        return {}

    def account(self) -> BillingAccount | None:
        """The account whose picture before and after is the effect."""
        return None

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        """Calls the one operation with what was typed; raises Refusal."""
        raise Refusal(_("This act does nothing."))

    def facts(self, result: Any) -> list[Fact]:
        """What else the effect is, from the operation's result; read inside the transaction."""
        return []

    def done(self, result: Any) -> "str | Promise":
        """The sentence after it is done."""
        return _("Done.")

    def done_url(self, result: Any) -> str:
        """Where to go then: back to the row."""
        return self.back_url()

    # --- Running it ----------------------------------------------------------------------------------------------------

    def effect(self, data: dict[str, Any], as_of: datetime) -> tuple[Any, list[Fact]]:
        """Does it and returns the operation's result with the effect; for the caller's transaction to keep or drop."""
        account = self.account()
        before = picture(account, as_of) if account is not None else None
        result = self.carry_out(data, as_of)
        rows = self.facts(result)
        if account is not None and before is not None:
            rows += difference(before, picture(account, as_of))
        return result, rows

    def preview(self, data: dict[str, Any], as_of: datetime) -> list[Fact]:
        return rehearsal.rehearse(lambda: self.effect(data, as_of))[1]

    def seal(self, rows: Sequence[Fact]) -> str:
        """Binds what was typed to the effect that was shown."""
        typed = [
            (key, self.request.POST.getlist(key))
            for key in sorted(self.request.POST)
            if key not in ("csrfmiddlewaretoken", "seal", "confirm", "preview")
        ]
        shown = [] if self.transactions else [row.as_text() for row in rows]
        return rehearsal.token_of(self.name, getattr(self.target, "pk", ""), typed, shown)

    def commit(self, data: dict[str, Any], as_of: datetime) -> Any:
        """Does it for good. Raises Refusal, and _Changed where the effect is not the one shown.

        The effect tells the state before as well, so a form that is sent twice meets another state and is not done twice.
        """
        if self.transactions:
            return self.carry_out(data, as_of)
        return rehearsal.carry_out_as_seen(
            lambda: self.effect(data, as_of),
            seen=self.request.POST.get("seal", ""),
            token=lambda effect: self.seal(effect[1]),
            refusal=lambda _effect: _Changed(),
        )[0]

    def back_url(self) -> str:
        opts = self.page.opts
        if self.target is None:
            return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=(self.target.pk,))

    # --- The page ------------------------------------------------------------------------------------------------------

    page: "Page"

    @classmethod
    def view(cls, page: "Page", request: HttpRequest, object_id: str | None) -> HttpResponse:
        """The act's page. Raises PermissionDenied without the right to the act or to the row, Http404 for no row."""
        if not cls.is_allowed(request) or not page.has_view_permission(request):
            logger.warning("refused: %s may not %s", request.user.pk, cls.name)
            raise PermissionDenied
        target = None
        if object_id is not None:
            target = page.get_object(request, object_id)
            if target is None:
                raise Http404
        act = cls(request, target)
        act.page = page
        return act.answer()

    def answer(self) -> HttpResponse:
        stale = (
            self.fresh
            and settings.STAFF_MFA == "required"
            and is_reauthentication_required(self.request, app="account")
        )
        posted = self.request.method == "POST"
        if stale and not posted:
            again = urlencode({"next": self.request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{again}")
        bare = not posted and not self.form_class(act=self).fields  # nothing to type: the effect is shown at once
        form = self.form_class(self.request.POST if posted else {} if bare else None, act=self, initial=self.initial())
        rows: list[Fact] | None = None
        if (posted or bare) and form.is_valid():
            if stale:
                form.add_error(None, _("Confirm that it is you once more in another tab, then go on here."))
                return self._render(form, None)
            found = self._posted(form)
            if isinstance(found, HttpResponse):
                return found
            rows = found
        return self._render(form, rows)

    def _posted(self, form: ActForm) -> HttpResponse | list[Fact] | None:
        as_of = clock.now()
        try:
            if "confirm" in self.request.POST:
                return self._confirmed(form, as_of)
            return self.preview(form.cleaned_data, as_of)
        except Refusal as refusal:
            add_refusal(form, refusal)
            return None

    def _confirmed(self, form: ActForm, as_of: datetime) -> HttpResponse | list[Fact]:
        """Does it, or shows the effect anew where it was not the one confirmed."""
        if self.transactions and not constant_time_compare(self.seal([]), self.request.POST.get("seal", "")):
            return self.preview(form.cleaned_data, as_of)
        try:
            result = self.commit(form.cleaned_data, as_of)
        except _Changed:
            messages.warning(self.request, _("This is not what was shown before: look at the effect once more."))
            return self.preview(form.cleaned_data, as_of)
        messages.success(self.request, str(self.done(result)))
        return HttpResponseRedirect(self.done_url(result))

    def _render(self, form: ActForm, rows: list[Fact] | None) -> HttpResponse:
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": self.title,
            "subtitle": self.page.title_of(self.target) if self.target is not None else None,
            "opts": self.page.opts,
            "original": Named(self.target, self.page.title_of(self.target)) if self.target is not None else None,
            "act": self,
            "form": form,
            "media": form.media,
            "effect": rows,
            "seal": self.seal(rows) if rows is not None else "",
            "back_url": self.back_url(),
        }
        status = 422 if form.errors and self.request.method == "POST" else 200
        return TemplateResponse(self.request, "admin/act.html", context, status=status)
