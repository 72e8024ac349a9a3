"""Contacts by team, own coverage of lists, fees and grants, from the specification's text and CHOICES.md alone.

In: a registers.World. Out: cells as registers.py has them; of tables by practice the practice stands for the place.
"""

import datetime
from collections import defaultdict
from fractions import Fraction

import rows
import tables
from register_basics import add, first_of, two_decimals

NURSE = {
    "nurse-home-visit": ("nurse-home-visit",), "nurse-consultation": ("nurse-consultation",), "nurse-group": ("nurse-group",),
    "nurse-meeting": ("nurse-meeting",), "nurse-simple": ("nurse-simple",), "nurse-remote": ("nurse-remote",), "nurse-contact": None,
}
SUPPLEMENTS = {"nurse-time-supplement": "s2b", "nurse-travel": "s6"}
CONSULTATION = ("home-visit", "physical-consultation", "e-consultation")
GP = {
    "contact": None, "consultation": CONSULTATION, "home-visit": ("home-visit",),
    "physical-consultation": ("physical-consultation",), "e-consultation": ("e-consultation",),
    "simple-contact": ("simple-present", "simple-remote"), "collaboration": ("meeting", "dialogue-meeting", "other-body"),
}
KRONER = {"s1a": 69, "s1b": 95, "s2a": 152, "s2b": 70, "s3": 152, "s4": 152, "s5": 152, "s6": 152}
NURSE_CODES_FROM = (datetime.date(2018, 4, 1) - rows.EPOCH).days
# Every index but that of own coverage is 1: kroner an inhabitant and year.
GRANT, COVERAGE = 1316 + 40 + 32 + 97 + 4 + 16 + 24 + 3, 81


class Visit:
    def __init__(self, row, practice, codes):
        self.person, self.doctor, self.service, self.day, self.month, self.kind = row[:6]
        self.practice = practice
        self.codes = codes if self.day >= NURSE_CODES_FROM else set()


def visits(world):
    """Contacts with the practice and the codes of their bills."""
    _, tested = rows.tested(world.delivery, "regning", world.as_of)
    practice = {(rank, position): row["praksis_lnr"] for rank, position, _, row in tested if row}
    codes = {bill: set(found) for bill, found in world.db.execute("select bill, list(distinct code) from said_codes group by bill").fetchall()}
    columns = "c.person, c.doctor, c.service, c.day, c.month, c.contact_type, b.file, b.row, b.bill"
    for row in world.db.execute(f"select {columns} from contacts c join bills b using (bill_order)").fetchall():
        yield Visit(row, practice[row[6], row[7]], codes.get(row[8], set()))


class Practices:
    """Teams, and inhabitants on the 1sts, by practice."""

    def __init__(self, world):
        self.world, self.teams, self.firsts = world, {}, {}

    def with_team(self, day):
        if day not in self.teams:
            rows_on = (self.world.list_on(contract, day) for contract in self.world.contracts)
            self.teams[day] = {row["praksis_lnr"] for row in rows_on if row and row["pht"] == "1"}
        return self.teams[day]

    def inhabitants(self, month):
        """By practice, those with a list without inhabitants too."""
        if month not in self.firsts:
            day, found = first_of(month), defaultdict(int)
            for contract in self.world.contracts:
                row = self.world.list_on(contract, day)
                if row:
                    found[row["praksis_lnr"]] += 0
            for person in self.world.members:
                contract = self.world.contract_of(person, day)
                if contract:
                    found[self.world.list_on(contract, day)["praksis_lnr"]] += 1
            self.firsts[month] = dict(found)
        return self.firsts[month]


def by_team(world):
    practices = Practices(world)
    nurse = {name: ("nurse", kinds, None) for name, kinds in NURSE.items()}
    nurse |= {name: ("nurse", None, code) for name, code in SUPPLEMENTS.items()}
    gp = {name: ("gp", kinds, None) for name, kinds in GP.items()}
    sums = defaultdict(lambda: [0, 0, set(), set()])
    for visit in visits(world):
        team = "with" if visit.practice in practices.with_team(visit.day) else "without"
        for table, indicators in (("team-nurse-contacts", nurse), ("team-gp-contacts", gp)):
            for indicator, (service, kinds, code) in indicators.items():
                if visit.service == service and (kinds is None or visit.kind in kinds) and (code is None or code in visit.codes):
                    for of in ("total", team):
                        add(sums[table, visit.month, of, indicator], 1, 0, visit.person, [visit.doctor])
    out = {"team-nurse-contacts": {}, "team-gp-contacts": {}}
    for _, label, low, high, _ in world.periods(tables.ALL):
        months = range(low, high + 1)
        for of in ("total", "with", "without"):
            persons = sum(
                number for month in months for practice, number in practices.inhabitants(month).items()
                if of == "total" or (practice in practices.with_team(first_of(month))) == (of == "with")
            )
            for table, indicators in (("team-nurse-contacts", nurse), ("team-gp-contacts", gp)):
                for indicator in indicators:
                    parts = [sums[table, month, of, indicator] for month in months]
                    number = sum(part[0] for part in parts)
                    contributors = len(set().union(*(part[2] for part in parts))), len(set().union(*(part[3] for part in parts)))
                    key = label, "0", of, indicator
                    out[table][*key, "contacts"] = (float(number), *contributors)
                    out[table][*key, "per-1000"] = (two_decimals(1000 * number * len(months), persons), *contributors)
    return out


def listed(world):
    """(practice of the person's list that day, visit) of contacts in general practice."""
    for visit in visits(world):
        contract = world.contract_of(visit.person, visit.day) if visit.service == "gp" else None
        if contract:
            yield world.list_on(contract, visit.day)["praksis_lnr"], visit


def coverage(world):
    """By year and practice: contacts with the practice, contacts of its list, persons."""
    labels = list(world.periods(["year"]))
    sums = defaultdict(lambda: [0, 0, set()])
    for practice, visit in listed(world):
        for _, label, low, high, _ in labels:
            if low <= visit.month <= high:
                of = sums[label, practice]
                of[0] += visit.practice == practice
                of[1] += 1
                of[2].add(visit.person)
    return sums


def own_list_coverage(world):
    return {
        (label, practice, "", "own-list-coverage", "share"): (two_decimals(100 * own, whole), len(persons), None)
        for (label, practice), (own, whole, persons) in coverage(world).items()
    }


def payments(world):
    out, sums, practices = {}, coverage(world), Practices(world)
    fees = defaultdict(lambda: [0, set()])
    labels = list(world.periods(["year"]))
    for visit in visits(world):
        for _, label, low, high, _ in labels:
            if visit.service == "nurse" and low <= visit.month <= high:
                fees[label, visit.practice][0] += sum(KRONER.get(code, 0) for code in visit.codes)
                fees[label, visit.practice][1].add(visit.person)
    for (label, practice), (kroner, persons) in fees.items():
        out[label, practice, "", "fees", "kroner"] = (float(kroner), len(persons), None)
    for _, label, low, high, _ in labels:
        inhabitants = defaultdict(int)
        for month in range(low, high + 1):
            for practice, persons in practices.inhabitants(month).items():
                inhabitants[practice] += persons
        own = {practice: of for (year, practice), of in sums.items() if year == label}
        part, whole = (sum(of[at] for of in own.values()) for at in (0, 1))
        for practice in inhabitants.keys() | own.keys():
            mine = own.get(practice, (0, 0, ()))
            index = Fraction(mine[0] * whole, mine[1] * part) if mine[1] and part else 1
            kroner = (GRANT + COVERAGE * index) * Fraction(inhabitants[practice], 12)
            out[label, practice, "", "grant", "kroner"] = (two_decimals(kroner, 1), len(mine[2]), None)
    return out
