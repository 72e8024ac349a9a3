"""Codes that make up others, and what everybody knows of different patients of parts and wholes.

Part of check_certificate.py. Different patients do not add up over types and periods, but those of a
part are at most those of the whole, and those of the whole at most those of its parts together: of
types in every cell, of periods in the whole country, both sexes and all ages.
"""

import itertools, operator
from collections import defaultdict


def largest_parts(sets):
    """(code, codes): the largest of the codes that are parts of a code."""
    for parent, whole in enumerate(sets):
        inside = [n for n, s in enumerate(sets) if whole and s and s < whole]
        yield parent, [n for n in inside if not any(sets[n] < sets[other] for other in inside)]


def covers(sets):
    """(code, parts): every way to make a code of its largest parts without overlap, filled up with
    those most like the first in size, then with smaller ones (year of quarters, year of tertials)."""
    for parent, largest in largest_parts(sets):
        whole, found = sets[parent], set()
        inside = [n for n, s in enumerate(sets) if largest and s and s < whole]
        for start in (n for n in largest if n not in found):
            order = sorted(inside, key=lambda n: (n not in largest, abs(len(sets[n]) - len(sets[start])), -len(sets[n]), n))
            covered, parts = sets[start], [start]
            for n in order:
                if not sets[n] & covered:
                    covered, parts = covered | sets[n], parts + [n]
            if covered == whole:
                found.update(parts)
                yield parent, parts


class PatientsOfParts:
    """The published counts of patients, along the lines on which they are compared."""

    def __init__(self, dims, views, told, narrow):
        """`told(view, position)`: whether patients are published there; `narrow`: kinds of dimensions
        at whose total a cell is the whole country, both sexes and all ages."""
        self.dims, self.views = dims, views
        self.radix = list(itertools.accumulate((len(d["codes"]) for d in dims), operator.mul, initial=1))
        self.narrow = [d for d, dim in enumerate(dims) if dim["kind"] in narrow]
        # Cells of all tables by one number for their leaves; lines by dimension and number; comparisons.
        self.patients, self.on_line, self.patterns = {}, {}, {}
        for v, view in enumerate(views):
            part = lambda dim, code: None if code is None else self.radix[dim] * view.first[dim][code]
            parts = [[part(axis["dim"], code) for code in axis["codes"]] for axis in view.axes]
            parts.append([sum(part(dim, code) for dim, code in q.items()) for q in view.quantities])
            for index, keys in enumerate(itertools.product(*parts)):
                if told(v, index):
                    self.patients.setdefault(sum(keys), (v, index))

    def lines(self, v, index):
        """(dimension, line, code) of the lines along which patients of parts and wholes are compared."""
        leaves = self.views[v].leaves(index)
        key = sum(map(operator.mul, self.radix, leaves))
        national = not any(leaves[d] for d in self.narrow)
        for dim, described in enumerate(self.dims):
            if described["kind"] == "type" or (described["kind"] == "time" and national):
                yield dim, key - self.radix[dim] * leaves[dim], leaves[dim]

    def line(self, dim, line):
        """The cells of a line by code, and the comparisons among those that are there."""
        if (dim, line) not in self.on_line:
            cells = [self.patients.get(line + self.radix[dim] * code) for code in range(len(self.dims[dim]["codes"]))]
            self.on_line[dim, line] = cells, self.comparisons(dim, tuple(map(bool, cells)))
        return self.on_line[dim, line]

    def comparisons(self, dim, present):
        """By code: (code, codes) of which the first has at most the patients of the others together."""
        if (dim, present) not in self.patterns:
            codes = [frozenset(c["leaves"]) if there else None for c, there in zip(self.dims[dim]["codes"], present)]
            pairs = [(part, [whole]) for whole, parts in largest_parts(codes) for part in parts]
            found = self.patterns[dim, present] = defaultdict(list)
            for small, large in pairs + list(covers(codes)):
                for code in (small, *large):
                    found[code].append((small, large))
        return self.patterns[dim, present]

    def broken(self, changed, now):
        """A dimension along which the patients of changed cells do not fit, or None; `now(cell)`: patients."""
        for v, index in changed:
            for dim, line, code in self.lines(v, index):
                cells, comparisons = self.line(dim, line)
                for small, large in comparisons.get(code, ()):
                    if now(cells[small]) > sum(now(cells[other]) for other in large):
                        return self.dims[dim]
        return None
