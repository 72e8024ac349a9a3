"""tau-argus on a table of the bench, in a process of its own: `argus.py TABLE METHOD OUT.csv`.

METHOD is `MOD(1)` or `OPT(1)`; the rule is FREQ(5,30). Writes the positions of the hidden cells, as
`protect-table` does, and prints the seconds of the suppression alone as JSON. tau-argus takes one hierarchy a
dimension: of the months it gets quarters and the year, and the tertials are left out, which the attack then uses.
"""

import json
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pytauargus.arb import micro_arb
from pytauargus.engine import run_batch
from pytauargus.micro import micro_asc_rda

from tables import TABLES

LEAD = "@"


def tree(dim):
    """Codes below the total by depth, in the order of a hierarchy file; and the code of every leaf. Tertials are left
    out, and a code of one leaf is that leaf."""
    everything = tuple(range(dim.leaves))
    middle = [(name, set(leaves)) for name, leaves in dim.codes if 1 < len(leaves) < dim.leaves and not name.startswith("t")
              or name in ("consultation", "simple-contact", "collaboration")]
    names, lines = [f"L{leaf:03d}" for leaf in everything], []
    leaves_left = set(everything)
    for at, (_, leaves) in enumerate(middle):
        lines.append(f"P{at:03d}")
        lines += [LEAD + names[leaf] for leaf in sorted(leaves)]
        leaves_left -= leaves
    lines += [names[leaf] for leaf in sorted(leaves_left)]
    codes = {}
    for at, (code, leaves) in enumerate(dim.codes):
        found = [number for number, (_, of) in enumerate(middle) if of == set(leaves)]
        if len(leaves) == dim.leaves:
            codes.setdefault("T", []).append(at)
        elif len(leaves) == 1:
            codes.setdefault(names[leaves[0]], []).append(at)
        elif found:
            codes.setdefault(f"P{found[0]:03d}", []).append(at)
    return lines if middle else None, codes


def written(table, axes, folder):
    """The microdata of a table, a record a contact, with the hierarchies."""
    trees = {table.dims[axis].id: tree(table.dims[axis]) for axis in axes}
    leaf = table.leaf.reshape([table.leaf.shape[axis] for axis in axes])
    cells = np.nonzero(leaf)
    counts = leaf[cells]
    records = {dim: [f"L{code:03d}" for code in np.repeat(at, counts)] for dim, at in zip(trees, cells)}
    records["one"] = [1] * int(counts.sum())
    hierarchies = {}
    for dim, (lines, _) in trees.items():
        if lines:
            path = folder / f"{dim}.hrc"
            path.write_text("\n".join(lines) + "\n")
            hierarchies[dim] = str(path)
    names = [str(folder / name) for name in ("micro.asc", "micro.rda")]
    micro_asc_rda(records, asc_filename=names[0], rda_filename=names[1], hrc=hierarchies or None,
                  hierleadstring=LEAD, totcode="T")
    return trees, names


def main():
    name, method, out = sys.argv[1:4]
    table = TABLES[name]()
    axes = [axis for axis, dim in enumerate(table.dims) if dim.leaves > 1]
    with TemporaryDirectory() as folder:
        folder = Path(folder).resolve()
        trees, names = written(table, axes, folder)
        batch, result = str(folder / "batch.arb"), str(folder / "result.tab")
        micro_arb(arb_filename=batch, asc_filename=names[0], rda_filename=names[1], explanatory_vars=[list(trees)],
                  response_var="one", safety_rules="FREQ(5,30)", suppress=method, output_names=[result],
                  output_type="5", output_options="SO+")
        here = os.getcwd()
        os.chdir(folder)
        started = time.monotonic()
        run_batch(batch)
        seconds = time.monotonic() - started
        os.chdir(here)
        lines = [line.rstrip("\n").split(";") for line in Path(result).read_text().splitlines() if line]
    hidden = np.zeros(table.values.shape, dtype=bool)
    for line in lines:
        codes = [code.strip().strip('"') or "T" for code in line[:len(axes)]]
        if line[-3].strip() in ("U", "M"):
            where = [list(range(len(dim.codes))) if axis not in axes else None for axis, dim in enumerate(table.dims)]
            for axis, code, (_, known) in zip(axes, codes, trees.values()):
                where[axis] = known.get(code, [])
            hidden[np.ix_(*where)] = True
    hidden &= table.values > 0
    np.savetxt(out, np.argwhere(hidden), fmt="%d", delimiter=",")
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    print(json.dumps({"seconds": round(seconds, 3), "peak_mib": peak / 1024}))


if __name__ == "__main__":
    main()
