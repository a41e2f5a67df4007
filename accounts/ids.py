"""Public ids: short, unguessable, never reused, with a prefix that names the kind of row."""

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: they are read aloud and typed by hand


def new_id(prefix: str, length: int = 18) -> str:
    """Returns a new public id such as ``cus_3kq9…``: ``length`` characters of 5 bits each, 90 bits for 18."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_customer_id() -> str:
    """Returns the public id of a new customer, ``cus_…``. The default of a column: migrations name it."""
    return new_id("cus")


def new_instance_id() -> str:
    """Returns the public id of a new instance, ``ins_…``. The default of a column: migrations name it."""
    return new_id("ins")
