"""Acts whose answer is a page of its own: a secret that is shown once, what a receiver said."""

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise

from billing.admin.acts.act_pages import Act, ActForm
from billing.admin.acts.act_preview import Fact


class Answered(Act):
    """An act whose answer is a page of its own instead of the way back: what it shows is kept nowhere."""

    answer_template: ClassVar[str]

    def shown(self) -> dict[str, Any]:
        """What the answering page needs."""
        return {}

    def _confirmed(self, form: ActForm, as_of: Any) -> HttpResponse | list[Fact]:
        answer = super()._confirmed(form, as_of)
        if not isinstance(answer, HttpResponseRedirect):
            return answer
        context = {
            **self.page.admin_site.each_context(self.request),
            "title": self.title,
            "opts": self.page.opts,
            "act": self,
            "go_to": answer.url,
            **self.shown(),
        }
        page = TemplateResponse(self.request, self.answer_template, context)
        page["Cache-Control"] = "no-store"
        return page


class ShowsSecret(Answered):
    """An act that makes something with a secret, (row, secret): in no message, which would lie in a cookie, and in no address."""

    answer_template = "admin/secret.html"
    heading: ClassVar["str | Promise"]
    result: tuple[Model, str]

    def shown(self) -> dict[str, Any]:
        row, secret = self.result
        return {"heading": self.heading, "named": getattr(row, "name", "") or str(row), "secret": secret}

    def done_url(self, result: Any) -> str:
        self.result = result
        kind = result[0]._meta
        return reverse(f"admin:{kind.app_label}_{kind.model_name}_change", args=(result[0].pk,))
