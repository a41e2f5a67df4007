from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import requisites
from accounts.ids import new_customer_id


class Customer(models.Model):
    """A customer owes and pays: a company, a sole trader or a person, with the requisites that its documents name.

    `billing.operations.customers.customers` writes rows: made by staff, by the API or by a sign-up, changed by staff, by the
    API or by its owner in the portal. Other requisites change future documents only: an issued document holds the copy that
    it was issued with (G6).
    """

    class Kind(models.TextChoices):
        COMPANY = "company", _("company")
        PERSON = "person", _("person")

    class Locale(models.TextChoices):
        RU = "ru", "Русский"
        EN = "en", "English"

    # Named by the API and by events; written once, at creation.
    public_id = models.CharField(_("id"), max_length=32, unique=True, default=new_customer_id, editable=False)
    # What the operator's own system calls this customer. Written at creation by the API, which reads it to answer a repeated
    # call with the same customer; None where staff or a sign-up made it.
    external_id = models.CharField(_("id elsewhere"), max_length=128, unique=True, null=True, blank=True)
    # Company or person. Copied onto documents; the forms of the portal ask for other requisites by it.
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.COMPANY)
    # The short name: on pages, in lists, in the search and on documents that have no `full_name`.
    name = models.CharField(_("name"), max_length=200)
    # Where invoices go, with the account's further billing addresses. Handing over ownership writes it as well.
    email = models.EmailField(_("email for invoices"))
    # The language of its documents and of mails to it; a person's pages follow `User.locale`.
    locale = models.CharField(_("language"), max_length=2, choices=Locale.choices, default=Locale.RU)

    # Requisites. Check digits are checked before they are written; `snapshot` copies them onto documents at their issue.
    full_name = models.CharField(_("full legal name"), max_length=300, blank=True)
    inn = models.CharField(_("INN"), max_length=12, blank=True)
    kpp = models.CharField(_("KPP"), max_length=9, blank=True)
    ogrn = models.CharField(_("OGRN"), max_length=15, blank=True)
    tax_id = models.CharField(_("tax id abroad"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, default="RU")
    address = models.CharField(_("legal address"), max_length=400, blank=True)
    bank_name = models.CharField(_("bank"), max_length=200, blank=True)
    bic = models.CharField(_("BIC"), max_length=9, blank=True)
    bank_account = models.CharField(_("bank account"), max_length=34, blank=True)
    correspondent_account = models.CharField(_("correspondent account"), max_length=20, blank=True)

    # Instant of creation (`as_of` of the operation).
    created_at = models.DateTimeField(_("created"))
    # Empty in every row: no act writes it, since data is erased an instance at a time (operations.customers.erasure). Where it
    # were set the admin would offer neither a change of the requisites nor a new instance.
    erased_at = models.DateTimeField(_("personal data erased"), null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["Customer"]] = models.Manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["inn"], name="customer_by_inn")]

    REQUISITES = (
        "full_name",
        "inn",
        "kpp",
        "ogrn",
        "tax_id",
        "country",
        "address",
        "bank_name",
        "bic",
        "bank_account",
        "correspondent_account",
    )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Checks the requisites' check digits. Raises ValidationError with a sentence for each wrong field."""
        errors = requisites.problems(self.requisites())
        if errors:
            raise ValidationError({field: [message] for field, message in errors.items()})

    def requisites(self) -> dict[str, str]:
        """Returns the requisites by field, empty ones included."""
        return {name: getattr(self, name) for name in self.REQUISITES}

    def snapshot(self) -> dict[str, Any]:
        """Returns the party as a document prints it, to be copied onto the document at its issue (G6)."""
        return {"kind": self.kind, "name": self.name, "email": self.email, **self.requisites()}
