//! Amazon RDS, DocumentDB, Neptune: settings that interrupt, open or weaken a database.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::{
    RDS_CHANGE_INTERRUPTS, RDS_GROUPS_CHANGED, RDS_PARAMETERS_CHANGED, RDS_PUBLICLY_ACCESSIBLE,
};
use super::rds::MODIFY;
use super::{Rule, Shape, claim, claim_when, no, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "rds-password-changed",
        finds: "a new master password",
        shape: Shape::Setting,
        operations: MODIFY,
        test: |subject| {
            only_if(
                subject.has("MasterUserPassword") || subject.on("RotateMasterUserPassword"),
                claim(
                    Effect::Privilege,
                    "changes the master password: whoever knows the new one gets in, others do not",
                ),
            )
        },
    },
    Rule {
        id: "rds-publicly-accessible",
        finds: "a database reachable from the internet",
        shape: Shape::Setting,
        operations: &[
            ("rds", "ModifyDBInstance"),
            ("rds", "ModifyDBCluster"),
            ("rds", "CreateDBInstance"),
            ("rds", "CreateDBCluster"),
            ("rds", "CreateDBInstanceReadReplica"),
            ("rds", "RestoreDBInstanceFromDBSnapshot"),
            ("rds", "RestoreDBInstanceToPointInTime"),
            ("rds", "RestoreDBInstanceFromS3"),
            ("rds", "RestoreDBClusterFromSnapshot"),
            ("rds", "RestoreDBClusterToPointInTime"),
        ],
        test: public,
    },
    Rule {
        id: "rds-groups-changed",
        finds: "another list of security groups",
        shape: Shape::FullReplace { difference: RDS_GROUPS_CHANGED },
        operations: MODIFY,
        test: |subject| {
            only_if(
                subject.has("VpcSecurityGroupIds") || subject.has("DBSecurityGroups"),
                claim_when(
                    Effect::Network,
                    "changes who can reach the database",
                    vec![yes(RDS_GROUPS_CHANGED)],
                ),
            )
        },
    },
    Rule {
        id: "rds-change-interrupts",
        finds: "a change that restarts the database, now or on a fixed port at once",
        shape: Shape::Setting,
        operations: MODIFY,
        test: interrupts,
    },
    Rule {
        id: "rds-renamed",
        finds: "a new name, and with it a new address",
        shape: Shape::Setting,
        operations: &[
            ("rds", "ModifyDBInstance"),
            ("rds", "ModifyDBCluster"),
            ("rds", "ModifyGlobalCluster"),
        ],
        test: |subject| {
            only_if(
                ["NewDBInstanceIdentifier", "NewDBClusterIdentifier", "NewGlobalClusterIdentifier"]
                    .iter()
                    .any(|member| subject.has(member)),
                claim(
                    Effect::Interrupt,
                    "gives the database another address: programs that know the old one fail",
                ),
            )
        },
    },
    Rule {
        id: "rds-parameter-weakened",
        finds: "a parameter that turns encryption, durability or the audit log off",
        shape: Shape::GuardRemoval,
        operations: &[("rds", "ModifyDBParameterGroup"), ("rds", "ModifyDBClusterParameterGroup")],
        test: parameters,
    },
    Rule {
        id: "rds-logs-off",
        finds: "logs of the database that are no longer kept",
        shape: Shape::GuardRemoval,
        operations: MODIFY,
        test: |subject| {
            only_if(
                !subject.texts("CloudwatchLogsExportConfiguration.DisableLogTypes[]").is_empty(),
                claim(Effect::GuardRemoval, "no longer keeps logs of what is done in the database"),
            )
        },
    },
    Rule {
        id: "rds-standby-off",
        finds: "a database without its standby, without sign-in by identity, or with a password that nobody rotates",
        shape: Shape::GuardRemoval,
        operations: MODIFY,
        test: |subject| {
            let guards = ["MultiAZ", "EnableIAMDatabaseAuthentication", "ManageMasterUserPassword"];
            only_if(
                guards.iter().any(|member| subject.off(member)),
                claim(
                    Effect::GuardRemoval,
                    "takes the standby, or a way to sign in safely, from the database",
                ),
            )
        },
    },
    Rule {
        id: "rds-parameters-swapped",
        finds: "another parameter group, with whatever it holds",
        shape: Shape::Setting,
        operations: MODIFY,
        test: |subject| {
            only_if(
                ["DBParameterGroupName", "DBClusterParameterGroupName", "DBInstanceParameterGroupName"]
                    .iter()
                    .any(|member| subject.has(member)),
                claim(Effect::Interrupt, "puts other parameters in force at the next restart"),
            )
        },
    },
    Rule {
        id: "rds-forced-failover",
        finds: "a reboot with fail-over",
        shape: Shape::Setting,
        operations: &[("rds", "RebootDBInstance")],
        test: |subject| {
            only_if(
                subject.on("ForceFailover"),
                claim(Effect::Interrupt, "fails over to the standby: every connection is cut"),
            )
        },
    },
    Rule {
        id: "rds-option-removed",
        finds: "an option taken out of an option group",
        shape: Shape::Setting,
        operations: &[("rds", "ModifyOptionGroup")],
        test: options,
    },
];

fn public(subject: &Subject<'_>) -> Vec<Claim> {
    if !subject.on("PubliclyAccessible") {
        return Vec::new();
    }
    let why = "gives the database a public address";
    match subject.operation.starts_with("Modify") {
        true => vec![claim_when(Effect::Expose, why, vec![no(RDS_PUBLICLY_ACCESSIBLE)])],
        false => vec![claim(Effect::Expose, why)],
    }
}

fn interrupts(subject: &Subject<'_>) -> Vec<Claim> {
    // These restart when they are applied; the port and the subnet group are applied at once whatever is asked.
    let deferred = [
        "DBInstanceClass",
        "DBClusterInstanceClass",
        "EngineVersion",
        "StorageType",
        "OptionGroupName",
        "CACertificateIdentifier",
        "Engine",
    ];
    let at_once = ["DBPortNumber", "Port", "DBSubnetGroupName", "Domain", "NetworkType"];
    let restarts = at_once.iter().any(|member| subject.has(member))
        || (subject.on("ApplyImmediately") && deferred.iter().any(|member| subject.has(member)));
    only_if(
        restarts,
        claim_when(
            Effect::Interrupt,
            "restarts the database, or moves it, at once",
            vec![yes(RDS_CHANGE_INTERRUPTS)],
        ),
    )
}

/// Parameters that guard, with the values that turn them off; an empty list: every value but `1`, `on`, `true`, `all`.
const GUARDS: [(&str, &[&str]); 26] = [
    ("rds.force_ssl", &[]),
    ("require_secure_transport", &[]),
    ("ssl_min_protocol_version", &["TLSv1", "TLSv1.1"]),
    ("tls_version", &["TLSv1", "TLSv1.1", "TLSv1,TLSv1.1"]),
    ("tls", &["disabled"]),
    ("audit_logs", &["disabled", "none"]),
    ("neptune_enable_audit_log", &[]),
    ("fsync", &[]),
    ("full_page_writes", &[]),
    ("synchronous_commit", &["off", "local"]),
    ("autovacuum", &[]),
    ("innodb_flush_log_at_trx_commit", &["0", "2"]),
    ("sync_binlog", &["0"]),
    ("binlog_format", &["OFF"]),
    ("general_log", &[]),
    ("slow_query_log", &[]),
    ("server_audit_logging", &[]),
    ("log_connections", &[]),
    ("log_disconnections", &[]),
    ("log_statement", &["none"]),
    ("log_min_duration_statement", &["-1"]),
    ("log_duration", &[]),
    ("pgaudit.log", &["none"]),
    ("pgaudit.log_level", &["disabled"]),
    ("rds.logical_replication", &[]),
    ("rds.log_retention_period", &["1440"]),
];

fn parameters(subject: &Subject<'_>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for parameter in subject.all("Parameters[]") {
        let text = |name: &str| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, value) = (text("ParameterName"), text("ParameterValue"));
        let weak =
            GUARDS.iter().find(|(guard, _)| guard.eq_ignore_ascii_case(name)).is_some_and(|(_, off)| {
                let is = |word: &str| word.eq_ignore_ascii_case(value);
                if off.is_empty() {
                    !["1", "on", "true", "all", "yes"].iter().any(|word| is(word))
                } else {
                    off.iter().any(|word| is(word))
                }
            });
        if weak {
            claims.push(claim_when(
                Effect::GuardRemoval,
                format!("sets `{name}` to `{value}`, which weakens encryption, durability or the log"),
                vec![yes(RDS_PARAMETERS_CHANGED)],
            ));
        }
    }
    claims
}

/// Options that guard: audit and encryption.
const GUARDING_OPTIONS: [&str; 8] = ["AUDIT", "TDE", "ENCRYPTION", "SSL", "VERIFY", "BACKUP", "OEM", "LABEL"];

fn options(subject: &Subject<'_>) -> Vec<Claim> {
    subject
        .texts("OptionsToRemove[]")
        .into_iter()
        .map(|option| {
            let guards = GUARDING_OPTIONS.iter().any(|word| option.to_uppercase().contains(word));
            let effect = if guards { Effect::GuardRemoval } else { Effect::Interrupt };
            claim(effect, format!("takes the option `{option}` from every database that uses the group"))
        })
        .collect()
}
