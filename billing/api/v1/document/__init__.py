"""The API's own document: what django-ninja cannot know of our contract is told here and put into its OpenAPI."""

from billing.api.v1.document.complete import complete

__all__ = ["complete"]
