"""The night of a new month after its history, from delivery to cells, beside a run from nothing.

In: the program, a size. Out: seconds and processor seconds of both, by step, and what the night took over. The release
itself is not made: runs are stopped when protection begins, which is when the stage has been kept.

    python benches/night.py --kprstat target/release/kprstat --persons 200000 --months 24 --work FOLDER
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
from pathlib import Path

STEPS = ["open", "hash", "contacts", "residents", "link", "count"]


def month(number):
    """`2023-01` and so on, from the first month of the series."""
    return f"{2023 + number // 12}-{number % 12 + 1:02}"


def as_of(number):
    """The middle of the month after next: the month itself is shown."""
    return month(number + 2) + "-15"


def to_cells(arguments, delivery, day, out, *more):
    """Runs to the cells; wall seconds and processor seconds by step, peak memory. What was written before is on the disk
    first, as it is when a night begins."""
    os.sync()
    command = [arguments.kprstat, "run", arguments.pipeline, "--delivery", delivery, "--as-of", day, "--out", out]
    command += ["--log", "json", *more]
    run = subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    seconds, cpu, peak, step, before = {}, {}, 0, None, 0.0
    for line in run.stderr:
        fields = json.loads(line)["fields"] if line.startswith("{") else {}
        if "step" in fields:
            stat = Path(f"/proc/{run.pid}/stat").read_text().rsplit(")", 1)[1].split()
            now = (int(stat[11]) + int(stat[12])) / 100
            cpu[step], step, before = now - before, fields["step"], now
            if step == "protect":
                run.send_signal(signal.SIGKILL)
                break
        if "seconds" in fields:
            seconds[fields["stage"]] = seconds.get(fields["stage"], 0) + fields["seconds"]
            peak = max(peak, fields["peak_bytes"])
    run.wait()
    if step != "protect":
        raise SystemExit("the run did not come to its cells")
    return seconds, cpu, peak


def tell(name, runs):
    def median(number, step):
        return round(statistics.median(run[number].get(step, 0) for run in runs), 2)

    wall, cpu = (statistics.median(sum(run[number].get(step, 0) for step in STEPS) for run in runs) for number in (0, 1))
    steps = {step: (median(0, step), median(1, step)) for step in STEPS}
    peak = max(run[2] for run in runs) >> 20
    print(f"{name:<24} {wall:8.2f} s  {cpu:8.2f} processor s  {peak:6} MiB  {steps}", flush=True)
    return wall, cpu


def deliver(everything, delivery, last, first=0):
    """Delivers what months `first` to `last` bring: their own files, and what is registered in them of others."""
    for path in sorted(everything.iterdir()):
        label = next((n for n in range(200) if month(n).replace("-", "m") in path.name), 0)
        if "m" in path.stem.split("-")[-1] or "endringer" in path.name:
            if not first <= label <= last:
                continue
        shutil.copy2(path, delivery / path.name)


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--kprstat", default="target/release/kprstat")
    words.add_argument("--pipeline", default="pipelines/gp-activity.toml")
    words.add_argument("--persons", type=int, default=200_000)
    words.add_argument("--months", type=int, default=24)
    words.add_argument("--runs", type=int, default=3)
    words.add_argument("--work", type=Path, required=True)
    arguments = words.parse_args()
    everything, last = arguments.work / "all", arguments.months
    if not everything.exists():
        size = ["--persons", arguments.persons, "--from", month(0), "--to", month(last), "--seed", 7, "--format", "csv"]
        command = [arguments.kprstat, "synth", *size, "--out", everything]
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)
    nights, plain, cold = [], [], []
    for number in range(arguments.runs):
        place = arguments.work / f"run-{number}"
        shutil.rmtree(place, ignore_errors=True)
        delivery, stage = place / "delivery", place / "stage"
        delivery.mkdir(parents=True)
        deliver(everything, delivery, last - 1)
        cold.append(to_cells(arguments, delivery, as_of(last - 1), place / "out", "--stage", stage))
        deliver(everything, delivery, last, last)
        nights.append(to_cells(arguments, delivery, as_of(last), place / "out", "--stage", stage))
        plain.append(to_cells(arguments, delivery, as_of(last), place / "out", "--no-stage"))
        size = sum(path.stat().st_size for path in stage.iterdir())
        shutil.rmtree(place)
    tell("history, empty stage", cold)
    (night, night_cpu), (whole, whole_cpu) = tell("the night", nights), tell("from nothing", plain)
    print(f"night by whole: {night / whole:.3f} of the seconds, {night_cpu / whole_cpu:.3f} of the processor seconds; "
          f"stage {size >> 20} MiB")


if __name__ == "__main__":
    main()
