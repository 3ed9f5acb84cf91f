//! A cluster that is deleted: an empty one is made with its settings.
//!
//! Kept: version, role, network, logging, encryption, how access is told, support, what of it EKS runs by itself, tags. Back: it
//! is created again under its name. Compared: all that is kept, and that its creation did not fail. Lost, and first of all:
//! everything that ran or was kept in it. EKS deletes no cluster that has node groups or Fargate profiles; add-ons, access
//! entries and the like go with it, and are set up by hand.
//!
//! Not a way back: a cluster on an outpost or one that is connected from elsewhere, one that is at work, has failed, or tells
//! what nobody here knows.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{
    Way, at, busy, call, found, if_on, is, list, only, read, said, sends_only, sorted, standing, step,
    tag_map, tells_only, text, token, wait, what, with, word,
};

/// The way.
pub(super) struct Cluster;

/// What is told of a cluster and told by the service alone.
const OWN: &[&str] = &[
    "arn",
    "createdAt",
    "endpoint",
    "identity",
    "status",
    "certificateAuthority",
    "clientRequestToken",
    "platformVersion",
    "id",
    "health",
];
const KEPT: &[&str] = &[
    "name",
    "version",
    "roleArn",
    "resourcesVpcConfig",
    "kubernetesNetworkConfig",
    "logging",
    "tags",
    "encryptionConfig",
    "accessConfig",
    "upgradePolicy",
    "zonalShiftConfig",
    "remoteNetworkConfig",
    "computeConfig",
    "storageConfig",
    "deletionProtection",
    "controlPlaneScalingConfig",
];

const LOST: [&str; 4] = [
    "the data: everything that ran or was kept in the cluster (workloads, configuration, secrets, custom resources); it comes back \
     empty",
    "its endpoint, certificate authority and OIDC issuer: whoever names the old ones must name the new ones",
    "its add-ons, access entries, pod identities and identity providers",
    "who administered it from the start: the identity that makes it again is Interlock's",
];

fn name(deed: &Deed) -> Option<&str> {
    let ours = is(deed, "eks", &["DeleteCluster"]) && sends_only(deed, &[&["name"]]);
    text(deed, "/name").filter(|_| ours)
}

fn one(deed: &Deed) -> Value {
    json!({"name": name(deed)})
}

/// The kinds of logs that are written.
fn logging(told: &Value) -> Value {
    let on = list(told, "/clusterLogging").iter().filter(|one| at(one, "/enabled") == &Value::Bool(true));
    sorted(on.flat_map(|one| list(one, "/types")).cloned().collect())
}

/// What is kept of a cluster, as it is told to the request that makes one.
fn kept(cluster: &Value) -> Value {
    let vpc = at(cluster, "/resourcesVpcConfig");
    let all = |member: &str| sorted(list(vpc, &format!("/{member}")).to_vec());
    let public = at(vpc, "/endpointPublicAccess") != &Value::Bool(false);
    let network = at(cluster, "/kubernetesNetworkConfig");
    let logging = logging(at(cluster, "/logging"));
    let types = json!([{"types": logging, "enabled": true}]);
    let tier = at(cluster, "/controlPlaneScalingConfig");
    let balancing = if_on(at(network, "/elasticLoadBalancing"), "enabled");
    let storage = if_on(at(cluster, "/storageConfig/blockStorage"), "enabled");
    let compute = if_on(at(cluster, "/computeConfig"), "enabled");
    // The service chooses the range of IPv6 addresses itself.
    let range = at(network, "/serviceIpv4Cidr").clone();
    let range = if word(network, "/ipFamily") == Some("ipv6") { Value::Null } else { range };
    let more = json!({
        "resourcesVpcConfig": said(with(
            only(vpc, &["endpointPublicAccess", "endpointPrivateAccess"]),
            json!({
                "subnetIds": all("subnetIds"),
                "securityGroupIds": all("securityGroupIds"),
                "publicAccessCidrs": if public { all("publicAccessCidrs") } else { Value::Null },
            }),
        )),
        "kubernetesNetworkConfig": with(
            only(network, &["ipFamily"]),
            json!({"serviceIpv4Cidr": range, "elasticLoadBalancing": balancing}),
        ),
        "logging": if list(&logging, "").is_empty() { Value::Null } else { json!({"clusterLogging": types}) },
        "tags": tag_map(at(cluster, "/tags")),
        "encryptionConfig": sorted(list(cluster, "/encryptionConfig").to_vec()),
        "zonalShiftConfig": if_on(at(cluster, "/zonalShiftConfig"), "enabled"),
        "storageConfig": if storage.is_null() { Value::Null } else { json!({"blockStorage": storage}) },
        // What EKS runs by itself takes the place of add-ons that it would install.
        "bootstrapSelfManagedAddons": if compute.is_null() { Value::Null } else { Value::Bool(false) },
        "computeConfig": compute,
        "controlPlaneScalingConfig": if word(tier, "/tier") == Some("standard") { &Value::Null } else { tier },
        "deletionProtection": if_on(cluster, "deletionProtection").get("deletionProtection"),
    });
    let plain = ["version", "roleArn", "accessConfig", "upgradePolicy", "remoteNetworkConfig"];
    said(with(only(cluster, &plain), more))
}

impl Way for Cluster {
    fn name(&self) -> &'static str {
        "eks/cluster"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        name(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "eks", "DescribeCluster", one(deed))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, "eks", "DescribeCluster", &one(deed))?;
        let Some(answer) = answer else { return Ok(standing(Value::Null, json!({"busy": false}))) };
        let cluster = at(answer, "/cluster");
        let status = word(cluster, "/status").ok_or("DescribeCluster told no status")?;
        if status == "DELETING" {
            return Ok(standing(Value::Null, json!({"busy": true})));
        }
        let working = ["CREATING", "UPDATING", "PENDING"].contains(&status);
        let known = tells_only(cluster, &[OWN, KEPT]);
        let is = json!({"cluster": kept(cluster), "whole": status == "ACTIVE"});
        Ok(standing(is, json!({"busy": working, "known": known})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let yes = Value::Bool(true);
        let own = at(before, "/is/whole") == &yes && at(before, "/handle/known") == &yes;
        own.then(|| Terms::lossy(20, &LOST))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let name = name(deed).ok_or("the cluster is not named")?;
        let waits = || wait(format!("wait for the cluster {name}"));
        if !what(now).is_null() {
            return match busy(now) {
                true => Ok(vec![waits()]),
                false => Err(format!("the cluster {name} that stands in its place is another, or failed")),
            };
        }
        let mut steps =
            if busy(now) { vec![wait(format!("wait until the cluster {name} is gone"))] } else { Vec::new() };
        let more = json!({"name": name, "clientRequestToken": token(deed, "cluster")});
        let create = call(deed, "eks", "CreateCluster", with(at(before, "/is/cluster").clone(), more));
        steps.push(step(format!("make an empty cluster {name} with the settings that it had"), create));
        steps.push(waits());
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next, Reversibility, compared};

    use super::*;
    use crate::aws::testing;

    fn deed() -> Deed {
        testing::deed("eks", "DeleteCluster", json!({"name": "main"}))
    }

    /// A cluster as it is told, with these members otherwise.
    fn told(status: &str, more: Value) -> Value {
        let cluster = json!({
            "name": "main", "arn": "arn:aws:eks:us-east-1:123456789012:cluster/main", "status": status,
            "version": "1.33", "roleArn": "arn:aws:iam::123456789012:role/eks", "endpoint": "https://a.example",
            "resourcesVpcConfig": {
                "subnetIds": ["subnet-b", "subnet-a"], "securityGroupIds": [], "vpcId": "vpc-1",
                "clusterSecurityGroupId": "sg-1", "endpointPublicAccess": true, "endpointPrivateAccess": false,
                "publicAccessCidrs": ["10.0.0.0/8"],
            },
            "kubernetesNetworkConfig": {
                "serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4", "elasticLoadBalancing": {"enabled": false},
            },
            "logging": {"clusterLogging": [
                {"types": ["audit", "api"], "enabled": true}, {"types": ["scheduler"], "enabled": false},
            ]},
            "accessConfig": {"authenticationMode": "API"},
            "tags": {"env": "dev", "aws:cloudformation:stack-name": "s"},
            "computeConfig": {"enabled": false}, "zonalShiftConfig": {"enabled": false},
            "controlPlaneScalingConfig": {"tier": "standard"}, "deletionProtection": false,
        });
        with(cluster, more)
    }

    fn state(cluster: Option<Value>) -> Value {
        let answer = cluster.map_or(Answer::NotFound, |cluster| Answer::Found(json!({"cluster": cluster})));
        let reads = Cluster.reads(&deed(), &Answers::new()).into_iter();
        Cluster.state(&deed(), &reads.map(|read| (read.key, answer.clone())).collect()).unwrap()
    }

    fn names(before: &Value, now: &Value) -> Vec<String> {
        Cluster.back(&deed(), before, now).unwrap().into_iter().map(|step| step.name).collect()
    }

    #[test]
    fn an_empty_cluster_is_made_with_the_settings_that_it_had_once_the_old_one_is_gone() {
        let before = state(Some(told("ACTIVE", json!({}))));
        let terms = Cluster.terms(&deed(), &before).unwrap();
        assert_eq!(terms.class, Reversibility::Lossy);
        assert!(terms.loses[0].starts_with("the data: everything"), "{terms:?}");
        let leaving = names(&before, &state(Some(told("DELETING", json!({})))));
        assert_eq!(leaving.len(), 3);
        let gone = state(None);
        assert_eq!(names(&before, &gone), leaving[1..]);
        assert_eq!(names(&before, &state(Some(told("CREATING", json!({}))))), leaving[2..]);
        // It is back when it says the same, wherever it is reached.
        let again = state(Some(told("ACTIVE", json!({"endpoint": "https://b.example"}))));
        assert_eq!(compared(&again), compared(&before));
        let steps = Cluster.back(&deed(), &before, &gone).unwrap();
        let Next::Call(call) = &steps[0].next else { panic!("{steps:?}") };
        let asked = json!({
            "name": "main", "version": "1.33", "roleArn": "arn:aws:iam::123456789012:role/eks",
            "resourcesVpcConfig": {
                "subnetIds": ["subnet-a", "subnet-b"], "endpointPublicAccess": true,
                "endpointPrivateAccess": false, "publicAccessCidrs": ["10.0.0.0/8"],
            },
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
            "logging": {"clusterLogging": [{"types": ["api", "audit"], "enabled": true}]},
            "accessConfig": {"authenticationMode": "API"}, "tags": {"env": "dev"},
            "clientRequestToken": call.arguments["clientRequestToken"],
        });
        assert_eq!(call.arguments, asked);
    }

    #[test]
    fn what_eks_runs_by_itself_is_on_again_without_add_ons_of_its_own() {
        let on = json!({
            "computeConfig": {"enabled": true, "nodePools": ["system"]},
            "storageConfig": {"blockStorage": {"enabled": true}},
            "kubernetesNetworkConfig": {
                "serviceIpv6Cidr": "fd00::/108", "ipFamily": "ipv6", "elasticLoadBalancing": {"enabled": true},
            },
        });
        let before = state(Some(told("ACTIVE", on)));
        let steps = Cluster.back(&deed(), &before, &state(None)).unwrap();
        let Next::Call(call) = &steps[0].next else { panic!("{steps:?}") };
        assert_eq!(call.arguments["bootstrapSelfManagedAddons"], json!(false));
        assert_eq!(call.arguments["computeConfig"], json!({"enabled": true, "nodePools": ["system"]}));
        let network = json!({"ipFamily": "ipv6", "elasticLoadBalancing": {"enabled": true}});
        assert_eq!(call.arguments["kubernetesNetworkConfig"], network);
    }

    #[test]
    fn what_stands_in_its_place_is_never_written_over() {
        let before = state(Some(told("ACTIVE", json!({}))));
        for other in [told("ACTIVE", json!({"version": "1.32"})), told("FAILED", json!({}))] {
            assert!(Cluster.back(&deed(), &before, &state(Some(other))).is_err());
        }
    }

    #[test]
    fn what_is_not_whole_or_not_known_has_no_way() {
        let terms = |cluster: Value| Cluster.terms(&deed(), &state(Some(cluster)));
        for status in ["CREATING", "UPDATING", "FAILED", "DELETING", "SOMETHING"] {
            assert_eq!(terms(told(status, json!({}))), None, "{status}");
        }
        for more in [
            json!({"outpostConfig": {"outpostArns": ["arn:aws:outposts:us-east-1:123456789012:outpost/op-1"]}}),
            json!({"connectorConfig": {"provider": "OTHER"}}),
            json!({"somethingNew": {"enabled": true}}),
        ] {
            assert_eq!(terms(told("ACTIVE", more.clone())), None, "{more}");
        }
        let mut other = deed();
        other.arguments["force"] = json!(true);
        assert!(!Cluster.undoes(&other));
    }
}
