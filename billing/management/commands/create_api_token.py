from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Instance
from billing import clock
from billing.models import ApiToken
from billing.operations import api_tokens


class Command(BaseCommand):
    help = "Creates a token of the API and prints it, alone, on the standard output: it is shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scope", required=True, choices=ApiToken.Scope.values)
        parser.add_argument(
            "--instance", default="", help="id of the instance (ins_…) that a token of scope instance is for"
        )
        parser.add_argument("--label", default="", help="what the token is for, shown in the list of tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        scope, name, label = options["scope"], options["instance"], options["label"]
        if (scope == ApiToken.Scope.INSTANCE) != bool(name):
            raise CommandError("--scope instance needs --instance ID; --scope operator goes without.")
        if len(label) > 100:
            raise CommandError("A label has at most 100 characters.")
        instance = Instance.objects.filter(public_id=name).first() if name else None
        if name and instance is None:
            raise CommandError(f"There is no instance {name}.")
        token, secret = api_tokens.create_token(
            scope=scope, instance=instance, label=label, at=clock.real_now(), actor="command line"
        )
        self.stderr.write(f"Token {token.public_id}, scope {scope}. It is not shown again: keep it safe.")
        self.stdout.write(secret)
