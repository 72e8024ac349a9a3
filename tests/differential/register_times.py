"""Years with the present doctor, and person-months, person by person (details 34, 35).

In: a registers.World. Out: cells as registers.py has them.
"""

from collections import defaultdict
from fractions import Fraction

import tables
from register_basics import FOLLOWING, add, first_of, two_decimals


def gp_relation(world):
    """Days by 365.25 since the later of the unbroken membership and the start of the doctor there for longest."""
    out = {}
    for _, label, _, high, _ in world.periods(["year"]):
        day = tables.last_day(high)
        days = defaultdict(list)
        for person in world.members:
            contract = world.contract_of(person, day)
            starts = [start for start in (doctor_since(world, contract, d, day) for d in world.doctors_on(contract, day))] if contract else []
            if starts:
                since = day
                while world_contract(world, person, since - 1) == contract:
                    since -= 1
                place = world.place(world.list_on(contract, day)["kommunenr"])
                for geo in world.levels(place):
                    days[geo].append(day - max(since, min(starts)))
        for geo in world.geos:
            out |= {(label, geo, "", *key): (value, None, None) for key, value in relation_cells(sorted(days[geo])).items()}
    return out


def world_contract(world, person, day):
    """The contract of the membership that counts on a day, whether it is valid or not."""
    valid = [(start, place, contract) for start, end, place, contract in world.members[person] if start <= day <= end]
    return max(valid)[2] if valid else None


def doctor_since(world, contract, doctor, day):
    while doctor in world.doctors_on(contract, day - 1):
        day -= 1
    return day


def relation_cells(days):
    n = len(days)
    middle = days[(n - 1) // 2] + days[n // 2] if n else 0
    over = {years: sum(4 * d > years * 1461 for d in days) for years in (2, 10)}
    return {
        ("median-years", "median"): two_decimals(Fraction(4 * middle, 2 * 1461), 1) if n else None,
        ("mean-years", "mean"): two_decimals(Fraction(4 * sum(days), 1461), n),
        ("share-over-2-years", "share"): two_decimals(100 * over[2], n),
        ("share-over-10-years", "share"): two_decimals(100 * over[10], n),
    }


MONTHLY = {
    "physical-consultation": ("gp", ("physical-consultation",)), "e-consultation": ("gp", ("e-consultation",)),
    "legevakt-consultation": ("legevakt", FOLLOWING),
}


def person_months(world):
    out = {}
    for _, label, low, high, _ in world.periods(["year"]):
        months = defaultdict(int)
        counted = defaultdict(lambda: [0, 0, set(), set()])
        for person in world.members:
            for month in range(low, high + 1):
                for key in month_keys(world, person, month):
                    months[key] += 1
                    for _, doctor, service, _, _, of, _, kind, _ in world.contacts.get(person, ()):
                        if of == month:
                            for indicator, (wanted, kinds) in MONTHLY.items():
                                if service == wanted and kind in kinds:
                                    add(counted[(*key, indicator)], 1, 0, person, [doctor])
        for geo in world.geos:
            for code in ("total", "with", "without"):
                for indicator in MONTHLY:
                    sums = counted[geo, code, indicator]
                    value = two_decimals(1000 * sums[0], months[geo, code])
                    out[label, geo, code, indicator, "per-1000"] = (value, len(sums[2]), len(sums[3]))
    return out


def month_keys(world, person, month):
    """Places and codes that a person-month is in."""
    day = first_of(month)
    contract = world.contract_of(person, day)
    if not contract:
        return []
    place = world.place(world.list_on(contract, day)["kommunenr"])
    code = "with" if world.doctors_on(contract, day) else "without"
    return [(geo, of) for geo in world.levels(place) for of in ("total", code)]
