"""The groups of notices that people choose among, and those notices that exist as a short message too."""

from django.conf import settings

from billing.models import NoticePreference

Group = NoticePreference.Group

_GROUPS: dict[Group, tuple[str, ...]] = {
    Group.REMINDERS: ("due_soon", "renewal_coming"),
    Group.TRIAL: (
        "trial_started",
        "trial_ending",
        "trial_ended",
        "trial_extended",
        "plan_chosen",
        "started",
        "renewed",
    ),
    Group.CHANGES: (
        "terms_changed",
        "change_scheduled",
        "change_undone",
        "cancelled",
        "cancel_undone",
        "terms_will_change",
        "terms_stay",
        "request_answered",
    ),
    Group.PEOPLE: ("quota_crossed",),
}
_GROUP_OF = {kind: group for group, kinds in _GROUPS.items() for kind in kinds}

# Nobody can do without these: they are written to one person, who has asked for nothing yet.
ALWAYS = frozenset({"invitation"})

# Kinds that exist as a message too: those with a `templates/emails/<kind>_short.txt`.
SHORT = frozenset(
    path.name.removesuffix("_short.txt") for path in (settings.BASE_DIR / "templates" / "emails").glob("*_short.txt")
)


def group_of(kind: str) -> Group | None:
    """Returns the group of ``kind``; None for what is always sent. What no other group names is about bills and access."""
    return None if kind in ALWAYS else _GROUP_OF.get(kind, Group.BILLS)
