//! Tags that a launch template writes on what is launched from it: whoever launches writes them, though the request only
//! names the template.
//!
//! Looked at for every request that names one, whatever it launches: instances, fleets, groups, nodes, compute
//! environments. Read: DescribeLaunchTemplateVersions. What could not be read may be any tag.

use interlock_action::{Action, Answers, ClassifierWrite, Read, Relation};
use serde_json::{Map, Value, json};

use super::{
    answer::{Live, entries, live, text},
    draft::{Draft, digest},
};

/// Of one request so many templates are looked at; more are as unread.
const MOST: usize = 10;

/// A template's version as a request names it.
#[derive(Debug, PartialEq)]
struct Named {
    /// `LaunchTemplateId` or `LaunchTemplateName`.
    by: &'static str,
    name: String,
    version: String,
}

impl Named {
    fn key(&self) -> String {
        format!("launch template {} version {}", self.name, self.version)
    }
}

/// The templates that a request launches from. What is about templates themselves names one beside all else, not within.
fn named(action: &Action) -> Vec<Named> {
    let mut found = Vec::new();
    let members = action.arguments.as_object().into_iter().flatten();
    members.for_each(|(name, value)| search(name, value, &mut found));
    found
}

fn search(under: &str, value: &Value, found: &mut Vec<Named>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| search(under, one, found)),
        Value::Object(members) => {
            found.extend(one(under, members).filter(|one| !found.contains(one)));
            members.iter().for_each(|(name, value)| search(name, value, found));
        }
        _ => {}
    }
}

fn one(under: &str, members: &Map<String, Value>) -> Option<Named> {
    let own = under.eq_ignore_ascii_case("launchTemplate");
    let said = |wanted: &[&str]| {
        let is = |name: &&String| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(name));
        let (_, value) = members.iter().find(|(name, _)| is(name))?;
        value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let id = said(&["LaunchTemplateId"]).or_else(|| said(&["id"]).filter(|_| own));
    let name = || said(&["LaunchTemplateName"]).or_else(|| said(&["name"]).filter(|_| own));
    let (by, name) = match id {
        Some(id) => ("LaunchTemplateId", id),
        None => ("LaunchTemplateName", name()?),
    };
    Some(Named { by, name, version: said(&["Version"]).unwrap_or_else(|| "$Default".to_owned()) })
}

/// The reads of the templates.
pub(super) fn reads(action: &Action) -> Vec<Read> {
    if !action.mutates() {
        return Vec::new();
    }
    let read = |one: &Named| {
        let arguments = json!({ one.by: one.name, "Versions": [one.version] });
        crate::call::read(action, one.key(), "ec2", "DescribeLaunchTemplateVersions", arguments)
    };
    named(action).iter().take(MOST).map(read).collect()
}

/// What the templates write.
pub(super) fn tell(action: &Action, answers: &Answers, draft: &mut Draft) {
    if !action.mutates() {
        return;
    }
    for one in named(action) {
        let specifications: Vec<&Value> = match live(answers, &one.key()) {
            Live::Found(answer) => entries(answer, "/LaunchTemplateVersions")
                .iter()
                .flat_map(|version| entries(version, "/LaunchTemplateData/TagSpecifications"))
                .collect(),
            // The service will refuse.
            Live::Absent => continue,
            Live::Unread(why) => {
                draft.unknown(format!("which tags {} writes could not be read: {why}", one.key()));
                draft.write(ClassifierWrite::AllTags);
                continue;
            }
        };
        draft.bind(format!("tags of {}", one.key()), digest(&json!(specifications)));
        let tags = specifications.into_iter().flat_map(|specification| entries(specification, "/Tags"));
        for tag in tags {
            let Some(key) = text(tag, "/Key") else { continue };
            let value = text(tag, "/Value").unwrap_or_default();
            if !bears(action, draft, key, value) {
                draft.write(ClassifierWrite::Tag { key: key.to_owned(), value: Some(value.to_owned()) });
            }
        }
    }
}

/// Whether all that the request acts on bears the tag already: a new template's version of the same tags changes nothing.
fn bears(action: &Action, draft: &Draft, key: &str, value: &str) -> bool {
    let mut acts = action.targets.iter().filter(|target| target.relation == Relation::Acts).peekable();
    acts.peek().is_some()
        && acts.all(|target| {
            let tags = draft.seen(&target.id).and_then(|seen| seen.tags.as_ref());
            tags.and_then(|tags| tags.get(key)).is_some_and(|have| have == value)
        })
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, ClassifierWrite, Effect, Kind, Relation};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    fn writes(service: &str, operation: &str, arguments: Value, template: Answer) -> Vec<ClassifierWrite> {
        let mut launch = having(action(service, operation, arguments), Effect::Create);
        launch.targets = vec![target("arn:aws:ec2:us-east-1:111122223333:fleet/*", Kind::Other, "new")];
        launch.targets[0].relation = Relation::Creates;
        survey(&launch, |operation, arguments| match operation {
            "DescribeLaunchTemplateVersions" => {
                assert_eq!(arguments["Versions"].as_array().unwrap().len(), 1, "{arguments}");
                template.clone()
            }
            _ => Answer::NotFound,
        })
        .writes
    }

    #[test]
    fn whoever_launches_from_a_template_writes_its_tags() {
        let template = || {
            found(json!({"LaunchTemplateVersions": [{"LaunchTemplateData": {"TagSpecifications": [
                {"ResourceType": "instance", "Tags": [{"Key": "interlock:recovery-point", "Value": "mine"}]},
            ]}}]}))
        };
        let mark = ClassifierWrite::Tag {
            key: "interlock:recovery-point".to_owned(),
            value: Some("mine".to_owned()),
        };
        let by_id = json!({"LaunchTemplateId": "lt-1", "Version": "3"});
        let by_name = json!({"LaunchTemplateName": "web"});
        for (service, operation, arguments) in [
            ("ec2", "RunInstances", json!({"MinCount": 1, "MaxCount": 1, "LaunchTemplate": by_id})),
            (
                "ec2",
                "CreateFleet",
                json!({"LaunchTemplateConfigs": [{"LaunchTemplateSpecification": by_name}]}),
            ),
            (
                "autoscaling",
                "CreateAutoScalingGroup",
                json!({"AutoScalingGroupName": "web", "LaunchTemplate": by_id}),
            ),
            (
                "autoscaling",
                "CreateAutoScalingGroup",
                json!({"AutoScalingGroupName": "web", "MixedInstancesPolicy": {"LaunchTemplate": {
                    "Overrides": [{"LaunchTemplateSpecification": by_name}]}}}),
            ),
            (
                "eks",
                "CreateNodegroup",
                json!({"clusterName": "c", "nodegroupName": "n", "launchTemplate": {"id": "lt-1"}}),
            ),
            (
                "batch",
                "CreateComputeEnvironment",
                json!({"computeEnvironmentName": "b", "type": "MANAGED",
                    "computeResources": {"launchTemplate": {"launchTemplateName": "web", "version": "$Latest"}}}),
            ),
        ] {
            let written = writes(service, operation, arguments.clone(), template());
            assert_eq!(written, std::slice::from_ref(&mark), "{service}:{operation} {arguments}");
        }
        let run = json!({"MinCount": 1, "MaxCount": 1, "LaunchTemplate": by_id});
        let unread = writes("ec2", "RunInstances", run.clone(), Answer::Unreadable("denied".to_owned()));
        assert_eq!(unread, [ClassifierWrite::AllTags], "it may be any");
        assert!(writes("ec2", "RunInstances", run, Answer::NotFound).is_empty());
    }

    #[test]
    fn what_is_about_templates_themselves_launches_nothing() {
        let create = json!({"LaunchTemplateId": "lt-1", "LaunchTemplateData": {"ImageId": "ami-1"}});
        let refuse = || Answer::Unreadable("it must not be asked".to_owned());
        assert!(writes("ec2", "CreateLaunchTemplateVersion", create, refuse()).is_empty());
    }
}
