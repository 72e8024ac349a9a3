"""A table of a release as a box of cells. Part of check_certificate.py."""

import itertools, math
from collections import defaultdict


class View:
    """A table as a box of cells: place, period, dimensions, quantity; the last varies fastest."""

    def __init__(self, view, dims):
        self.table, self.indicators = view["table"], view["indicators"]
        self.axes = [view["place"], view["period"]] + view["dimensions"]
        self.shape = [len(a["codes"]) for a in self.axes] + [len(view["quantities"])]
        self.size, self.dims = math.prod(self.shape), dims
        self.quantities = [dict(map(tuple, q["codes"])) for q in view["quantities"]]
        # The first code with the same leaves: equal leaves, equal quantity.
        leaves = [[tuple(c["leaves"]) for c in d["codes"]] for d in dims]
        self.first = [[codes.index(c) for c in codes] for codes in leaves]
        self.others = [d for d in range(len(dims)) if d not in {a["dim"] for a in self.axes}]
        self.at, self.equal = [], []                # by axis: code -> its positions, and those of equals
        for axis in self.axes:
            places, equal = defaultdict(list), defaultdict(list)
            for position, code in enumerate(axis["codes"]):
                if code is not None:
                    places[code].append(position)
                    equal[self.first[axis["dim"]][code]].append(position)
            self.at.append(places)
            self.equal.append(equal)
        self.narrow = {(p, t) for p, m in enumerate(view["municipality"]) if m
                       for t, detail in enumerate(view["municipality_detail"]) if not detail}

    def positions(self, index):
        found = []
        for length in reversed(self.shape):
            found.append(index % length)
            index //= length
        return found[::-1]

    def codes(self, index):
        """The code of every dimension; None where the place is not published."""
        *places, quantity = self.positions(index)
        codes = [self.quantities[quantity].get(d, 0) for d in range(len(self.dims))]
        for axis, place in zip(self.axes, places):
            codes[axis["dim"]] = axis["codes"][place]
        return None if None in codes else codes

    def is_published(self, index):
        place, period, *rest, _ = self.positions(index)
        return self.axes[0]["codes"][place] is not None and not (any(rest) and (place, period) in self.narrow)

    def leaves(self, index):
        """What the cell counts, as the first codes with its leaves."""
        return tuple(first[code] for first, code in zip(self.first, self.codes(index)))

    def find(self, leaves):
        """The published positions that count the same."""
        same = lambda q: all(self.first[d][self.quantities[q].get(d, 0)] == leaves[d] for d in self.others)
        steps = [equal.get(leaves[a["dim"]], ()) for a, equal in zip(self.axes, self.equal)]
        if all(steps):
            for choice in itertools.product(*steps, filter(same, range(len(self.quantities)))):
                index = 0
                for place, length in zip(choice, self.shape):
                    index = index * length + place
                if self.is_published(index):
                    yield index
