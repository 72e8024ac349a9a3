"""The true cells of the nine gp-activity tables and the class of every row, from the specification's text alone.

    expected.py DELIVERY AS-OF OUT     writes OUT/TABLE.parquet and OUT/accounting.json

Row rules are plain Python (rows.py), the rest is SQL in DuckDB (sql/*.sql), counted from the code lists under
fixtures/facts. Shares no code with the program.
"""

import datetime
import json
import sys
from pathlib import Path

import duckdb
import pyarrow as pa

import rows
import tables

HERE = Path(__file__).resolve().parent
FACTS = HERE.parent.parent / "fixtures" / "facts"


def as_arrow(names_and_types, records):
    columns = list(zip(*records)) or [[] for _ in names_and_types]
    arrays = [pa.array(column, type=kind) for column, (_, kind) in zip(columns, names_and_types)]
    return pa.table(arrays, names=[name for name, _ in names_and_types])


def regning_record(rank, position, found, row):
    if row is None:
        return (rank, position, found) + (None,) * 13
    sound = found is None
    return (
        rank, position, found, row["enkeltregning_lnr"], row["kpr_lnr"], row["behandler_lnr"], row["praksistype"],
        row["praksiskommune"], rows.moment(row["tidspunkt"]) if sound else None,
        rows.day(row["registrert"]) if sound else None, row["status"], row["krediterer_lnr"], row["kjonn"],
        rows.number(row["fodselsaar"]) if sound else None, row["kommunenr"], row["kommunenr_pb"],
    )


REGNING = [
    ("file", pa.int32()), ("row", pa.int64()), ("class", pa.string()), ("bill", pa.string()), ("person", pa.string()),
    ("doctor", pa.string()), ("praksistype", pa.string()), ("praksiskommune", pa.string()), ("start", pa.int64()),
    ("registered", pa.int32()), ("status", pa.string()), ("credits", pa.string()), ("kjonn", pa.string()),
    ("fodselsaar", pa.int64()), ("kommunenr", pa.string()), ("kommunenr_pb", pa.string()),
]
LINE = [
    ("file", pa.int32()), ("row", pa.int64()), ("class", pa.string()), ("bill", pa.string()), ("code", pa.string()),
    ("system", pa.string()), ("main", pa.bool_()),
]
INNBYGGERE = [
    ("file", pa.int32()), ("row", pa.int64()), ("class", pa.string()), ("aar", pa.int64()), ("kommunenr", pa.string()),
    ("kjonn", pa.string()), ("alder", pa.int64()), ("personer", pa.int64()),
]


def line_record(rank, position, found, row):
    if row is None:
        return (rank, position, found, None, None, None, None)
    code = row.get("takstkode", row.get("kode"))
    return (rank, position, found, row["enkeltregning_lnr"], code, row.get("kodeverk"), row.get("er_hoveddiagnose") == "1")


def resident_record(rank, position, found, row):
    if row is None or found is not None:
        return (rank, position, found, None, None, None, None, None)
    return (
        rank, position, found, rows.number(row["aar"]), row["kommunenr"], row["kjonn"], rows.number(row["alder"]),
        rows.number(row["personer"]),
    )


def load(db, delivery, as_of):
    """Raw tables in DuckDB; gives the file names by source and whether bills compare as numbers."""
    names, numbers = {}, True
    for source, shape, record in (
        ("regning", REGNING, regning_record),
        ("takst", LINE, line_record),
        ("diagnose", LINE, line_record),
        ("innbyggere", INNBYGGERE, resident_record),
    ):
        names[source], tested = rows.tested(delivery, source, as_of)
        for _, _, _, row in tested:
            for column in ("enkeltregning_lnr", "krediterer_lnr"):
                text = row.get(column, "") if row else ""
                numbers = numbers and (not text or rows.is_shortest_number(text))
        raw = as_arrow(shape, [record(*row) for row in tested])
        db.register("incoming", raw)
        db.execute(f"create table raw_{source} as select * from incoming")
        db.unregister("incoming")
    return names, numbers


def run_sql(db, name, **values):
    text = (HERE / "sql" / name).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace("$" + key, str(value))
    for statement in text.split(";\n"):
        if statement.strip():
            db.execute(statement)


def accounting(db, names):
    """Rows by class, per source and file."""
    account = {}
    for source, files in names.items():
        per_file = [{"file": name, "rows": 0, "classes": {}} for name in files]
        counts = db.execute(f"select file, class, count(*) from class_{source} group by all").fetchall()
        for rank, found, count in counts:
            per_file[rank]["rows"] += count
            per_file[rank]["classes"][found] = count
        account[source] = per_file
    return account


def compute(db, delivery, as_of, wanted=tables.TABLES):
    """Fills `db` with the wanted tables; gives the accounting."""
    day = (datetime.date.fromisoformat(as_of) - rows.EPOCH).days
    names, numbers = load(db, delivery, day)
    order = "bill::bigint" if numbers else "bill"
    run_sql(db, "lists.sql", facts=FACTS)
    run_sql(db, "contacts.sql", bill_order=order)
    tables.make(db, day, wanted)
    return accounting(db, names)


def main(delivery, as_of, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    account = compute(db, delivery, as_of)
    for table in tables.TABLES:
        db.execute(f"""copy "{table}" to '{out / (table + ".parquet")}' (format parquet)""")
    (out / "accounting.json").write_text(json.dumps(account, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
