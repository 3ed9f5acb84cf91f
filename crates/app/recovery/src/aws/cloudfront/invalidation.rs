//! An invalidation: what caches hold is fetched anew.
//!
//! Kept, and compared: nothing. Back: nothing, for nothing is gone that the origin does not have.

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
        Some(Terms::exact())
    }

    fn back(&self, _deed: &Deed, _before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        Ok(Vec::new())
    }
}
