//! AWS WAF: firewalls that let more through.

use interlock_action::Effect;

use super::facts::WAFV2_PROTECTION_DROPPED;
use super::{Rule, Shape, claim};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "firewall-emptied",
    finds: "a firewall written anew, without a rule, address or default that it has now",
    shape: Shape::FullReplace { difference: WAFV2_PROTECTION_DROPPED },
    operations: &[
        ("wafv2", "UpdateWebACL"),
        ("wafv2", "UpdateIPSet"),
        ("wafv2", "UpdateRuleGroup"),
        ("wafv2", "UpdateRegexPatternSet"),
    ],
    test: |_| vec![claim(Effect::GuardRemoval, "lets through what the firewall stops now")],
}];
