from typing import Any

from django.core.management.base import BaseCommand, CommandError

from billing.reports import books


class Command(BaseCommand):
    help = (
        "Proves the books: balances, invoices, charges, numbers and triggers. Exits non-zero where something is wrong."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        found = books.faults()
        for fault in found:
            self.stderr.write(str(fault))
        if found:
            raise CommandError(f"The books are wrong in {len(found)} places.")
        self.stdout.write("The books are right.")
