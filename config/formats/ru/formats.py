"""Russian: 16 мая 2026 в 00:00; in columns 16.05.2026 00:00. What is not here is Django's own for Russian."""

DATE_FORMAT = "j\u00a0E\u00a0Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j\u00a0E\u00a0Y в\u00a0H:i"
YEAR_MONTH_FORMAT = "F\u00a0Y"
MONTH_DAY_FORMAT = "j\u00a0E"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
DATE_INPUT_FORMATS = ["%d.%m.%Y", "%Y-%m-%d"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S"]
DATETIME_INPUT_FORMATS = ["%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%Y-%m-%d %H:%M"]
