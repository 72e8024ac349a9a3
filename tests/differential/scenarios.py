"""The scenarios of tests/spec on the independent computation, so that it is itself held against figures made by hand.

    scenarios.py FOLDER     FOLDER as `cargo test --test spec` leaves it under target/
"""

import json
import sys
from pathlib import Path

import duckdb

import expected


def differences(folder):
    scenario = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    db = duckdb.connect()
    wanted = sorted({cell["table"] for cell in scenario["cells"]})
    expected.compute(db, folder / "delivery", scenario["as_of"], wanted)
    found = [cell_difference(db, cell) for cell in scenario["cells"]]
    found += [row_difference(db, folder, *row) for row in scenario["rows"]]
    return [f"{scenario['name']}\n    {text}" for text in found if text]


def cell_difference(db, cell):
    columns = [row[0] for row in db.execute(f"describe \"{cell['table']}\"").fetchall()]
    labels = {name: "total" for name in columns if name in expected.tables.DIMENSIONS} | cell["dimensions"]
    keys = {"period": cell["period"], "geo": cell["geo"], "indicator": cell["indicator"], "measure": cell["measure"]} | labels
    where = " and ".join(f"{key} = ?" for key in keys)
    rows = db.execute(
        f"select value, obs_status, n_patients, n_doctors from \"{cell['table']}\" where {where}", list(keys.values())
    ).fetchall()
    if cell["value"] == "absent" or not rows:
        return None if cell["value"] == "absent" and not rows else f"{keys}: expected {cell['value']}, found {rows}"
    (value, status, patients, doctors), = rows
    same = value == cell["value"] and cell["status"] in ("", status)
    same = same and cell["n_patients"] in (None, patients) and cell["n_doctors"] in (None, doctors)
    return None if same else f"{keys}: expected {cell}, found {rows}"


def row_difference(db, folder, source, file, row, wanted):
    names = [path.name for path in expected.rows.files_of(folder / "delivery", source)]
    (found,), = db.execute(
        f"select class from class_{source} where file = ? and row = ?", [names.index(file), row]
    ).fetchall() or [(None,)]
    return None if found == wanted else f"{file} row {row + 1}: expected {wanted}, found {found}"


def main(folder):
    folders = sorted(path for path in Path(folder).iterdir() if path.is_dir())
    failures = [text for one in folders for text in differences(one)]
    print(f"scenarios on the independent computation: {len(folders)}, differences: {len(failures)}")
    print("\n".join(failures))
    return 1 if failures or not folders else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
