"""Accepting an invitation: the mailed link proves the address, a password creates the sign-in."""

from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import Member, User
from billing import clock
from billing.errors import Refusal
from billing.operations.customers import member_management
from billing.wording.refusals import explain_refusal

BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accepts the invitation. Whoever has a sign-in already has to use it: a link alone must not bypass their second factor."""
    try:
        member = member_management.invited_member(token)
    except Refusal as refusal:
        return _answer_closed(request, refusal)
    existing_user = User.objects.filter(email=member.email).first()
    errors: dict[str, str] = {}
    if request.method == "POST" and (existing_user is None or existing_user == request.user):
        try:
            return _let_in(request, token, existing_user, member)
        except ValidationError as error:
            errors = {"password": " ".join(error.messages)}
        except Refusal as refusal:
            return _answer_closed(request, refusal)
    context = {
        "member": member,
        "existing_user": existing_user,
        "is_me": existing_user is not None and existing_user == request.user,
        "login_url": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
        "name": request.POST.get("name", member.name),
        "errors": errors,
    }
    return render(request, "portal/invitation.html", context, status=422 if errors else 200)


def _let_in(request: HttpRequest, token: str, existing_user: User | None, member: Member) -> HttpResponse:
    password, name = request.POST.get("password", ""), request.POST.get("name", "").strip()[:150]
    if existing_user is None:
        validate_password(password, User(email=member.email, name=name))
    user = member_management.accept_invitation(
        token=token, password=password, name=name or member.name, as_of=clock.now(), locale=get_language() or "ru"
    )
    if existing_user is None:
        login(request, user, backend=BACKEND)
    return HttpResponseRedirect(reverse("portal:overview"))


def _answer_closed(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    is_used = refusal.code == "invitation_used"
    context = {"reason": explain_refusal(refusal), "used": is_used}
    return render(request, "portal/invitation_closed.html", context, status=410)
