"""Contacts to the nine tables: every published combination a row, with value, status and contributors.

In: the tables that sql/contacts.sql makes. Out: a table per name in TABLES, columns as published, without names.
"""

import datetime

EPOCH = datetime.date(1970, 1, 1)
ALL = ("month", "quarter", "tertial", "year")
LONG = ("tertial", "year")
LENGTH = {"month": 1, "quarter": 3, "tertial": 4, "year": 12}

AGE_GROUPS = ("total", "0-5", "6-15", "16-19", "20-29", "30-49", "50-66", "67-79", "80-89", "90+", "unknown")
DIMENSIONS = {
    "sex": ("total", "male", "female", "unknown"),
    "age_group": AGE_GROUPS,
    "icpc2_chapter": ("total", *"ABDFHKLNPRSTUWXYZ", "none"),
    "part_of_day": ("total", "day", "evening", "night"),
    "day_type": ("total", "weekday", "weekend"),
    "hour": ("total", *(str(hour) for hour in range(24))),
}
TYPES_AND_SUMS = "select distinct indicator from members"
AGE_SEX = ("contact", "consultation", "home-visit", "physical-consultation", "e-consultation", "simple-contact")
FEATURES = (
    "medication-review", "diabetes-annual-control", "spirometry", "talk-therapy", "interdisciplinary-meeting", "sick-note",
)
TABLES = (
    "gp-contacts", "gp-contacts-age-sex", "gp-contacts-by-practice", "gp-e-consultation", "gp-time-use", "gp-activities",
    "gp-diagnoses", "legevakt-contacts", "gp-workload",
)


def last_day(month):
    """Last day of a month counted from January of year 0, in days since 1970-01-01."""
    year, number = divmod(month + 1, 12)
    return (datetime.date(year, number + 1, 1) - EPOCH).days - 1


def label(kind, first):
    year, number = divmod(first, 12)
    at = number // LENGTH[kind] + 1
    return {"month": f"{year:04}-{number + 1:02}", "quarter": f"{year:04}-Q{at}", "tertial": f"{year:04}-T{at}"}.get(
        kind, f"{year:04}"
    )


def make_periods(db, as_of):
    """Details 15 and 16: whole periods among the months, thirty days past; final after six months."""
    first, last = db.execute("select min(month), max(month) from contacts").fetchone()
    found = []
    if first is not None:
        for kind, length in LENGTH.items():
            start = -(-first // length) * length
            while start + length - 1 <= last:
                end = start + length - 1
                if as_of >= last_day(end) + 30:
                    status = "A" if as_of > last_day(end + 6) else "P"
                    found += [(kind, label(kind, start), start // 12, month, status) for month in range(start, end + 1)]
                start += length
    db.execute("create table period_months (period_type varchar, period varchar, year integer, month integer, status varchar)")
    if found:
        db.executemany("insert into period_months values (?, ?, ?, ?, ?)", found)
    db.execute("create table periods as select distinct period_type, period, year, status from period_months")


def values(names):
    return "select unnest([" + ", ".join(f"'{name}'" for name in names) + "])"


def grid(db, table, kinds, dimensions, indicators, measures):
    """Every published combination of a table's codes, in the table `grid`."""
    quoted = ", ".join(f"'{kind}'" for kind in kinds)
    joins = "".join(f" cross join ({values(DIMENSIONS[name])}) as d_{name}({name})" for name in dimensions)
    full = " and ".join(f"{name} = 'total'" for name in dimensions) or "true"
    shown = f"(geo_level <> 'municipality' or period_type = 'year' or ({full}))" if table == "legevakt-contacts" else "true"
    db.execute(f"""create or replace temp table grid as
        select p.*, g.*, {"".join(name + ", " for name in dimensions)} indicator, measure
        from periods p cross join geos g {joins} cross join ({indicators}) as i(indicator)
        cross join ({values(measures)}) as m(measure)
        where period_type in ({quoted}) and {shown}""")


def spread(place, dimensions, extra=""):
    """Contacts repeated for every period, place and dimension label that they belong to."""
    labels = "".join(f", unnest_{name}.{name}_label as {name}" for name in dimensions)
    joins = "".join(
        f" cross join unnest(['total', c.{name}::varchar]) as unnest_{name}({name}_label)" for name in dimensions
    )
    return f"""select pm.period, pm.period_type, g.geo{labels}, c.person, c.doctor, c.contact_type, c.features,
        c.outside_hours {extra}
        from {{contacts}} c join period_months pm using (month)
        cross join unnest(['0', left(c.{place}, 2), c.{place}]) as g(geo) {joins}"""


def count_contacts(db, name, service, place, kinds, dimensions, members):
    """Contacts, persons and doctors by cell, at the contact's place: table `name`."""
    keys = "".join(f", {dimension}" for dimension in dimensions)
    quoted = ", ".join(f"'{kind}'" for kind in kinds)
    source = spread(place, dimensions).format(contacts=f"(select * from contacts where service = '{service}')")
    db.execute(f"""create or replace temp table {name} as
        select period, geo{keys}, m.indicator, count(*) as contacts, count(distinct person) as persons,
               count(distinct doctor) as doctors
        from ({source}) s join ({members}) m on {MATCH}
        where period_type in ({quoted})
        group by all""")


# A contact is meant by an indicator that names its type, or a feature that it has.
MATCH = "(m.contact_type = s.contact_type or list_contains(s.features, m.feature))"


def typed(where="true"):
    return f"select indicator, contact_type, null::varchar as feature from members where {where}"


def count_patients(db, name, service, dimensions, kinds, members):
    """Different persons at their one place of the period, and the doctors of their contacts: table `name`."""
    keys = "".join(f", {dimension}" for dimension in dimensions)
    labels = "".join(f", unnest_{d}.{d}_label as {d}" for d in dimensions)
    joins = "".join(f" cross join unnest(['total', h.{d}]) as unnest_{d}({d}_label)" for d in dimensions)
    quoted = ", ".join(f"'{kind}'" for kind in kinds)
    db.execute(f"""create or replace temp table {name} as
        with own as (select * from contacts c join period_months using (month)
                     where service = '{service}' and period_type in ({quoted})),
        home as (select period, person, residence, sex, age_group from own
                 qualify row_number() over (partition by period, person order by start desc, bill_order desc) = 1),
        meant as (select distinct s.period, m.indicator, s.person, s.doctor from own s join ({members}) m on {MATCH})
        select period, g.geo{labels}, indicator, count(distinct person) as persons, count(distinct doctor) as doctors
        from meant join home h using (period, person)
        cross join unnest(['0', left(h.residence, 2), h.residence]) as g(geo) {joins}
        group by all""")


def count_residents(db):
    """Residents by year, place, sex and age group with totals; unknown sex or age has none (details 19)."""
    db.execute("""create or replace temp table resident_cells as
        select year, g.geo, s.sex_label as sex, a.age_label as age_group, sum(persons) as residents
        from residents r cross join unnest(['0', left(place, 2), place]) as g(geo)
        cross join unnest(['total', sex]) as s(sex_label) cross join unnest(['total', age_group]) as a(age_label)
        where s.sex_label <> 'unknown' and a.age_label <> 'unknown' group by all""")


def ratio(part, per, whole):
    """Half away from zero to two decimals, in whole numbers (details 17)."""
    hundredths = f"((2 * ({part})::hugeint * {per} * 100 + {whole}) // (2 * {whole}))"
    return f"case when coalesce({whole}, 0) = 0 then null else {hundredths}::double / 100.0::double end"


def finish(db, table, dimensions, value, patients, doctors, joins):
    """The table with its columns as published; `g` is the grid."""
    usual = [name if name in dimensions else f"'total' as {name}" for name in ("sex", "age_group")]
    further = [name for name in dimensions if name not in ("sex", "age_group")]
    columns = ", ".join(f"g.{c}" if " " not in c else c for c in usual + further)
    db.execute(f"""create table "{table}" as
        select g.period_type, g.period, g.geo_level, g.geo, {columns}, g.indicator, g.measure, {value} as value,
               case when {value} is null then 'M' else g.status end as obs_status,
               {patients} as n_patients, {doctors} as n_doctors
        from grid g {joins}""")


def on(alias, *keys):
    return " and ".join(f"{alias}.{key} = g.{key}" for key in keys)


def contacts_and_rates(db, table, kinds, dimensions, indicators, measures, members):
    """gp-contacts, gp-contacts-age-sex: contacts, patients and their rates."""
    keys = ("period", "geo", *dimensions, "indicator")
    count_contacts(db, "counted", "gp", "residence", kinds, dimensions, members)
    count_patients(db, "patients", "gp", dimensions, kinds, members)
    grid(db, table, kinds, dimensions, indicators, measures)
    sex, age = (f"g.{name}" if name in dimensions else "'total'" for name in ("sex", "age_group"))
    value = f"""case measure
        when 'contacts' then coalesce(c.contacts, 0)::double
        when 'patients' then coalesce(p.persons, 0)::double
        when 'per-1000' then {ratio("coalesce(c.contacts, 0)", 1000, "r.residents")}
        when 'patients-per-100' then {ratio("coalesce(p.persons, 0)", 100, "r.residents")} end"""
    of = "case when measure in ('patients', 'patients-per-100') then coalesce(p.{0}, 0) else coalesce(c.{0}, 0) end"
    finish(
        db, table, dimensions, value, of.format("persons"), of.format("doctors"),
        f"""left join counted c on {on("c", *keys)} left join patients p on {on("p", *keys)}
        left join resident_cells r on r.year = g.year and r.geo = g.geo and r.sex = {sex} and r.age_group = {age}""",
    )


def plain_counts(db, table, service, place, kinds, dimensions, indicators, measures, members):
    """Tables of contacts, and of doctors beside them."""
    keys = ("period", "geo", *dimensions, "indicator")
    count_contacts(db, "counted", service, place, kinds, dimensions, members)
    grid(db, table, kinds, dimensions, indicators, measures)
    value = "case measure when 'doctors' then coalesce(c.doctors, 0) else coalesce(c.contacts, 0) end::double"
    finish(
        db, table, dimensions, value, "coalesce(c.persons, 0)", "coalesce(c.doctors, 0)",
        f"left join counted c on {on('c', *keys)}",
    )


def shares(db, table, parts):
    """Shares: (indicator, condition of the denominator, condition of the numerator)."""
    source = spread("residence", ()).format(contacts="(select * from contacts where service = 'gp')")
    pieces = [
        f"""select period, geo, '{indicator}' as indicator, count(*) filter (where {numerator}) as part, count(*) as whole,
            count(distinct person) as persons, count(distinct doctor) as doctors
            from spread where {denominator} group by period, geo"""
        for indicator, denominator, numerator in parts
    ]
    db.execute(f"create or replace temp table counted as with spread as ({source}) " + " union all ".join(pieces))
    grid(db, table, ALL, (), values([part[0] for part in parts]), ("share",))
    finish(
        db, table, (), ratio("c.part", 100, "c.whole"), "coalesce(c.persons, 0)", "coalesce(c.doctors, 0)",
        f"left join counted c on {on('c', 'period', 'geo', 'indicator')}",
    )


def workload(db):
    """gp-workload: means over the doctors of a place and year; each doctor's figure in billionths first."""
    db.execute("""create or replace temp table doctor_days as
        select pm.period, g.geo, c.doctor, c.day, count(*) filter (contact_type = 'physical-consultation') as physical,
               count(*) filter (contact_type in ('home-visit', 'physical-consultation', 'e-consultation')) as consultations
        from contacts c join period_months pm using (month) cross join unnest(['0', left(practice, 2), practice]) as g(geo)
        where service = 'gp' and praksistype in ('FALE', 'FALO') and period_type = 'year' group by all""")
    db.execute("""create or replace temp table doctor_years as
        select period, geo, doctor, count(*) as days, count(*) filter (physical >= 5) as five,
               (2 * sum(consultations)::hugeint * 1000000000 + count(*)) // (2 * count(*)) as per_day
        from doctor_days group by all""")
    db.execute("""create or replace temp table means as
        select period, geo, count(*) as doctors, sum(days)::hugeint * 1000000000 as days, sum(five)::hugeint * 1000000000 as five,
               sum(per_day)::hugeint as per_day from doctor_years group by all""")
    db.execute("""create or replace temp table weekend_hours as
        select pm.period, g.geo, c.hour::varchar as hour,
               count(*) filter (contact_type = 'physical-consultation') as physical, count(*) filter (contact_type = 'e-consultation') as e
        from contacts c join period_months pm using (month) cross join unnest(['0', left(practice, 2), practice]) as g(geo)
        where service = 'gp' and praksistype in ('FALE', 'FALO') and period_type = 'year' and weekend group by all""")
    indicators = ("days-with-contact", "days-with-five-physical", "consultations-per-day", "weekend-physical", "weekend-e")
    grid(db, "gp-workload", ("year",), ("hour",), values(indicators), ("mean",))
    db.execute("delete from grid where starts_with(indicator, 'weekend') = (hour = 'total')")
    total = """(case g.indicator when 'days-with-contact' then m.days when 'days-with-five-physical' then m.five
        when 'consultations-per-day' then m.per_day when 'weekend-physical' then coalesce(w.physical, 0) * 1000000000::hugeint
        else coalesce(w.e, 0) * 1000000000::hugeint end)"""
    value = f"""case when coalesce(m.doctors, 0) = 0 then null else
        ((2 * {total} * 100 + m.doctors * 1000000000::hugeint) // (2 * m.doctors * 1000000000::hugeint))::double / 100.0::double end"""
    finish(
        db, "gp-workload", ("hour",), value, "null::bigint", "null::bigint",
        f"left join means m on {on('m', 'period', 'geo')} left join weekend_hours w on {on('w', 'period', 'geo', 'hour')}",
    )


def make(db, as_of, wanted=TABLES):
    """The wanted ones of the nine tables as of a day (days since 1970-01-01)."""
    make_periods(db, as_of)
    count_residents(db)
    for table in wanted:
        MAKERS[table](db)


def gp_contacts(db):
    measures = ("contacts", "patients", "per-1000")
    contacts_and_rates(db, "gp-contacts", ALL, (), TYPES_AND_SUMS, measures, typed())


def gp_contacts_age_sex(db):
    some = "indicator in (" + ", ".join(f"'{name}'" for name in AGE_SEX) + ")"
    measures = ("contacts", "patients", "per-1000", "patients-per-100")
    contacts_and_rates(db, "gp-contacts-age-sex", LONG, ("sex", "age_group"), values(AGE_SEX), measures, typed(some))


def gp_contacts_by_practice(db):
    measures = ("contacts", "doctors")
    plain_counts(db, "gp-contacts-by-practice", "gp", "practice", ALL, (), TYPES_AND_SUMS, measures, typed())


CONSULTATION = "contact_type in ('home-visit', 'physical-consultation', 'e-consultation')"
PHYSICAL, E = "contact_type = 'physical-consultation'", "contact_type = 'e-consultation'"
SUPPLEMENT = "list_contains(features, 'time-supplement')"


def gp_e_consultation(db):
    parts = [("e-consultation-share", CONSULTATION, E), ("e-consultation-outside-hours-share", E, "outside_hours")]
    shares(db, "gp-e-consultation", parts)


def gp_time_use(db):
    of = {"consultation": CONSULTATION, "physical-consultation": PHYSICAL, "e-consultation": E}
    shares(db, "gp-time-use", [(f"time-supplement-share-{name}", whole, SUPPLEMENT) for name, whole in of.items()])


def gp_activities(db):
    featured = " union all ".join(f"select '{name}', null, '{name}'" for name in FEATURES)
    members = typed("indicator = 'home-visit'") + " union all " + featured
    indicators = values((*FEATURES, "home-visit"))
    plain_counts(db, "gp-activities", "gp", "residence", ALL, (), indicators, ("contacts",), members)


def gp_diagnoses(db):
    members = typed("indicator = 'consultation'")
    indicators = values(("consultation",))
    plain_counts(db, "gp-diagnoses", "gp", "residence", LONG, ("icpc2_chapter",), indicators, ("contacts",), members)


def legevakt_contacts(db):
    dimensions = ("part_of_day", "day_type")
    plain_counts(
        db, "legevakt-contacts", "legevakt", "residence", ALL, dimensions, TYPES_AND_SUMS, ("contacts",), typed()
    )


MAKERS = dict(zip(TABLES, (
    gp_contacts, gp_contacts_age_sex, gp_contacts_by_practice, gp_e_consultation, gp_time_use, gp_activities,
    gp_diagnoses, legevakt_contacts, workload,
)))
