use serde_json::Value;

use super::policy_document::{administrator, fits, opens};
use super::*;
use crate::catalogue::Catalogue;

#[test]
fn every_rule_looks_at_operations_of_the_catalogue() {
    let mut missing = Vec::new();
    for rule in all() {
        assert!(!rule.operations.is_empty() && !rule.finds.is_empty(), "{}", rule.id);
        for (family, operation) in rule.operations.iter().filter(|(family, _)| *family != general::ANY) {
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
fn administrator_rights_hide_in_accounts_and_kinds() {
    let over = |action: &str, resource: &str| {
        administrator(&statement(&format!(
            r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#
        )))
    };
    for (action, resource) in [
        ("*", "arn:aws:iam::111122223333:*"),
        ("*", "arn:aws-cn:iam::111122223333:role/*"),
        ("iam:*", "arn:aws:iam::111122223333:user/*"),
        ("iam:AttachGroupPolicy", "arn:aws:iam::1111????????:group/*"),
        ("iam:CreatePolicyVersion", "arn:aws:iam::1*"),
        ("iam:PassRole", "arn:aws:iam::${aws:PrincipalAccount}:role/*"),
        ("iam:PassRole", "arn:aws:iam::${aws:PrincipalTag/of, '1'}:role/*"),
        ("sts:AssumeRole", "*"),
        ("iam:UpdateLoginProfile", "arn:aws:iam::111122223333:user/*"),
    ] {
        assert!(over(action, resource), "{action} {resource}");
    }
    for (action, resource) in [
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/reader"),
        ("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/${aws:username}"),
        ("s3:*", "arn:aws:iam::111122223333:*"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/app-*"),
        ("iam:PassRole", "é${"),
    ] {
        assert!(!over(action, resource), "{action} {resource}");
    }
}

#[test]
fn whose_a_principal_is_that_names_no_account_nobody_can_tell() {
    let of = |principal: &str| {
        opens(&statement(&format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"*"}}"#)), None)
    };
    for (principal, whose) in [
        (r#"{"Federated":"accounts.google.com"}"#, "accounts.google.com"),
        (r#"{"AWS":"AROAEXAMPLEID"}"#, "AROAEXAMPLEID"),
        (r#"{"CanonicalUser":"79a5"}"#, "canonical:79a5"),
    ] {
        assert_eq!(of(principal).foreign, [whose]);
    }
}

/// Writes with a member of the name, at any depth, and parameters that have nothing else.
fn with_member(
    service: &crate::catalogue::Service,
    shape: crate::catalogue::ShapeId,
    names: &[&str],
    value: &dyn Fn(&crate::catalogue::Kind) -> Option<Value>,
    depth: u8,
) -> Vec<(String, Value)> {
    use crate::catalogue::Kind;
    let Kind::Structure(structure) = &service.shape(shape).unwrap().kind else { return Vec::new() };
    let mut found = Vec::new();
    for member in &structure.members {
        let kind = &service.shape(member.shape).unwrap().kind;
        if names.contains(&member.name.to_ascii_lowercase().as_str()) {
            if let Some(value) = value(kind) {
                found.push((member.name.to_owned(), serde_json::json!({ member.name: value })));
            }
            continue;
        }
        let (inner, list) = match kind {
            Kind::Structure(_) => (member.shape, false),
            Kind::List { member: inner, .. } => (*inner, true),
            _ => continue,
        };
        if depth == 4 {
            continue;
        }
        for (path, below) in with_member(service, inner, names, value, depth + 1) {
            let below = if list { serde_json::json!([below]) } else { below };
            found.push((format!("{}.{path}", member.name), serde_json::json!({ member.name: below })));
        }
    }
    found
}

#[test]
fn a_guard_is_seen_wherever_it_is_set_off() {
    use crate::catalogue::{Access, Kind};
    let (mut silent, mut looked) = (Vec::new(), 0);
    for name in Catalogue::get().services() {
        let service = Catalogue::get().service(name).unwrap();
        for operation in &service.operations {
            let makes = crate::effect::verb::effect(operation.name) == Effect::Create;
            let Some(input) = operation.input.filter(|_| !operation.access.is_read() && !makes) else {
                continue;
            };
            if operation.access == Access::Tagging {
                continue;
            }
            for guard in guards::GUARDS {
                let off = |kind: &Kind| match kind {
                    Kind::Boolean => Some(Value::Bool(guard.off)),
                    Kind::String => guard.words.first().map(|word| Value::from(word.to_ascii_uppercase())),
                    _ => None,
                };
                for (path, parameters) in with_member(&service, input, guard.names, &off, 0) {
                    looked += 1;
                    let action = crate::judge(
                        &service,
                        operation,
                        Some("us-east-1"),
                        Some("111122223333"),
                        &parameters,
                    );
                    if action.mutates() && !action.claims.iter().any(|claim| guard.is_told_by(claim.effect)) {
                        silent.push(format!("{name}:{} {path}", operation.name));
                    }
                }
            }
        }
    }
    assert!(silent.is_empty(), "{} of {looked}: {silent:#?}", silent.len());
    assert!(looked > 100, "only {looked} members were found");
}

#[test]
fn a_guard_is_seen_beside_what_another_rule_says() {
    let service = Catalogue::get().service("redshift").unwrap();
    let operation = service.operation("ModifyCluster").unwrap();
    let parameters = serde_json::json!({
        "ClusterIdentifier": "warehouse", "AutomatedSnapshotRetentionPeriod": 35, "MultiAZ": false,
    });
    let action = crate::judge(&service, operation, None, None, &parameters);
    let seen = |claim: &Claim| claim.effect == Effect::GuardRemoval && claim.when.is_empty();
    assert!(action.claims.iter().any(seen), "{:?}", action.claims);
}

#[test]
fn what_is_kept_for_a_time_is_looked_at_where_the_rule_looks() {
    let rule = retention::RULES.first().unwrap();
    for kept in retention::KEPT {
        for operation in kept.operations {
            assert!(rule.operations.contains(&(kept.service, operation)), "{}:{operation}", kept.service);
            let service = Catalogue::get().service(kept.service).unwrap();
            let input = service.input(service.operation(operation).unwrap()).unwrap();
            let first = kept.member.split('.').next().unwrap();
            assert!(input.member(first).is_some(), "{}:{operation} has no {first}", kept.service);
        }
    }
}

#[test]
fn addresses_that_no_internet_routes_are_not_the_world() {
    for world in ["0.0.0.0/0", "128.0.0.0/1", "::/0", "f::/0", "f000::/4", "2000::/3", "fc00::/6", "x::/0"] {
        assert!(ec2_network::is_world(world), "{world}");
    }
    for own in ["10.0.0.0/8", "192.0.2.1/32", "fc00::/7", "fd00::/8", "fe80::/10", "2001:db8::/32", "é"] {
        assert!(!ec2_network::is_world(own), "{own}");
    }
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

/// Published as writes, and yet they change nothing: they hand out credentials of the role, which is a sensitive read.
const NO_ROLE: [(&str, &str); 3] = [
    ("cognito-identity", "GetCredentialsForIdentity"),
    ("emr", "GetClusterSessionCredentials"),
    ("emr-containers", "GetManagedEndpointSessionCredentials"),
];

/// Parameters with a role's ARN at the member, wherever it stands.
fn with_role(
    service: &crate::catalogue::Service,
    shape: crate::catalogue::ShapeId,
    depth: u8,
    found: &mut Vec<(String, Value)>,
) {
    use crate::catalogue::Kind;
    const ENDS: [&str; 9] = [
        "RoleArn",
        "roleArn",
        "RoleARN",
        "roleARN",
        "ServiceRole",
        "serviceRole",
        "ExecutionRole",
        "executionRole",
        "JobFlowRole",
    ];
    let role = || Value::from("arn:aws:iam::111122223333:role/app");
    let Kind::Structure(structure) = &service.shape(shape).unwrap().kind else { return };
    for member in &structure.members {
        match &service.shape(member.shape).unwrap().kind {
            Kind::String if ENDS.iter().any(|end| member.name.ends_with(end)) => {
                found.push((member.name.to_owned(), serde_json::json!({ member.name: role() })));
            }
            Kind::Structure(_) if depth < 4 => {
                let mut below = Vec::new();
                with_role(service, member.shape, depth + 1, &mut below);
                found.extend(below.into_iter().map(|(path, value)| {
                    (format!("{}.{path}", member.name), serde_json::json!({ member.name: value }))
                }));
            }
            Kind::List { member: inner, .. } if depth < 4 => {
                let mut below = Vec::new();
                with_role(service, *inner, depth + 1, &mut below);
                found.extend(below.into_iter().map(|(path, value)| {
                    (format!("{}[].{path}", member.name), serde_json::json!({ member.name: [value] }))
                }));
            }
            _ => {}
        }
    }
}

#[test]
fn every_write_that_passes_a_role_runs_something() {
    use crate::catalogue::Access;
    let (mut silent, mut looked) = (Vec::new(), 0);
    for name in Catalogue::get().services().filter(|name| !["iam", "sts", "sso"].contains(name)) {
        let service = Catalogue::get().service(name).unwrap();
        for operation in &service.operations {
            let takes_away =
                matches!(crate::effect::verb::effect(operation.name), Effect::Destroy | Effect::Interrupt);
            let Some(input) = operation.input.filter(|_| !operation.access.is_read() && !takes_away) else {
                continue;
            };
            if operation.access == Access::Tagging || NO_ROLE.contains(&(name, operation.name)) {
                continue;
            }
            let mut found = Vec::new();
            with_role(&service, input, 0, &mut found);
            for (path, parameters) in found {
                looked += 1;
                let action =
                    crate::judge(&service, operation, Some("us-east-1"), Some("111122223333"), &parameters);
                if !action.claims.iter().any(|claim| claim.effect == Effect::Execute && claim.when.is_empty())
                {
                    silent.push(format!("{name}:{} {path}", operation.name));
                }
            }
        }
    }
    assert!(silent.is_empty(), "{} of {looked}: {silent:#?}", silent.len());
    assert!(looked > 800, "only {looked} members were found");
}

#[test]
fn a_role_in_words_is_none() {
    let effects = |service: &str, operation: &str, parameters: Value| {
        let service = Catalogue::get().service(service).unwrap();
        let operation = service.operation(operation).unwrap();
        let action = crate::judge(&service, operation, Some("us-east-1"), Some("111122223333"), &parameters);
        action.claims.iter().map(|claim| claim.effect).collect::<Vec<_>>()
    };
    let member = serde_json::json!({"AccountId": "a", "RoomId": "r", "MemberId": "m", "Role": "Member"});
    assert!(!effects("chime", "CreateRoomMembership", member).contains(&Effect::Execute));
    let invoke = serde_json::json!({"FunctionName": "f", "InvocationType": "DryRun"});
    assert_eq!(effects("lambda", "Invoke", invoke), [Effect::Read]);
    let invoke = serde_json::json!({"FunctionName": "f", "InvocationType": "Event"});
    let effects = effects("lambda", "Invoke", invoke);
    assert!(effects.iter().all(|effect| *effect == Effect::Execute) && !effects.is_empty(), "{effects:?}");
}

#[test]
fn a_stack_policy_for_one_update_counts_beside_the_lasting_one() {
    let allow = statement(r#"{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}"#);
    let deny = statement(r#"{"Effect":"Deny","Action":"Update:Delete","Principal":"*","Resource":"*"}"#);
    let service = Catalogue::get().service("cloudformation").unwrap();
    let operation = service.operation("UpdateStack").unwrap();
    let loosened = |lasting: &str, once: &str| {
        let parameters = serde_json::json!({
            "StackName": "school", "UsePreviousTemplate": true,
            "StackPolicyBody": lasting, "StackPolicyDuringUpdateBody": once,
        });
        let action = crate::judge(&service, operation, None, None, &parameters);
        action.claims.iter().any(|claim| {
            claim.rule.as_ref().is_some_and(|rule| rule.as_str() == "cloudformation-policy-loosened")
        })
    };
    assert!(loosened(&deny, &allow) && loosened(&allow, &deny));
    assert!(!loosened(&deny, &deny));
}
