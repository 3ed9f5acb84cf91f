//! Elastic Load Balancing: where traffic goes, and its guards.

use interlock_action::Effect;
use serde_json::Value;

use super::facts::ELBV2_ZONE_DROPPED;
use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "load-balancer-protection-off",
        finds: "a load balancer's deletion protection or access log turned off",
        shape: Shape::GuardRemoval,
        operations: &[("elbv2", "ModifyLoadBalancerAttributes")],
        test: |subject| {
            let off = subject.all("Attributes[]").into_iter().any(|attribute| {
                let text = |name: &str| attribute.get(name).and_then(Value::as_str).unwrap_or_default();
                let guards =
                    ["deletion_protection.enabled", "access_logs.s3.enabled", "connection_logs.s3.enabled"];
                guards.contains(&text("Key")) && !text("Value").eq_ignore_ascii_case("true")
            });
            only_if(
                off,
                claim(Effect::GuardRemoval, "lets the load balancer be deleted, or turns its log off"),
            )
        },
    },
    Rule {
        id: "listener-changed",
        finds: "other destinations, or no encryption, for a listener",
        shape: Shape::Setting,
        operations: &[("elbv2", "ModifyListener"), ("elbv2", "ModifyRule")],
        test: |subject| {
            let members =
                ["DefaultActions", "Actions", "Conditions", "Transforms", "Certificates", "Protocol", "Port"];
            only_if(
                members.iter().any(|member| subject.has(member)),
                claim(Effect::Network, "sends the listener's traffic elsewhere"),
            )
        },
    },
    Rule {
        id: "listener-encryption-weakened",
        finds: "an older cipher policy for a listener",
        shape: Shape::GuardRemoval,
        operations: &[("elbv2", "ModifyListener")],
        test: |subject| {
            let strong = |policy: &str| {
                policy.contains("TLS13-1-2") || policy.contains("TLS13-1-3") || policy.contains("TLS-1-2")
            };
            only_if(
                subject.text("SslPolicy").is_some_and(|policy| !strong(policy)),
                claim(Effect::GuardRemoval, "accepts versions of TLS that are broken"),
            )
        },
    },
    Rule {
        id: "load-balancer-zone-dropped",
        finds: "a list of subnets without a zone that is served now",
        shape: Shape::FullReplace { difference: ELBV2_ZONE_DROPPED },
        operations: &[("elbv2", "SetSubnets")],
        test: |_| vec![claim(Effect::Interrupt, "takes the load balancer out of a zone")],
    },
];
