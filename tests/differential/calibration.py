"""How near the synthetic country comes to the published figures of joined registers (fixtures' calibration).

    calibration.py --kprstat target/release/kprstat [--work target/differential] [--persons N]

Makes a country over 26 months, its releases, and compares the true figures of 2023 with what Helsedirektoratet, SSB and NPR
publish. Each figure has the tolerance within which a sample of this size and the model behind it should lie.
"""

import argparse
import shutil
import sys
from pathlib import Path

import pyarrow.parquet as pq

import run

FROM, TO, AS_OF, SEED = "2022-01", "2024-02", "2024-05-05", 11
PIPELINES = ("gp-register", "continuity", "after-discharge")
# Published figure and tolerance: percent, years, inhabitants. A country of 80 000 has few large lists, and which of them are
# vacant is chance: over seeds inhabitants without a doctor are 2.6 to 8.2 %, and the own doctor's share goes along.
WANTED = {
    "own doctor, %": (73.4, 4.0),
    "most used doctor, one year, %": (82.7, 1.5),
    "most used doctor, two years, %": (77.8, 2.0),
    "lists without a doctor, %": (6.0, 2.5),
    "inhabitants of lists without a doctor, %": (4.0, 4.5),
    "inhabitants a list with a doctor, where there are four lists": (1013, 60),
    "inhabitants, list ceiling above, %": (3.0, 1.5),
    "fixed salary, % of lists with a doctor": (20.5, 2.5),
    "years with the doctor, median": (5.2, 1.0),
    "years with the doctor, mean": (7.5, 0.7),
    "over two years with the doctor, %": (74.3, 8.0),
    "over ten years with the doctor, %": (29.5, 5.0),
    "follow-up within 7 days, %": (35, 1.5),
    "follow-up within 14 days, %": (50, 1.5),
    "follow-up within 30 days, %": (68, 1.5),
    "readmission within 30 days, 67 and over, %": (15.5, 1.0),
    "acute stays, % of inpatient stays": (73, 1.0),
    "inpatient stays by 1 000 inhabitants": (145, 6),
}


def cells(out, pipeline, table):
    public = (out / "public" / "latest" / pipeline).resolve()
    rows = pq.read_table(out / "restricted" / public.name / "cells" / f"{table}.parquet").to_pylist()
    return {(r["period"], r["geo"], r["indicator"]): r["value"] for r in rows if r.get("list_doctor", "total") == "total"}


def found(out, delivery, persons):
    lists, relation = cells(out, "gp-register", "gp-register"), cells(out, "gp-register", "gp-relation")
    of_doctors, follow = cells(out, "continuity", "continuity"), cells(out, "after-discharge", "follow-up")
    again = cells(out, "after-discharge", "readmission-30d")
    day = "2023-09"
    of = lambda indicator, geo="0": lists[day, geo, indicator] or 0
    large = [geo for period, geo, indicator in lists if period == day and indicator == "lists" and len(geo) == 4 and of("lists", geo) >= 4]
    with_doctor = lambda geo: of("lists", geo) - of("lists-without-doctor", geo)
    inhabitants = lambda geo: of("list-inhabitants", geo) - of("inhabitants-without-doctor", geo)
    stays = [row for file in sorted(delivery.glob("opphold-*.parquet")) for row in pq.read_table(file).to_pylist()]
    inpatient = [row for row in stays if str(row["omsorgsniva"]) == "1" and str(row["inntid"])[:4] == "2023"]
    return {
        "own doctor, %": of_doctors["2023", "0", "own-doctor-share"],
        "most used doctor, one year, %": of_doctors["2023", "0", "most-used-doctor-1y"],
        "most used doctor, two years, %": of_doctors["2023", "0", "most-used-doctor-2y"],
        "lists without a doctor, %": 100 * of("lists-without-doctor") / of("lists"),
        "inhabitants of lists without a doctor, %": 100 * of("inhabitants-without-doctor") / of("list-inhabitants"),
        "inhabitants a list with a doctor, where there are four lists": sum(map(inhabitants, large)) / sum(map(with_doctor, large)),
        "inhabitants, list ceiling above, %": of("reserve-capacity") - 100,
        "fixed salary, % of lists with a doctor": of("fixed-salary-share"),
        "years with the doctor, median": relation["2022", "0", "median-years"],
        "years with the doctor, mean": relation["2022", "0", "mean-years"],
        "over two years with the doctor, %": relation["2022", "0", "share-over-2-years"],
        "over ten years with the doctor, %": relation["2022", "0", "share-over-10-years"],
        "follow-up within 7 days, %": follow["2023", "0", "follow-up-7-days"],
        "follow-up within 14 days, %": follow["2023", "0", "follow-up-14-days"],
        "follow-up within 30 days, %": follow["2023", "0", "follow-up-30-days"],
        "readmission within 30 days, 67 and over, %": again["2023", "0", "readmission-30d"],
        "acute stays, % of inpatient stays": 100 * sum(str(row["innmatehast"]) in "123" for row in inpatient) / len(inpatient),
        "inpatient stays by 1 000 inhabitants": 1000 * len(inpatient) / persons,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kprstat", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--work", default=run.ROOT / "target" / "differential", type=Path)
    parser.add_argument("--persons", default=80_000, type=int)
    args = parser.parse_args()
    folder = args.work / "calibration"
    shutil.rmtree(folder, ignore_errors=True)
    delivery, out = folder / "delivery", folder / "out"
    options = ("--from", FROM, "--to", TO, "--seed", SEED, "--format", "parquet")
    run.command(args.kprstat, "synth", "--persons", args.persons, *options, "--out", delivery)
    for pipeline in PIPELINES:
        run.command(args.kprstat, "run", run.ROOT / "pipelines" / f"{pipeline}.toml", "--delivery", delivery, "--as-of", AS_OF, "--out", out)
    figures, off = found(out, delivery, args.persons), 0
    for name, (published, tolerance) in WANTED.items():
        beyond = abs(figures[name] - published) > tolerance
        off += beyond
        print(f"{name:62} published {published:7} found {figures[name]:8.2f} within {tolerance}{'   OFF' if beyond else ''}")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
