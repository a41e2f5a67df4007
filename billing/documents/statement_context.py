"""The values that a statement of account prints: every movement of a range, with the balance after each (G3, G5)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billing.documents.context import Sheet, tidy


@dataclass(frozen=True, kw_only=True)
class StatementEntry:
    """One movement: ``amount`` with its sign as the customer sees it, ``balance`` what it led to, ``how`` its working."""

    day: date
    what: str
    how: str = ""
    amount: Decimal
    balance: Decimal

    def __post_init__(self) -> None:
        for name in ("what", "how"):
            object.__setattr__(self, name, tidy(getattr(self, name)))


@dataclass(frozen=True, kw_only=True)
class StatementContext(Sheet):
    """The statement of the business dates ``start`` to ``end``, both included; ``entries`` oldest first.

    Raises BadContext where the balances do not follow from one another: a statement that does not add up is not printed.
    """

    start: date
    end: date
    opening: Decimal
    entries: tuple[StatementEntry, ...]
    closing: Decimal

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "entries", tuple(self.entries))
        self._require(self.start <= self.end, "its range ends before it begins")
        balance = self.opening
        for entry in self.entries:
            balance += entry.amount
            self._require(balance == entry.balance, f"its balances do not add up on {entry.day}")
        self._require(balance == self.closing, "its movements do not lead to its closing balance")

    @property
    def received(self) -> Decimal:
        """The sum of what came to the account in the range."""
        return sum((entry.amount for entry in self.entries if entry.amount > 0), Decimal(0))

    @property
    def charged(self) -> Decimal:
        """The sum of what was taken from the account in the range, negative."""
        return sum((entry.amount for entry in self.entries if entry.amount < 0), Decimal(0))

    # The names by which the tag `period` asks a document for its range.
    @property
    def period_start(self) -> date:
        return self.start

    @property
    def last_day(self) -> date:
        return self.end

    @property
    def period_end(self) -> date:
        return self.end + timedelta(days=1)
