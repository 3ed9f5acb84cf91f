//! What an ordinary request of each effect looks like: what a counterexample is shrunk towards.

use interlock_action::{Effect, Kind, Operation, TargetId};
use interlock_policy::Ask;

/// The ordinary ask of `policy test`, with this effect and a call that has it.
pub(crate) fn ordinary(effect: Effect) -> Ask {
    let (service, call, kind, id) = call(effect);
    let mut ask = interlock_policy::ordinary();
    ask.effect = effect;
    ask.target.id = TargetId::new(id);
    ask.target.name = id.rsplit([':', '/']).next().map(str::to_owned);
    ask.target.kind = kind;
    ask.facts.loses_data = effect == Effect::Destroy;
    ask.facts.operation = Operation::aws(service, call);
    ask.facts.service = service.to_owned();
    ask
}

/// A call that has the effect: service, operation, what it falls on.
fn call(effect: Effect) -> (&'static str, &'static str, Kind, &'static str) {
    let database = "arn:aws:rds:eu-west-1:111122223333:db:orders";
    let bucket = "arn:aws:s3:::orders";
    match effect {
        Effect::Read => ("rds", "DescribeDBInstances", Kind::Database, database),
        Effect::SensitiveRead => (
            "secretsmanager",
            "GetSecretValue",
            Kind::Secret,
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders",
        ),
        Effect::Create => ("rds", "CreateDBInstance", Kind::Database, database),
        Effect::Update | Effect::Expose | Effect::GuardRemoval => {
            ("rds", "ModifyDBInstance", Kind::Database, database)
        }
        Effect::Interrupt => ("rds", "StopDBInstance", Kind::Database, database),
        Effect::Destroy => ("rds", "DeleteDBInstance", Kind::Database, database),
        Effect::Network => (
            "ec2",
            "AuthorizeSecurityGroupIngress",
            Kind::SecurityGroup,
            "arn:aws:ec2:eu-west-1:111122223333:security-group/orders",
        ),
        Effect::Privilege => ("iam", "AttachRolePolicy", Kind::Role, "arn:aws:iam::111122223333:role/orders"),
        Effect::Execute => {
            ("lambda", "Invoke", Kind::Function, "arn:aws:lambda:eu-west-1:111122223333:function:orders")
        }
        Effect::Exfiltrate => ("s3", "PutBucketReplication", Kind::Bucket, bucket),
        Effect::RecoveryLoss => (
            "rds",
            "DeleteDBSnapshot",
            Kind::DatabaseSnapshot,
            "arn:aws:rds:eu-west-1:111122223333:snapshot:orders",
        ),
        Effect::AuditTrail => (
            "cloudtrail",
            "StopLogging",
            Kind::Trail,
            "arn:aws:cloudtrail:eu-west-1:111122223333:trail/orders",
        ),
        Effect::Interlock => ("iam", "DeleteRole", Kind::Role, "arn:aws:iam::111122223333:role/orders"),
    }
}
