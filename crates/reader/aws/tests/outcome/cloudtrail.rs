//! CloudTrail: trails.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for mut trail in entries(&bed.ok("cloudtrail", "DescribeTrails", json!({})), "/trailList") {
        let of = json!({"Name": text(&trail, "Name")});
        trail["on"] = bed.ok("cloudtrail", "GetTrailStatus", of.clone())["IsLogging"].clone();
        trail["selectors"] = bed.ok("cloudtrail", "GetEventSelectors", json!({"TrailName": of["Name"]}));
        all.add(text(&trail, "TrailARN").to_owned(), trail);
    }
    all
}

fn trail(bed: &Bed) {
    for bucket in ["logs", "elsewhere"] {
        bed.ok("s3", "CreateBucket", json!({ "Bucket": bucket }));
    }
    bed.ok("cloudtrail", "CreateTrail", json!({"Name": "all", "S3BucketName": "logs"}));
    bed.ok("cloudtrail", "StartLogging", json!({"Name": "all"}));
}

const CASES: &[Case] = &[
    Case {
        name: "a trail stops",
        forecaster: "cloudtrail/trail",
        scene: |bed| {
            trail(bed);
            Scene::request("cloudtrail", "StopLogging", json!({"Name": "all"}))
        },
    },
    Case {
        name: "a trail goes",
        forecaster: "cloudtrail/trail",
        scene: |bed| {
            trail(bed);
            Scene::request("cloudtrail", "DeleteTrail", json!({"Name": "all"}))
        },
    },
    Case {
        name: "a trail's logs go elsewhere",
        forecaster: "cloudtrail/trail",
        scene: |bed| {
            trail(bed);
            Scene::request("cloudtrail", "UpdateTrail", json!({"Name": "all", "S3BucketName": "elsewhere"}))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
