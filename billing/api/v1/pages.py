"""The document for people: the bundled Swagger in a page of ours, nothing from outside."""

from ninja.openapi.docs import Swagger


class Pages(Swagger):
    """Calls folded under their parts, a filter above them, shapes left out of the list at the end."""

    template = "api/docs.html"

    def __init__(self) -> None:
        super().__init__(
            {"docExpansion": "list", "filter": True, "defaultModelsExpandDepth": -1, "displayRequestDuration": True}
        )
