"""The tables of joined registers beside the independent computation: every cell, its contributors, every class of row;
and the certificate of each release by the checker that needs none of our code.

    joined.py --kprstat target/release/kprstat [--work target/differential] [--only messy-csv] [--persons N]
"""

import argparse
import datetime
import json
import shutil
import sys
import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

import compare
import expected
import registers
import rows
import run

FROM, TO, AS_OF = "2021-12", "2024-02", "2024-05-05"
SHOWN = 5
CHECKER = run.ROOT / "tests" / "certificate" / "check_certificate.py"
# By practice: never published.
RESTRICTED = ("own-list-coverage", "team-payments")


def cells(path):
    table = pq.read_table(path).to_pylist()
    label = lambda row: row.get("list_doctor", row.get("team", ""))
    return {(r["period"], r["geo"], label(r), r["indicator"], r["measure"]): r for r in table}


def table_differences(name, wanted, public, restricted):
    truth, file = cells(restricted / "cells" / f"{name}.parquet"), public / "data" / f"{name}.parquet"
    shown = cells(file) if name not in RESTRICTED else {}
    texts = []
    missing, extra = wanted.keys() - truth.keys(), truth.keys() - wanted.keys()
    for what, keys in (("rows missing", missing), ("rows too many", extra)):
        if keys:
            texts.append(f"{name}: {what}: {len(keys)}, such as {sorted(keys)[:SHOWN]}")
    wrong = [key for key in wanted.keys() & truth.keys() if wanted[key] != as_expected(truth[key])]
    texts += [f"{name} {key}: expected {wanted[key]}, found {as_expected(truth[key])}" for key in sorted(wrong)[:SHOWN]]
    if wrong:
        texts.append(f"{name}: {len(wrong)} cells differ")
    for key, row in shown.items():
        true = wanted.get(key, (None,))[0]
        if row["obs_status"] == "Q" and row["value"] is not None or row["obs_status"] != "Q" and row["value"] != true:
            texts.append(f"{name} {key}: shown {row['value']} with {row['obs_status']}, expected {true}")
    return texts


def as_expected(row):
    return row["value"], row["n_patients"], row["n_doctors"]


def accounting(account, restricted):
    manifest = json.loads((restricted / "manifest.json").read_text(encoding="utf-8"))["rows"]
    return compare.accounting({source: files for source, files in account.items() if source in manifest}, restricted)


def case(kprstat, work, name, options, seed, persons):
    folder = work / f"joined-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    delivery, out = folder / "delivery", folder / "out"
    run.command(kprstat, "synth", "--persons", persons, "--from", FROM, "--to", TO, "--seed", seed, *options, "--out", delivery)
    return compare_release(kprstat, delivery, out)


def compare_release(kprstat, delivery, out, as_of=AS_OF, pipelines=run.ROOT / "pipelines"):
    db = duckdb.connect()
    account = expected.compute(db, delivery, as_of, [])
    world = registers.World(db, delivery, (datetime.date.fromisoformat(as_of) - rows.EPOCH).days)
    number, texts = 0, []
    for pipeline, make in registers.TABLES.items():
        run.command(kprstat, "run", pipelines / f"{pipeline}.toml", "--delivery", delivery, "--as-of", as_of, "--out", out)
        public = (out / "public" / "latest" / pipeline).resolve()
        restricted = out / "restricted" / public.name
        run.command(sys.executable, CHECKER, public, restricted)
        texts += accounting(account | world.account, restricted)
        for table, wanted in make(world).items():
            number += len(wanted)
            texts += table_differences(table, wanted, public, restricted)
    return number, texts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kprstat", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--work", default=run.ROOT / "target" / "differential", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--persons", default=3_000, type=int)
    args = parser.parse_args()
    failed = False
    for name, options, seed in run.CASES:
        if args.only and args.only != name:
            continue
        started = time.monotonic()
        number, texts = case(args.kprstat, args.work, name, options, seed, args.persons)
        failed = failed or bool(texts)
        print(f"joined {name}: {number} cells, differences: {len(texts)} ({time.monotonic() - started:.0f} s)")
        print("".join(f"    {text}\n" for text in texts), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
