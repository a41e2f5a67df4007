"""The rights of the operator's people: five groups, a permission for every act and for every list they may look into.

Groups are made from the tables below (`manage.py sync_roles`, the sample): an act that nobody lists here is an
administrator's alone. Nobody gets a right by being staff.
"""

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from accounts.models import User
from billing.models import BillingAccount

SUPPORT, FINANCE, PRODUCT, REVIEWER, ADMINISTRATOR = (
    "support",
    "finance",
    "product manager",
    "reviewer",
    "administrator",
)
GROUPS: dict[str, Promise] = {
    SUPPORT: _("support"),
    FINANCE: _("finance"),
    PRODUCT: _("product manager"),
    REVIEWER: _("reviewer"),
    ADMINISTRATOR: _("administrator"),
}

# The permission of an act (``billing.<codename>``), what it allows in words, and who has it besides the administrator.
ACTS: dict[str, tuple[Promise, tuple[str, ...]]] = {
    "create_customer": (_("Create customers"), (SUPPORT, FINANCE)),
    "change_requisites": (_("Change a customer's requisites and billing addresses"), (SUPPORT, FINANCE)),
    "register_instance": (_("Register instances"), (SUPPORT,)),
    "report_member": (_("Report people of an instance"), ()),
    "create_subscription": (_("Put an instance on a tariff"), (SUPPORT,)),
    "choose_tariff": (_("End a trial by its owner's choice of a tariff"), (SUPPORT,)),
    "extend_trial": (_("Extend trials"), (SUPPORT,)),
    "change_terms": (_("Change a subscription's tariff or quantity for its owner, and take that back"), (SUPPORT,)),
    "cancel_subscription": (_("Cancel a subscription for the end of what is paid, and take that back"), (SUPPORT,)),
    "collect_renewal": (_("Try to collect a renewal at once"), (SUPPORT, FINANCE)),
    "terminate_subscription": (_("Terminate subscriptions"), (SUPPORT,)),
    "resume_subscription": (_("Resume subscriptions"), (SUPPORT,)),
    "delete_instance_data": (_("Delete an instance on its owner's request"), ()),
    "answer_requests": (_("Answer what customers ask for: carry out, decline, read their files"), (SUPPORT, FINANCE)),
    "delete_on_request": (_("Carry out a request to delete an instance"), (SUPPORT,)),
    "grant_relief": (_("Give an instance access for a time before the money arrives, and end it"), (SUPPORT, FINANCE)),
    "grant_long_relief": (_("Give such access for longer than support may"), (FINANCE,)),
    "send_offer": (_("Work out, send and withdraw offers of a year up front"), (SUPPORT, FINANCE)),
    "approve_act": (_("Decide on another person's act above the limit"), (FINANCE,)),
    "ask_provider": (_("Ask a payment provider what became of a payment"), (SUPPORT, FINANCE)),
    "remove_method": (_("Remove a customer's saved payment method"), (SUPPORT, FINANCE)),
    "record_payment": (_("Record payments"), (SUPPORT, FINANCE)),
    "record_large_payment": (_("Record payments above the limit"), (FINANCE,)),
    "reverse_payment": (_("Take a recorded payment back"), (FINANCE,)),
    "issue_credit_note": (_("Issue credit notes"), (FINANCE,)),
    "adjust_balance": (_("Adjust a balance"), (FINANCE,)),
    "resend_invoice": (_("Send an invoice again"), (SUPPORT, FINANCE)),
    "read_invoice_document": (_("Read an invoice's PDF"), (SUPPORT, FINANCE)),
    "run_close": (_("Run the close of the month"), (FINANCE,)),
    "retry_work": (_("Start work again that was set aside"), (FINANCE,)),
    "draft_tariff": (_("Draft tariffs and submit them"), (PRODUCT, FINANCE)),
    "review_tariff": (_("Review tariffs: send back, publish"), (REVIEWER, FINANCE)),
    "retire_tariff": (_("Archive and restore tariffs"), (PRODUCT, REVIEWER, FINANCE)),
    "move_subscribers": (_("Move a tariff's subscribers to another, and call the move off"), (PRODUCT,)),
    "manage_catalogue": (_("Change products and roles"), (PRODUCT,)),
    "manage_sellers": (_("Change sellers and VAT rates"), (FINANCE,)),
    "manage_tokens": (_("Create and revoke API tokens"), ()),
}

# Whose lists and pages each group may look into, by app and model.
CATALOGUE = (
    "accounts.product",
    "accounts.role",
    "billing.seller",
    "billing.vatrate",
    "billing.tariff",
    "billing.tariffmove",
    "billing.termschange",
)
PEOPLE = ("accounts.customer", "accounts.instance", "accounts.member", "accounts.memberchange", "billing.signup")
MONEY = (
    "billing.billingaccount",
    "billing.billingaddress",
    "billing.subscription",
    "billing.subscriptionchange",
    "billing.billingperiod",
    "billing.charge",
    "billing.invoice",
    "billing.invoiceline",
    "billing.invoicedocument",
    "billing.creditnote",
    "billing.payment",
    "billing.credit",
    "billing.allocation",
    "billing.customerrequest",
    "billing.relief",
    "billing.offer",
    "billing.approval",
    "billing.paymentattempt",
    "billing.savedmethod",
    "billing.collection",
)
WORK = (
    "billing.event",
    "billing.notice",
    "billing.accessannouncement",
    "billing.jobrun",
    "billing.heartbeat",
    "billing.auditrecord",
    "django_q.schedule",
    "django_q.success",
    "django_q.failure",
    "django_q.ormq",
)
OUTSIDE = ("billing.apitoken", "billing.webhookendpoint", "billing.webhookdelivery")
LEDGER = ("billing.ledgeraccount", "billing.entry", "billing.posting", "billing.numberseries")
VIEWS: dict[str, tuple[str, ...]] = {
    SUPPORT: (*CATALOGUE, *PEOPLE, *MONEY, *WORK, *OUTSIDE),
    FINANCE: (*CATALOGUE, *PEOPLE, *MONEY, *WORK, *LEDGER),
    PRODUCT: CATALOGUE,
    REVIEWER: CATALOGUE,
    ADMINISTRATOR: (*CATALOGUE, *PEOPLE, *MONEY, *WORK, *LEDGER, *OUTSIDE, "accounts.user", "auth.group"),
}


def group_name(name: str) -> str:
    """Names a group in the active language; one that an operator made keeps its own name."""
    return str(GROUPS.get(name, name))


def act_name(codename: str) -> str:
    """Names what a right allows, in the active language; raises KeyError for one that is no act's."""
    return str(ACTS[codename][0])


def permission_of(act: str) -> str:
    """Returns the permission that ``act`` needs, as `User.has_perm` takes it."""
    return f"{BillingAccount._meta.app_label}.{act}"


def _act_permissions() -> dict[str, Permission]:
    kind = ContentType.objects.get_for_model(BillingAccount)
    with override("en"):  # the row's name is English, whoever makes it
        return {
            act: Permission.objects.get_or_create(content_type=kind, codename=act, defaults={"name": str(name)})[0]
            for act, (name, _groups) in ACTS.items()
        }


def _view_permission(label: str) -> Permission:
    app_label, model = label.split(".")
    kind, _created = ContentType.objects.get_or_create(app_label=app_label, model=model)
    permission, _created = Permission.objects.get_or_create(
        content_type=kind, codename=f"view_{model}", defaults={"name": f"Can view {model}"}
    )
    return permission


@transaction.atomic
def ensure_groups() -> int:
    """Creates the five groups and gives each exactly the rights of the tables above; returns how many rights there are."""
    acts = _act_permissions()
    count = 0
    for name in GROUPS:
        group, _created = Group.objects.get_or_create(name=name)
        own_acts = [acts[act] for act, (_name, groups) in ACTS.items() if name in groups or name == ADMINISTRATOR]
        rights = [*own_acts, *map(_view_permission, VIEWS[name])]
        group.permissions.set(rights)
        count += len(rights)
    return count


def join_group(user: User, group: str) -> None:
    """Makes ``user`` one of the staff in ``group`` (one of `GROUPS`); raises Group.DoesNotExist for any other."""
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    user.groups.add(Group.objects.get(name=group))
