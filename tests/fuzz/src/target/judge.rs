//! Parameters of any operation, judged: neither the order of members nor the protocol changes what they do.

use std::collections::BTreeSet;

use interlock_action::Action;
use interlock_reader_aws::{
    judge, read,
    wire::{Scope, write},
};
use serde_json::Value;

use crate::{
    Target,
    cursor::Cursor,
    maker,
    operations::{ACCOUNT, REGION, all, arrived, chosen},
};

pub(super) const TARGET: Target = Target {
    name: "judge",
    about: "parameters to effects and targets: any order of members, and every protocol of the service",
    millis: 1_000,
    run,
    seeds: || {
        let noise = |at: usize| {
            let body = (0..300_usize).map(move |n| (n.wrapping_mul(131) ^ at.wrapping_mul(29)) as u8);
            u16::try_from(at).unwrap().to_be_bytes().into_iter().chain(body).collect()
        };
        (0..all().len()).step_by(40).map(noise).collect()
    },
};

/// What an action does to what, in no order.
pub(super) fn gist(action: &Action) -> (BTreeSet<String>, BTreeSet<String>) {
    let claims =
        action.claims.iter().map(|claim| format!("{:?} {:?} {:?}", claim.effect, claim.target, claim.when));
    let targets = action.targets.iter().map(|target| format!("{} {:?}", target.id, target.relation));
    (claims.collect(), targets.collect())
}

/// The same members the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().rev().map(|(name, value)| (name.clone(), reversed(value))).collect()
        }
        Value::Array(items) => items.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let spoken = chosen(&mut cursor);
    let parameters = maker::input(spoken, &mut cursor);
    let (service, operation, _) = spoken;
    let judged = |parameters: &Value| judge(service, operation, Some(REGION), Some(ACCOUNT), parameters);
    let (one, other) = (judged(&parameters), judged(&reversed(&parameters)));
    assert_eq!(gist(&one), gist(&other), "{}:{} {parameters}", service.name, operation.name);
    assert_eq!(one.mutates(), other.mutates());
    let mut gists = Vec::new();
    for protocol in &service.protocols {
        let written = write(service, operation, *protocol, REGION, Some(ACCOUNT), &parameters);
        let Ok(written) = written else { continue };
        let scope =
            Scope { region: written.signing_region.clone(), service: written.signing_name.to_owned() };
        let Ok(reading) = read(&arrived(&written), Some(&scope), Some(ACCOUNT)) else { continue };
        let found = reading.candidates.iter().find(|found| found.operation == operation.name);
        if let Some(found) = found.filter(|found| found.service == service.name) {
            gists.push((*protocol, gist(&found.action)));
        }
    }
    for pair in gists.windows(2) {
        assert_eq!(
            pair[0].1, pair[1].1,
            "{}:{} in {:?} and {:?}: {parameters}",
            service.name, operation.name, pair[0].0, pair[1].0
        );
    }
}
