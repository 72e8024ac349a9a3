-- Versions, credits, classes of rows, and contacts (details 1, 5, 6; section 2).

create table known_bills as select distinct bill from raw_regning where bill <> '';

create table ranked as
select *, row_number() over (partition by bill order by registered desc, file desc, row desc) = 1 as counts
from raw_regning where class is null;

create table credited as
select distinct credits as bill from ranked where counts and status = 'godkjent' and credits <> '';

create table class_regning as
select file, row, class from raw_regning where class is not null
union all
select file, row, case
    when not counts then 'superseded'
    when status = 'avvist' then 'out-of-scope:status-avvist'
    when status = 'behandles' then 'out-of-scope:status-behandles'
    when credits <> '' then 'out-of-scope:crediting'
    when bill in (select bill from credited) then 'cancelled'
    when praksistype not in (select praksistype from practice_type) then 'out-of-scope:practice-type'
    else 'counted' end
from ranked;

create table bills as
select r.*, r.start // 86400 as day, (r.start % 86400) // 3600 as hour, p.service,
       $bill_order as bill_order
from ranked r join class_regning c using (file, row) join practice_type p using (praksistype)
where c.class = 'counted';

-- Lines: class, and the counted ones.
create table class_takst as
with sound as (select *, class is null and bill not in (select bill from known_bills) as orphan from raw_takst),
     last as (select bill, max(file) as last_file from sound where class is null and not orphan group by bill)
select file, row, bill, code, case
    when class is not null then class
    when orphan then 'rejected:orphan'
    when file <> last_file then 'superseded'
    when bill not in (select bill from bills) then 'out-of-scope:bill-not-counted'
    else 'counted' end as class
from sound left join last using (bill);

create table class_diagnose as
with sound as (select *, class is null and bill not in (select bill from known_bills) as orphan from raw_diagnose),
     last as (select bill, max(file) as last_file from sound where class is null and not orphan group by bill)
select file, row, bill, code, system, main, case
    when class is not null then class
    when orphan then 'rejected:orphan'
    when file <> last_file then 'superseded'
    when bill not in (select bill from bills) then 'out-of-scope:bill-not-counted'
    else 'counted' end as class
from sound left join last using (bill);

create table class_innbyggere as
select file, row, aar, kommunenr, kjonn, alder, personer, case
    when class is not null then class
    when row_number() over (partition by class, aar, kommunenr, kjonn, alder order by file desc, row desc) = 1 then 'counted'
    else 'superseded' end as class
from raw_innbyggere;

-- What the lines say on the day of contact.
create table said_codes as
with normal as (select bill, regexp_replace(lower(trim(code, E' \t')), '^([78][0-9][a-z]+)$', '0\1') as code
                from class_takst where class = 'counted')
select distinct bill, day, code,
       code similar to 'l[0-9].*' and code not in (select code from contact_type_list) as other_l
from normal join bills using (bill);

create table types as
select bill, min(rank) as rank
from said_codes s
join contact_type_list l on l.code = case when s.other_l then 'l*' else s.code end and s.day between l.from_day and l.to_day
join precedence using (contact_type)
group by bill;

create table features as
select bill, list(distinct feature) as features
from said_codes s join feature_list l on l.code = s.code and s.day between l.from_day and l.to_day
group by bill;

create table chapters as
select bill, case when lower(system) in ('icpc-2', 'icpc-2b')
    and upper(left(code, 1)) in ('A','B','D','F','H','K','L','N','P','R','S','T','U','W','X','Y','Z')
    then upper(left(code, 1)) else 'none' end as chapter
from (select *, row_number() over (partition by bill order by main desc, row) as n
      from class_diagnose where class = 'counted')
where n = 1;

create macro age_label(age) as case
    when age between 0 and 5 then '0-5' when age between 6 and 15 then '6-15' when age between 16 and 19 then '16-19'
    when age between 20 and 29 then '20-29' when age between 30 and 49 then '30-49' when age between 50 and 66 then '50-66'
    when age between 67 and 79 then '67-79' when age between 80 and 89 then '80-89' when age between 90 and 120 then '90+'
    else 'unknown' end;

create macro sex_label(code) as case code when '1' then 'male' when '2' then 'female' else 'unknown' end;

create table contacts as
select b.bill_order, b.person, b.doctor, b.service, b.praksistype, b.start, b.day, b.hour,
       year(date '1970-01-01' + b.day::integer) * 12 + month(date '1970-01-01' + b.day::integer) - 1 as month,
       coalesce(k1.place, k2.place, '9999') as residence, coalesce(k3.place, '9999') as practice,
       sex_label(b.kjonn) as sex,
       age_label(year(date '1970-01-01' + b.day::integer) - b.fodselsaar) as age_group,
       coalesce(p.contact_type, 'unclassified') as contact_type, coalesce(f.features, []) as features,
       coalesce(c.chapter, 'none') as icpc2_chapter,
       (b.day + 3) % 7 >= 5 as weekend,
       b.hour < 8 or b.hour >= 16 or (b.day + 3) % 7 >= 5 as outside_hours,
       case when b.hour between 8 and 15 then 'day' when b.hour between 16 and 22 then 'evening' else 'night' end as part_of_day,
       case when (b.day + 3) % 7 >= 5 then 'weekend' else 'weekday' end as day_type
from bills b
left join known k1 on k1.code = b.kommunenr
left join known k2 on k2.code = b.kommunenr_pb
left join known k3 on k3.code = b.praksiskommune
left join types t using (bill) left join precedence p on p.rank = t.rank
left join features f using (bill) left join chapters c using (bill);

-- Residents by place, sex and age group of the year (details 14).
create table residents as
select aar as year, coalesce(k.place, '9999') as place, sex_label(kjonn) as sex, age_label(alder + 1) as age_group,
       sum(personer) as persons
from class_innbyggere r left join known k on k.code = r.kommunenr
where class = 'counted' group by all;
