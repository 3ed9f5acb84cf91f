//! Auto Scaling and ECS.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, named, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    crate::machines::look_at(bed, &mut all);
    let group = |one: &Value| {
        let name = text(one, "AutoScalingGroupName");
        Some(arn("autoscaling", &format!("autoScalingGroup:*:autoScalingGroupName/{name}")))
    };
    let groups = ("autoscaling", "DescribeAutoScalingGroups", json!({}));
    all.list(bed, groups, "/AutoScalingGroups", group);
    for cluster in entries(&bed.ok("ecs", "ListClusters", json!({})), "/clusterArns") {
        let described = bed.ok("ecs", "DescribeClusters", json!({"clusters": [cluster]}));
        let alive = |one: &Value| (one["status"] != json!("INACTIVE")).then_some(());
        let mut record = described["clusters"][0].clone();
        if alive(&record).is_some() {
            // Counts of what is looked at one by one.
            record.as_object_mut().unwrap().retain(|name, _| !name.ends_with("Count"));
            all.add(cluster.as_str().unwrap(), record);
        }
        let services = entries(&bed.ok("ecs", "ListServices", json!({"cluster": cluster})), "/serviceArns");
        if !services.is_empty() {
            let of = json!({"cluster": cluster, "services": services});
            let id = |one: &Value| alive(one).map(|()| text(one, "serviceArn").to_owned());
            all.list(bed, ("ecs", "DescribeServices", of), "/services", id);
        }
        for status in ["RUNNING", "STOPPED"] {
            let of = json!({"cluster": cluster, "desiredStatus": status});
            let tasks = entries(&bed.ok("ecs", "ListTasks", of), "/taskArns");
            if !tasks.is_empty() {
                let of = json!({"cluster": cluster, "tasks": tasks});
                all.list(bed, ("ecs", "DescribeTasks", of), "/tasks", named("taskArn"));
            }
        }
    }
    all
}

fn group(bed: &Bed, many: u32) {
    let images = bed.ok("ec2", "DescribeImages", json!({}));
    let image =
        entries(&images, "/Images").into_iter().find(|one| one["RootDeviceType"] == json!("ebs")).unwrap();
    let launch =
        json!({"LaunchConfigurationName": "l", "ImageId": image["ImageId"], "InstanceType": "t3.micro"});
    bed.ok("autoscaling", "CreateLaunchConfiguration", launch);
    bed.ok(
        "autoscaling",
        "CreateAutoScalingGroup",
        json!({
            "AutoScalingGroupName": "web", "LaunchConfigurationName": "l", "MinSize": 0, "MaxSize": 5,
            "DesiredCapacity": many, "AvailabilityZones": ["us-east-1a"],
        }),
    );
}

fn first(bed: &Bed) -> Value {
    bed.ok("autoscaling", "DescribeAutoScalingGroups", json!({}))["AutoScalingGroups"][0]["Instances"][0]["InstanceId"]
        .clone()
}

fn service(bed: &Bed, many: u32) {
    bed.ok("ecs", "CreateCluster", json!({"clusterName": "c"}));
    let container = json!([{"name": "web", "image": "web", "memory": 64}]);
    for _ in 0..2 {
        bed.ok("ecs", "RegisterTaskDefinition", json!({"family": "web", "containerDefinitions": container}));
    }
    bed.ok(
        "ecs",
        "CreateService",
        json!({
            "cluster": "c", "serviceName": "web", "taskDefinition": "web:1", "desiredCount": many,
        }),
    );
}

/// Each volume's recovery points, of all volumes together: the forecast counts the volume that is worst off.
fn of_each_volume(bed: &Bed) -> Vec<String> {
    crate::machines::least_points(bed)
}

const CASES: &[Case] = &[
    Case {
        name: "a group is scaled to nothing",
        forecaster: "autoscaling/group",
        scene: |bed| {
            group(bed, 2);
            let nothing = json!({"AutoScalingGroupName": "web", "DesiredCapacity": 0});
            Scene::request("autoscaling", "UpdateAutoScalingGroup", nothing).points(of_each_volume)
        },
    },
    Case {
        name: "a policy scales a group to nothing",
        forecaster: "autoscaling/later",
        scene: |bed| {
            group(bed, 2);
            let policy = json!({
                "AutoScalingGroupName": "web", "PolicyName": "in", "AdjustmentType": "ExactCapacity",
                "ScalingAdjustment": 0,
            });
            bed.ok("autoscaling", "PutScalingPolicy", policy);
            let carry_out = json!({"AutoScalingGroupName": "web", "PolicyName": "in"});
            Scene::request("autoscaling", "ExecutePolicy", carry_out).points(of_each_volume)
        },
    },
    Case {
        name: "a group loses one of three",
        forecaster: "autoscaling/group",
        scene: |bed| {
            group(bed, 3);
            let less = json!({"AutoScalingGroupName": "web", "MaxSize": 2});
            let ec2 = |kind: &str| arn("ec2", kind);
            Scene::request("autoscaling", "UpdateAutoScalingGroup", less)
                .unnamed(ec2("instance/"), 1)
                .unnamed(ec2("volume/"), 1)
        },
    },
    Case {
        name: "a group grows",
        forecaster: "autoscaling/group",
        scene: |bed| {
            group(bed, 1);
            let more = json!({"AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 9});
            Scene::request("autoscaling", "UpdateAutoScalingGroup", more)
        },
    },
    Case {
        name: "a group is deleted by force",
        forecaster: "autoscaling/group",
        scene: |bed| {
            group(bed, 1);
            let delete = json!({"AutoScalingGroupName": "web", "ForceDelete": true});
            Scene::request("autoscaling", "DeleteAutoScalingGroup", delete).points(of_each_volume)
        },
    },
    Case {
        name: "an instance is terminated in its group",
        forecaster: "autoscaling/member",
        scene: |bed| {
            group(bed, 2);
            let end = json!({"InstanceId": first(bed), "ShouldDecrementDesiredCapacity": true});
            Scene::request("autoscaling", "TerminateInstanceInAutoScalingGroup", end).points(of_each_volume)
        },
    },
    Case {
        name: "an instance leaves its group",
        forecaster: "autoscaling/member",
        scene: |bed| {
            group(bed, 2);
            let leave = json!({
                "AutoScalingGroupName": "web", "InstanceIds": [first(bed)], "ShouldDecrementDesiredCapacity": true,
            });
            Scene::request("autoscaling", "DetachInstances", leave)
        },
    },
    Case {
        name: "a service is scaled to nothing",
        forecaster: "ecs/service",
        scene: |bed| {
            service(bed, 2);
            Scene::request(
                "ecs",
                "UpdateService",
                json!({"cluster": "c", "service": "web", "desiredCount": 0}),
            )
        },
    },
    Case {
        name: "a service runs other code",
        forecaster: "ecs/service",
        scene: |bed| {
            service(bed, 2);
            let other = json!({"cluster": "c", "service": "web", "taskDefinition": "web:2"});
            Scene::request("ecs", "UpdateService", other)
        },
    },
    Case {
        name: "a service stays as it is",
        forecaster: "ecs/service",
        scene: |bed| {
            service(bed, 2);
            Scene::request(
                "ecs",
                "UpdateService",
                json!({"cluster": "c", "service": "web", "desiredCount": 2}),
            )
        },
    },
    Case {
        name: "a service that wants tasks is not deleted",
        forecaster: "ecs/service",
        scene: |bed| {
            service(bed, 2);
            Scene::request("ecs", "DeleteService", json!({"cluster": "c", "service": "web"}))
        },
    },
    Case {
        name: "a service is deleted by force",
        forecaster: "ecs/service",
        scene: |bed| {
            service(bed, 2);
            Scene::request("ecs", "DeleteService", json!({"cluster": "c", "service": "web", "force": true}))
        },
    },
    Case {
        name: "an empty cluster is deleted",
        forecaster: "ecs/cluster",
        scene: |bed| {
            bed.ok("ecs", "CreateCluster", json!({"clusterName": "c"}));
            Scene::request("ecs", "DeleteCluster", json!({"cluster": "c"}))
        },
    },
    Case {
        name: "a cluster with a service is not deleted",
        forecaster: "ecs/cluster",
        scene: |bed| {
            service(bed, 2);
            Scene::request("ecs", "DeleteCluster", json!({"cluster": "c"}))
        },
    },
    Case {
        name: "a task is stopped",
        forecaster: "ecs/task",
        scene: |bed| {
            let subnets = bed.ok("ec2", "DescribeSubnets", json!({}));
            bed.ok("ecs", "CreateCluster", json!({"clusterName": "c"}));
            let container = json!([{"name": "web", "image": "web", "memory": 64}]);
            bed.ok(
                "ecs",
                "RegisterTaskDefinition",
                json!({
                    "family": "web", "containerDefinitions": container, "networkMode": "awsvpc", "cpu": "256",
                    "memory": "512", "requiresCompatibilities": ["FARGATE"],
                }),
            );
            let groups = bed.ok("ec2", "DescribeSecurityGroups", json!({}));
            let network = json!({"awsvpcConfiguration": {
                "subnets": [subnets["Subnets"][0]["SubnetId"]],
                "securityGroups": [groups["SecurityGroups"][0]["GroupId"]],
            }});
            let run = json!({
                "cluster": "c", "taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network,
            });
            let task = bed.ok("ecs", "RunTask", run)["tasks"][0]["taskArn"].clone();
            Scene::request("ecs", "StopTask", json!({"cluster": "c", "task": task}))
        },
    },
];

const EMULATOR: &[Deviation] = &[
    Deviation {
        case: "a cluster with a service is not deleted",
        says: "forecast as refused, and done",
        why: "AWS answers ClusterContainsServicesException; moto deletes the cluster",
    },
    Deviation {
        case: "a group loses one of three",
        says: "network-interface/",
        why: "AWS deletes the interface with the instance that the service chose; moto leaves it, detached",
    },
    Deviation {
        case: "a service stays as it is",
        says: "service/c/web changed",
        why: "moto writes a new deployment for an update that changes nothing",
    },
];
