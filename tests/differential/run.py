"""The differential test: synthetic deliveries, clean and messy, CSV and Parquet, through the program and through the
independent computation; every cell and every class of row must agree. Also the scenarios of tests/spec.

    run.py --kprstat target/release/kprstat [--work target/differential] [--only messy-csv] [--persons N]
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb

import compare
import expected
import scenarios

ROOT = Path(__file__).resolve().parent.parent.parent
PIPELINE = ROOT / "pipelines" / "gp-activity.toml"
FROM, TO, AS_OF = "2023-01", "2024-01", "2024-03-05"
CASES = [
    ("clean-csv", ["--format", "csv"], 1),
    ("messy-csv", ["--format", "csv", "--messy"], 2),
    ("clean-parquet", ["--format", "parquet"], 3),
    ("messy-parquet", ["--format", "parquet", "--messy"], 4),
]


def command(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, encoding="utf-8")
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def case(kprstat, work, name, options, seed, persons):
    folder = work / name
    shutil.rmtree(folder, ignore_errors=True)
    delivery, out = folder / "delivery", folder / "out"
    command(kprstat, "synth", "--persons", persons, "--from", FROM, "--to", TO, "--seed", seed, *options, "--out", delivery)
    command(kprstat, "run", PIPELINE, "--delivery", delivery, "--as-of", AS_OF, "--out", out)
    public = (out / "public" / "latest" / "gp-activity").resolve()
    restricted = out / "restricted" / public.name
    db = duckdb.connect()
    account = expected.compute(db, delivery, AS_OF)
    differences = compare.release(db, account, public, restricted)
    cells = sum(db.execute(f'select count(*) from "{table}"').fetchone()[0] for table in expected.tables.TABLES)
    rows = sum(file["rows"] for files in account.values() for file in files)
    return rows, cells, differences


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kprstat", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--work", default=ROOT / "target" / "differential", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--scenarios", action="store_true", help="the scenarios alone")
    parser.add_argument("--persons", default=10_000, type=int)
    args = parser.parse_args()
    failed = False
    if not args.only:
        failed = scenarios.main(ROOT / "target" / "scenarios") != 0
    if args.scenarios:
        return 1 if failed else 0
    for name, options, seed in CASES:
        if args.only and args.only != name:
            continue
        started = time.monotonic()
        rows, cells, differences = case(args.kprstat, args.work, name, options, seed, args.persons)
        failed = failed or bool(differences)
        seconds = time.monotonic() - started
        print(f"{name}: {rows} rows, {cells} cells, differences: {len(differences)} ({seconds:.0f} s)")
        for text in differences:
            print(f"    {text}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
