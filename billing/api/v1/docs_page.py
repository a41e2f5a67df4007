"""The page of the OpenAPI document: the bundled Swagger UI in a page of ours, nothing loaded from outside."""

from ninja.openapi.docs import Swagger


class Pages(Swagger):
    """Swagger UI with calls collapsed by tag, a filter, and no list of schemas."""

    template = "api/docs.html"

    def __init__(self) -> None:
        super().__init__(
            {"docExpansion": "list", "filter": True, "defaultModelsExpandDepth": -1, "displayRequestDuration": True}
        )
