//! An elastic address that is released: asked for again.
//!
//! Kept: the address and its tags. Back: the same address is asked for, which works until another account has it. Compared:
//! address and tags. Lost: the allocation's id; the address, if it is taken. An address of one's own pool is no such case.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Value, json};

use super::{
    super::way::{Way, at, call, is, only, standing, step, tags, text, what, with, word},
    gone::{Things, tagged},
};

/// The way.
pub(super) struct Address;

const ADDRESSES: Things =
    Things { describe: "DescribeAddresses", ids: "AllocationIds", filters: "Filters", list: "/Addresses" };

fn id(deed: &Deed) -> Option<&str> {
    text(deed, "/AllocationId").filter(|_| is(deed, "ec2", &["ReleaseAddress"]))
}

impl Way for Address {
    fn name(&self) -> &'static str {
        "ec2/address"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some()
    }

    fn reads(&self, deed: &Deed, _so_far: &Answers) -> Vec<Read> {
        id(deed).map(|id| ADDRESSES.reads(deed, id)).unwrap_or_default()
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let id = id(deed).ok_or("the address is not named")?;
        let Some(address) = ADDRESSES.current(deed, answers, id, |_| true)? else {
            return Ok(standing(Value::Null, json!({})));
        };
        let kept = only(address, &["PublicIp", "PublicIpv4Pool", "NetworkBorderGroup"]);
        Ok(standing(with(kept, json!({"Tags": tags(at(address, "/Tags"))})), json!({})))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let of_amazon = matches!(word(what(before), "/PublicIpv4Pool"), None | Some("amazon"));
        let lost = ["the allocation's id", "the address itself, once another account has it"];
        (of_amazon && !what(before).is_null()).then(|| Terms::lossy(1, &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let id = id(deed).ok_or("the address is not named")?;
        let was = what(before);
        if !what(now).is_null() {
            return Err("another address stands in its place".to_owned());
        }
        let address = word(was, "/PublicIp").ok_or("the address was not kept")?;
        let arguments = json!({
            "Domain": "vpc",
            "Address": address,
            "NetworkBorderGroup": at(was, "/NetworkBorderGroup"),
            "TagSpecifications": tagged(deed, "elastic-ip", at(was, "/Tags"), id),
        });
        let name = format!("ask for the address {address} again");
        Ok(vec![step(name, call(deed, "ec2", "AllocateAddress", with(arguments, json!({}))))])
    }
}
