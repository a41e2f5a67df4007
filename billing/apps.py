from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from billing import checks, triggers  # noqa: F401  (checks register themselves)

        # SQLite drops a table's triggers whenever a migration rebuilds it: they are put back after every migrate.
        post_migrate.connect(triggers.after_migrate, sender=self)
