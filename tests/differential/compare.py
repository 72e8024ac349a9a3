"""A release beside the independent computation: every cell, its contributors, its status, every class of row.

In: a database that expected.compute has filled, and the folder of a release's parents. Out: texts, one a difference.
"""

import json
from pathlib import Path

import tables

KEYS = ("period_type", "period", "geo_level", "geo", "sex", "age_group")
SHOWN = 5


def key_columns(db, table):
    columns = [row[0] for row in db.execute(f'describe "{table}"').fetchall()]
    return columns[: columns.index("measure") + 1]


def examples(db, what, query):
    """A text where the query gives rows: how many, and the first ones."""
    count = db.execute(f"select count(*) from ({query})").fetchone()[0]
    if not count:
        return []
    return [f"{what}: {count}, such as {db.execute(query + f' limit {SHOWN}').fetchall()}"]


def restricted_cells(db, table, path):
    """The restricted truth: the same rows, values and contributors. Pools are looked at below."""
    keys = key_columns(db, table)
    on = " and ".join(f"e.{key} = g.{key}" for key in keys)
    found = f"(select * from read_parquet('{path}') where not ends_with(geo, 'xx'))"
    shown = ", ".join(f"coalesce(e.{key}, g.{key})" for key in keys)
    both = f'from "{table}" e full join {found} g on {on}'
    texts = examples(db, f"{table}: rows missing from cells/", f"select {shown} {both} where g.period is null")
    texts += examples(db, f"{table}: rows too many in cells/", f"select {shown} {both} where e.period is null")
    matched = f'from "{table}" e join {found} g on {on}'
    texts += examples(
        db, f"{table}: values", f"select {shown}, e.value, g.value {matched} where e.value is distinct from g.value"
    )
    texts += examples(
        db, f"{table}: contributors",
        f"""select {shown}, e.n_patients, g.n_patients, e.n_doctors, g.n_doctors {matched}
        where e.n_patients is not null and (e.n_patients is distinct from g.n_patients or e.n_doctors is distinct from g.n_doctors)""",
    )
    return texts


def public_cells(db, table, path):
    """What is shown is true, what is hidden has no value, every published combination has its row."""
    keys = key_columns(db, table)
    on = " and ".join(f"e.{key} = g.{key}" for key in keys)
    shown = ", ".join(f"g.{key}" for key in keys)
    db.execute(f"""create or replace temp table published as select * from read_parquet('{path}')""")
    named = "select distinct geo from published where geo_level = 'municipality' and not ends_with(geo, 'xx')"
    pools = "select left(geo, 2) from published where ends_with(geo, 'xx')"
    is_named = f"(e.geo in ({named}) or e.geo_level <> 'municipality' or left(e.geo, 2) not in ({pools}))"
    both = f'from published g left join "{table}" e on {on}'
    texts = examples(
        db, f"{table}: public rows too many",
        f"select {shown} {both} where e.period is null and not ends_with(g.geo, 'xx')",
    )
    texts += examples(
        db, f"{table}: public rows missing",
        f'select {shown.replace("g.", "e.")} from "{table}" e anti join published g on {on} where {is_named}',
    )
    texts += examples(
        db, f"{table}: shown values",
        f"""select {shown}, e.value, g.value, e.obs_status, g.obs_status {both}
        where g.obs_status <> 'Q' and not ends_with(g.geo, 'xx')
          and (e.value is distinct from g.value or e.obs_status <> g.obs_status or g.conf_status <> 'F')""",
    )
    texts += examples(
        db, f"{table}: hidden rows with a value or a free status",
        f"select {shown} from published g where obs_status = 'Q' and (value is not null or conf_status <> 'C')",
    )
    return texts + pooled_cells(db, table)


def pooled_cells(db, table):
    """Pools: the municipalities of a county that are not named, counted as one place."""
    pools = [row[0] for row in db.execute("select distinct geo from published where ends_with(geo, 'xx')").fetchall()]
    if not pools:
        return []
    db.execute("begin")
    try:
        db.execute(f"""update contacts set practice = left(practice, 2) || 'xx'
            where practice not in (select distinct geo from published)
              and left(practice, 2) || 'xx' in (select geo from published)""")
        db.execute("delete from geos")
        db.executemany("insert into geos values (?, 'municipality')", [[pool] for pool in pools])
        db.execute(f'alter table "{table}" rename to whole')
        tables.MAKERS[table](db)
        keys = key_columns(db, table)
        on = " and ".join(f"e.{key} = g.{key}" for key in keys)
        shown = ", ".join(f"g.{key}" for key in keys)
        rows = "(select * from published where ends_with(geo, 'xx'))"
        texts = examples(
            db, f"{table}: pools", f"""select {shown}, e.value, g.value from {rows} g full join "{table}" e on {on}
            where g.period is null or e.period is null or (g.obs_status <> 'Q' and e.value is distinct from g.value)""",
        )
    finally:
        db.execute("rollback")
    return texts


def accounting(expected, restricted):
    """Rows by class, by source and file, against the restricted manifest."""
    manifest = json.loads((restricted / "manifest.json").read_text(encoding="utf-8"))
    texts = []
    for source, files in expected.items():
        found = {file["file"]: file for file in manifest["rows"][source]["files"]}
        for file in files:
            given = found.pop(file["file"], {"rows": None, "classes": None})
            if (given["rows"], given["classes"]) != (file["rows"], file["classes"]):
                texts.append(f"{file['file']}: expected {file['classes']}, found {given['classes']}")
        texts += [f"{name}: in the manifest only" for name in found]
    return texts


def release(db, expected_accounting, public, restricted):
    """All differences of one release."""
    public, restricted = Path(public), Path(restricted)
    texts = accounting(expected_accounting, restricted)
    for table in tables.TABLES:
        texts += restricted_cells(db, table, restricted / "cells" / f"{table}.parquet")
        texts += public_cells(db, table, public / "data" / f"{table}.parquet")
    return texts
