"""Ids for the outside: short, unguessable, never reused, and telling by their prefix what they name."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: they are read aloud and typed by hand


def new_id(prefix: str, length: int = 18) -> str:
    """A fresh public id such as ``cus_3kq9…``: 18 characters of 5 bits each, 90 bits in all."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_customer_id() -> str:
    return new_id("cus")


def new_instance_id() -> str:
    return new_id("ins")
