from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate, pre_migrate

        from billing import checks, triggers  # noqa: F401  (checks register themselves)

        # SQLite rebuilds a table to change a field. It drops the table's own triggers, and stumbles over those of other
        # tables that read it: all are taken away before migrations run and put in place after every migrate.
        pre_migrate.connect(triggers.before_migrate, sender=self)
        post_migrate.connect(triggers.after_migrate, sender=self)
