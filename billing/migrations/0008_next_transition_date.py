from django.db import migrations, models


class Migration(migrations.Migration):
    """A date column is named as a date: `turns_on` read as a switch. Indexes do not follow a rename by themselves."""

    dependencies = [("billing", "0007_sandbox_apart")]

    operations = [
        migrations.RemoveIndex(model_name="subscription", name="subscription_by_turn"),
        migrations.RemoveIndex(model_name="subscription", name="subscription_of_account"),
        migrations.RenameField(model_name="subscription", old_name="turns_on", new_name="next_transition_date"),
        migrations.AlterField(
            model_name="subscription",
            name="next_transition_date",
            field=models.DateField(blank=True, null=True, verbose_name="next transition"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("terminated_at", None)),
                fields=["next_transition_date"],
                name="subscription_by_transition",
            ),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(fields=["account", "next_transition_date"], name="subscription_of_account"),
        ),
    ]
