//! Where the code of a function that is packaged as an image stands.
//!
//! The read that names the image may hand out other functions' code, and is refused even to Interlock. What is told is the
//! code's SHA-256, which for an image is its digest: the image is looked for by it in the account's repositories. What has that
//! digest is that code, whatever repository it stands in. Where none has it, or not all of them could be looked through, there
//! is no image.

use interlock_action::{Answers, Deed, Read};
use serde_json::{Value, json};

use super::super::way::{at, found, list, read, word};

/// No more repositories than this are looked through.
const MOST: usize = 50;

fn images(repository: &str) -> Value {
    json!({"repositoryName": repository})
}

/// Names and addresses of the repositories; of more than can be looked through none.
fn repositories(answers: &Answers) -> Vec<(&str, &str)> {
    let told = found(answers, "ecr", "DescribeRepositories", &json!({})).ok().flatten();
    let whole = told.filter(|told| at(told, "/nextToken").is_null());
    let all = whole.map_or(&[][..], |told| list(told, "/repositories")).iter();
    let mut all: Vec<_> =
        all.filter_map(|one| word(one, "/repositoryName").zip(word(one, "/repositoryUri"))).collect();
    all.sort_unstable();
    if all.len() > MOST { Vec::new() } else { all }
}

/// Whether a configuration is that of a function that is packaged as an image.
pub(super) fn is_packaged(configuration: &Value) -> bool {
    word(configuration, "/PackageType") == Some("Image")
}

/// The reads that find the image of a function. No digest stands in them: every look at a function is made of the same ones.
pub(super) fn reads(deed: &Deed, so_far: &Answers) -> Vec<Read> {
    let all = repositories(so_far).into_iter().map(|(name, _)| read(deed, "ecr", "ListImages", images(name)));
    [read(deed, "ecr", "DescribeRepositories", json!({}))].into_iter().chain(all).collect()
}

/// The image that has a function's code, by its digest: `…/web@sha256:…`.
pub(super) fn of(answers: &Answers, configuration: &Value) -> Option<String> {
    let sha = word(configuration, "/CodeSha256").filter(|_| is_packaged(configuration))?;
    let digest = format!("sha256:{sha}");
    let stands = |repository: &str| {
        let told = found(answers, "ecr", "ListImages", &images(repository)).ok().flatten();
        let mut ids = told.map_or(&[][..], |told| list(told, "/imageIds")).iter();
        ids.any(|id| word(id, "/imageDigest") == Some(&digest))
    };
    let (_, address) = repositories(answers).into_iter().find(|(name, _)| stands(name))?;
    Some(format!("{address}@{digest}"))
}

#[cfg(test)]
pub(super) mod tests {
    use interlock_action::{AccountId, Answer, Operation, Surface};

    use super::*;

    pub(in super::super) const OLD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    pub(in super::super) fn deed(verb: &str, arguments: Value) -> Deed {
        Deed {
            surface: Surface::Aws,
            operation: Operation::aws("lambda", verb),
            account: Some(AccountId::new("123456789012")),
            region: Some("us-east-1".to_owned()),
            arguments,
            targets: Vec::new(),
            points: Vec::new(),
            undo: None,
        }
    }

    /// What a registry answers with these repositories, each with one image of [`OLD`].
    pub(in super::super) fn registry(read: &Read, repositories: &[&str]) -> Answer {
        let one = |name: &&str| json!({"repositoryName": name, "repositoryUri": format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/{name}")});
        let all: Vec<Value> = repositories.iter().map(one).collect();
        Answer::Found(match read.call.operation.verb() {
            "DescribeRepositories" => json!({ "repositories": all }),
            _ => {
                json!({"imageIds": [{"imageDigest": "sha256:00"}, {"imageDigest": format!("sha256:{OLD}"), "imageTag": "v1"}]})
            }
        })
    }

    fn image(package: &str, sha: &str, repositories: &[&str], more: Value) -> Option<String> {
        let deed = deed("DeleteFunction", json!({"FunctionName": "mail"}));
        let mut answers = Answers::new();
        for _ in 0..2 {
            for read in reads(&deed, &answers) {
                let mut answer = registry(&read, repositories);
                if let (Answer::Found(told), "DescribeRepositories") =
                    (&mut answer, read.call.operation.verb())
                {
                    *told = super::super::super::way::with(told.clone(), more.clone());
                }
                answers.insert(read.key, answer);
            }
        }
        of(&answers, &json!({"PackageType": package, "CodeSha256": sha}))
    }

    #[test]
    fn an_image_is_found_by_its_digest_and_by_nothing_else() {
        let nothing = json!({});
        let found = image("Image", OLD, &["web", "mail"], nothing.clone()).unwrap();
        assert_eq!(found, format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/mail@sha256:{OLD}"));
        assert_eq!(image("Image", &"b".repeat(64), &["web"], nothing.clone()), None);
        assert_eq!(image("Zip", OLD, &["web"], nothing.clone()), None);
        assert_eq!(image("Image", OLD, &[], nothing), None);
    }

    #[test]
    fn where_not_all_was_looked_through_there_is_no_image() {
        assert_eq!(image("Image", OLD, &["web"], json!({"nextToken": "more"})), None);
        let names: Vec<String> = (0..=MOST).map(|at| format!("r{at}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(image("Image", OLD, &names, json!({})), None);
        assert!(image("Image", OLD, &names[1..], json!({})).is_some());
    }
}
