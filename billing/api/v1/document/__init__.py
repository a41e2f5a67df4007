"""The OpenAPI document: what django-ninja cannot derive from the views is added here."""

from billing.api.v1.document.complete import complete

__all__ = ["complete"]
