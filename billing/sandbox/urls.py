"""The sample bank's addresses, under sample-bank/."""

from django.urls import path

from billing.sandbox import views

app_name = "sandbox"

urlpatterns = [
    path("wallet/<str:token>/", views.show_wallet, name="sample_wallet"),
    path("<str:external_id>/", views.show_bank, name="sample_bank"),
]
