"""Russian requisites: the check digits that tell a typing error before it reaches a document.

Pure: dictionaries of strings in, sentences out. The bank account's key is the Bank of Russia's: weights 7, 1, 3 over the
last three digits of the BIC and the twenty of the account, each product modulo 10, the sum divisible by 10.
"""

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum.ru import inn as inn_number
from stdnum.ru import ogrn as ogrn_number

KPP = re.compile(r"\d{4}[\dA-Z]{2}\d{3}")


def _key_holds(prefix: str, account: str) -> bool:
    weights = (7, 1, 3) * 8
    return sum(w * int(digit) % 10 for w, digit in zip(weights, prefix + account, strict=False)) % 10 == 0


def bank_account_is_valid(bic: str, account: str) -> bool:
    """Whether the 20 digits of ``account`` agree with the bank's ``bic``. An account of a clearing currency carries a
    letter in position 6 and has no digital key: it is taken as it is."""
    if len(account) != 20 or not (account.isdigit() or (account[:5] + account[6:]).isdigit()):
        return False
    return not account.isdigit() or _key_holds(bic[-3:], account)


def correspondent_account_is_valid(bic: str, account: str) -> bool:
    """Whether the correspondent account (301…) agrees with the bank's ``bic``."""
    return len(account) == 20 and account.isdigit() and _key_holds("0" + bic[4:6], account)


def _bank_problems(values: dict[str, str]) -> dict[str, "str | Promise"]:
    found: dict[str, str | Promise] = {}
    bic, account = values.get("bic", ""), values.get("bank_account", "")
    correspondent = values.get("correspondent_account", "")
    if bic and not re.fullmatch(r"\d{9}", bic):
        return {"bic": _("A BIC has nine digits: check it.")}
    if account and bic and not bank_account_is_valid(bic, account):
        found["bank_account"] = _("The account does not agree with the BIC: check the digits of both.")
    if account and not bic and values.get("country", "RU") == "RU":
        found["bic"] = _("Enter the bank's BIC together with the account.")
    if correspondent and not (bic and correspondent_account_is_valid(bic, correspondent)):
        found["correspondent_account"] = _("The correspondent account does not agree with the BIC: check both.")
    return found


def problems(values: dict[str, str]) -> dict[str, "str | Promise"]:
    """What is wrong with the requisites, by field; empty where all is well. Blank fields are not looked at."""
    found: dict[str, str | Promise] = {}
    if values.get("country", "RU") != "RU":
        return found
    inn, kpp, ogrn = values.get("inn", ""), values.get("kpp", ""), values.get("ogrn", "")
    if inn and not (inn.isdigit() and len(inn) in (10, 12)):
        found["inn"] = _("An INN has 10 digits (company) or 12 (person, sole trader).")
    elif inn and not inn_number.is_valid(inn):
        found["inn"] = _("The INN's checksum does not agree: check the digits.")
    if kpp and not KPP.fullmatch(kpp):
        found["kpp"] = _("A KPP has nine characters, as 770701001.")
    if ogrn and not ogrn_number.is_valid(ogrn):
        found["ogrn"] = _("The OGRN's checksum does not agree: it has 13 digits, an OGRNIP 15.")
    return {**found, **_bank_problems(values)}
