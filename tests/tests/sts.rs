//! What STS gives out, and addresses that are signed beforehand, are worth what the session may, here and for as long as
//! it is live.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use interlock_tests::{Emulator, Home};
use serde_json::Value;

const DEVELOPMENT: &str = r#"
[[environment]]
name = "development"
match = { account = "123456789012" }
"#;

const PEOPLE: [&str; 3] = ["ana", "bo", "cy"];

/// Asks for credentials in every way, works with each inside the task and outside, and signs addresses.
const CODE: &str = r#"
import json, urllib.request, urllib.error
from botocore.config import Config
from botocore.exceptions import ClientError

sts = boto3.client("sts")
given = {
    "session": dict(aws_access_key_id=None),
    "AssumeRole": sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/worker", RoleSessionName="one")["Credentials"],
    "GetSessionToken": sts.get_session_token()["Credentials"],
    "GetFederationToken": sts.get_federation_token(Name="fed")["Credentials"],
}

def client(given, **more):
    if "AccessKeyId" not in given:
        return boto3.client("s3", **more)
    return boto3.client("s3", aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"],
                        aws_session_token=given["SessionToken"], **more)

def said(run):
    try:
        run()
        return "done"
    except ClientError as error:
        return str(error)

def fetched(url, method="GET", body=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method)) as answer:
            return answer.read().decode() or "done"
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read().decode()}"

out = {}
four, two = Config(signature_version="s3v4"), Config(signature_version="s3")
for name, credentials in given.items():
    s3 = client(credentials, config=four)
    ask = lambda what, bucket, key: s3.generate_presigned_url(what, Params={"Bucket": bucket, "Key": key}, ExpiresIn=60)
    out[name] = {
        "key": credentials.get("AccessKeyId"),
        "read": said(lambda: s3.list_objects_v2(Bucket="dev-files")),
        "inside": said(lambda: s3.put_object(Bucket="dev-files", Key=name, Body=b"x")),
        "outside": said(lambda: s3.put_object(Bucket="dev-other", Key=name, Body=b"x")),
        "presigned": fetched(ask("get_object", "dev-files", name)),
        "presigned inside": fetched(ask("put_object", "dev-files", name + "-p"), "PUT", b"y"),
        "presigned outside": fetched(ask("put_object", "dev-other", name), "PUT", b"y"),
        "old": fetched(client(credentials, config=two).generate_presigned_url(
            "get_object", Params={"Bucket": "dev-files", "Key": name}, ExpiresIn=60)),
        "url": ask("get_object", "dev-files", name),
    }
print(json.dumps(out))
"#;

#[test]
fn what_is_given_out_reaches_no_further_than_the_task() {
    let emulator = Emulator::start();
    emulator.hands(
        "s3 = client('s3')\nfor name in ['dev-files', 'dev-other']:\n    s3.create_bucket(Bucket=name)\n\
         client('iam').create_role(RoleName='worker', AssumeRolePolicyDocument='{}')",
    );
    let (home, daemon) = Home::new(&emulator, &PEOPLE, DEVELOPMENT);
    let python = interlock_tests::python().display().to_string();
    let scope = ["--door", "endpoint", "--scope", "*dev-files*", "--scope", "*role/worker*"];
    let output = home.run_with(&scope, &[&python, "-c", &format!("import boto3\n{CODE}")]).ok();
    let said = output.json();
    let said = said.as_object().unwrap();
    assert_eq!(said.len(), 4);
    for (name, said) in said {
        let text = |what: &str| said[what].as_str().unwrap_or_else(|| panic!("{name}: {said:#}")).to_owned();
        assert_eq!((text("read"), text("inside")), ("done".to_owned(), "done".to_owned()), "{name}");
        assert_eq!(
            (text("presigned"), text("presigned inside")),
            ("x".to_owned(), "done".to_owned()),
            "{name}"
        );
        for what in ["outside", "presigned outside"] {
            assert!(
                text(what).contains("Interlock holds aws:s3:PutObject"),
                "{name}, {what}: {}",
                text(what)
            );
            assert!(text(what).contains("Rule outside-task"), "{name}, {what}: {}", text(what));
        }
        assert!(text("old").contains("Signature Version 2"), "{name}: {}", text("old"));
        // Good here only, and only while the session is live: it has ended with the command.
        let again = fetch(&text("url"), daemon.ready["aws"].as_str().unwrap());
        assert!(again.starts_with("403") && again.contains("lease"), "{name}: {again}");
    }
    let left = emulator.hands("print(client('s3').list_objects_v2(Bucket='dev-other')['KeyCount'])");
    assert_eq!(left, "0", "nothing outside the task was done");
    let keys: Vec<&Value> = said.values().map(|said| &said["key"]).filter(|key| key.is_string()).collect();
    assert_eq!(keys.len(), 3);
    let log = home.log();
    assert!(!log.contains("the-real-secret"));
}

/// What an address gives at a door, to whoever got hold of it: status and body.
fn fetch(url: &str, door: &str) -> String {
    // The host is signed, and was that of the session's own relay.
    let door = format!("::{}", door.trim_start_matches("http://"));
    let mut curl = std::process::Command::new("curl");
    let output = curl.args(["-s", "-w", "\n%{http_code}", "--connect-to", &door, url]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    format!("{status} {body}")
}
