from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from billing.api.health import healthz
from billing.api.v1.api import api
from billing.inbound.provider_webhooks import receive_webhook

# The stock admin login knows no second factor and no rate limit: staff sign in where everybody does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", api.urls),
    path("healthz", healthz, name="healthz"),
    path("webhooks/<str:provider>/", receive_webhook, name="provider_webhook"),
    path("", include("billing.portal.urls")),
]
if settings.BILLING_SANDBOX:
    urlpatterns.append(path("sample-bank/", include("billing.sandbox.urls")))
