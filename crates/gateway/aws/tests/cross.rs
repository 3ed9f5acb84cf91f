//! Both directions of signing against botocore's own code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use interlock_gateway_aws::sigv4::{Body, Claim, Head, Secret, Signing, sign};
use serde_json::{Value, json};

const KEY: &str = "ILKAAAAAAAAAAAAAAAAA";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// Methods, paths, queries, bodies and headers that have tripped signers before.
fn cases() -> Vec<Value> {
    let mut cases = Vec::new();
    let paths = ["/", "/a", "/a%20b", "/a%2Fb/c", "/a//b", "/%C3%BC/%7Ex", "/a/./b", "/a%252Fb", "/x=y;z"];
    let queries = [
        "",
        "a=1",
        "b=2&a=1",
        "acl",
        "a=%20b&c=%2F",
        "A=1&a=1&a=0",
        "x=%7E&y=~",
        "list-type=2&prefix=%C3%BC%2B",
    ];
    for service in ["s3", "iam", "execute-api"] {
        for path in paths {
            for query in queries {
                for (method, body) in [("GET", ""), ("POST", "Action=x&Version=1")] {
                    cases.push(json!({
                        "service": service, "path": path, "query": query, "method": method, "body": body,
                        "host": "h.eu-west-1.amazonaws.com", "region": "eu-west-1", "key": KEY, "secret": SECRET,
                        "now": 1_440_938_160_u64 + cases.len() as u64 * 86_399,
                        "token": if cases.len() % 3 == 0 { json!("to/ken+=") } else { Value::Null },
                        "headers": {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "X-Amz-Meta-Two": "  a   b  "},
                    }));
                }
            }
        }
    }
    cases
}

fn botocore(cases: &[Value]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/cross.py");
    let mut child =
        Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let text: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

#[test]
fn what_botocore_signs_verifies() {
    let cases = cases();
    let answers = botocore(&cases);
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(&answers) {
        let mut headers: Vec<(String, String)> = answer
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect();
        headers.push(("host".to_owned(), text(case, "host").to_owned()));
        let head = Head {
            method: text(case, "method"),
            path: text(case, "path"),
            query: text(case, "query"),
            headers: &headers,
        };
        let claim = Claim::read(&head).unwrap();
        assert!(claim.check_time(case["now"].as_u64().unwrap()).is_ok());
        let digest = digest(text(case, "body"));
        let line = claim.payload_line().unwrap_or(&digest).to_owned();
        let good = claim.verify(&head, &Secret::new(SECRET), &line);
        assert!(good.is_ok(), "{case}\n{answer}");
        assert!(claim.verify(&head, &Secret::new("another"), &line).is_err());
    }
}

#[test]
fn what_we_sign_botocore_signs_the_same() {
    let cases = cases();
    let (secret, token) = (Secret::new(SECRET), Secret::new("to/ken+="));
    for (case, theirs) in cases.iter().zip(botocore(&cases)) {
        let mut headers = vec![("host".to_owned(), text(case, "host").to_owned())];
        for (name, value) in case["headers"].as_object().unwrap() {
            headers.push((name.to_ascii_lowercase(), value.as_str().unwrap().to_owned()));
        }
        let signing = Signing {
            access_key_id: KEY,
            secret: &secret,
            token: case["token"].is_string().then_some(&token),
            region: text(case, "region"),
            service: text(case, "service"),
            now: case["now"].as_u64().unwrap(),
        };
        let body = Body::Bytes(text(case, "body").as_bytes());
        sign(text(case, "method"), text(case, "path"), text(case, "query"), &mut headers, body, &signing);
        let ours = &headers.iter().find(|(name, _)| name == "authorization").unwrap().1;
        assert_eq!(ours, text(&theirs, "authorization"), "{case}");
    }
}

fn digest(body: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(body.as_bytes()))
}
