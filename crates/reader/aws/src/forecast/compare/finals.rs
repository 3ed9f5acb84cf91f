//! Stores whose deletion can make a final snapshot: Redshift, ElastiCache, MemoryDB.
//!
//! Interlock rewrites the request to make one, under a name of its own unless the request has one. ElastiCache makes
//! none of Memcached, nor of one node of a replication group (ElastiCache User Guide, "Creating a final backup"). How
//! many other snapshots there are is not looked at. Reads: the record of the store.

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, live, text},
    arn,
    draft::Draft,
    tally::Tally,
};

/// One operation.
struct Final {
    service: &'static str,
    operation: &'static str,
    /// The member that names the store.
    id: &'static str,
    /// The member that names the final snapshot.
    snapshot: &'static str,
    /// The member that skips it, where there is one.
    skip: Option<&'static str>,
    /// The read, and where the record stands in its answer.
    describe: (&'static str, &'static str),
    /// What a later store of the name will not have.
    created: &'static str,
}

const FINALS: [Final; 4] = [
    Final {
        service: "redshift",
        operation: "DeleteCluster",
        id: "ClusterIdentifier",
        snapshot: "FinalClusterSnapshotIdentifier",
        skip: Some("SkipFinalClusterSnapshot"),
        describe: ("DescribeClusters", "/Clusters/0"),
        created: "/ClusterCreateTime",
    },
    Final {
        service: "elasticache",
        operation: "DeleteReplicationGroup",
        id: "ReplicationGroupId",
        snapshot: "FinalSnapshotIdentifier",
        skip: None,
        describe: ("DescribeReplicationGroups", "/ReplicationGroups/0"),
        created: "/ReplicationGroupCreateTime",
    },
    Final {
        service: "elasticache",
        operation: "DeleteCacheCluster",
        id: "CacheClusterId",
        snapshot: "FinalSnapshotIdentifier",
        skip: None,
        describe: ("DescribeCacheClusters", "/CacheClusters/0"),
        created: "/CacheClusterCreateTime",
    },
    Final {
        service: "memorydb",
        operation: "DeleteCluster",
        id: "ClusterName",
        snapshot: "FinalSnapshotName",
        skip: None,
        describe: ("DescribeClusters", "/Clusters/0"),
        created: "/ARN",
    },
];

const KEY: &str = "the store that is deleted";

/// The forecaster of deletions that can make a final snapshot.
pub(in crate::forecast) struct Finals;

fn subject(action: &Action) -> Option<(&'static Final, &str, TargetId)> {
    let fits =
        |one: &&Final| one.service == action.operation.service() && one.operation == action.operation.verb();
    let of = FINALS.iter().find(fits)?;
    let name = action.arguments.get(of.id)?.as_str()?;
    let acts = action.targets.iter().find(|target| target.relation == Relation::Acts);
    Some((of, name, acts.map_or_else(|| TargetId::new(name), |target| target.id.clone())))
}

impl Look for Finals {
    fn knows(&self, action: &Action) -> bool {
        subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((of, name, _)) = subject(action) else { return Vec::new() };
        vec![crate::call::read(action, KEY, of.service, of.describe.0, json!({ of.id: name }))]
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((of, name, id)) = subject(action) else { return };
        let record = match live(answers, KEY) {
            Live::Found(answer) => answer.pointer(of.describe.1),
            Live::Absent => {
                draft.observe(&id, Observed { exists: Some(false), ..Observed::default() });
                return;
            }
            Live::Unread(why) => {
                draft.unknown(format!("{name} could not be read: {why}"));
                None
            }
        };
        draft.change(&id, Kind::Cluster, Effect::Destroy, format!("{} {name} is deleted", of.service));
        draft.observe(&id, Observed { data: Bears::Yes, ..Observed::default() });
        let Some(record) = record else {
            draft.tally(Tally::unread());
            draft.lose(format!("what {name} holds: how much could not be read"));
            draft.securing = Securing::Impossible(format!("{name} could not be read"));
            return;
        };
        draft.saw();
        draft.observe(&id, Observed { exists: Some(true), ..Observed::default() });
        draft.bind(id.as_str(), json!({ "created": record.pointer(of.created) }));
        draft.unknown(format!("how much {name} holds, and its other snapshots, were not looked at"));
        secure(action, of, name, record, draft);
    }
}

fn secure(action: &Action, of: &Final, name: &str, record: &Value, draft: &mut Draft) {
    let mut tally = Tally::unread();
    let cannot = match text(record, "/Engine") {
        Some("memcached") => Some("Memcached makes no snapshots"),
        _ if of.operation == "DeleteCacheCluster" && text(record, "/ReplicationGroupId").is_some() => {
            Some("one node of a replication group makes no final snapshot")
        }
        _ => None,
    };
    if let Some(why) = cannot {
        draft.lose(format!("what {name} holds: {why}"));
        draft.tally(tally);
        draft.securing = Securing::Impossible(format!("{name}: {why}"));
        return;
    }
    let skips = |member: &str| action.arguments.get(member) == Some(&json!(true));
    let own = action.arguments.get(of.snapshot).and_then(Value::as_str);
    let kept = own.is_some() && !of.skip.is_some_and(skips);
    let parts = json!([action.account, action.region, name, record.pointer(of.created)]);
    let digest = interlock_action::digest_of("interlock final snapshot v1", &parts);
    let digits: String = digest.map(|digest| digest.short()).unwrap_or_default().chars().take(8).collect();
    let snapshot = own.map_or_else(|| format!("{}{name}-{digits}", super::super::OWN), str::to_owned);
    if kept {
        tally.made(&snapshot, format!("final snapshot {snapshot}, made by the request"));
    } else {
        draft.lose(format!("what {name} holds"));
    }
    let mut arguments = action.arguments.clone();
    if let Some(members) = arguments.as_object_mut() {
        members.insert(of.snapshot.to_owned(), json!(snapshot));
        if let Some(skip) = of.skip {
            members.insert(skip.to_owned(), json!(false));
        }
    }
    if arguments != action.arguments {
        draft.rewrite = Some(arguments);
    }
    let point = arn::build(action, of.service, &format!("snapshot:{snapshot}"));
    draft.securing = Securing::ByRewrite { makes: vec![point] };
    draft.reversibility = Reversibility::FromRecoveryPoint;
    draft.tally(tally);
}

#[cfg(test)]
mod tests {
    use interlock_action::{Action, Answer, Kind, Securing};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, survey, target};

    fn delete(service: &str, operation: &str, arguments: Value) -> Action {
        let mut action = action(service, operation, arguments);
        let id = format!("arn:aws:{service}:us-east-1:111122223333:cluster:warehouse");
        action.targets = vec![target(&id, Kind::Cluster, "warehouse")];
        action
    }

    #[test]
    fn a_warehouse_goes_with_a_final_snapshot() {
        let arguments = json!({"ClusterIdentifier": "warehouse", "SkipFinalClusterSnapshot": true});
        let action = delete("redshift", "DeleteCluster", arguments);
        let cluster =
            json!({"Clusters": [{"ClusterIdentifier": "warehouse", "ClusterCreateTime": "t", "Tags": []}]});
        let survey = survey(&action, |_, _| found(cluster.clone()));
        let rewrite = survey.rewrite.unwrap();
        assert_eq!(rewrite["SkipFinalClusterSnapshot"], json!(false));
        let name = rewrite["FinalClusterSnapshotIdentifier"].as_str().unwrap();
        assert!(name.starts_with("interlock-warehouse-"));
        assert_eq!(survey.forecast.recovery.after, Some(1));
        assert_eq!(survey.forecast.recovery.before, None, "others were not looked at");
    }

    #[test]
    fn memcached_keeps_nothing() {
        let action = delete("elasticache", "DeleteCacheCluster", json!({"CacheClusterId": "warehouse"}));
        let cluster = json!({"CacheClusters": [{"CacheClusterId": "warehouse", "Engine": "memcached"}]});
        let answer = |operation: &str, _: &Value| match operation {
            "DescribeCacheClusters" => found(cluster.clone()),
            _ => Answer::NotFound,
        };
        let survey = survey(&action, answer);
        assert!(matches!(survey.securing, Securing::Impossible(_)));
        assert_eq!(survey.rewrite, None);
    }
}
