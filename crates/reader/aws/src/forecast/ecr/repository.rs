//! ECR repositories and their images.
//!
//! An image that is deleted is gone; a repository is deleted with its images only by force. Who names a tag takes the tag
//! away, and the image with its last one; who names a digest takes the image with all its tags (ECR API Reference,
//! BatchDeleteImage). A lifecycle policy deletes images by and by, without a further request: which, only ECR's own
//! preview tells, so that all of them count. Who runs an image is nowhere to be read; when it was last pulled is told.
//! Reads: DescribeRepositories, DescribeImages, GetLifecyclePolicy.

use std::collections::BTreeMap;

use interlock_action::{
    Action, Answers, Bears, Effect, Kind, Observed, Read, Relation, Reversibility, Securing, TargetId,
};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Listed, Live, entries, flag, listed, live, number, strings, text},
    draft::{Draft, leading},
    existence, words,
};

const IMAGES: &str = "images of the repository";
const POLICY: &str = "lifecycle policy";

/// The forecaster of repositories and images.
pub(in crate::forecast) struct Repository;

const OPERATIONS: [&str; 4] =
    ["DeleteRepository", "BatchDeleteImage", "PutLifecyclePolicy", "DeleteLifecyclePolicy"];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = text(&action.arguments, "/repositoryName")?;
    let acts = action.targets.iter().find(|target| target.relation == Relation::Acts);
    Some((name, acts.map_or_else(|| TargetId::new(name), |target| target.id.clone())))
}

/// The request's repository, with the registry that it names.
fn which(action: &Action, name: &str) -> Value {
    match text(&action.arguments, "/registryId") {
        Some(registry) => json!({"repositoryName": name, "registryId": registry}),
        None => json!({ "repositoryName": name }),
    }
}

impl Look for Repository {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "ecr"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, action: &Action, _so_far: &Answers) -> Vec<Read> {
        let Some((name, _)) = subject(action) else { return Vec::new() };
        let which = which(action, name);
        let mut reads = Vec::new();
        if action.operation.verb() != "DeleteLifecyclePolicy" {
            reads.push(crate::call::read(action, IMAGES, "ecr", "DescribeImages", which.clone()));
        }
        if action.operation.verb().ends_with("LifecyclePolicy") {
            reads.push(crate::call::read(action, POLICY, "ecr", "GetLifecyclePolicy", which));
        }
        reads
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        match existence::of(action, answers, &id) {
            Live::Found(record) => draft.bind(id.as_str(), json!({ "createdAt": record.get("createdAt") })),
            Live::Absent => return,
            Live::Unread(why) => draft.unknown(format!("repository {name} could not be read: {why}")),
        }
        let images = listed(answers, IMAGES, "imageDetails");
        match action.operation.verb() {
            "DeleteRepository" => delete(action, name, &id, &images, draft),
            "BatchDeleteImage" => some(action, name, &id, &images, draft),
            verb => policy(action, answers, (name, verb), &id, &images, draft),
        }
    }
}

/// `no images`, `12 images, 3.4 GB`.
fn size(images: &Listed<'_>) -> String {
    let bytes = images.entries().iter().filter_map(|image| number(image, "/imageSizeInBytes"));
    let bytes = bytes.fold(0_u64, u64::saturating_add);
    match images {
        Listed::Unread(why) => format!("what it holds could not be read: {why}"),
        Listed::All(entries) if entries.is_empty() => "no images".to_owned(),
        Listed::All(entries) => {
            format!("{}, {}", words::count(entries.len() as u64, "image"), words::bytes(bytes))
        }
        Listed::Page(entries) => {
            format!(
                "{} or more images, {} or more",
                words::thousands(entries.len() as u64),
                words::bytes(bytes)
            )
        }
    }
}

fn see(id: &TargetId, images: &Listed<'_>, draft: &mut Draft) -> bool {
    let empty = matches!(images, Listed::All(entries) if entries.is_empty());
    let data = if empty { Bears::No } else { Bears::Yes };
    draft.observe(id, Observed { data, size: Some(size(images)), ..Observed::default() });
    draft.gap(images.gap("images of the repository"));
    empty
}

fn lost(name: &str, what: &str, draft: &mut Draft) {
    draft.lose(format!("images of {name}: {what}"));
    draft.unknown(format!("who runs images of {name} is nowhere to be read"));
    let why = "images would have to be copied to another repository first";
    draft.secure(Securing::Impossible(format!("no recovery point can be made of {name}: {why}")));
}

fn delete(action: &Action, name: &str, id: &TargetId, images: &Listed<'_>, draft: &mut Draft) {
    let empty = see(id, images, draft);
    let size = size(images);
    draft.bind(format!("{id} images"), json!({ "empty": empty }));
    draft.change(id, Kind::Image, Effect::Destroy, format!("repository {name} ({size}) is deleted"));
    if !empty && images.complete() && flag(&action.arguments, "/force") != Some(true) {
        let refused = format!("{name} holds images and nothing forces it: the service will refuse");
        draft.change(id, Kind::Image, Effect::Destroy, refused);
    }
    draft.reversibility = if empty { Reversibility::Lossy } else { Reversibility::None };
    let pulled: Vec<&str> =
        images.entries().iter().filter_map(|image| text(image, "/lastRecordedPullTime")).collect();
    if let Some(last) = pulled.iter().max() {
        draft.depend(format!("somebody pulled an image of {name} on {last}"));
    }
    if !empty {
        lost(name, &size, draft);
    }
}

/// What a request takes from each image: its digest, and the tags that go; none means the image itself.
fn taken<'a>(action: &'a Action, images: &Listed<'a>) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut taken: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let named = entries(&action.arguments, "/imageIds");
    for image in images.entries() {
        let Some(digest) = text(image, "/imageDigest") else { continue };
        let tags = strings(image, "/imageTags");
        let whole = named
            .iter()
            .any(|one| text(one, "/imageDigest") == Some(digest) && text(one, "/imageTag").is_none());
        let by_tag: Vec<&str> =
            named.iter().filter_map(|one| text(one, "/imageTag")).filter(|tag| tags.contains(tag)).collect();
        if whole || (!by_tag.is_empty() && by_tag.len() >= tags.len()) {
            taken.insert(digest, Vec::new());
        } else if !by_tag.is_empty() {
            taken.insert(digest, by_tag);
        }
    }
    taken
}

fn some(action: &Action, name: &str, id: &TargetId, images: &Listed<'_>, draft: &mut Draft) {
    see(id, images, draft);
    if let Listed::Unread(why) = images {
        draft.change(id, Kind::Image, Effect::Destroy, format!("images of {name}, unread, are deleted"));
        return lost(name, &format!("which could not be read: {why}"), draft);
    }
    let taken = taken(action, images);
    draft.bind(format!("{id} images"), json!(taken));
    let named = entries(&action.arguments, "/imageIds").len();
    if taken.is_empty() && images.complete() {
        draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
        return draft.change(
            id,
            Kind::Image,
            Effect::Update,
            format!("none of the {named} images is in {name}"),
        );
    }
    let mut gone = Vec::new();
    for (digest, tags) in &taken {
        let image = images.entries().iter().find(|image| text(image, "/imageDigest") == Some(*digest));
        let bytes = image.and_then(|image| number(image, "/imageSizeInBytes")).map(words::bytes);
        let size = bytes.unwrap_or_else(|| "size not told".to_owned());
        let inside = TargetId::new(format!("{id}#{digest}"));
        if tags.is_empty() {
            let all = image.map(|image| strings(image, "/imageTags")).unwrap_or_default();
            let all = if all.is_empty() { "untagged".to_owned() } else { words::some(&all, 5) };
            let what = format!("image {all} ({digest}, {size}) of {name} is deleted");
            draft.change(&inside, Kind::Image, Effect::Destroy, what);
            gone.push(format!("{all} ({size})"));
        } else {
            let what = format!("image {digest} of {name} is no longer {}; it stays", words::some(tags, 5));
            draft.change(&inside, Kind::Image, Effect::Update, what);
        }
    }
    if gone.is_empty() && images.complete() {
        // What goes is a name: the image is there, and can be given it again.
        draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
        draft.reversibility = Reversibility::Lossy;
        return;
    }
    draft.reversibility = Reversibility::None;
    lost(name, &words::some(&gone, 10), draft);
}

fn policy(
    action: &Action,
    answers: &Answers,
    (name, verb): (&str, &str),
    id: &TargetId,
    images: &Listed<'_>,
    draft: &mut Draft,
) {
    let now = match live(answers, POLICY) {
        Live::Found(answer) => answer.get("lifecyclePolicyText").cloned(),
        Live::Absent => None,
        Live::Unread(why) => {
            draft.unknown(format!("the present lifecycle policy of {name} could not be read: {why}"));
            draft.change(
                id,
                Kind::Image,
                leading(action),
                format!("the lifecycle policy of {name} is written"),
            );
            None
        }
    };
    draft.bind(format!("{id} policy"), now.clone().unwrap_or(Value::Null));
    if verb == "DeleteLifecyclePolicy" {
        draft.observe(id, Observed { data: Bears::Yes, ..Observed::default() });
        let what = match now {
            Some(_) => format!("images of {name} no longer expire"),
            None => format!("{name} has no lifecycle policy: the service will refuse"),
        };
        draft.reversibility = if now.is_some() { Reversibility::Exact } else { Reversibility::None };
        return draft.change_from(id, Kind::Image, leading(action), what, now, None);
    }
    let empty = see(id, images, draft);
    let parsed = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let asked = parsed(text(&action.arguments, "/lifecyclePolicyText"));
    let same = asked.is_some() && asked == parsed(now.as_ref().and_then(Value::as_str));
    let size = size(images);
    let what = format!("a lifecycle policy decides which images of {name} expire; it holds {size} now");
    draft.change_from(
        id,
        Kind::Image,
        Effect::Update,
        what,
        now,
        action.arguments.get("lifecyclePolicyText").cloned(),
    );
    draft.reversibility = if same { Reversibility::Exact } else { Reversibility::Lossy };
    if !empty && !same {
        draft.unknown(format!("which images of {name} the policy lets expire was not worked out"));
        lost(name, &format!("those that the policy lets expire, at most {size}"), draft);
    } else {
        // What is there expires as it did before.
        draft.observe(id, Observed { data: Bears::No, ..Observed::default() });
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Bears, Effect, Kind, Reversibility, Securing, Survey};
    use serde_json::{Value, json};

    use crate::forecast::testing::{action, found, survey, target};

    const ID: &str = "arn:aws:ecr:us-east-1:111122223333:repository/shop";

    fn look(operation: &str, mut arguments: Value, images: Value) -> Survey {
        arguments["repositoryName"] = json!("shop");
        let mut asked = action("ecr", operation, arguments);
        asked.targets = vec![target(ID, Kind::Image, "shop")];
        survey(&asked, |operation, _| match operation {
            "DescribeRepositories" => found(json!({"repositories": [{"repositoryArn": ID, "createdAt": 1}]})),
            "DescribeImages" => found(json!({ "imageDetails": images })),
            "GetLifecyclePolicy" => found(json!({"lifecyclePolicyText": "{\"rules\": []}"})),
            _ => found(json!({"tags": []})),
        })
    }

    fn images() -> Value {
        json!([
            {"imageDigest": "sha256:a", "imageTags": ["v1", "latest"], "imageSizeInBytes": 5_000_000},
            {"imageDigest": "sha256:b", "imageTags": ["v2"], "imageSizeInBytes": 1000, "lastRecordedPullTime": "2026-11-20"},
        ])
    }

    #[test]
    fn a_repository_goes_with_its_images() {
        let gone = look("DeleteRepository", json!({"force": true}), images());
        assert!(
            gone.forecast.changes[0].what.contains("2 images, 5.0 MB"),
            "{}",
            gone.forecast.changes[0].what
        );
        assert!(matches!(gone.securing, Securing::Impossible(_)));
        assert!(gone.forecast.dependents[0].contains("2026-11-20"));
        let refused = look("DeleteRepository", json!({}), images());
        assert!(refused.forecast.changes[1].what.contains("will refuse"));
        let empty = look("DeleteRepository", json!({}), json!([]));
        assert_eq!((empty.observed[&ID.into()].data, empty.securing), (Bears::No, Securing::NotNeeded));
    }

    #[test]
    fn a_tag_goes_before_its_image() {
        let of = |ids: Value| look("BatchDeleteImage", json!({ "imageIds": ids }), images());
        let tag = of(json!([{"imageTag": "latest"}]));
        assert_eq!((tag.observed[&ID.into()].data, &tag.securing), (Bears::No, &Securing::NotNeeded));
        assert_eq!(tag.forecast.reversibility, Reversibility::Lossy);
        for ids in [
            json!([{"imageTag": "v2"}]),
            json!([{"imageTag": "v1"}, {"imageTag": "latest"}]),
            json!([{"imageDigest": "sha256:a"}]),
        ] {
            let gone = of(ids.clone());
            assert_eq!(gone.forecast.changes[0].effect, Effect::Destroy, "{ids}");
            assert!(matches!(gone.securing, Securing::Impossible(_)), "{ids}");
        }
        let none = of(json!([{"imageTag": "v9"}]));
        assert_eq!((none.forecast.data_loss.len(), none.observed[&ID.into()].data), (0, Bears::No));
    }

    #[test]
    fn a_policy_may_let_everything_expire() {
        let put = |text: &str| look("PutLifecyclePolicy", json!({ "lifecyclePolicyText": text }), images());
        assert!(matches!(put("{\"rules\": [1]}").securing, Securing::Impossible(_)));
        assert_eq!(put("{\"rules\":[]}").securing, Securing::NotNeeded, "it is that already");
        let gone = look("DeleteLifecyclePolicy", json!({}), images());
        assert_eq!(gone.forecast.reversibility, Reversibility::Exact);
    }
}
