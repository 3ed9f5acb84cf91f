//! Kinesis: streams.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for name in entries(&bed.ok("kinesis", "ListStreams", json!({})), "/StreamNames") {
        let record = bed.ok("kinesis", "DescribeStreamSummary", json!({ "StreamName": name }));
        all.add(text(&record["StreamDescriptionSummary"], "StreamARN").to_owned(), record);
    }
    all
}

fn stream(bed: &Bed) {
    bed.ok("kinesis", "CreateStream", json!({"StreamName": "clicks", "ShardCount": 1}));
    let longer = json!({"StreamName": "clicks", "RetentionPeriodHours": 48});
    bed.ok("kinesis", "IncreaseStreamRetentionPeriod", longer);
}

const CASES: &[Case] = &[
    Case {
        name: "a stream goes",
        forecaster: "kinesis/stream",
        scene: |bed| {
            stream(bed);
            Scene::request("kinesis", "DeleteStream", json!({"StreamName": "clicks"}))
        },
    },
    Case {
        name: "records are kept for a shorter time",
        forecaster: "kinesis/stream",
        scene: |bed| {
            stream(bed);
            let shorter = json!({"StreamName": "clicks", "RetentionPeriodHours": 24});
            Scene::request("kinesis", "DecreaseStreamRetentionPeriod", shorter)
        },
    },
];

const EMULATOR: &[Deviation] = &[];
