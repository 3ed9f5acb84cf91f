//! The parameters of an operation out of the attributes of a configuration, by their names.
//!
//! A provider calls the API with what its resources say, under names that differ in case and underscores: `backup_retention_period`
//! is `BackupRetentionPeriod`. Where they differ in more, whoever asks says so. What has no like name is left out, as is what says
//! nothing (null, an empty text, an empty list): a provider does not send that.

use serde_json::{Map, Value, json};

use crate::catalogue::{Kind, Operation, Service, ShapeId, Structure};

/// Parameters that have other names in the configuration: the path of the parameter (`IamInstanceProfile/Name`) and that of the
/// attribute, from the outermost (`.` is all of them).
pub type Names<'n> = &'n [(String, String)];

/// Structures within structures are followed so deep.
const DEEPEST: usize = 8;

/// The parameters of the operation, of those attributes for which `sent` says so: it is asked with the attribute's name and
/// whether its parameter is required.
pub fn like(
    service: &Service,
    operation: &Operation,
    attributes: &Value,
    names: Names<'_>,
    sent: &dyn Fn(&str, bool) -> bool,
) -> Value {
    let Some(input) = service.input(operation) else { return json!({}) };
    let fill = Fill { service, names, all: attributes, sent };
    Value::Object(fill.structure(input, attributes, "", 0))
}

struct Fill<'a> {
    service: &'a Service,
    names: Names<'a>,
    all: &'a Value,
    /// Whether an attribute of the outermost level is sent; the second says that its parameter is required.
    sent: &'a dyn Fn(&str, bool) -> bool,
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
            let value = match named {
                Some(".") => Some(self.all),
                Some(path) => {
                    let top = path.split('/').next().unwrap_or(path);
                    reached(self.all, path).filter(|_| (self.sent)(top, member.required))
                }
                None => alike(attributes, member.name)
                    .filter(|(name, _)| depth > 0 || (self.sent)(name, member.required))
                    .map(|(_, value)| value),
            };
            let value = value.and_then(|value| self.value(member.shape, value, &at, depth));
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
            // Tags are a map in the configuration and pairs on the wire.
            (Kind::List { member, .. }, Value::Object(map)) => {
                let pair = |(key, value): (&String, &Value)| {
                    let Kind::Structure(pair) = &self.service.shape(*member)?.kind else { return None };
                    let (name, held) = match pair.members.as_slice() {
                        [name, held, ..] if alike(&json!({ "key": 1 }), name.name).is_some() => {
                            (name.name, held.name)
                        }
                        _ => return None,
                    };
                    Some(json!({ name: key, held: value }))
                };
                map.iter().map(pair).collect::<Option<Vec<Value>>>().map(Value::Array)
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
        like(&service, &operation, &attributes, &names, &|_, _| true)
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
        let instance = json!({"id": "i-1"});
        assert_eq!(
            filled("ec2", "TerminateInstances", instance, &[("InstanceIds", "id")]),
            json!({"InstanceIds": ["i-1"]})
        );
    }
}
