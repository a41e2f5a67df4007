from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from billing.admin.base import ReadOnlyPage, display, moment
from billing.sandbox.models import SandboxClock


@admin.register(SandboxClock)
class SandboxClockPage(ReadOnlyPage):
    list_display = ("stands",)
    fields = list_display
    readonly_fields = fields

    @display(description=_("stands at"))
    def stands(self, row: SandboxClock) -> str:
        return moment(row.stands_at)
