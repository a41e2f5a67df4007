"""Lists by keyset: `{"items": […], "next": "<cursor>" | null}`. A cursor names the last row of a page, and so a page stays
right while rows are added, and costs the same however far down it is."""

import base64
import binascii
from collections.abc import Iterable
from typing import Annotated, Generic, TypeVar

from ninja import Query
from pydantic import BaseModel, Field

from billing.api.v1.sentences import SENTENCES
from billing.errors import BadInput

Item = TypeVar("Item")
Row = TypeVar("Row")

LARGEST = 200
LONGEST_CURSOR = 100


class Paging(BaseModel):
    """``limit`` rows after ``cursor``, the ``next`` of the page before; ``after`` is another name for it."""

    limit: Annotated[int, Field(ge=1, le=LARGEST)] = 50
    cursor: str = ""
    after: str = ""

    def key(self) -> str:
        """What the cursor names, "" at the beginning; refuses what no page of ours has handed out."""
        return decode(self.cursor or self.after)


Asked = Annotated[Paging, Query()]


class Listed(BaseModel, Generic[Item]):
    items: list[Item]
    next: str | None


def bad_cursor() -> BadInput:
    return BadInput(SENTENCES["invalid_cursor"], field="cursor", code="invalid_cursor")


def encode(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode(cursor: str) -> str:
    if not cursor:
        return ""
    if len(cursor) > LONGEST_CURSOR or not cursor.isascii():
        raise bad_cursor()
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if not key.isprintable():
        raise bad_cursor()
    return key


def number(key: str) -> int:
    """The key as a row's number, 0 at the beginning."""
    if not key:
        return 0
    if not key.isdigit() or len(key) > 18:
        raise bad_cursor()
    return int(key)


def cut(rows: Iterable[Row], limit: int) -> tuple[list[Row], bool]:
    """The page out of ``limit + 1`` rows, and whether more follow."""
    found = list(rows)
    return found[:limit], len(found) > limit
