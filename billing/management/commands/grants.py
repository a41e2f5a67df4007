from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from billing import grants


class Command(BaseCommand):
    help = (
        "Prints what PostgreSQL has to be told so that ROLE can run the application and can neither change what only grows"
        " nor switch a guard off. Run it as the owner of the tables, after every migrate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", help="the application's role; not the owner of the tables")
        parser.add_argument("--apply", action="store_true", help="carry the statements out, all or none of them")

    def handle(self, *args: Any, **options: Any) -> None:
        if obstacle := grants.find_obstacle(connection, options["role"]):
            raise CommandError(obstacle)
        statements = list(grants.list_statements(connection, options["role"]))
        if not options["apply"]:
            self.stdout.write("".join(f"{statement};\n" for statement in statements), ending="")
            return
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            if surplus := grants.list_surplus(connection, options["role"]):
                raise CommandError(
                    f"{options['role']} can still do what it must not, so nothing was changed: {', '.join(surplus)}."
                    " Leave the roles that give it that, or run this as the owner of database and tables."
                )
        self.stdout.write(f"{options['role']} has its rights: {len(statements)} statements carried out.")
