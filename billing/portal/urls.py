"""The portal's addresses. Numbers and ids in them are those that documents and the API show."""

from django.urls import path

from billing.portal.views import (
    documents,
    instances,
    join,
    mails,
    more,
    offers,
    operations,
    overview,
    pay,
    people,
    preferences,
    requests,
    sample_bank,
    statement,
)

app_name = "portal"

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("operations/", operations.operations, name="operations"),
    path("documents/", documents.documents, name="documents"),
    path("documents/<str:number>/", documents.document, name="document"),
    path("documents/<str:number>/pdf", documents.pdf, name="document_pdf"),
    path("instances/", instances.instances, name="instances"),
    path("instances/<str:public_id>/", instances.instance, name="instance"),
    path("instances/<str:public_id>/people/", people.people, name="people"),
    path("instances/<str:public_id>/people/invite/", people.invite, name="invite"),
    path("instances/<str:public_id>/people/<int:member_id>/", people.person, name="person"),
    path("join/<str:token>/", join.join, name="join"),
    path("pay/", pay.pay, name="pay"),
    path("payments/<uuid:attempt_id>/", pay.payment, name="payment"),
    path("sample-bank/<str:external_id>/", sample_bank.sample_bank, name="sample_bank"),
    path("webhooks/<str:provider>/", sample_bank.webhook, name="webhook"),
    path("requests/", requests.requests, name="requests"),
    path("requests/new/<str:kind>/", requests.new_request, name="new_request"),
    path("requests/<str:public_id>/", requests.request_page, name="request"),
    path("requests/<str:public_id>/withdraw/", requests.withdraw, name="withdraw_request"),
    path("offers/<str:number>/", offers.offer, name="offer"),
    path("offers/<str:number>/pdf", offers.pdf, name="offer_pdf"),
    path("statement/", statement.statement, name="statement"),
    path("statement/pdf", statement.statement_file, {"kind": "pdf"}, name="statement_pdf"),
    path("statement/csv", statement.statement_file, {"kind": "csv"}, name="statement_csv"),
    path("mails/", mails.mails, name="mails"),
    path("more/", more.more, name="more"),
    path("theme/", preferences.theme, name="theme"),
    path("accent.css", preferences.accent_stylesheet, name="accent"),
    path("logo/", preferences.logo, name="logo"),
]
