from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from accounts.errors import Refusal
from billing import clock
from billing.sandbox import sandbox_clock

WIDTH = 30


class Command(BaseCommand):
    help = "Moves the sandbox's clock and runs everything that falls due on the way, in order."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", required=True, help="an instant with its offset, as 2026-06-16T00:00+03:00")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            to = parse_datetime(options["to"])
        except ValueError:
            to = None
        if to is None or to.tzinfo is None:
            raise CommandError("Give an instant with its offset, for example --to 2026-06-16T00:00+03:00")
        try:
            done = sandbox_clock.advance(to=to, progress=self.bar(to))
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stderr.write("")
        self.stdout.write(", ".join(f"{name}: {value}" for name, value in done.as_dict().items()))

    def bar(self, to: datetime) -> Any:
        """Returns a function that draws how far the clock has come, on the terminal's error stream."""
        start = clock.sandbox_now() or to
        whole = max((to - start).total_seconds(), 1)

        def draw(at: datetime) -> None:
            filled = int(WIDTH * (at - start).total_seconds() / whole) if at < to else WIDTH
            self.stderr.write(f"\r[{'#' * filled}{'.' * (WIDTH - filled)}] {at:%Y-%m-%d}", ending="")
            self.stderr.flush()

        return draw
