"""The names of what is sold by quantity: the forms that a number and a preposition ask for, in English and Russian."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class UnitNames:
    """The names of one unit and of several; all of them or none.

    ``one_ru`` stands after 1 and 21, ``few_ru`` after 2 to 4, ``many_ru`` after 5 to 20; ``per_ru`` after «за».
    """

    one: str = ""
    many: str = ""
    one_ru: str = ""
    few_ru: str = ""
    many_ru: str = ""
    per_ru: str = ""

    def __bool__(self) -> bool:
        return bool(self.one)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> "UnitNames":
        """Reads the names that `as_dict` wrote; none of None."""
        return cls(**values) if values else cls()

    def as_dict(self) -> dict[str, str] | None:
        """Returns the names as plain JSON values, as an explanation keeps them (G8); None where there are none."""
        return asdict(self) if self else None

    def after_number(self, number: int, language: str) -> str:
        """Returns the form after a number that is counted: 1 licence, 2 licences; 1 лицензия, 2 лицензии, 5 лицензий."""
        if language != "ru":
            return self.one if number == 1 else self.many
        last, teens = number % 10, 11 <= number % 100 <= 14
        if teens or last in (0, 5, 6, 7, 8, 9):
            return self.many_ru
        return self.one_ru if last == 1 else self.few_ru

    def after_limit(self, number: int, language: str) -> str:
        """Returns the form after a number that is a limit: from 10 licences; от 21 лицензии, от 10 лицензий."""
        if language != "ru":
            return self.after_number(number, language)
        return self.few_ru if number % 10 == 1 and number % 100 != 11 else self.many_ru

    def after_per(self, language: str) -> str:
        """Returns the form that a price is for: per licence, за лицензию."""
        return self.per_ru if language == "ru" else self.one

    def of_one(self, language: str) -> str:
        return self.one_ru if language == "ru" else self.one

    def of_many(self, language: str) -> str:
        """Returns the form that stands where the number is not said: how many licences, сколько лицензий."""
        return self.many_ru if language == "ru" else self.many


UNNAMED = UnitNames()
