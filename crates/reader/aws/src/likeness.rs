//! The parameters of an operation out of the attributes of a configuration, by their names.
//!
//! A provider calls the API with what its resources say, under names that differ in case and underscores: `backup_retention_period`
//! is `BackupRetentionPeriod`. Where they differ in more, whoever asks says so. What has no like name is left out, as is what says
//! nothing (null, an empty text, an empty list): a provider does not send that.

use std::{cell::RefCell, collections::BTreeSet};

use serde_json::{Map, Value, json};

use crate::catalogue::{Kind, Operation, Service, ShapeId, Structure};

/// Parameters that have other names in the configuration: the path of the parameter (`IamInstanceProfile/Name`) and that of the
/// attribute, from the outermost (`.` is all of them).
pub type Names<'n> = &'n [(String, String)];

/// Pairs that stand for the entries of a map.
const PAIRS: [(&str, &str); 4] =
    [("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"), ("ParameterKey", "ParameterValue")];

/// Structures within structures are followed so deep.
const DEEPEST: usize = 8;

/// The parameters of the operation, of those attributes for which `sent` says so: it is asked with the attribute's name and
/// whether its parameter is required. With them the attributes of the outermost level that stand in them.
pub fn like(
    service: &Service,
    operation: &Operation,
    attributes: &Value,
    names: Names<'_>,
    sent: &dyn Fn(&str, bool) -> bool,
) -> (Value, BTreeSet<String>) {
    let Some(input) = service.input(operation) else { return (json!({}), BTreeSet::new()) };
    let fill = Fill { service, names, all: attributes, sent, used: RefCell::default() };
    let filled = fill.structure(input, attributes, "", 0);
    (Value::Object(filled), fill.used.into_inner())
}

struct Fill<'a> {
    service: &'a Service,
    names: Names<'a>,
    all: &'a Value,
    /// Whether an attribute of the outermost level is sent; the second says that its parameter is required.
    sent: &'a dyn Fn(&str, bool) -> bool,
    used: RefCell<BTreeSet<String>>,
}

impl Fill<'_> {
    fn structure(
        &self,
        structure: &Structure,
        attributes: &Value,
        at: &str,
        depth: usize,
    ) -> Map<String, Value> {
        let mut filled = Map::new();
        for member in &structure.members {
            let at = if at.is_empty() { member.name.to_owned() } else { format!("{at}/{}", member.name) };
            let named =
                self.names.iter().find(|(parameter, _)| *parameter == at).map(|(_, path)| path.as_str());
            // Within what is filled from all attributes, these are the outermost, too.
            let outermost = std::ptr::eq(attributes, self.all);
            let found = match named {
                Some(".") => Some((None, self.all)),
                Some(path) => {
                    let top = path.split('/').next().unwrap_or(path);
                    let reached = reached(self.all, path).filter(|_| (self.sent)(top, member.required));
                    reached.map(|value| (Some(top), value))
                }
                None => alike(attributes, member.name)
                    .filter(|(name, _)| !outermost || (self.sent)(name, member.required))
                    .map(|(name, value)| (Some(name.as_str()).filter(|_| outermost), value)),
            };
            let value = found.and_then(|(name, value)| {
                let value = self.value(member.shape, value, &at, depth)?;
                self.used.borrow_mut().extend(name.map(str::to_owned));
                Some(value)
            });
            if let Some(value) = value {
                filled.insert(member.name.to_owned(), value);
            }
        }
        filled
    }

    fn value(&self, shape: ShapeId, value: &Value, at: &str, depth: usize) -> Option<Value> {
        if says_nothing(value) || depth > DEEPEST {
            return None;
        }
        match (&self.service.shape(shape)?.kind, value) {
            (Kind::Structure(structure), value) => {
                // A block stands in a list, also where there can be only one.
                let one = match value {
                    Value::Array(list) => list.first()?,
                    one => one,
                };
                let filled = self.structure(structure, one, at, depth.saturating_add(1));
                (!filled.is_empty()).then_some(Value::Object(filled))
            }
            (Kind::List { member, .. }, Value::Array(list)) => {
                let each =
                    list.iter().filter_map(|one| self.value(*member, one, at, depth.saturating_add(1)));
                Some(Value::Array(each.collect()))
            }
            // Tags are a map in the configuration and pairs on the wire; anything else is the only one of its list.
            (Kind::List { member, .. }, Value::Object(map)) => {
                let Kind::Structure(inner) = &self.service.shape(*member)?.kind else { return None };
                let pair = match inner.members.as_slice() {
                    [name, held, ..] if PAIRS.contains(&(name.name, held.name)) => (name.name, held.name),
                    _ => {
                        let one = self.structure(inner, value, at, depth.saturating_add(1));
                        return (!one.is_empty()).then(|| json!([one]));
                    }
                };
                let pairs = map.iter().map(|(key, value)| json!({pair.0: key, pair.1: value}));
                Some(Value::Array(pairs.collect()))
            }
            (Kind::List { member, .. }, one) => {
                Some(json!([self.value(*member, one, at, depth.saturating_add(1))?]))
            }
            (Kind::Map { .. }, Value::Object(map)) => {
                let said = map.iter().filter(|(_, value)| !value.is_null());
                Some(Value::Object(said.map(|(name, value)| (name.clone(), value.clone())).collect()))
            }
            (Kind::String, Value::Number(_) | Value::Bool(_)) => Some(json!(value.to_string())),
            (Kind::String | Kind::Blob { .. } | Kind::Timestamp(_), Value::String(text)) => Some(json!(text)),
            (Kind::Integer | Kind::Long | Kind::Float | Kind::Double, Value::Number(_)) => {
                Some(value.clone())
            }
            (Kind::Integer | Kind::Long, Value::String(text)) => {
                text.trim().parse::<i64>().ok().map(Value::from)
            }
            (Kind::Boolean, Value::Bool(_)) => Some(value.clone()),
            (Kind::Boolean, Value::String(text)) => text.parse::<bool>().ok().map(Value::from),
            (Kind::Document, value) => Some(value.clone()),
            _ => None,
        }
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The attribute whose name is like that of a parameter.
fn alike<'v>(attributes: &'v Value, parameter: &str) -> Option<(&'v String, &'v Value)> {
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_lowercase()).collect()
    };
    let wanted = plain(parameter);
    attributes.as_object()?.iter().find(|(name, _)| plain(name) == wanted)
}

/// What stands at a path: members behind slashes; of a list the first.
fn reached<'v>(attributes: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('/').try_fold(attributes, |here, name| match here {
        Value::Array(list) => list.first()?.get(name),
        here => here.get(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    fn filled(service: &str, operation: &str, attributes: Value, names: &[(&str, &str)]) -> Value {
        let service = Catalogue::get().service(service).unwrap();
        let operation = service.operation(operation).unwrap().clone();
        let names: Vec<(String, String)> =
            names.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
        like(&service, &operation, &attributes, &names, &|_, _| true).0
    }

    #[test]
    fn names_are_alike_whatever_their_case_and_blocks_are_structures() {
        let database = json!({
            "identifier": "school", "allocated_storage": 20, "deletion_protection": false, "engine": "",
            "vpc_security_group_ids": ["sg-1"], "tags": {"env": "prod"}, "db_name": null,
        });
        assert_eq!(
            filled("rds", "CreateDBInstance", database, &[("DBInstanceIdentifier", "identifier")]),
            json!({
                "DBInstanceIdentifier": "school", "AllocatedStorage": 20, "VpcSecurityGroupIds": ["sg-1"],
                "DeletionProtection": false, "Tags": [{"Key": "env", "Value": "prod"}],
            })
        );
        let versioning =
            json!({"bucket": "b", "versioning_configuration": [{"status": "Suspended", "mfa_delete": ""}]});
        assert_eq!(
            filled("s3", "PutBucketVersioning", versioning, &[]),
            json!({"Bucket": "b", "VersioningConfiguration": {"Status": "Suspended"}})
        );
        let block = json!({"bucket": "b", "block_public_acls": true});
        assert_eq!(
            filled("s3", "PutPublicAccessBlock", block, &[("PublicAccessBlockConfiguration", ".")]),
            json!({"Bucket": "b", "PublicAccessBlockConfiguration": {"BlockPublicAcls": true}})
        );
        let target = json!({"target_group_arn": "g", "target_id": "i-1", "port": 80});
        assert_eq!(
            filled("elbv2", "RegisterTargets", target, &[("Targets", "."), ("Targets/Id", "target_id")]),
            json!({"TargetGroupArn": "g", "Targets": [{"Id": "i-1", "Port": 80}]})
        );
        let instance = json!({"id": "i-1"});
        assert_eq!(
            filled("ec2", "TerminateInstances", instance, &[("InstanceIds", "id")]),
            json!({"InstanceIds": ["i-1"]})
        );
    }
}
