"""The admin's pages of the ledger, read-only for everybody: entries are corrected by reversals alone (G5)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from billing.admin.base import ReadOnlyPage, ReadOnlyTable, display, figure, link, money, short_moment
from billing.models import Entry, LedgerAccount, Posting


def account_name(row: LedgerAccount) -> str:
    """Returns a ledger account's name: its kind with its customer, or with its currency where it is shared."""
    return f"{row.get_kind_display()} · {row.billing_account.number if row.billing_account else row.currency}"


@admin.register(LedgerAccount)
class LedgerAccountPage(ReadOnlyPage):
    list_display = ("kind", "account", "seller", "currency", "balance")
    list_filter = ("kind", "seller")
    list_select_related = ("seller", "billing_account")
    search_fields = ("billing_account__number", "billing_account__customer__name")
    fields = ("seller", "kind", "currency", "account", "balance")
    readonly_fields = fields

    def title_of(self, row: Any) -> str:
        return capfirst(account_name(row))

    @display(description=_("billing account"))
    def account(self, row: LedgerAccount) -> str:
        return link(row.billing_account)

    @display(description=_("balance"), ordering="balance_minor")
    def balance(self, row: LedgerAccount) -> SafeString | str:
        """Returns the balance; of a shared account, which stores none, the sum of its postings."""
        return figure(row.balance_minor, row.currency) if row.billing_account_id else str(_("sum of its postings"))


class PostingTable(ReadOnlyTable):
    model = Posting
    fields = ("debit_link", "credit_link", "sum")
    readonly_fields = fields
    tab = False
    verbose_name_plural = _("Postings")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("debit__billing_account", "credit__billing_account")

    @display(description=_("debit"))
    def debit_link(self, posting: Posting) -> str:
        return link(posting.debit, account_name(posting.debit))

    @display(description=_("credit side"))
    def credit_link(self, posting: Posting) -> str:
        return link(posting.credit, account_name(posting.credit))

    @display(description=_("amount"))
    def sum(self, posting: Posting) -> str:
        return money(posting.amount_minor, posting.currency)


@admin.register(Entry)
class EntryPage(ReadOnlyPage):
    list_display = ("posted", "account", "kind", "reason", "actor")
    list_filter = ("kind",)
    list_select_related = ("account",)
    search_fields = ("key", "account__number", "account__customer__name", "actor", "reason")
    fields = ("kind", "account_link", "at", "actor", "reason", "undoes", "undone_by", "key")
    readonly_fields = fields
    ordering = ("-at", "-pk")
    inlines = (PostingTable,)

    def title_of(self, row: Any) -> str:
        return f"{capfirst(row.get_kind_display())} · {short_moment(row.at)}"

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
