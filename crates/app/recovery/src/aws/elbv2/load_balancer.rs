//! A load balancer that is deleted: created again, with its listeners and their rules.
//!
//! Kept: how it is created, its attributes, listeners, rules, tags. Back: it is created, then its attributes, listeners and
//! rules are set. Compared: all that is kept. Lost: its ARN and its DNS name: whoever names the old one must name the new.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::{
    super::way::{
        Way, at, busy, call, found, is, later, list, missing, only, read, set_by_service, sorted, standing,
        step, tags, text, wait, what, with, word,
    },
    listener, rule,
};

/// The way.
pub(super) struct LoadBalancer;

const MEMBERS: &[&str] = &["Scheme", "Type", "IpAddressType", "CustomerOwnedIpv4Pool"];

/// The name in its ARN: `…:loadbalancer/app/NAME/ID`.
fn name(deed: &Deed) -> Option<&str> {
    let arn = text(deed, "/LoadBalancerArn").filter(|_| is(deed, "elbv2", &["DeleteLoadBalancer"]))?;
    arn.rsplit('/').nth(1)
}

fn asks(deed: &Deed) -> Value {
    json!({"Names": [name(deed)]})
}

fn current<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let answer = found(answers, "elbv2", "DescribeLoadBalancers", &asks(deed))?;
    Ok(answer.and_then(|answer| list(answer, "/LoadBalancers").first()))
}

fn listeners<'a>(answers: &'a Answers, arn: &str) -> &'a [Value] {
    let answer = found(answers, "elbv2", "DescribeListeners", &json!({"LoadBalancerArn": arn}));
    answer.ok().flatten().map_or(&[], |answer| list(answer, "/Listeners"))
}

/// Protocol and port, by which a listener is known.
fn place(listener: &Value) -> String {
    format!("{} {}", word(listener, "/Protocol").unwrap_or("?"), at(listener, "/Port"))
}

impl Way for LoadBalancer {
    fn name(&self) -> &'static str {
        "elbv2/load-balancer"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        name(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let mut reads = vec![read(deed, "elbv2", "DescribeLoadBalancers", asks(deed))];
        let Ok(Some(balancer)) = current(deed, so_far) else { return reads };
        let arn = word(balancer, "/LoadBalancerArn").unwrap_or_default();
        let one = || json!({"LoadBalancerArn": arn});
        reads.push(read(deed, "elbv2", "DescribeListeners", one()));
        reads.push(read(deed, "elbv2", "DescribeLoadBalancerAttributes", one()));
        reads.push(read(deed, "elbv2", "DescribeTags", json!({"ResourceArns": [arn]})));
        for listener in listeners(so_far, arn).iter().filter_map(|one| word(one, "/ListenerArn")) {
            reads.push(read(deed, "elbv2", "DescribeRules", json!({"ListenerArn": listener})));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let Some(balancer) = current(deed, answers)? else { return Ok(standing(Value::Null, json!({}))) };
        let arn = word(balancer, "/LoadBalancerArn").ok_or("the load balancer has no ARN")?;
        let one = json!({"LoadBalancerArn": arn});
        found(answers, "elbv2", "DescribeListeners", &one)?;
        let (mut kept, mut arns) = (Vec::new(), Map::new());
        for listener in listeners(answers, arn) {
            let own = word(listener, "/ListenerArn").ok_or("a listener has no ARN")?;
            let rules = found(answers, "elbv2", "DescribeRules", &json!({"ListenerArn": own}))?;
            let rules = rules.map_or(&[][..], |rules| list(rules, "/Rules")).iter();
            let rules = rules.filter(|rule| word(rule, "/Priority") != Some("default"));
            let rules = rules.map(|one| with(rule::kept(one), only(one, &["Priority"]))).collect();
            kept.push(with(listener::kept(listener), json!({"rules": sorted(rules)})));
            arns.insert(place(listener), own.into());
        }
        let attributes = found(answers, "elbv2", "DescribeLoadBalancerAttributes", &one)?;
        let labels = found(answers, "elbv2", "DescribeTags", &json!({"ResourceArns": [arn]}))?;
        let zones = list(balancer, "/AvailabilityZones").iter();
        let zones = zones.map(|zone| at(zone, "/SubnetId").clone()).collect();
        let groups = list(balancer, "/SecurityGroups").to_vec();
        let more = json!({
            "Subnets": sorted(zones),
            "SecurityGroups": sorted(groups),
            "attributes": sorted(attributes.map_or(Vec::new(), |all| list(all, "/Attributes").to_vec())),
            "Tags": labels.map_or(json!([]), |all| tags(at(all, "/TagDescriptions/0/Tags"))),
            "listeners": sorted(kept),
        });
        let working = word(balancer, "/State/Code") == Some("provisioning");
        let found = json!({"arn": arn, "listeners": arns, "busy": working});
        Ok(standing(with(only(balancer, MEMBERS), more), found))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let was = what(before);
        // What a sign-in action knows of its client secret goes with it.
        let secret =
            list(was, "/listeners").iter().any(|one| one.to_string().contains("AuthenticateOidcConfig"));
        let own = !was.is_null() && word(was, "/Type") != Some("gateway") && !secret;
        let lost = ["its ARN and DNS name: whoever names the old one must name the new one", "its addresses"];
        own.then(|| Terms::lossy(5, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let name = name(deed).ok_or("the load balancer is not named")?;
        let (was, is) = (what(before), what(now));
        let arn = word(now, "/handle/arn");
        let then = |steps: &mut Vec<Step>, name: String, operation: &str, arguments: Option<Value>| {
            steps.push(match arguments {
                Some(arguments) => step(name, call(deed, "elbv2", operation, arguments)),
                None => later(name),
            });
        };
        let mut steps = Vec::new();
        if is.is_null() {
            let kept = with(only(was, MEMBERS), only(was, &["Subnets", "SecurityGroups", "Tags"]));
            let mut make = with(kept, json!({"Name": name}));
            if let Some(members) = make.as_object_mut() {
                members.retain(|_, value| value != &json!([]));
            }
            let name = format!("create the load balancer {name} again");
            steps.push(step(name, call(deed, "elbv2", "CreateLoadBalancer", make)));
        }
        if is.is_null() || busy(now) {
            steps.push(wait(format!("wait for {name}")));
        }
        let attributes = missing(at(is, "/attributes"), at(was, "/attributes"));
        if !attributes.is_empty() {
            let arguments = arn.map(|arn| json!({"LoadBalancerArn": arn, "Attributes": attributes}));
            then(
                &mut steps,
                format!("set the attributes of {name}"),
                "ModifyLoadBalancerAttributes",
                arguments,
            );
        }
        for listener in list(was, "/listeners") {
            let at_place = place(listener);
            let own = at(now, "/handle/listeners").get(&at_place).and_then(Value::as_str);
            let there = list(is, "/listeners").iter().find(|one| place(one) == at_place);
            if there.is_none() {
                let mut make = listener.clone();
                if let Some(make) = make.as_object_mut() {
                    make.shift_remove("rules");
                }
                let arguments = arn.map(|arn| with(make, json!({"LoadBalancerArn": arn})));
                then(
                    &mut steps,
                    format!("create the listener {at_place} again"),
                    "CreateListener",
                    arguments,
                );
            }
            let have = there.map_or(&Value::Null, |there| at(there, "/rules"));
            for rule in missing(have, at(listener, "/rules")) {
                let priority = word(&rule, "/Priority").unwrap_or_default().to_owned();
                let number = priority.parse::<u64>().ok();
                let arguments = own.map(|own| with(rule, json!({"ListenerArn": own, "Priority": number})));
                then(
                    &mut steps,
                    format!("create rule {priority} of {at_place} again"),
                    "CreateRule",
                    arguments,
                );
            }
        }
        Ok(steps)
    }

    /// A new balancer has attributes of its own until they are set, a new listener not yet all of its rules.
    fn between(&self, _deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        let mut listeners = list(what(before), "/listeners").to_vec();
        let without = |listener: &Value| set_by_service(listener, &[("/rules", json!([]))]);
        for listener in list(what(now), "/listeners") {
            let same = |one: &&Value| without(one) == without(listener);
            let was = list(what(before), "/listeners").iter().find(same);
            if was.is_some_and(|was| missing(at(was, "/rules"), at(listener, "/rules")).is_empty()) {
                listeners.push(listener.clone());
            }
        }
        let attributes = at(what(now), "/attributes").clone();
        let own = [("/is/listeners", Value::Array(listeners)), ("/is/attributes", attributes)];
        vec![set_by_service(before, &own)]
    }
}
