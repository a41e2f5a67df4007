from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SandboxConfig(AppConfig):
    """An app of its own: `config.settings` installs it with ``BILLING_SANDBOX=true``, and nothing else in billing imports it."""

    name = "billing.sandbox"
    label = "sandbox"
    verbose_name = _("sandbox")
