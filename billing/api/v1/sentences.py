"""The sentences of the API's own refusals, by code: in the caller's language in answers, in English in the OpenAPI document."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, Promise] = {
    "unauthorized": _("Send a valid token: “Authorization: Bearer bp_…”."),
    "not_found": _("There is nothing here: check the address and the id in it."),
    "invalid": _("Correct what “errors” names and send the request again."),
    "too_many_calls": _("This token has used up its calls of this minute: wait and call again."),
    "busy": _("The installation is busy: try again in a few seconds."),
    "conflict": _("Another request has just done this: look at the result and try again."),
    "too_large": _("The request is larger than 1 MiB: send it in parts."),
    "unsupported_media_type": _("Send JSON, with “Content-Type: application/json”."),
    "invalid_json": _("The body is no JSON: check it, in UTF-8."),
    "invalid_idempotency_key": _("An Idempotency-Key has 1 to 255 printable ASCII characters."),
    "idempotency_key_reused": _(
        "This Idempotency-Key was used for another request: give every request a key of its own."
    ),
    "invalid_cursor": _("This cursor is none of ours: take “next” of the page before, or begin without one."),
    "unknown_customer": _("There is no such customer: check the id."),
    "too_many_rows": _("Send at most 1,000 rows at once."),
    "document_unavailable": _("The document cannot be made at the moment: try again later."),
}
