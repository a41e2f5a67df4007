from datetime import UTC, datetime, timedelta
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Max, Q
from django.utils.http import int_to_base36

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def keep_last_confirmations(apps: Any, _schema_editor: Any) -> None:
    """Of the reports that repeated what was known only the latest instant was kept, with the member: it becomes a confirmation."""
    Member = apps.get_model("accounts", "Member")
    MemberConfirmation = apps.get_model("accounts", "MemberConfirmation")
    repeated = Member.objects.annotate(last=Max("changes__occurred_at")).filter(
        Q(last__lt=F("confirmed_at")) | Q(last=None)
    )
    MemberConfirmation.objects.bulk_create(
        (
            MemberConfirmation(
                member_id=member.pk,
                status=member.status,
                role_id=member.role_id,
                instants=f"{int_to_base36((member.confirmed_at - EPOCH) // MICROSECOND)} ",
            )
            for member in repeated.iterator()
        ),
        batch_size=500,
    )


class Migration(migrations.Migration):
    """Every report is kept: whether it named the role, and the instants of those that repeated what was known (D5)."""

    dependencies = [
        ('accounts', '0004_name_terminals'),
    ]

    operations = [
        migrations.AddField(
            model_name='memberchange',
            name='names_role',
            field=models.BooleanField(default=True, verbose_name='names the role'),
        ),
        migrations.CreateModel(
            name='MemberConfirmation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('invited', 'invited'), ('active', 'active'), ('blocked', 'blocked'), ('removed', 'removed')], max_length=10, verbose_name='status')),
                ('instants', models.TextField(verbose_name='instants')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='confirmations', to='accounts.member', verbose_name='member')),
                ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.role', verbose_name='role')),
            ],
            options={
                'verbose_name': 'confirmation of a member',
                'verbose_name_plural': 'confirmations of members',
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('member', 'status', 'role'), name='one_confirmation_per_state_of_a_member')],
            },
        ),
        migrations.RunPython(keep_last_confirmations, migrations.RunPython.noop),
    ]
