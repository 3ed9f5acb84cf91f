//! What a call brought into being, read from the answer: ids that the service chose, and that no later thing will have.

use interlock_action::{Action, Relation, TargetId};
use interlock_flow::{Event, Session};
use interlock_reader_aws::catalogue::Operation;
use serde_json::Value;

/// The things made, to be remembered as this session's.
pub(super) fn made(session: &Session, action: &Action, operation: &Operation, answer: &Value) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for path in &operation.created {
        for id in values(answer, path) {
            for target in names(action, operation, path, id) {
                let known = events
                    .iter()
                    .any(|event| matches!(event, Event::Made { target: have, .. } if *have == target));
                if !known {
                    events.push(Event::Made {
                        target,
                        agent: session.agent.name.clone(),
                        session: session.root().clone(),
                        // What was only called so by the request is looked up: it tells two things of a name not apart.
                        immutable_id: is_chosen(action, id).then(|| bare(id).to_owned()),
                    });
                }
            }
        }
    }
    events
}

/// Route 53 gives paths: `/hostedzone/Z1`, `/delegationset/N1`.
fn bare(id: &str) -> &str {
    if id.starts_with('/') { id.rsplit('/').next().unwrap_or(id) } else { id }
}

/// Whether the service chose the id, so that it gives it to nothing else later: not a name that stands in the request,
/// whatever its case. Revisions are counted and never given twice.
fn is_chosen(action: &Action, id: &str) -> bool {
    /// No id that a service draws is shorter.
    const SHORTEST: usize = 5;
    let last = id.rsplit(['/', ':']).next().unwrap_or(id);
    let counted = [":task-definition/", ":layer:"].iter().any(|kind| id.contains(kind));
    counted || (last.len() >= SHORTEST && !says(&action.arguments, last))
}

/// Whether a text stands anywhere in the request, as the last part of a text or as a name.
fn says(value: &Value, wanted: &str) -> bool {
    let same = |text: &str| {
        text.rsplit(['/', ':']).next().unwrap_or(text).eq_ignore_ascii_case(wanted)
            || text.eq_ignore_ascii_case(wanted)
    };
    match value {
        Value::String(text) => same(text),
        Value::Array(values) => values.iter().any(|value| says(value, wanted)),
        Value::Object(members) => members.iter().any(|(name, value)| same(name) || says(value, wanted)),
        _ => false,
    }
}

/// The texts at a path such as `Instances[].InstanceId`.
fn values<'a>(answer: &'a Value, path: &str) -> Vec<&'a str> {
    let mut found = vec![answer];
    for part in path.split('.') {
        let (name, each) = part.strip_suffix("[]").map_or((part, false), |name| (name, true));
        let inner = found.into_iter().filter_map(|value| value.get(name));
        found = if each { inner.filter_map(Value::as_array).flatten().collect() } else { inner.collect() };
    }
    found.into_iter().filter_map(Value::as_str).filter(|text| !text.is_empty()).collect()
}

/// The ARN itself, or the ARNs that the operation's resource types give with this id.
fn names(action: &Action, operation: &Operation, path: &str, id: &str) -> Vec<TargetId> {
    if id.starts_with("arn:") {
        return vec![TargetId::from(id)];
    }
    let id = bare(id);
    let member = path.rsplit('.').next().unwrap_or_default().trim_end_matches("[]");
    let region = action.region.as_deref().unwrap_or_default();
    let account = action.account.as_ref().map_or("", |account| account.as_str());
    let partition = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    let mut names = Vec::new();
    for resource in &operation.resources {
        let mut variables = resource.variables();
        let (Some(variable), None) = (variables.next(), variables.next()) else { continue };
        let fits = variable.eq_ignore_ascii_case(member)
            || id.split_once('-').is_some_and(|(prefix, _)| resource.kind.eq_ignore_ascii_case(long(prefix)));
        if fits {
            let arn = resource
                .arn
                .replace("${Partition}", partition)
                .replace("${Region}", region)
                .replace("${Account}", account)
                .replace(&format!("${{{variable}}}"), id);
            names.push(TargetId::from(arn));
        }
    }
    if names.is_empty() {
        names = in_place(action, id);
    }
    names
}

/// The ids of what the action was judged to create, with what the service calls it in place of the name or star that
/// stood there.
fn in_place(action: &Action, id: &str) -> Vec<TargetId> {
    let created = action.targets.iter().filter(|target| target.relation == Relation::Creates);
    let renamed = created.filter_map(|target| {
        let (before, _) = target.id.as_str().rsplit_once(['/', ':'])?;
        let by = target.id.as_str().get(before.len()..)?.chars().next()?;
        Some(TargetId::from(format!("{before}{by}{id}")))
    });
    renamed.collect()
}

/// The resource type behind EC2's id prefixes, where the member's name does not tell.
fn long(prefix: &str) -> &str {
    match prefix {
        "i" => "instance",
        "vol" => "volume",
        "snap" => "snapshot",
        "sg" => "security-group",
        "eni" => "network-interface",
        "rtb" => "route-table",
        "igw" => "internet-gateway",
        "ami" => "image",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use interlock_reader_aws::{catalogue::Catalogue, judge};
    use serde_json::json;

    use super::*;

    /// The ids that the answer of a creation gives, and those that the deletion of the same thing acts on.
    fn meets(create: (&str, &str, Value, Value), delete: (&str, Value)) -> bool {
        let service = Catalogue::get().service(create.0).unwrap();
        let read = |operation: &str, parameters: &Value| {
            let operation = service.operation(operation).unwrap();
            (
                operation.clone(),
                judge(&service, operation, Some("us-east-1"), Some("111122223333"), parameters),
            )
        };
        let (operation, action) = read(create.1, &create.2);
        let made: Vec<TargetId> = operation
            .created
            .iter()
            .flat_map(|path| {
                values(&create.3, path).into_iter().flat_map(|id| names(&action, &operation, path, id))
            })
            .collect();
        let (_, gone) = read(delete.0, &delete.1);
        gone.targets.iter().any(|target| made.contains(&target.id))
    }

    #[test]
    fn what_was_made_is_known_again_when_it_is_removed() {
        let vpc = json!({"Vpc": {"VpcId": "vpc-0123456789abcdef0"}});
        assert!(meets(
            ("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}), vpc),
            ("DeleteVpc", json!({"VpcId": "vpc-0123456789abcdef0"}))
        ));
        let zone = json!({"HostedZone": {"Id": "/hostedzone/Z0123"}});
        assert!(meets(
            ("route53", "CreateHostedZone", json!({"Name": "a.example.org", "CallerReference": "1"}), zone),
            ("DeleteHostedZone", json!({"Id": "Z0123"}))
        ));
        let acl = json!({"NetworkAcl": {"NetworkAclId": "acl-0123456789abcdef0"}});
        assert!(meets(
            ("ec2", "CreateNetworkAcl", json!({"VpcId": "vpc-0123456789abcdef0"}), acl),
            ("DeleteNetworkAcl", json!({"NetworkAclId": "acl-0123456789abcdef0"}))
        ));
        let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:dev-aB3dEf";
        assert!(meets(
            ("secretsmanager", "CreateSecret", json!({"Name": "dev"}), json!({"ARN": secret})),
            ("DeleteSecret", json!({"SecretId": secret}))
        ));
    }

    #[test]
    fn only_what_the_service_chose_is_an_immutable_id() {
        let of = |service: &str, operation: &str, parameters: Value| {
            let service = Catalogue::get().service(service).unwrap();
            let operation = service.operation(operation).unwrap();
            judge(&service, operation, Some("us-east-1"), Some("111122223333"), &parameters)
        };
        let function = of("lambda", "CreateFunction", json!({"FunctionName": "Tidy-Up"}));
        assert!(!is_chosen(&function, "arn:aws:lambda:us-east-1:111122223333:function:tidy-up"));
        let cluster = of("redshift", "CreateCluster", json!({"ClusterIdentifier": "warehouse"}));
        assert!(!is_chosen(&cluster, "warehouse"));
        assert!(is_chosen(&cluster, "arn:aws:redshift:us-east-1:111122223333:namespace:0d4d8c2e-aa"));
        let queue = of("sqs", "CreateQueue", json!({"QueueName": "jobs"}));
        assert!(!is_chosen(&queue, "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"));
        let secret = of("secretsmanager", "CreateSecret", json!({"Name": "app/login"}));
        assert!(is_chosen(&secret, "arn:aws:secretsmanager:us-east-1:111122223333:secret:app/login-aB3dEf"));
        let task = of("ecs", "RegisterTaskDefinition", json!({"family": "web"}));
        assert!(is_chosen(&task, "arn:aws:ecs:us-east-1:111122223333:task-definition/web:3"));
        let vpc = of("ec2", "CreateVpc", json!({"CidrBlock": "10.0.0.0/16"}));
        assert!(is_chosen(&vpc, "vpc-0123456789abcdef0") && !is_chosen(&vpc, "1"));
    }
}
