//! OpenSearch domains: deleted, resized, upgraded.
//!
//! A domain's indexes and its automated snapshots go with it (OpenSearch Service Developer Guide, "Creating index
//! snapshots"). Manual snapshots lie in a bucket that only the domain's own API knows: Interlock cannot make one, nor see
//! one, so that nothing is counted. The size is what the disks could hold. A smaller domain may refuse or lose shards
//! that have no replica. Reads: DescribeDomain.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use crate::rules::facts;

use super::super::{
    Look,
    answer::{Live, entries, live, number, or_dash, text},
    compare::diff,
    draft::{Draft, leading},
    tally::Tally,
    words,
};

const DOMAIN: &str = "the domain";

/// The forecaster of domains.
pub(in crate::forecast) struct Domain;

const OPERATIONS: [&str; 5] = [
    "DeleteDomain",
    "DeleteElasticsearchDomain",
    "UpdateDomainConfig",
    "UpdateElasticsearchDomainConfig",
    "UpgradeDomain",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = text(&action.arguments, "/DomainName")?;
    let own = |target: &&interlock_action::Target| {
        target.relation == Relation::Acts && target.id.as_str().contains(":domain/")
    };
    let id = action.targets.iter().find(own).map(|target| target.id.clone());
    Some((name, id.unwrap_or_else(|| TargetId::new(name))))
}

impl Look for Domain {
    fn knows(&self, action: &Action) -> bool {
        ["opensearch", "es"].contains(&action.operation.service())
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((name, _)) = subject(action) else { return Vec::new() };
        let arguments = json!({ "DomainName": name });
        vec![crate::call::read(action, DOMAIN, "opensearch", "DescribeDomain", arguments)]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let deletes = action.operation.verb().starts_with("Delete");
        let record = match live(answers, DOMAIN) {
            Live::Found(answer) => answer.get("DomainStatus").unwrap_or(&Value::Null),
            Live::Absent => {
                draft.saw();
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => {
                draft.unknown(format!("domain {name} could not be read: {why}"));
                draft.change(
                    &id,
                    Kind::Cluster,
                    leading(action),
                    format!("domain {name}, whose state was not read"),
                );
                draft.secure(Securing::Impossible(format!("domain {name} could not be read: {why}")));
                if deletes {
                    draft.lose(format!("the indexes of domain {name}: how much could not be read"));
                    draft.tally(Tally::unread());
                }
                return;
            }
        };
        draft.saw();
        let size = size(record);
        let immutable_id = text(record, "/DomainId").map(str::to_owned);
        draft.observe(
            &id,
            Observed {
                exists: Some(true),
                data: Bears::Yes,
                size: Some(size.clone()),
                ..Observed::default()
            },
        );
        draft.bind(
            id.as_str(),
            json!({
                "DomainId": immutable_id, "EngineVersion": record.get("EngineVersion"),
                "ClusterConfig": record.get("ClusterConfig"), "EBSOptions": record.get("EBSOptions"),
            }),
        );
        if let Some(endpoint) = text(record, "/Endpoint") {
            draft.depend(format!("everything that connects to {endpoint}"));
        }
        if deletes {
            delete(name, &id, record, &size, draft);
        } else {
            update(action, name, &id, record, draft);
        }
    }
}

/// `3 nodes r6g.large.search, up to 300 GiB`.
fn size(record: &Value) -> String {
    let nodes = number(record, "/ClusterConfig/InstanceCount");
    let disk = number(record, "/EBSOptions/VolumeSize");
    let most = nodes.zip(disk).map(|(nodes, disk)| format!(", up to {} GiB", nodes.saturating_mul(disk)));
    let nodes = nodes.map_or_else(|| "nodes not told".to_owned(), |nodes| words::count(nodes, "node"));
    format!(
        "{nodes} {}{}",
        or_dash(record, "/ClusterConfig/InstanceType"),
        most.unwrap_or_else(|| ", size not told".to_owned())
    )
}

fn delete(name: &str, id: &TargetId, record: &Value, size: &str, draft: &mut Draft) {
    let what = format!("domain {name} ({}, {size}) is deleted", or_dash(record, "/EngineVersion"));
    draft.change(id, Kind::Cluster, Effect::Destroy, what);
    draft.lose(format!("the indexes of domain {name} ({size}) and its automated snapshots"));
    draft.unknown(format!(
        "manual snapshots of {name} lie where only the domain's own API sees them: none is counted"
    ));
    draft.tally(Tally::unread());
    draft.reversibility = Reversibility::None;
    let why = "a snapshot is made through the domain's own API, into a registered bucket";
    draft
        .secure(Securing::Impossible(format!("no recovery point can be made of {name} by Interlock: {why}")));
}

fn update(action: &Action, name: &str, id: &TargetId, record: &Value, draft: &mut Draft) {
    let counts = ["/ClusterConfig/InstanceCount", "/ElasticsearchClusterConfig/InstanceCount"];
    let fewer = diff::lowered(action, record, &counts.map(|asked| (asked, "/ClusterConfig/InstanceCount")));
    draft.fact(facts::AUTOSCALING_SIZE_LOWERED, true, Some(fewer));
    let asked = action.arguments.as_object();
    for (member, asked) in asked.into_iter().flatten() {
        let Some(now) = record.get(member).filter(|_| member != "DomainName") else { continue };
        for (field, asked) in asked.as_object().into_iter().flatten() {
            let was = now.get(field);
            if was != Some(asked) && entries(asked, "").is_empty() && !asked.is_object() {
                let was_text = was.map_or_else(|| "none".to_owned(), ToString::to_string);
                let what = format!("{name}: {member} {field} changes from {was_text} to {asked}");
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
    }
    if let Some(version) = text(&action.arguments, "/TargetVersion") {
        let now = or_dash(record, "/EngineVersion");
        let what = format!("{name} is upgraded from {now} to {version}: an upgrade cannot be taken back");
        draft.change(id, Kind::Cluster, leading(action), what);
    }
    if fewer || diff::lowered(action, record, &[("/EBSOptions/VolumeSize", "/EBSOptions/VolumeSize")]) {
        draft
            .unknown(format!("whether what {name} holds fits into fewer nodes or smaller disks is not told"));
    }
    if draft.unchanged() {
        draft.change(id, Kind::Cluster, leading(action), format!("settings of domain {name} are replaced"));
    }
    draft.depend(format!("{name} may move to new nodes while it is changed"));
    draft.reversibility = Reversibility::Lossy;
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Effect, Kind, Reversibility, Securing, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, having, survey, target};

    fn look(operation: &str, mut arguments: Value, effect: Effect) -> Survey {
        arguments["DomainName"] = json!("search");
        let mut asked = having(action("opensearch", operation, arguments), effect);
        asked.targets =
            vec![target("arn:aws:es:us-east-1:111122223333:domain/search", Kind::Cluster, "search")];
        survey(&asked, |operation, _| match operation {
            "DescribeDomain" => found(json!({"DomainStatus": {
                "DomainId": "1/search", "DomainName": "search", "EngineVersion": "OpenSearch_2.11",
                "ClusterConfig": {"InstanceCount": 3, "InstanceType": "r6g.large.search"},
                "EBSOptions": {"EBSEnabled": true, "VolumeSize": 100}, "Endpoint": "search.example",
            }})),
            _ => Answer::NotFound,
        })
    }

    #[test]
    fn a_domain_takes_its_automated_snapshots_along() {
        let gone = look("DeleteDomain", json!({}), Effect::Destroy);
        assert!(gone.forecast.data_loss[0].contains("up to 300 GiB"), "{:?}", gone.forecast.data_loss);
        assert_eq!(gone.forecast.recovery.after, None);
        assert!(matches!(gone.securing, Securing::Impossible(_)));
        assert!(gone.forecast.unknowns[0].contains("manual snapshots"));
    }

    #[test]
    fn what_an_update_changes_is_named() {
        let smaller =
            look("UpdateDomainConfig", json!({"ClusterConfig": {"InstanceCount": 1}}), Effect::Update);
        assert_eq!(
            smaller.forecast.changes[0].what,
            "search: ClusterConfig InstanceCount changes from 3 to 1"
        );
        assert!(smaller.forecast.unknowns[0].contains("fits into fewer nodes"));
        let up = look("UpgradeDomain", json!({"TargetVersion": "OpenSearch_2.13"}), Effect::Update);
        assert_eq!(up.forecast.reversibility, Reversibility::Lossy);
        assert!(up.forecast.changes[0].what.contains("cannot be taken back"));
    }
}
