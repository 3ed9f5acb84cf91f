//! What a template says becomes of a resource that is removed or replaced (`DeletionPolicy`, `UpdateReplacePolicy`), and which
//! other resource a property refers to.
//!
//! JSON is parsed, and a key that stands twice says nothing. Of YAML only what is written plainly counts: an attribute on a line of
//! its own, at the indent of the resource's attributes, in a text in which no line can be another thing than it looks like. A
//! policy that is not read so counts as `Delete`, the worst; a reference as none.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{stack_template::spelled, wire::json_text};

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
    match json(body) {
        Some(template) => {
            let resources = template.get("Resources").and_then(Value::as_object);
            let said = resources.into_iter().flatten().filter_map(|(name, resource)| {
                // Anything but a plain text is decided when the stack is worked on: not read here.
                let said = resource.get(attribute)?;
                Some((name.clone(), said.as_str().map_or(Keep::Delete, Keep::of)))
            });
            said.collect()
        }
        None => yaml(body, attribute).unwrap_or_default(),
    }
}

/// The template, where it is JSON in which no key stands twice.
fn json(body: &str) -> Option<Value> {
    json_text::read(body.as_bytes()).ok()
}

/// Whether every line of a YAML text is what it looks like: no quotation and no flow goes over the end of a line, nothing is spelt
/// by escapes, nothing stands for something else, and a line ends where any reader ends it.
fn is_plain(body: &str) -> bool {
    const BREAKS: [char; 5] = ['\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    let even = |line: &str, sign: char| line.matches(sign).count().is_multiple_of(2);
    let closed =
        |line: &str, (open, close): (char, char)| line.matches(open).count() == line.matches(close).count();
    let is_line = |line: &str| {
        let plain = line.trim_start();
        plain.starts_with('#')
            || (even(line, '"')
                && even(line, '\'')
                && [('{', '}'), ('[', ']')].into_iter().all(|pair| closed(line, pair))
                && !plain.starts_with(['?', '*', '&', '%', '<', '{', '[', '"', '\''])
                && !["\\\"", ": *", "<<", "---", "..."].into_iter().any(|sign| line.contains(sign)))
    };
    let begins = body.strip_prefix("---\n").unwrap_or(body);
    !body.replace("\r\n", "\n").contains('\r')
        && !body.contains(BREAKS)
        && spelled(body) == body
        && begins.lines().all(is_line)
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
    if !is_plain(body) {
        return None;
    }
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

/// The resource of the same template that a property is a reference to, and nothing else.
pub(super) fn refers(body: &str, resource: &str, property: &str) -> Option<String> {
    let name = match json(body) {
        Some(template) => {
            let value = template.get("Resources")?.get(resource)?.get("Properties")?.get(property)?;
            let members = value.as_object().filter(|members| members.len() == 1)?;
            members.get("Ref")?.as_str()?.to_owned()
        }
        None => yaml_reference(body, resource, property)?,
    };
    name.chars().all(char::is_alphanumeric).then_some(name)
}

/// The same of YAML: `Property: !Ref Name`, on a line of its own, where nothing else in the resource has the property's name.
fn yaml_reference(body: &str, resource: &str, property: &str) -> Option<String> {
    let says = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let lines: Vec<&str> = body.lines().filter(says).collect();
    let resources = block(&lines, "Resources")?;
    let own = block(resources, resource)?;
    let text = own.join("\n");
    if !is_plain(body) || text.matches(property).count() != 1 || text.contains('\t') {
        return None;
    }
    let properties = block(own, "Properties")?;
    let indent = entry(properties.first()?)?.0;
    let mut entries = properties.iter().filter_map(|line| entry(line));
    let (_, _, value) = entries.find(|(at, key, _)| *at == indent && *key == property)?;
    Some(value.strip_prefix("!Ref ")?.trim().to_owned())
}

/// The lines below a key that stands once among those of the first line's indent, with nothing beside it.
fn block<'l, 't>(lines: &'l [&'t str], key: &str) -> Option<&'l [&'t str]> {
    let indent = entry(lines.first()?)?.0;
    let is = |line: &str| entry(line).is_some_and(|(at, name, _)| at <= indent && name == key);
    let mut starts = lines.iter().enumerate().filter(|(_, line)| is(line));
    let (start, line) = starts.next()?;
    if starts.next().is_some() || !entry(line)?.2.is_empty() {
        return None;
    }
    let below = lines.get(start + 1..)?;
    let end = below.iter().position(|line| line.len() - line.trim_start_matches(' ').len() <= indent);
    below.get(..end.unwrap_or(below.len())).filter(|below| !below.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_one_where_nothing_else_can_be_meant() {
        let json =
            |group: &str| format!(r#"{{"Resources": {{"P": {{"Properties": {{"Group": {group}}}}}}}}}"#);
        let of = |body: &str| refers(body, "P", "Group");
        assert_eq!(of(&json(r#"{"Ref": "New"}"#)).as_deref(), Some("New"));
        for other in [r#""web""#, r#"{"Fn::GetAtt": ["C", "Name"]}"#, r#"{"Ref": "AWS::StackName"}"#] {
            assert_eq!(of(&json(other)), None, "{other}");
        }
        let yaml = |group: &str| {
            format!(
                "A: 1\nResources:\n  N:\n    Properties:\n      Group: x\n  P:\n    Type: T\n    Properties:\n      Size: 1\n{group}\nOutputs:\n  P: 1\n"
            )
        };
        assert_eq!(of(&yaml("      Group: !Ref New # it")).as_deref(), Some("New"));
        for other in [
            "      Group: !GetAtt C.Name",
            "      Group: !Ref New\n      Group: !GetAtt C.Name",
            "      Group: !Ref New\n      \"\\x47roup\": !GetAtt C.Name",
            "      Note: |\n        Group: !Ref New",
            "      <<: *other\n      Group: !Ref New",
            "    Metadata:\n      Group: !Ref New",
            "  P:\n    Properties:\n      Group: !Ref New",
            "      Group: !Ref",
            "      Group: !Ref New\n      # x\r      Group: !GetAtt C.Name",
            "      Group: !Ref New\n      # x\u{2028}      Group: !GetAtt C.Name",
            "      Group: !Ref New\n\"R\\x65sources\":\n  P: 1",
        ] {
            assert_eq!(of(&yaml(other)), None, "{other}");
        }
        // What stands in a quotation is no line.
        let quoted = "{ Description: \"x\nResources:\n  P:\n    Properties:\n      Group: !Ref New\n\", Resources: {P: {}}}";
        assert_eq!(of(quoted), None);
        let quoted = "Description: \"x\nResources:\n  P:\n    Properties:\n      Group: !Ref New\n\"\n";
        assert_eq!(of(quoted), None);
        let twice = r#"{"Resources": {"P": {"Properties": {"Group": {"Ref": "New"}, "Group": "web"}}}}"#;
        assert_eq!(of(twice), None);
    }

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
        let quoted = "{ Description: \"x\nResources:\n  Courses:\n    DeletionPolicy: Retain\n\", Resources: {Courses: {}}}";
        assert!(policies(quoted, "DeletionPolicy").is_empty(), "what stands in a quotation is no line");
        let twice = r#"{"Resources": {"A": {"DeletionPolicy": "Delete", "DeletionPolicy": "Retain"}}}"#;
        assert!(policies(twice, "DeletionPolicy").is_empty());
    }

    #[test]
    fn json_is_parsed() {
        let body = r#"{"Resources": {"A": {"DeletionPolicy": "RetainExceptOnCreate"}, "B": {"DeletionPolicy": {"Ref": "P"}}, "C": {}}}"#;
        let said = policies(body, "DeletionPolicy");
        assert_eq!(said, [("A".to_owned(), Keep::Retain), ("B".to_owned(), Keep::Delete)].into());
    }
}
