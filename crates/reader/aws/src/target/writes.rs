//! What an action writes that a classification rule may read: tags and names.

use interlock_action::ClassifierWrite;
use serde_json::Value;

use crate::effect::Subject;

/// Operations that replace every tag.
const REPLACES: [(&str, &str); 10] = [
    ("s3", "PutBucketTagging"),
    ("s3", "PutObjectTagging"),
    ("s3", "DeleteBucketTagging"),
    ("s3", "DeleteObjectTagging"),
    ("s3control", "PutBucketTagging"),
    ("s3control", "DeleteBucketTagging"),
    ("s3control", "PutJobTagging"),
    ("s3control", "DeleteJobTagging"),
    ("s3control", "PutStorageLensConfigurationTagging"),
    ("s3control", "DeleteStorageLensConfigurationTagging"),
];

/// Where tags that are set may stand, in one service or another; each a list of pairs or a map.
const SET: [&str; 27] = [
    "Tags",
    "tags",
    "TagList",
    "tagList",
    "tagsMap",
    "TagsToAdd",
    "tagsToAdd",
    "AddTags",
    "TagsList",
    "TagSet",
    "Tagging.TagSet",
    "Tags.Items",
    "HostedZoneTags",
    "Config.Tags",
    "DistributionConfigWithTags.Tags.Items",
    "StreamingDistributionConfigWithTags.Tags.Items",
    "resourceTags",
    "ResourceTags",
    "TagsToUpdate",
    "LFTags",
    "userTags",
    "UserPoolTags",
    "RecoveryPointTags",
    "BackupVaultTags",
    "BackupPlanTags",
    "DomainTags",
    "TagsModel.tags",
];

/// Where keys of tags that are removed may stand.
const REMOVED: [&str; 11] = [
    "TagKeys[]",
    "tagKeys[]",
    "TagKeyList[]",
    "tagKeyList[]",
    "RemoveTagKeys[]",
    "TagsToRemove[]",
    "tagsToRemove[]",
    "TagsToDelete[]",
    "TagKeys.Items[]",
    "KeysToRemove[]",
    "Keys[]",
];

/// The writes, in the order of the parameters.
pub(super) fn of(subject: &Subject<'_>) -> Vec<ClassifierWrite> {
    let mut writes = Vec::new();
    if subject.access.is_read() {
        return writes;
    }
    let removes = ["DeleteTags", "RemoveTags"].contains(&subject.operation)
        || subject.operation.starts_with("Untag")
        || subject.operation.starts_with("RemoveTags");
    if REPLACES.contains(&(subject.service, subject.operation)) {
        writes.push(ClassifierWrite::AllTags);
    }
    for path in SET {
        for value in subject.all(path) {
            pairs(value, removes, &mut writes);
        }
    }
    specified(subject.parameters, &mut writes);
    header(subject, &mut writes);
    patched(subject, &mut writes);
    synced(subject, &mut writes);
    for key in REMOVED.iter().flat_map(|path| subject.texts(path)) {
        writes.push(ClassifierWrite::Tag { key: key.to_owned(), value: None });
    }
    // EC2: no tags listed removes them all.
    if removes && writes.is_empty() {
        writes.push(ClassifierWrite::AllTags);
    }
    writes.extend(names(subject));
    writes
}

/// EC2: tags of what a request makes, wherever they stand: also in a launch template's data, and in what a fleet or a
/// request for spot instances launches.
fn specified(value: &Value, writes: &mut Vec<ClassifierWrite>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| specified(one, writes)),
        Value::Object(members) => {
            for (name, member) in members {
                if ["TagSpecifications", "TagSpecification"].contains(&name.as_str()) {
                    let each = member.as_array().into_iter().flatten();
                    each.filter_map(|one| one.get("Tags")).for_each(|tags| pairs(tags, false, writes));
                } else {
                    specified(member, writes);
                }
            }
        }
        _ => {}
    }
}

/// Pairs `{Key, Value}` under any of their spellings, or a map.
fn pairs(value: &Value, removes: bool, writes: &mut Vec<ClassifierWrite>) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    match value {
        Value::Array(list) => {
            for pair in list {
                let any = |names: [&str; 4]| names.iter().find_map(|name| text(pair.get(name)));
                if let Some(key) = any(["Key", "key", "TagKey", "tagKey"]) {
                    let value = any(["Value", "value", "TagValue", "tagValue"])
                        .or_else(|| text(pair.get("TagValues").and_then(|values| values.get(0))));
                    let value = if removes { None } else { Some(value.unwrap_or_default()) };
                    writes.push(ClassifierWrite::Tag { key, value });
                } else if let Some(key) = pair.as_str() {
                    writes.push(ClassifierWrite::Tag { key: key.to_owned(), value: None });
                }
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                // A list stands further in: `Tags.Items`.
                let Some(value) = value.as_str() else { continue };
                let value = if removes { None } else { Some(value.to_owned()) };
                writes.push(ClassifierWrite::Tag { key: key.clone(), value });
            }
        }
        _ => {}
    }
}

/// S3's `x-amz-tagging` header: `key=value&key=value`.
fn header(subject: &Subject<'_>, writes: &mut Vec<ClassifierWrite>) {
    let Some(tagging) = subject.text("Tagging").filter(|_| subject.service == "s3") else { return };
    for pair in tagging.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
        };
        writes.push(ClassifierWrite::Tag { key: decode(key), value: Some(decode(value)) });
    }
}

/// Cloud Control: a JSON Patch (RFC 6902) of a resource's tags.
fn patched(subject: &Subject<'_>, writes: &mut Vec<ClassifierWrite>) {
    if !subject.is("cloudcontrol", "UpdateResource") {
        return;
    }
    let patch: Option<Value> = subject.text("PatchDocument").and_then(|text| serde_json::from_str(text).ok());
    let Some(Value::Array(patches)) = patch else { return };
    for patch in patches {
        let text = |name: &str| patch.get(name).and_then(Value::as_str).unwrap_or_default();
        let within = |path: &str| {
            let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
            first.to_ascii_lowercase().contains("tags")
        };
        if !within(text("path")) && !within(text("from")) {
            continue;
        }
        // By its place in the list nobody knows which tag it is: only one that is added at the end leaves all others.
        if text("op") != "add" || !text("path").ends_with("/-") {
            writes.push(ClassifierWrite::AllTags);
        }
        let value = patch.get("value").unwrap_or(&Value::Null);
        match value {
            Value::Object(map) if map.contains_key("Key") => {
                pairs(&Value::Array(vec![value.clone()]), false, writes)
            }
            value => pairs(value, false, writes),
        }
    }
}

/// Resource Groups: a task that gives resources a tag, now and from then on.
fn synced(subject: &Subject<'_>, writes: &mut Vec<ClassifierWrite>) {
    if let Some(key) = subject.text("TagKey").filter(|_| subject.is("resource-groups", "StartTagSyncTask")) {
        let value = subject.text("TagValue").unwrap_or_default().to_owned();
        writes.push(ClassifierWrite::Tag { key: key.to_owned(), value: Some(value) });
    }
}

/// Members that change or take away the name by which people call something that has only an id. To give a further one
/// is not among them: a name makes nothing laxer.
const RENAMED: [(&str, &str, &str); 7] = [
    ("kms", "UpdateAlias", "AliasName"),
    ("kms", "DeleteAlias", "AliasName"),
    ("cognito-idp", "UpdateUserPool", "PoolName"),
    ("apigatewayv2", "UpdateApi", "Name"),
    ("appsync", "UpdateGraphqlApi", "name"),
    ("apigateway", "PutRestApi", "parameters.name"),
    ("globalaccelerator", "UpdateAccelerator", "Name"),
];

/// New names: `NewDBInstanceIdentifier`, `NewUserName`, and those of [`RENAMED`].
fn names(subject: &Subject<'_>) -> Vec<ClassifierWrite> {
    let Some(members) = subject.parameters.as_object() else { return Vec::new() };
    let renamed = RENAMED
        .iter()
        .filter(|(service, operation, _)| subject.is(service, operation))
        .flat_map(|(_, _, member)| subject.texts(member))
        .chain(patched_name(subject));
    members
        .iter()
        .filter(|(name, _)| {
            name.strip_prefix("New")
                .or_else(|| name.strip_prefix("new"))
                .is_some_and(|rest| rest.ends_with("Name") || rest.ends_with("Identifier"))
        })
        .filter_map(|(_, value)| value.as_str())
        .chain(renamed)
        .map(|name| ClassifierWrite::Name(name.to_owned()))
        .collect()
}

/// API Gateway: the patch of an API's name.
fn patched_name<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    let patches =
        subject.all("patchOperations[]").into_iter().filter(|_| subject.is("apigateway", "UpdateRestApi"));
    let mut named = patches.filter(|patch| patch.get("path").and_then(Value::as_str) == Some("/name"));
    named.next().map(|patch| patch.get("value").and_then(Value::as_str).unwrap_or_default())
}
