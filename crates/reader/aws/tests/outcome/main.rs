//! Forecast against outcome: for every forecaster, the state before, the forecast, the execution on moto, the state
//! after. What the forecast says changes must be what the services' own listings show changed, nothing else may have
//! changed, and its recovery points must be those that are there. A mismatch is a failure; where moto does not do what
//! AWS does, the family's `emulator` list says so by name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod aws_backup;
mod balance;
mod case;
mod cloudformation;
mod cloudtrail;
mod config;
mod ecr;
mod eks;
mod identities;
mod inventory;
mod kinesis;
mod lambda;
mod logs;
mod machines;
mod names;
mod networks;
mod objects;
mod opensearch;
mod others;
mod rds;
mod scaling;
mod secrets;
mod sqs;
mod stores;
mod tables;
#[path = "../wire_common/mod.rs"]
mod wire_common;

use case::Family;

/// Every family, each with a test that what it forecasts comes true.
macro_rules! families {
    ($($name:ident),* $(,)?) => {
        const FAMILIES: &[&Family] = &[$(&$name::FAMILY),*];

        mod forecasts_come_true {
            $(#[test]
            fn $name() {
                super::$name::FAMILY.run();
            })*
        }
    };
}

families![
    aws_backup,
    balance,
    cloudformation,
    cloudtrail,
    config,
    ecr,
    eks,
    identities,
    kinesis,
    lambda,
    logs,
    machines,
    names,
    networks,
    objects,
    opensearch,
    others,
    rds,
    scaling,
    secrets,
    sqs,
    stores,
    tables,
];

/// Forecasters that no case can exercise, and why.
const NOT_EXERCISED: &[(&str, &str)] =
    &[("aws_backup/recovery_point", "moto makes no recovery points, and has no call to look at one")];

#[test]
fn every_forecaster_has_a_case() {
    let cases: Vec<&str> =
        FAMILIES.iter().flat_map(|family| family.cases).map(|case| case.forecaster).collect();
    let excused = |name: &str| NOT_EXERCISED.iter().any(|(have, _)| *have == name);
    let without: Vec<&str> = interlock_reader_aws::forecast::names()
        .filter(|name| cases.contains(name) == excused(name))
        .collect();
    assert!(without.is_empty(), "forecasters without a case, or excused though they have one: {without:?}");
}
