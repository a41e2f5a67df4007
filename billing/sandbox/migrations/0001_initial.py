"""The sandbox's tables under the names that they had in billing: taken over with their rows where billing left them, made anew
elsewhere."""

from django.db import migrations, models


class TakeOver(migrations.CreateModel):
    """Makes the table where it is not there yet. Taking this back leaves it: billing's migration 0007, taken back after it,
    finds it with its rows."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        if table not in schema_editor.connection.introspection.table_names():
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass


class Migration(migrations.Migration):
    initial = True

    dependencies = [("billing", "0007_sandbox_apart")]

    operations = [
        TakeOver(
            name="SampleCard",
            fields=[
                ("external_id", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("customer_key", models.CharField(max_length=100)),
                ("title", models.CharField(max_length=60)),
                ("expires_on", models.DateField(null=True)),
                ("behaviour", models.CharField(default="succeeded", max_length=40)),
                ("removed", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "card at the sample provider",
                "verbose_name_plural": "cards at the sample provider",
                "db_table": "billing_samplecard",
            },
        ),
        TakeOver(
            name="SampleCharge",
            fields=[
                ("external_id", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("idempotency_key", models.CharField(max_length=100, unique=True)),
                ("currency", models.CharField(max_length=3)),
                ("amount_minor", models.BigIntegerField()),
                ("description", models.CharField(max_length=200)),
                ("return_url", models.CharField(max_length=500)),
                ("status", models.CharField(default="pending", max_length=20)),
                ("reason", models.CharField(blank=True, max_length=100)),
                ("customer_key", models.CharField(blank=True, max_length=100)),
                ("keeps_card", models.BooleanField(default=False)),
                ("card_id", models.CharField(blank=True, max_length=100)),
                ("paid_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "charge at the sample provider",
                "verbose_name_plural": "charges at the sample provider",
                "db_table": "billing_samplecharge",
            },
        ),
        TakeOver(
            name="SampleVisit",
            fields=[
                ("token", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("customer_key", models.CharField(max_length=100)),
                ("return_url", models.CharField(max_length=500)),
                ("plans", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "visit to the sample provider",
                "verbose_name_plural": "visits to the sample provider",
                "db_table": "billing_samplevisit",
            },
        ),
        TakeOver(
            name="SandboxClock",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("stands_at", models.DateTimeField(verbose_name="stands at")),
            ],
            options={
                "verbose_name": "sandbox clock",
                "verbose_name_plural": "sandbox clock",
                "db_table": "billing_sandboxclock",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="there_is_one_sandbox_clock")
                ],
            },
        ),
    ]
