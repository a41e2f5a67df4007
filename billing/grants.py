"""What the application's own role may do on PostgreSQL, table by table: it can neither change what only grows nor switch a guard off.

The tables below are the one place that says what is append-only; `manage.py grants` makes statements of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from billing.triggers import read_schema

# Read and added to; a mistake is answered by a further row (G5, G6).
ONLY_GROW = (
    "accounts.MemberChange",
    "billing.AccessAnnouncement",
    "billing.Allocation",
    "billing.AuditRecord",
    "billing.Collection",
    "billing.CreditNote",
    "billing.Entry",
    "billing.InvoiceDocument",
    "billing.InvoiceLine",
    "billing.OfferDocument",
    "billing.OfferPayment",
    "billing.Payment",
    "billing.Posting",
    "billing.ProviderEvent",
    "billing.SubscriptionChange",
    "billing.TariffMove",
)
# Never deleted, and of a written row only these fields are written later, most of them once.
WRITTEN_LATER = {
    "accounts.MemberConfirmation": ("instants",),
    "billing.Approval": ("decision", "decided_by", "decided_at", "comment"),
    "billing.BillingPeriod": ("closed_at", "end", "ended_at", "peak", "peak_at"),
    "billing.Charge": ("line",),
    "billing.Credit": ("unapplied_minor",),
    "billing.CustomerRequest": ("answered_at", "answered_by", "outcome", "answer"),
    "billing.Event": ("position",),
    "billing.Invoice": ("open_minor",),
    "billing.LedgerAccount": ("balance_minor",),
    "billing.NumberSeries": ("last",),
    "billing.Offer": ("accepted_at", "accepted_by", "paid_at", "withdrawn_at"),
    "billing.Relief": ("withdrawn_at", "withdrawn_by", "end_told_at"),
    "billing.SavedMethod": ("removed_at", "removed_by"),
    "billing.TermsChange": ("applied_at", "cancelled_at", "cancelled_by"),
}
# Changed as a whole, never deleted; triggers refuse what may not change.
NEVER_DELETED = (
    "accounts.Customer",
    "accounts.Instance",
    "accounts.Member",
    "accounts.Product",
    "accounts.Role",
    "accounts.User",
    "billing.ApiToken",
    "billing.BillingAccount",
    "billing.MethodSetUp",
    "billing.Notice",
    "billing.PaymentAttempt",
    "billing.Seller",
    "billing.Subscription",
    "billing.VatRate",
    "billing.WebhookDelivery",
    "billing.WebhookEndpoint",
)
# Added and deleted, never changed.
NEVER_CHANGED = ("billing.BillingAddress", "billing.RequestFile", "billing.WebhookAttempt")
# Drafts, settings and notes of work in hand.
FREE = (
    "accounts.User_groups",
    "accounts.User_user_permissions",
    "billing.Heartbeat",
    "billing.IdempotencyRecord",
    "billing.JobRun",
    "billing.NoticePreference",
    "billing.RateWindow",
    "billing.SignUp",
    "billing.Tariff",
)
# Tables of libraries, and of the sandbox, that hold nothing of the books.
FREE_APPS = ("account", "auth", "contenttypes", "django_q", "mfa", "sandbox", "sessions", "usersessions")
ONLY_GROWING_APPS = ("admin",)


@dataclass(frozen=True)
class Rights:
    """Rights on one table beside SELECT and INSERT; ``columns`` limits UPDATE to these."""

    update: bool = False
    delete: bool = False
    columns: tuple[str, ...] = ()

    @property
    def privileges(self) -> str:
        """Lists the rights as GRANT takes them."""
        update = f"UPDATE ({', '.join(map(_quote, self.columns))})" if self.columns else "UPDATE" if self.update else ""
        return ", ".join(filter(None, ("SELECT", "INSERT", update, "DELETE" if self.delete else "")))

    @property
    def withheld(self) -> list[str]:
        """Lists the rights on the whole table that the role must not have."""
        allowed = {"UPDATE": self.update, "DELETE": self.delete, "TRUNCATE": False, "TRIGGER": False}
        return [privilege for privilege, is_allowed in allowed.items() if not is_allowed]


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def classify(model: type[Model]) -> Rights | None:
    """Returns the rights on the table of ``model``; None where nobody has said what may happen to it."""
    label, app = model._meta.label, model._meta.app_label
    if label in ONLY_GROW or app in ONLY_GROWING_APPS:
        return Rights()
    if label in WRITTEN_LATER:
        columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
        return Rights(columns=tuple(columns[name] for name in WRITTEN_LATER[label]))
    if label in NEVER_DELETED:
        return Rights(update=True)
    if label in NEVER_CHANGED:
        return Rights(delete=True)
    return Rights(update=True, delete=True) if label in FREE or app in FREE_APPS else None


def rights_by_table() -> dict[str, Rights | None]:
    """Returns the rights on every table of the installed apps and of its caches, by the table's name."""
    models = [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]
    rights = {model._meta.db_table: classify(model) for model in models}
    for cache in settings.CACHES.values():
        if cache["BACKEND"].endswith("DatabaseCache"):
            rights[cache["LOCATION"]] = Rights(update=True, delete=True)
    return rights


def find_obstacle(connection: BaseDatabaseWrapper, role: str) -> str:
    """Says why ``role`` cannot be the lesser role of this database; empty where it can."""
    if connection.vendor != "postgresql":
        return "Roles and grants are PostgreSQL's: SQLite has neither."
    query = """
        SELECT rolsuper, pg_has_role(rolname, (SELECT relowner FROM pg_class WHERE oid = 'billing_posting'::regclass), 'MEMBER')
        FROM pg_roles WHERE rolname = %s
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [role])
        row = cursor.fetchone()
    if row is None:
        return f"There is no role {role}: CREATE ROLE {_quote(role)} LOGIN PASSWORD '…'; makes it."
    return f"{role} owns the tables or is a superuser: no grant binds it. Name another role." if any(row) else ""


def list_statements(connection: BaseDatabaseWrapper, role: str) -> Iterator[str]:
    """Yields the statements that give ``role`` its rights and nothing more, whatever it had; safe to repeat.

    TEMPORARY and CREATE are taken from everybody but the owner: nobody puts a table of their own before ours.
    """
    schema, name = read_schema(connection), _quote(role)
    database = _quote(connection.settings_dict["NAME"])
    tables = set(connection.introspection.table_names())
    yield f"REVOKE TEMPORARY, CREATE ON DATABASE {database} FROM PUBLIC, {name}"
    yield f"GRANT CONNECT ON DATABASE {database} TO {name}"
    yield f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {name}"
    yield f"GRANT USAGE ON SCHEMA {schema} TO {name}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {name}"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM PUBLIC, {name}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}"
    yield f"GRANT SELECT ON {schema}.django_migrations TO {name}"
    for table, rights in sorted(rights_by_table().items()):
        if rights is not None and table in tables:
            yield f"GRANT {rights.privileges} ON {schema}.{_quote(table)} TO {name}"


def list_surplus(connection: BaseDatabaseWrapper, role: str) -> list[str]:
    """Lists what ``role`` may do beyond its rights all the same: by membership in another role, or by another owner's grant."""
    schema, tables = read_schema(connection), set(connection.introspection.table_names())
    surplus = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_database_privilege(%s, current_database(), 'TEMPORARY'), has_schema_privilege(%s, %s, 'CREATE')",
            [role, role, schema.strip('"')],
        )
        may_make_temporary, may_create = cursor.fetchone()
        surplus += ["TEMPORARY on the database"] if may_make_temporary else []
        surplus += [f"CREATE on {schema}"] if may_create else []
        for table, rights in sorted(rights_by_table().items()):
            if rights is not None and table in tables:
                cursor.execute(
                    "SELECT p FROM unnest(%s::text[]) AS p WHERE has_table_privilege(%s, %s, p)",
                    [rights.withheld, role, f"{schema}.{_quote(table)}"],
                )
                surplus += [f"{privilege} on {table}" for (privilege,) in cursor.fetchall()]
    return surplus
