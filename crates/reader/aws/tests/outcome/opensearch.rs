//! OpenSearch: domains.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, arn, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for domain in entries(&bed.ok("opensearch", "ListDomainNames", json!({})), "/DomainNames") {
        let of = json!({"DomainName": text(&domain, "DomainName")});
        let record = bed.ok("opensearch", "DescribeDomain", of);
        let config = record["DomainStatus"]["ClusterConfig"].clone();
        all.add(arn("es", &format!("domain/{}", text(&domain, "DomainName"))), config);
    }
    all
}

fn domain(bed: &Bed) {
    bed.ok(
        "opensearch",
        "CreateDomain",
        json!({
            "DomainName": "search", "ClusterConfig": {"InstanceType": "r6g.large.search", "InstanceCount": 3},
            "EBSOptions": {"EBSEnabled": true, "VolumeSize": 100},
        }),
    );
}

const CASES: &[Case] = &[
    Case {
        name: "a domain goes",
        forecaster: "opensearch/domain",
        scene: |bed| {
            domain(bed);
            Scene::request("opensearch", "DeleteDomain", json!({"DomainName": "search"}))
        },
    },
    Case {
        name: "a domain becomes smaller",
        forecaster: "opensearch/domain",
        scene: |bed| {
            domain(bed);
            let config = json!({"InstanceType": "r6g.large.search", "InstanceCount": 1});
            let update = json!({"DomainName": "search", "ClusterConfig": config});
            Scene::request("opensearch", "UpdateDomainConfig", update)
        },
    },
];

const EMULATOR: &[Deviation] = &[];
