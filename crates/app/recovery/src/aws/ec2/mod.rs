//! Amazon EC2.
//!
//! No way back: a snapshot that is deleted while another of its volume is left, and an encrypted one: Interlock makes no copy (a
//! rule of the Recycle Bin would keep it; the rule is read nowhere).

mod address;
mod attachment;
mod gone;
mod image;
mod instance;
mod instance_attribute;
mod instance_power;
mod nat_gateway;
mod network_acl_entry;
mod route;
mod security_group;
mod security_group_rules;
mod shared;
mod snapshot;
mod tags;
mod volume;

use super::Way;

/// EC2's ways.
pub(super) static WAYS: &[&dyn Way] = &[
    &address::Address,
    &attachment::Attachment,
    &image::Image,
    &instance::Instance,
    &instance_attribute::Attribute,
    &instance_power::Power,
    &nat_gateway::NatGateway,
    &network_acl_entry::Entry,
    &route::Route,
    &security_group::Group,
    &security_group_rules::Rules,
    &shared::IMAGE,
    &shared::SNAPSHOT,
    &snapshot::Snapshot,
    &tags::Tags,
    &volume::Volume,
];
