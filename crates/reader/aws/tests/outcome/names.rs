//! Route 53: zones and records.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for zone in entries(&bed.ok("route53", "ListHostedZones", json!({})), "/HostedZones") {
        let number = text(&zone, "Id").rsplit('/').next().unwrap().to_owned();
        let id = format!("arn:aws:route53:::hostedzone/{number}");
        let mut record = bed.ok("route53", "GetHostedZone", json!({ "Id": number }));
        // What the zone counts are the records, which are looked at one by one.
        record["HostedZone"].as_object_mut().unwrap().remove("ResourceRecordSetCount");
        all.add(&id, record);
        let records = bed.ok("route53", "ListResourceRecordSets", json!({ "HostedZoneId": number }));
        for record in entries(&records, "/ResourceRecordSets") {
            all.add(format!("{id}#{} {}", text(&record, "Name"), text(&record, "Type")), record);
        }
    }
    all
}

fn zone(bed: &Bed) -> String {
    let zone =
        bed.ok("route53", "CreateHostedZone", json!({"Name": "school.example", "CallerReference": "r"}));
    text(&zone["HostedZone"], "Id").rsplit('/').next().unwrap().to_owned()
}

fn record(name: &str, value: &str) -> Value {
    json!({"Name": format!("{name}.school.example"), "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]})
}

fn batch(zone: &str, changes: &[(&str, Value)]) -> Value {
    let changes: Vec<Value> =
        changes.iter().map(|(verb, record)| json!({"Action": verb, "ResourceRecordSet": record})).collect();
    json!({"HostedZoneId": zone, "ChangeBatch": {"Changes": changes}})
}

fn with_records(bed: &Bed) -> String {
    let zone = zone(bed);
    let make = batch(&zone, &[("CREATE", record("www", "10.0.0.1")), ("CREATE", record("api", "10.0.0.2"))]);
    bed.ok("route53", "ChangeResourceRecordSets", make);
    zone
}

fn change(bed: &Bed, changes: &[(&str, Value)]) -> Scene {
    Scene::request("route53", "ChangeResourceRecordSets", batch(&with_records(bed), changes))
}

const CASES: &[Case] = &[
    Case {
        name: "a record is deleted",
        forecaster: "route53/records",
        scene: |bed| change(bed, &[("DELETE", record("www", "10.0.0.1"))]),
    },
    Case {
        name: "a record is replaced",
        forecaster: "route53/records",
        scene: |bed| change(bed, &[("UPSERT", record("www", "10.0.0.9"))]),
    },
    Case {
        name: "a record stays as it is",
        forecaster: "route53/records",
        scene: |bed| change(bed, &[("UPSERT", record("www", "10.0.0.1"))]),
    },
    Case {
        name: "a record is upserted that was not there",
        forecaster: "route53/records",
        scene: |bed| change(bed, &[("UPSERT", record("new", "10.0.0.1"))]),
    },
    Case {
        name: "one goes, one comes",
        forecaster: "route53/records",
        scene: |bed| {
            change(bed, &[("DELETE", record("www", "10.0.0.1")), ("CREATE", record("new", "10.0.0.1"))])
        },
    },
    Case {
        name: "a record that is not there is not deleted",
        forecaster: "route53/records",
        scene: |bed| change(bed, &[("DELETE", record("old", "10.0.0.1"))]),
    },
    Case {
        name: "an empty zone is deleted",
        forecaster: "route53/zone",
        scene: |bed| Scene::request("route53", "DeleteHostedZone", json!({"Id": zone(bed)})),
    },
    Case {
        name: "a zone with records is not deleted",
        forecaster: "route53/zone",
        scene: |bed| Scene::request("route53", "DeleteHostedZone", json!({"Id": with_records(bed)})),
    },
];

const EMULATOR: &[Deviation] = &[];
