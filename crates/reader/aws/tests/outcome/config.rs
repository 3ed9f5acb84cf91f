//! AWS Config: recorders and delivery channels.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    let recorders = bed.ok("config", "DescribeConfigurationRecorders", json!({}));
    let status = bed.ok("config", "DescribeConfigurationRecorderStatus", json!({}));
    let status = entries(&status, "/ConfigurationRecordersStatus");
    for mut recorder in entries(&recorders, "/ConfigurationRecorders") {
        let own = status.iter().find(|one| one["name"] == recorder["name"]);
        recorder["on"] = own.map(|own| own["recording"].clone()).unwrap_or_default();
        all.add(arn("config", &format!("configuration-recorder/{}", text(&recorder, "name"))), recorder);
    }
    for channel in entries(&bed.ok("config", "DescribeDeliveryChannels", json!({})), "/DeliveryChannels") {
        all.add(arn("config", &format!("delivery-channel/{}", text(&channel, "name"))), channel);
    }
    all
}

fn recorder(bed: &Bed) {
    bed.ok(
        "config",
        "PutConfigurationRecorder",
        json!({"ConfigurationRecorder": {
            "name": "default", "roleARN": "arn:aws:iam::123456789012:role/config",
            "recordingGroup": {"allSupported": true, "includeGlobalResourceTypes": true},
        }}),
    );
    bed.ok(
        "config",
        "PutDeliveryChannel",
        json!({"DeliveryChannel": {"name": "default", "s3BucketName": "logs"}}),
    );
    bed.ok("config", "StartConfigurationRecorder", json!({"ConfigurationRecorderName": "default"}));
}

const CASES: &[Case] = &[
    Case {
        name: "a recorder stops",
        forecaster: "config/recorder",
        scene: |bed| {
            recorder(bed);
            let stop = json!({"ConfigurationRecorderName": "default"});
            Scene::request("config", "StopConfigurationRecorder", stop)
        },
    },
    Case {
        name: "a recorder goes",
        forecaster: "config/recorder",
        scene: |bed| {
            recorder(bed);
            let delete = json!({"ConfigurationRecorderName": "default"});
            Scene::request("config", "DeleteConfigurationRecorder", delete)
        },
    },
];

const EMULATOR: &[Deviation] = &[];
