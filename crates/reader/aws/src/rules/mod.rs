//! Parameter rules: operations whose danger stands in their parameters, or in the live state of what these name. What an
//! operation does whatever it is told is a line of the tables in [`crate::effect`].
//!
//! A rule looks at parameters and adds claims, conditional ones where live state decides. It never takes a claim away:
//! what an operation is at its most harmless stands in [`crate::effect`]. One file a service family; how a rule's danger
//! hides in a request is its [`Shape`].

mod acm;
mod apigateway;
mod autoscaling;
mod backup;
mod batch;
mod billing;
mod cloudcontrol;
mod cloudformation;
mod cloudfront;
mod cloudtrail;
mod cloudwatch;
mod cognito;
mod creations;
mod detection;
mod dms;
mod dynamodb;
mod ec2_instance;
mod ec2_network;
mod ec2_storage;
mod ecr;
mod ecs;
mod eks;
mod elasticache;
mod elbv2;
mod events;
pub mod facts;
mod file_systems;
mod general;
mod glue;
mod guards;
mod iam;
mod kinesis;
mod kms;
mod lambda;
mod logs;
mod opensearch;
mod parents;
mod policy_document;
mod queries;
mod rds;
mod rds_settings;
mod redshift;
mod resource_policy;
mod retention;
mod route53;
mod s3;
mod s3_access;
mod secretsmanager;
mod shape;
mod sharing;
mod sns;
mod sqs;
mod ssm;
mod wafv2;

#[cfg(test)]
mod tests;

use interlock_action::{Claim, Effect, FactTest, RuleId};

use crate::effect::Subject;
pub(crate) use backup::restored_over;
pub(crate) use ec2_network::is_world;
pub(crate) use eks::is_cluster_administrator;
pub(crate) use general::buckets;
pub(crate) use iam::is_administrator;
pub(crate) use policy_document::{administrator, lets_others_in};
pub use shape::Shape;

/// A parameter rule.
#[derive(Debug)]
pub struct Rule {
    /// Its name, in claims, scenarios and answers: `rds-skip-final-snapshot`.
    pub id: &'static str,
    /// What it finds, in one line for a reference page.
    pub finds: &'static str,
    /// How the danger hides.
    pub shape: Shape,
    /// Service and operation pairs that it looks at.
    operations: &'static [(&'static str, &'static str)],
    /// The claims that the parameters give; empty when they are harmless.
    test: fn(&Subject<'_>) -> Vec<Claim>,
}

const FAMILIES: [&[Rule]; 51] = [
    s3::RULES,
    s3_access::RULES,
    rds::RULES,
    rds_settings::RULES,
    dynamodb::RULES,
    ec2_instance::RULES,
    ec2_network::RULES,
    ec2_storage::RULES,
    iam::RULES,
    kms::RULES,
    secretsmanager::RULES,
    route53::RULES,
    cloudtrail::RULES,
    resource_policy::RULES,
    acm::RULES,
    apigateway::RULES,
    autoscaling::RULES,
    backup::RULES,
    batch::RULES,
    billing::RULES,
    cloudformation::RULES,
    cloudfront::RULES,
    cloudwatch::RULES,
    cognito::RULES,
    creations::RULES,
    detection::RULES,
    dms::RULES,
    ecr::RULES,
    ecs::RULES,
    eks::RULES,
    elasticache::RULES,
    elbv2::RULES,
    events::RULES,
    file_systems::RULES,
    glue::RULES,
    kinesis::RULES,
    lambda::RULES,
    logs::RULES,
    opensearch::RULES,
    queries::RULES,
    redshift::RULES,
    retention::RULES,
    sns::RULES,
    sqs::RULES,
    ssm::RULES,
    wafv2::RULES,
    parents::RULES,
    sharing::RULES,
    cloudcontrol::RULES,
    general::RULES,
    guards::RULES,
];

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.into_iter().flatten()
}

/// Rules whose finding is administrator rights: the policy asks for two people.
pub const ADMINISTRATOR: [&str; 4] = [
    "iam-grants-administrator",
    "iam-attaches-administrator",
    "cloudformation-grants-administrator",
    "eks-grants-administrator",
];

/// The claims of every rule that fits, but for the one named, which exists so that a test can show a rule's worth.
pub(crate) fn claims(subject: &Subject<'_>, without: Option<&str>) -> Vec<Claim> {
    all()
        .filter(|rule| Some(rule.id) != without)
        .filter(|rule| {
            rule.operations
                .iter()
                .any(|(service, operation)| *service == general::ANY || subject.is(service, operation))
        })
        .flat_map(|rule| {
            let of_rule = |claim| Claim { rule: Some(RuleId::new(rule.id)), ..claim };
            (rule.test)(subject).into_iter().map(move |claim| of_rule(rule.shape.settle(subject, claim)))
        })
        .collect()
}

/// An unconditional finding.
fn claim(effect: Effect, why: impl Into<String>) -> Claim {
    Claim::plain(effect, why)
}

/// A finding that live state decides: all the tests must hold.
fn claim_when(effect: Effect, why: impl Into<String>, when: impl Into<Vec<FactTest>>) -> Claim {
    Claim { when: when.into(), ..Claim::plain(effect, why) }
}

/// The fact is true, or unknown.
fn yes(fact: &str) -> FactTest {
    FactTest::is(fact, true)
}

/// The fact is false, or unknown.
fn no(fact: &str) -> FactTest {
    FactTest::is(fact, false)
}

/// The claim alone, if the test holds.
fn only_if(test: bool, claim: Claim) -> Vec<Claim> {
    if test { vec![claim] } else { Vec::new() }
}
