"""What somebody sent while their proof of who they are was too old: put aside in their session, done once they have given it.

So nobody types anything twice. The library's pages ask (`billing.portal.reauthentication`) and call back here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from billing.portal.reauthentication import proof_wanted


def proved(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What ``view`` does is done only for somebody who has just proved who they are; others are asked first, and what they
    sent is done when they have. Stands inside whatever answers 404: what is not theirs is not asked about."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = proof_wanted(request)
        if asked is None:
            return view(request, *args, **kwargs)
        typed = request.POST.copy()
        typed.pop("csrfmiddlewaretoken", None)
        state = {"path": request.path, "query": request.GET.urlencode(), "typed": typed.urlencode()}
        request.session[STATE_SESSION_KEY] = {
            "callback": f"{__name__}.go_on",
            "state": {**state, "page": request.get_full_path()},
        }
        return asked

    return wrapped


def go_on(request: HttpRequest, state: dict[str, str]) -> HttpResponse:
    """Does what was put aside, once it is clear who it is: called by the library.

    Only where the proof was given for it: somebody may have left it there and prove who they are for something else later.
    """
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if wanted != state["page"]:
        safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(wanted if wanted and safe else reverse("portal:overview"))
    request.path = request.path_info = state["path"]
    request.GET, request.POST = QueryDict(state["query"]), QueryDict(state["typed"])
    found = resolve(state["path"])
    answer: HttpResponse = found.func(request, *found.args, **found.kwargs)
    return answer
