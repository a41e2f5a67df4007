"""The chart of active members: where the line steps, where the peak stands, and the same month as a table."""

from datetime import UTC, date, datetime

from billing.charts.members import members_chart
from billing.pricing.periods import Span

MOSCOW = "Europe/Moscow"
MAY = Span(date(2026, 5, 1), date(2026, 6, 1))
TENTH = datetime(2026, 5, 10, 11, 3, tzinfo=UTC)
TWENTIETH = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)


def may(**changed):
    values = {
        "span": MAY,
        "zone": MOSCOW,
        "at_start": 10,
        "levels": [(TENTH, 11), (TWENTIETH, 10)],
        "quota": 9,
        "peak": 11,
        "peak_at": TENTH,
        "now": datetime(2026, 5, 24, 12, 0, tzinfo=UTC),
    }
    return members_chart(**{**values, **changed})


def test_the_line_steps_where_people_came_and_ends_now():
    chart = may()
    assert chart.line == "M0 231H309V154H629V231H762"
    assert chart.area == chart.line + "V1000H0Z"
    assert chart.now_x == "76.2%"


def test_the_peak_stands_at_its_instant_and_its_label_stays_in_the_picture():
    assert (may().peak_x, may().peak_anchor) == ("30.9%", "middle")
    early = may(peak_at=None)
    assert (early.peak_x, early.peak_anchor) == ("0.0%", "start")
    late = may(peak_at=datetime(2026, 5, 30, tzinfo=UTC), now=datetime(2026, 6, 3, tzinfo=UTC))
    assert late.peak_anchor == "end"


def test_the_quota_is_labelled_on_the_side_where_the_line_is_not():
    above, below = may(), may(at_start=4, levels=[], peak=4, peak_at=None)
    assert above.quota_label_y > above.quota_y
    assert below.quota_label_y < below.quota_y
    assert may(quota=0).quota is None


def test_a_finished_month_runs_to_its_end_and_marks_no_today():
    chart = may(now=datetime(2026, 7, 1, tzinfo=UTC))
    assert chart.line.endswith("H1000")
    assert chart.now_x is None


def test_an_empty_instance_is_drawn_too():
    chart = may(at_start=0, levels=[], peak=0, peak_at=None, quota=None)
    assert chart.line == "M0 1000H762"


def test_the_table_tells_the_first_day_and_every_day_of_change():
    table = [(row.day.day, row.most, row.at_end) for row in may().rows]
    assert table == [(1, 10, 10), (10, 11, 11), (20, 11, 10)]


def test_a_change_at_midnight_in_moscow_belongs_to_the_new_day():
    chart = may(levels=[(datetime(2026, 5, 9, 21, 0, tzinfo=UTC), 11)])
    assert [row.day.day for row in chart.rows] == [1, 10]


def test_dates_under_the_drawing_are_days_of_the_month():
    assert [tick.day.day for tick in may().ticks] == [1, 8, 15, 22, 29]
    february = may(span=Span(date(2026, 2, 1), date(2026, 3, 1)), levels=[], peak_at=None)
    assert [tick.day.day for tick in february.ticks] == [1, 8, 15, 22]
