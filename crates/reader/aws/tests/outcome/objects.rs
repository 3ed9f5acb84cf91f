//! S3: objects, versions, buckets; and the settings of buckets.

use serde_json::{Value, json};

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for bucket in entries(&bed.ok("s3", "ListBuckets", json!({})), "/Buckets") {
        let name = text(&bucket, "Name");
        let id = format!("arn:aws:s3:::{name}");
        let by_name = json!({ "Bucket": name });
        for setting in
            ["GetBucketVersioning", "GetBucketPolicy", "GetBucketTagging", "GetBucketLifecycleConfiguration"]
        {
            // One that is not set is answered with an error.
            if let Ok(answer) = bed.call("s3", setting, &by_name) {
                all.add(format!("{id}#{setting}"), answer);
            }
        }
        let versions = bed.ok("s3", "ListObjectVersions", by_name.clone());
        for list in ["/Versions", "/DeleteMarkers"] {
            for one in entries(&versions, list) {
                let mut record = one.clone();
                // Which one is the latest is what the listing of the objects tells.
                record.as_object_mut().unwrap().remove("IsLatest");
                all.add(format!("{id}/{}#{}", text(&one, "Key"), text(&one, "VersionId")), record);
            }
        }
        for object in entries(&bed.ok("s3", "ListObjectsV2", by_name), "/Contents") {
            all.add(format!("{id}/{}", text(&object, "Key")), object);
        }
        all.add(id, bucket);
    }
    all
}

fn bucket(bed: &Bed, versioned: bool) {
    bed.ok("s3", "CreateBucket", json!({"Bucket": "photos"}));
    if versioned {
        let on = json!({"Bucket": "photos", "VersioningConfiguration": {"Status": "Enabled"}});
        bed.ok("s3", "PutBucketVersioning", on);
    }
    for key in ["a b.jpg", "other.jpg"] {
        bed.ok("s3", "PutObject", at(key));
    }
}

fn at(key: &str) -> Value {
    json!({"Bucket": "photos", "Key": key})
}

/// The versions of an object, and its copies among Interlock's own.
fn versions(key: &'static str) -> impl Fn(&Bed) -> Vec<String> {
    move |bed| {
        let versions = bed.ok("s3", "ListObjectVersions", json!({"Bucket": "photos", "Prefix": key}));
        let id = |one: &Value| format!("arn:aws:s3:::photos/{key}?versionId={}", text(one, "VersionId"));
        entries(&versions, "/Versions").iter().map(id).collect()
    }
}

/// The copies of an object in Interlock's own bucket.
fn copies(key: &'static str) -> impl Fn(&Bed) -> Vec<String> {
    move |bed| {
        let own = json!({"Bucket": "interlock-recovery-123456789012-us-east-1"});
        let Ok(listed) = bed.call("s3", "ListObjectsV2", &own) else { return Vec::new() };
        let here = entries(&listed, "/Contents").into_iter().filter(|one| text(one, "Key").ends_with(key));
        here.map(|one| text(&one, "Key").to_owned()).collect()
    }
}

const CASES: &[Case] = &[
    Case {
        name: "an object is deleted where nothing keeps it",
        forecaster: "s3/object",
        scene: |bed| {
            bucket(bed, false);
            Scene::request("s3", "DeleteObject", at("a b.jpg")).points(copies("a b.jpg"))
        },
    },
    Case {
        name: "an object is overwritten where nothing keeps it",
        forecaster: "s3/object",
        scene: |bed| {
            bucket(bed, false);
            let put = json!({"Bucket": "photos", "Key": "a b.jpg", "StorageClass": "STANDARD_IA"});
            Scene::request("s3", "PutObject", put).points(copies("a b.jpg")).overwrites()
        },
    },
    Case {
        name: "an object of a versioned bucket is deleted",
        forecaster: "s3/object",
        scene: |bed| {
            bucket(bed, true);
            // The forecast speaks of the present version by the object's own name.
            let present = |bed: &Bed| {
                let all = versions("a b.jpg")(bed);
                all.iter().map(|_| "arn:aws:s3:::photos/a b.jpg".to_owned()).collect()
            };
            Scene::request("s3", "DeleteObject", at("a b.jpg")).points(present)
        },
    },
    Case {
        name: "an object is new",
        forecaster: "s3/object",
        scene: |bed| {
            bucket(bed, false);
            Scene::request("s3", "PutObject", at("new.jpg"))
        },
    },
    Case {
        name: "one of two versions is deleted",
        forecaster: "s3/versions",
        scene: |bed| {
            bucket(bed, true);
            let old = bed.ok("s3", "HeadObject", at("a b.jpg"))["VersionId"].clone();
            bed.ok("s3", "PutObject", at("a b.jpg"));
            let delete = json!({"Bucket": "photos", "Key": "a b.jpg", "VersionId": old});
            Scene::request("s3", "DeleteObject", delete).points(versions("a b.jpg"))
        },
    },
    Case {
        name: "an empty bucket is deleted",
        forecaster: "s3/bucket",
        scene: |bed| {
            bed.ok("s3", "CreateBucket", json!({"Bucket": "photos"}));
            Scene::request("s3", "DeleteBucket", json!({"Bucket": "photos"}))
        },
    },
    Case {
        name: "a bucket with objects is not deleted",
        forecaster: "s3/bucket",
        scene: |bed| {
            bucket(bed, false);
            Scene::request("s3", "DeleteBucket", json!({"Bucket": "photos"}))
        },
    },
    Case {
        name: "versions are no longer kept",
        forecaster: "s3/bucket",
        scene: |bed| {
            bucket(bed, true);
            let off = json!({"Bucket": "photos", "VersioningConfiguration": {"Status": "Suspended"}});
            Scene::request("s3", "PutBucketVersioning", off)
        },
    },
    Case {
        name: "a bucket's policy is another",
        forecaster: "compare/settings",
        scene: |bed| {
            bucket(bed, false);
            let policy = |action: &str| {
                let who = json!({"AWS": "arn:aws:iam::123456789012:root"});
                let one = json!({"Effect": "Allow", "Principal": who, "Action": action, "Resource": "arn:aws:s3:::photos/*"});
                json!({"Bucket": "photos", "Policy": json!({"Version": "2012-10-17", "Statement": [one]}).to_string()})
            };
            bed.ok("s3", "PutBucketPolicy", policy("s3:GetObject"));
            Scene::request("s3", "PutBucketPolicy", policy("s3:PutObject"))
        },
    },
    Case {
        name: "a bucket's policy is deleted",
        forecaster: "compare/settings",
        scene: |bed| {
            bucket(bed, false);
            let who = json!({"AWS": "arn:aws:iam::123456789012:root"});
            let one = json!({"Effect": "Deny", "Principal": who, "Action": "s3:*", "Resource": "arn:aws:s3:::photos/*"});
            let policy = json!({"Version": "2012-10-17", "Statement": [one]}).to_string();
            bed.ok("s3", "PutBucketPolicy", json!({"Bucket": "photos", "Policy": policy}));
            Scene::request("s3", "DeleteBucketPolicy", json!({"Bucket": "photos"}))
        },
    },
];

const EMULATOR: &[Deviation] = &[];
