"""The sandbox's four tables leave billing: `billing.sandbox` is an app of its own, installed with BILLING_SANDBOX alone.

A table without rows is dropped; where the sandbox is installed, its first migration makes it again. A table with rows stays as
it is, and that migration takes it over with its rows, today or whenever the sandbox is switched on.
"""

from django.db import migrations

MODELS = ("SampleCard", "SampleCharge", "SampleVisit", "SandboxClock")


def drop_empty(apps, schema_editor):
    for name in MODELS:
        model = apps.get_model("billing", name)
        if not model.objects.using(schema_editor.connection.alias).exists():
            schema_editor.delete_model(model)


def create_missing(apps, schema_editor):
    present = schema_editor.connection.introspection.table_names()
    for name in MODELS:
        model = apps.get_model("billing", name)
        if model._meta.db_table not in present:
            schema_editor.create_model(model)


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_outside")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel(name) for name in MODELS],
            database_operations=[migrations.RunPython(drop_empty, create_missing)],
        )
    ]
