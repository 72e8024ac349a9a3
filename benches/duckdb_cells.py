"""The unprotected cells of all nine tables with DuckDB, as a competent user would write it for clean files.

    duckdb_cells.py DELIVERY AS-OF OUT [THREADS]

Versions, credits, as-of, dated tariffs, recoding, one place a person and period, contributors: all there. Row
accounting, rejects and messy dialects are not (the program does those too). Cells that are nought are left out.
"""

import sys
from pathlib import Path

import duckdb

from periods import published

FACTS = Path(__file__).resolve().parent.parent / "fixtures" / "facts"
RANKS = (
    "home-visit", "physical-consultation", "e-consultation", "meeting", "dialogue-meeting", "other-body",
    "simple-present", "simple-remote", "nurse-home-visit", "nurse-consultation", "nurse-group", "nurse-meeting",
    "nurse-simple", "nurse-remote", "administrative", "unclassified",
)
SUMS = {"consultation": RANKS[:3], "simple-contact": RANKS[6:8], "collaboration": RANKS[3:6], "contact": RANKS}
FEATURES = (
    "time-supplement", "medication-review", "diabetes-annual-control", "spirometry", "talk-therapy",
    "interdisciplinary-meeting", "sick-note",
)
AGE_SEX = ("contact", "consultation", "home-visit", "physical-consultation", "e-consultation", "simple-contact")


def source(delivery, name, columns):
    """A table function over the source's files, with the place of the file among them."""
    chosen = ", ".join(columns)
    if list(Path(delivery).glob(f"{name}-*.parquet")):
        return f"(select {chosen}, file_index from read_parquet('{delivery}/{name}-*.parquet'))"
    types = "{" + ", ".join(f"'{column}': '{kind}'" for column, kind in columns.items()) + "}"
    return f"(select {chosen}, file_index from read_csv('{delivery}/{name}-*.csv', types = {types}))"


def bills(db, delivery, as_of):
    """The version of each bill that counts, where it is not cancelled and a service's."""
    regning = source(delivery, "regning", {
        "enkeltregning_lnr": "BIGINT", "kpr_lnr": "BIGINT", "behandler_lnr": "BIGINT", "praksis_lnr": "BIGINT",
        "praksistype": "VARCHAR", "praksiskommune": "VARCHAR", "tidspunkt": "TIMESTAMP", "registrert": "DATE",
        "status": "VARCHAR", "krediterer_lnr": "BIGINT", "kjonn": "VARCHAR", "fodselsaar": "INTEGER", "kommunenr": "VARCHAR",
        "kommunenr_pb": "VARCHAR",
    })
    db.execute(f"create temp table bills as {counted(db, regning, as_of)}")


def counted_months(db, delivery, as_of):
    """First and last month with a bill that counts, of the columns that say so alone."""
    regning = source(delivery, "regning", {
        "enkeltregning_lnr": "BIGINT", "kpr_lnr": "BIGINT", "praksistype": "VARCHAR", "tidspunkt": "TIMESTAMP", "registrert": "DATE",
        "status": "VARCHAR", "krediterer_lnr": "BIGINT",
    })
    of = f"select year(tidspunkt) * 12 + month(tidspunkt) - 1 as m from ({counted(db, regning, as_of)})"
    return db.execute(f"select min(m), max(m) from ({of})").fetchone()


def counted(db, regning, as_of):
    """A query of the rows of regning that count, with their service."""
    known = f"(select * from {regning} where registrert <= date '{as_of}' and kpr_lnr is not null)"
    db.execute(f"""create temp table several as
        select enkeltregning_lnr from {known} group by 1 having count(*) > 1""")
    db.execute(f"""create temp table cancelled as
        select krediterer_lnr as bill from (select * from {known} where krediterer_lnr is not null or enkeltregning_lnr in (from several)
        qualify row_number() over (partition by enkeltregning_lnr order by registrert desc, file_index desc) = 1)
        where status = 'godkjent' and krediterer_lnr is not null""")
    counts = """status = 'godkjent' and krediterer_lnr is null and enkeltregning_lnr not in (from cancelled)"""
    return f"""select v.*, p.service from (select * from {known} where enkeltregning_lnr not in (from several) union all
            select * from {known} where enkeltregning_lnr in (from several)
            qualify row_number() over (partition by enkeltregning_lnr order by registrert desc, file_index desc) = 1) v
        join practice_type p using (praksistype) where {counts}"""


def meanings(db, delivery):
    """Type and features of each bill, from its last file with lines."""
    takst = source(delivery, "takst", {"enkeltregning_lnr": "BIGINT", "takstkode": "VARCHAR"})
    db.execute(f"""create temp table said as
        with codes as (select distinct takstkode, regexp_replace(lower(trim(takstkode)), '^([78][0-9][a-z]+)$', '0\\1') as code from {takst})
        select takstkode, rank, bits, valid_from, valid_to from codes join tariffs on tariffs.code = case
            when codes.code similar to 'l[0-9].*' and codes.code not in (select code from tariffs where rank is not null)
            then 'l*' else codes.code end
          union all select takstkode, rank, bits, valid_from, valid_to from codes join tariffs using (code)
            where codes.code similar to 'l[0-9].*' and rank is null""")
    db.execute(f"""create temp table meanings as
        select enkeltregning_lnr, arg_max(rank, file_index) as rank, arg_max(bits, file_index) as bits
        from (select enkeltregning_lnr, file_index, coalesce(min(rank), 15) as rank, coalesce(bit_or(bits), 0) as bits
              from {takst} l join (select enkeltregning_lnr, tidspunkt::date as day from bills) using (enkeltregning_lnr)
              left join said s on s.takstkode = l.takstkode and day between s.valid_from and s.valid_to group by all)
        group by all""")


def chapters(db, delivery):
    diagnose = source(delivery, "diagnose", {
        "enkeltregning_lnr": "BIGINT", "kode": "VARCHAR", "kodeverk": "VARCHAR", "er_hoveddiagnose": "INTEGER",
    })
    db.execute(f"""create temp table chapters as
        select enkeltregning_lnr, case when upper(kodeverk) in ('ICPC-2', 'ICPC-2B')
            and upper(kode[1]) in ('A','B','D','F','H','K','L','N','P','R','S','T','U','W','X','Y','Z')
            then upper(kode[1]) else 'none' end as chapter
        from (select *, row_number() over () as n from {diagnose}
              qualify file_index = max(file_index) over (partition by enkeltregning_lnr))
        qualify row_number() over (partition by enkeltregning_lnr order by er_hoveddiagnose desc, n) = 1""")


def contacts(db, delivery, as_of):
    lists(db)
    bills(db, delivery, as_of)
    meanings(db, delivery)
    chapters(db, delivery)
    db.execute("""create temp table contacts as
        select b.enkeltregning_lnr as bill, b.kpr_lnr as person, b.behandler_lnr as doctor, b.service, b.praksistype,
               b.tidspunkt as start, year(b.tidspunkt) * 12 + month(b.tidspunkt) - 1 as month,
               coalesce(k.place, pb.place, '9999') as municipality, coalesce(pk.place, '9999') as practice,
               left(coalesce(k.place, pb.place, '9999'), 2) as county, left(coalesce(pk.place, '9999'), 2) as practice_county,
               case b.kjonn when '1' then 'male' when '2' then 'female' else 'unknown' end as sex,
               age_label(year(b.tidspunkt) - b.fodselsaar) as age_group, coalesce(m.rank, 15)::utinyint as type,
               coalesce(m.bits, 0) as bits, coalesce(c.chapter, 'none') as chapter,
               hour(b.tidspunkt) as hour, isodow(b.tidspunkt) >= 6 as weekend
        from bills b left join known k on k.code = b.kommunenr left join known pb on pb.code = b.kommunenr_pb
        left join known pk on pk.code = b.praksiskommune
        left join meanings m using (enkeltregning_lnr) left join chapters c using (enkeltregning_lnr)""")


def lists(db, more=()):
    """Code lists; `more` are features by code, whatever the date."""
    db.execute("create temp table ranks (contact_type varchar, rank integer)")
    db.executemany("insert into ranks values (?, ?)", [(name, at) for at, name in enumerate(RANKS)])
    db.execute("create temp table bits (feature varchar, bits integer)")
    db.executemany("insert into bits values (?, ?)", [(name, 1 << at) for at, name in enumerate(FEATURES)])
    dates = "valid_from, coalesce(valid_to, date '9999-12-31') as valid_to"
    db.execute(f"""create temp table tariffs as
        select takst as code, rank, 0 as bits, {dates} from read_csv('{FACTS}/takst_contact_type.csv', types = {{'takst': 'VARCHAR', 'valid_from': 'DATE', 'valid_to': 'DATE'}}) join ranks using (contact_type)
        union all select takst, null, bits, {dates} from read_csv('{FACTS}/takst_feature.csv', types = {{'takst': 'VARCHAR', 'valid_from': 'DATE', 'valid_to': 'DATE'}}) join bits using (feature)""")
    if more:
        rows = [(code, 1 << (len(FEATURES) + at)) for at, code in enumerate(more)]
        db.executemany("insert into tariffs values (?, null, ?, date '0001-01-01', date '9999-12-31')", rows)
    db.execute(f"create temp table practice_type as select praksistype, service from read_csv('{FACTS}/praksistype.csv')")
    db.execute(f"""create temp table known as
        select old_code as code, code_2024 as place from read_csv('{FACTS}/geo/recode_2024.csv', all_varchar = true) where main = '1'
        union select (2100 + n)::varchar, '2100' from range(100) r(n) union values ('2200', '2211'), ('2211', '2211')""")
    db.execute("""create macro age_label(age) as case when age between 0 and 5 then '0-5' when age between 6 and 15 then '6-15'
        when age between 16 and 19 then '16-19' when age between 20 and 29 then '20-29' when age between 30 and 49 then '30-49'
        when age between 50 and 66 then '50-66' when age between 67 and 79 then '67-79' when age between 80 and 89 then '80-89'
        when age between 90 and 120 then '90+' else 'unknown' end""")


def indicators(db):
    rows = [(name, at) for at, name in enumerate(RANKS)]
    rows += [(name, RANKS.index(part)) for name, parts in SUMS.items() for part in parts]
    names = ", ".join(f"'{name}'" for name in dict.fromkeys(name for name, _ in rows))
    db.execute(f"create type indicator_name as enum ({names})")
    db.execute("create temp table members (indicator indicator_name, type utinyint)")
    db.executemany("insert into members values (?, ?)", rows)


def months(db, as_of):
    first, last = db.execute("select min(month), max(month) from contacts").fetchone()
    rows = published(first, last, as_of)
    names = ", ".join(f"'{name}'" for name in dict.fromkeys(name for _, name, _ in rows)) or "''"
    db.execute(f"create type period_name as enum ({names})")
    db.execute("create temp table periods (period_type varchar, period period_name, month integer)")
    if rows:
        db.executemany("insert into periods values (?, ?, ?)", rows)


COUNTS = "count(*) as contacts, count(distinct person) as patients, count(distinct doctor) as doctors"


def sets(base, places=("county", "municipality"), cubes=()):
    """Grouping sets: every place level with every total of the cubed columns."""
    dimensions = [()]
    for column in cubes:
        dimensions += [chosen + (column,) for chosen in dimensions]
    levels = [()] + [(place,) for place in places]
    return ", ".join("(" + ", ".join((*base, *level, *chosen)) + ")" for level in levels for chosen in dimensions)


def cells(db, out):
    write = lambda name, query: db.execute(f"copy ({query}) to '{out}/{name}.parquet' (format parquet)")
    gp = "contacts join periods using (month) join members using (type) where service = 'gp'"
    base = ("period", "indicator")
    long = "period_type in ('tertial', 'year')"
    six = "indicator in (" + ", ".join(f"'{name}'" for name in AGE_SEX) + ")"
    write("gp-contacts", f"select period, indicator, county, municipality, {COUNTS} from {gp} group by grouping sets ({sets(base)})")
    write("gp-contacts-age-sex", f"""select period, indicator, county, municipality, sex, age_group, {COUNTS} from {gp}
        and {long} and {six} group by grouping sets ({sets(base, cubes=('sex', 'age_group'))})""")
    write("gp-contacts-by-practice", f"""select period, indicator, practice_county, practice, {COUNTS} from {gp}
        group by grouping sets ({sets(base, places=('practice_county', 'practice'))})""")
    patients(db, write, long, six)
    plain = "contacts join periods using (month) where service = 'gp'"
    shares = (
        ("e-consultation-share", "type < 3", "type = 2"), ("outside-hours", "type = 2", "(hour < 8 or hour >= 16 or weekend)"),
        ("time-consultation", "type < 3", "bits & 1 = 1"), ("time-physical", "type = 1", "bits & 1 = 1"), ("time-e", "type = 2", "bits & 1 = 1"))
    parts = " union all ".join(f"select '{name}' as share, {part} as part, * from {plain} and {whole}" for name, whole, part in shares)
    write("gp-shares", f"""select period, share, county, municipality, count(*) filter (part) as part, {COUNTS} from ({parts})
        group by grouping sets ({sets(('period', 'share'))})""")
    activities = [(name, f"bits & {1 << at} > 0") for at, name in enumerate(FEATURES) if at > 0] + [("home-visit", "type = 0")]
    tests = " union all ".join(f"select '{name}' as activity, * from {plain} and {test}" for name, test in activities)
    write("gp-activities", f"select period, activity, county, municipality, {COUNTS} from ({tests}) group by grouping sets ({sets(('period', 'activity'))})")
    write("gp-diagnoses", f"""select period, county, municipality, chapter, {COUNTS} from {plain} and type < 3 and {long}
        group by grouping sets ({sets(('period',), cubes=('chapter',))})""")
    parts = "case when hour between 8 and 15 then 'day' when hour between 16 and 22 then 'evening' else 'night' end"
    write("legevakt-contacts", f"""select period, indicator, county, municipality, part_of_day, weekend, {COUNTS}
        from (select *, {parts} as part_of_day from contacts join periods using (month) join members using (type) where service = 'legevakt')
        group by grouping sets ({sets(base, cubes=('part_of_day', 'weekend'))})""")
    workload(db, write)


def patients(db, write, long, six):
    db.execute("""create temp table homes as select period, period_type, person, municipality, county, sex, age_group
        from contacts join periods using (month) where service = 'gp'
        qualify row_number() over (partition by period, person order by start desc, bill desc) = 1""")
    counts = "count(distinct person) as patients, count(distinct doctor) as doctors"
    meant = """(select distinct period, indicator, person, doctor from contacts join periods using (month) join members using (type)
        where service = 'gp') join homes using (period, person)"""
    write("gp-contacts-patients", f"""select period, indicator, county, municipality, {counts} from {meant}
        group by grouping sets ({sets(('period', 'indicator'))})""")
    write("gp-contacts-age-sex-patients", f"""select period, indicator, county, municipality, sex, age_group, {counts} from {meant}
        where {long} and {six} group by grouping sets ({sets(('period', 'indicator'), cubes=('sex', 'age_group'))})""")


def workload(db, write):
    days = """select period, practice_county, practice, doctor, start::date as day, count(*) filter (type = 1) as physical,
        count(*) filter (type < 3) as consultations from contacts join periods using (month)
        where service = 'gp' and praksistype in ('FALE', 'FALO') and period_type = 'year' group by grouping sets (%s)"""
    levels = sets(("period", "doctor", "start::date"), places=("practice_county", "practice"))
    years = f"""select period, practice_county, practice, doctor, count(*) as days, count(*) filter (physical >= 5) as five,
        sum(consultations) / count(*) as per_day from ({days % levels}) group by all"""
    write("gp-workload", f"select period, practice_county, practice, count(*) as doctors, avg(days), avg(five), avg(per_day) from ({years}) group by all")
    write("gp-workload-hours", f"""select period, practice_county, practice, hour, count(*) filter (type = 1) as physical, count(*) filter (type = 2) as e
        from contacts join periods using (month) where service = 'gp' and praksistype in ('FALE', 'FALO') and period_type = 'year' and weekend
        group by grouping sets ({sets(('period', 'hour'), places=('practice_county', 'practice'))})""")


def residents(db, delivery, out):
    rows = source(delivery, "innbyggere", {"aar": "INTEGER", "kommunenr": "VARCHAR", "kjonn": "VARCHAR", "alder": "INTEGER", "personer": "INTEGER"})
    db.execute(f"""copy (select aar, left(place, 2) as county, place as municipality, kjonn, age_label(alder + 1) as age_group, sum(personer) as residents
        from (select *, coalesce(known.place, '9999') as place from {rows} r left join known on known.code = r.kommunenr)
        group by grouping sets ((aar, kjonn, age_group), (aar, county, kjonn, age_group), (aar, municipality, kjonn, age_group), (aar), (aar, county), (aar, municipality)))
        to '{out}/residents.parquet' (format parquet)""")


def main(delivery, as_of, out, threads="2"):
    Path(out).mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    db.execute(f"set threads = {int(threads)}")
    contacts(db, delivery, as_of)
    indicators(db)
    months(db, as_of)
    cells(db, out)
    residents(db, delivery, out)
    country = db.execute("select count(*) from contacts where service = 'gp'").fetchone()[0]
    print(f"gp contacts: {country}")


if __name__ == "__main__":
    main(*sys.argv[1:])
