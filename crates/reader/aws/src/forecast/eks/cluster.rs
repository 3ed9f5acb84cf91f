//! EKS clusters.
//!
//! A cluster's deletion deletes its control plane with every object in it: deployments, secrets, custom resources. EKS
//! itself makes no backup of them, and refuses while there are node groups or Fargate profiles; disks and load balancers
//! that pods asked for stay behind. A version goes up one by one and never down. Reads: DescribeCluster, ListNodegroups,
//! ListFargateProfiles.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, flag, listed, or_dash, text},
    arn,
    draft::{Draft, leading},
    existence,
    tally::Tally,
    words,
};

const GROUPS: &str = "node groups";
const PROFILES: &str = "fargate profiles";

/// The forecaster of clusters.
pub(in crate::forecast) struct Cluster;

const OPERATIONS: [&str; 3] = ["DeleteCluster", "UpdateClusterVersion", "UpdateClusterConfig"];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = text(&action.arguments, "/name")?;
    Some((name, arn::target(action, Kind::Cluster, "eks", &format!("cluster/{name}"), name)))
}

impl Look for Cluster {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "eks"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((name, id)) = subject(action) else { return Vec::new() };
        let read = |key: &str, operation: &str, member: &str| {
            crate::call::read(action, key, "eks", operation, json!({ member: name }))
        };
        vec![
            read(&existence::live_key(&id), "DescribeCluster", "name"),
            read(GROUPS, "ListNodegroups", "clusterName"),
            read(PROFILES, "ListFargateProfiles", "clusterName"),
        ]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                draft.unread(action, (&format!("cluster {name}"), &id, Kind::Cluster), &why);
                if action.operation.verb() == "DeleteCluster" {
                    draft.lose_unread(
                        &format!("cluster {name}"),
                        format!("every object of cluster {name}: how many could not be read"),
                        &why,
                    );
                }
                return;
            }
        };
        draft.observe(&id, Observed { data: Bears::Yes, ..Observed::default() });
        draft.bind(
            id.as_str(),
            json!({
                "createdAt": record.get("createdAt"), "version": record.get("version"),
                "deletionProtection": record.get("deletionProtection"),
            }),
        );
        if let Some(endpoint) = text(record, "/endpoint") {
            draft.depend(format!("everything that talks to {endpoint}"));
        }
        let groups = names(answers, GROUPS, "nodegroups", "node groups", draft);
        let profiles = names(answers, PROFILES, "fargateProfileNames", "Fargate profiles", draft);
        match action.operation.verb() {
            "DeleteCluster" => delete(name, &id, record, [groups, profiles], draft),
            "UpdateClusterVersion" => {
                let (now, asked) = (or_dash(record, "/version"), or_dash(&action.arguments, "/version"));
                let what = format!("cluster {name} goes from Kubernetes {now} to {asked}, and never back");
                draft.change_from(
                    &id,
                    Kind::Cluster,
                    leading(action),
                    what,
                    Some(json!(now)),
                    Some(json!(asked)),
                );
                draft.unknown(format!(
                    "what in {name} uses interfaces that {asked} no longer has was not looked at"
                ));
                draft.reversibility = Reversibility::None;
            }
            _ => update(action, name, &id, record, draft),
        }
    }
}

fn names(answers: &Answers, key: &str, member: &str, what: &str, draft: &mut Draft) -> Vec<String> {
    let list = listed(answers, key, member);
    draft.gap(list.gap(what));
    let names: Vec<String> =
        list.entries().iter().filter_map(|name| Some(name.as_str()?.to_owned())).collect();
    if !names.is_empty() {
        draft.depend(format!("{what} {}", words::some(&names, 5)));
    }
    names
}

fn delete(name: &str, id: &TargetId, record: &Value, parts: [Vec<String>; 2], draft: &mut Draft) {
    let what = format!("cluster {name} (Kubernetes {}) is deleted", or_dash(record, "/version"));
    draft.change(id, Kind::Cluster, Effect::Destroy, what);
    if flag(record, "/deletionProtection") == Some(true) {
        let refused = format!("deletion protection of {name} is on: the service will refuse");
        draft.change(id, Kind::Cluster, Effect::Destroy, refused);
    }
    if parts.iter().any(|names| !names.is_empty()) {
        let refused = format!("{name} still has node groups or Fargate profiles: the service will refuse");
        draft.change(id, Kind::Cluster, Effect::Destroy, refused);
    }
    draft
        .lose(format!("every object of cluster {name}: workloads, configuration, secrets, custom resources"));
    draft.unknown(format!(
        "what stands in cluster {name}, and whether it is kept elsewhere, only its own API tells"
    ));
    draft.tally(Tally::unread());
    draft.reversibility = Reversibility::None;
    let why = "EKS makes no backup of a control plane";
    draft.secure(Securing::Impossible(format!("no recovery point can be made of {name}: {why}")));
}

fn update(action: &Action, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let mut told = true;
    let sets = action.arguments.as_object();
    for (member, asked) in sets.into_iter().flatten() {
        if ["name", "clientRequestToken"].contains(&member.as_str()) {
            continue;
        }
        let now = record.get(member);
        let fields = asked.as_object().into_iter().flatten();
        for (field, asked) in fields {
            let was = now.and_then(|now| now.get(field));
            told &= was.is_some();
            if was != Some(asked) {
                let from = was.map_or_else(|| "not told".to_owned(), ToString::to_string);
                let what = format!("{name}: {member} {field} changes from {from} to {asked}");
                draft.change_from(
                    id,
                    Kind::Cluster,
                    leading(action),
                    what,
                    was.cloned(),
                    Some(asked.clone()),
                );
            }
        }
        told &= asked.is_object();
    }
    draft.reversibility = if told { Reversibility::Exact } else { Reversibility::Lossy };
}

#[cfg(test)]
mod tests {
    use interlock_action::{Effect, Kind, Reversibility, Securing, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    fn look(operation: &str, mut arguments: Value, effect: Effect, groups: Value) -> Survey {
        arguments["name"] = json!("school");
        let mut asked = having(action("eks", operation, arguments), effect);
        asked.targets =
            vec![target("arn:aws:eks:us-east-1:111122223333:cluster/school", Kind::Cluster, "school")];
        survey(&asked, |operation, _| match operation {
            "DescribeCluster" => found(json!({"cluster": {
                "name": "school", "createdAt": 1, "version": "1.29", "tags": {},
                "resourcesVpcConfig": {"endpointPublicAccess": false},
            }})),
            "ListNodegroups" => found(json!({ "nodegroups": groups })),
            _ => found(json!({"fargateProfileNames": []})),
        })
    }

    #[test]
    fn a_control_plane_has_no_way_back() {
        let gone = look("DeleteCluster", json!({}), Effect::Destroy, json!([]));
        assert!(matches!(gone.securing, Securing::Impossible(_)));
        assert_eq!(gone.forecast.recovery.after, None);
        assert_eq!(gone.forecast.changes.len(), 1);
        let refused = look("DeleteCluster", json!({}), Effect::Destroy, json!(["workers"]));
        assert!(refused.forecast.changes[1].what.contains("will refuse"));
        let up = look("UpdateClusterVersion", json!({"version": "1.30"}), Effect::Update, json!(["workers"]));
        assert_eq!(up.forecast.reversibility, Reversibility::None);
    }

    #[test]
    fn settings_that_are_told_can_be_put_back() {
        let open = json!({"resourcesVpcConfig": {"endpointPublicAccess": true}});
        let open = look("UpdateClusterConfig", open, Effect::Expose, json!([]));
        assert_eq!(open.forecast.reversibility, Reversibility::Exact);
        assert!(open.forecast.changes[0].what.contains("changes from false to true"));
        let new = look(
            "UpdateClusterConfig",
            json!({"accessConfig": {"authenticationMode": "API"}}),
            Effect::Update,
            json!([]),
        );
        assert_eq!(new.forecast.reversibility, Reversibility::Lossy);
    }
}
