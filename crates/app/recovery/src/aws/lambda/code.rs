//! The code of a function that is packaged as an image.
//!
//! Kept: the code's digest, the architecture, and where an image of that digest stands. Back: the function is updated to that very
//! image. Compared: digest and architecture. Lost: Interlock keeps no image; a version that was published meanwhile stays.
//!
//! Not a way back: code that is packaged as an archive; an image that stands in no repository of the account.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{
        Way, at, busy, call, is, only, read, sends_only, standing, step, text, value, wait, wanted, what,
        with, word,
    },
    image,
};

/// The way.
pub(super) struct Code;

fn function(deed: &Deed) -> Option<&str> {
    let known = ["FunctionName", "ImageUri", "Publish", "Architectures"];
    let ours = is(deed, "lambda", &["UpdateFunctionCode"]) && sends_only(deed, &[&known]);
    text(deed, "/FunctionName").filter(|_| ours && text(deed, "/ImageUri").is_some())
}

fn one(deed: &Deed) -> Value {
    json!({"FunctionName": function(deed)})
}

impl Way for Code {
    fn name(&self) -> &'static str {
        "lambda/code"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        function(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let configuration = read(deed, "lambda", "GetFunctionConfiguration", one(deed));
        [configuration].into_iter().chain(image::reads(deed, so_far)).collect()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let told = wanted(answers, "lambda", "GetFunctionConfiguration", &one(deed))?;
        let working = word(told, "/LastUpdateStatus") == Some("InProgress");
        let found = json!({"busy": working, "image": image::of(answers, told)});
        Ok(standing(only(told, &["CodeSha256", "Architectures"]), found))
    }

    fn terms(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let mut lost = vec![
            "the image, once it is deleted from its repository: Interlock keeps none, and then nothing brings the code back",
        ];
        if value(deed, "/Publish") == &Value::Bool(true) {
            lost.push("the version that is published of the other code: it stays");
        }
        let stands = word(before, "/handle/image").is_some() && !busy(before);
        stands.then(|| Terms::lossy(3, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let function = function(deed).ok_or("the function is not named")?;
        // No update is taken while another is at work.
        let mut steps = if busy(now) { vec![wait(format!("wait for {function}"))] } else { Vec::new() };
        if what(before) != what(now) {
            let image = word(before, "/handle/image").ok_or("no image of the code was found")?;
            let both = [before, now].map(|state| at(state, "/is/Architectures"));
            let architectures = if both[0] == both[1] { &Value::Null } else { both[0] };
            let more = json!({"FunctionName": function, "ImageUri": image, "Architectures": architectures});
            let update = call(deed, "lambda", "UpdateFunctionCode", with(json!({}), more));
            steps.push(step(format!("give {function} back the image that it ran"), update));
        }
        Ok(steps)
    }
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next, Reversibility};

    use super::{
        super::image::tests::{OLD, deed, registry},
        *,
    };

    fn asked(more: Value) -> Deed {
        deed("UpdateFunctionCode", with(json!({"FunctionName": "mail", "ImageUri": "r/web:v2"}), more))
    }

    fn state(deed: &Deed, package: &str, sha: &str, status: &str) -> Value {
        let mut answers = Answers::new();
        for _ in 0..3 {
            for read in Code.reads(deed, &answers) {
                let answer = match read.call.operation.service() {
                    "lambda" => Answer::Found(json!({
                        "PackageType": package, "CodeSha256": sha, "LastUpdateStatus": status, "Architectures": ["arm64"],
                    })),
                    _ => registry(&read, &["web"]),
                };
                answers.insert(read.key, answer);
            }
        }
        Code.state(deed, &answers).unwrap()
    }

    #[test]
    fn the_very_image_is_given_back() {
        let deed = asked(json!({"Publish": true, "DryRun": false}));
        let before = state(&deed, "Image", OLD, "Successful");
        let terms = Code.terms(&deed, &before).unwrap();
        assert_eq!((terms.class, terms.loses.len()), (Reversibility::Lossy, 2));
        let other = "b".repeat(64);
        let steps = Code.back(&deed, &before, &state(&deed, "Image", &other, "InProgress")).unwrap();
        let [Step { next: Next::Wait, .. }, Step { next: Next::Call(call), .. }] = &steps[..] else {
            panic!("{steps:?}")
        };
        let image = format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:{OLD}");
        assert_eq!(call.arguments, json!({"FunctionName": "mail", "ImageUri": image}));
        let back = state(&deed, "Image", OLD, "InProgress");
        assert!(matches!(Code.back(&deed, &before, &back).unwrap()[..], [Step { next: Next::Wait, .. }]));
    }

    #[test]
    fn archives_and_images_that_stand_nowhere_have_no_way() {
        let deed = asked(json!({}));
        assert_eq!(Code.terms(&deed, &state(&deed, "Zip", OLD, "Successful")), None);
        assert_eq!(Code.terms(&deed, &state(&deed, "Image", &"b".repeat(64), "Successful")), None);
        assert_eq!(Code.terms(&deed, &state(&deed, "Image", OLD, "InProgress")), None);
        for other in
            [json!({"ImageUri": null, "ZipFile": "UEs="}), json!({"S3Bucket": "b"}), json!({"New": 1})]
        {
            assert!(!Code.undoes(&asked(other.clone())), "{other}");
        }
    }
}
