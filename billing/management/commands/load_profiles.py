from typing import Any

from django.core.management.base import BaseCommand

from billing.operations.catalogue.profiles import load_profiles


class Command(BaseCommand):
    help = "Creates the sellers, products, roles and published tariffs an installation starts with; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        counts = load_profiles()
        self.stdout.write(f"{counts['products']} products, {counts['tariffs_made']} tariffs made.")
