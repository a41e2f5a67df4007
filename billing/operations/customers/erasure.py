"""Erasing personal data when an instance is deleted (D16): people, their logins, their mails, the files they sent.

Ledger, invoices and the record of acts stay: the law wants them, and they name people only as far as an act needs its author.
"""

from allauth.account.models import EmailAddress

from accounts.models import Instance, Member, User
from billing import notices
from billing.models import BillingAccount, Notice, NoticePreference, RequestFile, SignUp


def erase_people(instance: Instance) -> None:
    """Erases the people of ``instance`` (locked by the caller); who is a member of another instance keeps login and mails."""
    accounts = BillingAccount.objects.filter(customer=instance.customer_id).select_related("customer")
    billing_emails = {address for account in accounts for address in notices.account_recipients(account)}
    for member in instance.members.all():
        if not _is_known_elsewhere(member):
            if member.email not in billing_emails:
                _erase_mails(member, list(accounts))
            _erase_login(member.email)
        _erase_member(member)
    RequestFile.objects.filter(request__instance=instance).delete()
    SignUp.objects.filter(instance=instance).delete()
    instance.email = f"erased-{instance.pk}@invalid"


def _is_known_elsewhere(member: Member) -> bool:
    others = Member.objects.exclude(status=Member.Status.REMOVED).exclude(instance=member.instance_id)
    return others.filter(email=member.email).exists()


def _erase_mails(member: Member, accounts: list[BillingAccount]) -> None:
    """Erases what was written to this person; that it was sent, and about what, stays."""
    messaging = NoticePreference.objects.filter(user__email=member.email).values_list("phone", "handle")
    addresses = {member.email, *(contact for contacts in messaging for contact in contacts if contact)}
    notices_sent = Notice.objects.filter(account__in=accounts, recipient__in=addresses)
    notices_sent.filter(state=Notice.State.WAITING).update(state=Notice.State.FAILED, last_error="erased")
    notices_sent.update(recipient=f"erased-{member.pk}@invalid", subject="", text="", html="")


def _erase_login(email: str) -> None:
    """Erases the login of a customer's person; the operator's own people keep theirs."""
    for user in User.objects.filter(email=email, is_staff=False):
        EmailAddress.objects.filter(user=user).delete()
        NoticePreference.objects.filter(user=user).delete()
        user.email, user.name, user.is_active = f"erased-{user.pk}@invalid", "", False
        user.set_unusable_password()
        user.save()


def _erase_member(member: Member) -> None:
    member.email, member.name = f"erased-{member.pk}@invalid", ""
    member.external_id = f"erased-{member.pk}"
    member.status = Member.Status.REMOVED
    member.save()
