"""The first page's cards for what is paid in advance: trials without a choice, renewals that nothing pays."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from billing.admin.base import list_url
from billing.admin.home.cards import Card, count_card
from billing.models import Subscription
from billing.reports.worklists import subscription_work


def prepaid_cards(request: HttpRequest, as_of: datetime) -> list[Card]:
    """Those that this person may see."""
    if not request.user.has_perm("billing.view_subscription"):
        return []
    days = subscription_work.trial_days()
    return [
        count_card(
            _("Renewals by tomorrow that nothing pays"),
            len(subscription_work.renewals_short(as_of)),
            list_url(Subscription, "state=short"),
            _("Too little on the account and no saved method: they end the night after their date."),
            "debt",
        ),
        count_card(
            _("Renewals that could not be collected"),
            subscription_work.collections_failing(as_of).count(),
            list_url(Subscription, "state=failing"),
            _("Tried again every day at ten until their date."),
            "warn",
        ),
        count_card(
            ngettext_lazy("Trials ending within %(days)s day", "Trials ending within %(days)s days", "days")
            % {"days": days},
            subscription_work.trials_ending(as_of).count(),
            list_url(Subscription, "state=ending"),
            _("Nothing is chosen yet: a call may help."),
            "warn",
        ),
    ]
