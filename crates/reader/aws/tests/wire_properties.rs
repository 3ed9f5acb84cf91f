//! Properties over all operations of all services: made-up parameters survive; no bytes make the reader panic; what is
//! read from damaged bytes can be written, and reads the same again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod wire_common;

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interlock_reader_aws::catalogue::{
    Catalogue, Kind, Location, Member, Operation, Protocol, Service, ShapeId, Structure,
};
use interlock_reader_aws::wire::{Body, Request, check, parse_as, read_answer, write};
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};
use wire_common::{arrived, labels};

/// An operation in one protocol.
type Spoken = (Arc<Service>, Arc<Operation>, Protocol);

/// Every operation with every protocol of its service.
fn everything() -> &'static [Spoken] {
    static ALL: OnceLock<Vec<Spoken>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = Vec::new();
        for name in Catalogue::get().services() {
            let service = wire_common::service(name);
            for operation in &service.operations {
                for protocol in &service.protocols {
                    all.push((Arc::clone(&service), Arc::clone(operation), *protocol));
                }
            }
        }
        all
    })
}

/// Makes up parameters from a seed.
struct Maker<'s> {
    service: &'s Service,
    protocol: Protocol,
    seed: u64,
}

impl Maker<'_> {
    fn below(&mut self, bound: u64) -> u64 {
        // SplitMix64.
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % bound
    }

    fn forms(&self) -> bool {
        matches!(self.protocol, Protocol::Query | Protocol::Ec2)
    }

    /// What leaves no trace in a form.
    fn silent(&self, value: &Value) -> bool {
        *value == json!({}) || *value == json!([]) && self.protocol == Protocol::Ec2
    }

    fn input(&mut self, operation: &Operation) -> Value {
        let Some(input) = self.service.input(operation) else { return json!({}) };
        let mut made = Map::new();
        for member in &input.members {
            let place = if self.protocol.is_rest() { member.location } else { Location::Body };
            let needed = place == Location::Uri
                || member.host_label
                // A structured body has a content type, named or not.
                || place == Location::Header && member.location_name.eq_ignore_ascii_case("content-type")
                || member.required && operation.payload == Some(member.name);
            if !needed && self.below(3) == 0 || transport(operation, member) {
                continue;
            }
            if let Some(value) = self.member(operation, member, place) {
                made.insert(member.name.to_owned(), value);
            }
        }
        Value::Object(made)
    }

    fn member(&mut self, operation: &Operation, member: &Member, place: Location) -> Option<Value> {
        let kind = &self.service.shape(member.shape)?.kind;
        let is_payload = self.protocol.is_rest() && operation.payload == Some(member.name);
        match (place, kind) {
            _ if member.host_label => Some(json!("111122223333")),
            _ if member.name == "Bucket" && self.service.name == "s3" => {
                let names = ["bucket", "my.bucket", "b--use1-az4--x-s3", "UPPER_case"];
                Some(json!(names[self.below(4) as usize]))
            }
            _ if Some(member.name) == operation.checksum_member => Some(json!("CRC32")),
            (Location::Uri, Kind::String) => Some(Value::from(format!("x{}", self.text()))),
            (Location::Header, _) if member.json_value => Some(json!({"a": [1, "ü"]})),
            (Location::Header, Kind::String) => Some(Value::from(self.token())),
            (Location::Header, Kind::List { .. }) => Some(json!(["a", "b,c", "d\"e", " f ", ""])),
            (Location::Headers, _) => Some(json!({"a": self.token(), "b-c": "d"})),
            (Location::Query, Kind::Map { value, .. }) => {
                let list = matches!(self.service.shape(*value)?.kind, Kind::List { .. });
                let text = self.text();
                Some(if list { json!({"k": [text, "2"]}) } else { json!({"k": text, "l": ""}) })
            }
            (Location::Query, Kind::List { .. }) => {
                Some(self.value(member.shape, 1)).filter(|made| *made != json!([]))
            }
            (Location::StatusCode, _) => None,
            (_, Kind::Structure(structure)) if structure.event_stream => None,
            (_, Kind::Blob { .. }) if is_payload => Some(json!(STANDARD.encode(b"\x00\xffbytes"))),
            (_, Kind::String) if is_payload => Some(Value::from(format!("x{}", self.text()))),
            (_, Kind::Structure(structure)) if is_payload => {
                let made = self.structure(structure, 3);
                (made != json!({}) || member.required || self.protocol == Protocol::RestXml).then_some(made)
            }
            _ => Some(self.value(member.shape, 3)).filter(|made| !(self.forms() && self.silent(made))),
        }
    }

    fn structure(&mut self, structure: &Structure, depth: usize) -> Value {
        let mut made = Map::new();
        if depth > 0 {
            for member in &structure.members {
                let kind = &self.service.shape(member.shape).unwrap().kind;
                let stream = matches!(kind, Kind::Structure(structure) if structure.event_stream);
                let names =
                    structure.members.iter().filter(|other| other.location_name == member.location_name);
                let shadowed = names.count() > 1 && matches!(kind, Kind::String);
                if stream || shadowed || self.below(3) == 0 {
                    continue;
                }
                let value = self.value(member.shape, depth - 1);
                // A form, and a list without an element around it, cannot say "empty".
                let flat = member.flattened || matches!(kind, Kind::List { flattened: true, .. });
                let empty = value == json!({}) || value == json!([]);
                if !(empty && flat || self.forms() && self.silent(&value)) {
                    made.insert(member.name.to_owned(), value);
                }
            }
        }
        Value::Object(made)
    }

    fn value(&mut self, shape: ShapeId, depth: usize) -> Value {
        let kind = &self.service.shape(shape).unwrap().kind;
        match kind {
            Kind::Structure(structure) => self.structure(structure, depth),
            Kind::List { member, .. } => {
                let count = if depth == 0 { 0 } else { self.below(3) };
                let items = (0..count).map(|_| self.value(*member, depth.saturating_sub(1)));
                let items: Vec<Value> = items.collect();
                // Nothing tells a form how many empty members there are.
                let whole = !self.forms() || !items.iter().any(|item| self.silent(item));
                if whole { Value::Array(items) } else { json!([]) }
            }
            Kind::Map { value, .. } => {
                let count = if depth == 0 { 0 } else { self.below(3) };
                let mut made = Map::new();
                for at in 0..count {
                    let item = self.value(*value, depth.saturating_sub(1));
                    if !(self.forms() && self.silent(&item)) {
                        made.insert(format!("{at}{}", self.text()), item);
                    }
                }
                Value::Object(made)
            }
            Kind::String => Value::from(self.text()),
            Kind::Blob { .. } => {
                let bytes: Vec<u8> = (0..self.below(9)).map(|_| self.below(256) as u8).collect();
                Value::from(STANDARD.encode(bytes))
            }
            Kind::Integer | Kind::Long => {
                let numbers = [0, 1, -1, i64::from(i32::MAX), i64::MIN, i64::MAX, 1 << 53];
                json!(numbers[self.below(7) as usize])
            }
            Kind::Float | Kind::Double => {
                let numbers =
                    [json!(0.5), json!(-1e300), json!(1e-9), json!("NaN"), json!("-Infinity"), json!(3.0)];
                numbers[self.below(6) as usize].clone()
            }
            Kind::Boolean => json!(self.below(2) == 0),
            Kind::Timestamp(_) => {
                let times = [
                    "2026-01-02T03:04:05Z",
                    "1970-01-01T00:00:00Z",
                    "1969-12-31T23:59:59Z",
                    "9999-12-30T00:00:00Z",
                ];
                json!(times[self.below(4) as usize])
            }
            Kind::Document => json!({"a": [1, null, {"b": 1.5}], "": true}),
        }
    }

    fn text(&mut self) -> String {
        let letters: Vec<char> = "aZ09 ~-_.,;:=&%+/?#\"'<>\\[]{}()!*|\t\nü€𝄞".chars().collect();
        (0..self.below(12)).map(|_| letters[self.below(letters.len() as u64) as usize]).collect()
    }

    fn token(&mut self) -> String {
        let letters: Vec<char> = "aZ09~-_.,;:=&%+/?#\"'".chars().collect();
        (0..1 + self.below(12)).map(|_| letters[self.below(letters.len() as u64) as usize]).collect()
    }
}

/// Set by whoever sends the bytes, so never a parameter.
fn transport(operation: &Operation, member: &Member) -> bool {
    let name = member.location_name.to_lowercase();
    let checksum = name == "content-md5" || name.starts_with("x-amz-checksum-");
    if Some(member.name) == operation.checksum_member && !operation.checksum_required {
        // Writing adds the checksum, which is a parameter there.
        return true;
    }
    member.location == Location::Header
        && (["content-length", "content-encoding"].contains(&name.as_str())
            || checksum && (operation.checksum_required || operation.checksum_member.is_some()))
}

fn write_it(
    service: &Service,
    operation: &Operation,
    protocol: Protocol,
    parameters: &Value,
) -> Option<Request> {
    let written = write(service, operation, protocol, "us-east-1", Some("111122223333"), parameters);
    match written {
        Ok(written) => Some(arrived(&written)),
        // Text that would make the path ambiguous, or text too odd for a quoted header.
        Err(error) if error.to_string().contains("`..` segment") => None,
        Err(error) => panic!("{} {}: {error} in {parameters}", service.name, operation.name),
    }
}

proptest! {
    #![proptest_config(Config { cases: 20_000, max_shrink_iters: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn made_up_parameters_survive(at in any::<prop::sample::Index>(), seed in any::<u64>()) {
        let (service, operation, protocol) = at.get(everything());
        let parameters = Maker { service, protocol: *protocol, seed }.input(operation);
        if let Some(request) = write_it(service, operation, *protocol, &parameters) {
            let found = if protocol.is_rest() { labels(service, operation, &request) } else { Some(vec![]) };
            prop_assert!(found.is_some(), "{} {}: {}", service.name, operation.name, request.path);
            let read = parse_as(service, operation, *protocol, &found.unwrap(), &request);
            let read = read.map_err(|error| TestCaseError::fail(format!("{} {}: {error}: {request:?}", service.name, operation.name)))?;
            prop_assert_eq!(&read.parameters, &parameters, "{} {} {:?}: {:?}", service.name, operation.name, protocol, request);
            prop_assert!(read.unknown_members.is_empty(), "{:?}", read.unknown_members);
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(
        at in any::<prop::sample::Index>(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        path in "/[ -~]{0,30}",
        query in "[ -~]{0,60}",
        header in "[ -~]{0,30}",
    ) {
        let (service, operation, protocol) = at.get(everything());
        let headers = [("content-encoding", header.as_str()), ("x-amz-meta-a", &header), ("x-amz-acl", &header)];
        let mut request = wire_common::request("POST", "/", &headers[1..], &body);
        (request.path, request.query) = (path, query);
        let _ = check(&request);
        let labels = vec![("Bucket".to_owned(), header.clone()), ("Key".to_owned(), header.clone())];
        let _ = parse_as(service, operation, *protocol, &labels, &request);
        let _ = read_answer(service, operation, *protocol, 200, &[(header.clone(), header.clone())], &body);
        let _ = read_answer(service, operation, *protocol, 400, &[(header.clone(), header)], &body);
    }

    #[test]
    fn what_is_read_from_damaged_bytes_can_be_written(
        at in any::<prop::sample::Index>(),
        seed in any::<u64>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (service, operation, protocol) = at.get(everything());
        let parameters = Maker { service, protocol: *protocol, seed }.input(operation);
        let Some(mut request) = write_it(service, operation, *protocol, &parameters) else { return Ok(()) };
        let found = if protocol.is_rest() { labels(service, operation, &request) } else { Some(vec![]) };
        if let Body::Bytes(body) = &mut request.body {
            for (at, byte) in damage {
                if !body.is_empty() {
                    let at = at.index(body.len());
                    body[at] = byte;
                }
            }
        }
        let Ok(first) = parse_as(service, operation, *protocol, &found.unwrap(), &request) else { return Ok(()) };
        if !first.unknown_members.is_empty() {
            // Held; what is unknown is not written again.
            return Ok(());
        }
        let again = write_it(service, operation, *protocol, &first.parameters).unwrap();
        let found = if protocol.is_rest() { labels(service, operation, &again) } else { Some(vec![]) };
        let second = parse_as(service, operation, *protocol, &found.unwrap(), &again);
        let second = second.map_err(|error| TestCaseError::fail(format!("{} {}: {error}: {again:?}", service.name, operation.name)))?;
        prop_assert_eq!(second.parameters, first.parameters, "{} {} {:?}", service.name, operation.name, protocol);
    }
}
