//! An invalidation: what caches hold is fetched anew.
//!
//! Kept, and compared: nothing. Back: nothing: caches fill again from the origin. Lost: what they held and the origin no longer
//! has.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{Way, is};

/// The way.
pub(super) struct Invalidation;

impl Way for Invalidation {
    fn name(&self) -> &'static str {
        "cloudfront/invalidation"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        is(deed, "cloudfront", &["CreateInvalidation"])
    }

    fn reads(&self, _deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }

    fn state(&self, _deed: &Deed, _answers: &Answers) -> Result<Value, String> {
        Ok(json!({}))
    }

    fn terms(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms::lossy(1, &["what caches held, where the origin no longer has it"]))
    }

    fn back(&self, _deed: &Deed, _before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::Reversibility;

    use super::*;
    use crate::aws::testing;

    #[test]
    fn there_is_nothing_to_do_and_something_may_be_lost() {
        let of = |verb: &str| testing::deed("cloudfront", verb, json!({"DistributionId": "E1"}));
        let deed = of("CreateInvalidation");
        assert!(Invalidation.undoes(&deed) && !Invalidation.undoes(&of("UpdateDistribution")));
        let before = Invalidation.state(&deed, &Answers::new()).unwrap();
        assert!(Invalidation.back(&deed, &before, &before).unwrap().is_empty());
        let terms = Invalidation.terms(&deed, &before).unwrap();
        assert_eq!((terms.class, terms.loses.len()), (Reversibility::Lossy, 1));
    }
}
