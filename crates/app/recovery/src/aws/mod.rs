//! The ways back on AWS, behind flow's `Undo` port.

mod acm;
mod apigateway;
mod autoscaling;
mod ce;
mod cloudcontrol;
mod cloudformation;
mod cloudfront;
mod cloudtrail;
mod cloudwatch;
mod cognito_idp;
mod custody;
mod dynamodb;
mod ec2;
mod ecr;
mod ecs;
mod efs;
mod eks;
mod elasticache;
mod elbv2;
mod events;
mod iam;
mod kinesis;
mod kms;
mod lambda;
mod logs;
mod one_read;
mod opensearch;
mod rds;
mod redshift;
mod route53;
mod s3;
mod secretsmanager;
mod settings;
mod sns;
mod sqs;
mod ssm;
mod subject;
#[cfg(test)]
mod testing;
mod wafv2;
mod way;

use std::collections::BTreeSet;

use interlock_action::{Action, Answers, Call, Deed, Read, Step, Terms, compared};
use interlock_flow::Undo;
use interlock_reader_aws::{catalogue::Catalogue, judge};
use serde_json::Value;

pub use custody::AwsKeep;
pub use way::Way;

/// Every way, a family after the other.
static WAYS: &[&[&dyn Way]] = &[
    acm::WAYS,
    apigateway::WAYS,
    autoscaling::WAYS,
    ce::WAYS,
    cloudcontrol::WAYS,
    cloudformation::WAYS,
    cloudfront::WAYS,
    cloudtrail::WAYS,
    cloudwatch::WAYS,
    cognito_idp::WAYS,
    dynamodb::WAYS,
    ec2::WAYS,
    ecr::WAYS,
    ecs::WAYS,
    efs::WAYS,
    eks::WAYS,
    elasticache::WAYS,
    elbv2::WAYS,
    events::WAYS,
    iam::WAYS,
    kinesis::WAYS,
    kms::WAYS,
    lambda::WAYS,
    logs::WAYS,
    opensearch::WAYS,
    rds::WAYS,
    redshift::WAYS,
    route53::WAYS,
    s3::WAYS,
    secretsmanager::WAYS,
    sns::WAYS,
    sqs::WAYS,
    ssm::WAYS,
    wafv2::WAYS,
];

/// Every way back.
pub fn ways() -> impl Iterator<Item = &'static dyn Way> {
    let settings = settings::WAYS.iter().flat_map(|rows| rows.iter()).map(|row| row as &dyn Way);
    WAYS.iter().flat_map(|family| family.iter().copied()).chain(settings)
}

/// The ways back on AWS.
#[derive(Clone, Copy, Debug, Default)]
pub struct AwsUndo;

fn way_of(deed: &Deed) -> Option<&'static dyn Way> {
    ways().find(|way| way.undoes(deed))
}

impl Undo for AwsUndo {
    fn way(&self, deed: &Deed) -> Option<&'static str> {
        way_of(deed).map(Way::name)
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        way_of(deed).map_or_else(Vec::new, |way| way.reads(deed, so_far))
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        way_of(deed).ok_or("nobody knows its state")?.state(deed, answers)
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        way_of(deed)?.terms(deed, before)
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        if compared(before) == compared(now) {
            return Ok(Vec::new());
        }
        way_of(deed).ok_or("nobody knows a way back")?.back(deed, before, now)
    }

    fn between(&self, deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        // What a service tells of a thing that it is at work on is looked at again once it has finished.
        let working = way::busy(now).then(|| now.clone());
        let own = way_of(deed).map_or_else(Vec::new, |way| way.between(deed, before, now));
        own.into_iter().chain(working).collect()
    }

    fn about(&self, deed: &Deed, reads: &BTreeSet<String>) -> Vec<String> {
        way_of(deed).map_or_else(Vec::new, |way| subject::about(way.name(), deed, reads))
    }

    fn judge(&self, call: &Call) -> Option<Action> {
        let service = Catalogue::get().service(call.operation.service())?;
        let operation = service.operation(call.operation.verb()).cloned()?;
        let account = call.account.as_ref().map(interlock_action::AccountId::as_str);
        Some(judge(&service, &operation, call.region.as_deref(), account, &call.arguments))
    }
}
