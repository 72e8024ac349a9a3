//! What a night has changed, and only that, resolved before and after.
//!
//! In: the last run as it was kept, the delivery of now. Out: the months with what has changed put
//! in place, and the books.
//!
//! A bill is touched when a file that came, went or changed has a row, a line or a credit of it,
//! or when one of its rows is registered between the two as-of days. What became of any other bill
//! rests on nothing that has changed: whether a bill is cancelled hangs on the versions of those
//! that credit it, and what touches a credit touches what it names. So the touched bills are
//! resolved twice, as of the last run and as of now, together with all bills that credit them, and
//! the difference is the change of the whole. Where anything does not add up, there is no answer,
//! and everything is resolved anew.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rayon::join;
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::build::ROWS_A_PART;
use super::contact::Contact;
use super::filed::{Bills, Filed, Wanted};
use super::months::{Change, Months};
use super::night::{KeptOrphan, Root, Turned, Work, by_file, gathered, orphan_places, root_key};
use super::room::{Room, RoomBooks};
use super::shelf::{SOURCES, Shelf};
use super::spool::{Budget, lock};
use super::table::Delay;
use super::view::{Pieces, View};
use crate::domain::{Error, Month, RejectReason, Result, RowClass};
use crate::load::{MOST_REJECTS, Reject};
use crate::stage::{Numbers, values};

/// A file of the last run, and its rank now.
struct Before<'f> {
    file: &'f Filed,
    now: Option<usize>,
}

/// The last run beside this one, by source.
struct Two<'f> {
    before: Vec<Vec<Before<'f>>>,
    then: View<'f>,
    now: &'f View<'f>,
}

/// What has become of all bills, from what the last run kept; none where that is of no use.
pub fn turn(work: &Work, shelf: &Shelf, now: &View, months: &mut Months) -> Result<Option<Turned>> {
    let Some(stored) = work.stage.read(&root_key(work.stage, work.pipeline)) else { return Ok(None) };
    let root: Root = stored.meta()?;
    let orphans: Vec<Vec<KeptOrphan>> =
        serde_json::from_slice(&stored.part("orphans")?).map_err(|_| stored.is_damaged())?;
    if !months.are_there(&root.months) {
        return Ok(None);
    }
    // Where there were more, not all were kept.
    let all_kept = orphans.iter().all(|orphans| orphans.len() < MOST_REJECTS);
    let Some(ranks) = ranks_now(work, &root)?.filter(|_| all_kept) else { return Ok(None) };
    let gone = gone(shelf, &root, &ranks)?;
    let Some(two) = pair(&root, &ranks, now, &gone) else { return Ok(None) };
    let credits = credits(&two)?;
    let touched = touched(&two, &credits)?;
    let rows: u64 = now.files[0].iter().map(|file| file.meta.rows).sum();
    if touched.len() as u64 * 2 > rows {
        return Ok(None);
    }
    tracing::debug!(bills = touched.len(), "resolving the bills that were touched");
    months.list = root.months.iter().map(|month| (Month(month.month), month.clone())).collect();
    let mut resolved = resolve(work, shelf, &two, (touched, &credits))?;
    resolved.change.months = months.list.clone();
    let turned = Turned {
        classes: match classes(&root, &two, &resolved) {
            Some(classes) => classes,
            None => return Ok(None),
        },
        orphans: carried(work, &two, &orphans, &resolved)?,
        delays: delays(&root, &resolved.change),
        change: None,
    };
    let is_sound = put(months, &resolved.change)?;
    Ok(is_sound.then_some(Turned { change: Some(resolved.change), ..turned }))
}

/// For every file of the last run, its rank now: the same name and bytes, in the same order; none
/// where the order is another one.
fn ranks_now(work: &Work, root: &Root) -> Result<Option<Vec<Vec<Option<usize>>>>> {
    let mut all = Vec::new();
    for (source, before) in SOURCES.iter().zip(&root.files) {
        let files = if work.pipeline.reads(source) { work.inputs.files(source)? } else { Vec::new() };
        let mut taken = vec![false; files.len()];
        let mut rank = |name: &str, sha256: &str| {
            let same = |at: &usize| !taken[*at] && files[*at].name == name && files[*at].sha256 == sha256;
            let at = (0..files.len()).find(same)?;
            taken[at] = true;
            Some(at)
        };
        let ranks: Vec<Option<usize>> = before.iter().map(|file| rank(&file.name, &file.sha256)).collect();
        if !ranks.iter().flatten().is_sorted() {
            return Ok(None);
        }
        all.push(ranks);
    }
    Ok((all.len() == SOURCES.len()).then_some(all))
}

/// The files of the last run that are there no longer, by source and rank then.
type Gone = BTreeMap<(usize, usize), Option<Filed>>;

fn gone(shelf: &Shelf, root: &Root, ranks: &[Vec<Option<usize>>]) -> Result<Gone> {
    let mut gone = Gone::new();
    for (source, (files, ranks)) in root.files.iter().zip(ranks).enumerate() {
        for (rank, file) in files.iter().enumerate().filter(|(rank, _)| ranks[*rank].is_none()) {
            gone.insert((source, rank), shelf.find(SOURCES[source], &file.sha256)?);
        }
    }
    Ok(gone)
}

fn pair<'f>(root: &Root, ranks: &[Vec<Option<usize>>], now: &'f View<'f>, gone: &'f Gone) -> Option<Two<'f>> {
    let mut before = Vec::new();
    for (source, ranks) in ranks.iter().enumerate() {
        let file = |(rank, now_at): (usize, &Option<usize>)| {
            let file = match now_at {
                Some(at) => now.files[source][*at],
                None => gone.get(&(source, rank))?.as_ref()?,
            };
            Some(Before { file, now: *now_at })
        };
        before.push(ranks.iter().enumerate().map(file).collect::<Option<Vec<_>>>()?);
    }
    let files = before.iter().map(|files: &Vec<Before>| files.iter().map(|before| before.file).collect()).collect();
    Some(Two { before, then: View { files, as_of: root.as_of }, now })
}

impl<'f> Two<'f> {
    /// Files that came or went, by source.
    fn changed(&self) -> impl Iterator<Item = (usize, &'f Filed)> + '_ {
        let came = (0..SOURCES.len()).flat_map(move |source| {
            let stayed: FxHashSet<usize> = self.before[source].iter().filter_map(|before| before.now).collect();
            let all = self.now.files[source].iter().enumerate();
            all.filter(move |(rank, _)| !stayed.contains(rank)).map(move |(_, file)| (source, *file))
        });
        let went = self.before.iter().enumerate().flat_map(|(source, files)| {
            files.iter().filter(|before| before.now.is_none()).map(move |before| (source, before.file))
        });
        came.chain(went)
    }

    /// Files of regning that are there in both runs.
    fn stayed(&self) -> impl Iterator<Item = &'f Filed> + '_ {
        self.before[0].iter().filter(|before| before.now.is_some()).map(|before| before.file)
    }

    fn files_of_bills(&self) -> impl Iterator<Item = &'f Filed> + '_ {
        let went = self.before[0].iter().filter(|before| before.now.is_none()).map(|before| before.file);
        self.now.files[0].iter().copied().chain(went)
    }
}

/// Numbers of the bills that may have changed.
fn touched(two: &Two, credits: &[(i64, i64)]) -> Result<FxHashSet<i64>> {
    let found: Mutex<Vec<Vec<i64>>> = Mutex::default();
    let changed: Vec<(usize, &Filed)> = two.changed().collect();
    changed.par_iter().try_for_each(|&(source, file)| {
        for chunk in 0..file.meta.chunks.len() {
            let keys = file.keys(chunk)?;
            lock(&found).push(keys);
        }
        if source == 0 {
            let named = file.credits()?.into_iter().map(|(_, other)| other);
            let left = file.open_file(0, i32::MAX)?.left.into_iter().filter_map(|left| left.key);
            lock(&found).push(named.chain(left).collect());
        }
        Result::Ok(())
    })?;
    let (from, to) = (two.then.as_of.min(two.now.as_of), two.then.as_of.max(two.now.as_of));
    let stayed: Vec<&Filed> = two.stayed().collect();
    let between = stayed.par_iter().filter(|file| file.meta.days.iter().any(|(day, _)| from < *day && *day <= to));
    between.try_for_each(|file| {
        for chunk in 0..file.meta.chunks.len() {
            let bills = registered_between(file, chunk, (from, to))?;
            lock(&found).push(bills);
        }
        Result::Ok(())
    })?;
    let mut touched: FxHashSet<i64> = gathered(found).into_iter().flatten().collect();
    let named: Vec<i64> = credits.iter().filter(|(bill, _)| touched.contains(bill)).map(|&(_, other)| other).collect();
    touched.extend(named);
    Ok(touched)
}

fn registered_between(file: &Filed, chunk: usize, (from, to): (i32, i32)) -> Result<Vec<i64>> {
    let rows = file.rows(chunk)?;
    let misfit = || Error::bug("staged rows of regning have a column of their own type");
    let days = values::<arrow::datatypes::Int32Type>(&rows, "registered").ok_or_else(misfit)?;
    let bills = Numbers::of::<arrow::datatypes::Int64Type>(&rows, "bill").ok_or_else(misfit)?;
    let between = bills.iter().zip(days).filter(|(_, day)| from < **day && **day <= to);
    Ok(between.map(|(bill, _)| bill).collect())
}

/// All pairs of a bill that credits and the one it names.
fn credits(two: &Two) -> Result<Vec<(i64, i64)>> {
    let files: Vec<&Filed> = two.files_of_bills().collect();
    let found = files.into_par_iter().map(Filed::credits).collect::<Result<Vec<_>>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// What became of the touched bills, then and now.
struct Resolved {
    then: RoomBooks,
    now: RoomBooks,
    change: Change,
}

fn resolve(
    work: &Work,
    shelf: &Shelf,
    two: &Two,
    (touched, credits): (FxHashSet<i64>, &[(i64, i64)]),
) -> Result<Resolved> {
    let crediting = credits.iter().filter(|(_, other)| touched.contains(other)).map(|&(bill, _)| bill);
    let mut bills: FxHashSet<i64> = crediting.collect();
    bills.extend(&touched);
    let (bills, touched) = (Bills::of(bills), Bills::of(touched));
    let budget = Budget::new(work.workspace.memory);
    let parts = (bills.count() as u64 / ROWS_A_PART + 1).clamp(1, 256) as usize;
    let room = || Room::new(work.pipeline, parts, &budget, work.workspace.scratch);
    let (room_then, room_now) = (room(), room());
    let pieces = Pieces::of(two.now).and(&two.then);
    let views = [(&two.then, &room_then), (two.now, &room_now)];
    let left_out = pieces.fill(shelf, Wanted::Bills(&bills), Wanted::Bills(&touched), &views)?;
    let contacts = |room: &Room, left_out: &[i64]| {
        let found: Mutex<Vec<Contact>> = Mutex::default();
        let books = room.resolve(&shelf.meanings, left_out, &|contacts| {
            lock(&found).extend_from_slice(contacts);
            Ok(())
        })?;
        let mut found = gathered(found);
        found.par_sort_unstable();
        Result::Ok((books, found))
    };
    let (then, now) = join(|| contacts(&room_then, &left_out[0]), || contacts(&room_now, &left_out[1]));
    let ((then, before), (now, after)) = (then?, now?);
    let without = |these: &[Contact], others: &[Contact]| -> Vec<Contact> {
        these.iter().filter(|contact| others.binary_search(contact).is_err()).copied().collect()
    };
    let (lost, won) = (without(&before, &after), without(&after, &before));
    Ok(Resolved { then, now, change: Change { months: BTreeMap::new(), lost, won } })
}

type Classes = Vec<Vec<BTreeMap<RowClass, u64>>>;

/// The classes of all rows now; none where some class would have less than no row.
fn classes(root: &Root, two: &Two, resolved: &Resolved) -> Option<Classes> {
    let (then, mut now) = (by_file(&resolved.then, &two.then), by_file(&resolved.now, two.now));
    for (source, files) in two.before.iter().enumerate() {
        for (rank, before) in files.iter().enumerate() {
            let mut left = BTreeMap::new();
            for &(class, rows) in &root.files[source][rank].classes {
                *left.entry(*RowClass::ALL.get(usize::from(class))?).or_default() += rows;
            }
            for (class, rows) in &then[source][rank] {
                let of_class: &mut u64 = left.get_mut(class)?;
                *of_class = of_class.checked_sub(*rows)?;
            }
            left.retain(|_, rows| *rows > 0);
            match before.now {
                Some(at) => left.iter().for_each(|(class, rows)| *now[source][at].entry(*class).or_default() += rows),
                None if left.is_empty() => {}
                None => return None,
            }
        }
    }
    Some(now)
}

/// The lines without a bill now: those of before that were not touched, and the touched ones.
fn carried(work: &Work, two: &Two, kept: &[Vec<KeptOrphan>], resolved: &Resolved) -> Result<Vec<Vec<Reject>>> {
    let (then, now) = (orphan_places(&resolved.then), orphan_places(&resolved.now));
    let mut all = Vec::new();
    for (source, name) in SOURCES.iter().enumerate() {
        let settled: FxHashSet<(u16, u32)> = then[source].iter().copied().collect();
        let mut known: BTreeMap<(u16, u32), Reject> = BTreeMap::new();
        let mut stay: BTreeMap<(u16, u32), Reject> = BTreeMap::new();
        for (rank, row, line, fields) in kept.get(source).into_iter().flatten() {
            let before = two.before[source].get(usize::from(*rank));
            let Some(at) = before.and_then(|before| before.now).map(|at| at as u16) else { continue };
            let (reason, fields) = (RejectReason::Orphan, fields.clone());
            let orphan = Reject { file: at, row: *row, line: *line, reason, column: None, fields };
            let to = if settled.contains(&(*rank, *row)) { &mut known } else { &mut stay };
            to.insert((at, *row), orphan);
        }
        let (old, new): (Vec<_>, Vec<_>) = now[source].iter().copied().partition(|place| known.contains_key(place));
        let fetched = if new.is_empty() { Vec::new() } else { work.inputs.fetch(name, &new)? };
        stay.extend(old.into_iter().filter_map(|place| Some((place, known.remove(&place)?))));
        stay.extend(fetched.into_iter().map(|orphan| ((orphan.file, orphan.row), orphan)));
        all.push(stay.into_values().take(MOST_REJECTS).collect());
    }
    Ok(all)
}

fn delays(root: &Root, change: &Change) -> BTreeMap<Delay, u64> {
    let kept = root.delays.iter().map(|&(month, days, contacts)| (Delay { month: Month(month), days }, contacts));
    let mut delays: BTreeMap<Delay, u64> = kept.collect();
    change.won.iter().for_each(|contact| *delays.entry(Delay::of(contact)).or_default() += 1);
    for contact in &change.lost {
        let of_delay = delays.entry(Delay::of(contact)).or_default();
        *of_delay = of_delay.saturating_sub(1);
    }
    delays.retain(|_, contacts| *contacts > 0);
    delays
}

/// Contacts that go from a month, and those that come into it.
type OfMonth = (Vec<Contact>, Vec<Contact>);

/// Puts the change into the months; false where a contact that is to go is not there.
fn put(months: &mut Months, change: &Change) -> Result<bool> {
    let mut by_month: BTreeMap<Month, OfMonth> = BTreeMap::new();
    change.lost.iter().for_each(|contact| by_month.entry(contact.month()).or_default().0.push(*contact));
    change.won.iter().for_each(|contact| by_month.entry(contact.month()).or_default().1.push(*contact));
    let changed: Vec<(Month, OfMonth)> = by_month.into_iter().collect();
    let turned = changed.par_iter().map(|(month, (lost, won))| months.turn(*month, lost, won));
    let Some(turned) = turned.collect::<Result<Option<Vec<_>>>>()? else { return Ok(false) };
    turned.into_iter().for_each(|file| months.put(file));
    Ok(true)
}
