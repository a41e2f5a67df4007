from typing import Any

from django.core.management.base import BaseCommand

from billing.operations import staff_roles


class Command(BaseCommand):
    help = "Makes the staff's groups and gives each exactly the rights it should have. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        number_of_rights = staff_roles.ensure_groups()
        self.stdout.write(f"{len(staff_roles.GROUPS)} groups, {number_of_rights} rights.")
