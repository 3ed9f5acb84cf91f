//! Creations: which are nothing else, and which only sound so.

use interlock_action::Effect;
use serde_json::json;

use super::{super::fresh, effects, table_says, verb};
use crate::catalogue::Catalogue;

#[test]
fn what_only_adds_is_known_and_would_be_judged_by_its_name_alone() {
    for (family, name) in fresh::rows() {
        let services = match family {
            "rds" => vec!["rds", "docdb", "neptune"],
            "opensearch" => vec!["opensearch", "es"],
            family => vec![family],
        };
        let service = services.iter().filter_map(|name| Catalogue::get().service(name));
        let found = service.filter_map(|service| service.operation(name).cloned()).next();
        let operation = found.unwrap_or_else(|| panic!("{family}:{name} is in no catalogue"));
        assert!(!table_says(family, operation.name), "{family}:{name} stands in a table as well");
        assert_eq!(verb::effect(operation.name), Effect::Create, "{family}:{name}");
    }
}

/// A switch that lets a creation write over what is there, or take away a guard.
#[test]
fn what_only_adds_has_no_switch_that_does_more() {
    let words = ["Force", "Overwrite", "Bypass", "SafetyCheck"];
    // Each is looked at by a rule, or by what the service refuses.
    let looked_at = ["ForceOverwriteReplicaSecret"];
    let mut found = Vec::new();
    for (family, name) in fresh::rows() {
        let Some(service) = Catalogue::get().service(family) else { continue };
        let Some(operation) = service.operation(name).cloned() else { continue };
        let members = service.input(&operation).map(|input| input.members.iter()).into_iter().flatten();
        for member in members.map(|member| member.name) {
            if words.iter().any(|word| member.contains(word)) && !looked_at.contains(&member) {
                found.push(format!("{family}:{name} {member}"));
            }
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn what_only_sounds_like_a_creation_is_more() {
    for (service, operation) in [
        ("kms", "ReplicateKey"),
        ("secretsmanager", "ReplicateSecretToRegions"),
        ("apigateway", "CreateDeployment"),
        ("transfer", "ImportSshPublicKey"),
        ("elasticache", "CreateUser"),
        ("memorydb", "CreateUser"),
        ("mq", "CreateUser"),
        ("acm-pca", "IssueCertificate"),
        ("cognito-idp", "CreateIdentityProvider"),
        ("fsx", "CopySnapshotAndUpdateVolume"),
        ("fsx", "CreateDataRepositoryTask"),
        ("greengrassv2", "CreateDeployment"),
        ("codecommit", "CreateCommit"),
        ("verifiedpermissions", "CreatePolicy"),
        ("directconnect", "AllocateHostedConnection"),
        ("opensearch", "CreateOutboundConnection"),
        ("redshift", "RestoreTableFromClusterSnapshot"),
        ("ec2", "CreateMacSystemIntegrityProtectionModificationTask"),
        ("ec2", "CreateLaunchTemplateVersion"),
    ] {
        let effects = effects(service, operation, &json!({}));
        assert!(
            effects.iter().any(|effect| *effect != Effect::Create && effect.mutates()),
            "{service}:{operation} {effects:?}"
        );
    }
    // What is made every day stays a creation.
    for (service, operation) in [
        ("ec2", "RunInstances"),
        ("rds", "CreateDBInstance"),
        ("dynamodb", "CreateTable"),
        ("s3", "CreateBucket"),
    ] {
        let effects = effects(service, operation, &json!({}));
        assert!(!effects.contains(&Effect::Update), "{service}:{operation} {effects:?}");
    }
}
