"""kprstat beside DuckDB and polars on the same synthetic delivery, in the same run.

    run.py --kprstat target/release/kprstat [--size demo|month|year] [--format csv|parquet] [--delivery DIR --as-of DAY]
           [--only kprstat,duckdb,polars] [--threads 2] [--joined]

Prints wall seconds, peak memory and ratios; keeps the raw figures, with the commands and the machine, under
benches/runs/. The other two make unprotected cells of clean files; of kprstat the way to the cells (load, contacts,
aggregate) is compared, and protection, writing and audit are given apart.
"""

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PIPELINE = ROOT / "pipelines" / "gp-activity.toml"
# persons, first and last month, as-of day
SIZES = {
    "demo": (200_000, "2023-01", "2023-12", "2024-07-15"),
    "month": (5_600_000, "2024-03", "2024-03", "2024-06-30"),
    "year": (5_600_000, "2023-01", "2023-12", "2024-07-15"),
}
# Steps of a run that come before its cells.
TO_CELLS = ("open", "hash", "contacts", "residents", "count")


def measured(words, environment=None, limit=None):
    """Wall seconds, processor seconds, peak memory in MiB, what was printed; stopped after `limit` seconds."""
    shown = " ".join(str(word) for word in words)
    print(f"  {shown}", file=sys.stderr, flush=True)
    words = ["timeout", limit, *words] if limit else words
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output, tempfile.TemporaryFile("w+", encoding="utf-8") as log:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in words], stdout=output, stderr=log, env=os.environ | (environment or {})
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        output.seek(0), log.seek(0)
        out, errors = output.read(), log.read()
    code = os.waitstatus_to_exitcode(status)
    return {
        "command": shown, "exit_code": code, "wall_s": round(wall, 2), "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_mib": round(usage.ru_maxrss / 1024), "stdout": out, "stderr": errors,
    }


def stages(log):
    """Seconds by step of a run, from its JSON events."""
    marks = []
    for line in log.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        step = event.get("step") or event.get("fields", {}).get("step")
        if "timestamp" in event and (step or not marks or marks[-1][1] != "end"):
            when = datetime.datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00"))
            if step:
                marks.append((when, step))
            last = when
    if not marks:
        return {}
    marks.append((last, "end"))
    seconds = {}
    for (begin, step), (finish, _) in zip(marks, marks[1:]):
        seconds[step] = round(seconds.get(step, 0) + (finish - begin).total_seconds(), 2)
    return seconds


def make_delivery(args, work):
    """The synthetic delivery, made once a size and format."""
    if args.delivery:
        return args.delivery, args.as_of
    persons, first, last, as_of = SIZES[args.size]
    delivery = work / f"{args.size}-{args.format}"
    done = delivery.with_suffix(".done")
    if not done.exists():
        subprocess.run(["rm", "-rf", str(delivery)], check=True)
        made = measured([
            args.kprstat, "synth", "--persons", persons, "--from", first, "--to", last, "--seed", 1, "--format", args.format,
            "--out", delivery,
        ])
        if made["exit_code"] != 0:
            sys.exit(made["stderr"])
        done.write_text(json.dumps(made | {"stdout": ""}, indent=1), encoding="utf-8")
    return delivery, as_of


def run_kprstat(args, delivery, as_of, work, pipeline=PIPELINE, to_cells=TO_CELLS):
    out = work / "out"
    subprocess.run(["rm", "-rf", str(out)], check=True)
    found = measured([
        args.kprstat, "run", pipeline, "--delivery", delivery, "--as-of", as_of, "--out", out, "--log", "json",
        "--threads", args.threads,
    ])
    # The run starts its own peak anew with every step: the system knows of the last step alone.
    peaks = [int(peak) for peak in re.findall(r'"peak_bytes":(\d+)', found["stderr"])]
    found["peak_mib"] = max(found["peak_mib"], round(max(peaks, default=0) / 2**20))
    found["stages_s"] = stages(found["stderr"])
    found["to_cells_s"] = round(sum(found["stages_s"].get(step, 0) for step in to_cells), 2)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kprstat", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--size", choices=SIZES, default="demo")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--delivery", type=Path)
    parser.add_argument("--as-of")
    parser.add_argument("--only", default="kprstat,duckdb,polars")
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--joined", action="store_true")
    parser.add_argument("--limit", default=900, type=int, help="seconds that DuckDB is given for a pipeline of joined registers")
    parser.add_argument("--work", default=ROOT / "target" / "bench", type=Path)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    delivery, as_of = make_delivery(args, args.work)
    if args.joined:
        import joined

        print(f"{delivery.name}, {args.threads} threads")
        results = joined.bench(args, delivery, as_of)
        keep(args, results, "-joined")
        return max(result["exit_code"] for result in results.values())
    chosen, results = args.only.split(","), {}
    if "kprstat" in chosen:
        results["kprstat"] = run_kprstat(args, delivery, as_of, args.work)
    if "duckdb" in chosen:
        words = [sys.executable, HERE / "duckdb_cells.py", delivery, as_of, args.work / "duckdb", args.threads]
        results["duckdb"] = measured(words)
    if "polars" in chosen:
        words = [sys.executable, HERE / "polars_cells.py", delivery, as_of, args.work / "polars"]
        results["polars"] = measured(words, {"POLARS_MAX_THREADS": str(args.threads)})
    report(args, results)
    keep(args, results)
    return max(result["exit_code"] for result in results.values())


def report(args, results):
    for name, result in results.items():
        if result["exit_code"] != 0:
            print(f"{name}: exit code {result['exit_code']}\n{result['stderr'][-2000:]}")
    own = results.get("kprstat", {})
    print(f"{args.size}, {args.format}, {args.threads} threads")
    for name, result in results.items():
        seconds = result.get("to_cells_s") or result["wall_s"]
        ratio = f"  kprstat takes {own['to_cells_s'] / seconds:.2f} of its time" if name != "kprstat" and own.get("to_cells_s") else ""
        print(f"  {name:8} {seconds:8.1f} s to cells  {result['peak_mib']:6} MiB{ratio}")
    if own.get("stages_s"):
        print(f"  kprstat as a whole {own['wall_s']:.1f} s: " + ", ".join(f"{step} {s:.1f}" for step, s in own["stages_s"].items()))


def keep(args, results, what=""):
    """The raw figures, without what was printed and without this machine's folders."""
    name = f"{args.size if not args.delivery else args.delivery.name}{what}-{args.format}.json"
    plain = lambda text: text.replace(str(ROOT), ".").replace(sys.executable, "python")
    figures = {
        tool: {key: plain(value) if key == "command" else value for key, value in result.items() if key not in ("stdout", "stderr")}
        for tool, result in results.items()
    }
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count(), "system": platform.system()}
    record = {"made": datetime.date.today().isoformat(), "machine": machine, "threads": args.threads, "results": figures}
    (HERE / "runs").mkdir(exist_ok=True)
    (HERE / "runs" / name).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
