//! What is counted besides what is published.

use super::super::quantities::residuals;
use super::*;

fn of(types: TypeSet) -> Predicate {
    Predicate { types, with: 0, without: 0, outside_hours: None, weekend: None }
}

fn described(pipeline: &Pipeline, table: &str) -> Vec<String> {
    let feature = |set: FeatureSet| -> Vec<&str> {
        let ids = pipeline.features.ids.iter().enumerate();
        ids.filter(|(bit, _)| set >> bit & 1 == 1).map(|(_, id)| id.as_str()).collect()
    };
    let say = |predicate: &Predicate| {
        let mut text = names(pipeline, predicate.types).join("+");
        text += &feature(predicate.with).iter().map(|id| format!(" with {id}")).collect::<String>();
        text += &feature(predicate.without).iter().map(|id| format!(" without {id}")).collect::<String>();
        text += &predicate.outside_hours.map(|outside| format!(" outside={outside}")).unwrap_or_default();
        text += &predicate.weekend.map(|weekend| format!(" weekend={weekend}")).unwrap_or_default();
        text
    };
    table_of(pipeline, table).quantities.iter().map(say).collect()
}

const CONSULTATION: &str = "home-visit+physical-consultation+e-consultation";

#[test]
fn a_share_brings_numerator_denominator_and_complement() {
    let pipeline = shipped();
    assert_eq!(
        described(&pipeline, "gp-e-consultation"),
        [
            "e-consultation",
            CONSULTATION,
            "home-visit+physical-consultation",
            "e-consultation outside=true",
            "e-consultation outside=false",
        ]
    );
    let table = table_of(&pipeline, "gp-e-consultation");
    let values: Vec<_> = table.indicators.iter().map(|indicator| indicator.value.clone()).collect();
    assert_eq!(
        values,
        [
            IndicatorValue::Share { numerator: 0, complement: 2, denominator: 1 },
            IndicatorValue::Share { numerator: 3, complement: 4, denominator: 0 },
        ]
    );
}

#[test]
fn home_visits_with_a_time_supplement_are_the_rest_of_the_published_shares() {
    assert_eq!(
        described(&shipped(), "gp-time-use"),
        [
            &format!("{CONSULTATION} with time-supplement"),
            CONSULTATION,
            &format!("{CONSULTATION} without time-supplement"),
            "physical-consultation with time-supplement",
            "physical-consultation",
            "physical-consultation without time-supplement",
            "e-consultation with time-supplement",
            "e-consultation",
            "e-consultation without time-supplement",
            "home-visit",
            "home-visit without time-supplement",
            "home-visit with time-supplement",
        ]
    );
}

#[test]
fn what_no_published_part_covers_is_the_rest_of_a_sum() {
    let pipeline = shipped();
    let table = table_of(&pipeline, "gp-contacts-age-sex");
    assert_eq!(table.quantities.len(), 7);
    assert_eq!(
        names(&pipeline, table.quantities[6].types),
        [
            "meeting",
            "dialogue-meeting",
            "other-body",
            "nurse-home-visit",
            "nurse-consultation",
            "nurse-group",
            "nurse-meeting",
            "nurse-simple",
            "nurse-remote",
            "administrative",
            "unclassified"
        ]
    );
    assert_eq!(
        (0..7).map(|at| table.is_published(at)).collect::<Vec<_>>(),
        [true, true, true, true, true, true, false]
    );
}

#[test]
fn full_lists_have_no_rest() {
    let pipeline = shipped();
    for table in ["gp-contacts", "gp-contacts-by-practice", "legevakt-contacts"] {
        assert_eq!(table_of(&pipeline, table).quantities.len(), 20, "{table}");
    }
    // Six activities and home visits, and the contacts without each of the six.
    assert_eq!(table_of(&pipeline, "gp-activities").quantities.len(), 13);
    assert_eq!(table_of(&pipeline, "gp-diagnoses").quantities.len(), 1);
}

#[test]
fn means_bring_what_they_are_made_of_and_no_more() {
    assert_eq!(
        described(&shipped(), "gp-workload")[1..],
        ["physical-consultation", CONSULTATION, "physical-consultation weekend=true", "e-consultation weekend=true",]
    );
}

#[test]
fn nothing_of_a_share_alone_is_published_as_a_count() {
    let pipeline = shipped();
    let table = table_of(&pipeline, "gp-time-use");
    assert!((0..table.quantities.len()).all(|at| !table.is_published(at)));
}

#[test]
fn rests_go_down_every_level() {
    // 0b1111 holds 0b0111, which holds 0b0001: the rests are 0b1000 and 0b0110.
    let given = [of(0b1111), of(0b0111), of(0b0001)];
    assert_eq!(residuals(&given), [of(0b0110), of(0b1000)]);
    // A rest that is published already is no new quantity.
    assert_eq!(residuals(&[of(0b11), of(0b01), of(0b10)]), []);
}

#[test]
fn rests_are_kept_apart_by_the_other_conditions() {
    let with = |types| Predicate { with: 1, ..of(types) };
    let without = |types| Predicate { without: 1, ..of(types) };
    // Type 0 with the feature leaves type 0 without it; of type 1 nothing is said.
    assert_eq!(residuals(&[of(0b11), with(0b01)]), [without(0b01)]);
    let given = [of(0b11), of(0b01), with(0b11), with(0b01)];
    assert_eq!(residuals(&given), [of(0b10), with(0b10), without(0b11), without(0b01)]);
}

#[test]
fn sets_that_overlap_are_cut_into_pieces() {
    // Shares of two parts of one whole: their complements overlap in the third part.
    let given = [of(0b111), of(0b001), of(0b110), of(0b010), of(0b101)];
    assert_eq!(residuals(&given), [of(0b100)]);
}
