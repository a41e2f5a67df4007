"""The API's field types: how sums, instants, dates and texts are read and written.

Whatever passes here fits its column, can be stored by either database and be compared with any date of ours.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from billing.pricing.money import from_minor, parse_exact

# Years within which every instant can be converted to another time zone.
FIRST_YEAR, LAST_YEAR = 1970, 2199

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
AMOUNT = re.compile(r"-?\d{1,18}(\.\d{1,9})?", re.ASCII)
OFFSET_IN_QUERY = re.compile(r" (?=\d\d:?\d\d$)")


class Request(BaseModel):
    """The base of request bodies: an unknown field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


def _value_error(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{message}", {"message": message})


# --- Text ------------------------------------------------------------------------------------------------------------


def _refuse_control_characters(text: str) -> str:
    """Refuses control characters: PostgreSQL stores no NUL, and no document prints the others."""
    if any(ord(sign) < 32 and sign not in "\t\n\r" for sign in text) or "\x7f" in text:
        raise _value_error("control_characters", _("Leave out control characters."))
    return text


Printable = AfterValidator(_refuse_control_characters)


def json_schema(**schema: Any) -> Any:
    """Adds to a field's JSON Schema what its type does not say; the operations check it and word the refusal."""
    return Field(json_schema_extra=schema)


def one_of(*values: str) -> Any:
    """Documents the values that a field can have."""
    return json_schema(enum=list(values))


# No control characters; FILLED: something other than spaces as well.
PLAIN = json_schema(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")
FILLED = json_schema(
    pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
)


def between(shortest: int, longest: int) -> StringConstraints:
    """Limits a text to ``shortest`` to ``longest`` characters, spaces around them taken off."""
    return StringConstraints(strip_whitespace=True, min_length=shortest, max_length=longest)


# Ids that the caller chooses are kept to the letter.
ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=128), Printable, PLAIN]


# --- Numbers ---------------------------------------------------------------------------------------------------------


def _read_whole(value: object) -> object:
    """Reads 33.0 as 33: in JSON and in JSON Schema both are the same number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[StrictInt, BeforeValidator(_read_whole, json_schema_input_type=int)]


# --- Time ------------------------------------------------------------------------------------------------------------


def _refuse_unlikely_year(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise _value_error("year", _("Write a year from 1970 to 2199."))


def read_instant(value: object) -> datetime:
    """Reads an instant from ISO 8601 with its offset, into UTC. A + that a query string turned into a space is accepted."""
    instant = None
    if isinstance(value, str) and len(value) <= 40:
        try:
            instant = datetime.fromisoformat(OFFSET_IN_QUERY.sub("+", value))
        except ValueError:
            instant = None
    if instant is None or instant.tzinfo is None:
        raise _value_error("instant", _("Write an instant with its offset, for example 2026-04-01T00:00:00+03:00."))
    _refuse_unlikely_year(instant.year)
    return instant.astimezone(UTC)


def read_day(value: object) -> date:
    """Reads a date from YYYY-MM-DD."""
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and DAY.fullmatch(value) else None
    except ValueError:
        day = None
    if day is None:
        raise _value_error("date", _("Write a date such as 2026-04-01."))
    _refuse_unlikely_year(day.year)
    return day


def read_month(value: object) -> date:
    """Reads a month from YYYY-MM, as its first day."""
    try:
        month = date.fromisoformat(f"{value}-01") if isinstance(value, str) and MONTH.fullmatch(value) else None
    except ValueError:
        month = None
    if month is None:
        raise _value_error("month", _("Write a month such as 2026-04."))
    _refuse_unlikely_year(month.year)
    return month


Instant = Annotated[datetime, BeforeValidator(read_instant, json_schema_input_type=datetime)]
Day = Annotated[date, BeforeValidator(read_day, json_schema_input_type=date)]
Month = Annotated[
    date,
    BeforeValidator(read_month, json_schema_input_type=str),
    json_schema(pattern=r"^(19[7-9][0-9]|2[01][0-9][0-9])-(0[1-9]|1[0-2])$", examples=["2026-04"]),
]

InstantText = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
DayText = Annotated[str, Field(json_schema_extra={"format": "date"})]


def instant_text(instant: datetime) -> str:
    """Writes an instant as ISO 8601 in UTC: 2026-04-30T21:00:00+00:00."""
    return instant.astimezone(UTC).isoformat()


def optional_instant(instant: datetime | None) -> str | None:
    return instant_text(instant) if instant else None


# The JSON Schema of sums; whether one is too fine or too large for its currency the operations check.
CURRENCY = "^[A-Z]{3}$"
PRINTED_AMOUNT = r"^-?[0-9]{1,18}(\.[0-9]{1,9})?$"

# --- Money -----------------------------------------------------------------------------------------------------------


class Money(BaseModel):
    """A sum: ``amount`` with the digits of the currency, below zero with a hyphen."""

    amount: Annotated[str, json_schema(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["5990.00"])]
    currency: Annotated[str, json_schema(pattern=CURRENCY, examples=["RUB"])]

    @classmethod
    def of(cls, minor: int, currency: str) -> "Money":
        return cls(amount=str(from_minor(minor, currency)), currency=currency)


class GivenMoney(Request):
    """A sum that a caller names; without a currency it is in the account's."""

    amount: Annotated[str, between(0, 1000), Printable, json_schema(pattern=PRINTED_AMOUNT, examples=["5990.00"])]
    currency: Annotated[str, between(1, 10), Printable, json_schema(pattern=CURRENCY, examples=["RUB"])] | None = None

    def minor(self, currency: str) -> int | None:
        """Returns the sum in minor units of ``currency``; None where it is no number or finer than the minor unit."""
        return parse_exact(self.amount, currency) if AMOUNT.fullmatch(self.amount) else None

    def currency_or(self, currency: str) -> str:
        return currency if self.currency is None else self.currency


def _read_money(value: object) -> object:
    if isinstance(value, str):
        return {"amount": value}
    if isinstance(value, dict):
        return value
    raise _value_error(
        "money", _("Write a sum such as {“amount”: “5990.00”, “currency”: “RUB”}, the amount as a string.")
    )


PlainAmount = Annotated[str, json_schema(pattern=PRINTED_AMOUNT, examples=["5990.00"])]
Sum = Annotated[GivenMoney, BeforeValidator(_read_money, json_schema_input_type=GivenMoney | PlainAmount)]


def plain_number(number: Decimal) -> int | str:
    """Writes a quantity: a whole one as a number, any other as a string, so that nobody parses it as a float."""
    return int(number) if number == number.to_integral_value() else f"{number.normalize():f}"
