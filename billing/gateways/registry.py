"""The payment providers that this installation offers: those of ``PAYMENT_PROVIDERS`` that have the settings they need.

The setting holds the dotted paths of classes that fulfil `billing.gateways.base.Provider`. A module that is not listed is never
imported.
"""

from django.conf import settings
from django.utils.module_loading import import_string

from billing.gateways.base import Provider


def providers() -> dict[str, Provider]:
    """Returns the providers that can be used now, by code, in the order of the setting."""
    classes: list[type[Provider]] = [import_string(path) for path in settings.PAYMENT_PROVIDERS]
    configured = [
        provider for provider in (provider_class.from_settings() for provider_class in classes) if provider is not None
    ]
    return {provider.code: provider for provider in configured}


def provider_for(currency: str) -> Provider | None:
    """Returns the first provider that takes ``currency``, None where nobody does: then the bank transfer is the way to pay."""
    return next((provider for provider in providers().values() if currency in provider.currencies), None)
