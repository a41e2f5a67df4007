"""Django's SQLite, whose LIKE knows every alphabet: the built-in one finds «счёт» only where it is written so, never «СЧЁТ».

`icontains`, `istartswith` and `iexact` are LIKE on SQLite, so the admin's search finds Russian names in any case, as it does
on PostgreSQL.
"""

import re
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base


@lru_cache(maxsize=256)
def matcher(pattern: str, escape: str) -> re.Pattern[str]:
    """A LIKE pattern as a regular expression: % is any text, _ any sign, ``escape`` makes the next sign mean itself."""
    parts, signs = [], iter(pattern)
    for sign in signs:
        if sign == escape:
            parts.append(re.escape(next(signs, "")))
        elif sign in "%_":
            parts.append(".*" if sign == "%" else ".")
        else:
            parts.append(re.escape(sign))
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def like(pattern: object, value: object, escape: str = "") -> bool | None:
    """SQL's ``value LIKE pattern ESCAPE escape``; NULL where either is."""
    if pattern is None or value is None:
        return None
    return matcher(str(pattern), escape).fullmatch(str(value)) is not None


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.create_function("like", 2, like, deterministic=True)
        connection.create_function("like", 3, like, deterministic=True)
        return connection
