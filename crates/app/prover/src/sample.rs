//! What an ordinary request of each effect looks like: what a counterexample is shrunk towards.

use interlock_action::{AgentId, Effect, EnvironmentName, Kind, Operation, PersonId, Surface, TargetId};
use interlock_policy::{ActionFacts, AgentClass, AgentFacts, Ask, TargetFacts};

/// A builder's understood action, inside its task, on something in development that bears no data.
pub(crate) fn ordinary(effect: Effect) -> Ask {
    let (service, call, kind, id) = call(effect);
    let name = id.rsplit([':', '/']).next().unwrap_or(id);
    Ask {
        agent: AgentFacts {
            name: AgentId::new("builder-1"),
            class: AgentClass::Builder,
            owner: PersonId::new("ana"),
        },
        effect,
        target: TargetFacts {
            id: TargetId::new(id),
            name: Some(name.to_owned()),
            kind,
            account: Some("111122223333".into()),
            environment: EnvironmentName::new("development"),
            production: false,
            class_read_only: false,
            bears_data: false,
            made_by_session: false,
            interlock_own: false,
            tags: None,
        },
        facts: ActionFacts {
            known: true,
            undo: false,
            in_scope: true,
            reach_production: false,
            administrator: false,
            over_budget: false,
            lease_names_secret: false,
            securable: true,
            loses_data: effect == Effect::Destroy,
            operation: Operation::aws(service, call),
            service: service.to_owned(),
            surface: Surface::Aws,
        },
    }
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
