use interlock_action::compared;

use super::*;
use crate::aws::testing::{called, deed, state, words};

const OLD: &str = "arn:aws:acm:us-east-1:123456789012:certificate/old";
const NEW: &str = "arn:aws:acm:us-east-1:123456789012:certificate/new";

fn deletes() -> Deed {
    Deed { undo: Some("undo-1".into()), ..deed("acm", "DeleteCertificate", json!({"CertificateArn": OLD})) }
}

fn certificate(arn: &str) -> Value {
    json!({
        "CertificateArn": arn,
        "DomainName": "example.com",
        "SubjectAlternativeNames": ["www.example.com", "example.com"],
        "DomainValidationOptions": [
            {"DomainName": "example.com", "ValidationDomain": "example.com", "ValidationMethod": "DNS"},
            {"DomainName": "www.example.com", "ValidationDomain": "www.example.com", "ValidationMethod": "DNS"},
        ],
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "EC-prime256v1",
        "Options": {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"},
    })
}

/// The state with these certificates there, and these carrying the tag.
fn told(there: &[Value], tagged: &[&str]) -> Result<Value, String> {
    state(&Certificate, &deletes(), |verb, asked| {
        let arn = at(asked, "/CertificateArn");
        Some(match verb {
            "DescribeCertificate" => {
                json!({"Certificate": there.iter().find(|one| at(one, "/CertificateArn") == arn)?})
            }
            "GetResources" => {
                let tag = json!([{"Key": RESTORES, "Value": format!("{OLD}/undo-1")}]);
                let all: Vec<Value> =
                    tagged.iter().map(|arn| json!({"ResourceARN": arn, "Tags": tag})).collect();
                json!({"ResourceTagMappingList": all, "PaginationToken": ""})
            }
            _ => json!({"Tags": [{"Key": "env", "Value": "dev"}, {"Key": "aws:x", "Value": "y"}]}),
        })
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut certificate = certificate(OLD);
    let (record, name) = pointer.rsplit_once('/').unwrap();
    certificate.pointer_mut(record).unwrap()[name] = value;
    certificate
}

#[test]
fn another_is_requested_with_all_that_was_told_and_is_found_by_its_tag() {
    let before = told(&[certificate(OLD)], &[]).unwrap();
    let terms = Certificate.terms(&deletes(), &before).unwrap();
    assert!(terms.loses[0].contains("private key"), "{terms:?}");
    let gone = told(&[], &[]).unwrap();
    let steps = Certificate.back(&deletes(), &before, &gone).unwrap();
    let asked = &called(&steps[0]).arguments;
    assert_eq!(asked["KeyAlgorithm"], "EC_prime256v1");
    assert_eq!(asked["SubjectAlternativeNames"], json!(["www.example.com"]));
    assert_eq!(asked["ValidationMethod"], "DNS");
    assert_eq!(asked.get("DomainValidationOptions"), None);
    let tag = json!({"Key": RESTORES, "Value": format!("{OLD}/undo-1")});
    assert_eq!(asked["Tags"], json!([{"Key": "env", "Value": "dev"}, tag]));
    let mut early = certificate(NEW);
    early["DomainValidationOptions"] = json!([]);
    let now = told(&[early], &[NEW]).unwrap();
    assert_eq!(words(&Certificate.back(&deletes(), &before, &now).unwrap()), words(&steps[1..]));
    // The index of tags may tell one that is gone.
    let now =
        told(&[certificate(NEW)], &["arn:aws:acm:us-east-1:123456789012:certificate/gone", NEW]).unwrap();
    assert_eq!(compared(&now), compared(&before));
}

#[test]
fn mails_go_where_they_went() {
    let mut mailed = certificate(OLD);
    for one in mailed["DomainValidationOptions"].as_array_mut().unwrap() {
        one["ValidationMethod"] = "EMAIL".into();
        one["ValidationDomain"] = "example.com".into();
    }
    let before = told(&[mailed], &[]).unwrap();
    let steps = Certificate.back(&deletes(), &before, &told(&[], &[]).unwrap()).unwrap();
    let options = &called(&steps[0]).arguments["DomainValidationOptions"];
    assert_eq!(options[1], json!({"DomainName": "www.example.com", "ValidationDomain": "example.com"}));
}

#[test]
fn what_cannot_be_requested_again_has_no_way() {
    let terms = |certificate: Value| {
        let before = told(&[certificate], &[]).unwrap();
        Certificate.terms(&deletes(), &before).is_some()
    };
    assert!(terms(certificate(OLD)));
    for (pointer, value) in [
        ("/Type", json!("IMPORTED")),
        ("/Type", json!("PRIVATE")),
        ("/Options/Export", json!("ENABLED")),
        ("/Status", json!("EXPIRED")),
        ("/ManagedBy", json!("CLOUDFRONT")),
        ("/CertificateAuthorityArn", json!("arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/x")),
        ("/SomethingNew", json!(1)),
        ("/DomainValidationOptions/0/ValidationMethod", json!("HTTP")),
        ("/DomainValidationOptions", json!([])),
        ("/KeyAlgorithm", Value::Null),
        ("/KeyAlgorithm", json!("RSA_1024")),
    ] {
        assert!(!terms(changed(pointer, value)), "{pointer}");
    }
    let more = deed("acm", "DeleteCertificate", json!({"CertificateArn": OLD, "Force": true}));
    assert!(!Certificate.undoes(&more));
}

#[test]
fn what_nobody_can_tell_apart_stops_it() {
    let before = told(&[certificate(OLD)], &[]).unwrap();
    let other = "arn:aws:acm:us-east-1:123456789012:certificate/other";
    assert!(told(&[certificate(NEW), certificate(other)], &[NEW, other]).is_err());
    let more = state(&Certificate, &deletes(), |verb, _| match verb {
        "GetResources" => Some(json!({"ResourceTagMappingList": [], "PaginationToken": "x"})),
        _ => None,
    });
    assert!(more.is_err(), "{more:?}");
    let mut smaller = certificate(NEW);
    smaller["SubjectAlternativeNames"] = json!(["example.com"]);
    let now = told(&[smaller], &[NEW]).unwrap();
    assert!(Certificate.back(&deletes(), &before, &now).is_err());
}
