"""kprstat's protection beside tau-argus, on tables made from a seed: `run.py --protect-table PATH [--only a,c] [--limit 900]`.

Every pattern is attacked by `attack.py`; for the smallest tables `optimum.py` tells the fewest cells that must be
hidden. Prints one table of results, and keeps it with the commands and the machine under benches/runs/.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from attack import widths
from optimum import least_by_county, optimum
from tables import TABLES

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
POLICIES = {"standard": 2, "thorough": 2, "strict": 3}
WIDTHS = (2, 3)
PAIRS = ("", ", sums of pairs unknown")
SMALL = ("c", "c-2", "c-3")
OF_COUNTIES = ("a", "a-5", "a-25", "d")
COLUMNS = ("table", "cells", "unsafe", "method", "also hidden", "their sum", "of the country", "of counties", "exactly known",
           "two left", "three left", "seconds", "processor", "peak MiB")


def measured(words, limit):
    """What a program printed (its seconds and peak memory), and its processor seconds; none where it fails or takes too long."""
    print("  " + " ".join(str(word) for word in words), file=sys.stderr, flush=True)
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([str(word) for word in words], stdout=out, stderr=subprocess.DEVNULL, cwd=HERE)
        while True:
            done, status, usage = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() - started > limit:
                process.kill()
                os.wait4(process.pid, 0)
                return None
            time.sleep(0.02)
        out.seek(0)
        text = out.read()
    if os.waitstatus_to_exitcode(status) != 0:
        return None
    last = json.loads(text.strip().splitlines()[-1])
    # A child starts with the peak memory of this process: each program tells its own.
    return last | {"processor": usage.ru_utime + usage.ru_stime}


def pattern(table, path):
    """The hidden cells of a list of positions; axes of one code may be left out at the end."""
    positions = np.loadtxt(path, dtype=int, delimiter=",", ndmin=2)
    hidden = np.zeros(table.values.shape, dtype=bool)
    hidden[tuple(positions[:, :table.values.ndim].T)] = True
    return hidden


def row(table, method, hidden, figures):
    """A line of the table of results."""
    unsafe = table.unsafe()
    missed = int((unsafe & ~hidden).sum())
    extra = hidden & ~unsafe
    found = widths(table.dims, table.values, hidden, unsafe & hidden)
    counties = len(table.counties) if len(table.counties) > 1 else 0
    note = (f" ({missed} unsafe shown)" if missed else "") + (f" ({found['unsettled']} open)" if found["unsettled"] else "")
    number = lambda key, digits: f"{figures[key]:.{digits}f}" if key in figures else ""
    return (table.name, table.values.size, int(unsafe.sum()), method + note, int(extra.sum()), int(table.values[extra].sum()),
            int(extra[0].sum()), int(extra[1:1 + counties].sum()), found["exact"], found["two"], found["three"],
            number("seconds", 2), number("processor", 2), number("peak_mib", 0))


def of_kprstat(table, arguments, folder):
    """All policies; contributors as attackers too, and without them as the others."""
    written = folder / f"{table.name}.json"
    written.write_text(table.to_json())
    for policy, width in POLICIES.items():
        for flags, words in (([], ""), (["--no-contributors"], ", no contributor attacks")):
            out = folder / f"{table.name}-{policy}{len(flags)}.csv"
            lists = ROOT / "pipelines" / "lists" / "policies" / f"{policy}.toml"
            figures = measured([arguments.protect_table, written, lists, out] + flags, arguments.limit)
            if figures is None:
                yield (table.name, table.values.size, int(table.unsafe().sum()), f"kprstat {policy}{words}: failed") + ("",) * 10
                continue
            yield row(table, f"kprstat {policy} (W = {width}{words})", pattern(table, out), figures)


def of_argus(table, arguments, folder):
    """tau-argus, modular; on the smallest also optimal."""
    for method in ("MOD(1)", "OPT(1)") if table.name in SMALL else ("MOD(1)",):
        out = folder / f"{table.name}-{method[:3]}.csv"
        figures = measured([sys.executable, HERE / "argus.py", table.name, method, out], arguments.limit)
        if figures is None:
            took = f"tau-argus {method}: not done in {arguments.limit} s"
            yield (table.name, table.values.size, int(table.unsafe().sum()), took) + ("",) * 10
        else:
            yield row(table, f"tau-argus {method}", pattern(table, out), figures)


def of_optimum(table, arguments):
    """The fewest that must be hidden, in fractions; the pattern is attacked like any other."""
    for width, pairs in product(WIDTHS, (False, True)):
        started = time.monotonic()
        hidden, extra, bound, proved = optimum(table, width, arguments.optimum, pairs=pairs)
        words = f"optimum W = {width}{PAIRS[pairs]}: {'proved' if proved else 'stopped'}, at least {bound}"
        yield row(table, words, hidden, {"seconds": time.monotonic() - started})


def of_counties(table, arguments):
    """The fewest that must be hidden, county by county; no pattern."""
    for width, pairs in product(WIDTHS, (False, True)):
        started = time.monotonic()
        least = least_by_county(table, width, arguments.optimum / len(table.counties), pairs)
        seconds, words = f"{time.monotonic() - started:.2f}", f"bound W = {width}{PAIRS[pairs]}: at least {least}"
        yield (table.name, table.values.size, int(table.unsafe().sum()), words, *[""] * 7, seconds, "", "")


def results(arguments):
    """All lines of all tables."""
    only = arguments.only.split(",") if arguments.only else list(TABLES)
    parts = arguments.parts.split(",")
    with tempfile.TemporaryDirectory() as folder:
        for name in only:
            table = TABLES[name]()
            lines = []
            if "kprstat" in parts:
                lines.append(of_kprstat(table, arguments, Path(folder)))
            if "argus" in parts:
                lines.append(of_argus(table, arguments, Path(folder)))
            if "optimum" in parts and name in SMALL:
                lines.append(of_optimum(table, arguments))
            if "optimum" in parts and name in OF_COUNTIES:
                lines.append(of_counties(table, arguments))
            for part in lines:
                for line in part:
                    print("| " + " | ".join(str(field) for field in line) + " |", flush=True)
                    yield line


def processor():
    """The name of the processor."""
    with open("/proc/cpuinfo", encoding="utf-8") as text:
        names = [line.split(":", 1)[1].strip() for line in text if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--protect-table", type=Path, default=ROOT / "target" / "release" / "examples" / "protect-table")
    parser.add_argument("--only", default="")
    parser.add_argument("--parts", default="kprstat,argus,optimum")
    parser.add_argument("--limit", type=float, default=900, help="seconds that a program may take for a table")
    parser.add_argument("--optimum", type=float, default=300, help="seconds for an optimum")
    arguments = parser.parse_args()
    arguments.protect_table = arguments.protect_table.resolve()
    head = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    print("\n".join(head))
    lines = ["| " + " | ".join(str(field) for field in line) + " |" for line in results(arguments)]
    day = datetime.date.today().isoformat()
    path = HERE.parent / "runs" / f"{day}-protection.md"
    text = [f"# Protection, {day}", "", f"`run.py {' '.join(sys.argv[1:])}` on {processor()}; load when it ended: "
            + " ".join(f"{load:.1f}" for load in os.getloadavg()), "", *head, *lines, ""]
    with path.open("a", encoding="utf-8") as out:
        out.write("\n".join(text))
    print(f"kept in {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
