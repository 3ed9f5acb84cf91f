//! The targets, one file each.

mod answer;
mod body;
mod canonical;
mod chunked;
mod config;
mod forecast;
mod judge;
mod ledger;
mod people;
mod plan;
mod policy;
mod request;
mod signature;
mod words;

use crate::Target;

pub(crate) static ALL: [Target; 14] = [
    request::TARGET,
    body::TARGET,
    judge::TARGET,
    words::TARGET,
    answer::TARGET,
    forecast::TARGET,
    chunked::TARGET,
    signature::TARGET,
    ledger::TARGET,
    people::TARGET,
    canonical::TARGET,
    config::TARGET,
    policy::TARGET,
    plan::TARGET,
];
