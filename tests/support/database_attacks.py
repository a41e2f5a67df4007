"""Every way to change or delete a row past the code, and what refuses it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, NotSupportedError, connection, models, transaction
from django.db.models import ProtectedError, RestrictedError
from moneyed import Money

from billing.models import Invoice, Tariff
from tests.support.people import Party

REFUSED = (IntegrityError, ProtectedError, RestrictedError)


SQLITE = connection.vendor == "sqlite"


def column(model: type[models.Model], name: str) -> str:
    return str(model._meta.get_field(name.removesuffix("_id") if name == "line_id" else name).column)


def raw(sql: str, *parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(parameters))


def truncate(sql: str) -> None:
    raw("SET CONSTRAINTS ALL IMMEDIATE")  # else PostgreSQL refuses only because the test has not committed
    raw(sql)


def replace_row(row: models.Model, name: str, value: object, verb: str) -> None:
    """The row written anew with one column changed: ``verb`` INSERT OR REPLACE; UPDATE OR REPLACE changes it in place."""
    table, pk = row._meta.db_table, row._meta.pk.column
    stored = adapt_value(row, name, value)
    key = row._meta.pk.get_db_prep_value(row.pk, connection)
    if verb.startswith("UPDATE"):
        raw(f'UPDATE OR REPLACE {table} SET "{column(type(row), name)}" = %s WHERE "{pk}" = %s', stored, key)
        return
    columns = [field.column for field in row._meta.concrete_fields]
    values = ", ".join(
        "%s" if name_of_column == column(type(row), name) else f'"{name_of_column}"' for name_of_column in columns
    )
    names = ", ".join(f'"{name_of_column}"' for name_of_column in columns)
    raw(f'INSERT OR REPLACE INTO {table} ({names}) SELECT {values} FROM {table} WHERE "{pk}" = %s', stored, key)


def adapt_value(row: models.Model, name: str, value: object) -> object:
    field = row._meta.get_field("line" if name == "line_id" else name)
    plain = value.amount if isinstance(value, Money) else value
    return field.get_db_prep_save(plain, connection)


def list_attacks(row: models.Model, name: str, value: object) -> dict[str, Callable[[], object]]:
    model, table, pk = type(row), row._meta.db_table, row._meta.pk.column
    key = row._meta.pk.get_db_prep_value(row.pk, connection)
    only = model._default_manager.filter(pk=row.pk)

    def changed() -> models.Model:
        copy = model._default_manager.get(pk=row.pk)
        setattr(copy, name, value)
        return copy

    conflicts = {
        "update_conflicts": True,
        "unique_fields": [model._meta.pk.name],
        "update_fields": [name.removesuffix("_id")],
    }
    attacks: dict[str, Callable[[], object]] = {
        "save": lambda: changed().save(),
        "save(update_fields)": lambda: changed().save(
            update_fields=[name.removesuffix("_id") if name == "line_id" else name]
        ),
        "QuerySet.update": lambda: only.update(**{name: value}),
        "bulk_update": lambda: model._default_manager.bulk_update(
            [changed()], [name.removesuffix("_id") if name == "line_id" else name]
        ),
        "bulk_create(update_conflicts)": lambda: model._default_manager.bulk_create([changed()], **conflicts),
        "UPDATE": lambda: raw(
            f'UPDATE {table} SET "{column(model, name)}" = %s WHERE "{pk}" = %s', adapt_value(row, name, value), key
        ),
        "delete": lambda: model._default_manager.get(pk=row.pk).delete(),
        "QuerySet.delete": only.delete,
        "_raw_delete": lambda: only._raw_delete(only.db),
        "DELETE": lambda: raw(f'DELETE FROM {table} WHERE "{pk}" = %s', key),
    }
    if SQLITE:
        attacks["INSERT OR REPLACE"] = lambda: replace_row(row, name, value, "INSERT OR REPLACE")
        attacks["UPDATE OR REPLACE"] = lambda: replace_row(row, name, value, "UPDATE OR REPLACE")
        attacks["REPLACE as it is"] = lambda: raw(
            f'INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE "{pk}" = %s', key
        )
    else:
        attacks["TRUNCATE"] = lambda: truncate(f"TRUNCATE {table}")
        attacks["TRUNCATE CASCADE"] = lambda: truncate(f"TRUNCATE {table} CASCADE")
    return attacks


def read_row(row: models.Model) -> dict[str, object]:
    return dict(type(row)._default_manager.filter(pk=row.pk).values()[0])


def attack_row(row: models.Model, name: str, value: object) -> list[str]:
    """Tries every way to change or delete the row; the titles of those that nothing refused. The row stays as it is."""
    came_through, before = [], read_row(row)
    for title, attack in list_attacks(row, name, value).items():
        try:
            with transaction.atomic():
                attack()
        except REFUSED:
            pass
        except NotSupportedError:  # PostgreSQL itself: other tables refer to this one
            assert title == "TRUNCATE"
        else:
            came_through.append(title)
        assert read_row(row) == before, title
    return came_through


@dataclass
class Books:
    party: Party
    other: Party
    invoice: Invoice
    tariff: Tariff
