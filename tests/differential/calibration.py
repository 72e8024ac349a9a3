"""How near the synthetic country comes to the published figures of joined registers (fixtures' calibration).

    calibration.py --kprstat target/release/kprstat [--work target/differential] [--persons N]
    calibration.py --kprstat target/release/kprstat --delivery DIR --as-of DAY --year 2024 [--work FOLDER]

Makes a country over 26 months, its releases, and compares the true figures of 2023 with what Helsedirektoratet, SSB and NPR
publish; or takes a delivery that is there. Each figure has the tolerance within which a sample of this size and the model
behind it should lie. Of a year that stands alone the figures over two years are not asked for, and follow-up is that of the
tertials.
"""

import argparse
import shutil
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

import run

FROM, TO, AS_OF, SEED, YEAR = "2022-01", "2024-02", "2024-05-05", 11, "2023"
# From this size on chance is small.
LARGE = 500_000
PIPELINES = ("gp-register", "continuity", "after-discharge")
# Published figure and tolerance: percent, years, inhabitants; of three, the tolerance of a small country too. A country of
# 200 000 has few large lists, and which of them are vacant is chance: inhabitants without a doctor are 7.7 % there, 5.0 % of
# 600 000, and the own doctor's share goes along. With 80 000 they are 2.5 to 8.6 % over seeds: too few to judge by.
WANTED = {
    "own doctor, %": (73.4, 1.5, 4.0),
    "most used doctor, one year, %": (82.7, 1.5),
    "most used doctor, two years, %": (77.8, 2.0),
    "lists without a doctor, %": (6.0, 1.5, 2.5),
    "inhabitants of lists without a doctor, %": (4.0, 1.5, 4.5),
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


def found(out, delivery, year):
    lists, relation = cells(out, "gp-register", "gp-register"), cells(out, "gp-register", "gp-relation")
    of_doctors = cells(out, "continuity", "continuity")
    discharged = cells(out, "after-discharge", "follow-up") | cells(out, "after-discharge", "readmission-30d")
    day, since = f"{year}-09", min(period for period, _, _ in relation)
    of = lambda indicator, geo="0": lists[day, geo, indicator] or 0
    large = [geo for period, geo, indicator in lists if period == day and indicator == "lists" and len(geo) == 4 and of("lists", geo) >= 4]
    with_doctor = lambda geo: of("lists", geo) - of("lists-without-doctor", geo)
    inhabitants = lambda geo: of("list-inhabitants", geo) - of("inhabitants-without-doctor", geo)
    stays, acute = duckdb.execute(f"""select count(*), count(*) filter (innmatehast between 1 and 3)
        from read_parquet('{delivery}/opphold-*.parquet') where omsorgsniva = 1 and year(inntid) = {year}""").fetchone()
    persons = duckdb.execute(f"select sum(personer) from read_parquet('{delivery}/innbyggere-*.parquet') where aar = {year}").fetchone()[0]
    return {
        "own doctor, %": of_doctors[year, "0", "own-doctor-share"],
        "most used doctor, one year, %": of_doctors[year, "0", "most-used-doctor-1y"],
        "most used doctor, two years, %": of_doctors[year, "0", "most-used-doctor-2y"],
        "lists without a doctor, %": 100 * of("lists-without-doctor") / of("lists"),
        "inhabitants of lists without a doctor, %": 100 * of("inhabitants-without-doctor") / of("list-inhabitants"),
        "inhabitants a list with a doctor, where there are four lists": sum(map(inhabitants, large)) / sum(map(with_doctor, large)),
        "inhabitants, list ceiling above, %": of("reserve-capacity") - 100,
        "fixed salary, % of lists with a doctor": of("fixed-salary-share"),
        "years with the doctor, median": relation[since, "0", "median-years"],
        "years with the doctor, mean": relation[since, "0", "mean-years"],
        "over two years with the doctor, %": relation[since, "0", "share-over-2-years"],
        "over ten years with the doctor, %": relation[since, "0", "share-over-10-years"],
        "follow-up within 7 days, %": of_year(discharged, year, "follow-up-7-days"),
        "follow-up within 14 days, %": of_year(discharged, year, "follow-up-14-days"),
        "follow-up within 30 days, %": of_year(discharged, year, "follow-up-30-days"),
        "readmission within 30 days, 67 and over, %": of_year(discharged, year, "readmission-30d"),
        "acute stays, % of inpatient stays": 100 * acute / stays,
        "inpatient stays by 1 000 inhabitants": 1000 * stays / float(persons),
    }


def of_year(shares, year, indicator):
    """The year's, or the mean of its tertials' that are published."""
    tertials = [value for (period, geo, of), value in shares.items() if period.startswith(f"{year}-T") and geo == "0" and of == indicator]
    return shares.get((year, "0", indicator)) or sum(tertials) / len(tertials)


def compare(figures, is_large):
    """Prints every figure; how many are off."""
    off = 0
    for name, (published, *tolerances) in WANTED.items():
        tolerance, value = tolerances[0 if is_large else -1], figures[name]
        beyond = value is not None and abs(value - published) > tolerance
        off += beyond
        shown = "       -" if value is None else f"{value:8.2f}"
        print(f"{name:62} published {published:7} found {shown} within {tolerance}{'   OFF' if beyond else ''}")
    return off


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kprstat", required=True, type=lambda text: Path(text).resolve())
    parser.add_argument("--work", default=run.ROOT / "target" / "differential", type=Path)
    parser.add_argument("--persons", default=200_000, type=int)
    parser.add_argument("--delivery", type=Path, help="a delivery in Parquet, instead of one that is made")
    parser.add_argument("--as-of", default=AS_OF)
    parser.add_argument("--year", default=YEAR)
    args = parser.parse_args()
    folder = args.work / "calibration"
    shutil.rmtree(folder, ignore_errors=True)
    delivery, out = args.delivery or folder / "delivery", folder / "out"
    if not args.delivery:
        options = ("--from", FROM, "--to", TO, "--seed", SEED, "--format", "parquet")
        run.command(args.kprstat, "synth", "--persons", args.persons, *options, "--out", delivery)
    for pipeline in PIPELINES:
        definition = run.ROOT / "pipelines" / f"{pipeline}.toml"
        run.command(args.kprstat, "run", definition, "--delivery", delivery, "--as-of", args.as_of, "--out", out)
    return 1 if compare(found(out, delivery, args.year), bool(args.delivery) or args.persons >= LARGE) else 0


if __name__ == "__main__":
    sys.exit(main())
