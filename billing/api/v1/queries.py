"""Query parameters are taken as seriously as bodies: one that nobody knows, or that is sent twice, is a mistake."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from ninja.errors import ValidationError
from ninja.operation import Operation


def _known(operation: Operation) -> set[str]:
    """The names under which the operation reads its query, as the caller writes them."""
    found: set[str] = set()
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            for name, field in model.model_fields.items():
                found |= _names(name, field)
    return found


def _names(name: str, field: Any) -> set[str]:
    """A model of several parameters, such as that of the lists, stands for its fields."""
    parts = getattr(field.annotation, "model_fields", None)
    return set(parts) if parts else {field.alias or name}


def refuse_unknown(operation: Operation) -> Callable[..., Any]:
    """The operation's view, answering 422 and the names where the query has others than the document (or one of them twice)."""
    view, known = operation.view_func, _known(operation)

    @wraps(view)
    def strict(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        unknown = [("unknown_parameter", name) for name in request.GET if name not in known]
        twice = [("repeated_parameter", name) for name in known if len(request.GET.getlist(name)) > 1]
        if unknown or twice:
            raise ValidationError([{"type": kind, "loc": ("query", name), "msg": ""} for kind, name in unknown + twice])
        return view(request, *args, **kwargs)

    return strict
