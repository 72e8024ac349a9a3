//! Protects one table of the protection bench by the real `protect`, and says what it took.
//!
//! In: a table as `tables.py` writes it, and a policy. Out: a line for every cell (place, period,
//! further axes: their positions), `hidden` or not; the wall seconds and the peak memory on stdout.
//!
//! Every contact has a patient and some doctors of its own, so that of the primary rules only that of
//! patients can be broken. Whoever makes a count of one alone knows it, and is one of the attackers;
//! with `--no-contributors` nobody is, as with the programs that it is compared with.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Instant;

use kprstat::aggregate::{Axes, CellCount, Cells, Place, TableCells};
use kprstat::codes::{County, Geography, Municipality};
use kprstat::definition::*;
use kprstat::domain::{CountyNumber, Month, MunicipalityNumber, Period, PeriodKind};
use kprstat::protect::{Ledger, ObsStatus, Protected, PublicTable, protect};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// A table as it is written.
#[derive(serde::Deserialize)]
struct Written {
    /// Municipalities of every county.
    counties: Vec<u16>,
    months: u32,
    /// Of sex and age group, the total first; none where quantities are contact types.
    labels: Vec<Vec<String>>,
    /// Contact types of every quantity, as bits.
    quantities: Vec<u32>,
    /// Row-major over place, period, further dimensions, quantity.
    values: Vec<u32>,
    /// Who alone makes the count, 0 for nobody.
    owners: Vec<u32>,
}

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (flags, paths): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| word.starts_with("--"));
    let [table, policy, out] = paths[..] else { return Err("usage: TABLE.json POLICY.toml OUT.csv".into()) };
    let mut written: Written = serde_json::from_str(&std::fs::read_to_string(table)?)?;
    if flags.iter().any(|flag| *flag == "--no-contributors") {
        written.owners.fill(0);
    }
    let policy: Policy = toml::from_str(&std::fs::read_to_string(policy)?)?;
    let (pipeline, geography) = (pipeline(&written, &policy)?, geography(&written.counties));
    let cells = Cells { tables: vec![cells(&written, &pipeline)] };
    drop(written);
    let before = peak_mib()?;
    let started = Instant::now();
    let protected = protect(&cells, &pipeline, &geography, 1_000_000, &Ledger::default())?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{{\"seconds\": {seconds:.3}, \"peak_mib\": {}, \"before_mib\": {before}}}", peak_mib()?);
    std::fs::write(out, hidden(&protected))?;
    Ok(())
}

/// The shipped definition with one table in it.
fn pipeline(written: &Written, policy: &Policy) -> Outcome<Pipeline> {
    let mut pipeline = Pipeline::shipped("gp-activity")?;
    let mut table = pipeline.tables.iter().find(|table| table.id == "gp-contacts").ok_or("no gp-contacts")?.clone();
    let template = table.indicators.first().ok_or("no indicator")?.clone();
    let all = pipeline.contact_types.all();
    let types = |&mask: &u32| if written.quantities.len() == 1 { all } else { mask };
    let masks: Vec<u32> = written.quantities.iter().map(types).collect();
    let predicate = |&types: &u32| Predicate { types, with: 0, without: 0, outside_hours: None, weekend: None };
    let indicator = |quantity: usize| Indicator {
        id: format!("quantity-{quantity}"),
        value: IndicatorValue::Count { quantity },
        ..template.clone()
    };
    table.quantities = masks.iter().map(predicate).collect();
    table.indicators = (0..masks.len()).map(indicator).collect();
    table.dimensions = [Dimension::Sex, Dimension::AgeGroup].into_iter().take(written.labels.len()).collect();
    table.measures = vec![Measure::Contacts];
    table.small_places = SmallPlaces::Hide;
    table.policy = policy.clone();
    if written.months == 1 {
        table.periods = vec![PeriodKind::Month];
    }
    if let Some(labels) = written.labels.get(1) {
        // The total is no group, and the last of the others stands for ages that are not known.
        let from: Vec<u8> = (0..labels.len() as u8 - 2).map(|at| at * 10).collect();
        let named = labels[1..labels.len() - 1].to_vec();
        pipeline.age_groups = AgeGroups { id: "bench".into(), from, labels: named };
    }
    pipeline.policy = policy.clone();
    pipeline.tables = vec![table];
    Ok(pipeline)
}

fn geography(sizes: &[u16]) -> Geography {
    let number = |county: usize| CountyNumber(county as u8 + 1);
    let county = |at: usize| County { number: number(at), name: format!("county {at}") };
    let municipality = |county: usize, at: u16| Municipality {
        number: MunicipalityNumber((county as u16 + 1) * 100 + at),
        name: format!("municipality {county}-{at}"),
        county: number(county),
    };
    Geography {
        id: "bench".into(),
        counties: (0..sizes.len()).map(county).collect(),
        municipalities: (0..sizes.len()).flat_map(|at| (1..=sizes[at]).map(move |m| municipality(at, m))).collect(),
        known: BTreeMap::new(),
    }
}

fn cells(written: &Written, pipeline: &Pipeline) -> TableCells {
    let counties = (0..written.counties.len()).filter(|_| written.counties.len() > 1);
    let municipalities = (0..written.counties.iter().sum()).map(Place::Municipality);
    let first = Month::new(2024, 1);
    let periods = pipeline.tables[0].periods.iter().flat_map(|&kind| {
        let months = (first.0..first.0 + written.months as i32).step_by(kind.months() as usize);
        months.map(move |month| Period::containing(kind, Month(month)))
    });
    let axes = Axes {
        places: [Place::Country]
            .into_iter()
            .chain(counties.map(|at| Place::County(CountyNumber(at as u8 + 1))))
            .chain(municipalities)
            .collect(),
        periods: periods.collect(),
        dimensions: written.labels.clone(),
        quantities: written.quantities.len(),
    };
    let count = |(&value, &owner): (&u32, &u32)| CellCount {
        value,
        patients: value,
        doctors: value * 3,
        top_patient: value.min(1),
        top_doctor: value.min(1),
        second_doctor: value.min(1),
        lone_patient: owner,
        lone_doctor: 0,
    };
    let contacts: Vec<CellCount> = written.values.iter().zip(&written.owners).map(count).collect();
    TableCells {
        table: 0,
        axes,
        contacts: contacts.into(),
        patients: Default::default(),
        residents: vec![],
        means: Default::default(),
    }
}

/// Positions along the axes of every cell that is hidden.
fn hidden(protected: &Protected) -> String {
    let table: &PublicTable = &protected.public()[0];
    let mut text = String::new();
    for row in (0..table.status.len()).filter(|&row| table.status[row] == ObsStatus::Suppressed) {
        let _ = write!(text, "{},{}", table.place[row], table.period[row]);
        table.dimensions.iter().for_each(|codes| {
            let _ = write!(text, ",{}", codes[row]);
        });
        let _ = writeln!(text, ",{}", table.indicator[row]);
    }
    text
}

/// The most memory that the process has had, in MiB.
fn peak_mib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<u64>()? / 1024)
}
