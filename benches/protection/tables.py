"""Tables of the protection bench, made from a seed: counts skewed like those of a small indicator in Norway.

In: the name of a table (`TABLES`). Out: a `Table`: dimensions with their codes and sums, counts of every cell, and
who alone makes a count of one. Never reads a file: no real data is used.
"""

import json
from dataclasses import dataclass, field

import numpy as np

# Municipalities of the fifteen counties.
COUNTIES = (1, 23, 27, 41, 12, 21, 18, 46, 6, 17, 25, 43, 38, 21, 18)
# Persons of the largest municipality and of the median one; the spread of the logarithm is fitted to Norway.
OSLO, MEDIAN, SPREAD = 717_000, 5_200, 1.15
# Relative frequency by sex and by age group.
SEX = (0.8, 1.2)
AGES = (0.35, 0.5, 0.8, 1.0, 1.5, 0.9)
MONTHS = 12
# Frequency of the sixteen contact types: a few common ones, many rare.
TYPES = (8, 900, 350, 25, 12, 9, 250, 500, 4, 20, 1.5, 1, 6, 5, 120, 2)
TYPE_SUMS = {"consultation": (0, 1, 2), "simple-contact": (6, 7), "collaboration": (3, 4, 5)}


@dataclass
class Dim:
    """A dimension: codes as sets of leaves, and which code is the sum of which others (positions)."""

    id: str
    leaves: int
    codes: list
    sums: list

    def matrix(self):
        """Codes by leaves, 0 or 1."""
        matrix = np.zeros((len(self.codes), self.leaves), dtype=np.int64)
        for at, (_, leaves) in enumerate(self.codes):
            matrix[at, list(leaves)] = 1
        return matrix


@dataclass
class Table:
    """Counts of every cell. The axes are place, period, then sex and age, or the contact type."""

    name: str
    dims: list
    counties: tuple
    leaf: np.ndarray
    types: int = 1
    values: np.ndarray = field(init=False)
    owners: np.ndarray = field(init=False)

    def __post_init__(self):
        self.values = self.summed(self.leaf)
        numbers = np.arange(1, self.leaf.size + 1, dtype=np.int64).reshape(self.leaf.shape)
        self.owners = np.where(self.values == 1, self.summed(self.leaf * numbers), 0)

    def summed(self, leaf):
        """Every cell of the leaf counts."""
        for axis, dim in enumerate(self.dims):
            leaf = np.moveaxis(np.tensordot(dim.matrix(), leaf, axes=(1, axis)), 0, axis)
        return leaf

    def unsafe(self):
        """Cells of 1 to 4."""
        return (self.values >= 1) & (self.values <= 4)

    def to_json(self):
        """What the program needs: the axes, every count, and the only contributor of counts of one."""
        by_type = self.dims[-1].id == "type"
        masks = [sum(1 << leaf for leaf in leaves) for _, leaves in self.dims[-1].codes] if by_type else [1]
        labels = [] if by_type else [[code for code, _ in dim.codes] for dim in self.dims[2:]]
        return json.dumps({
            "counties": self.counties, "months": self.dims[1].leaves, "labels": labels, "types": self.types,
            "quantities": masks, "values": self.values.ravel().tolist(), "owners": self.owners.ravel().tolist(),
        })


def places(counties):
    """Country, counties, municipalities. A lone county is left out: it would be the country."""
    total = sum(counties)
    codes, sums, at = [("country", tuple(range(total)))], [], 0
    first = 1 + len(counties) if len(counties) > 1 else 1
    if len(counties) > 1:
        sums.append((0, list(range(1, 1 + len(counties)))))
        for county, size in enumerate(counties):
            codes.append((f"county-{county}", tuple(range(at, at + size))))
            sums.append((1 + county, list(range(first + at, first + at + size))))
            at += size
    else:
        sums.append((0, list(range(first, first + total))))
    codes += [(f"municipality-{leaf}", (leaf,)) for leaf in range(total)]
    return Dim("place", total, codes, sums)


def months(number):
    """Months, quarters, tertials and the year: two trees over the same months. One month stands alone."""
    codes = [(f"m{month}", (month,)) for month in range(number)]
    if number == 1:
        return Dim("period", 1, codes, [])
    sums = []
    for kind, length in (("q", 3), ("t", 4), ("y", 12)):
        for start in range(0, number, length):
            codes.append((f"{kind}{start // length}", tuple(range(start, start + length))))
            if length < 12:
                sums.append((len(codes) - 1, list(range(start, start + length))))
    quarters, tertials = list(range(number, number + 4)), list(range(number + 4, number + 7))
    return Dim("period", number, codes, sums + [(number + 7, quarters), (number + 7, tertials)])


def flat(name, leaves):
    """A total and its parts."""
    codes = [("total", tuple(range(leaves)))] + [(f"{name}{leaf}", (leaf,)) for leaf in range(leaves)]
    return Dim(name, leaves, codes, [(0, list(range(1, leaves + 1)))])


def types():
    """Sixteen contact types, three sums of some, and the sum of all."""
    codes = [(f"type{leaf}", (leaf,)) for leaf in range(len(TYPES))]
    sums, inside = [], []
    for name, members in TYPE_SUMS.items():
        sums.append((len(codes), list(members)))
        inside += members
        codes.append((name, members))
    rest = [leaf for leaf in range(len(TYPES)) if leaf not in inside]
    parts = rest + list(range(len(TYPES), len(codes)))
    codes.append(("contact", tuple(range(len(TYPES)))))
    return Dim("type", len(TYPES), codes, sums + [(len(codes) - 1, parts)])


def persons(random, counties):
    """Persons of every municipality: log-normal, the county of one municipality is the capital."""
    sizes = np.maximum(random.lognormal(np.log(MEDIAN), SPREAD, sum(counties)), 200)
    sizes = np.minimum(sizes, 290_000)
    at = 0
    for size in counties:
        if size == 1:
            sizes[at] = OSLO
        at += size
    return sizes


def drawn(random, means, share):
    """Counts with about this share of the lowest cells at 1 to 4: the means are scaled until it is expected so."""
    def expected(scale):
        mean = means * scale
        p, total = np.exp(-mean), 0
        for count in range(1, 5):
            p = p * mean / count
            total = total + p
        return total.mean()

    # The share rises, then falls with the scale: take the rising side's end where most cells are larger.
    low, high = 1e-9, 1e9
    for _ in range(200):
        middle = np.sqrt(low * high)
        more = expected(middle) > share or np.median(means * middle) < 2.5
        low, high = (middle, high) if more else (low, middle)
    return random.poisson(means * low)


def detailed(name, counties, number, share, seed):
    """Place x period x sex x age."""
    random = np.random.default_rng(seed)
    means = persons(random, counties)[:, None, None, None]
    means = means * (1 + 0.15 * np.cos(np.arange(number) * np.pi / 6))[None, :, None, None]
    means = means * np.array(SEX)[None, None, :, None] * np.array(AGES)[None, None, None, :]
    means = means * random.gamma(4, 0.25, (sum(counties), 1, 2, 6))
    dims = [places(counties), months(number), flat("sex", 2), flat("age", 6)]
    return Table(name, dims, counties, drawn(random, means, share))


def by_type(name, share, seed):
    """Place x contact type, one month."""
    random = np.random.default_rng(seed)
    means = persons(random, COUNTIES)[:, None, None] * np.array(TYPES)[None, None, :]
    means = means * random.gamma(3, 1 / 3, means.shape)
    dims = [places(COUNTIES), months(1), types()]
    return Table(name, dims, COUNTIES, drawn(random, means, share), types=len(TYPES))


TABLES = {
    "a": lambda: detailed("a", COUNTIES, 1, 0.15, 101),
    "a-5": lambda: detailed("a-5", COUNTIES, 1, 0.05, 102),
    "a-25": lambda: detailed("a-25", COUNTIES, 1, 0.25, 103),
    "b": lambda: detailed("b", COUNTIES, MONTHS, 0.12, 104),
    "c": lambda: detailed("c", (20,), 1, 0.15, 105),
    "c-2": lambda: detailed("c-2", (20,), 1, 0.10, 106),
    "c-3": lambda: detailed("c-3", (20,), 1, 0.20, 107),
    "d": lambda: by_type("d", 0.15, 108),
}


if __name__ == "__main__":
    for name, make in TABLES.items():
        table = make()
        low = table.leaf[table.leaf > 0]
        share = ((table.leaf >= 1) & (table.leaf <= 4)).mean()
        print(name, table.values.shape, "cells", table.values.size, "unsafe", int(table.unsafe().sum()),
              f"share of lowest {share:.3f}", "zeros", int((table.leaf == 0).sum()), "median", np.median(low), "total", table.leaf.sum())
