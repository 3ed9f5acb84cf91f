//! Classic load balancers.
//!
//! Deleting one deletes its listeners and ends every connection; its instances stay. One that is made again has another
//! DNS name. An instance that is deregistered is sent nothing any more; where none remains, whoever connects is turned
//! away. Deleting a load balancer that is not there succeeds (Classic Load Balancers guide). Reads:
//! DescribeLoadBalancers. DNS records that lead to it are not looked at.

use interlock_action::{Action, Answers, Bears, Effect, Kind, Observed, Read, Reversibility, TargetId};
use serde_json::{Value, json};

use super::super::{
    Look,
    answer::{Live, entries, or_dash, strings, texts},
    arn,
    draft::Draft,
    existence, words,
};

/// The forecaster of classic load balancers.
pub(in crate::forecast) struct LoadBalancer;

/// Operations, and the list that each takes from: the request's member, the record's, and what people call one.
const OPERATIONS: [&str; 5] = [
    "DeleteLoadBalancer",
    "DeregisterInstancesFromLoadBalancer",
    "DeleteLoadBalancerListeners",
    "DisableAvailabilityZonesForLoadBalancer",
    "DetachLoadBalancerFromSubnets",
];

fn subject(action: &Action) -> Option<(&str, TargetId)> {
    let name = action.arguments.get("LoadBalancerName")?.as_str()?;
    let resource = format!("loadbalancer/{name}");
    Some((name, arn::target(action, Kind::LoadBalancer, "elasticloadbalancing", &resource, name)))
}

impl Look for LoadBalancer {
    fn knows(&self, action: &Action) -> bool {
        action.operation.service() == "elb"
            && OPERATIONS.contains(&action.operation.verb())
            && subject(action).is_some()
    }

    fn wants(&self, _action: &Action, _so_far: &Answers) -> Vec<Read> {
        Vec::new()
    }

    fn tell(&self, action: &Action, answers: &Answers, draft: &mut Draft) {
        let Some((name, id)) = subject(action) else { return };
        let record = match existence::of(action, answers, &id) {
            Live::Found(record) => record,
            Live::Absent => return,
            Live::Unread(why) => {
                return draft.unread(
                    action,
                    (&format!("load balancer {name}"), &id, Kind::LoadBalancer),
                    &why,
                );
            }
        };
        let instances = texts(record, "/Instances", "InstanceId");
        draft.observe(&id, Observed { data: Bears::No, ..Observed::default() });
        draft.depend(format!("whoever connects to {}", or_dash(record, "/DNSName")));
        if !instances.is_empty() {
            draft.depend(format!("instances {}", words::some(&instances, 10)));
        }
        draft.bind(
            id.as_str(),
            json!({"created": record.get("CreatedTime"), "instances": instances, "listeners": ports(record)}),
        );
        if action.operation.verb() == "DeleteLoadBalancer" {
            let what =
                format!("classic load balancer {name} is deleted, and every connection through it ends");
            draft.change_from(&id, Kind::LoadBalancer, Effect::Destroy, what, Some(record.clone()), None);
            draft.unknown(format!("which DNS records lead to {name} was not looked at"));
            draft.reversibility = Reversibility::Lossy;
            return;
        }
        taken(action, (name, &id), record, &instances, draft);
    }
}

fn ports(record: &Value) -> Vec<String> {
    let listeners = entries(record, "/ListenerDescriptions").iter();
    listeners.filter_map(|one| one.pointer("/Listener/LoadBalancerPort")).map(Value::to_string).collect()
}

/// Instances, listeners, zones or subnets that are taken from it.
fn taken(
    action: &Action,
    (name, id): (&str, &TargetId),
    record: &Value,
    instances: &[&str],
    draft: &mut Draft,
) {
    let owned = |list: Vec<&str>| -> Vec<String> { list.into_iter().map(str::to_owned).collect() };
    let (asked, now, one) = match action.operation.verb() {
        "DeregisterInstancesFromLoadBalancer" => (
            owned(texts(&action.arguments, "/Instances", "InstanceId")),
            owned(instances.to_vec()),
            "instance",
        ),
        "DeleteLoadBalancerListeners" => {
            let asked = entries(&action.arguments, "/LoadBalancerPorts").iter().map(Value::to_string);
            (asked.collect(), ports(record), "listener")
        }
        "DisableAvailabilityZonesForLoadBalancer" => (
            owned(strings(&action.arguments, "/AvailabilityZones")),
            owned(strings(record, "/AvailabilityZones")),
            "zone",
        ),
        _ => (owned(strings(&action.arguments, "/Subnets")), owned(strings(record, "/Subnets")), "subnet"),
    };
    let gone: Vec<&String> = asked.iter().filter(|one| now.contains(one)).collect();
    draft.settle();
    draft.reversibility = Reversibility::Exact;
    if gone.is_empty() {
        return;
    }
    let left = now.len().saturating_sub(gone.len());
    let many = words::count(gone.len() as u64, one);
    let rest = match left {
        0 => "none remains, and nobody is answered".to_owned(),
        left => format!("{left} of {} remain", now.len()),
    };
    let what = format!("{many} ({}) of {name} taken away: {rest}", words::some(&gone, 5));
    let effect = if one == "listener" { Effect::Destroy } else { Effect::Interrupt };
    draft.change_from(id, Kind::LoadBalancer, effect, what, Some(json!(now)), None);
}
