"""Russian requisites are checked by their check digits, so that a typing error does not reach a document.

Pure: dictionaries of strings in, sentences out. The bank account's key is the Bank of Russia's: weights 7, 1, 3 over the
last three digits of the BIC and the twenty of the account, each product modulo 10, the sum divisible by 10.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum.ru import inn as inn_number
from stdnum.ru import ogrn as ogrn_number

KPP = re.compile(r"\d{4}[\dA-Z]{2}\d{3}")


def _has_valid_key(prefix: str, account: str) -> bool:
    weights = (7, 1, 3) * 8
    return sum(w * int(digit) % 10 for w, digit in zip(weights, prefix + account, strict=False)) % 10 == 0


def bank_account_is_valid(bic: str, account: str) -> bool:
    """Tells whether the 20 digits of ``account`` agree with the bank's ``bic``.

    An account of a clearing currency carries a letter in position 6 and has no numeric key: it is accepted as it is.
    """
    if len(account) != 20 or not (account.isdigit() or (account[:5] + account[6:]).isdigit()):
        return False
    return not account.isdigit() or _has_valid_key(bic[-3:], account)


def correspondent_account_is_valid(bic: str, account: str) -> bool:
    """Tells whether the correspondent account (301…) agrees with the bank's ``bic``."""
    return len(account) == 20 and account.isdigit() and _has_valid_key("0" + bic[4:6], account)


def _bank_problems(values: dict[str, str]) -> dict[str, "str | Promise"]:
    errors: dict[str, str | Promise] = {}
    bic, account = values.get("bic", ""), values.get("bank_account", "")
    correspondent = values.get("correspondent_account", "")
    if bic and not re.fullmatch(r"\d{9}", bic):
        return {"bic": _("A BIC has nine digits: check it.")}
    if account and bic and not bank_account_is_valid(bic, account):
        errors["bank_account"] = _("The account does not agree with the BIC: check the digits of both.")
    if account and not bic and values.get("country", "RU") == "RU":
        errors["bic"] = _("Enter the bank's BIC together with the account.")
    if correspondent and not (bic and correspondent_account_is_valid(bic, correspondent)):
        errors["correspondent_account"] = _("The correspondent account does not agree with the BIC: check both.")
    return errors


def problems(values: dict[str, str]) -> dict[str, "str | Promise"]:
    """Returns what is wrong with the requisites, a sentence by field; empty where they agree. Blank fields are not checked."""
    errors: dict[str, str | Promise] = {}
    if values.get("country", "RU") != "RU":
        return errors
    inn, kpp, ogrn = values.get("inn", ""), values.get("kpp", ""), values.get("ogrn", "")
    if inn and not (inn.isdigit() and len(inn) in (10, 12)):
        errors["inn"] = _("An INN has 10 digits (company) or 12 (person, sole trader).")
    elif inn and not inn_number.is_valid(inn):
        errors["inn"] = _("The INN's checksum does not agree: check the digits.")
    if kpp and not KPP.fullmatch(kpp):
        errors["kpp"] = _("A KPP has nine characters, as 770701001.")
    if ogrn and not ogrn_number.is_valid(ogrn):
        errors["ogrn"] = _("The OGRN's checksum does not agree: it has 13 digits, an OGRNIP 15.")
    return {**errors, **_bank_problems(values)}
