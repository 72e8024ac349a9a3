"""The unprotected cells of a pipeline of joined registers with DuckDB, as a competent user would write it for clean files.

    duckdb_joined.py PIPELINE DELIVERY AS-OF OUT [THREADS [MEMORY]]

Writes OUT/TABLE.parquet: period, geo, label, indicator, measure, value, n_patients, n_doctors. Left out: row accounting and
rejects, rows that overlap (clean files have none), most-used-doctor-2y, and cells that nothing is counted in.
"""

import datetime
import sys
from pathlib import Path

import duckdb

import duckdb_cells
from duckdb_cells import FEATURES, RANKS, SUMS, source
from periods import published

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "differential"))
from register_basics import is_working_day
from rows import EPOCH

FEES = {"s1a": 69, "s1b": 95, "s2a": 152, "s2b": 70, "s3": 152, "s4": 152, "s5": 152, "s6": 152}
# Kroner by inhabitant and year: every index but that of own coverage is 1.
GRANT, COVERAGE = 1532, 81
LEVELS = "unnest(['0', left(place, 2), place]) as geo"
LABELS = "unnest(case when with_doctor is null then ['total'] else ['total', if(with_doctor, 'with', 'without')] end) as label"
TWO = "create macro two(part, whole) as case when whole > 0 then ((200 * part::hugeint + whole::hugeint) // (2 * whole::hugeint))::double / 100 end"
END = "date '9999-12-31'"


def bit(code):
    return 1 << (len(FEATURES) + list(FEES).index(code))


def contacts(db, delivery, as_of):
    duckdb_cells.lists(db, FEES)
    duckdb_cells.bills(db, delivery, as_of)
    duckdb_cells.meanings(db, delivery)
    db.execute("""create temp table contacts as
        select b.enkeltregning_lnr as bill, b.kpr_lnr as person, b.behandler_lnr as doctor, b.praksis_lnr as practice, b.service,
               b.tidspunkt as start, b.tidspunkt::date as day, year(b.tidspunkt) * 12 + month(b.tidspunkt) - 1 as month,
               coalesce(k.place, pb.place, '9999') as place, coalesce(m.rank, 15)::utinyint as type, coalesce(m.bits, 0) as bits
        from bills b left join known k on k.code = b.kommunenr left join known pb on pb.code = b.kommunenr_pb
        left join meanings m using (enkeltregning_lnr)""")
    db.execute("drop table bills; drop table meanings")


def registers(db, delivery, first, last):
    """Contracts, doctors and lists on every day from the month before the first; memberships."""
    kontrakt = source(delivery, "kontrakt", {
        "kontrakt_id": "BIGINT", "kommunenr": "VARCHAR", "praksis_lnr": "BIGINT", "listetak": "BIGINT", "status": "VARCHAR",
        "fastlonn": "INTEGER", "pht": "INTEGER", "gyldig_fra": "DATE", "gyldig_til": "DATE",
    })
    lege = source(delivery, "kontrakt_lege", {
        "kontrakt_id": "BIGINT", "behandler_lnr": "BIGINT", "vikar": "INTEGER", "gyldig_fra": "DATE", "gyldig_til": "DATE",
    })
    medlemskap = source(delivery, "medlemskap", {"kpr_lnr": "BIGINT", "kontrakt_id": "BIGINT", "fra": "DATE", "til": "DATE"})
    day = lambda month: f"make_date({month // 12}, {month % 12 + 1}, 1)"
    db.execute(f"""create temp table days as select d::date as day, year(d) * 12 + month(d) - 1 as month, day(d) = 1 as is_first
        from range({day(first - 1)}, {day(last + 1)}, interval 1 day) r(d)""")
    db.execute(f"""create temp table doctors as select kontrakt_id as list, behandler_lnr as doctor, gyldig_fra as since,
        coalesce(gyldig_til, {END}) as until from {lege} where vikar = 0""")
    db.execute("create temp table doctor_days as select distinct list, doctor, day from doctors join days on day between since and until")
    db.execute(f"""create temp table list_days as select kontrakt_id as list, days.*, coalesce(k.place, '9999') as place,
            praksis_lnr as practice, coalesce(listetak, 0) as ceiling, status = 'apen' as open, fastlonn = 1 as fixed, pht = 1 as team,
            (kontrakt_id, day) in (select (list, day) from doctor_days) as with_doctor
        from {kontrakt} c join days on day between gyldig_fra and coalesce(gyldig_til, {END}) left join known k on k.code = c.kommunenr""")
    db.execute(f"""create temp table members as select kpr_lnr as person, kontrakt_id as list, fra as since, coalesce(til, {END}) as until
        from {medlemskap}""")


def periods(db, months, as_of, kinds, **waited):
    rows = [row for row in published(*months, as_of, **waited) if row[0] in kinds]
    db.execute("create or replace temp table periods (period_type varchar, period varchar, month integer)")
    db.executemany("insert into periods values (?, ?, ?)", rows or [("none", "none", 0)])


def gp_register(db, delivery, as_of, write):
    duckdb_cells.lists(db)
    months = duckdb_cells.counted_months(db, delivery, as_of)
    registers(db, delivery, *months)
    periods(db, months, as_of, ("month",))
    rows = source(delivery, "innbyggere", {"aar": "INTEGER", "kommunenr": "VARCHAR", "personer": "INTEGER"})
    db.execute(f"""create temp table residents as select aar, geo, sum(personer) as residents from (select aar, personer, {LEVELS} from
        (select aar, personer, coalesce(known.place, '9999') as place from {rows} r left join known on known.code = r.kommunenr)) group by all""")
    db.execute("create temp table on_list as select list, day, count(*) as persons from members join days on day between since and until where is_first group by all")
    db.execute(f"""create temp table there as select distinct month, doctor, {LEVELS} from list_days join doctor_days using (list, day) where is_first""")
    # Doctors of this month, and of the one before.
    db.execute("""create temp table doctor_counts as
        select month, geo, count(*) filter (now) as doctors, count(*) filter (now and not past) as started, count(*) filter (past and not now) as gone
        from (select coalesce(n.month, p.month + 1) as month, coalesce(n.geo, p.geo) as geo, n.doctor is not null as now, p.doctor is not null as past
              from there n full join there p on n.month = p.month + 1 and n.geo = p.geo and n.doctor = p.doctor) group by all""")
    db.execute(f"""create temp table sums as select period, month, geo, count(*) as lists, count(*) filter (with_doctor) as with_doctor,
            sum(persons) as persons, coalesce(sum(persons) filter (with_doctor), 0) as persons_with, sum(ceiling) as ceiling,
            coalesce(sum(ceiling) filter (with_doctor), 0) as ceiling_with, count(*) filter (open) as open, count(*) filter (fixed and with_doctor) as fixed
        from (select period, month, coalesce(persons, 0) as persons, ceiling, open, fixed, with_doctor, {LEVELS}
              from list_days join periods using (month) left join on_list using (list, day) where is_first) group by all""")
    counts = {
        "doctors": "doctors", "lists": "lists", "lists-without-doctor": "lists - with_doctor", "list-inhabitants": "persons",
        "inhabitants-without-doctor": "persons - persons_with", "list-ceiling": "ceiling",
        "free-places-with-doctor": "ceiling_with - persons_with", "free-places": "ceiling - persons", "open-lists": "open",
        "doctors-started": "started", "doctors-left": "gone",
    }
    ratios = {
        ("reserve-capacity", "share"): ("100 * ceiling", "persons"), ("open-list-share", "share"): ("100 * open", "lists"),
        ("fixed-salary-share", "share"): ("100 * fixed", "with_doctor"), ("share-with-doctor", "share"): ("100 * persons_with", "residents"),
        ("mean-list-length", "mean"): ("persons_with", "with_doctor"), ("doctors-per-1000", "per-1000"): ("1000 * doctors", "residents"),
    }
    values = [(name, "count", f"({of})::double") for name, of in counts.items()]
    values += [(*key, f"two({part}, {whole})") for key, (part, whole) in ratios.items()]
    shown = ", ".join(f"('{name}', '{measure}', {value})" for name, measure, value in values)
    whole = f"""(select s.*, coalesce(doctors, 0) as doctors, coalesce(started, 0) as started, coalesce(gone, 0) as gone, residents
        from sums s left join doctor_counts using (month, geo) left join residents r on r.geo = s.geo and aar = month // 12)"""
    write("gp-register", f"""select period, geo, '' as label, v[1] as indicator, v[2] as measure, v[3] as value, null as n_patients, null as n_doctors
        from (select period, geo, unnest([{shown}]) as v from {whole})""")
    gp_relation(db, months, as_of, write)


def gp_relation(db, months, as_of, write):
    ends = [(label, f"{label}-12-31") for label in dict.fromkeys(p for kind, p, _ in published(*months, as_of) if kind == "year")]
    db.execute("create temp table year_ends (period varchar, day date)")
    db.executemany("insert into year_ends values (?, ?)", ends or [("none", "0001-01-01")])
    unbroken = lambda table, key: f"""(select {key}, min(since) as since, max(until) as until from (select *, sum(new) over (partition by {key} order by since) as run
        from (select *, case when lag(until) over (partition by {key} order by since) + 1 = since then 0 else 1 end as new from {table})) group by {key}, run)"""
    db.execute(f"""create temp table relation as select period, {LEVELS}, e.day - greatest(m.since, d.since) as days
        from year_ends e join {unbroken('members', 'person, list')} m on e.day between m.since and m.until
        join (select y.day, list, min(d.since) as since from {unbroken('doctors', 'list, doctor')} d join year_ends y on y.day between since and until group by all) d
            on d.list = m.list and d.day = e.day
        join list_days l on l.list = m.list and l.day = e.day""")
    over = lambda n: f"two(100 * count(*) filter (4 * days > {n} * 1461), count(*))"
    values = f"""('median-years', 'median', two((4 * median(days))::bigint, 1461)), ('mean-years', 'mean', two(4 * sum(days), 1461 * count(*))),
        ('share-over-2-years', 'share', {over(2)}), ('share-over-10-years', 'share', {over(10)})"""
    write("gp-relation", f"""select period, geo, '' as label, v[1] as indicator, v[2] as measure, v[3] as value, null as n_patients, null as n_doctors
        from (select period, geo, unnest([{values}]) as v from relation group by period, geo)""")


def continuity(db, delivery, as_of, write):
    contacts(db, delivery, as_of)
    months = db.execute("select min(month), max(month) from contacts").fetchone()
    registers(db, delivery, *months)
    periods(db, months, as_of, ("year",))
    db.execute("""create temp table visits as
        select period, c.month, bill, c.person, c.doctor, c.practice, service, start, c.day, c.place, type, l.list, l.practice as list_practice,
               l.with_doctor, d.doctor is not null as own
        from contacts c join periods using (month) left join members m on m.person = c.person and c.day between m.since and m.until
        left join list_days l on l.list = m.list and l.day = c.day
        left join doctor_days d on d.list = l.list and d.day = c.day and d.doctor = c.doctor where service = 'gp'""")
    people = "count(distinct person) as n_patients, count(distinct doctor) as n_doctors"
    own = f"""select period, geo, label, 'own-doctor-share' as indicator, 'share' as measure, two(100 * count(*) filter (own), count(*)) as value, {people}
        from (select *, {LEVELS} from (select period, own, person, doctor, place, {LABELS} from visits where type in (1, 2) and list is not null)) group by all"""
    db.execute("create temp table homes as select period, person, max_by(place, (start, bill)) as place from visits group by all")
    db.execute(f"""create temp table used as select period, person, doctor, label, count(*) as n, count(*) filter (again) as again from
        (select period, person, doctor, label, lag(doctor) over (partition by period, person, label order by start, bill) = doctor as again
         from (select period, person, doctor, start, bill, {LABELS} from visits where type in (1, 2))) group by all""")
    db.execute("""create temp table persons as select period, person, label, max(n) as most, sum(n) as n, sum(n * n) as squares, sum(again) as again
        from used group by all""")
    part = lambda part, whole: f"case when n > 1 then (2 * {part} * 1000000000 + {whole}) // (2 * {whole}) end"
    index = {"upc": ("most", "n"), "coc": ("(squares - n)", "(n * (n - 1))"), "secon": ("again", "(n - 1)")}
    sums = ", ".join(f"sum(({part(*of)})::hugeint) as {name}" for name, of in index.items())
    values = ", ".join(f"('{name}', 'mean', two({name}, 1000000000 * several), several, doctors_several)" for name in index)
    of_persons = f"""select period, geo, label, v[1] as indicator, v[2] as measure, v[3] as value, v[4] as n_patients, v[5] as n_doctors from
        (select period, geo, label, unnest([('most-used-doctor-1y', 'share', two(100 * most, n), persons, doctors), {values}]) as v from
            (select period, geo, label, sum(most) as most, sum(n) as n, count(*) as persons, count(*) filter (n > 1) as several, {sums}
             from (select *, {LEVELS} from persons join homes using (period, person)) group by all)
            join (select period, geo, label, count(distinct doctor) as doctors, count(distinct doctor) filter (p.n > 1) as doctors_several
                  from (select u.period, u.label, u.doctor, p.n, {LEVELS} from used u join persons p using (period, person, label) join homes using (period, person)) p
                  group by all) using (period, geo, label)) where v[4] > 0"""
    write("continuity", f"{own} union all {of_persons}")
    write("own-list-coverage", """select period, list_practice::varchar as geo, '' as label, 'own-list-coverage' as indicator, 'share' as measure,
        two(100 * count(*) filter (practice = list_practice), count(*)) as value, count(distinct person) as n_patients, null as n_doctors
        from visits where list is not null group by all""")
    person_months(db, write)


def person_months(db, write):
    db.execute("""create temp table first_days as select period, month, list, day, place, with_doctor from list_days join periods using (month) where is_first""")
    months = f"""select period, geo, label, sum(persons) as months from (select *, {LEVELS} from (select period, persons, place, {LABELS} from first_days
        join (select list, day, count(*) as persons from members join days on day between since and until where is_first group by all) using (list, day))) group by all"""
    counted = f"""select period, geo, label, indicator, count(*) as contacts, count(distinct person) as n_patients, count(distinct doctor) as n_doctors
        from (select *, {LEVELS} from (select period, c.person, doctor, indicator, f.place, {LABELS}
              from (select *, make_date(month // 12, month % 12 + 1, 1) as on_day, case when service = 'legevakt' then 'legevakt-consultation'
                        when type = 1 then 'physical-consultation' else 'e-consultation' end as indicator
                    from contacts where service = 'gp' and type in (1, 2) or service = 'legevakt' and type < 3) c
              join members m on m.person = c.person and on_day between since and until join first_days f on f.list = m.list and f.day = on_day)) group by all"""
    write("contacts-with-and-without-doctor", f"""select period, geo, label, indicator, 'per-1000' as measure, two(1000 * contacts, months) as value,
        n_patients, n_doctors from ({counted}) join ({months}) using (period, geo, label)""")


def stays(db, delivery):
    """Merged inpatient stays, each with the next one's begin, and deaths."""
    opphold = source(delivery, "opphold", {
        "npr_lnr": "BIGINT", "inntid": "TIMESTAMP", "uttid": "TIMESTAMP", "omsorgsniva": "INTEGER", "innmatehast": "INTEGER",
        "kommunenr": "VARCHAR", "fodselsaar": "INTEGER", "uttilstand": "INTEGER",
    })
    nokkel = source(delivery, "nokkel", {"npr_lnr": "BIGINT", "kpr_lnr": "BIGINT"})
    db.execute(f"""create temp table rows_of_stays as select kpr_lnr as person, o.* from {opphold} o join
        (select npr_lnr, min(kpr_lnr) as kpr_lnr from {nokkel} group by npr_lnr having min(kpr_lnr) = max(kpr_lnr)) using (npr_lnr)""")
    db.execute("create temp table deaths as select distinct person, uttid as died from rows_of_stays where uttilstand in (2, 3) and uttid is not null")
    db.execute("""create temp table stays as
        select *, row_number() over () as stay, lead(begun) over (partition by person order by begun) as next_begun from
            (select person, run, min(inntid) as begun, max(ended) as ended, arg_min(coalesce(innmatehast, 0), inntid) between 1 and 3 as acute,
                    arg_min(coalesce(kommunenr, ''), inntid) as begun_at, arg_max(coalesce(kommunenr, ''), (ended, inntid)) as ended_at,
                    arg_max(coalesce(uttilstand, 0), (ended, inntid)) as state, arg_max(coalesce(fodselsaar, 0), (ended, inntid)) as born
             from (select *, sum(new) over (partition by person order by inntid) as run from
                (select *, coalesce(uttid, timestamp '9999-01-01') as ended, case when inntid < max(coalesce(uttid, timestamp '9999-01-01'))
                    over (partition by person order by inntid rows between unbounded preceding and 1 preceding) + interval 8 hours then 0 else 1 end as new
                 from rows_of_stays where omsorgsniva = 1)) group by person, run)""")


def after_discharge(db, delivery, as_of, write):
    contacts(db, delivery, as_of)
    db.execute("delete from contacts where service not in ('gp', 'legevakt')")
    months = db.execute("select min(month), max(month) from contacts").fetchone()
    stays(db, delivery)
    periods(db, months, as_of, ("tertial", "year"), days=60, month_after=True)
    first, last = ((datetime.date(month // 12, month % 12 + 1, 1) - EPOCH).days for month in (months[0], months[1] + 1))
    days = [(EPOCH + datetime.timedelta(day), third_working_day(day)) for day in range(first, last)]
    db.execute("create temp table third (day date, third integer)")
    db.executemany("insert into third values (?, ?)", days)
    db.execute("""create temp table discharges as select period, stay, person, ended, ended::date as day, place, next_begun::date as next_day,
            year(ended) - born as age, third
        from stays join known on code = ended_at join periods on month = year(ended) * 12 + month(ended) - 1 join third on third.day = ended::date
        where state = 1""")
    db.execute("""create temp table visited as select stay, min(c.day) as first from (select distinct stay, person, day from discharges) d join contacts c
        using (person) where type < 3 and c.day > d.day and c.day <= d.day + 30 group by all""")
    db.execute("""create temp table dead as select stay, min(died)::date as dead from (select distinct stay, person, ended from discharges) join deaths
        using (person) where died > ended group by all""")
    windows = {"follow-up-3-working-days": "third", "follow-up-7-days": "7", "follow-up-14-days": "14", "follow-up-30-days": "30"}
    of_window = " union all ".join(f"""select period, place, '{name}' as indicator, coalesce(first <= day + {days}, false) as hit
        from discharges left join visited using (stay) left join dead using (stay)
        where coalesce(next_day > day + {days}, true) and coalesce(dead > day + {days}, true)""" for name, days in windows.items())
    share = lambda rows: f"""select period, geo, '' as label, indicator, 'share' as measure, two(100 * count(*) filter (hit), count(*)) as value,
        null as n_patients, null as n_doctors from (select period, indicator, hit, {LEVELS} from ({rows})) group by all"""
    write("follow-up", share(of_window))
    write("readmission-30d", share("""select d.period, d.place, 'readmission-30d' as indicator, d.stay in (select d.stay from discharges d join stays s using (person)
        where s.acute and s.begun >= d.ended + interval 8 hours and s.begun::date <= d.day + 30) as hit from discharges d where age between 67 and 120"""))
    before = lambda service: f"""stay in (select stay from stays s join contacts c using (person)
        where service = '{service}' and start >= begun - interval 24 hours and start < begun)"""
    periods(db, months, as_of, ("year",))
    acute = f"""(select period, stay, coalesce(place, '9999') as place from stays left join known on code = begun_at
        join periods on month = year(begun) * 12 + month(begun) - 1 where acute)"""
    both = " union all ".join(f"select period, place, '{service}-before-acute' as indicator, {before(service)} as hit from {acute}" for service in ("gp", "legevakt"))
    write("gp-before-acute", share(both))


def third_working_day(day):
    """How many days after a day the third working day is."""
    after, found = 0, 0
    while found < 3:
        after += 1
        found += is_working_day(day + after)
    return after


def teams(db, delivery, as_of, write):
    contacts(db, delivery, as_of)
    months = db.execute("select min(month), max(month) from contacts").fetchone()
    registers(db, delivery, *months)
    periods(db, months, as_of, ("month", "quarter", "tertial", "year"))
    db.execute("create temp table team_days as select distinct practice, day from list_days where team")
    db.execute("""create temp table inhabitants as select month, practice, practice in (select t.practice from team_days t where t.day = l.day) as team, persons
        from (select month, day, practice, coalesce(sum(persons), 0) as persons from list_days left join
            (select list, day, count(*) as persons from members join days on day between since and until where is_first group by all) using (list, day)
            where is_first group by all) l""")
    both = "unnest(['total', if(team, 'with', 'without')]) as label"
    db.execute(f"""create temp table persons as select period, label, count(distinct month) as months, sum(persons) as persons
        from (select month, persons, {both} from inhabitants) join periods using (month) group by all""")
    nurse = [(name, at) for at, name in enumerate(RANKS) if name.startswith("nurse-")] + [("nurse-contact", at) for at in range(16)]
    rest = [(name, RANKS.index(of)) for name, parts in SUMS.items() for of in parts] + [(name, at) for at, name in enumerate(RANKS[:3])]
    db.execute("create temp table members_of (service varchar, indicator varchar, type utinyint)")
    db.executemany("insert into members_of values (?, ?, ?)", [("nurse", *row) for row in nurse] + [("gp", *row) for row in rest])
    db.execute("create temp table seen as select month, c.practice, person, doctor, service, type, bits, t.practice is not null as team from contacts c left join team_days t using (practice, day)")
    for table, service, more in (("team-nurse-contacts", "nurse", (("nurse-time-supplement", "s2b"), ("nurse-travel", "s6"))), ("team-gp-contacts", "gp", ())):
        chosen = f"select month, person, doctor, team, indicator from seen join members_of using (service, type) where service = '{service}'"
        chosen += "".join(f" union all select month, person, doctor, team, '{name}' from seen where service = 'nurse' and bits & {bit(code)} > 0" for name, code in more)
        sums = f"""select period, label, indicator, count(*) as contacts, count(distinct person) as n_patients, count(distinct doctor) as n_doctors
            from (select period, indicator, person, doctor, {both} from ({chosen}) join periods using (month)) group by all"""
        values = "('contacts', contacts::double), ('per-1000', two(1000 * contacts * length, persons))"
        length = "case when period like '%Q%' then 3 when period like '%T%' then 4 when period like '%-%' then 1 else 12 end as length"
        write(table, f"""select period, '0' as geo, label, indicator, v[1] as measure, v[2] as value, n_patients, n_doctors from
            (select *, unnest([{values}]) as v from (select *, {length} from ({sums}) left join persons using (period, label)))""")
    payments(db, write)


def payments(db, write):
    fees = " + ".join(f"if(bits & {bit(code)} > 0, {kroner}, 0)" for code, kroner in FEES.items())
    year = "(select period, month from periods where period_type = 'year')"
    db.execute(f"""create temp table own as select period, l.practice, count(*) filter (c.practice = l.practice) as part, count(*) as n,
            count(distinct c.person) as n_patients
        from contacts c join {year} y using (month) join members m on m.person = c.person and c.day between m.since and m.until
        join list_days l on l.list = m.list and l.day = c.day where service = 'gp' group by all""")
    index = f"""case when n > 0 and all_parts > 0 then two(({GRANT} * n::hugeint * all_parts + {COVERAGE} * part::hugeint * all_n) * coalesce(persons, 0), 12 * n::hugeint * all_parts)
        else two({GRANT + COVERAGE} * persons, 12) end"""
    write("team-payments", f"""select period, practice::varchar as geo, '' as label, 'fees' as indicator, 'kroner' as measure, sum({fees})::double as value,
            count(distinct person) as n_patients, null as n_doctors from seen join {year} using (month) where service = 'nurse' group by all
        union all select period, practice::varchar, '', 'grant', 'kroner', {index}, coalesce(n_patients, 0), null
        from (select period, practice, sum(persons) as persons from inhabitants join {year} using (month) group by all)
        full join own using (period, practice) join (select period, sum(part) as all_parts, sum(n) as all_n from own group by all) using (period)""")


PIPELINES = {"gp-register": gp_register, "continuity": continuity, "after-discharge": after_discharge, "primary-health-team": teams}


def main(pipeline, delivery, as_of, out, threads="2", memory="16GB"):
    Path(out).mkdir(parents=True, exist_ok=True)
    db = duckdb.connect()
    db.execute(f"set threads = {int(threads)}; set memory_limit = '{memory}'; set temp_directory = '{out}/scratch'; set max_temp_directory_size = '20GB'; {TWO}")
    write = lambda name, query: db.execute(f"copy ({query}) to '{out}/{name}.parquet' (format parquet)")
    PIPELINES[pipeline](db, delivery, as_of, write)


if __name__ == "__main__":
    main(*sys.argv[1:])
