from typing import Any

from django.core.management.base import BaseCommand

from billing import schedules


class Command(BaseCommand):
    help = "Makes django-q's schedules equal to the table in billing/schedules.py; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{schedules.sync_schedules()} schedules.")
