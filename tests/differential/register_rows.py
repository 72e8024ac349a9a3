"""Rows of the registers (kontrakt, kontrakt_lege, medlemskap, opphold, nokkel), tested in the order of details 1.

In: a delivery. Out: sound rows as dictionaries, in the order of files and rows, and the class of every row. Plain
Python; shares nothing with the program.
"""

import rows
from deliveries import files_of, read

IDS = {"kontrakt_id", "praksis_lnr", "behandler_lnr", "kpr_lnr", "npr_lnr", "institusjon_id"}
FLAGS = {"fastlonn", "pht", "vikar"}
DATES = {"gyldig_fra", "gyldig_til", "fra", "til"}
MOMENTS = {"inntid", "uttid"}
RANGES = {"omsorgsniva": (1, 3), "innmatehast": (1, 5), "uttilstand": (1, 3)}
NUMBERS = {"listetak", "fodselsaar"}
COLUMNS = {
    "kontrakt": [
        "kontrakt_id", "kommunenr", "praksis_lnr", "listetak", "status", "fastlonn", "pht", "gyldig_fra", "gyldig_til",
    ],
    "kontrakt_lege": ["kontrakt_id", "behandler_lnr", "vikar", "gyldig_fra", "gyldig_til"],
    "medlemskap": ["kpr_lnr", "kontrakt_id", "fra", "til"],
    "opphold": [
        "npr_lnr", "inntid", "uttid", "omsorgsniva", "innmatehast", "institusjon_id", "kommunenr", "fodselsaar",
        "uttilstand",
    ],
    "nokkel": ["npr_lnr", "kpr_lnr"],
}
REQUIRED_TYPES = {"kontrakt_id", "praksis_lnr", "behandler_lnr", "npr_lnr", "omsorgsniva", "status"}
REQUIRED_DATES = {"gyldig_fra", "fra", "inntid"}
FOREVER = 10**9


def wrong_type(column, text):
    if not text:
        return column in REQUIRED_TYPES
    if column in IDS:
        return len(text) > 64
    if column in FLAGS:
        return text not in ("0", "1")
    if column == "status":
        return text not in ("apen", "lukket")
    if column in RANGES:
        low, high = RANGES[column]
        return rows.number(text) is None or not low <= rows.number(text) <= high
    return column in NUMBERS and rows.number(text) is None


def parsed(column, text):
    if column in MOMENTS:
        return rows.moment(text)
    return rows.day(text) if column in DATES else None


def fault(source, row):
    if any(wrong_type(column, text) for column, text in row.items()):
        return "rejected:bad-type"
    for column, text in row.items():
        if column in DATES | MOMENTS and (parsed(column, text) is None if text else column in REQUIRED_DATES):
            return "rejected:bad-date"
    first, last = {"medlemskap": ("fra", "til"), "opphold": ("inntid", "uttid")}.get(source, ("gyldig_fra", "gyldig_til"))
    if row.get(last) and parsed(last, row[last]) < parsed(first, row[first]):
        return "rejected:bad-period"
    if source in ("medlemskap", "nokkel") and not row["kpr_lnr"]:
        return "out-of-scope:no-person"
    if source == "kontrakt" and rows.negative(row["listetak"]):
        return "rejected:negative"
    return None


def read_source(delivery, source):
    """File names, and every row as (file, position, class or None, fields)."""
    paths = files_of(delivery, source)
    found = []
    for rank, path in enumerate(paths):
        header, body = read(path)
        at = {column: header.index(column) if column in header else None for column in COLUMNS[source]}
        for position, fields in enumerate(body):
            if fields is None:
                found.append((rank, position, "rejected:bad-type", {}))
                continue
            row = {column: "" if index is None else fields[index] for column, index in at.items()}
            found.append((rank, position, fault(source, row), row))
    return [path.name for path in paths], found


def registers(delivery, sources):
    """Sound rows by source, each with its place in the delivery, and the accounting by file."""
    names, all_rows = {}, {}
    for source in sources:
        names[source], all_rows[source] = read_source(delivery, source)
    if "opphold" in all_rows:
        link(all_rows)
    account = {}
    for source, found in all_rows.items():
        files = [{"file": name, "rows": 0, "classes": {}} for name in names[source]]
        for rank, _, state, _ in found:
            classes = files[rank]["classes"]
            files[rank]["rows"] += 1
            classes[state or "counted"] = classes.get(state or "counted", 0) + 1
        account[source] = files
    sound = {
        source: [row | {"place": (rank, position), "class": state} for rank, position, state, row in found if state in (None, "out-of-scope:open-stay")]
        for source, found in all_rows.items()
    }
    return sound, account


def link(all_rows):
    """ambiguous-key, no-key and open-stay, and each stay's person."""
    persons = {}
    for _, _, state, row in all_rows["nokkel"]:
        if state is None:
            persons.setdefault(row["npr_lnr"], set()).add(row["kpr_lnr"])
    ambiguous = {stay for stay, known in persons.items() if len(known) > 1}
    for source in ("nokkel", "opphold"):
        for at, (rank, position, state, row) in enumerate(all_rows[source]):
            if state is None and row["npr_lnr"] in ambiguous:
                state = "rejected:ambiguous-key"
            elif state is None and source == "opphold":
                if row["npr_lnr"] not in persons:
                    state = "rejected:no-key"
                else:
                    row = row | {"person": next(iter(persons[row["npr_lnr"]]))}
                    state = None if row["uttid"] else "out-of-scope:open-stay"
            all_rows[source][at] = (rank, position, state, row)
