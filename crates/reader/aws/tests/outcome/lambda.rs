//! Lambda: functions, aliases, event source mappings.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

/// An archive with nothing in it.
const CODE: &str = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==";

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for mut function in entries(&bed.ok("lambda", "ListFunctions", json!({})), "/Functions") {
        let of = json!({"FunctionName": text(&function, "FunctionName")});
        let id = arn("lambda", &format!("function:{}", text(&function, "FunctionName")));
        function["concurrency"] = bed.ok("lambda", "GetFunctionConcurrency", of.clone());
        for version in entries(&bed.ok("lambda", "ListVersionsByFunction", of.clone()), "/Versions") {
            all.add(format!("{id}#version {}", text(&version, "Version")), version);
        }
        for alias in entries(&bed.ok("lambda", "ListAliases", of), "/Aliases") {
            all.add(format!("{id}#alias {}", text(&alias, "Name")), alias);
        }
        all.add(id, function);
    }
    for mapping in entries(&bed.ok("lambda", "ListEventSourceMappings", json!({})), "/EventSourceMappings") {
        all.add(arn("lambda", &format!("event-source-mapping:{}", text(&mapping, "UUID"))), mapping);
    }
    all
}

fn function(bed: &Bed) {
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]});
    let role = json!({"RoleName": "pay", "AssumeRolePolicyDocument": policy.to_string()});
    let role = bed.ok("iam", "CreateRole", role);
    bed.ok(
        "lambda",
        "CreateFunction",
        json!({
            "FunctionName": "pay", "Runtime": "python3.11", "Handler": "a.b", "Role": role["Role"]["Arn"],
            "Code": {"ZipFile": CODE}, "Timeout": 3,
        }),
    );
}

fn alias(bed: &Bed) {
    function(bed);
    bed.ok("lambda", "PublishVersion", json!({"FunctionName": "pay"}));
    bed.ok("lambda", "CreateAlias", json!({"FunctionName": "pay", "Name": "prod", "FunctionVersion": "1"}));
}

fn mapping(bed: &Bed) -> String {
    function(bed);
    bed.ok("sqs", "CreateQueue", json!({"QueueName": "jobs"}));
    let made = bed.ok(
        "lambda",
        "CreateEventSourceMapping",
        json!({
            "FunctionName": "pay", "EventSourceArn": arn("sqs", "jobs"), "BatchSize": 10,
        }),
    );
    text(&made, "UUID").to_owned()
}

const CASES: &[Case] = &[
    Case {
        name: "a function goes with its versions and aliases",
        forecaster: "lambda/function",
        scene: |bed| {
            alias(bed);
            Scene::request("lambda", "DeleteFunction", json!({"FunctionName": "pay"}))
        },
    },
    Case {
        name: "a function gets another time limit",
        forecaster: "lambda/function",
        scene: |bed| {
            function(bed);
            let update = json!({"FunctionName": "pay", "Timeout": 30});
            Scene::request("lambda", "UpdateFunctionConfiguration", update)
        },
    },
    Case {
        name: "a function is stopped",
        forecaster: "lambda/function",
        scene: |bed| {
            function(bed);
            let stop = json!({"FunctionName": "pay", "ReservedConcurrentExecutions": 0});
            Scene::request("lambda", "PutFunctionConcurrency", stop)
        },
    },
    Case {
        name: "an alias stands for other code",
        forecaster: "lambda/alias",
        scene: |bed| {
            alias(bed);
            let update = json!({"FunctionName": "pay", "Name": "prod", "FunctionVersion": "$LATEST"});
            Scene::request("lambda", "UpdateAlias", update)
        },
    },
    Case {
        name: "a mapping takes smaller batches",
        forecaster: "lambda/event_source",
        scene: |bed| {
            let uuid = mapping(bed);
            Scene::request("lambda", "UpdateEventSourceMapping", json!({"UUID": uuid, "BatchSize": 1}))
        },
    },
    Case {
        name: "a mapping goes",
        forecaster: "lambda/event_source",
        scene: |bed| {
            let uuid = mapping(bed);
            Scene::request("lambda", "DeleteEventSourceMapping", json!({ "UUID": uuid }))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
