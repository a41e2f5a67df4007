"""An act is what staff do to a row, on a page of its own that shows the effect before it takes place.

An act calls one operation. The preview runs that operation in a transaction that is rolled back; confirming runs it again
and commits only if the effect is still the one that was shown (G10). A refusal becomes an error of the form, and nothing
that was typed is lost.
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
from billing.admin.acts.act_preview import Fact, compare_snapshots, snapshot_account
from billing.admin.acts.form_fields import add_refusal, reason_field
from billing.admin.base import TitledRow
from billing.models import BillingAccount
from billing.operations import rehearsal
from billing.operations.staff_roles import permission_of

if TYPE_CHECKING:
    from billing.admin.base import Page

logger = logging.getLogger("billing")


class _EffectChanged(Exception):
    """The effect is no longer the one that was shown."""


class ActForm(forms.Form):
    """An act's form; ``build`` reads ``act`` for choices that depend on the row."""

    def __init__(self, *args: Any, act: "Act", **options: Any) -> None:
        self.act = act
        super().__init__(*args, **options)
        self.build()
        for field in self.fields.values():
            field.label = capfirst(field.label)

    def build(self) -> None:
        """Adds the fields that depend on the row. The default adds none."""


class ReasonForm(ActForm):
    """An act's form that asks for the reason alone."""

    def build(self) -> None:
        self.fields["reason"] = reason_field()


class Act:
    """An act changes something for staff. ``target`` is the row whose page offers it, None where a list offers it."""

    name: ClassVar[str]
    permission: ClassVar[str] = ""  # a key of `staff_roles.ACTS`; empty: the act's name
    title: "ClassVar[str | Promise]"
    lead: "ClassVar[str | Promise]" = ""
    button: "ClassVar[str | Promise]" = ""
    icon: ClassVar[str] = "play_arrow"
    variant: ClassVar[ActionVariant] = ActionVariant.DEFAULT
    form_class: ClassVar[type[ActForm]] = ActForm
    live: ClassVar[bool] = False  # the effect is shown anew while somebody types; without JavaScript a button shows it
    needs_reauthentication: ClassVar[bool] = False  # asks for the second factor where it was given some minutes ago
    has_own_transactions: ClassVar[bool] = (
        False  # the operation commits by itself, in parts: it cannot be rehearsed and may be repeated
    )

    def __init__(self, request: HttpRequest, target: Any) -> None:
        assert isinstance(request.user, User)
        self.request, self.target, self.user = request, target, request.user
        self.actor = request.user.email

    # --- What a subclass declares -------------------------------------------------------------------------------------

    @classmethod
    def is_offered(cls, request: HttpRequest, target: Any) -> bool:
        """Tells whether the button is shown: the person has the permission, and the row is in a state for it."""
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
        """Returns the account whose state before and after belongs to the effect; None where no account does."""
        return None

    def carry_out(self, data: dict[str, Any], as_of: datetime) -> Any:
        """Calls the act's one operation with the form's cleaned data and returns its result. Raises Refusal."""
        raise Refusal(_("This act does nothing."))

    def facts(self, result: Any) -> list[Fact]:
        """Returns the further rows of the effect, from the operation's result; called inside the transaction."""
        return []

    def success_message(self, result: Any) -> "str | Promise":
        """Returns the sentence that confirms the act to the person."""
        return _("Done.")

    def next_url(self, result: Any) -> str:
        """Returns the address of the page after the act: by default that of the row."""
        return self.back_url()

    # --- Running it ----------------------------------------------------------------------------------------------------

    def effect(self, data: dict[str, Any], as_of: datetime) -> tuple[Any, list[Fact]]:
        """Carries the act out and returns the result with the effect. The caller commits the transaction or rolls it back."""
        account = self.account()
        before = snapshot_account(account, as_of) if account is not None else None
        result = self.carry_out(data, as_of)
        rows = self.facts(result)
        if account is not None and before is not None:
            rows += compare_snapshots(before, snapshot_account(account, as_of))
        return result, rows

    def preview(self, data: dict[str, Any], as_of: datetime) -> list[Fact]:
        """Returns the effect of the act, which is rolled back. Raises Refusal."""
        return rehearsal.rehearse(lambda: self.effect(data, as_of))[1]

    def seal(self, rows: Sequence[Fact]) -> str:
        """Returns a token that binds the form's data to the effect that was shown."""
        typed = [
            (key, self.request.POST.getlist(key))
            for key in sorted(self.request.POST)
            if key not in ("csrfmiddlewaretoken", "seal", "confirm", "preview")
        ]
        fact_texts = [] if self.has_own_transactions else [row.as_text() for row in rows]
        return rehearsal.token_of(self.name, getattr(self.target, "pk", ""), typed, fact_texts)

    def commit(self, data: dict[str, Any], as_of: datetime) -> Any:
        """Carries the act out and commits it. Raises Refusal, and _EffectChanged where the effect is not the one shown.

        The effect holds the state before as well: a form that is sent twice meets another state and is not carried out twice.
        """
        if self.has_own_transactions:
            return self.carry_out(data, as_of)
        return rehearsal.carry_out_as_seen(
            lambda: self.effect(data, as_of),
            seen=self.request.POST.get("seal", ""),
            token=lambda effect: self.seal(effect[1]),
            refusal=lambda _effect: _EffectChanged(),
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
        """Answers a request for the act's page. Raises PermissionDenied without the permission, Http404 for an unknown row."""
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
        """Asks for reauthentication where the act needs it, then shows the form, its effect, or the page after the act."""
        must_reauthenticate = (
            self.needs_reauthentication
            and settings.STAFF_MFA == "required"
            and is_reauthentication_required(self.request, app="account")
        )
        posted = self.request.method == "POST"
        if must_reauthenticate and not posted:
            query = urlencode({"next": self.request.get_full_path()})
            return HttpResponseRedirect(f"{reverse('account_reauthenticate')}?{query}")
        is_empty = not posted and not self.form_class(act=self).fields  # nothing to type: the effect is shown at once
        form = self.form_class(
            self.request.POST if posted else {} if is_empty else None, act=self, initial=self.initial()
        )
        rows: list[Fact] | None = None
        if (posted or is_empty) and form.is_valid():
            if must_reauthenticate:
                form.add_error(None, _("Confirm that it is you once more in another tab, then go on here."))
                return self._render(form, None)
            outcome = self._handle_post(form)
            if isinstance(outcome, HttpResponse):
                return outcome
            rows = outcome
        return self._render(form, rows)

    def _handle_post(self, form: ActForm) -> HttpResponse | list[Fact] | None:
        as_of = clock.now()
        try:
            if "confirm" in self.request.POST:
                return self._confirm(form, as_of)
            return self.preview(form.cleaned_data, as_of)
        except Refusal as refusal:
            add_refusal(form, refusal)
            return None

    def _confirm(self, form: ActForm, as_of: datetime) -> HttpResponse | list[Fact]:
        """Commits the act and redirects, or returns the effect anew where it is no longer the one that was confirmed."""
        if self.has_own_transactions and not constant_time_compare(self.seal([]), self.request.POST.get("seal", "")):
            return self.preview(form.cleaned_data, as_of)
        try:
            result = self.commit(form.cleaned_data, as_of)
        except _EffectChanged:
            messages.warning(self.request, _("This is not what was shown before: look at the effect once more."))
            return self.preview(form.cleaned_data, as_of)
        messages.success(self.request, str(self.success_message(result)))
        return HttpResponseRedirect(self.next_url(result))

    def _render(self, form: ActForm, rows: list[Fact] | None) -> HttpResponse:
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": self.title,
            "subtitle": self.page.title_of(self.target) if self.target is not None else None,
            "opts": self.page.opts,
            "original": TitledRow(self.target, self.page.title_of(self.target)) if self.target is not None else None,
            "act": self,
            "form": form,
            "media": form.media,
            "effect": rows,
            "seal": self.seal(rows) if rows is not None else "",
            "back_url": self.back_url(),
        }
        status = 422 if form.errors and self.request.method == "POST" else 200
        return TemplateResponse(self.request, "admin/act.html", context, status=status)
