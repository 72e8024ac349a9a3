"""Tests of every row, in the order of details 1, in plain Python.

In: rows of text. Out: typed rows, each with the class that a row alone can have (None: sound so far).
"""

import datetime
import functools
import re

from deliveries import files_of, read

WHOLE = re.compile(r"[+-]?[0-9]+")
AMOUNT = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)")
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
DOTTED = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
CLOCK = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?")
SHORTEST = re.compile(r"0|-?[1-9][0-9]*")
EPOCH = datetime.date(1970, 1, 1)

IDS = {"enkeltregning_lnr", "kpr_lnr", "behandler_lnr", "praksis_lnr", "krediterer_lnr"}
NUMBERS = {"fodselsaar", "antall", "aar", "alder", "personer"}
AMOUNTS = {"egenandel", "refusjon", "belop"}
REQUIRED = {
    "regning": {"enkeltregning_lnr", "behandler_lnr", "praksis_lnr", "status"},
    "takst": {"enkeltregning_lnr", "takstkode"},
    "diagnose": {"enkeltregning_lnr"},
    "innbyggere": {"aar", "personer"},
}
COLUMNS = {
    "regning": [
        "enkeltregning_lnr", "kpr_lnr", "behandler_lnr", "praksis_lnr", "praksistype", "praksiskommune", "tidspunkt",
        "registrert", "status", "krediterer_lnr", "kjonn", "fodselsaar", "kommunenr", "kommunenr_pb", "egenandel",
        "refusjon",
    ],
    "takst": ["enkeltregning_lnr", "takstkode", "antall", "belop"],
    "diagnose": ["enkeltregning_lnr", "kode", "kodeverk", "er_hoveddiagnose"],
    "innbyggere": ["aar", "kommunenr", "kjonn", "alder", "personer"],
}


@functools.lru_cache(maxsize=100_000)
def day(text):
    """Days since 1970-01-01, or None where the text is no day."""
    if found := ISO.fullmatch(text):
        year, month, number = found.groups()
    elif found := DOTTED.fullmatch(text):
        number, month, year = found.groups()
    else:
        return None
    try:
        return (datetime.date(int(year), int(month), int(number)) - EPOCH).days
    except ValueError:
        return None


def moment(text):
    """Seconds since 1970-01-01, local, or None."""
    if len(text) < 16 or text[10] not in "T ":
        return None
    date, clock = day(text[:10]), CLOCK.fullmatch(text[11:])
    if date is None or not clock:
        return None
    hour, minute, second = (int(part or 0) for part in clock.groups())
    if hour > 23 or minute > 59 or second > 59:
        return None
    return date * 86_400 + hour * 3_600 + minute * 60 + second


def number(text):
    """A 64-bit whole number, or None."""
    if not WHOLE.fullmatch(text):
        return None
    value = int(text)
    return value if -(2**63) <= value < 2**63 else None


def negative(text):
    return text.startswith("-") and any(digit in "123456789" for digit in text)


def wrong_type(source, column, text):
    if not text:
        return column in REQUIRED[source]
    if column in IDS:
        return len(text) > 64
    if column in NUMBERS:
        return number(text) is None
    if column in AMOUNTS:
        return not AMOUNT.fullmatch(text)
    if column == "status":
        return text not in ("godkjent", "avvist", "behandles")
    if column == "er_hoveddiagnose":
        return text not in ("0", "1")
    return False


def fault(source, row, as_of):
    """Class of a row by what it says itself, else None."""
    if any(wrong_type(source, column, text) for column, text in row.items()):
        return "rejected:bad-type"
    if source != "regning":
        signed = (row.get(column, "") for column in ("antall", "belop", "personer"))
        return "rejected:negative" if any(map(negative, signed)) else None
    start, registered = moment(row["tidspunkt"]), day(row["registrert"])
    if start is None or registered is None:
        return "rejected:bad-date"
    if registered > as_of:
        return "out-of-scope:after-as-of"
    if not row["kpr_lnr"]:
        return "out-of-scope:no-person"
    if not row["krediterer_lnr"] and (negative(row["egenandel"]) or negative(row["refusjon"])):
        return "rejected:negative"
    if start // 86_400 > registered:
        return "rejected:future"
    return None


def is_shortest_number(text):
    return bool(SHORTEST.fullmatch(text)) and -(2**63) <= int(text) < 2**63


def tested(delivery, source, as_of):
    """Names of the source's files, and its rows as (file rank, row, class or None, fields by column)."""
    paths = files_of(delivery, source)
    rows = []
    for rank, path in enumerate(paths):
        header, body = read(path)
        at = {column: header.index(column) if column in header else None for column in COLUMNS[source]}
        for position, fields in enumerate(body):
            if fields is None:
                rows.append((rank, position, "rejected:bad-type", None))
                continue
            row = {column: "" if index is None else fields[index] for column, index in at.items()}
            rows.append((rank, position, fault(source, row, as_of), row))
    return [path.name for path in paths], rows
