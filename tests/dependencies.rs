//! What is linked: licences, sources, and crates that no part of the program may use. The rules
//! stand in `.ci/deny.toml`, for cargo-deny (`make deny`) and for this test alike.
//!
//! In: `cargo metadata`, which has every crate that Cargo.lock names for the platform. Out: every
//! crate that breaks a rule. It never links the crate.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The rules, as cargo-deny reads them.
fn rules() -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/deny.toml");
    toml::from_str(&std::fs::read_to_string(path).expect("the rules")).expect("the rules are TOML")
}

fn texts(rules: &toml::Table, part: &str, key: &str) -> Vec<String> {
    let list = rules[part][key].as_array().expect("a list");
    list.iter().map(|text| text.as_str().expect("a text").to_string()).collect()
}

/// Every crate of the program, its build and its tests.
fn crates() -> Vec<Value> {
    let target = texts(&rules(), "graph", "targets").remove(0);
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &target])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let crates = metadata["packages"].as_array().expect("packages").clone();
    assert!(crates.len() > 100, "there are too few crates to be true");
    crates
}

fn none(breaches: Vec<String>, rule: &str) {
    assert!(breaches.is_empty(), "{rule}:\n  {}", breaches.join("\n  "));
}

/// Whether an expression of licences can be satisfied by those allowed: `OR` leaves a choice, `AND`
/// and none does, and an exception belongs to the licence before it.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.trim();
    if let Some((left, right)) = split(expression, " OR ").or_else(|| split(expression, "/")) {
        return is_allowed(left, allowed) || is_allowed(right, allowed);
    }
    if let Some((left, right)) = split(expression, " AND ") {
        return is_allowed(left, allowed) && is_allowed(right, allowed);
    }
    let inner = expression.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
    inner.map_or_else(|| allowed.iter().any(|one| one == expression), |inner| is_allowed(inner, allowed))
}

/// Splits at the first word that stands outside of parentheses.
fn split<'e>(expression: &'e str, word: &str) -> Option<(&'e str, &'e str)> {
    let depth = |at: usize| expression[..at].matches('(').count() - expression[..at].matches(')').count();
    let at = expression.match_indices(word).map(|(at, _)| at).find(|&at| depth(at) == 0)?;
    Some((&expression[..at], &expression[at + word.len()..]))
}

#[test]
fn expressions_of_licences_are_understood() {
    let allowed = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].map(String::from);
    for good in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "(GPL-3.0 OR MIT) AND Zlib", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "(MIT OR Zlib) AND GPL-3.0", "Apache-2.0", ""] {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

#[test]
fn every_licence_is_one_that_is_allowed() {
    let allowed = texts(&rules(), "licenses", "allow");
    let breaks = |one: &&Value| !is_allowed(one["license"].as_str().unwrap_or(""), &allowed);
    let breaches = crates().iter().filter(breaks).map(|one| format!("{}: {}", one["name"], one["license"])).collect();
    none(breaches, "a crate has a licence that .ci/deny.toml allows");
}

#[test]
fn every_crate_comes_from_a_registry_that_is_allowed() {
    let allowed = texts(&rules(), "sources", "allow-registry");
    let is_own = |one: &Value| one["name"] == "kprstat";
    let breaks = |one: &&Value| {
        let source = one["source"].as_str().unwrap_or("a folder");
        !is_own(one) && !allowed.iter().any(|registry| source == format!("registry+{registry}"))
    };
    let breaches = crates().iter().filter(breaks).map(|one| format!("{}: {}", one["name"], one["source"])).collect();
    none(breaches, "a crate comes from crates.io");
}

#[test]
fn no_crate_that_speaks_to_a_network() {
    let banned = texts(&rules(), "bans", "deny");
    let breaks = |one: &&Value| {
        let name = one["name"].as_str().unwrap_or_default();
        banned.iter().any(|ban| ban == name) || name.contains("-tls") || name.contains("tls-")
    };
    let breaches = crates().iter().filter(breaks).map(|one| one["name"].to_string()).collect();
    none(breaches, "no HTTP or TLS crate in the program");
}
