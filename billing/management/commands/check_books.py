from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.reports import books


class Command(BaseCommand):
    help = (
        "Proves the books: balances, invoices, charges, numbers and triggers. Exits non-zero where something is wrong."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        faults = books.faults()
        for fault in faults:
            self.stderr.write(str(fault))
        if faults:
            raise CommandError(f"The books are wrong in {len(faults)} places.")
        self.stdout.write("The books are right.")
