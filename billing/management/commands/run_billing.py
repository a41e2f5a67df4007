from typing import Any

from django.core.management.base import BaseCommand

from billing import clock
from billing.operations.run.billing_run import run_due


class Command(BaseCommand):
    help = "Does everything that is due now: closes months, announces locks, renders documents, sends mails."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = run_due(as_of=clock.now())
        self.stdout.write(", ".join(f"{name}: {value}" for name, value in counts.as_dict().items()))
