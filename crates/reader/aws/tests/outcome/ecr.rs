//! ECR: repositories and images.

use serde_json::json;

use crate::case::{Case, Deviation, Family, Scene};
use crate::inventory::{Inventory, entries, text};
use crate::wire_common::bed::Bed;

pub(crate) const FAMILY: Family = Family { look, cases: CASES, emulator: EMULATOR };

fn look(bed: &Bed) -> Inventory {
    let mut all = Inventory::default();
    for mut repository in entries(&bed.ok("ecr", "DescribeRepositories", json!({})), "/repositories") {
        let id = text(&repository, "repositoryArn").to_owned();
        let of = json!({"repositoryName": text(&repository, "repositoryName")});
        for image in entries(&bed.ok("ecr", "DescribeImages", of.clone()), "/imageDetails") {
            all.add(format!("{id}#{}", text(&image, "imageDigest")), image);
        }
        if let Ok(policy) = bed.call("ecr", "GetLifecyclePolicy", &of) {
            repository["policy"] = policy["lifecyclePolicyText"].clone();
        }
        all.add(id, repository);
    }
    all
}

fn repository(bed: &Bed) {
    bed.ok("ecr", "CreateRepository", json!({"repositoryName": "shop"}));
    for (tag, layer) in [("v1", "a"), ("v2", "b")] {
        let manifest = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 10,
                       "digest": format!("sha256:{}", layer.repeat(64))},
            "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 10,
                        "digest": format!("sha256:{}", layer.repeat(64))}],
        });
        let put = json!({"repositoryName": "shop", "imageManifest": manifest.to_string(), "imageTag": tag});
        bed.ok("ecr", "PutImage", put);
    }
}

const CASES: &[Case] = &[
    Case {
        name: "a repository goes with its images",
        forecaster: "ecr/repository",
        scene: |bed| {
            repository(bed);
            Scene::request("ecr", "DeleteRepository", json!({"repositoryName": "shop", "force": true}))
        },
    },
    Case {
        name: "a repository with images does not go by itself",
        forecaster: "ecr/repository",
        scene: |bed| {
            repository(bed);
            Scene::request("ecr", "DeleteRepository", json!({"repositoryName": "shop"}))
        },
    },
    Case {
        name: "an image goes with its last tag",
        forecaster: "ecr/repository",
        scene: |bed| {
            repository(bed);
            let delete = json!({"repositoryName": "shop", "imageIds": [{"imageTag": "v1"}]});
            Scene::request("ecr", "BatchDeleteImage", delete)
        },
    },
    Case {
        name: "images begin to expire",
        forecaster: "ecr/repository",
        scene: |bed| {
            repository(bed);
            let policy = json!({"rules": [{
                "rulePriority": 1, "action": {"type": "expire"},
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
            }]});
            let put = json!({"repositoryName": "shop", "lifecyclePolicyText": policy.to_string()});
            Scene::request("ecr", "PutLifecyclePolicy", put)
        },
    },
];

const EMULATOR: &[Deviation] = &[];
