"""Days, rounding and sums that the independent computation of joined registers is written in."""

import datetime
from fractions import Fraction

import register_rows
import rows

FOREVER = register_rows.FOREVER
DAY, HOUR = 86_400, 3_600
CONSULTATIONS = ("physical-consultation", "e-consultation")
FOLLOWING = ("home-visit", "physical-consultation", "e-consultation")
SOURCES = ("kontrakt", "kontrakt_lege", "medlemskap", "opphold", "nokkel")


def two_decimals(numerator, denominator):
    """Rounded half away from zero; None where there is nothing to divide by."""
    if not denominator:
        return None
    share = Fraction(numerator * 100, denominator)
    whole = (2 * abs(share.numerator) + share.denominator) // (2 * share.denominator)
    return (-whole if share < 0 else whole) / 100


def date(day):
    return rows.EPOCH + datetime.timedelta(days=day)


def first_of(month):
    return (datetime.date(month // 12, month % 12 + 1, 1) - rows.EPOCH).days


def month_of(day):
    return date(day).year * 12 + date(day).month - 1


def easter(year):
    """Gauss, as corrected by Lichtenberg."""
    a, k = year % 19, year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    d = (19 * a + m) % 30
    s = 2 - (3 * k + 3) // 4
    r = (d + a // 11) // 29
    og = 21 + d - r
    sz = 7 - (year + year // 4 + s) % 7
    return datetime.date(year, 3, 1) + datetime.timedelta(days=og + (7 - (og - sz) % 7) - 1)


def is_working_day(day):
    of = date(day)
    fixed = (of.month, of.day) in ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))
    moving = (of - easter(of.year)).days in (-3, -2, 0, 1, 39, 49, 50)
    return of.weekday() < 5 and not fixed and not moving


def add(sums, part, whole, person, doctors):
    sums[0] += part
    sums[1] += whole
    sums[2].add(person)
    sums[3].update(doctors)
