//! Errors written here, as botocore and the reader itself understand them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test: a fault here is a failed test"
)]

mod wire_common;

use interlock_reader_aws::catalogue::{Catalogue, Protocol};
use interlock_reader_aws::wire::{read_answer, write_error};
use wire_common::Botocore;

const MESSAGE: &str = "interlock holds this: <DeleteDBInstance> & \"more\" — ticket é1";

#[test]
fn botocore_reads_code_and_message() {
    let mut botocore = Botocore::start();
    let mut seen = std::collections::BTreeMap::new();
    for name in Catalogue::get().services() {
        let service = wire_common::service(name);
        let Some(operation) = service.operations.iter().find(|operation| operation.method != "HEAD") else {
            continue;
        };
        for protocol in &service.protocols {
            let (headers, body) =
                write_error(*protocol, &service, false, 403, "AccessDenied", MESSAGE, "id-1");
            let theirs = botocore.parse(name, operation.name, *protocol, 403, &headers, &body);
            assert_eq!(theirs["Error"]["Code"], "AccessDenied", "{name} {protocol:?}: {theirs}");
            assert_eq!(theirs["Error"]["Message"], MESSAGE, "{name} {protocol:?}: {theirs}");
            let ours = read_answer(&service, operation, *protocol, 403, &headers, &body).unwrap_err();
            assert_eq!(
                (ours.code.as_str(), ours.message.as_str(), ours.status),
                ("AccessDenied", MESSAGE, 403)
            );
            *seen.entry(*protocol).or_insert(0) += 1;
        }
    }
    println!("services by protocol: {seen:?}");
    for protocol in [
        Protocol::RestJson,
        Protocol::Json10,
        Protocol::Json11,
        Protocol::Query,
        Protocol::Ec2,
        Protocol::RestXml,
        Protocol::Cbor,
    ] {
        assert!(seen.contains_key(&protocol), "{protocol:?}");
    }
}

#[test]
fn a_head_answer_has_no_body() {
    let service = wire_common::service("s3");
    let (headers, body) =
        write_error(Protocol::RestXml, &service, true, 403, "AccessDenied", MESSAGE, "id-1");
    assert!(body.is_empty());
    let operation = wire_common::operation(&service, "HeadObject");
    let theirs = Botocore::start().parse("s3", "HeadObject", Protocol::RestXml, 403, &headers, &body);
    assert_eq!(theirs["Error"]["Code"], "403");
    let ours = read_answer(&service, &operation, Protocol::RestXml, 403, &headers, &body).unwrap_err();
    assert_eq!(ours.code, "403");
}

#[test]
fn a_code_cannot_break_out_of_its_header_or_element() {
    for (name, protocol) in
        [("lambda", Protocol::RestJson), ("s3", Protocol::RestXml), ("sqs", Protocol::Json10)]
    {
        let service = wire_common::service(name);
        let (headers, body) =
            write_error(protocol, &service, false, 403, "A\r\nset-cookie: x\u{0}</Code>", "m\u{1}", "i\r\nd");
        assert!(headers.iter().all(|(_, value)| !value.contains(['\r', '\n', '\0'])), "{headers:?}");
        let ends = String::from_utf8(body).unwrap().matches("</Code>").count();
        assert_eq!(ends, usize::from(protocol == Protocol::RestXml));
    }
}
