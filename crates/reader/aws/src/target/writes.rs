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

/// How the names end of members that tags stand in, in small letters: lists of pairs, maps, or something around those.
const ENDS: [&str; 12] = [
    "tags",
    "tagset",
    "taglist",
    "tagslist",
    "tagsmap",
    "tagmap",
    "tagging",
    "tagspecification",
    "tagspecifications",
    "tagstoadd",
    "tagstoupdate",
    "tagsoverride",
];

/// Members that speak of tags and write none, with what they do instead; of one service, or of every one. What stands in
/// them is not looked at.
pub(super) const WRITES_NONE: &[(&str, &str, &str)] = &[
    ("*", "Filter", CHOOSES),
    ("*", "Filters", CHOOSES),
    ("*", "filter", CHOOSES),
    ("*", "FilterExpression", CHOOSES),
    ("*", "filterCriteria", CHOOSES),
    ("*", "filterExpression", CHOOSES),
    ("*", "dataFilterExpression", CHOOSES),
    ("*", "resourceFilterCriteria", CHOOSES),
    ("*", "ThresholdExpression", CHOOSES),
    ("*", "MonitorSpecification", CHOOSES),
    ("*", "Criteria", CHOOSES),
    ("*", "criteria", CHOOSES),
    ("*", "Exclusions", CHOOSES),
    ("*", "exclusions", CHOOSES),
    ("*", "exclusionRules", CHOOSES),
    ("*", "ExcludeTags", CHOOSES),
    ("*", "ExcludeDataVolumeTags", CHOOSES),
    ("*", "ExcludeResourceTags", CHOOSES),
    ("accessanalyzer", "analysisRule", CHOOSES),
    ("autoscaling-plans", "ApplicationSource", CHOOSES),
    ("backup", "ControlScope", CHOOSES),
    ("backup", "BackupSelection", CHOOSES),
    ("backupsearch", "SearchScope", CHOOSES),
    ("codedeploy", "targetInstances", CHOOSES),
    ("codedeploy", "ec2TagSet", CHOOSES),
    ("codedeploy", "onPremisesTagSet", CHOOSES),
    ("connect", "Actions", CHOOSES),
    ("connect", "AllowedAccessControlTags", CHOOSES),
    ("devops-guru", "ResourceCollection", CHOOSES),
    ("dlm", "TargetTags", CHOOSES),
    ("ec2", "AssociationTarget", CHOOSES),
    ("ec2", "AllocationResourceTags", "says which tags what is allocated must bear"),
    ("ec2", "AddAllocationResourceTags", "says which tags what is allocated must bear"),
    ("ec2", "RemoveAllocationResourceTags", "says which tags what is allocated must bear"),
    ("fis", "targets", CHOOSES),
    ("fms", "ResourceTags", CHOOSES),
    ("imagebuilder", "resourceSelection", CHOOSES),
    ("inspector", "resourceGroupTags", CHOOSES),
    ("inspector2", "targets", CHOOSES),
    ("rbin", "ResourceTags", CHOOSES),
    ("securityhub", "Findings", "tells of a finding"),
    ("cognito-identity", "PrincipalTags", "names the tags of sessions"),
    ("quicksight", "SessionTags", "names the tags of sessions"),
    ("quicksight", "RowLevelPermissionTags", "names the tags of sessions"),
    ("pinpoint-email", "EmailTags", MARKS),
    ("ses", "Tags", MARKS),
    ("ses", "DefaultTags", MARKS),
    ("sesv2", "EmailTags", MARKS),
    ("sesv2", "DefaultEmailTags", MARKS),
    ("*", "ReplacementTags", MARKS),
];

const CHOOSES: &str = "chooses what something is done to";
const MARKS: &str = "marks messages, for statistics";

/// Where keys of tags that are removed may stand.
const REMOVED: [&str; 12] = [
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
    "RemoveTags[]",
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
    Written { service: subject.service, removes, writes: &mut writes }.within(subject.parameters);
    header(subject, &mut writes);
    patched(subject, &mut writes);
    templated(subject, &mut writes);
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

/// Tags wherever they stand in a request: also of what a launch template launches, a pipeline makes, a policy copies.
struct Written<'w> {
    service: &'w str,
    removes: bool,
    writes: &'w mut Vec<ClassifierWrite>,
}

impl Written<'_> {
    fn within(&mut self, value: &Value) {
        match value {
            Value::Array(list) => list.iter().for_each(|one| self.within(one)),
            Value::Object(members) => {
                for (name, member) in members {
                    if self.writes_none(name) {
                        continue;
                    }
                    if is_tags(name) {
                        self.tags(name, member);
                    } else {
                        self.within(member);
                    }
                }
            }
            _ => {}
        }
    }

    /// What stands under a member for tags: the pairs themselves, or something around them.
    fn tags(&mut self, name: &str, value: &Value) {
        // A specification lists what the tags are for: they stand within.
        let around = name.to_ascii_lowercase().contains("tagspecification");
        if !around || value.is_object() {
            pairs(value, self.removes, self.writes);
        }
        self.around(value);
    }

    fn around(&mut self, value: &Value) {
        match value {
            Value::Array(list) => {
                for one in list.iter().filter(|one| key_of(one).is_none()) {
                    self.around(one);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    match (is_tags(name), member) {
                        (true, _) => self.tags(name, member),
                        (false, Value::Array(list)) if list.iter().any(|one| key_of(one).is_some()) => {
                            pairs(member, self.removes, self.writes);
                            self.around(member);
                        }
                        (false, _) => self.around(member),
                    }
                }
            }
            _ => {}
        }
    }

    fn writes_none(&self, name: &str) -> bool {
        WRITES_NONE
            .iter()
            .any(|(service, member, _)| *member == name && (*service == "*" || *service == self.service))
    }
}

fn is_tags(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDS.iter().any(|end| name.ends_with(end))
}

/// The key of a pair under any of its spellings.
fn key_of(pair: &Value) -> Option<&str> {
    ["Key", "key", "TagKey", "tagKey"].iter().find_map(|name| pair.get(*name)?.as_str())
}

/// Pairs `{Key, Value}` under any of their spellings, or a map.
fn pairs(value: &Value, removes: bool, writes: &mut Vec<ClassifierWrite>) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    match value {
        Value::Array(list) => {
            for pair in list {
                let any = |names: [&str; 4]| names.iter().find_map(|name| text(pair.get(name)));
                if let Some(key) = key_of(pair).map(str::to_owned) {
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

/// Texts that say what is made, with its tags: of Cloud Control the whole, of CloudFormation Interlock's own marks.
fn templated(subject: &Subject<'_>, writes: &mut Vec<ClassifierWrite>) {
    let desired = subject.text("DesiredState").filter(|_| subject.service == "cloudcontrol");
    if let Some(desired) = desired.and_then(|text| serde_json::from_str(text).ok()) {
        Written { service: subject.service, removes: false, writes }.within(&desired);
    }
    let body = subject.text("TemplateBody").filter(|_| subject.service == "cloudformation");
    for mark in body.map(crate::stack_template::marks).unwrap_or_default() {
        writes.push(ClassifierWrite::Tag { key: mark.to_owned(), value: Some(String::new()) });
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

#[cfg(test)]
mod tests;
