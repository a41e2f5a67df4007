"""The API as a whole: parsing, errors, language and caching for every address under it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.module_loading import import_string
from django.utils.translation import get_language, override
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja import NinjaAPI, Router
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.types import DictStrAny

from billing.api.v1 import problems
from billing.api.v1.auth import OperatorBearer
from billing.api.v1.docs_page import Pages
from billing.api.v1.document import complete
from billing.api.v1.queries import refuse_unknown


class StrictParser(Parser):
    """Accepts bodies that are declared as JSON only."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        if request.content_type not in ("application/json", ""):
            raise problems.UnsupportedMedia
        return super().parse_body(request)


def language_of(request: HttpRequest) -> str:
    """Returns the language of sentences in answers: Russian where the caller prefers it, else English."""
    for language, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        if language[:2] in ("ru", "en"):
            return language[:2]
    return "en"


def _answer_problems(view: Callable[..., Any]) -> Callable[..., Any]:
    """Wraps a view: errors outside the operation are answered as problems too, and no answer may be cached."""

    @wraps(view)
    def answer_in_language(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with override(language_of(request)):
            return answer(request, *args, **kwargs)

    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = view(request, *args, **kwargs)
        except (Http404, problems.NotFound):
            response = problems.answer_not_found()
        except Exception as error:  # the last resort: a page of HTML would tell a program nothing
            response = problems.answer_unexpected(error)
        if response.status_code == 405 and "Allow" in response:
            response = problems.answer_not_allowed(response["Allow"])
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer_in_language


def _nothing_here(request: HttpRequest, rest: str = "") -> HttpResponse:
    raise problems.NotFound


class Api(NinjaAPI):
    """django-ninja with problem+json errors, strict queries and the completed OpenAPI document."""

    def __init__(self) -> None:
        super().__init__(
            title="Saldo",
            version="1",
            urls_namespace="api",
            auth=OperatorBearer(),
            parser=StrictParser(),
            openapi_url="/openapi.json",
            docs_url="/docs",
            docs=Pages(),
        )
        problems.install(self)
        self._documents: dict[tuple[str, ...], Any] = {}

    def add_router(self, prefix: str, router: Router | str, **options: Any) -> None:
        """Adds a resource, or imports the one at a dotted path; each of its operations is made strict about its query."""
        if isinstance(router, str):
            router = import_string(router)
            assert isinstance(router, Router)
        for view in router.path_operations.values():
            for operation in view.operations:
                operation.view_func = refuse_unknown(operation)
        super().add_router(prefix, router, **options)

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """The URL patterns, with a last one that answers 404 as a problem for everything else under them."""
        patterns, application, namespace = super().urls
        patterns.append(path("<path:rest>", _nothing_here))
        for pattern in patterns:
            assert isinstance(pattern, URLPattern)
            pattern.callback = _answer_problems(pattern.callback)
            pattern.callback.csrf_exempt = True  # type: ignore[attr-defined]  # a token is sent on purpose, a cookie is not
        return patterns, application, namespace

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """The document, made once a process for each language: making it takes longer than a dozen calls."""
        key = (get_language() or "", *(f"{name}={value}" for name, value in sorted(kwargs.items())))
        if key not in self._documents:
            self._documents[key] = complete(super().get_openapi_schema(**kwargs))
        return self._documents[key]
