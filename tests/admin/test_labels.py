"""What is told has a name on the admin's lists; without one staff would read its code."""

from billing.admin import labels
from billing.operations.events.event_types import TYPES
from tests.support.tree import ROOT

# Written to somebody who is no customer yet: no row of the admin's list of mails.
TO_STRANGERS = {"sign_up_confirm", "sign_up_known"}


def test_every_type_of_event_has_its_name() -> None:
    assert set(labels.EVENTS) == set(TYPES)


def test_every_mail_has_its_name() -> None:
    subjects = (ROOT / "templates" / "emails").glob("*_subject.txt")
    kinds = {path.name.removesuffix("_subject.txt") for path in subjects}
    assert kinds - TO_STRANGERS == set(labels.MAILS)
