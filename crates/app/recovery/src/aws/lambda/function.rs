//! A function that is packaged as an image and deleted.
//!
//! Kept: its configuration, where an image of its code's digest stands, reserved concurrency, policy, tags, and the aliases that
//! stand for its newest code; the environment may hold secrets. Back: it is created again from that very image, and all of that is
//! set again. Compared: all that is kept. Lost: its versions and what hangs on them. Event source mappings are not deleted with a
//! function (AWS Lambda API Reference, "DeleteFunction").
//!
//! Not a way back: a function that is packaged as an archive; an image that stands in no repository of the account; one version of
//! a function, whose number is never given again; a statement of the policy that no added permission can say; a function at work,
//! or one that tells what nobody here knows.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::{
        iam::inline_policy::document,
        way::{
            Way, at, busy, call, found, if_on, is, later, list, missing, only, read, said, sends_only,
            sorted, standing, step, tag_map, tells_only, text, wait, wanted, what, with, word,
        },
    },
    configuration::settings,
    image,
    permission::added,
};

/// The way.
pub(super) struct Function;

/// What is told of a function and told by the service alone.
const OWN: &[&str] = &[
    "FunctionName",
    "FunctionArn",
    "CodeSize",
    "LastModified",
    "Version",
    "MasterArn",
    "RevisionId",
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "SigningProfileVersionArn",
    "SigningJobArn",
    "RuntimeVersionConfig",
    "ConfigSha256",
];
const KEPT: &[&str] = &[
    "Role",
    "Description",
    "Timeout",
    "MemorySize",
    "CodeSha256",
    "PackageType",
    "Architectures",
    "VpcConfig",
    "Environment",
    "DeadLetterConfig",
    "KMSKeyArn",
    "TracingConfig",
    "FileSystemConfigs",
    "ImageConfigResponse",
    "EphemeralStorage",
    "LoggingConfig",
    // What no image has.
    "Handler",
    "Runtime",
    "Layers",
    "SnapStart",
];
/// Of these the request that makes a function from an image knows nothing.
const NOT_SENT: [&str; 5] = ["Handler", "Runtime", "Layers", "SnapStart", "CodeSha256"];

const LOST: [&str; 4] = [
    "its published versions, and the aliases that point to them",
    "its own address, settings of asynchronous invocations, and what hung on its aliases",
    "what was sent to it while it was gone, and was not sent again",
    "the image, once it is deleted from its repository: Interlock keeps none, and then nothing brings the code back",
];

/// The name of the whole function; of one version of it nothing.
fn name(deed: &Deed) -> Option<&str> {
    let ours = is(deed, "lambda", &["DeleteFunction"]) && sends_only(deed, &[&["FunctionName"]]);
    let given = text(deed, "/FunctionName").filter(|_| ours)?;
    let parts: Vec<&str> = given.split(':').collect();
    match parts[..] {
        [name] => Some(name),
        ["arn", _, "lambda", region, account, "function", name] => {
            let here = Some(region) == deed.region.as_deref()
                && Some(account) == deed.account.as_ref().map(|account| account.as_str());
            here.then_some(name)
        }
        _ => None,
    }
}

fn one(deed: &Deed) -> Value {
    json!({"FunctionName": name(deed)})
}

fn configuration<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    found(answers, "lambda", "GetFunctionConfiguration", &one(deed))
}

fn arn(configuration: &Value) -> Value {
    json!({"Resource": at(configuration, "/FunctionArn")})
}

/// What is kept of the function itself.
fn kept(configuration: &Value) -> Value {
    let dual = if_on(at(configuration, "/VpcConfig"), "Ipv6AllowedForDualStack");
    let settings = settings(configuration);
    let network = with(at(&settings, "/VpcConfig").clone(), only(&dual, &["Ipv6AllowedForDualStack"]));
    let more = with(
        only(configuration, &["CodeSha256", "PackageType", "Architectures"]),
        json!({ "VpcConfig": network }),
    );
    with(settings, more)
}

/// Whether all that a function tells can be told to the request that makes one.
fn is_known(configuration: &Value) -> bool {
    tells_only(configuration, &[OWN, KEPT])
        && at(configuration, "/Environment/Error").is_null()
        && at(configuration, "/ImageConfigResponse/Error").is_null()
}

/// The aliases that stand for the newest code; `None` where not all are told.
fn aliases(told: &Value) -> Option<Value> {
    let whole = at(told, "/NextMarker").is_null();
    let newest = |alias: &&Value| {
        word(alias, "/FunctionVersion") == Some("$LATEST")
            && at(alias, "/RoutingConfig/AdditionalVersionWeights")
                .as_object()
                .is_none_or(|all| all.is_empty())
    };
    let all = list(told, "/Aliases").iter().filter(newest).map(|alias| only(alias, &["Name", "Description"]));
    whole.then(|| sorted(all.map(said).collect()))
}

impl Way for Function {
    fn name(&self) -> &'static str {
        "lambda/function"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        name(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "lambda", "GetFunctionConfiguration", one(deed))];
        if let Ok(Some(told)) = configuration(deed, so_far)
            && image::is_packaged(told)
        {
            for operation in ["GetFunctionConcurrency", "GetPolicy", "ListAliases"] {
                reads.push(read(deed, "lambda", operation, one(deed)));
            }
            reads.push(read(deed, "lambda", "ListTags", arn(told)));
            reads.extend(image::reads(deed, so_far));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let told = configuration(deed, answers)?;
        let leaves = told.is_some_and(|told| word(told, "/State") == Some("Deleting"));
        let Some(told) = told.filter(|_| !leaves) else {
            return Ok(standing(Value::Null, json!({"busy": leaves})));
        };
        if !image::is_packaged(told) {
            return Err("its code is packaged as an archive, and is not handed out".to_owned());
        }
        let (state, update) = (word(told, "/State"), word(told, "/LastUpdateStatus"));
        let working = state == Some("Pending") || update == Some("InProgress");
        let sound = matches!(state, None | Some("Active" | "Inactive" | "Pending"))
            && matches!(update, None | Some("Successful" | "InProgress"));
        let reserved = found(answers, "lambda", "GetFunctionConcurrency", &one(deed))?;
        let reserved = reserved.map(|told| at(told, "/ReservedConcurrentExecutions"));
        let policy = found(answers, "lambda", "GetPolicy", &one(deed))?;
        let policy = document(policy.map(|told| at(told, "/Policy")));
        let aliases = aliases(wanted(answers, "lambda", "ListAliases", &one(deed))?);
        let tags = wanted(answers, "lambda", "ListTags", &arn(told))?;
        let known = is_known(told) && aliases.is_some();
        let is = json!({
            "function": kept(told),
            "sound": sound && !working,
            "concurrency": reserved,
            "policy": sorted(list(&policy, "/Statement").to_vec()),
            "aliases": aliases,
            "tags": tag_map(at(tags, "/Tags")),
        });
        Ok(standing(is, json!({"busy": working, "known": known, "image": image::of(answers, told)})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let yes = Value::Bool(true);
        let own = at(before, "/is/sound") == &yes
            && at(before, "/handle/known") == &yes
            && word(before, "/handle/image").is_some()
            && list(before, "/is/policy").iter().all(|statement| added(statement).is_some());
        own.then(|| Terms::lossy(5, &LOST))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let name = name(deed).ok_or("the function is not named")?;
        let (was, is) = (what(before), what(now));
        let waits = || wait(format!("wait for the function {name}"));
        let mut steps = Vec::new();
        if is.is_null() {
            if busy(now) {
                steps.push(wait(format!("wait until the function {name} is gone")));
            }
            let create = call(deed, "lambda", "CreateFunction", make(name, before)?);
            steps.push(step(format!("create the function {name} again from its image"), create));
            steps.push(waits());
        } else if busy(now) {
            steps.push(waits());
        } else if ["/function", "/sound", "/tags"].iter().any(|member| at(was, member) != at(is, member)) {
            return Err(format!("the function {name} that stands in its place is another, or failed"));
        }
        let ready = steps.is_empty();
        let mut set = |words: String, operation: &str, arguments: Value| {
            let call = call(deed, "lambda", operation, with(arguments, one(deed)));
            steps.push(if ready { step(words, call) } else { later(words) });
        };
        let reserved = at(was, "/concurrency");
        if !reserved.is_null() && reserved != at(is, "/concurrency") {
            let arguments = json!({"ReservedConcurrentExecutions": reserved});
            set(format!("reserve the concurrency of {name} again"), "PutFunctionConcurrency", arguments);
        }
        for statement in missing(at(is, "/policy"), at(was, "/policy")) {
            let id = word(&statement, "/Sid").unwrap_or_default();
            let arguments = added(&statement).ok_or("a permission cannot be added again")?;
            set(format!("add the permission {id} of {name} again"), "AddPermission", arguments);
        }
        for alias in missing(at(is, "/aliases"), at(was, "/aliases")) {
            let words = format!("create the alias {} of {name}", word(&alias, "/Name").unwrap_or_default());
            set(words, "CreateAlias", with(alias, json!({"FunctionVersion": "$LATEST"})));
        }
        Ok(steps)
    }
}

/// The parameters that make the function again.
fn make(name: &str, before: &Value) -> Result<Value, String> {
    let image = word(before, "/handle/image").ok_or("no image of the code was found")?;
    let mut function = at(before, "/is/function").clone();
    if let Some(members) = function.as_object_mut() {
        members.retain(|name, _| !NOT_SENT.contains(&name.as_str()));
    }
    let inner = ["VpcConfig", "Environment", "DeadLetterConfig", "ImageConfig"];
    let inner: serde_json::Map<String, Value> = inner
        .into_iter()
        .map(|member| (member.to_owned(), said(function.get(member).cloned().unwrap_or_default())))
        .collect();
    let more = json!({"FunctionName": name, "Code": {"ImageUri": image}, "Tags": at(before, "/is/tags")});
    Ok(said(with(with(function, Value::Object(inner)), more)))
}

#[cfg(test)]
mod tests {
    use interlock_action::{Answer, Next, Reversibility, compared};

    use super::{
        super::image::tests::{OLD, deed, registry},
        *,
    };

    fn asked(name: &str) -> Deed {
        deed("DeleteFunction", json!({"FunctionName": name}))
    }

    fn told(more: Value) -> Value {
        let function = json!({
            "FunctionName": "mail", "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:mail",
            "Role": "arn:aws:iam::123456789012:role/fn", "CodeSha256": OLD, "PackageType": "Image", "Timeout": 30,
            "Architectures": ["arm64"], "State": "Active", "LastUpdateStatus": "Successful", "Description": "",
            "Environment": {"Variables": {"TOKEN": "one"}}, "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
            "ImageConfigResponse": {"ImageConfig": {"Command": ["run"], "EntryPoint": []}}, "Version": "$LATEST",
            "SnapStart": {"ApplyOn": "None"}, "TracingConfig": {"Mode": "PassThrough"},
        });
        with(function, more)
    }

    fn statement(principal: &str) -> Value {
        json!({"Sid": "sns", "Effect": "Allow", "Principal": {"Service": principal}, "Action": "lambda:InvokeFunction"})
    }

    /// The state, with the function as it is told, and what hangs on it or not.
    fn state(function: &Option<Value>, policy: &Value, hangs: bool) -> Value {
        let deed = asked("mail");
        let mut answers = Answers::new();
        for _ in 0..3 {
            for read in Function.reads(&deed, &answers) {
                let policy = json!({"Policy": json!({"Statement": [policy]}).to_string()});
                let answer = match (read.call.operation.service(), read.call.operation.verb()) {
                    ("ecr", _) => registry(&read, &["web"]),
                    (_, "GetFunctionConfiguration") => {
                        function.clone().map_or(Answer::NotFound, Answer::Found)
                    }
                    (_, "ListTags") => Answer::Found(json!({"Tags": {"env": "dev"}})),
                    (_, "GetPolicy") if !hangs => Answer::NotFound,
                    _ if !hangs => Answer::Found(json!({})),
                    (_, "GetPolicy") => Answer::Found(policy),
                    (_, "ListAliases") => Answer::Found(json!({"Aliases": [
                        {"Name": "live", "FunctionVersion": "3"},
                        {"Name": "test", "FunctionVersion": "$LATEST", "Description": ""},
                    ]})),
                    _ => Answer::Found(json!({"ReservedConcurrentExecutions": 0})),
                };
                answers.insert(read.key, answer);
            }
        }
        Function.state(&deed, &answers).unwrap()
    }

    fn whole() -> Value {
        state(&Some(told(json!({}))), &statement("sns.amazonaws.com"), true)
    }

    #[test]
    fn it_is_made_again_from_its_image_and_then_what_hung_on_it() {
        let (deed, before) = (asked("mail"), whole());
        let terms = Function.terms(&deed, &before).unwrap();
        assert_eq!(terms.class, Reversibility::Lossy);
        let steps = |now: &Value| Function.back(&deed, &before, now).unwrap();
        let words = |now: &Value| steps(now).into_iter().map(|step| step.name).collect::<Vec<_>>();
        let gone = state(&None, &Value::Null, false);
        let all = words(&gone);
        assert_eq!(all.len(), 5, "{all:?}");
        let pending = told(json!({"State": "Pending"}));
        assert_eq!(words(&state(&Some(pending), &Value::Null, false)), all[1..]);
        let bare = state(&Some(told(json!({}))), &Value::Null, false);
        assert_eq!(words(&bare), all[2..]);
        let rest = steps(&bare);
        let verbs: Vec<_> = rest
            .iter()
            .map(|step| match &step.next {
                Next::Call(call) => call.operation.verb(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(verbs, ["PutFunctionConcurrency", "AddPermission", "CreateAlias"]);
        assert_eq!(compared(&whole()), compared(&before));
        let first = steps(&gone);
        let Next::Call(call) = &first[0].next else { panic!("{first:?}") };
        let image = format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:{OLD}");
        let asked = json!({
            "FunctionName": "mail", "Code": {"ImageUri": image}, "PackageType": "Image", "Timeout": 30,
            "Role": "arn:aws:iam::123456789012:role/fn", "Architectures": ["arm64"],
            "Environment": {"Variables": {"TOKEN": "one"}}, "ImageConfig": {"Command": ["run"]},
            "TracingConfig": {"Mode": "PassThrough"}, "Tags": {"env": "dev"},
        });
        assert_eq!(call.arguments, asked);
    }

    #[test]
    fn what_stands_in_its_place_is_never_written_over() {
        let (deed, before) = (asked("mail"), whole());
        for more in [json!({"Timeout": 3}), json!({"State": "Failed"}), json!({"CodeSha256": "b"})] {
            let other = state(&Some(told(more.clone())), &Value::Null, false);
            assert!(Function.back(&deed, &before, &other).is_err(), "{more}");
        }
    }

    #[test]
    fn what_is_not_told_has_no_way() {
        let terms = |more: Value, policy: &Value| {
            Function.terms(&asked("mail"), &state(&Some(told(more)), policy, true)).is_some()
        };
        let plain = statement("sns.amazonaws.com");
        assert!(terms(json!({}), &plain));
        for more in [
            json!({"CodeSha256": "b"}),
            json!({"State": "Pending"}),
            json!({"State": "Failed"}),
            json!({"LastUpdateStatus": "Failed"}),
            json!({"Environment": {"Error": {"ErrorCode": "AccessDenied"}}}),
            json!({"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}}),
            json!({"SomethingNew": true}),
        ] {
            assert!(!terms(more.clone(), &plain), "{more}");
        }
        assert!(!terms(json!({}), &json!({"Sid": "x", "Effect": "Deny", "Principal": "*", "Action": "a"})));
        assert_eq!(aliases(&json!({"Aliases": [], "NextMarker": "more"})), None);
    }

    #[test]
    fn one_version_and_what_stands_elsewhere_have_no_way() {
        let arn = |region: &str, rest: &str| format!("arn:aws:lambda:{region}:123456789012:function:{rest}");
        assert_eq!(name(&asked(&arn("us-east-1", "mail"))), Some("mail"));
        for other in ["mail:3", "123456789012:mail", &arn("us-east-1", "mail:3"), &arn("eu-west-1", "mail")] {
            assert_eq!(name(&asked(other)), None, "{other}");
        }
        assert_eq!(name(&deed("DeleteFunction", json!({"FunctionName": "mail", "Qualifier": "3"}))), None);
        let deed = asked("mail");
        let reads = Function.reads(&deed, &Answers::new()).into_iter();
        let zip = Answer::Found(told(json!({"PackageType": "Zip"})));
        assert!(Function.state(&deed, &reads.map(|read| (read.key, zip.clone())).collect()).is_err());
    }
}
