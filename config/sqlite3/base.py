"""Django's SQLite with a LIKE that ignores case in every alphabet: the built-in one does not find «СЧЁТ» by «счёт».

`icontains`, `istartswith` and `iexact` are LIKE on SQLite, so the admin's search finds Russian names in any case, as it does
on PostgreSQL.
"""

import re
from functools import lru_cache
from typing import Any

from django.db.backends.sqlite3 import base


@lru_cache(maxsize=256)
def compile_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    """Compiles a LIKE pattern into a regular expression: % is any text, _ any sign, ``escape`` makes the next sign mean itself."""
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
    """Implements SQL's ``value LIKE pattern ESCAPE escape``; NULL where either is NULL."""
    if pattern is None or value is None:
        return None
    return compile_pattern(str(pattern), escape).fullmatch(str(value)) is not None


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.create_function("like", 2, like, deterministic=True)
        connection.create_function("like", 3, like, deterministic=True)
        return connection
