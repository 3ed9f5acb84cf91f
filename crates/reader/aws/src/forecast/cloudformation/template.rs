//! What a template says becomes of a resource that is removed or replaced: `DeletionPolicy`, `UpdateReplacePolicy`.
//!
//! JSON is parsed. Of YAML only what is written plainly counts: an attribute on a line of its own, at the indent of the
//! resource's attributes. What is not read so counts as `Delete`, the worst.

use std::collections::BTreeMap;

use serde_json::Value;

/// What becomes of the thing when its resource goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// It goes.
    Delete,
    /// It stays, outside the stack.
    Retain,
    /// It goes, and a snapshot of it stays.
    Snapshot,
}

impl Keep {
    fn of(text: &str) -> Self {
        match text {
            "Retain" | "RetainExceptOnCreate" => Self::Retain,
            "Snapshot" => Self::Snapshot,
            _ => Self::Delete,
        }
    }
}

/// The values of one attribute by logical id; a resource that does not say it is not in it.
pub(super) fn policies(body: &str, attribute: &str) -> BTreeMap<String, Keep> {
    match serde_json::from_str::<Value>(body) {
        Ok(template) => {
            let resources = template.get("Resources").and_then(Value::as_object);
            let said = resources.into_iter().flatten().filter_map(|(name, resource)| {
                // Anything but a plain text is decided when the stack is worked on: not read here.
                let said = resource.get(attribute)?;
                Some((name.clone(), said.as_str().map_or(Keep::Delete, Keep::of)))
            });
            said.collect()
        }
        Err(_) => yaml(body, attribute).unwrap_or_default(),
    }
}

/// A line's indent and its `key: value`, if it is one.
fn entry(line: &str) -> Option<(usize, &str, &str)> {
    let plain = line.trim_start_matches(' ');
    let (key, value) = plain.split_once(':')?;
    let value = value.split(" #").next().unwrap_or(value);
    let bare = |text: &'static [char; 2], value| str::trim_matches(value, text);
    let quotes: &'static [char; 2] = &['"', '\''];
    Some((line.len() - plain.len(), bare(quotes, key.trim()), bare(quotes, value.trim())))
}

/// `None` where the text is not of the plain form.
fn yaml(body: &str, attribute: &str) -> Option<BTreeMap<String, Keep>> {
    let mut found: BTreeMap<String, Keep> = BTreeMap::new();
    let mut within = false;
    let (mut names_at, mut attributes_at) = (None, None);
    let mut name: Option<String> = None;
    let mut seen = 0;
    for line in body.lines() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        if line.trim_start_matches(' ').starts_with('\t') {
            return None;
        }
        let Some((indent, key, value)) = entry(line) else { continue };
        if indent == 0 {
            within = key == "Resources";
            seen += usize::from(within);
            (names_at, name) = (None, None);
            continue;
        }
        if !within {
            continue;
        }
        let names = *names_at.get_or_insert(indent);
        if indent == names {
            name = Some(key.to_owned());
            attributes_at = None;
        } else if indent == *attributes_at.get_or_insert(indent)
            && key == attribute
            && let Some(name) = &name
        {
            let said = Keep::of(value);
            // Said twice, nobody knows which counts.
            let keep = if found.contains_key(name) { Keep::Delete } else { said };
            found.insert(name.clone(), keep);
        }
    }
    (seen == 1).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  DeletionPolicy: {Type: String}
Resources:
  # the school's data
  Courses:
    Type: AWS::DynamoDB::Table
    DeletionPolicy: \"Retain\"   # kept
    Properties:
      DeletionPolicy: Delete
      Notes: |
        DeletionPolicy: Snapshot
  Disk:
    DeletionPolicy: Snapshot
    Type: AWS::EC2::Volume
  Plain: {Type: AWS::SNS::Topic, DeletionPolicy: Retain}
  Twice:
    DeletionPolicy: Retain
    DeletionPolicy: Retain
Outputs:
  Courses:
    DeletionPolicy: Delete
";

    #[test]
    fn only_what_is_written_plainly_counts() {
        let said = policies(YAML, "DeletionPolicy");
        let wanted = [("Courses", Keep::Retain), ("Disk", Keep::Snapshot), ("Twice", Keep::Delete)];
        assert_eq!(said, wanted.map(|(name, keep)| (name.to_owned(), keep)).into());
        assert!(policies(&YAML.replace("Outputs", "Resources"), "DeletionPolicy").is_empty());
        assert!(policies("not a template", "DeletionPolicy").is_empty());
    }

    #[test]
    fn json_is_parsed() {
        let body = r#"{"Resources": {"A": {"DeletionPolicy": "RetainExceptOnCreate"}, "B": {"DeletionPolicy": {"Ref": "P"}}, "C": {}}}"#;
        let said = policies(body, "DeletionPolicy");
        assert_eq!(said, [("A".to_owned(), Keep::Retain), ("B".to_owned(), Keep::Delete)].into());
    }
}
