from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Customer, Product
from billing import clock
from billing.errors import Refusal
from billing.operations.events import endpoints


class Command(BaseCommand):
    help = "Sends events to an address and prints the secret that signs them, alone, on the standard output: shown this once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", required=True, help="the address that events are sent to")
        parser.add_argument("--product", default="", help="code of the product whose events it hears; all without it")
        parser.add_argument("--customer", default="", help="id of the customer whose events it hears; all without it")
        parser.add_argument("--name", default="", help="what people call it")
        parser.add_argument(
            "--type", action="append", default=[], dest="types", help="an event type, or subscription. for all of them"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        product = Product.objects.filter(code=options["product"]).first() if options["product"] else None
        if options["product"] and product is None:
            raise CommandError(f"There is no product {options['product']}.")
        customer = Customer.objects.filter(public_id=options["customer"]).first() if options["customer"] else None
        if options["customer"] and customer is None:
            raise CommandError(f"There is no customer {options['customer']}.")
        try:
            endpoint, secret = endpoints.add_endpoint(
                url=options["url"],
                product=product,
                customer=customer,
                types=options["types"],
                name=options["name"],
                as_of=clock.now(),
                actor="command line",
            )
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stderr.write(
            f"Webhook {endpoint.public_id} to {endpoint.url}. Its secret is not shown again: keep it safe."
        )
        self.stdout.write(secret)
