"""Acts that end on a page of their own: a secret that is shown once, the response of a webhook's receiver."""

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise

from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact


class AnswerPageAct(Act):
    """An act ends on a page of its own instead of going back to the row; what that page shows is stored nowhere."""

    answer_template: ClassVar[str]

    def answer_context(self) -> dict[str, Any]:
        """Returns the context that the answer's template reads."""
        return {}

    def _confirm(self, form: ActForm, as_of: Any) -> HttpResponse | list[Fact]:
        answer = super()._confirm(form, as_of)
        if not isinstance(answer, HttpResponseRedirect):
            return answer
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": self.title,
            "opts": self.page.opts,
            "act": self,
            "go_to": answer.url,
            **self.answer_context(),
        }
        page = TemplateResponse(self.request, self.answer_template, context)
        page["Cache-Control"] = "no-store"
        return page


class SecretAct(AnswerPageAct):
    """An act creates a row with a secret: its operation returns (row, secret).

    The secret stands on the answer's page alone: a message would leave it in a cookie, an address in a log.
    """

    answer_template = "admin/secret.html"
    heading: ClassVar["str | Promise"]
    result: tuple[Model, str]

    def answer_context(self) -> dict[str, Any]:
        row, secret = self.result
        return {"heading": self.heading, "named": getattr(row, "name", "") or str(row), "secret": secret}

    def next_url(self, result: Any) -> str:
        self.result = result
        kind = result[0]._meta
        return reverse(f"admin:{kind.app_label}_{kind.model_name}_change", args=(result[0].pk,))
