//! Amazon CloudFront and Global Accelerator: what users reach a service by.

use interlock_action::Effect;

use super::facts::CLOUDFRONT_DISTRIBUTION_CHANGED;
use super::{Rule, Shape, claim, only_if};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "distribution-off",
        finds: "a distribution or accelerator turned off",
        shape: Shape::Setting,
        operations: &[
            ("cloudfront", "UpdateDistribution"),
            ("cloudfront", "UpdateStreamingDistribution"),
            ("cloudfront", "UpdateDistributionTenant"),
            ("cloudfront", "UpdateConnectionGroup"),
            ("globalaccelerator", "UpdateAccelerator"),
            ("globalaccelerator", "UpdateCustomRoutingAccelerator"),
        ],
        test: |subject| {
            let flags = ["DistributionConfig.Enabled", "StreamingDistributionConfig.Enabled", "Enabled"];
            only_if(
                flags.iter().any(|path| subject.off(path)),
                claim(Effect::Interrupt, "turns off what users reach the service by"),
            )
        },
    },
    Rule {
        id: "distribution-replaced",
        finds: "a distribution written anew, with other origins or without its firewall",
        shape: Shape::FullReplace { difference: CLOUDFRONT_DISTRIBUTION_CHANGED },
        operations: &[("cloudfront", "UpdateDistribution")],
        test: |subject| {
            let mut claims = vec![claim(Effect::Network, "sends visitors elsewhere, or past the firewall")];
            if subject.text("DistributionConfig.WebACLId").is_none_or(str::is_empty) {
                claims.push(claim(Effect::GuardRemoval, "leaves the distribution without a firewall"));
            }
            claims
        },
    },
    Rule {
        id: "cache-emptied",
        finds: "every cached copy dropped at once",
        shape: Shape::Setting,
        operations: &[("cloudfront", "CreateInvalidation")],
        test: |subject| {
            let everything = |path: &&str| ["*", "/*"].contains(path);
            only_if(
                subject.texts("InvalidationBatch.Paths.Items[]").iter().any(everything),
                claim(
                    Effect::Interrupt,
                    "sends every request to the origin until the copies are there again",
                ),
            )
        },
    },
];
