"""What waits for staff in Romashka's spring: requests, an offer, an approval, a try to pay. Built by operations."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.test import Client

from accounts.models import User
from billing.models import Approval, CustomerRequest, LedgerAccount, Offer, PaymentAttempt, SavedMethod
from billing.operations import staff_roles
from billing.operations.collection import checkout, method_setup
from billing.operations.customers import requests
from billing.operations.run import billing_run
from billing.operations.settlement import approvals, offers
from billing.sandbox.models import SandboxClock
from billing.sandbox.sample_bank import decide
from tests.support.staff import NOW
from tests.support.story import Story, msk, person

PDF = b"%PDF-1.7 payment order 417"
LATE = msk(5, 18, 12)  # a Monday; April has been overdue since the 16th


def client_of(group: str, name: str = "") -> Client:
    """Signed in as somebody of ``group`` ('superuser' and '' are in none); pages in English."""
    email = f"{name or group.replace(' ', '-') or 'nobody'}@work.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = person(email, group, is_staff=True, is_superuser=group == "superuser")
        if group in staff_roles.GROUPS:
            staff_roles.join_group(user, group)
    client = Client()
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def in_debt() -> None:
    """Moves on to 18 May: the account is read-only."""
    SandboxClock.objects.update(stands_at=LATE)
    billing_run.run_due(as_of=LATE)


def ask(story: Story, kind: str, **more: object) -> CustomerRequest:
    """Anna asks at 15:20 on 12 May, a Tuesday: to be answered by the 13th."""
    new = requests.NewRequest(kind=kind, **more)  # type: ignore[arg-type]
    instance = story.archive if kind in ("deletion", "resumption") else story.cloud
    return requests.file_request(
        account=story.account, new=new, as_of=NOW, user_email=story.anna.email, instance=instance
    )


def proof(story: Story) -> CustomerRequest:
    paper = requests.Attachment("п-п 417.pdf", PDF)
    return ask(story, "proof_of_payment", text="п/п № 417", files=(paper,))


def offer(story: Story) -> Offer:
    """20 people for a year at 10 percent off: 143 760.00, of which 129 384.00 is to be paid."""
    return offers.send_offer(
        subscription=story.cloud.subscriptions.get(),
        people=20,
        discount_percent=Decimal(10),
        as_of=NOW,
        actor="support@work.example",
    )


def large_adjustment(story: Story, actor: str = "sergey@work.example") -> Approval:
    _done, waiting = approvals.act_or_request_approval(
        kind=Approval.Kind.ADJUSTMENT,
        account=story.account,
        amount_minor=1_200_000,
        reason="Простой 3 мая",
        as_of=NOW,
        payload={"sign": 1, "reason_code": "goodwill"},
        actor=actor,
    )
    assert waiting is not None
    return waiting


def attempt(story: Story, amount_minor: int = 658_900) -> PaymentAttempt:
    return checkout.start_payment(
        account=story.account,
        order=checkout.PaymentOrder(amount_minor),
        as_of=NOW - timedelta(minutes=5),
        user_email=story.anna.email,
    )


def saved_method(story: Story) -> SavedMethod:
    """Anna leaves a card at 15:20 on 12 May."""
    set_up = method_setup.start_set_up(account=story.account, as_of=NOW, user_email=story.anna.email)
    decide(set_up.external_id, "succeeded", "4242")
    return method_setup.sync_set_up(set_up=set_up, as_of=NOW).method  # type: ignore[return-value]


def balance(story: Story) -> int:
    """What lies on Romashka's account as its ledger's row says, in kopecks."""
    return LedgerAccount.objects.get(billing_account=story.account).balance_minor
