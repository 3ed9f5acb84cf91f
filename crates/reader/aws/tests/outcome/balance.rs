//! Load balancers: application and classic.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    let balancers = ("elbv2", "DescribeLoadBalancers", json!({}));
    for balancer in all.list(bed, balancers, "/LoadBalancers", named("LoadBalancerArn")) {
        let of = json!({"LoadBalancerArn": balancer["LoadBalancerArn"]});
        let attributes = bed.ok("elbv2", "DescribeLoadBalancerAttributes", of.clone());
        for one in entries(&attributes, "/Attributes") {
            all.add(format!("{}#{}", text(&balancer, "LoadBalancerArn"), text(&one, "Key")), one);
        }
        for listener in all.list(bed, ("elbv2", "DescribeListeners", of), "/Listeners", named("ListenerArn"))
        {
            let of = json!({"ListenerArn": listener["ListenerArn"]});
            // The default rule is a part of its listener.
            let id = |one: &Value| (one["IsDefault"] != json!(true)).then(|| text(one, "RuleArn").to_owned());
            all.list(bed, ("elbv2", "DescribeRules", of), "/Rules", id);
        }
    }
    let groups = ("elbv2", "DescribeTargetGroups", json!({}));
    for group in all.list(bed, groups, "/TargetGroups", named("TargetGroupArn")) {
        let of = json!({"TargetGroupArn": group["TargetGroupArn"]});
        let health = bed.ok("elbv2", "DescribeTargetHealth", of);
        for one in entries(&health, "/TargetHealthDescriptions") {
            let id = format!("{}#{}", text(&group, "TargetGroupArn"), text(&one["Target"], "Id"));
            all.add(id, one["Target"].clone());
        }
    }
    let classic = |one: &Value| {
        Some(arn("elasticloadbalancing", &format!("loadbalancer/{}", text(one, "LoadBalancerName"))))
    };
    all.list(bed, ("elb", "DescribeLoadBalancers", json!({})), "/LoadBalancerDescriptions", classic);
    all
}

/// A load balancer with a listener, a rule, and two instances behind.
struct Web {
    balancer: Value,
    listener: Value,
    rule: Value,
    group: Value,
    instances: Vec<Value>,
}

fn instances(bed: &Bed, many: usize) -> Vec<Value> {
    let images = bed.ok("ec2", "DescribeImages", json!({}));
    let run = json!({"ImageId": images["Images"][0]["ImageId"], "MinCount": many, "MaxCount": many});
    let run = bed.ok("ec2", "RunInstances", run);
    entries(&run, "/Instances").iter().map(|one| one["InstanceId"].clone()).collect()
}

fn web(bed: &Bed) -> Web {
    let subnets = bed.ok("ec2", "DescribeSubnets", json!({}));
    let vpc = subnets["Subnets"][0]["VpcId"].clone();
    let two = json!([subnets["Subnets"][0]["SubnetId"], subnets["Subnets"][1]["SubnetId"]]);
    let made = bed.ok("elbv2", "CreateLoadBalancer", json!({"Name": "web", "Subnets": two}));
    let balancer = made["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let create = json!({"Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc});
    let group = bed.ok("elbv2", "CreateTargetGroup", create)["TargetGroups"][0]["TargetGroupArn"].clone();
    let instances = instances(bed, 2);
    let targets: Vec<Value> = instances.iter().map(|id| json!({ "Id": id })).collect();
    bed.ok("elbv2", "RegisterTargets", json!({"TargetGroupArn": group, "Targets": targets}));
    let forward = json!([{"Type": "forward", "TargetGroupArn": group}]);
    let listener = bed.ok(
        "elbv2",
        "CreateListener",
        json!({
            "LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": forward,
        }),
    )["Listeners"][0]["ListenerArn"]
        .clone();
    let rule = bed.ok(
        "elbv2",
        "CreateRule",
        json!({
            "ListenerArn": listener, "Priority": 5, "Actions": forward,
            "Conditions": [{"Field": "path-pattern", "Values": ["/api/*"]}],
        }),
    )["Rules"][0]["RuleArn"]
        .clone();
    Web { balancer, listener, rule, group, instances }
}

fn protect(bed: &Bed, web: &Web) {
    let on = json!([{"Key": "deletion_protection.enabled", "Value": "true"}]);
    let modify = json!({"LoadBalancerArn": web.balancer, "Attributes": on});
    bed.ok("elbv2", "ModifyLoadBalancerAttributes", modify);
}

fn classic(bed: &Bed) -> Vec<Value> {
    bed.ok(
        "elb",
        "CreateLoadBalancer",
        json!({
            "LoadBalancerName": "old", "AvailabilityZones": ["us-east-1a"],
            "Listeners": [{"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 80}],
        }),
    );
    let ids = instances(bed, 2);
    let all: Vec<Value> = ids.iter().map(|id| json!({ "InstanceId": id })).collect();
    let register = json!({"LoadBalancerName": "old", "Instances": all});
    bed.ok("elb", "RegisterInstancesWithLoadBalancer", register);
    ids
}

const CASES: &[Case] = &[
    Case {
        name: "a load balancer is deleted",
        forecaster: "elbv2/load_balancer",
        scene: |bed| {
            Scene::request("elbv2", "DeleteLoadBalancer", json!({"LoadBalancerArn": web(bed).balancer}))
        },
    },
    Case {
        name: "a protected load balancer is not deleted",
        forecaster: "elbv2/load_balancer",
        scene: |bed| {
            let web = web(bed);
            protect(bed, &web);
            Scene::request("elbv2", "DeleteLoadBalancer", json!({ "LoadBalancerArn": web.balancer }))
        },
    },
    Case {
        name: "deletion protection is turned off",
        forecaster: "elbv2/load_balancer",
        scene: |bed| {
            let web = web(bed);
            protect(bed, &web);
            let off = json!([{"Key": "deletion_protection.enabled", "Value": "false"}]);
            let modify = json!({"LoadBalancerArn": web.balancer, "Attributes": off});
            Scene::request("elbv2", "ModifyLoadBalancerAttributes", modify)
        },
    },
    Case {
        name: "a listener is deleted",
        forecaster: "elbv2/listener",
        scene: |bed| Scene::request("elbv2", "DeleteListener", json!({"ListenerArn": web(bed).listener})),
    },
    Case {
        name: "a listener has another port",
        forecaster: "elbv2/listener",
        scene: |bed| {
            Scene::request("elbv2", "ModifyListener", json!({"ListenerArn": web(bed).listener, "Port": 81}))
        },
    },
    Case {
        name: "a rule is deleted",
        forecaster: "elbv2/listener",
        scene: |bed| Scene::request("elbv2", "DeleteRule", json!({"RuleArn": web(bed).rule})),
    },
    Case {
        name: "one of two targets leaves",
        forecaster: "elbv2/target_group",
        scene: |bed| {
            let web = web(bed);
            let leave = json!({"TargetGroupArn": web.group, "Targets": [{"Id": web.instances[0]}]});
            Scene::request("elbv2", "DeregisterTargets", leave)
        },
    },
    Case {
        name: "a target group in use is not deleted",
        forecaster: "elbv2/target_group",
        scene: |bed| Scene::request("elbv2", "DeleteTargetGroup", json!({"TargetGroupArn": web(bed).group})),
    },
    Case {
        name: "a target group is deleted",
        forecaster: "elbv2/target_group",
        scene: |bed| {
            let vpcs = bed.ok("ec2", "DescribeVpcs", json!({}));
            let create =
                json!({"Name": "idle", "Protocol": "HTTP", "Port": 80, "VpcId": vpcs["Vpcs"][0]["VpcId"]});
            let group =
                bed.ok("elbv2", "CreateTargetGroup", create)["TargetGroups"][0]["TargetGroupArn"].clone();
            Scene::request("elbv2", "DeleteTargetGroup", json!({ "TargetGroupArn": group }))
        },
    },
    Case {
        name: "a classic load balancer is deleted",
        forecaster: "elb/load_balancer",
        scene: |bed| {
            classic(bed);
            Scene::request("elb", "DeleteLoadBalancer", json!({"LoadBalancerName": "old"}))
        },
    },
    Case {
        name: "an instance leaves a classic load balancer",
        forecaster: "elb/load_balancer",
        scene: |bed| {
            let leave = json!([{"InstanceId": classic(bed)[0]}]);
            let leave = json!({"LoadBalancerName": "old", "Instances": leave});
            Scene::request("elb", "DeregisterInstancesFromLoadBalancer", leave)
        },
    },
];

/// Target groups of moto name load balancers that are gone.
const KEEPS: &str =
    "AWS takes a deleted load balancer out of its groups' LoadBalancerArns; moto leaves it in";

const EMULATOR: &[Deviation] = &[
    Deviation { case: "a load balancer is deleted", says: "did not happen: interrupt of", why: KEEPS },
    Deviation {
        case: "a protected load balancer is not deleted",
        says: "did not happen: interrupt of",
        why: KEEPS,
    },
    Deviation {
        case: "a protected load balancer is not deleted",
        says: "forecast as refused, and done",
        why: "AWS refuses while deletion_protection.enabled is true; moto deletes",
    },
];
