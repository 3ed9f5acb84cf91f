//! The settings of a user pool itself: what is kept of what is told, and what they are made of again.

use serde_json::{Map, Value, json};

use super::{
    super::way::{RESTORES, at, list, only, tells_only, with, word},
    plain,
};

const KEPT: &[&str] = &[
    "Name",
    "Policies",
    "DeletionProtection",
    "LambdaConfig",
    "SchemaAttributes",
    "AutoVerifiedAttributes",
    "AliasAttributes",
    "UsernameAttributes",
    "SmsVerificationMessage",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "VerificationMessageTemplate",
    "SmsAuthenticationMessage",
    "UserAttributeUpdateSettings",
    "DeviceConfiguration",
    "EmailConfiguration",
    "SmsConfiguration",
    "UserPoolTags",
    "AdminCreateUserConfig",
    "UserPoolAddOns",
    "UsernameConfiguration",
    "AccountRecoverySetting",
    "UserPoolTier",
];
/// What else is told. A pool with a domain is not deleted by the service.
const TOLD: &[&str] = &[
    "Id",
    "Arn",
    "Status",
    "CreationDate",
    "LastModifiedDate",
    "MfaConfiguration",
    "EstimatedNumberOfUsers",
    "SmsConfigurationFailure",
    "EmailConfigurationFailure",
];
/// What only a new pool can be given.
const AT_FIRST: &[&str] = &["AliasAttributes", "UsernameAttributes", "UsernameConfiguration", "Schema"];
/// Messages that stand twice in an answer, and where else.
const TWICE: [(&str, &str); 3] = [
    ("SmsVerificationMessage", "/VerificationMessageTemplate/SmsMessage"),
    ("EmailVerificationMessage", "/VerificationMessageTemplate/EmailMessage"),
    ("EmailVerificationSubject", "/VerificationMessageTemplate/EmailSubject"),
];
/// Attributes that the service makes by itself.
const OWN: [&str; 2] = ["sub", "identities"];

/// Whether all that is told of it is known here.
pub(super) fn is_known(pool: &Value) -> bool {
    tells_only(pool, &[KEPT, TOLD])
}

/// What is kept.
pub(super) fn kept(pool: &Value) -> Value {
    let mut kept = plain(&only(pool, KEPT));
    // One of two names of the same; both are refused.
    if !at(&kept, "/Policies/PasswordPolicy/TemporaryPasswordValidityDays").is_null()
        && let Some(config) = kept.get_mut("AdminCreateUserConfig").and_then(Value::as_object_mut)
    {
        config.remove("UnusedAccountValidityDays");
    }
    if let Some(tags) = kept.get_mut("UserPoolTags").and_then(Value::as_object_mut) {
        tags.retain(|name, _| !name.starts_with("aws:") && name != RESTORES);
    }
    plain(&kept)
}

/// An attribute as it is asked for; `None` where every pool has it like that.
fn attribute(told: &Value) -> Option<Value> {
    let name = word(told, "/Name")?;
    let own = name.strip_prefix("dev:").unwrap_or(name).strip_prefix("custom:");
    let members = [
        "AttributeDataType",
        "Mutable",
        "Required",
        "StringAttributeConstraints",
        "NumberAttributeConstraints",
    ];
    let asked = with(only(told, &members), json!({"Name": own.unwrap_or(name)}));
    if own.is_some() {
        return Some(with(asked, only(told, &["DeveloperOnlyAttribute"])));
    }
    let usual = at(told, "/Mutable") != &Value::Bool(false) && at(told, "/Required") != &Value::Bool(true);
    let length = |name: &str| word(told, &format!("/StringAttributeConstraints/{name}"));
    let as_long = match (name, length("MinLength"), length("MaxLength")) {
        ("birthdate", least, most) => least == Some("10") && most == Some("10"),
        (_, None | Some("0"), None | Some("2048")) => true,
        _ => false,
    };
    let as_ever = usual && (as_long || word(told, "/AttributeDataType") != Some("String"));
    (!OWN.contains(&name) && !as_ever).then_some(asked)
}

/// All settings but the functions, which are called for users that are made.
pub(super) fn made(was: &Value, mark: Option<String>) -> Value {
    let schema: Vec<Value> = list(was, "/SchemaAttributes").iter().filter_map(attribute).collect();
    let mut tags = at(was, "/UserPoolTags").as_object().cloned().unwrap_or_default();
    tags.extend(mark.map(|mark| (RESTORES.to_owned(), mark.into())));
    let more = json!({
        "PoolName": at(was, "/Name"),
        "Schema": (!schema.is_empty()).then_some(schema),
        "UserPoolTags": tags,
    });
    let mut made = with(was.clone(), more);
    if let Some(members) = made.as_object_mut() {
        members.retain(|name, _| {
            let twice = TWICE.iter().any(|(one, other)| one == name && !at(was, other).is_null());
            !twice && !["Name", "SchemaAttributes", "LambdaConfig"].contains(&name.as_str())
        });
    }
    made
}

/// The same of a pool that stands, with the functions: what is left out would fall back to what it is unless it is said.
pub(super) fn updated(was: &Value, mark: Option<String>) -> Value {
    let members = made(was, mark).as_object().cloned().unwrap_or_default();
    let set = members.into_iter().filter(|(name, _)| !AT_FIRST.contains(&name.as_str()));
    with(Value::Object(set.collect::<Map<_, _>>()), only(was, &["LambdaConfig"]))
}

/// Without the functions: what a pool is before they are set.
pub(super) fn still(pool: &Value) -> Value {
    with(pool.clone(), json!({"LambdaConfig": null}))
}
