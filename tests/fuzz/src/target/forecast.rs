//! Forecasts: which reads, and what is made of answers that say anything at all.

use interlock_action::{Answer, Answers, canonical};
use interlock_flow::Foresee as _;
use interlock_gateway_aws::AwsForesee;
use interlock_reader_aws::{catalogue::Catalogue, judge};

use crate::{
    Target,
    cursor::Cursor,
    maker,
    operations::{ACCOUNT, REGION, Spoken, all, place},
};

/// The operations that more than the generic forecaster knows.
const KNOWN: [(&str, &str); 28] = [
    ("dynamodb", "DeleteTable"),
    ("dynamodb", "DeleteBackup"),
    ("dynamodb", "DeleteItem"),
    ("dynamodb", "PutItem"),
    ("dynamodb", "UpdateContinuousBackups"),
    ("ec2", "TerminateInstances"),
    ("ec2", "DeleteVolume"),
    ("ec2", "DeleteSnapshot"),
    ("ec2", "DeregisterImage"),
    ("ec2", "DeleteSecurityGroup"),
    ("ec2", "RevokeSecurityGroupIngress"),
    ("ec2", "ModifyVpcAttribute"),
    ("iam", "DeleteRole"),
    ("iam", "DeleteUser"),
    ("iam", "DeletePolicy"),
    ("iam", "DeleteAccessKey"),
    ("rds", "DeleteDBInstance"),
    ("rds", "ModifyDBInstance"),
    ("rds", "DeleteDBCluster"),
    ("rds", "DeleteDBSnapshot"),
    ("s3", "DeleteBucket"),
    ("s3", "DeleteObject"),
    ("s3", "DeleteObjects"),
    ("s3", "PutObject"),
    ("s3", "PutBucketLifecycleConfiguration"),
    ("route53", "ChangeResourceRecordSets"),
    ("backup", "DeleteRecoveryPoint"),
    ("kms", "ScheduleKeyDeletion"),
];

pub(super) const TARGET: Target = Target {
    name: "forecast",
    about: "forecasts over made-up answers of the live state",
    millis: 1_000,
    run,
    seeds: || {
        let noise =
            |seed: usize| (0..600_usize).map(move |n| (n.wrapping_mul(151) ^ seed.wrapping_mul(73)) as u8);
        (0..KNOWN.len() * 3)
            .map(|at| std::iter::once(u8::try_from(at).unwrap()).chain(noise(at)).collect())
            .collect()
    },
};

fn run(bytes: &[u8]) {
    let mut cursor = Cursor::new(bytes);
    let spoken: &Spoken = match KNOWN.get(cursor.below(KNOWN.len() + 4)) {
        Some((service, operation)) => &all()[usize::from(place(service, operation))],
        None => crate::operations::chosen(&mut cursor),
    };
    let parameters = maker::input(spoken, &mut cursor);
    let action = judge(&spoken.0, &spoken.1, Some(REGION), Some(ACCOUNT), &parameters);
    let mut answers = Answers::new();
    for _ in 0..6 {
        let reads = AwsForesee::default().reads(&action, &answers);
        let mut new = 0;
        for read in reads {
            if answers.contains_key(&read.key) || answers.len() > 60 {
                continue;
            }
            let (service, operation) = (read.call.operation.service(), read.call.operation.verb());
            let service =
                Catalogue::get().service(service).unwrap_or_else(|| panic!("a read of `{service}`"));
            let operation = service
                .operation(operation)
                .unwrap_or_else(|| panic!("no {} for {}", read.call.operation, action.operation));
            assert!(operation.access.is_read(), "a forecast calls {}", read.call.operation);
            let answer = match cursor.below(8) {
                0 => Answer::NotFound,
                1 => Answer::Unreadable("it is dark".to_owned()),
                _ => {
                    let asked = (service.clone(), operation.clone(), service.protocols[0]);
                    Answer::Found(maker::output(&asked, &mut cursor))
                }
            };
            answers.insert(read.key, answer);
            new += 1;
        }
        if new == 0 {
            break;
        }
    }
    let survey = AwsForesee::default().fold(&action, &answers);
    canonical(&survey.forecast).expect("a forecast has a canonical form");
    canonical(&survey.fingerprint).expect("a fingerprint has a canonical form");
    if let Some(rewrite) = &survey.rewrite {
        let again = judge(&spoken.0, &spoken.1, Some(REGION), Some(ACCOUNT), rewrite);
        assert!(again.mutates(), "{} is rewritten into a read: {rewrite}", action.operation);
    }
}
