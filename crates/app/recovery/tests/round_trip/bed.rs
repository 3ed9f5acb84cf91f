//! The server that the scenes are played on, and what Interlock does there: reads as the gateway makes them, and calls.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use interlock_action::{Action, Answer, Answers, Call, Claim, Deed, Effect, Securing};
use interlock_flow::Undo as _;
use interlock_reader_aws::catalogue::{Catalogue, Operation, Protocol, Service};
use interlock_reader_aws::forecast::{Measures, ROUNDS, forecaster_for, says_absent};
use interlock_reader_aws::judge;
use interlock_reader_aws::wire::{ServiceError, read_answer, write};
use interlock_recovery::AwsUndo;
use serde_json::Value;

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-east-1";
/// Flow asks for the state in so many rounds of reads.
const STATE_ROUNDS: usize = 4;

/// A running moto, ended with the value that stands for it.
pub(crate) struct Bed {
    child: Child,
    port: u16,
}

impl Bed {
    pub(crate) fn start() -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new("moto_server");
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        // Functions are made of the images that stand in its registry, not of any name.
        command.env("MOTO_LAMBDA_STUB_ECR", "false");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("moto_server");
        let bed = Self { child, port };
        let until = Instant::now() + Duration::from_secs(120);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "moto does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        bed
    }

    /// An empty account again.
    pub(crate) fn reset(&self) {
        let head = "POST /moto-api/reset HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let (status, ..) = self.send(head.as_bytes());
        assert_eq!(status, 200);
    }

    /// Makes a call.
    pub(crate) fn call(&self, name: &str, verb: &str, parameters: &Value) -> Result<Value, ServiceError> {
        let (service, operation) = resolve(name, verb);
        // moto does not answer CBOR.
        let protocol = *service.protocols.iter().find(|protocol| **protocol != Protocol::Cbor).unwrap();
        let written = write(&service, &operation, protocol, REGION, Some(ACCOUNT), parameters);
        let written = written.unwrap_or_else(|error| panic!("{name}:{verb}: {error}")).with_bucket_in_path();
        let query = if written.query.is_empty() { String::new() } else { format!("?{}", written.query) };
        let scope = format!("20260101/{}/{}/aws4_request", written.signing_region, written.signing_name);
        let mut head =
            format!("{} {}{query} HTTP/1.1\r\nhost: {}\r\n", written.method, written.path, written.host);
        for (name, value) in &written.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!(
            "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders=host, Signature=0\r\n\
             connection: close\r\ncontent-length: {}\r\n\r\n",
            written.body.len()
        ));
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&written.body);
        let (status, headers, body) = self.send(&bytes);
        read_answer(&service, &operation, protocol, status, &headers, &body)
    }

    fn send(&self, bytes: &[u8]) -> (u16, Vec<(String, String)>, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(bytes).unwrap();
        let mut whole = Vec::new();
        stream.read_to_end(&mut whole).unwrap();
        let at = whole.windows(4).position(|window| window == b"\r\n\r\n").expect("an HTTP answer");
        let head = String::from_utf8_lossy(&whole[..at]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (status, headers, whole[at + 4..].to_vec())
    }

    /// A call that must work.
    pub(crate) fn ok(&self, name: &str, verb: &str, parameters: &Value) -> Value {
        self.call(name, verb, parameters)
            .unwrap_or_else(|error| panic!("{name}:{verb}: {error}\nwith {parameters}"))
    }

    /// A read, as the gateway answers one whose answer is sealed away; what it would refuse fails.
    fn inspect(&self, call: &Call) -> Answer {
        let (name, verb) = (call.operation.service(), call.operation.verb());
        let (service, operation) = resolve(name, verb);
        assert!(operation.access.is_read(), "{name}:{verb} is no read");
        assert!(!operation.credentials_out && !operation.presigned_out, "{name}:{verb} opens something");
        let action = judge(&service, &operation, Some(REGION), Some(ACCOUNT), &call.arguments);
        let discloses = |claim: &Claim| matches!(claim.effect, Effect::Read | Effect::SensitiveRead);
        assert!(action.claims.iter().all(discloses), "{name}:{verb}: {:?}", action.claims);
        match self.call(name, verb, &call.arguments) {
            Ok(value) => Answer::Found(value),
            Err(error) if says_absent(&call.operation, error.status, &error.code, &error.message) => {
                Answer::NotFound
            }
            Err(error) => Answer::Unreadable(format!("{name}:{verb}: {error}")),
        }
    }

    /// The state that a way tells, as flow asks for it.
    pub(crate) fn state(&self, deed: &Deed) -> Result<Value, String> {
        let mut answers = Answers::new();
        for _ in 0..STATE_ROUNDS {
            let mut reads = AwsUndo.reads(deed, &answers);
            reads.retain(|read| !answers.contains_key(&read.key));
            if reads.is_empty() {
                break;
            }
            for read in reads {
                let answer = self.inspect(&read.call);
                answers.insert(read.key, answer);
            }
        }
        AwsUndo.state(deed, &answers)
    }

    /// Makes the recovery point that the forecast asks for: what is sent instead, and what was made.
    pub(crate) fn secure(&self, action: &Action) -> (Action, Securing) {
        let mut answers = Answers::new();
        for _ in 0..ROUNDS {
            for read in forecaster_for(action).reads(action, &answers) {
                let answer = self.inspect(&read.call);
                answers.insert(read.key, answer);
            }
        }
        let survey = forecaster_for(action).fold_under(action, &answers, &Measures::default());
        match &survey.securing {
            Securing::ByCalls { calls, .. } => {
                for call in calls {
                    self.ok(call.operation.service(), call.operation.verb(), &call.arguments);
                }
            }
            Securing::Impossible(why) => panic!("{}: {why}", action.operation),
            Securing::ByRewrite { .. } | Securing::Exists | Securing::NotNeeded => {}
        }
        let operation = survey.instead.as_ref().unwrap_or(&action.operation);
        let arguments = survey.rewrite.as_ref().unwrap_or(&action.arguments);
        (act(operation.service(), operation.verb(), arguments), survey.securing)
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn resolve(name: &str, verb: &str) -> (std::sync::Arc<Service>, std::sync::Arc<Operation>) {
    let service = Catalogue::get().service(name).unwrap_or_else(|| panic!("no service `{name}`"));
    let operation = service.operation(verb).unwrap_or_else(|| panic!("no operation `{name}:{verb}`")).clone();
    (service, operation)
}

/// What an agent asks for.
pub(crate) fn act(name: &str, verb: &str, parameters: &Value) -> Action {
    let (service, operation) = resolve(name, verb);
    judge(&service, &operation, Some(REGION), Some(ACCOUNT), parameters)
}
