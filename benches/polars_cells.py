"""The unprotected cells of all nine tables with polars, as a competent user would write it for clean files.

    polars_cells.py DELIVERY AS-OF OUT      (threads: POLARS_MAX_THREADS)

The same work as duckdb_cells.py: no row accounting, no rejects, no messy dialects; cells that are nought are left out.
"""

import sys
from itertools import chain, combinations
from pathlib import Path

import polars as pl

from duckdb_cells import AGE_SEX, FACTS, FEATURES, RANKS, SUMS
from periods import published

RESIDENCE, PRACTICE = ("county", "municipality"), ("practice_county", "practice")
COUNTS = [pl.len().alias("contacts"), pl.col("person").n_unique().alias("patients"), pl.col("doctor").n_unique().alias("doctors")]


def scan(delivery, name, types):
    """The source's files with their name, the columns of `types`."""
    frames = []
    for path in sorted(Path(delivery).glob(f"{name}-*")):
        if path.suffix == ".parquet":
            frame = pl.scan_parquet(path).select(*types)
        else:
            with open(path, encoding="utf-8") as file:
                separator = max(";,\t", key=file.readline().count)
            texts = {column: pl.String if kind in (pl.Date, pl.Datetime) else kind for column, kind in types.items()}
            frame = pl.scan_csv(path, separator=separator, schema_overrides=texts).select(*types)
            frame = frame.with_columns(
                *(pl.col(c).str.to_date("%Y-%m-%d") for c, kind in types.items() if kind == pl.Date),
                *(pl.col(c).str.to_datetime("%Y-%m-%dT%H:%M:%S") for c, kind in types.items() if kind == pl.Datetime),
            )
        frames.append(frame.with_columns(file=pl.lit(path.name)))
    return pl.concat(frames, how="vertical_relaxed")


def facts(name, **options):
    return pl.read_csv(FACTS / name, infer_schema=False, **options)


def known():
    recode = facts("geo/recode_2024.csv").filter(pl.col("main") == "1").select(code="old_code", place="code_2024")
    svalbard = pl.DataFrame({"code": [str(2100 + n) for n in range(100)] + ["2200", "2211"], "place": ["2100"] * 100 + ["2211"] * 2})
    return pl.concat([recode, svalbard]).unique("code").lazy()


def tariffs():
    """Code, rank of its type or bit of its feature, and its days."""
    types = facts("takst_contact_type.csv").with_columns(
        rank=pl.col("contact_type").replace_strict({name: at for at, name in enumerate(RANKS)}, return_dtype=pl.Int32), bits=pl.lit(0, pl.Int32))
    features = facts("takst_feature.csv").filter(pl.col("feature").is_in(FEATURES)).with_columns(
        rank=pl.lit(None, pl.Int32),
        bits=pl.col("feature").replace_strict({name: 1 << at for at, name in enumerate(FEATURES)}, return_dtype=pl.Int32))
    columns = ["takst", "rank", "bits", "valid_from", "valid_to"]
    return pl.concat([types.select(columns), features.select(columns)]).with_columns(
        pl.col("valid_from").str.to_date(), pl.col("valid_to").str.to_date().fill_null(pl.date(9999, 12, 31))
    )


def meanings(lines, bills):
    """Type and features of every bill on the day of contact."""
    lists = tariffs()
    listed = lists.filter(pl.col("rank").is_not_null())["takst"].implode()
    codes = lines.select("takstkode").unique().collect().with_columns(
        code=pl.col("takstkode").str.strip_chars().str.to_lowercase().str.replace("^([78][0-9][a-z]+)$", "0$1"))
    other = pl.col("code").str.contains("^l[0-9]") & ~pl.col("code").is_in(listed)
    starred = codes.filter(other).with_columns(code=pl.lit("l*"))
    said = pl.concat([codes, starred]).join(lists, left_on="code", right_on="takst").lazy()
    last = lines.filter(pl.col("file") == pl.col("file").max().over("enkeltregning_lnr"))
    return (
        bills.select("enkeltregning_lnr", "tidspunkt").join(last, on="enkeltregning_lnr").join(said, on="takstkode")
        .filter(pl.col("tidspunkt").dt.date().is_between("valid_from", "valid_to"))
        .group_by("enkeltregning_lnr").agg(pl.col("rank").min(), *(((pl.col("bits") // (1 << at)) % 2).max().alias(f"f{at}") for at in range(len(FEATURES))))
    )


def age_label(age):
    bounds = [(0, 5, "0-5"), (6, 15, "6-15"), (16, 19, "16-19"), (20, 29, "20-29"), (30, 49, "30-49"), (50, 66, "50-66"),
              (67, 79, "67-79"), (80, 89, "80-89"), (90, 120, "90+")]
    label = pl.when(False).then(pl.lit(""))
    for low, high, name in bounds:
        label = label.when(age.is_between(low, high)).then(pl.lit(name))
    return label.otherwise(pl.lit("unknown"))


def contacts(delivery, as_of):
    regning = scan(delivery, "regning", {
        "enkeltregning_lnr": pl.Int64, "kpr_lnr": pl.Int64, "behandler_lnr": pl.Int64, "praksistype": pl.String,
        "praksiskommune": pl.String, "tidspunkt": pl.Datetime, "registrert": pl.Date, "status": pl.String,
        "krediterer_lnr": pl.Int64, "kjonn": pl.String, "fodselsaar": pl.Int32, "kommunenr": pl.String, "kommunenr_pb": pl.String,
    })
    takst = scan(delivery, "takst", {"enkeltregning_lnr": pl.Int64, "takstkode": pl.String})
    diagnose = scan(delivery, "diagnose", {"enkeltregning_lnr": pl.Int64, "kode": pl.String, "kodeverk": pl.String, "er_hoveddiagnose": pl.Int32})
    versions = (
        regning.filter(pl.col("registrert") <= pl.lit(as_of).str.to_date(), pl.col("kpr_lnr").is_not_null())
        .sort("registrert", "file", maintain_order=True).unique("enkeltregning_lnr", keep="last").collect()
    )
    credited = versions.filter(pl.col("status") == "godkjent", pl.col("krediterer_lnr").is_not_null()).select(enkeltregning_lnr="krediterer_lnr")
    bills = (
        versions.filter(pl.col("status") == "godkjent", pl.col("krediterer_lnr").is_null())
        .join(credited, on="enkeltregning_lnr", how="anti").join(facts("praksistype.csv").select("praksistype", "service"), on="praksistype").lazy()
    )
    letter = pl.col("kode").str.slice(0, 1).str.to_uppercase()
    icpc = pl.col("kodeverk").str.to_uppercase().is_in(["ICPC-2", "ICPC-2B"]) & letter.is_in(list("ABDFHKLNPRSTUWXYZ"))
    chapters = (
        diagnose.filter(pl.col("file") == pl.col("file").max().over("enkeltregning_lnr"))
        .sort("er_hoveddiagnose", descending=True, maintain_order=True).unique("enkeltregning_lnr", keep="first", maintain_order=True)
        .select("enkeltregning_lnr", chapter=pl.when(icpc).then(letter).otherwise(pl.lit("none")))
    )
    places, start = known(), pl.col("tidspunkt")
    joined = (
        bills.join(places, left_on="kommunenr", right_on="code", how="left")
        .join(places.rename({"place": "place_pb"}), left_on="kommunenr_pb", right_on="code", how="left")
        .join(places.rename({"place": "practice"}), left_on="praksiskommune", right_on="code", how="left")
        .join(meanings(takst, bills), on="enkeltregning_lnr", how="left").join(chapters, on="enkeltregning_lnr", how="left")
    )
    municipality = pl.coalesce("place", "place_pb", pl.lit("9999"))
    practice = pl.col("practice").fill_null("9999")
    hour = start.dt.hour()
    return joined.select(
        bill="enkeltregning_lnr", person="kpr_lnr", doctor="behandler_lnr", service="service", praksistype="praksistype",
        start=start, day=start.dt.date(), month=start.dt.year() * 12 + start.dt.month() - 1, municipality=municipality,
        county=municipality.str.slice(0, 2), practice=practice, practice_county=practice.str.slice(0, 2),
        sex=pl.col("kjonn").replace_strict({"1": "male", "2": "female"}, default="unknown"),
        age_group=age_label(start.dt.year() - pl.col("fodselsaar")), type=pl.col("rank").fill_null(15),
        **{f"f{at}": pl.col(f"f{at}").fill_null(0) > 0 for at in range(len(FEATURES))},
        chapter=pl.col("chapter").fill_null("none"), hour=hour, weekend=start.dt.weekday() >= 6,
        part_of_day=pl.when(hour.is_between(8, 15)).then(pl.lit("day")).when(hour.is_between(16, 22)).then(pl.lit("evening")).otherwise(pl.lit("night")),
    ).collect()


def grouped(frame, base, places, cubes, aggregates):
    """One frame a place level and choice of cubed columns, all collected together by the caller."""
    chosen = chain.from_iterable(combinations(cubes, size) for size in range(len(cubes) + 1))
    return [frame.group_by(*base, *level, *some).agg(aggregates) for some in chosen for level in ((), *((p,) for p in places))]


def main(delivery, as_of, out):
    Path(out).mkdir(parents=True, exist_ok=True)
    facts_of = contacts(delivery, as_of)
    first, last = facts_of["month"].min(), facts_of["month"].max()
    periods = pl.DataFrame(published(first, last, as_of), schema={"period_type": pl.String, "period": pl.String, "month": pl.Int32}, orient="row").lazy()
    members = [(name, at) for at, name in enumerate(RANKS)] + [(name, RANKS.index(part)) for name, parts in SUMS.items() for part in parts]
    members = pl.DataFrame(members, schema={"indicator": pl.String, "type": pl.Int32}, orient="row").lazy()
    timed = facts_of.lazy().join(periods, on="month")
    gp, legevakt = timed.filter(pl.col("service") == "gp"), timed.filter(pl.col("service") == "legevakt")
    meant = gp.join(members, on="type")
    long = pl.col("period_type").is_in(["tertial", "year"])
    six = pl.col("indicator").is_in(AGE_SEX)
    base = ("period", "indicator")
    tables = {
        "gp-contacts": grouped(meant, base, RESIDENCE, (), COUNTS),
        "gp-contacts-age-sex": grouped(meant.filter(long, six), base, RESIDENCE, ("sex", "age_group"), COUNTS),
        "gp-contacts-by-practice": grouped(meant, base, PRACTICE, (), COUNTS),
        "gp-diagnoses": grouped(gp.filter(long, pl.col("type") < 3), ("period",), RESIDENCE, ("chapter",), COUNTS),
        "legevakt-contacts": grouped(legevakt.join(members, on="type"), base, RESIDENCE, ("part_of_day", "weekend"), COUNTS),
    }
    homes = gp.sort("start", "bill").unique(["period", "person"], keep="last").select("period", "period_type", "person", *RESIDENCE, "sex", "age_group")
    persons = meant.select(*base, "person", "doctor").unique().join(homes, on=["period", "person"])
    tables["gp-contacts-patients"] = grouped(persons, base, RESIDENCE, (), COUNTS[1:])
    tables["gp-contacts-age-sex-patients"] = grouped(persons.filter(long, six), base, RESIDENCE, ("sex", "age_group"), COUNTS[1:])
    outside = (pl.col("hour") < 8) | (pl.col("hour") >= 16) | pl.col("weekend")
    shares = [("e", pl.col("type") < 3, pl.col("type") == 2), ("outside", pl.col("type") == 2, outside), ("time", pl.col("type") < 3, pl.col("f0")),
              ("time_physical", pl.col("type") == 1, pl.col("f0")), ("time_e", pl.col("type") == 2, pl.col("f0"))]
    for name, whole, part in shares:
        tables[f"gp-share-{name}"] = grouped(gp.filter(whole), ("period",), RESIDENCE, (), [*COUNTS, part.sum().alias("part")])
    for at in range(1, 7):
        tables[f"gp-activities-{FEATURES[at]}"] = grouped(gp.filter(pl.col(f"f{at}")), ("period",), RESIDENCE, (), COUNTS)
    fastlege = gp.filter(pl.col("praksistype").is_in(["FALE", "FALO"]), pl.col("period_type") == "year")
    physical, e, consultation = pl.col("type") == 1, pl.col("type") == 2, pl.col("type") < 3
    for level in ((), ("practice_county",), ("practice",)):
        days = fastlege.group_by("period", *level, "doctor", "day").agg(physical=physical.sum(), consultations=consultation.sum())
        years = days.group_by("period", *level, "doctor").agg(days=pl.len(), five=(pl.col("physical") >= 5).sum(), per_day=pl.col("consultations").sum() / pl.len())
        tables.setdefault("gp-workload", []).append(years.group_by("period", *level).agg(pl.len(), pl.col("days").mean(), pl.col("five").mean(), pl.col("per_day").mean()))
    tables["gp-workload-hours"] = grouped(fastlege.filter(pl.col("weekend")), ("period", "hour"), PRACTICE, (), [physical.sum().alias("physical"), e.sum().alias("e")])
    for name, frames in tables.items():
        pl.concat(pl.collect_all(frames), how="diagonal_relaxed").write_parquet(f"{out}/{name}.parquet")
    residents(delivery).write_parquet(f"{out}/residents.parquet")
    print(f"gp contacts: {facts_of.filter(pl.col('service') == 'gp').height}")


def residents(delivery):
    rows = scan(delivery, "innbyggere", {"aar": pl.Int32, "kommunenr": pl.String, "kjonn": pl.String, "alder": pl.Int32, "personer": pl.Int64})
    rows = rows.join(known(), left_on="kommunenr", right_on="code", how="left").with_columns(
        municipality=pl.col("place").fill_null("9999"), age_group=age_label(pl.col("alder") + 1)).with_columns(county=pl.col("municipality").str.slice(0, 2))
    return pl.concat(pl.collect_all(grouped(rows, ("aar",), RESIDENCE, ("kjonn", "age_group"), [pl.col("personer").sum()])), how="diagonal_relaxed")


if __name__ == "__main__":
    main(*sys.argv[1:])
