"""Working days: what "within one working day" means (M12, M13). The calendar is the operator's, from the settings."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class WorkCalendar:
    """``weekdays`` that are worked (Monday is 0), ``holidays`` that are not, ``workdays`` that are although they fall on a
    weekend (a day moved by the government)."""

    weekdays: frozenset[int] = frozenset({0, 1, 2, 3, 4})
    holidays: Collection[date] = ()
    workdays: Collection[date] = ()

    def is_working(self, day: date) -> bool:
        return day in self.workdays or (day.weekday() in self.weekdays and day not in self.holidays)

    def next_working_day(self, day: date) -> date:
        """Returns the first working day after ``day``."""
        following = day + timedelta(days=1)
        while not self.is_working(following):
            following += timedelta(days=1)
        return following


def answer_by(filed_on: date, calendar: WorkCalendar) -> date:
    """Returns the last day on which what was asked on ``filed_on`` is still answered within one working day: that day counts whole.

    Asked on a Friday: Monday. Asked on a Saturday, it counts as asked on Monday: Tuesday.
    """
    counted_from = filed_on if calendar.is_working(filed_on) else calendar.next_working_day(filed_on)
    return calendar.next_working_day(counted_from)
