"""The language of somebody who has signed in: their own, unless this browser was told another."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

GetResponse = Callable[[HttpRequest], HttpResponse]


class PersonLanguageMiddleware:
    """After LocaleMiddleware and AuthenticationMiddleware. The switch RU · EN writes a cookie, and the cookie wins."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
        if not chosen and not request.path.startswith("/api/") and request.user.is_authenticated:
            translation.activate(request.user.locale)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)
