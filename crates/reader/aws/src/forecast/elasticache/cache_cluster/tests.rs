use interlock_action::{Effect, Kind, Securing, Survey};
use serde_json::{Value, json};

use crate::forecast::testing::{action, found, having, survey, target};
use crate::rules::facts;

fn ask(operation: &str, arguments: Value, record: Value) -> Survey {
    let mut action = having(action("elasticache", operation, arguments), Effect::Destroy);
    let id = "arn:aws:elasticache:us-east-1:111122223333:cluster:c";
    action.targets = vec![target(id, Kind::Cluster, "c")];
    survey(&action, |operation, _| match operation {
        "DescribeSnapshots" => found(json!({"Snapshots": []})),
        "DescribeCacheClusters" => found(json!({ "CacheClusters": [record.clone()] })),
        _ => found(json!({"TagList": []})),
    })
}

fn memcached() -> Value {
    json!({"CacheClusterId": "c", "Engine": "memcached", "CacheClusterCreateTime": "t", "NumCacheNodes": 3})
}

#[test]
fn memcached_keeps_nothing() {
    let survey = ask("DeleteCacheCluster", json!({"CacheClusterId": "c"}), memcached());
    assert!(matches!(survey.securing, Securing::Impossible(_)));
    assert_eq!(survey.rewrite, None);
    assert_eq!(survey.facts.get(facts::FINAL_SNAPSHOT_SKIPPED), Some(&json!(true)));
    assert!(survey.forecast.data_loss[0].contains("3 nodes"), "{:?}", survey.forecast.data_loss);
}

#[test]
fn a_node_taken_out_is_gone_with_what_it_held() {
    let out = json!({"CacheClusterId": "c", "NumCacheNodes": 2, "CacheNodeIdsToRemove": ["0002"]});
    let survey = ask("ModifyCacheCluster", out, memcached());
    assert_eq!(survey.forecast.changes[0].effect, Effect::Destroy);
    assert!(survey.forecast.data_loss[0].contains("0002"));
    let more = ask("ModifyCacheCluster", json!({"CacheClusterId": "c", "NumCacheNodes": 4}), memcached());
    assert!(more.forecast.data_loss.is_empty());
}

#[test]
fn a_node_of_a_group_makes_no_final_snapshot() {
    let node = json!({"CacheClusterId": "c", "Engine": "redis", "ReplicationGroupId": "g"});
    let survey = ask("DeleteCacheCluster", json!({"CacheClusterId": "c"}), node);
    assert_eq!(survey.rewrite, None);
    assert!(survey.forecast.dependents[0].contains("replication group g"));
}
