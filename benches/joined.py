"""The four pipelines of joined registers beside DuckDB on the same delivery, and whether their cells are equal.

In: what run.py was asked for, a delivery. Out: by pipeline and tool seconds, memory and differences. Of kprstat the way to
the cells is compared, and the whole of a run given beside it. Says nothing of tables of bills alone: run.py has those.
"""

import sys

import duckdb

import run

PIPELINES = ("gp-register", "continuity", "after-discharge", "primary-health-team")
TO_CELLS = (*run.TO_CELLS, "link")
SAME = ("period", "geo", "label", "indicator", "measure")


def bench(args, delivery, as_of):
    results = {}
    for pipeline in PIPELINES:
        out, cells = args.work / "joined", args.work / "duckdb-joined" / pipeline
        own = run.run_kprstat(args, delivery, as_of, out, run.ROOT / "pipelines" / f"{pipeline}.toml", TO_CELLS)
        words = [sys.executable, run.HERE / "duckdb_joined.py", pipeline, delivery, as_of, cells, args.threads]
        other = run.measured(words, limit=args.limit)
        if own["exit_code"] == other["exit_code"] == 0:
            other["differences"] = differences(out / "out", pipeline, cells)
        results |= {f"{pipeline} kprstat": own, f"{pipeline} duckdb": other}
        line(pipeline, own, other)
    return results


def line(pipeline, own, other):
    ended = "" if other["exit_code"] == 0 else f", exit code {other['exit_code']}"
    print(
        f"  {pipeline:20} kprstat {own['to_cells_s']:7.1f} s to cells (run {own['wall_s']:.1f} s) {own['peak_mib']:6} MiB   duckdb {other['wall_s']:7.1f} s"
        f" {other['peak_mib']:6} MiB{ended}   differing cells: {other.get('differences', 'not compared')}", flush=True,
    )


def differences(out, pipeline, cells):
    """How many of DuckDB's cells, and of kprstat's that are not nought, have no equal."""
    release = (out / "public" / "latest" / pipeline).resolve().name
    number = 0
    for file in sorted(cells.glob("*.parquet")):
        db = duckdb.connect()
        truth = out / "restricted" / release / "cells" / file.name
        columns = [row[0] for row in db.execute(f"describe select * from '{truth}'").fetchall()]
        label = next((name for name in ("list_doctor", "team") if name in columns), "''")
        db.execute(f"create table k as select *, {label} as label from '{truth}'")
        db.execute(f"create table d as select * from '{file}'")
        on = " and ".join(f"k.{key} = d.{key}" for key in SAME)
        people = " or ".join(f"(k.{of} is not null and k.{of} is distinct from d.{of})" for of in ("n_patients", "n_doctors"))
        counted = "coalesce(k.value, 0) <> 0 and k.indicator <> 'most-used-doctor-2y'"
        number += db.execute(f"""select count(*) from k full join d on {on} where case
            when k.period is null then true when d.period is null then {counted} else k.value is distinct from d.value or {people} end""").fetchone()[0]
    return number
