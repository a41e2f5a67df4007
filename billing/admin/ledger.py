"""The ledger as it is written: looked at by finance, typed into by nobody (G5)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.admin.base import ReadOnlyPage, ReadOnlyTable, display, figure, link, money, short_moment
from billing.models import Entry, LedgerAccount, Posting


@admin.register(LedgerAccount)
class LedgerAccountPage(ReadOnlyPage):
    list_display = ("__str__", "seller", "kind", "account", "balance")
    list_filter = ("kind", "seller")
    list_select_related = ("seller", "billing_account")
    search_fields = ("billing_account__number", "billing_account__customer__name")
    fields = ("seller", "kind", "currency", "account", "balance")
    readonly_fields = fields

    @display(description=_("billing account"))
    def account(self, row: LedgerAccount) -> str:
        return link(row.billing_account)

    @display(description=_("balance"), ordering="balance_minor")
    def balance(self, row: LedgerAccount) -> SafeString | str:
        """Shared accounts keep no running balance: it is the sum of their postings."""
        return figure(row.balance_minor, row.currency) if row.billing_account_id else str(_("sum of its postings"))


class PostingTable(ReadOnlyTable):
    model = Posting
    fields = ("debit", "credit", "sum")
    readonly_fields = fields
    tab = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("debit", "credit")

    @display(description=_("amount"))
    def sum(self, posting: Posting) -> str:
        return money(posting.amount_minor, posting.currency)


@admin.register(Entry)
class EntryPage(ReadOnlyPage):
    list_display = ("posted", "account", "kind", "key", "actor", "reason")
    list_filter = ("kind",)
    list_select_related = ("account",)
    search_fields = ("key", "account__number", "account__customer__name", "actor", "reason")
    fields = ("key", "kind", "account_link", "posted", "actor", "reason", "undoes", "undone_by")
    readonly_fields = fields
    ordering = ("-at", "-pk")
    inlines = (PostingTable,)

    @display(description=_("posted"), ordering="at")
    def posted(self, entry: Entry) -> str:
        return short_moment(entry.at)

    @display(description=_("billing account"))
    def account_link(self, entry: Entry) -> str:
        return link(entry.account)

    @display(description=_("reverses"))
    def undoes(self, entry: Entry) -> str:
        return link(entry.reverses)

    @display(description=_("reversed by"))
    def undone_by(self, entry: Entry) -> str:
        return link(Entry.objects.filter(reverses=entry).first())


@admin.register(Posting)
class PostingPage(ReadOnlyPage):
    list_display = ("pk", "entry", "debit", "credit", "sum")
    list_select_related = ("entry", "debit", "credit")
    search_fields = ("entry__key", "entry__account__number")
    fields = ("entry", "debit", "credit", "sum")
    readonly_fields = fields
    ordering = ("-pk",)

    @display(description=_("amount"), ordering="amount_minor")
    def sum(self, posting: Posting) -> str:
        return money(posting.amount_minor, posting.currency)
