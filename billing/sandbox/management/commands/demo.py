from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import Refusal
from billing.sandbox import story

WIDTH = 30


class Command(BaseCommand):
    help = "Makes the sample installation in an empty sandbox: half a year of invented customers, with people to sign in as."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--logins", action="store_true", help="only print whom to sign in as")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["logins"]:
            self.make()
            return
        self.stdout.write(f"Sign in with the password {story.PASSWORD}:")
        for email, name, _locale, kind in story.LOGINS:
            self.stdout.write(f"  {email:<26} {name} ({kind})")

    def make(self) -> None:
        try:
            is_new = story.make_sample(progress=self.draw)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        if is_new:
            self.stderr.write("")
            self.stdout.write("The sample is ready; `manage.py demo --logins` says whom to sign in as.")
        else:
            self.stdout.write("There is something in this installation already: the sample was left as it is.")

    def draw(self, step: int, steps: int) -> None:
        filled = WIDTH * step // steps
        self.stderr.write(f"\r[{'#' * filled}{'.' * (WIDTH - filled)}] the sample's half year", ending="")
        self.stderr.flush()
