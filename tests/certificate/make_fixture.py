#!/usr/bin/env python3
"""Makes a miniature release with its certificate, for the tests of both checkers.

Usage: make_fixture.py OUT_DIR      writes OUT_DIR/public, OUT_DIR/restricted and two earlier releases

The earlier releases, public files alone, hid the same small cells beside e-consultations instead of
physical consultations: OUT_DIR/still has the same numbers, so that it gives the company of today
away; in OUT_DIR/moved all numbers but the small ones were smaller by 20, so that it gives about.

Two counties (one of them a single municipality), three months with their quarter, four contact
types with two sums; contacts and patients. Counts of 1 to 4 patients are unsafe; each is protected
by boxes of eight cells (two municipalities x two months x two types). Two of the small cells are
made by one patient and one doctor each: the cells beside them need two boxes, so that neither of
the four sees through both. Every number is made up by the formulas below, so that a reader can
follow it. Deterministic.
"""

import csv, hashlib, io, itertools, json, pathlib, sys

import pyarrow as pa
import pyarrow.parquet as pq

MUNICIPALITIES = ["0301", "1101", "1102", "1103"]
MONTHS = ["2024-01", "2024-02", "2024-03"]
TYPES = ["home-visit", "physical-consultation", "e-consultation", "meeting"]
PLACES = {"0": [0, 1, 2, 3], "03": [0], "11": [1, 2, 3], "0301": [0], "1101": [1], "1102": [2], "1103": [3]}
PERIODS = {"2024-01": [0], "2024-02": [1], "2024-03": [2], "2024-Q1": [0, 1, 2]}
SUMS = {**{t: [i] for i, t in enumerate(TYPES)}, "consultation": [0, 1, 2], "contact": [0, 1, 2, 3]}
# The small cells: (municipality, month, type): contacts and patients.
SMALL = {(1, 0, 0): (3, 2), (2, 1, 0): (4, 2), (2, 0, 0): (5, 1), (3, 1, 0): (6, 1)}
# The boxes that protect them: two municipalities x two months; types 0 and 1.
BOXES = [((1, 2), (0, 1)), ((1, 3), (0, 1)), ((2, 3), (1, 2))]


COMPANY, LESS = 1, 0                                # type beside which the small cells hide; see the earlier releases


def contacts(place, month, kind):
    if (place, month, kind) in SMALL:
        return SMALL[place, month, kind][0]
    return 40 - LESS + 100 * (kind == 1) + 17 * place + 5 * month + 3 * kind


def patients(place, months, kinds):
    """Different patients of a municipality: not a sum over months or types, but at least each part
    and at most all parts together."""
    if len(months) == 1 and len(kinds) == 1 and (place, months[0], kinds[0]) in SMALL:
        return SMALL[place, months[0], kinds[0]][1]
    count = sum(contacts(place, m, k) for m in months for k in kinds)
    thirtieths = 18 if len(kinds) > 1 else 19 if len(months) > 1 else 20
    return count * thirtieths // 30 + 1


def cells():
    """Every published cell: keys, contacts, patients and whether it is hidden."""
    for place, places in PLACES.items():
        for period, months in PERIODS.items():
            for indicator, kinds in SUMS.items():
                count = sum(contacts(p, m, k) for p in places for m in months for k in kinds)
                different = sum(patients(p, months, kinds) for p in places)
                leaf = len(places) == len(months) == len(kinds) == 1
                hidden = leaf and kinds[0] in (0, COMPANY) and any(places[0] in p and months[0] in m for p, m in BOXES)
                small = leaf and (places[0], months[0], kinds[0]) in SMALL
                yield place, period, indicator, count, different, hidden, small


def relations():
    def dim(ident, kind, leaves, codes):
        return {"id": ident, "kind": kind, "leaves": leaves, "codes": [{"id": i, "leaves": l} for i, l in codes]}

    dims = [
        dim("residence", "residence", MUNICIPALITIES, list(PLACES.items())),
        dim("practice", "practice", MUNICIPALITIES, [("0", [0, 1, 2, 3])]),
        dim("time", "time", MONTHS, [("total", [0, 1, 2])] + list(PERIODS.items())),
        dim("type", "type", TYPES, [("total", [0, 1, 2, 3])] + list(SUMS.items())[:-1]),
    ]
    names = list(SUMS)
    view = {
        "table": "gp-contacts",
        "place": {"dim": 0, "codes": list(range(len(PLACES)))},
        "period": {"dim": 2, "codes": [1, 2, 3, 4]},
        "dimensions": [],
        "quantities": [{"codes": [[3, 1 + i]] if n != "contact" else []} for i, n in enumerate(names)],
        "indicators": [{"count": {"indicator": n, "quantity": i}} for i, n in enumerate(names)],
        "measures": ["contacts", "patients"],
        "municipality": [len(place) == 4 for place in PLACES],
        "municipality_detail": [True] * 4,
    }
    return {"universes": [{"id": "gp", "dims": dims, "views": [view]}]}


def rows(restricted):
    names = {"0": "Hele landet", "03": "Oslo", "11": "Rogaland", "0301": "Oslo"}
    for place, period, indicator, count, different, hidden, small in cells():
        for measure, value in (("contacts", count), ("patients", different)):
            keys = ["quarter" if "Q" in period else "month", period]
            keys += ["country" if place == "0" else "county" if len(place) == 2 else "municipality"]
            keys += [place, names.get(place, "Kommune " + place), "total", "total", indicator, measure]
            if restricted:
                reason = "patients" if small else "secondary" if hidden else None
                doctors = 1 if different == 1 else 3 + different // 4
                yield keys + [float(value), different, doctors, 0.3, 0.1, reason]
            elif hidden:
                yield keys + [None, "Q", "C"]
            else:
                yield keys + [float(value), "A", "F"]


KEYS = ["period_type", "period", "geo_level", "geo", "geo_name", "sex", "age_group", "indicator", "measure"]
PUBLIC = KEYS + ["value", "obs_status", "conf_status"]
RESTRICTED = KEYS + ["value", "n_patients", "n_doctors", "largest_doctor_share", "largest_patient_share", "reason"]


def write_parquet(path, names, table):
    kinds = {"value": pa.float64(), "largest_doctor_share": pa.float64(), "largest_patient_share": pa.float64()}
    kinds |= {"n_patients": pa.uint32(), "n_doctors": pa.uint32()}
    columns = [pa.array(c, type=kinds.get(n, pa.string())) for n, c in zip(names, zip(*table))]
    fields = [pa.field(n, c.type, nullable=n in kinds or n == "reason") for n, c in zip(names, columns)]
    metadata = {"table": "gp-contacts", "version": "1", "release": "mini"}
    data = pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata=metadata))
    pq.write_table(data, path, compression="snappy", use_dictionary=False, write_statistics=False, store_schema=False)


def zstd(path, text):
    with pa.output_stream(str(path), compression="zstd") as out:
        out.write(text.encode())


def certificate(folder):
    places, periods, names = list(PLACES), list(PERIODS), list(SUMS)

    def position(place, period, indicator):
        return (places.index(place) * len(periods) + periods.index(period)) * len(names) + names.index(indicator)

    lines = ["view,position,contacts,patients,contacts_state,patients_state,"
             "lone_patient,lone_doctor,patients_lone_patient,patients_lone_doctor"]
    lone = 0
    for place, period, indicator, count, different, hidden, _ in cells():
        state, who = "H" if hidden else "S", ",,,"
        if different == 1:
            lone += 1                               # a patient and a doctor who are nowhere else alone
            who = f"{lone},{lone},{lone},{lone}"
        lines.append(f"0,{position(place, period, indicator)},{count},{different},{state},{state},{who}")
    zstd(folder / "cells-0.csv.zst", "\n".join(lines) + "\n")

    # Witness 0: two contacts more in the first small cell, and so on round the first box; 1: one
    # less. The second small cell is the opposite corner in place and month: it moves with the
    # first. Witnesses 2 to 5: the same of the other boxes.
    witnesses = []
    for (place, other), (month, later) in BOXES:
        box = [[0, place, other], [1, 0, None], [2, month, later], [3, 0, 1]]
        witnesses += [{"contacts": [{"by": by, "move": box}]} for by in (2, -1)]
    # Patients add up over places alone: some from one municipality to another.
    for month, place, other, by in ((1, 1, 3, 2), (1, 1, 3, -1), (2, 2, 1, 2), (1, 2, 3, 2), (2, 3, 1, 2)):
        part = {"by": by, "at": [[2, month], [3, 1]], "move": [[0, place, other]]}
        witnesses.append({"patients": [part]})
    zstd(folder / "witnesses-0.jsonl.zst", "".join(json.dumps(w, separators=(",", ":")) + "\n" for w in witnesses))

    # Box 0 holds the cell of the first lone patient, boxes 1 and 2 that of the second.
    small = [("1101", "2024-01"), ("1102", "2024-02"), ("1102", "2024-01"), ("1103", "2024-02")]
    first, second, third, fourth = (position(*where, "home-visit") for where in small)
    claims = ["view,position,layer,width,reason,witnesses"]
    claims += [f"0,{first},contacts,2,patients,0/1 2/3", f"0,{second},contacts,2,patients,0/1 4/5"]
    claims += [f"0,{third},contacts,2,patients,0/1", f"0,{fourth},contacts,2,patients,2/3"]
    claims += [f"0,{first},patients,2,patients,6/7", f"0,{second},patients,2,patients,8/"]
    claims += [f"0,{third},patients,2,patients,9/", f"0,{fourth},patients,2,patients,10/"]
    zstd(folder / "claims-0.csv.zst", "\n".join(claims) + "\n")
    files = ["cells-0.csv.zst", "claims-0.csv.zst", "witnesses-0.jsonl.zst"]
    about = {"format": 1, "policy": {"id": "standard", "version": "1"}, "files": files, "claims": 8, "witnesses": 11}
    (folder / "certificate.json").write_text(json.dumps(about, indent=2) + "\n")
    (folder / "relations.json").write_text(json.dumps(relations()) + "\n")


def write_public(public, name, as_of):
    for folder in (public / "data", public / "metadata"):
        folder.mkdir(parents=True, exist_ok=True)
    table = sorted(rows(False), key=lambda r: [r[i] for i in (0, 1, 2, 3, 5, 6, 7, 8)])
    write_parquet(public / "data/gp-contacts.parquet", PUBLIC, table)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(PUBLIC)
    for row in table:
        value = "" if row[9] is None else str(int(row[9]))
        writer.writerow(row[:9] + [value] + row[10:])
    (public / "data/gp-contacts.csv").write_text(text.getvalue(), encoding="utf-8")
    (public / "metadata/relations.json").write_text(json.dumps(relations()) + "\n")
    policy = {"id": "standard", "version": "1", "min-patients": 5, "min-doctors": 3, "dominance-percent": 85}
    policy |= {"p-percent": 10, "min-residents": 5, "saturated-residents": 20, "width": 2, "width-percent": 10}
    policy |= {"width-dominance-percent": 15, "pool-volume": 50}
    outputs = []
    for path in ("data/gp-contacts.csv", "data/gp-contacts.parquet", "metadata/relations.json"):
        content = (public / path).read_bytes()
        outputs.append({"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    tables = [{"id": "gp-contacts", "version": "1"}]
    manifest = {"release": name, "as_of": as_of, "inputs": [], "policy": policy, "tables": tables, "outputs": outputs}
    (public / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def main(out):
    global COMPANY, LESS
    restricted = out / "restricted"
    for folder in (restricted / "cells", restricted / "certificate"):
        folder.mkdir(parents=True, exist_ok=True)
    write_public(out / "public", "mini", "2024-10-01")
    write_parquet(restricted / "cells/gp-contacts.parquet", RESTRICTED, sorted(rows(True), key=lambda r: r[:9]))
    certificate(restricted / "certificate")
    COMPANY = 2
    write_public(out / "still", "still", "2024-09-01")
    LESS = 20
    write_public(out / "moved", "moved", "2024-08-01")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
