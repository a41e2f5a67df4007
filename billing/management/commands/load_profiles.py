from typing import Any

from django.core.management.base import BaseCommand

from billing.operations.catalogue.profiles import load_profiles


class Command(BaseCommand):
    help = "Creates the sellers, products, roles and published tariffs an installation starts with; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        made = load_profiles()
        self.stdout.write(f"{made['products']} products, {made['tariffs_made']} tariffs made.")
