//! Which cells are unsafe in themselves (PROTECTION 2).
//!
//! In: a count with its contributors and the thresholds. Out: the first rule that it breaks.
//! Never looks at another cell.

use crate::aggregate::CellCount;
use crate::definition::Policy;

/// Why a cell is hidden. The order is that of the rules; the strongest stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(super) enum Reason {
    Shown,
    Patients,
    Doctors,
    Dominance,
    Residents,
    /// Hidden in an earlier release.
    Ledger,
    Secondary,
}

impl Reason {
    pub fn name(self) -> &'static str {
        match self {
            Reason::Shown => "",
            Reason::Patients => "patients",
            Reason::Doctors => "doctors",
            Reason::Dominance => "dominance",
            Reason::Residents => "residents",
            Reason::Ledger => "ledger",
            Reason::Secondary => "secondary",
        }
    }
    /// Whether the cell is unsafe in itself.
    pub fn is_primary(self) -> bool {
        matches!(self, Reason::Patients | Reason::Doctors | Reason::Dominance | Reason::Residents)
    }
}

/// What is counted by which kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    /// By practice: doctors and dominance count for every cell.
    Practice,
    /// By residence, both sexes and all ages: doctors count.
    ResidenceTotal,
    /// By residence, a sex or an age group: patients only.
    ResidenceDetail,
}

/// The rule that a count breaks, [`Reason::Shown`] if none. Zero breaks none.
pub(super) fn judge(count: &CellCount, setting: Setting, policy: &Policy) -> Reason {
    if count.value == 0 {
        Reason::Shown
    } else if count.patients < policy.min_patients {
        Reason::Patients
    } else if setting != Setting::ResidenceDetail && count.doctors < policy.min_doctors {
        Reason::Doctors
    } else if setting == Setting::Practice && is_dominated(count, policy) {
        Reason::Dominance
    } else {
        Reason::Shown
    }
}

/// The largest doctor has too much, or could estimate the second too well.
pub(super) fn is_dominated(count: &CellCount, policy: &Policy) -> bool {
    let (value, top) = (u64::from(count.value), u64::from(count.top_doctor));
    let rest = value.saturating_sub(top + u64::from(count.second_doctor));
    100 * top > u64::from(policy.dominance_percent) * value || 100 * rest < u64::from(policy.p_percent) * top
}

/// A rate over so few residents, or over a small group of whom all are patients.
pub(super) fn breaks_residents(patients: u32, residents: u32, policy: &Policy) -> bool {
    let few = (1..policy.min_residents).contains(&residents);
    let saturated = (1..policy.saturated_residents).contains(&residents) && patients >= residents;
    patients > 0 && (few || saturated)
}

/// Width that the interval of an unsafe count of contacts must have: a cell that is dominated,
/// whatever else is wrong with it, must not tell its largest contributor.
pub(super) fn width_of_contacts(count: &CellCount, setting: Setting, policy: &Policy) -> u32 {
    let percent = |share: u32, of: u32| (u64::from(share) * u64::from(of)).div_ceil(100) as u32;
    let width = policy.width.max(percent(policy.width_percent, count.value));
    match setting {
        Setting::Practice if is_dominated(count, policy) => {
            width.max(percent(policy.width_dominance_percent, count.top_doctor))
        }
        _ => width,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::policy;
    use super::*;

    fn count(value: u32, patients: u32, doctors: u32, top: u32, second: u32) -> CellCount {
        CellCount { value, patients, doctors, top_doctor: top, second_doctor: second, ..CellCount::default() }
    }

    #[test]
    fn patients_and_doctors_at_their_limits() {
        let policy = policy();
        let judge = |c, setting| judge(&c, setting, &policy);
        assert_eq!(judge(count(0, 0, 0, 0, 0), Setting::Practice), Reason::Shown);
        assert_eq!(judge(count(100, 4, 9, 12, 12), Setting::ResidenceTotal), Reason::Patients);
        assert_eq!(judge(count(5, 5, 3, 2, 2), Setting::ResidenceTotal), Reason::Shown);
        assert_eq!(judge(count(50, 20, 2, 25, 25), Setting::ResidenceTotal), Reason::Doctors);
        assert_eq!(judge(count(50, 20, 2, 25, 25), Setting::ResidenceDetail), Reason::Shown);
        assert_eq!(judge(count(50, 20, 2, 25, 25), Setting::Practice), Reason::Doctors);
    }

    #[test]
    fn dominance_by_share_and_by_the_p_rule() {
        let policy = policy();
        let judge = |c, setting| judge(&c, setting, &policy);
        // 86 of 100 is over 85 %, 85 is not; of 85 + 7 the rest is 8, under 10 % of 85.
        assert_eq!(judge(count(100, 50, 9, 86, 2), Setting::Practice), Reason::Dominance);
        assert_eq!(judge(count(100, 50, 9, 85, 2), Setting::Practice), Reason::Shown);
        assert_eq!(judge(count(100, 50, 9, 85, 7), Setting::Practice), Reason::Dominance);
        assert_eq!(judge(count(100, 50, 9, 86, 2), Setting::ResidenceTotal), Reason::Shown);
    }

    #[test]
    fn residents_few_or_all_patients() {
        let policy = policy();
        assert!(breaks_residents(1, 4, &policy));
        assert!(!breaks_residents(1, 5, &policy));
        assert!(!breaks_residents(0, 3, &policy));
        assert!(breaks_residents(19, 19, &policy));
        assert!(!breaks_residents(18, 19, &policy));
        assert!(!breaks_residents(20, 20, &policy));
        assert!(!breaks_residents(5, 0, &policy));
    }

    #[test]
    fn width_grows_with_the_value() {
        let policy = policy();
        assert_eq!(width_of_contacts(&count(4, 4, 1, 4, 0), Setting::ResidenceTotal, &policy), 2);
        assert_eq!(width_of_contacts(&count(41, 4, 1, 41, 0), Setting::ResidenceTotal, &policy), 5);
        assert_eq!(width_of_contacts(&count(100, 50, 9, 90, 2), Setting::Practice, &policy), 14);
    }
}
