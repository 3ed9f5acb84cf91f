//! Amazon OpenSearch Service: domains that shrink or lose a guard.

use interlock_action::Effect;

use super::facts::AUTOSCALING_SIZE_LOWERED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};

const UPDATE: &[(&str, &str)] =
    &[("opensearch", "UpdateDomainConfig"), ("opensearch", "UpdateElasticsearchDomainConfig")];

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "opensearch-shrunk",
        finds: "a domain of fewer machines",
        shape: Shape::Setting,
        operations: UPDATE,
        test: |subject| {
            let counts = ["ClusterConfig.InstanceCount", "ElasticsearchClusterConfig.InstanceCount"];
            only_if(
                counts.iter().any(|path| subject.has(path)),
                claim_when(
                    Effect::Interrupt,
                    "takes machines from the domain: searches slow down, or data no longer fits",
                    vec![yes(AUTOSCALING_SIZE_LOWERED)],
                ),
            )
        },
    },
    Rule {
        id: "opensearch-moved",
        finds: "other subnets or security groups for a domain",
        shape: Shape::Setting,
        operations: UPDATE,
        test: |subject| {
            only_if(subject.has("VPCOptions"), claim(Effect::Network, "changes who can reach the domain"))
        },
    },
    Rule {
        id: "opensearch-guard-off",
        finds: "encryption, access control, logs or snapshots of a domain turned off",
        shape: Shape::GuardRemoval,
        operations: UPDATE,
        test: |subject| {
            let on = [
                "DomainEndpointOptions.EnforceHTTPS",
                "AdvancedSecurityOptions.Enabled",
                "NodeToNodeEncryptionOptions.Enabled",
                "EncryptionAtRestOptions.Enabled",
            ];
            let logs = subject
                .all("LogPublishingOptions.*.Enabled")
                .iter()
                .any(|flag| flag.as_bool() == Some(false));
            only_if(
                on.iter().any(|path| subject.off(path))
                    || logs
                    || subject.on("AutomatedSnapshotPauseOptions.Enabled"),
                claim(Effect::GuardRemoval, "takes a protection from the domain"),
            )
        },
    },
];
