use serde_json::Value;

use super::policy_document::{administrator, fits, opens};
use super::*;
use crate::catalogue::Catalogue;

#[test]
fn every_rule_looks_at_operations_of_the_catalogue() {
    let mut missing = Vec::new();
    for rule in all() {
        assert!(!rule.operations.is_empty() && !rule.finds.is_empty(), "{}", rule.id);
        for (family, operation) in rule.operations {
            let services: &[&str] = match *family {
                "opensearch" => &["opensearch", "es"],
                _ => &[family],
            };
            let known = services
                .iter()
                .filter_map(|name| Catalogue::get().service(name))
                .any(|service| service.operation(operation).is_some());
            if !known {
                missing.push(format!("{}: {family}:{operation}", rule.id));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    for id in ADMINISTRATOR {
        assert!(all().any(|rule| rule.id == id));
    }
}

#[test]
fn a_claim_waits_only_for_facts_that_are_named() {
    let parameters = serde_json::json!({});
    for rule in all() {
        for (family, operation) in rule.operations {
            let Some(service) = Catalogue::get().service(family) else { continue };
            let Some(operation) = service.operation(operation) else { continue };
            let action = crate::judge(&service, operation, None, None, &parameters);
            for test in action.claims.iter().flat_map(|claim| &claim.when) {
                assert!(facts::ALL.contains(&test.fact.as_str()), "{}: {}", rule.id, test.fact);
            }
        }
    }
}

fn statement(text: &str) -> String {
    format!("{{\"Statement\":[{text}]}}")
}

#[test]
fn a_condition_limits_only_where_it_must_hold() {
    let own = Some("111122223333");
    let with = |condition: &str| {
        opens(
            &statement(&format!(
                r#"{{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{condition}}}"#
            )),
            own,
        )
    };
    assert!(!with(r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#).public);
    assert!(with(r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#).foreign.is_empty());
    assert_eq!(with(r#"{"StringEquals":{"aws:SourceAccount":"999988887777"}}"#).foreign, ["999988887777"]);
    assert_eq!(with(r#"{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}"#).foreign, ["o-abc"]);
    for open in [
        r#"{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}"#,
        r#"{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}"#,
        r#"{"StringLike":{"aws:SourceAccount":"*"}}"#,
        r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#,
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
    ] {
        assert!(with(open).public, "{open}");
    }
}

#[test]
fn principals_are_found_in_every_spelling() {
    let own = Some("111122223333");
    let of = |principal: &str| {
        opens(&statement(&format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"*"}}"#)), own)
    };
    for public in [r#""*""#, r#"{"AWS":"*"}"#, r#"{"AWS":["arn:aws:iam::111122223333:root","*"]}"#] {
        assert!(of(public).public, "{public}");
    }
    for foreign in [r#"{"AWS":"999988887777"}"#, r#"{"AWS":["arn:aws:iam::999988887777:user/x"]}"#] {
        assert_eq!(of(foreign).foreign, ["999988887777"], "{foreign}");
    }
    for inside in [
        r#"{"AWS":"arn:aws:iam::111122223333:role/x"}"#,
        r#"{"Service":"s3.amazonaws.com"}"#,
        r#"{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}"#,
    ] {
        assert_eq!(
            of(inside),
            opens(&statement(r#"{"Effect":"Deny","Principal":"*","Action":"x"}"#), own),
            "{inside}"
        );
    }
    assert!(opens(r#"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"x"},"Action":"*"}}"#, own).public);
    assert!(opens("not json", own).unreadable);
    // Whose account it is nobody knows: every account may be another's.
    assert_eq!(
        opens(&statement(r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*"}"#), None)
            .foreign,
        ["111122223333"]
    );
}

#[test]
fn administrator_rights_hide_in_wildcards() {
    let of = |rest: &str| administrator(&statement(&format!(r#"{{"Effect":"Allow",{rest}}}"#)));
    for yes in [
        r#""Action":"*","Resource":"*""#,
        r#""Action":["s3:*","IAM:Put?olePolicy"],"Resource":["*"]"#,
        r#""Action":"iam:PassRole","Resource":"arn:aws:iam::*:role/*""#,
        r#""NotAction":"s3:*","Resource":"*""#,
        r#""Action":"*","NotResource":"arn:aws:s3:::x""#,
    ] {
        assert!(of(yes), "{yes}");
    }
    for no in [
        r#""Action":"s3:*","Resource":"*""#,
        r#""Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/app""#,
        r#""Action":["iam:Get*","iam:List*"],"Resource":"*""#,
    ] {
        assert!(!of(no), "{no}");
    }
    assert!(administrator("not json"), "what cannot be read counts as the worst");
    assert!(!administrator(r#"{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#));
}

#[test]
fn wildcards_fit() {
    for (pattern, text) in
        [("*", ""), ("a*c", "abbc"), ("a?c", "abc"), ("*b*", "abc"), ("iam:*", "iam:passrole")]
    {
        assert!(fits(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [("", "a"), ("a", ""), ("a?c", "ac"), ("a*d", "abc"), ("iam:*", "s3:x")] {
        assert!(!fits(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn a_named_rule_is_left_out() {
    let service = Catalogue::get().service("s3").unwrap();
    let operation = service.operation("PutBucketVersioning").unwrap();
    let parameters: Value =
        serde_json::from_str(r#"{"Bucket":"b","VersioningConfiguration":{"Status":"Suspended"}}"#).unwrap();
    let action = crate::judge(&service, operation, None, None, &parameters);
    assert!(
        action
            .claims
            .iter()
            .any(|claim| claim.rule.as_ref().is_some_and(|rule| rule.as_str() == "s3-versioning-suspended"))
    );
}
