"""Strict query parameters: an unknown one, or one that is sent twice, is refused, as unknown fields of bodies are."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from ninja.errors import ValidationError
from ninja.operation import Operation


def _parameter_names(operation: Operation) -> set[str]:
    """Returns the names of the operation's query parameters, as the caller writes them."""
    names: set[str] = set()
    for model in operation.models:
        if model.__ninja_param_source__ == "query":
            for name, field in model.model_fields.items():
                names |= _names(name, field)
    return names


def _names(name: str, field: Any) -> set[str]:
    """Returns a parameter's name; for a model of several parameters, such as that of the lists, its fields' names."""
    parts = getattr(field.annotation, "model_fields", None)
    return set(parts) if parts else {field.alias or name}


def refuse_unknown(operation: Operation) -> Callable[..., Any]:
    """Wraps the operation's view: it answers 422 with the names where the query has undocumented parameters, or one twice."""
    view, names = operation.view_func, _parameter_names(operation)

    @wraps(view)
    def check_query(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        unknown = [("unknown_parameter", name) for name in request.GET if name not in names]
        twice = [("repeated_parameter", name) for name in names if len(request.GET.getlist(name)) > 1]
        if unknown or twice:
            raise ValidationError([{"type": kind, "loc": ("query", name), "msg": ""} for kind, name in unknown + twice])
        return view(request, *args, **kwargs)

    return check_query
