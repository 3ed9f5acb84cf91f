//! The configuration of a node group: how many nodes, their labels and taints, how they are updated.
//!
//! Kept: all of that. Back: what differs is updated. Compared: all that is kept.

use interlock_action::{Deed, Step, Terms};
use serde_json::{Map, Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{
        at, busy, call, is, missing, only, sends_only, sorted, standing, step, text, token, wait, what, with,
        word,
    },
};

/// The way.
pub(super) struct NodeGroup;

fn of(deed: &Deed) -> Option<(&str, &str)> {
    let known = ["clusterName", "nodegroupName", "labels", "taints", "scalingConfig", "updateConfig"];
    let ours = is(deed, "eks", &["UpdateNodegroupConfig"]) && sends_only(deed, &[&known]);
    text(deed, "/clusterName").zip(text(deed, "/nodegroupName")).filter(|_| ours)
}

/// The entries of one map that another has not.
fn more(of: &Value, than: &Value) -> Map<String, Value> {
    let all = of.as_object().into_iter().flatten();
    let new = all.filter(|(name, value)| than.get(*name) != Some(*value));
    new.map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl OneRead for NodeGroup {
    fn called(&self) -> &'static str {
        "eks/nodegroup"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (cluster, group) = of(deed)?;
        Some(Ask("eks", "DescribeNodegroup", json!({"clusterName": cluster, "nodegroupName": group})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let group = at(answer.ok_or("the node group is not there")?, "/nodegroup");
        let labels = at(group, "/labels").as_object().cloned().unwrap_or_default();
        let taints = at(group, "/taints").as_array().cloned().unwrap_or_default();
        let kept = with(
            only(group, &["scalingConfig", "updateConfig"]),
            json!({"labels": labels, "taints": sorted(taints)}),
        );
        Ok(standing(kept, json!({"busy": word(group, "/status") == Some("UPDATING")})))
    }

    fn on(&self, deed: &Deed, before: &Value) -> Option<Terms> {
        let had = at(what(before), "/scalingConfig/desiredSize").as_u64();
        let fewer = |most: &str| {
            at(&deed.arguments, most).as_u64().is_some_and(|most| had.is_none_or(|had| most < had))
        };
        let ends = fewer("/scalingConfig/desiredSize") || fewer("/scalingConfig/maxSize");
        Some(match ends {
            true => Terms::lossy(10, &["nodes that were ended: others are started"]),
            false => Terms { minutes: 10, ..Terms::exact() },
        })
    }

    fn remains(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let (cluster, group) = of(deed).ok_or("the node group is not named")?;
        let (was, is) = (what(before), what(now));
        let mut steps = if busy(now) { vec![wait(format!("wait for {group}"))] } else { Vec::new() };
        let mut arguments = json!({});
        for member in ["scalingConfig", "updateConfig"] {
            let pointer = format!("/{member}");
            if at(was, &pointer) != at(is, &pointer) {
                arguments = with(arguments, json!({member: at(was, &pointer)}));
            }
        }
        let (put, off) =
            (more(at(was, "/labels"), at(is, "/labels")), more(at(is, "/labels"), at(was, "/labels")));
        let off: Vec<String> =
            off.into_iter().map(|(name, _)| name).filter(|name| !put.contains_key(name)).collect();
        if !put.is_empty() || !off.is_empty() {
            arguments = with(arguments, json!({"labels": {"addOrUpdateLabels": put, "removeLabels": off}}));
        }
        let put = missing(at(is, "/taints"), at(was, "/taints"));
        let off = missing(at(was, "/taints"), at(is, "/taints"));
        if !put.is_empty() || !off.is_empty() {
            arguments = with(arguments, json!({"taints": {"addOrUpdateTaints": put, "removeTaints": off}}));
        }
        let more = json!({
            "clusterName": cluster,
            "nodegroupName": group,
            "clientRequestToken": token(deed, "nodegroup"),
        });
        let update = call(deed, "eks", "UpdateNodegroupConfig", with(arguments, more));
        steps.push(step(format!("set the configuration of {group} back"), update));
        Ok(steps)
    }
}
