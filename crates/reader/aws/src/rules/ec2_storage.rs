//! Amazon EC2: volumes, snapshots and images.

use interlock_action::{Claim, Effect};
use serde_json::Value;

use super::facts::EC2_VOLUME_ATTACHED;
use super::{Rule, Shape, claim, claim_when, only_if, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ec2-snapshot-shared",
        finds: "a snapshot shared with the public or with another account",
        shape: Shape::Setting,
        operations: &[("ec2", "ModifySnapshotAttribute")],
        test: |subject| shared(subject, "CreateVolumePermission", "the snapshot"),
    },
    Rule {
        id: "ec2-image-shared",
        finds: "an image shared with the public or with another account",
        shape: Shape::Setting,
        operations: &[("ec2", "ModifyImageAttribute")],
        test: |subject| shared(subject, "LaunchPermission", "the image"),
    },
    Rule {
        id: "ec2-volume-modified",
        finds: "a volume's size or type, which cannot be changed back",
        shape: Shape::Setting,
        operations: &[("ec2", "ModifyVolume")],
        test: |subject| {
            only_if(
                subject.has("Size") || subject.has("VolumeType"),
                claim(
                    Effect::Update,
                    "changes a volume one way: it never gets smaller again, and stays so for six hours",
                ),
            )
        },
    },
    Rule {
        id: "ec2-forced-detach",
        finds: "a volume torn from a machine that writes to it",
        shape: Shape::Setting,
        operations: &[("ec2", "DetachVolume")],
        test: |subject| {
            only_if(
                subject.on("Force"),
                claim_when(
                    Effect::Destroy,
                    "tears the disk away: what was not yet written is lost, the file system may break",
                    vec![yes(EC2_VOLUME_ATTACHED)],
                ),
            )
        },
    },
    Rule {
        id: "ec2-image-reboots",
        finds: "an image whose making reboots the machine, which is the default",
        shape: Shape::Setting,
        operations: &[("ec2", "CreateImage")],
        test: |subject| {
            only_if(
                !subject.on("NoReboot"),
                claim(Effect::Interrupt, "reboots the machine to make the image"),
            )
        },
    },
    Rule {
        id: "ec2-image-snapshots-deleted",
        finds: "an image deregistered together with its snapshots",
        shape: Shape::Setting,
        operations: &[("ec2", "DeregisterImage")],
        test: |subject| {
            only_if(
                subject.on("DeleteAssociatedSnapshots"),
                claim(
                    Effect::RecoveryLoss,
                    "deletes the image's snapshots, which data could be restored from",
                ),
            )
        },
    },
];

fn shared(subject: &Subject<'_>, permission: &str, thing: &str) -> Vec<Claim> {
    let mut claims = Vec::new();
    let added = subject.all(&format!("{permission}.Add[]")).into_iter();
    let text = |grant: &Value, name: &str| grant.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut groups: Vec<String> = added.clone().filter_map(|grant| text(grant, "Group")).collect();
    let mut accounts: Vec<String> = added.clone().filter_map(|grant| text(grant, "UserId")).collect();
    let mut organisations: Vec<String> = added
        .flat_map(|grant| [text(grant, "OrganizationArn"), text(grant, "OrganizationalUnitArn")])
        .flatten()
        .collect();
    // The older form of the request.
    if subject.text("OperationType") != Some("remove") {
        groups.extend(
            ["GroupNames[]", "UserGroups[]"].iter().flat_map(|path| subject.texts(path)).map(str::to_owned),
        );
        accounts.extend(subject.texts("UserIds[]").into_iter().map(str::to_owned));
        let paths = ["OrganizationArns[]", "OrganizationalUnitArns[]"];
        organisations.extend(paths.iter().flat_map(|path| subject.texts(path)).map(str::to_owned));
    }
    if !groups.is_empty() {
        claims.push(claim(Effect::Expose, format!("lets anybody use {thing}, with all its data")));
    }
    for account in accounts.iter().filter(|account| subject.account != Some(account.as_str())) {
        claims.push(claim(
            Effect::Exfiltrate,
            format!("lets account {account} copy {thing}, with all its data"),
        ));
    }
    for organisation in organisations {
        claims.push(claim(Effect::Expose, format!("lets every account of `{organisation}` copy {thing}")));
    }
    claims
}
