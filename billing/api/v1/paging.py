"""Lists by keyset: `{"items": […], "next": "<cursor>" | null}`. A cursor names the last row of a page, so pages stay
correct while rows are added, and each costs the same however far down it is."""

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
        """Returns the key in the cursor, "" for the first page. Raises `BadInput` for a cursor that no page has handed out."""
        return decode_cursor(self.cursor or self.after)


PageQuery = Annotated[Paging, Query()]


class Listed(BaseModel, Generic[Item]):
    items: list[Item]
    next: str | None


def cursor_refusal() -> BadInput:
    return BadInput(SENTENCES["invalid_cursor"], field="cursor", code="invalid_cursor")


def encode_cursor(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    if not cursor:
        return ""
    if len(cursor) > LONGEST_CURSOR or not cursor.isascii():
        raise cursor_refusal()
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise cursor_refusal() from None
    if not key.isprintable():
        raise cursor_refusal()
    return key


def read_primary_key(key: str) -> int:
    """Reads the key as a primary key, 0 for the first page."""
    if not key:
        return 0
    if not key.isdigit() or len(key) > 18:
        raise cursor_refusal()
    return int(key)


def split_page(rows: Iterable[Row], limit: int) -> tuple[list[Row], bool]:
    """Splits ``limit + 1`` rows into the page and whether more follow."""
    all_rows = list(rows)
    return all_rows[:limit], len(all_rows) > limit
