#!/usr/bin/env python3
"""Checks the certificate of a release with additions alone. No solver, nothing of kprstat's code.

Usage: check_certificate.py PUBLIC_DIR RESTRICTED_DIR

PUBLIC_DIR is the folder of a release as published, RESTRICTED_DIR the folder of the same release in
the restricted area. Needs Python 3.9 or later and pyarrow. Exit code 0: everything that the
certificate claims holds; 1: something does not; 2: a file is missing or not in the format.
Faults are told by universe, witness, claim and position, never with a value. CERTIFICATE-en.md (or
-nb.md) beside this file tells what is proved, and what is not; parts.py and tables.py beside it are
part of it.
"""

import csv, io, itertools, json, math, pathlib, sys
from collections import defaultdict

import pyarrow as pa
import pyarrow.parquet as pq

from parts import PatientsOfParts, covers
from tables import View

CONTACTS, PATIENTS = 0, 1
LAYERS = ("contacts", "patients")
ADDS_PATIENTS = ("residence", "sex", "age-group")   # dimensions that patients add up over
PRIMARY = ("patients", "doctors", "dominance", "complement", "residents")
HIDDEN, NOT_SHOWN = "H", "U"                        # what is told where no number is
faults = defaultdict(list)


def fault(kind, where=""):
    faults[kind].append(where)


def unpacked(path):
    with pa.input_stream(str(path), compression="zstd") as stream:
        return io.TextIOWrapper(io.BytesIO(stream.read()), encoding="utf-8")


def read_table(view, path, public, kind="count"):
    """(position, layer, told or row) of the rows that hold counts; of shares and made figures, ((base, id), told)."""
    table = pq.read_table(path)

    def text(name):
        column = table.column(name).combine_chunks()
        if column.type != pa.string():
            return column.to_pylist()
        words = column.dictionary_encode()
        labels = words.dictionary.to_pylist()
        return [None if i is None else labels[i] for i in words.indices.to_pylist()]

    columns = ["geo", "period"] + [view.dims[a["dim"]]["id"] for a in view.axes[2:]]
    maps = [{view.dims[a["dim"]]["codes"][c]["id"]: i for i, c in enumerate(a["codes"]) if c is not None} for a in view.axes]
    quantity = {s["count"]["indicator"]: s["count"]["quantity"] for s in view.indicators if "count" in s}
    layer = {"count": CONTACTS, **{name: number for number, name in enumerate(LAYERS)}}
    made = {s["made"]["indicator"] for s in view.indicators if "made" in s}
    extra = ("obs_status",) if public else ("n_patients", "n_doctors", "largest_doctor_share", "reason")
    for keys, indicator, measure, value, *more in zip(
        zip(*map(text, columns)), text("indicator"), text("measure"), text("value"), *map(text, extra)
    ):
        wanted = {"count": indicator in quantity and measure in layer, "share": measure == "share", "made": indicator in made}
        if not wanted[kind]:
            continue
        index = 0
        for place, known, length in zip(keys, maps, view.shape):
            index = None if index is None or place not in known else index * length + known[place]
        if kind != "count":
            if index is not None and more != ["M"]:
                yield (index, indicator), HIDDEN if value is None else value
        elif index is not None:
            index = index * view.shape[-1] + quantity[indicator]
            told = value if public and value is not None else HIDDEN
            yield index, layer[measure], told if public else (value, *more)
        elif public:
            fault("a published row has keys that the relations do not know", f"{view.table} {keys} {indicator}")


class Universe:
    def __init__(self, number, universe, public, restricted):
        self.id, self.dims = universe["id"], universe["dims"]
        self.views = [View(v, self.dims) for v in universe["views"]]
        self.holders = [[[n for n, c in enumerate(d["codes"]) if leaf in set(c["leaves"])] for leaf in range(len(d["leaves"]))]
                        for d in self.dims]
        # By dimension and code: the code and all that have its leaves; they are one.
        sets = [[frozenset(c["leaves"]) for c in d["codes"]] for d in self.dims]
        self.equal = [[{n: 1 for n, other in enumerate(codes) if other == leaves} for leaves in codes] for codes in sets]
        # What the public is told, and the truth as the certificate has it (zero where not listed).
        self.told = [([NOT_SHOWN] * v.size, [NOT_SHOWN] * v.size) for v in self.views]
        self.value = [([0] * v.size, [0] * v.size) for v in self.views]
        self.needs = {}                             # (view, position, layer) -> largest doctor's contacts
        self.lone = {}                              # (view, position, layer) -> [patient, doctor] alone in it, by number
        self.left = {}                              # (view, position, layer) -> lowest and highest that earlier releases leave
        folder = restricted / "certificate"
        self.read_public(public)
        self.read_cells(unpacked(folder / f"cells-{number}.csv.zst"))
        self.read_shares(public)
        self.read_made(public)
        self.read_restricted(restricted)
        self.check_equal_cells()
        self.check_sums()
        told = lambda v, index: self.told[v][PATIENTS][index] != NOT_SHOWN
        self.parts = PatientsOfParts(self.dims, self.views, told, ADDS_PATIENTS + ("practice",))
        self.witnesses = [json.loads(line) for line in unpacked(folder / f"witnesses-{number}.jsonl.zst")]
        self.claims = list(csv.DictReader(unpacked(folder / f"claims-{number}.csv.zst")))

    def read_public(self, public):
        for v, view in enumerate(self.views):
            for index, layer, told in read_table(view, public / "data" / (view.table + ".parquet"), True):
                self.told[v][layer][index] = told

    def read_cells(self, lines):
        last = [0, 0]                               # the largest number of a patient and of a doctor so far
        for row in csv.DictReader(lines):
            v, index = int(row["view"]), int(row["position"])
            for layer, name in enumerate(LAYERS):
                self.value[v][layer][index] = int(row[name] or 0)
                state, told = row[name + "_state"], self.told[v][layer][index]
                # A quantity may be told in another table; a share's numerator is told by its share.
                if told != NOT_SHOWN and (state == "S") != (told != HIDDEN):
                    fault("a state differs from what is published", f"{self.id} view {v} position {index} {name}")
                if row.get(name + "_low"):
                    self.left[v, index, layer] = [int(row[name + end]) for end in ("_low", "_high")]
                    if not self.within((v, index, layer), self.value[v][layer][index]):
                        fault("a true value is not what earlier releases leave", f"{self.id} view {v} position {index} {name}")
                prefix = "patients_" if layer == PATIENTS else ""
                lone = [int(row[prefix + who] or 0) for who in ("lone_patient", "lone_doctor")]
                if any(number > known + 1 for number, known in zip(lone, last)):
                    fault("contributors are not numbered in order of first appearance", f"{self.id} view {v} position {index}")
                last = list(map(max, last, lone))
                if any(lone):
                    self.lone[v, index, layer] = lone
                    if not self.value[v][layer][index]:
                        fault("somebody makes a count of nothing", f"{self.id} view {v} position {index} {name}")
        for v, (told, value) in enumerate(zip(self.told, self.value)):
            for layer, name in enumerate(LAYERS):
                for index, (shown, true) in enumerate(zip(told[layer], value[layer])):
                    if shown != NOT_SHOWN and (true < 1 if shown == HIDDEN else true != shown):
                        fault("a published value is not the certificate's", f"{self.id} view {v} position {index} {name}")

    def read_shares(self, public):
        """A shown share gives its numerator away: it is that of the true counts, and may not change."""
        for v, view in enumerate(self.views):
            for index, share in read_table(view, public / "data" / (view.table + ".parquet"), True, "share"):
                for entry in (s["share"] for s in view.indicators if "share" in s and s["share"]["indicator"] == index[1]):
                    n, d = (index[0] * view.shape[-1] + entry[part] for part in ("numerator", "denominator"))
                    true = [self.value[v][CONTACTS][at] for at in (n, d)]
                    if share != HIDDEN:
                        if true[1] and (20000 * true[0] + true[1]) // (2 * true[1]) != round(share * 100):
                            fault("a share is not that of the true counts", f"{self.id} view {v} position {n}")
                        if self.told[v][CONTACTS][n] == NOT_SHOWN:
                            self.told[v][CONTACTS][n] = true[0]
                        if self.told[v][CONTACTS][d] == NOT_SHOWN:
                            self.told[v][CONTACTS][d] = true[1]

    def read_made(self, public):
        """A figure made of counts and of what is public gives them away: they may not change."""
        for v, view in enumerate(self.views):
            for index, told in read_table(view, public / "data" / (view.table + ".parquet"), True, "made"):
                for entry in (s["made"] for s in view.indicators if "made" in s and s["made"]["indicator"] == index[1]):
                    cells = [index[0] * view.shape[-1] + quantity for quantity in entry["quantities"]]
                    for n in cells if told != HIDDEN else cells[:1] if len(cells) == 1 else ():
                        if self.told[v][CONTACTS][n] == NOT_SHOWN:
                            self.told[v][CONTACTS][n] = HIDDEN if told == HIDDEN else self.value[v][CONTACTS][n]

    def read_restricted(self, restricted):
        """The restricted truth agrees; which cells are unsafe by their numbers of contributors."""
        for v, view in enumerate(self.views):
            path = restricted / "cells" / (view.table + ".parquet")
            totals = [i for i, a in enumerate(view.axes) if self.dims[a["dim"]]["kind"] in ("sex", "age-group")]
            by_practice = self.dims[view.axes[0]["dim"]]["kind"] == "practice"
            for index, layer, (value, patients, doctors, share, reason) in read_table(view, path, False):
                where = (v, index, layer)
                if value is None or (view.narrow and not view.is_published(index)):
                    continue
                if self.value[v][layer][index] != value:
                    fault("a true value differs from the restricted cells", f"{self.id} view {v} position {index}")
                alone = [count is not None and bool(value) and count == 1 for count in (patients, doctors)]
                named = [number > 0 for number in self.lone.get(where, (0, 0))]
                if any(a != n for a, n, count in zip(alone, named, (patients, doctors)) if count is not None):
                    fault("who alone makes a count is not as in the restricted cells", f"{self.id} view {v} position {index} {LAYERS[layer]}")
                total = not any(view.positions(index)[i] for i in totals)
                few = 0 < (patients or 0) < policy["min-patients"]
                few_doctors = (by_practice or total) and 0 < (doctors or 0) < policy["min-doctors"]
                dominated = by_practice and share is not None and share * 100 > policy["dominance-percent"]
                if value and (reason in PRIMARY or few or few_doctors or dominated):
                    self.needs[where] = round(share * value) if reason == "dominance" and share else 0
                    if self.told[v][layer][index] not in (HIDDEN, NOT_SHOWN):
                        fault("an unsafe cell is shown", f"{self.id} view {v} position {index} {LAYERS[layer]}")

    def check_equal_cells(self):
        """What is hidden has one value in all tables and is shown in none."""
        for v, view in enumerate(self.views):
            for layer, name in enumerate(LAYERS):
                for index in (i for i, told in enumerate(self.told[v][layer]) if told == HIDDEN):
                    value, leaves = self.value[v][layer][index], view.leaves(index)
                    for w, other in enumerate(self.views):
                        for place in other.find(leaves):
                            told = self.told[w][layer][place]
                            if told not in (HIDDEN, NOT_SHOWN):
                                fault("one table shows what another hides", f"{self.id} view {v} position {index} {name}")
                            elif told == HIDDEN and self.value[w][layer][place] != value:
                                fault("one quantity has two values", f"{self.id} view {v} position {index} {name}")

    def check_sums(self):
        """The truth adds up: every code of an axis that others of the axis make is their sum."""
        for v, view in enumerate(self.views):
            axes = [[c if c is None else frozenset(self.dims[a["dim"]]["codes"][c]["leaves"]) for c in a["codes"]]
                    for a in view.axes]
            for number, sets in enumerate(axes):
                kind = self.dims[view.axes[number]["dim"]]["kind"]
                inner = math.prod(view.shape[number + 1:])
                for parent, parts in covers(sets):
                    for layer in (0, 1) if kind in ADDS_PATIENTS else (CONTACTS,):
                        values = self.value[v][layer]
                        for outer in range(0, view.size, inner * view.shape[number]):
                            line = lambda code: range(outer + code * inner, outer + (code + 1) * inner)
                            for cells in zip(line(parent), *map(line, parts)):
                                if all(map(view.is_published, cells)) if view.narrow else True:
                                    if values[cells[0]] != sum(values[c] for c in cells[1:]):
                                        fault("the truth does not add up", f"{self.id} view {v} position {cells[0]}")

    def factors(self, layer, part):
        """By dimension: change by code. Not listed: patients only, at the code of `at`, or at 0."""
        factors = [None] * len(self.dims)
        for dim, leaf, other in part["move"]:
            if factors[dim] is not None or (layer == PATIENTS and self.dims[dim]["kind"] not in ADDS_PATIENTS):
                return None
            change = defaultdict(int)
            for code in self.holders[dim][leaf]:
                change[code] += 1
            for code in self.holders[dim][other] if other is not None else ():
                change[code] -= 1
            factors[dim] = {code: by for code, by in change.items() if by}
        if layer == CONTACTS and None in factors:
            return None                             # a contact is somewhere in every dimension
        at = dict(map(tuple, part.get("at", ())))
        return [self.equal[dim][at.get(dim, 0)] if f is None else f for dim, f in enumerate(factors)]

    def changes(self, witness):
        """(view, position, layer) -> change; None where a part is not in the format."""
        total = defaultdict(int)
        for layer, name in enumerate(LAYERS):
            for part in witness.get(name, ()):
                factors = self.factors(layer, part)
                if factors is None:
                    return None
                moved = {dim for dim, _, _ in part["move"]}
                for v, view in enumerate(self.views):
                    quantities = [(q, math.prod(factors[d].get(codes.get(d, 0), 0) for d in view.others))
                                  for q, codes in enumerate(view.quantities)]
                    quantities = [(q, by) for q, by in quantities if by]
                    steps = [[(place, by) for code, by in factors[a["dim"]].items() for place in at.get(code, ())]
                             for a, at in zip(view.axes, view.at)]
                    loose = layer == PATIENTS and any(
                        len(a["codes"]) > 1 and a["dim"] not in moved and self.dims[a["dim"]]["kind"] in ADDS_PATIENTS
                        for a in view.axes)
                    for choice in itertools.product(*steps, quantities):
                        index, by = 0, part["by"]
                        for (place, factor), length in zip(choice, view.shape):
                            index, by = index * length + place, by * factor
                        if not view.is_published(index) or self.absent(v, layer, index):
                            continue
                        if loose:
                            return None             # patients of no place, sex or age
                        total[v, index, layer] += by
        return {where: by for where, by in total.items() if by}

    def within(self, where, value):
        low, high = self.left.get(where, (0, math.inf))
        return low <= value <= high

    def absent(self, v, layer, index):
        return layer == PATIENTS and self.told[v][layer][index] == NOT_SHOWN

    def judge(self, changes):
        """Why a witness is not sound, or None. Told: numbers stay, hidden >= 1, others >= 0."""
        if changes is None:
            return "its parts are not in the format"
        for (v, index, layer), by in changes.items():
            told, value = self.told[v][layer][index], self.value[v][layer][index] + by
            if told not in (HIDDEN, NOT_SHOWN):
                return "it changes a cell that is shown"
            if value < (1 if told == HIDDEN else 0):
                return "a hidden cell falls below its bound"
            if not self.within((v, index, layer), value):
                return "it takes a cell to a value that earlier releases rule out"
        return self.judge_patients(changes)

    def judge_patients(self, changes):
        now = lambda layer, v, index: self.value[v][layer][index] + changes.get((v, index, layer), 0)
        for v, index in {(v, index) for v, index, _ in changes}:
            codes = self.views[v].codes(index)
            if not self.absent(v, PATIENTS, index) and not any(codes[d] for d in self.parts.narrow):
                if now(PATIENTS, v, index) > now(CONTACTS, v, index):
                    return "more patients than contacts in the whole country"
        changed = [(v, index) for v, index, layer in changes if layer == PATIENTS]
        dim = self.parts.broken(changed, lambda cell: now(PATIENTS, *cell))
        return dim and f"patients of a {'period' if dim['kind'] == 'time' else 'type'} and of its parts do not fit"

    def check_witnesses(self):
        self.change = []
        for number, witness in enumerate(self.witnesses):
            changes = self.changes(witness)
            why = self.judge(changes)
            if why:
                fault("a witness is not sound: " + why, f"{self.id} witness {number}")
            self.change.append({} if why else changes)

    def contributors(self, where):
        """Who alone makes a count: (patient 0 or doctor 1, number)."""
        return {(who, number) for who, number in enumerate(self.lone.get(where, ())) if number}

    def check_claims(self):
        claimed = set()
        for number, claim in enumerate(self.claims):
            where = (int(claim["view"]), int(claim["position"]), LAYERS.index(claim["layer"]))
            name, value = f"{self.id} claim {number}", self.value[where[0]][where[2]][where[1]]
            needed = policy["width"]
            if where[2] == CONTACTS:
                needed = max(needed, math.ceil(value * policy["width-percent"] / 100))
            if claim["reason"] == "dominance":
                needed = max(needed, math.ceil(self.needs.get(where, 0) * policy["width-dominance-percent"] / 100))
            # What earlier releases have told cannot be asked back.
            low, high = self.left.get(where, (0, math.inf))
            needed = max(min(needed, high - low), int(claim["width"]))
            lone = []
            for place, pair in enumerate(claim["witnesses"].split()):
                up, down = [int(n) if n else None for n in pair.split("/")]
                ends = [0 if n is None else self.change[n].get(where, 0) for n in (up, down)]
                if abs(ends[0] - ends[1]) < (needed if place == 0 else 1):
                    fault("a claim's witnesses are not wide enough apart", name)
                changed = {w for n in (up, down) if n is not None for w in self.change[n]}
                lone.append(set().union(*map(self.contributors, changed)))
            # Who alone makes a count knows it, and sees through every pair that changes it.
            if not lone or set.intersection(*lone) - self.contributors(where):
                fault("one contributor alone makes a changed count in every pair of a claim", name)
            claimed.add(self.views[where[0]].leaves(where[1]) + (where[2],))
        for v, index, layer in self.needs:
            low, high = self.left.get((v, index, layer), (0, 1))
            if low < high and self.views[v].leaves(index) + (layer,) not in claimed:
                fault("an unsafe cell has no claim", f"{self.id} view {v} position {index} {LAYERS[layer]}")


def main(public, restricted):
    global policy
    policy = json.loads((public / "manifest.json").read_text())["policy"]
    relations = json.loads((restricted / "certificate/relations.json").read_text())
    if json.loads((public / "metadata/relations.json").read_text()) != relations:
        fault("the public relations differ from the certificate's")
    for number, described in enumerate(relations["universes"]):
        universe = Universe(number, described, public, restricted)
        universe.check_witnesses()
        universe.check_claims()
        cells = sum(view.size for view in universe.views)
        print(f"{universe.id}: {cells} cells of {len(universe.views)} tables compared and added up, "
              f"{len(universe.witnesses)} witnesses and {len(universe.claims)} claims checked")
    for kind, places in sorted(faults.items()):
        print(f"FAULT: {kind} ({len(places)}): {'; '.join(places[:5])}")
    print("The certificate does not hold." if faults else "The certificate holds.")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    try:
        sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
    except (OSError, KeyError, IndexError, ValueError, TypeError, pa.ArrowException) as error:
        print(f"not a release with its certificate: {type(error).__name__}; see CERTIFICATE-en.md", file=sys.stderr)
        sys.exit(2)
