"""The true cells of the tables of joined registers, person by person, from the specification's text alone.

In: contacts as expected.compute leaves them in DuckDB, and the registers as text. Out: by table a dictionary from
(period, geo, list_doctor, indicator, measure) to (value, n_patients, n_doctors). Slow and plain: a rule is asked for
every day that matters.
"""

from collections import defaultdict
from fractions import Fraction

import register_rows
import register_teams
import register_times
import rows
import tables
from register_basics import (
    CONSULTATIONS, DAY, FOLLOWING, FOREVER, HOUR, SOURCES, add, date, first_of, is_working_day, month_of, two_decimals,
)

class World:
    def __init__(self, db, delivery, as_of):
        self.db, self.delivery, self.as_of = db, delivery, as_of
        self.known = dict(db.execute("select code, place from known").fetchall())
        self.geos = [row[0] for row in db.execute("select geo from geos").fetchall()]
        columns = "person, doctor, service, start, day, month, residence, contact_type, bill_order"
        self.contacts = defaultdict(list)
        for row in db.execute(f"select {columns} from contacts order by person, start, bill_order").fetchall():
            self.contacts[row[0]].append(row)
        months = [row[5] for of in self.contacts.values() for row in of]
        self.months = (min(months), max(months)) if months else None
        self.residents = defaultdict(int)
        for year, place, persons in db.execute("select year, place, sum(persons) from residents group by all").fetchall():
            for geo in self.levels(place):
                self.residents[year, geo] += persons
        self.rows, self.account = register_rows.registers(delivery, SOURCES)
        self.lists()

    def levels(self, place):
        return ("0", place[:2], place)

    def place(self, code):
        return self.known.get(code, "9999")

    def lists(self):
        def span(row, first, last):
            return rows.day(row[first]), rows.day(row[last]) if row[last] else FOREVER

        self.contracts, self.doctors, self.members = defaultdict(list), defaultdict(list), defaultdict(list)
        for row in self.rows["kontrakt"]:
            self.contracts[row["kontrakt_id"]].append((*span(row, "gyldig_fra", "gyldig_til"), row))
        for row in self.rows["kontrakt_lege"]:
            if row["vikar"] != "1":
                self.doctors[row["kontrakt_id"]].append((*span(row, "gyldig_fra", "gyldig_til"), row["behandler_lnr"]))
        for row in self.rows["medlemskap"]:
            self.members[row["kpr_lnr"]].append((*span(row, "fra", "til"), row["place"], row["kontrakt_id"]))

    def list_on(self, contract, day):
        """Details 24: of several rows the latest gyldig_fra, then the later row."""
        valid = [(start, row["place"], row) for start, end, row in self.contracts[contract] if start <= day <= end]
        return max(valid, key=lambda of: of[:2])[2] if valid else None

    def doctors_on(self, contract, day):
        return {doctor for start, end, doctor in self.doctors[contract] if start <= day <= end}

    def contract_of(self, person, day):
        """Details 25: the latest fra, then the later file and row; on no list where that list is not valid."""
        valid = [(start, place, contract) for start, end, place, contract in self.members.get(person, ()) if start <= day <= end]
        if not valid:
            return None
        contract = max(valid)[2]
        return contract if self.list_on(contract, day) else None

    def periods(self, kinds, days=30, month_after=False):
        """(kind, label, first month, last month, status)"""
        if not self.months:
            return
        first, last = self.months
        for kind in kinds:
            length = tables.LENGTH[kind]
            start = -(-first // length) * length
            while start + length - 1 + month_after <= last:
                end = start + length - 1
                if self.as_of >= tables.last_day(end) + days:
                    yield kind, tables.label(kind, start), start, end, "A" if self.as_of > tables.last_day(end + 6) else "P"
                start += length


def gp_register(world):
    out = {}
    for _, label, month, _, _ in world.periods(["month"]):
        out |= {(label, *key): value for key, value in register_month(world, month).items()}
    return out


def doctors_by_geo(world, day):
    found = defaultdict(set)
    for contract in world.contracts:
        row = world.list_on(contract, day)
        if row:
            for geo in world.levels(world.place(row["kommunenr"])):
                found[geo] |= world.doctors_on(contract, day)
    return found


def register_month(world, month):
    day = first_of(month)
    on = defaultdict(int)
    for person in world.members:
        on[world.contract_of(person, day)] += 1
    sums = defaultdict(lambda: defaultdict(int))
    for contract in world.contracts:
        row = world.list_on(contract, day)
        if not row:
            continue
        doctor = bool(world.doctors_on(contract, day))
        ceiling = int(row["listetak"] or 0)
        for geo in world.levels(world.place(row["kommunenr"])):
            s = sums[geo]
            s["lists"] += 1
            s["with"] += doctor
            s["inhabitants"] += on[contract]
            s["inhabitants with"] += on[contract] if doctor else 0
            s["ceiling"] += ceiling
            s["ceiling with"] += ceiling if doctor else 0
            s["open"] += row["status"] == "apen"
            s["fixed"] += doctor and row["fastlonn"] == "1"
    now, then = doctors_by_geo(world, day), doctors_by_geo(world, first_of(month - 1))
    out = {}
    for geo in world.geos:
        s, residents = sums[geo], world.residents[month // 12, geo]
        counts = {
            "doctors": len(now[geo]), "lists": s["lists"], "lists-without-doctor": s["lists"] - s["with"],
            "list-inhabitants": s["inhabitants"], "inhabitants-without-doctor": s["inhabitants"] - s["inhabitants with"],
            "list-ceiling": s["ceiling"], "free-places-with-doctor": s["ceiling with"] - s["inhabitants with"],
            "free-places": s["ceiling"] - s["inhabitants"], "open-lists": s["open"],
            "doctors-started": len(now[geo] - then[geo]), "doctors-left": len(then[geo] - now[geo]),
        }
        shares = {
            "reserve-capacity": (s["ceiling"], s["inhabitants"]), "open-list-share": (s["open"], s["lists"]),
            "fixed-salary-share": (s["fixed"], s["with"]), "share-with-doctor": (s["inhabitants with"], residents),
        }
        for indicator, value in counts.items():
            out[geo, "", indicator, "count"] = (float(value), None, None)
        for indicator, (part, whole) in shares.items():
            out[geo, "", indicator, "share"] = (two_decimals(100 * part, whole), None, None)
        out[geo, "", "mean-list-length", "mean"] = (two_decimals(s["inhabitants with"], s["with"]), None, None)
        out[geo, "", "doctors-per-1000", "per-1000"] = (two_decimals(1000 * len(now[geo]), residents), None, None)
    return out


def merged(stays):
    """Details 27, by a fixed point: two groups with less than 8 hours between, or overlapping, become one."""
    groups = [[stay] for stay in stays]
    changed = True
    while changed:
        changed = False
        for a in range(len(groups)):
            for b in range(a + 1, len(groups)):
                near = begin(groups[b]) < end(groups[a]) + 8 * HOUR and begin(groups[a]) < end(groups[b]) + 8 * HOUR
                if near:
                    groups[a] += groups.pop(b)
                    changed = True
                    break
            if changed:
                break
    return sorted(groups, key=begin)


def begin(group):
    return min(stay["from"] for stay in group)


def end(group):
    return max(stay["to"] for stay in group)


def stays_by_person(world):
    found = defaultdict(list)
    for row in world.rows["opphold"]:
        stay = row | {"from": rows.moment(row["inntid"]), "to": rows.moment(row["uttid"]) if row["uttid"] else FOREVER * DAY}
        found[row["person"]].append(stay)
    return found


def is_acute(stay):
    return bool(stay["innmatehast"]) and 1 <= int(stay["innmatehast"]) <= 3


class Shares:
    def __init__(self):
        self.parts = defaultdict(lambda: [0, 0])

    def add(self, world, label, place, indicator, hit):
        for geo in world.levels(place):
            part = self.parts[label, geo, "", indicator, "share"]
            part[0] += hit
            part[1] += 1

    def cells(self, world, labels, indicators):
        keys = [(label, geo, "", indicator, "share") for label in labels for geo in world.geos for indicator in indicators]
        return {key: (two_decimals(100 * self.parts[key][0], self.parts[key][1]), None, None) for key in keys}


def after_discharge(world):
    """follow-up, readmission-30d and gp-before-acute."""
    windows = {"follow-up-3-working-days": None, "follow-up-7-days": 7, "follow-up-14-days": 14, "follow-up-30-days": 30}
    waited = list(world.periods(tables.LONG, 60, True))
    years = list(world.periods(["year"]))
    follow, again, before = Shares(), Shares(), Shares()
    for person, stays in stays_by_person(world).items():
        groups = merged([stay for stay in stays if stay["omsorgsniva"] == "1"])
        visits = world.contacts.get(person, [])
        for group in groups:
            first = min(group, key=lambda stay: (stay["from"], stay["place"]))
            last = max(group, key=lambda stay: (stay["to"], stay["from"], stay["place"]))
            if is_acute(first):
                for service in ("gp", "legevakt"):
                    hit = any(visit[2] == service and begin(group) - DAY <= visit[3] < begin(group) for visit in visits)
                    for _, label, low, high, _ in years:
                        if low <= month_of(begin(group) // DAY) <= high:
                            before.add(world, label, world.place(first["kommunenr"]), f"{service}-before-acute", hit)
            place, left = world.place(last["kommunenr"]), end(group)
            if last["class"] or last["uttilstand"] != "1" or place == "9999":
                continue
            day = left // DAY
            labels = [label for _, label, low, high, _ in waited if low <= month_of(day) <= high]
            later = [other for other in groups if begin(other) > left]
            for indicator, days in windows.items():
                until = day + days if days else third_working_day(day)
                if any(begin(other) // DAY <= until for other in later):
                    continue
                if any(stay["uttilstand"] in ("2", "3") and not stay["class"] and stay["to"] > left and stay["to"] // DAY <= until for stay in stays):
                    continue
                hit = any(visit[2] in ("gp", "legevakt") and visit[7] in FOLLOWING and day < visit[4] <= until for visit in visits)
                for label in labels:
                    follow.add(world, label, place, indicator, hit)
            age = date(day).year - int(last["fodselsaar"]) if last["fodselsaar"] else -1
            if 67 <= age <= 120:
                def counts(other):
                    acute = is_acute(min(other, key=lambda stay: (stay["from"], stay["place"])))
                    return acute and begin(other) >= left + 8 * HOUR and begin(other) // DAY <= day + 30

                hit = any(counts(other) for other in later)
                for label in labels:
                    again.add(world, label, place, "readmission-30d", hit)
    labels = [label for _, label, _, _, _ in waited]
    return {
        "follow-up": follow.cells(world, labels, windows),
        "readmission-30d": again.cells(world, labels, ["readmission-30d"]),
        "gp-before-acute": before.cells(world, [label for _, label, _, _, _ in years], ["gp-before-acute", "legevakt-before-acute"]),
    }


def third_working_day(day):
    found = 0
    while found < 3:
        day += 1
        found += is_working_day(day)
    return day


def continuity(world):
    out = {}
    visits = {person: gp_visits(world, person) for person in world.contacts}
    for _, label, low, high, _ in world.periods(["year"]):
        for code in ("total", "with", "without"):
            out |= {(label, *key): value for key, value in continuity_year(world, visits, code, low, high).items()}
    return out


def gp_visits(world, person):
    """(month, place, doctor, is a consultation, list has a doctor or None, is own doctor), in order of time."""
    found = []
    for _, doctor, service, _, day, month, place, kind, _ in world.contacts[person]:
        if service == "gp":
            contract = world.contract_of(person, day)
            doctors = world.doctors_on(contract, day) if contract else None
            state = None if doctors is None else bool(doctors)
            found.append((month, place, doctor, kind in CONSULTATIONS, state, bool(doctors) and doctor in doctors))
    return found


def is_in(code, state):
    return code == "total" or state is (code == "with")


def continuity_year(world, visits, code, low, high):
    own = defaultdict(lambda: [0, 0, set(), set()])
    most = {years: defaultdict(lambda: [0, 0, set(), set()]) for years in (1, 2)}
    index = {name: defaultdict(lambda: [0, 0, set(), set()]) for name in ("upc", "coc", "secon")}
    for person, all_visits in visits.items():
        for month, place, doctor, counts, state, is_own in all_visits:
            if low <= month <= high and counts and state is not None and is_in(code, state):
                for geo in world.levels(place):
                    add(own[geo], is_own, 1, person, [doctor])
        for years in (1, 2):
            within = [visit for visit in all_visits if low - 12 * (years - 1) <= visit[0] <= high]
            if not within:
                continue
            doctors = [visit[2] for visit in within if visit[3] and is_in(code, visit[4])]
            numbers = [doctors.count(doctor) for doctor in set(doctors)]
            for geo in world.levels(within[-1][1]):
                if doctors:
                    add(most[years][geo], max(numbers), len(doctors), person, doctors)
                if years == 1 and len(doctors) >= 2:
                    n = len(doctors)
                    pairs = sum(a == b for a, b in zip(doctors, doctors[1:]))
                    add(index["upc"][geo], billionths(max(numbers), n), 1, person, doctors)
                    add(index["coc"][geo], billionths(sum(k * k for k in numbers) - n, n * (n - 1)), 1, person, doctors)
                    add(index["secon"][geo], billionths(pairs, n - 1), 1, person, doctors)
    out = {}
    whole = world.months[0] <= low - 12
    for geo in world.geos:
        out[geo, code, "own-doctor-share", "share"] = cell(own[geo], 100)
        out[geo, code, "most-used-doctor-1y", "share"] = cell(most[1][geo], 100)
        out[geo, code, "most-used-doctor-2y", "share"] = cell(most[2][geo], 100) if whole else (None, 0, 0)
        for name, sums in index.items():
            out[geo, code, name, "mean"] = cell(sums[geo], Fraction(1, 10**9))
    return out


def billionths(part, whole):
    return (2 * part * 10**9 + whole) // (2 * whole)


def cell(sums, scale):
    return two_decimals(sums[0] * scale, sums[1]), len(sums[2]), len(sums[3])


TABLES = {
    "gp-register": lambda world: {"gp-register": gp_register(world), "gp-relation": register_times.gp_relation(world)},
    "after-discharge": after_discharge,
    "continuity": lambda world: {
        "continuity": continuity(world), "contacts-with-and-without-doctor": register_times.person_months(world),
        "own-list-coverage": register_teams.own_list_coverage(world),
    },
    "primary-health-team": lambda world: register_teams.by_team(world) | {"team-payments": register_teams.payments(world)},
}
