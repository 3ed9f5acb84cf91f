//! Images that are deleted from a repository, by tag or by digest: put again from their manifests.
//!
//! Kept: the manifest of each image, and its tags. Back: it is put again under each tag. Compared: manifests and tags. The
//! layers are collected some time after the image is gone: then there is no way back any more.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::super::way::{Way, at, call, found, is, list, missing, only, read, step, text, with, word};

/// The way.
pub(super) struct Image;

fn repository(deed: &Deed) -> Option<&str> {
    let ours = is(deed, "ecr", &["BatchDeleteImage"]) && !list(&deed.arguments, "/imageIds").is_empty();
    text(deed, "/repositoryName").filter(|_| ours)
}

fn place(deed: &Deed) -> Value {
    let place = only(&deed.arguments, &["registryId"]);
    with(place, json!({"repositoryName": repository(deed)}))
}

/// Every form of manifest that a registry keeps.
const MANIFESTS: [&str; 5] = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
];

fn asks(deed: &Deed) -> Value {
    let ids = at(&deed.arguments, "/imageIds");
    with(place(deed), json!({"imageIds": ids, "acceptedMediaTypes": MANIFESTS}))
}

impl Way for Image {
    fn name(&self) -> &'static str {
        "ecr/image"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        repository(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        vec![read(deed, "ecr", "BatchGetImage", asks(deed))]
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let answer = found(answers, "ecr", "BatchGetImage", &asks(deed))?;
        let answer = answer.ok_or("the repository is not there")?;
        let one = |image: &Value| {
            let kept = only(image, &["imageManifest", "imageManifestMediaType"]);
            let id = at(image, "/imageId");
            with(kept, json!({"imageDigest": at(id, "/imageDigest"), "imageTag": at(id, "/imageTag")}))
        };
        let mut images: Vec<Value> = list(answer, "/images").iter().map(one).collect();
        images.sort_by_cached_key(Value::to_string);
        images.dedup();
        Ok(json!({"images": images}))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let lost = ["when it was pushed", "the layers, once the service has collected them"];
        (!list(before, "/images").is_empty()).then(|| Terms::lossy(1, &lost).within_days(1))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let repository = repository(deed).ok_or("the repository is not named")?;
        let mut steps = Vec::new();
        for image in missing(at(now, "/images"), at(before, "/images")) {
            let name = word(&image, "/imageTag").or(word(&image, "/imageDigest")).unwrap_or("?");
            let name = format!("put {name} of {repository} back");
            let put = call(deed, "ecr", "PutImage", with(image.clone(), place(deed)));
            steps.push(step(name, put));
        }
        if steps.is_empty() {
            return Err("other images stand in their place".to_owned());
        }
        Ok(steps)
    }
}
