"""English: 16 May 2026 at 00:00; in columns and fields 16.05.2026 00:00. A month before its day is not read: 05/06 may be either."""

DATE_FORMAT = "j\u00a0F\u00a0Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j\u00a0F\u00a0Y \\a\\t\u00a0H:i"
YEAR_MONTH_FORMAT = "F\u00a0Y"
MONTH_DAY_FORMAT = "j\u00a0F"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
FIRST_DAY_OF_WEEK = 1
DATE_INPUT_FORMATS = ["%d.%m.%Y", "%Y-%m-%d", "%d %B %Y", "%d %b %Y"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S"]
DATETIME_INPUT_FORMATS = ["%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%Y-%m-%d %H:%M"]
