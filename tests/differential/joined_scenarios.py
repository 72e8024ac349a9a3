"""The scenarios of tests/spec/registers on the independent computation.

    joined_scenarios.py FOLDER     FOLDER as `cargo test --test spec` leaves it under target/
"""

import datetime
import json
import sys
from pathlib import Path

import duckdb

import expected
import registers
import rows


def differences(folder):
    scenario = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    db = duckdb.connect()
    expected.compute(db, folder / "delivery", scenario["as_of"], [])
    day = (datetime.date.fromisoformat(scenario["as_of"]) - rows.EPOCH).days
    world = registers.World(db, folder / "delivery", day)
    made = {}
    for make in registers.TABLES.values():
        made |= make(world)
    texts = [difference(made[cell["table"]], cell) for cell in scenario["cells"] if cell["table"] in made]
    return [f"{scenario['name']}\n    {text}" for text in texts if text], len(texts)


def difference(table, cell):
    usual = "total" if cell["table"] in ("continuity", "contacts-with-and-without-doctor") else ""
    group = cell["dimensions"].get("list_doctor") or cell["dimensions"].get("team") or usual
    key = (cell["period"], cell["geo"], group, cell["indicator"], cell["measure"])
    if key not in table or cell["value"] == "absent":
        return None if key not in table and cell["value"] == "absent" else f"{key}: expected {cell['value']}"
    value, patients, doctors = table[key]
    same = value == cell["value"] and cell["n_patients"] in (None, patients) and cell["n_doctors"] in (None, doctors)
    return None if same else f"{key}: expected {cell}, found {table[key]}"


def main(folder):
    folders = sorted(path for path in Path(folder).iterdir() if path.is_dir())
    found = [differences(one) for one in folders]
    failures = [text for texts, _ in found for text in texts]
    print(f"joined scenarios: {len(folders)}, {sum(cells for _, cells in found)} cells, differences: {len(failures)}")
    print("\n".join(failures))
    return 1 if failures or not folders else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
