//! The configuration of a distribution.
//!
//! Kept: the whole configuration. Back: it is updated again, against the version that is found. Compared: the whole
//! configuration. It takes some minutes to reach every edge.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, standing, step, text, what},
};

/// The way.
pub(super) struct Distribution;

fn id(deed: &Deed) -> Option<&str> {
    text(deed, "/Id").filter(|_| is(deed, "cloudfront", &["UpdateDistribution"]))
}

impl OneRead for Distribution {
    fn called(&self) -> &'static str {
        "cloudfront/distribution"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("cloudfront", "GetDistributionConfig", json!({"Id": id(deed)?})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let answer = answer.ok_or("the distribution is not there")?;
        Ok(standing(at(answer, "/DistributionConfig").clone(), json!({"tag": at(answer, "/ETag")})))
    }

    fn on(&self, _deed: &Deed, _before: &Value) -> Option<Terms> {
        Some(Terms { minutes: 10, ..Terms::exact() })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the distribution is not named")?;
        let arguments =
            json!({"Id": id, "IfMatch": at(now, "/handle/tag"), "DistributionConfig": what(before)});
        let update = call(deed, "cloudfront", "UpdateDistribution", arguments);
        Ok(vec![step(format!("set the configuration of {id} back"), update)])
    }
}
