"""The fewest cells that must be hidden beside the unsafe ones, for the smallest tables: a mixed-integer program.

In: a table and the width asked for. Out: a pattern, and a proved lower bound. The master problem chooses cells; for
every unsafe cell two linear programs give the widest interval under it, and where that is too narrow their duals are
a cut (Fischetti and Salazar 2001): so much must be hidden among these cells. Witnesses may be fractions here, so that
the bound holds for whole ones too; `attack.py` then tells whether the pattern itself holds in whole numbers. Where it
does, the pattern is the optimum. Where pairs are asked for too, two unsafe cells whose sum is too small must not
have a known one: the same cuts, of the width of the sum.
"""

import time

import highspy
import numpy as np

from attack import equations
from tables import places

# Beyond any change that matters.
FAR = 1_000.0
# Cuts of one round, after which pairs are left for the next.
MOST_CUTS = 400


class Master:
    """Which cells to hide: cuts so far, and the cheapest choice that keeps them."""

    def __init__(self, columns):
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        # As the attack: the threads of HiGHS are set once for all its programs of a process.
        self.solver.setOptionValue("threads", 1)
        for _ in range(columns):
            self.solver.addVar(0.0, 1.0)
        self.all = np.arange(columns, dtype=np.int32)
        self.solver.changeColsCost(columns, self.all, np.ones(columns))

    def add(self, weights, least):
        """sum of weights x hidden >= least"""
        at = np.flatnonzero(weights > 1e-9).astype(np.int32)
        self.solver.addRow(least, highspy.kHighsInf, len(at), at, weights[at])

    def solve(self, whole, seconds):
        """A choice and a lower bound of its cost."""
        kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
        self.solver.changeColsIntegrality(len(self.all), self.all, np.array([kind] * len(self.all)))
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + max(seconds, 1)))
        self.solver.run()
        info = self.solver.getInfo()
        bound = info.mip_dual_bound if whole else info.objective_function_value
        return np.array(self.solver.getSolution().col_value), bound


class Intervals:
    """The widest interval of a cell, given how far every cell may change."""

    def __init__(self, matrix, values):
        self.values, self.solver = values, highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        model, columns = highspy.HighsLp(), matrix.tocsc()
        model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
        model.col_cost_ = np.zeros(matrix.shape[1])
        model.col_lower_ = model.col_upper_ = np.zeros(matrix.shape[1])
        model.row_lower_ = model.row_upper_ = np.zeros(matrix.shape[0])
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = columns.indptr, columns.indices, columns.data
        self.solver.passModel(model)
        self.all = np.arange(matrix.shape[1], dtype=np.int32)

    def open(self, hidden):
        """Cells may change as far as they are hidden."""
        low, high = -(self.values - 1) * hidden, FAR * hidden
        self.solver.changeColsBounds(len(self.all), self.all, low, high)

    def width(self, *cells):
        """The width of the sum of some cells, by cell how much of it hiding the cell can bring at most, and the changes
        at both ends."""
        width, weights, ends = 0.0, np.zeros(len(self.all)), []
        for sign in (-1.0, 1.0):
            for cell in cells:
                self.solver.changeColCost(int(cell), sign)
            self.solver.run()
            width -= self.solver.getInfo().objective_function_value
            solution = self.solver.getSolution()
            dual = np.array(solution.col_dual)
            weights += np.where(dual < 0, -dual * FAR, dual * (self.values - 1))
            ends.append(np.array(solution.col_value))
        for cell in cells:
            self.solver.changeColCost(int(cell), 0.0)
        return width, weights, ends


def known_pairs(changes, few):
    """Pairs of `few`, positions among the cells whose changes are given by row, that no change parts."""
    known = few
    for change in changes:
        known = known[np.abs(change[known[:, 0]] + change[known[:, 1]]) < 1e-6]
    return known


def optimum(table, width, seconds, kept=None, pairs=False):
    """The pattern, how many cells it hides beside the unsafe ones, the proved bound, and whether they meet. `kept`:
    cells that must stay shown; `pairs`: two unsafe cells with too small a sum must not have a known one."""
    started, filled = time.monotonic(), table.values > 0
    unknown, matrix, _ = equations(table.dims, table.values, filled)
    values = table.values[filled].astype(float)
    unsafe = table.unsafe()[filled]
    free = ~unsafe if kept is None else ~unsafe & ~kept[filled]
    intervals, master = Intervals(matrix, values), Master(int(free.sum()))
    hidden, bound, whole, chosen_whole, broken = unsafe.astype(float), 0.0, False, False, 1
    small = np.flatnonzero(unsafe)
    few = np.array([(a, b) for at, a in enumerate(small) for b in small[at + 1:] if values[a] + values[b] <= 4], dtype=int)

    def cut_for(wanted, *cells):
        """Whether cells need a cut so that their sum gets the width wanted, which then is made; and the changes at both ends."""
        found, weights, ends = intervals.width(*cells)
        least = wanted - weights[unsafe].sum()
        is_new = found < wanted - 1e-6 and least > 1e-6
        if is_new:
            master.add(np.minimum(weights[free], least), least)
        return is_new, ends

    def cut():
        intervals.open(hidden)
        broken, changes = 0, []
        for cell in small:
            is_new, ends = cut_for(width, cell)
            broken += is_new
            changes += ends
        left = known_pairs(changes, few) if pairs else ()
        # What parts one pair parts others.
        while len(left) and broken < MOST_CUTS:
            is_new, ends = cut_for(1.0, *left[0])
            broken += is_new
            left = known_pairs(ends, left[1:])
        return broken

    while time.monotonic() - started < seconds:
        broken = cut()
        if chosen_whole and not broken:
            break
        left = seconds - (time.monotonic() - started)
        choice, found = master.solve(whole, left)
        chosen_whole = whole
        bound = max(bound, found)
        stalled = not whole and (not broken or np.abs(hidden[free] - choice).max() < 1e-4)
        hidden[free] = np.round(choice) if whole else choice
        whole = whole or stalled or time.monotonic() - started > seconds / 4
    pattern = np.zeros(table.values.shape, dtype=bool)
    pattern[filled] = hidden > 0.5
    extra = int((pattern & ~table.unsafe()).sum())
    return pattern, extra, int(np.ceil(bound - 1e-6)), chosen_whole and not broken


def least_by_county(table, width, seconds, pairs=False):
    """The fewest cells that must be hidden in a table of the whole country: the sum of its counties' bounds. A county by
    itself, with its total free to be hidden, is a part of what the country asks for."""
    least, first = 0, 1 + len(table.counties)
    for county, size in enumerate(table.counties):
        rows = [1 + county, *range(first, first + size)]
        first += size
        if size > 1:
            least += optimum(County(table, size, rows), width, seconds, pairs=pairs)[2]
    return least


class County:
    """A county of a table."""

    def __init__(self, table, size, rows):
        self.dims, self.values = [places((size,)), *table.dims[1:]], table.values[rows]
        self.hidden = table.unsafe()[rows]

    def unsafe(self):
        """Cells of 1 to 4."""
        return self.hidden


if __name__ == "__main__":
    import sys

    from attack import widths
    from tables import TABLES

    table = TABLES[sys.argv[1]]()
    if len(table.counties) > 1:
        for width, pairs in ((2, False), (2, True), (3, False), (3, True)):
            least = least_by_county(table, width, float(sys.argv[2]), pairs)
            print(table.name, "W", width, "pairs too" if pairs else "", "at least", least, flush=True)
        sys.exit()
    for width, pairs in ((1, False), (2, False), (2, True), (3, False), (3, True)):
        started = time.monotonic()
        pattern, extra, bound, proved = optimum(table, width, float(sys.argv[2]), pairs=pairs)
        print(table.name, "W", width, "pairs too" if pairs else "", "secondary", extra, "bound", bound, "proved" if proved else "stopped",
              widths(table.dims, table.values, pattern, table.unsafe()), f"{time.monotonic() - started:.0f} s", flush=True)
