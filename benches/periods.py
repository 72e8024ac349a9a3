"""The published periods of a delivery's months, for both comparison scripts."""

import calendar
import datetime

LENGTH = {"month": 1, "quarter": 3, "tertial": 4, "year": 12}


def published(first, last, as_of, days=30, month_after=False):
    """(period_type, period, month) for every month of every whole period that is so many days past.

    Months are counted from January of year 0; `as_of` is YYYY-MM-DD. `month_after`: the month after it must be there too."""
    day = datetime.date.fromisoformat(as_of)
    rows = []
    for kind, length in LENGTH.items():
        start = -(-first // length) * length
        while start + length - 1 + month_after <= last:
            year, month = divmod(start + length - 1, 12)
            end = datetime.date(year, month + 1, calendar.monthrange(year, month + 1)[1])
            if day >= end + datetime.timedelta(days=days):
                rows += [(kind, label(kind, start), at) for at in range(start, start + length)]
            start += length
    return rows


def label(kind, start):
    year, month = divmod(start, 12)
    suffix = {"month": f"-{month + 1:02}", "quarter": f"-Q{month // 3 + 1}", "tertial": f"-T{month // 4 + 1}", "year": ""}
    return f"{year:04}{suffix[kind]}"
