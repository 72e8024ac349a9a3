-- The code lists, and what they say of a code.

create table contact_type_list as
select takst as code, contact_type, valid_from::date - date '1970-01-01' as from_day,
       coalesce(nullif(valid_to, '')::date, date '9999-12-31') - date '1970-01-01' as to_day
from read_csv('$facts/takst_contact_type.csv', all_varchar = true, header = true);

create table feature_list as
select takst as code, feature, valid_from::date - date '1970-01-01' as from_day,
       coalesce(nullif(valid_to, '')::date, date '9999-12-31') - date '1970-01-01' as to_day
from read_csv('$facts/takst_feature.csv', all_varchar = true, header = true);

create table practice_type as
select praksistype, service from read_csv('$facts/praksistype.csv', all_varchar = true, header = true);

create table precedence (rank integer, contact_type varchar);
insert into precedence values
    (1, 'home-visit'), (2, 'physical-consultation'), (3, 'e-consultation'), (4, 'meeting'), (5, 'dialogue-meeting'),
    (6, 'other-body'), (7, 'simple-present'), (8, 'simple-remote'), (9, 'nurse-home-visit'),
    (10, 'nurse-consultation'), (11, 'nurse-group'), (12, 'nurse-meeting'), (13, 'nurse-simple'),
    (14, 'nurse-remote'), (15, 'administrative'), (16, 'unclassified');

-- Every indicator that is a type or a sum, with its types.
create table members as
select contact_type as indicator, contact_type from precedence
union all select 'contact', contact_type from precedence
union all values ('consultation', 'home-visit'), ('consultation', 'physical-consultation'),
    ('consultation', 'e-consultation'), ('simple-contact', 'simple-present'), ('simple-contact', 'simple-remote'),
    ('collaboration', 'meeting'), ('collaboration', 'dialogue-meeting'), ('collaboration', 'other-body');

-- Known municipality codes to the release geography (details 13).
create table known as
select old_code as code, code_2024 as place
from read_csv('$facts/geo/recode_2024.csv', all_varchar = true, header = true) where main = '1'
union select (2100 + n)::varchar, '2100' from range(100) as r(n)
union values ('2200', '2211'), ('2211', '2211');

create table places as
select distinct place from known union values ('9999');

create table geos as
select '0' as geo, 'country' as geo_level
union select left(place, 2), 'county' from places
union select place, 'municipality' from places;
