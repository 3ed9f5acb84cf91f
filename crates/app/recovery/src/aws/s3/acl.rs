//! The access control list of a bucket or of an object.
//!
//! Kept: the owner and the grants. Back: they are put again as they were. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, only, sorted, step, text, with},
};

/// The way.
pub(super) struct Acl;

/// What reads it, what puts it, and what names the thing.
fn of(deed: &Deed) -> Option<(&'static str, &'static str, Value)> {
    text(deed, "/Bucket")?;
    if is(deed, "s3", &["PutBucketAcl"]) {
        return Some(("GetBucketAcl", "PutBucketAcl", only(&deed.arguments, &["Bucket"])));
    }
    let place = only(&deed.arguments, &["Bucket", "Key", "VersionId"]);
    is(deed, "s3", &["PutObjectAcl"]).then_some(("GetObjectAcl", "PutObjectAcl", place))
}

/// What of an access list is kept: whose it is, and who may do what. Names that are only shown are left out.
pub(super) fn kept(answer: &Value) -> Value {
    let grant = |one: &Value| {
        let who = only(at(one, "/Grantee"), &["Type", "ID", "URI", "EmailAddress"]);
        json!({"Grantee": who, "Permission": at(one, "/Permission")})
    };
    let grants = list(answer, "/Grants").iter().map(grant).collect();
    json!({"Owner": only(at(answer, "/Owner"), &["ID"]), "Grants": sorted(grants)})
}

impl OneRead for Acl {
    fn called(&self) -> &'static str {
        "s3/acl"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        of(deed).map(|(get, _, place)| Ask("s3", get, place))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        Ok(kept(answer.ok_or("it is not there")?))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (_, put, place) = of(deed).ok_or("the bucket is not named")?;
        let thing = text(deed, "/Key").or_else(|| text(deed, "/Bucket")).unwrap_or("?");
        let arguments = with(place, json!({"AccessControlPolicy": before}));
        let name = format!("put the access control list of {thing} back");
        Ok(vec![step(name, call(deed, "s3", put, arguments))])
    }
}
