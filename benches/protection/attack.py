"""An attack on a table with hidden cells, independent of kprstat: bounds, then linear programs, then integer ones.

In: dimensions with their sums, the true counts (those shown are read, and the hidden ones as a first witness), and
which cells are hidden. Out: for every cell that is asked about the lowest and highest value that the attacker must
allow for. The attacker knows that counts add up, are whole, and are at least 1 where hidden. Zeros are shown.
"""

import highspy
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

HIGHEST = 1e7
EPS = 1e-6


def equations(dims, values, hidden):
    """Unknowns by cell (-1: shown), and `A x = b` in them."""
    unknown = np.full(values.shape, -1, dtype=np.int64)
    unknown[hidden] = np.arange(hidden.sum())
    rows, columns, signs, sides, first = [], [], [], [], 0
    for axis, dim in enumerate(dims):
        ids = np.moveaxis(unknown, axis, 0).reshape(values.shape[axis], -1)
        shown = np.moveaxis(np.where(hidden, 0, values), axis, 0).reshape(values.shape[axis], -1)
        lines = np.arange(ids.shape[1])
        for parent, children in dim.sums:
            for sign, code in [(1, child) for child in children] + [(-1, parent)]:
                there = ids[code] >= 0
                rows.append(first + lines[there])
                columns.append(ids[code][there])
                signs.append(np.full(there.sum(), float(sign)))
            sides.append(shown[parent] - shown[children].sum(axis=0))
            first += len(lines)
    matrix = sparse.csr_matrix(
        (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns))), shape=(first, int(hidden.sum())))
    used = np.diff(matrix.indptr) > 0
    return unknown, matrix[used], np.concatenate(sides)[used].astype(float)


def propagated(matrix, side, low, high):
    """Bounds in whole numbers that follow from one equation at a time, again and again."""
    entries = matrix.tocoo()
    row, column, sign = entries.row, entries.col, entries.data
    up, down = matrix.maximum(0), (-matrix).maximum(0)
    for _ in range(500):
        least, most = up @ low - down @ high, up @ high - down @ low
        own_least = np.where(sign > 0, low[column], -high[column])
        own_most = np.where(sign > 0, high[column], -low[column])
        at_most = side[row] - (least[row] - own_least)
        at_least = side[row] - (most[row] - own_most)
        new_low, new_high = low.copy(), high.copy()
        np.minimum.at(new_high, column, np.where(sign > 0, at_most, -at_least))
        np.maximum.at(new_low, column, np.where(sign > 0, at_least, -at_most))
        if np.array_equal(new_low, low) and np.array_equal(new_high, high):
            break
        low, high = new_low, new_high
    return low, high


class Component:
    """Unknowns that hang together, as a linear program."""

    def __init__(self, matrix, side, low, high):
        self.matrix, self.side, self.low, self.high = matrix, side, low, high
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = matrix.shape[1], matrix.shape[0]
        model.col_cost_ = np.zeros(matrix.shape[1])
        model.col_lower_, model.col_upper_ = low, high
        model.row_lower_ = model.row_upper_ = side
        columns = matrix.tocsc()
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = columns.indptr, columns.indices, columns.data
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        self.solver.passModel(model)
        self.all = np.arange(matrix.shape[1], dtype=np.int32)
        self.whole = False

    def best(self, cost, whole=False):
        """Lowest value of an objective and where it is reached; none where the solver gives no answer."""
        if whole != self.whole:
            kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
            self.solver.changeColsIntegrality(len(self.all), self.all, np.array([kind] * len(self.all)))
            self.whole = whole
        self.solver.changeColsCost(len(self.all), self.all, np.asarray(cost, dtype=float))
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        info = self.solver.getInfo()
        value = info.mip_dual_bound if whole else info.objective_function_value
        return value, np.array(self.solver.getSolution().col_value)

    def is_table(self, point):
        """Whether a point in whole numbers keeps everything that is known."""
        inside = (point >= self.low).all() and (point <= self.high).all()
        return inside and np.array_equal(self.matrix @ point, self.side)


def attacked(dims, values, hidden, asked, enough):
    """Lowest and highest value of every asked cell, as far as a width of `enough` matters: beyond it the interval is
    only known to be at least that wide. Also how many could not be settled."""
    unknown, matrix, side = equations(dims, values, hidden)
    truth = values[hidden].astype(float)
    assert np.array_equal(matrix @ truth, side), "the table does not add up"
    low, high = propagated(matrix, side, np.ones(len(truth)), np.full(len(truth), HIGHEST))
    known_low, known_high = low.copy(), high.copy()
    seen_low, seen_high = truth.copy(), truth.copy()
    wanted = unknown[asked & hidden]
    free = low < high
    # Equations among unknowns that are not known yet.
    links = matrix[:, free]
    rows = np.diff(links.indptr) > 0
    links, rest = links[rows], (side - matrix[:, ~free] @ low[~free])[rows]
    graph = sparse.bmat([[None, links], [links.T, None]])
    _, labels = connected_components(graph, directed=False)
    row_label, column_label = labels[:links.shape[0]], labels[links.shape[0]:]
    number = np.full(len(truth), -1)
    number[free] = np.arange(free.sum())
    by_label = {}
    for cell in wanted[free[wanted]]:
        by_label.setdefault(column_label[number[cell]], []).append(cell)
    order_r, order_c = np.argsort(row_label, kind="stable"), np.argsort(column_label, kind="stable")
    sorted_r, sorted_c = row_label[order_r], column_label[order_c]
    names, unsettled = np.flatnonzero(free), 0
    for label, cells in sorted(by_label.items()):
        columns = order_c[np.searchsorted(sorted_c, label):np.searchsorted(sorted_c, label, "right")]
        own = order_r[np.searchsorted(sorted_r, label):np.searchsorted(sorted_r, label, "right")]
        ids = names[columns]
        part = Component(links[own][:, columns], rest[own], low[ids], high[ids])
        unsettled += settle(part, np.searchsorted(ids, cells), ids, (known_low, known_high, seen_low, seen_high), enough)
    return (unknown, known_low, known_high, seen_low, seen_high), unsettled


def settle(part, targets, ids, intervals, enough):
    """Narrows what is known and widens what is seen of some unknowns of a component until they meet or are enough."""
    known_low, known_high, seen_low, seen_high = intervals

    def see(point):
        whole = np.round(point)
        if np.abs(point - whole).max() < 1e-5 and part.is_table(whole):
            seen_low[ids], seen_high[ids] = np.minimum(seen_low[ids], whole), np.maximum(seen_high[ids], whole)

    def open_ones():
        at = ids[targets]
        narrow = (seen_high[at] - seen_low[at] < enough) & (known_high[at] - known_low[at] > seen_high[at] - seen_low[at])
        return targets[narrow]

    # Many at once first: random directions move most of what can move.
    random = np.random.default_rng(len(ids))
    for _ in range(6):
        narrow = open_ones()
        if len(narrow) < 4:
            break
        cost = np.zeros(len(ids))
        cost[narrow] = random.choice([-1.0, 1.0], len(narrow))
        for sign in (1, -1):
            found = part.best(sign * cost)
            if found:
                see(found[1])
    for whole in (False, True):
        for target in open_ones():
            at = ids[target]
            for sign in (1, -1):
                if seen_high[at] - seen_low[at] >= enough or known_high[at] - known_low[at] == seen_high[at] - seen_low[at]:
                    break
                cost = np.zeros(len(ids))
                cost[target] = sign
                found = part.best(cost, whole)
                if found is None:
                    continue
                see(found[1])
                if sign > 0:
                    known_low[at] = max(known_low[at], np.ceil(found[0] - EPS))
                else:
                    known_high[at] = min(known_high[at], np.floor(-found[0] + EPS))
    return len(open_ones())


def widths(dims, values, hidden, asked, enough=3):
    """How many of the asked cells are exactly known, have two values left, three; and how many the attack left open
    (they are counted as the narrower one)."""
    assert not (asked & ~hidden).any(), "an unsafe cell is shown"
    (unknown, known_low, known_high, seen_low, seen_high), unsettled = attacked(dims, values, hidden, asked, enough)
    at = unknown[asked & hidden]
    seen = seen_high[at] - seen_low[at]
    assert (known_low[at] <= seen_low[at]).all() and (known_high[at] >= seen_high[at]).all()
    return {"exact": int((seen == 0).sum()), "two": int((seen == 1).sum()), "three": int((seen == 2).sum()),
            "unsettled": unsettled}


if __name__ == "__main__":
    import sys
    import time

    from tables import TABLES

    for name in sys.argv[1:]:
        table = TABLES[name]()
        started = time.monotonic()
        print(name, widths(table.dims, table.values, table.unsafe(), table.unsafe()), round(time.monotonic() - started, 1))
