//! The part that a named resource plays: by the member that names it and the operation's own words.

use interlock_action::{Kind, Relation};

use crate::effect::{Subject, is_doubted, verb};

/// Operations that begin like a creation and yet act on the thing they name: they add something to it.
const ADDS_TO: [(&str, &str); 23] = [
    ("cloudfront", "CreateInvalidation"),
    ("ec2", "CreateTags"),
    ("ec2", "CreateRoute"),
    ("ec2", "CreateNetworkAclEntry"),
    ("ec2", "CreateLaunchTemplateVersion"),
    ("ec2", "CreateVpnConnectionRoute"),
    ("ec2", "CreateTransitGatewayRoute"),
    ("iam", "CreateAccessKey"),
    ("iam", "CreateLoginProfile"),
    ("iam", "CreatePolicyVersion"),
    ("iam", "CreateServiceSpecificCredential"),
    ("iam", "UploadSSHPublicKey"),
    ("iam", "UploadSigningCertificate"),
    ("kms", "CreateGrant"),
    ("kms", "ImportKeyMaterial"),
    ("kms", "ReplicateKey"),
    ("kms", "GenerateDataKey"),
    ("lambda", "CreateFunctionUrlConfig"),
    ("lambda", "PublishVersion"),
    ("sns", "Publish"),
    ("autoscaling", "CreateOrUpdateTags"),
    ("secretsmanager", "ReplicateSecretToRegions"),
    ("secretsmanager", "RestoreSecret"),
];

/// Operations that make something new and do not begin like it.
const ALSO_MAKES: [(&str, &str); 4] = [
    ("rds", "StartExportTask"),
    ("backup", "StartBackupJob"),
    ("backup", "StartCopyJob"),
    ("backup", "StartRestoreJob"),
];

/// Whether the operation makes something new.
pub(super) fn makes(subject: &Subject<'_>) -> bool {
    let named = (subject.family(), subject.operation);
    // A parameter is overwritten only when the request says so; otherwise the call fails if there is one.
    if named == ("ssm", "PutParameter") {
        return !subject.on("Overwrite");
    }
    (verb::effect(subject.operation) == interlock_action::Effect::Create || ALSO_MAKES.contains(&named))
        && !ADDS_TO.contains(&named)
        && !subject.access.is_read()
        && subject.access != crate::catalogue::Access::Tagging
}

/// What the operation makes, in lower-case letters without spaces: `dbinstance` of `RestoreDBInstanceFromDBSnapshot`.
pub(super) fn made(operation: &str) -> String {
    made_words(operation).concat()
}

/// The words of what the operation makes.
pub(super) fn made_words(operation: &str) -> Vec<String> {
    if verb::verb(operation) == "Export" {
        return vec!["export".to_owned()];
    }
    let words = verb::noun(operation);
    let words = words.split(' ').map(str::to_owned);
    words.take_while(|word| !["from", "to", "with", "for", "on", "in"].contains(&word.as_str())).collect()
}

/// The part; `None` where the member refers to something that is neither acted on nor reached (an image to start from,
/// a parameter group to use).
///
/// `specific`: a hand table names the member for this operation alone. `is_s3`: the ARN is one of S3's. `others`: the stems of everything that is named.
pub(super) fn of(
    subject: &Subject<'_>,
    member: &str,
    specific: bool,
    kind: Kind,
    is_s3: bool,
    others: &[String],
) -> Option<Relation> {
    let leaf = leaf(member);
    let stem = stem(leaf);
    let (acting, made) = (!makes(subject), made(subject.operation));
    // A bucket that another service names is where data goes to or comes from.
    if kind == Kind::Bucket
        && is_s3
        && !subject.service.starts_with("s3")
        && subject.service != "cloudcontrol"
    {
        return Some(Relation::Reaches);
    }
    // A policy beside a principal is what the principal gets.
    if kind == Kind::Policy && others.iter().any(|other| ["role", "user", "group"].contains(&other.as_str()))
    {
        return Some(Relation::Reaches);
    }
    if subject.operation.starts_with("Export") {
        return Some(Relation::Source);
    }
    if leaf.starts_with("Final") || leaf.starts_with("final") {
        return Some(Relation::Creates);
    }
    if leaf.starts_with("New") {
        return None;
    }
    if !acting {
        let part = creation(leaf, &stem, &made, kind, specific);
        let looked_at = super::parents::has_parent(subject);
        let changed = is_doubted(subject)
            && !looked_at
            && !is_identity(kind)
            && !leaf.to_lowercase().starts_with("source");
        return match part {
            Some(Relation::Source | Relation::Reaches) if changed => Some(Relation::Acts),
            part => part,
        };
    }
    if leaf.starts_with("destination") || leaf.starts_with("Destination") {
        return Some(Relation::Reaches);
    }
    let names = |stem: &str| !stem.is_empty() && (made.contains(stem) || stem.starts_with(made.as_str()));
    if member.contains('.') && !others.is_empty() {
        return if is_reference(kind) { None } else { Some(Relation::Reaches) };
    }
    if names(&stem) {
        return Some(Relation::Acts);
    }
    // Nothing else is what the operation's name is about: then it acts on everything it names.
    if !others.iter().any(|other| names(other)) {
        return if is_reference(kind) && others.len() > 1 { None } else { Some(Relation::Acts) };
    }
    if is_reference(kind) { None } else { Some(Relation::Reaches) }
}

fn creation(leaf: &str, stem: &str, made: &str, kind: Kind, specific: bool) -> Option<Relation> {
    let is_made = !stem.is_empty() && (made == stem || made.ends_with(stem));
    let replica = made.starts_with(stem) && made.ends_with("readreplica") && !stem.is_empty();
    if leaf.starts_with("Source") || leaf.starts_with("source") || leaf.contains("SourceIdentifier") {
        return Some(Relation::Source);
    }
    // `Name` and `Id` alone name what is made.
    if is_made || replica || stem.is_empty() || specific {
        return Some(Relation::Creates);
    }
    match kind {
        _ if is_reference(kind) => None,
        // What holds data, or holds other things: the new thing is a copy or a child, and inherits.
        Kind::Bucket
        | Kind::Cluster
        | Kind::Database
        | Kind::DatabaseCluster
        | Kind::DatabaseSnapshot
        | Kind::Dns
        | Kind::FileSystem
        | Kind::Instance
        | Kind::LogGroup
        | Kind::Object
        | Kind::Queue
        | Kind::Schema
        | Kind::Secret
        | Kind::Service
        | Kind::Snapshot
        | Kind::Stack
        | Kind::Stream
        | Kind::Table
        | Kind::Volume => Some(Relation::Source),
        _ => Some(Relation::Reaches),
    }
}

/// Kinds that the effect reaches, whatever is made.
fn is_identity(kind: Kind) -> bool {
    matches!(kind, Kind::Role | Kind::Policy | Kind::InstanceProfile | Kind::User | Kind::Group)
}

/// Kinds that other things merely use: being used changes nothing about them.
fn is_reference(kind: Kind) -> bool {
    matches!(kind, Kind::Image | Kind::KeyPair | Kind::ParameterGroup | Kind::Key)
}

/// The last name of a member path.
pub(super) fn leaf(member: &str) -> &str {
    member.trim_end_matches("[]").rsplit('.').next().unwrap_or(member)
}

/// What a member's name says it names, in lower-case letters: `dbinstance` of `SourceDBInstanceIdentifier`.
pub(super) fn stem(leaf: &str) -> String {
    let mut name = leaf;
    for prefix in ["Source", "source", "Target", "Final", "New"] {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    let suffixes = [
        "Identifiers",
        "Identifier",
        "Names",
        "Name",
        "Arns",
        "ARNs",
        "Arn",
        "ARN",
        "Ids",
        "IDs",
        "Id",
        "ID",
        "Urls",
        "Url",
        "List",
    ];
    let name = suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
    let name = name.to_lowercase();
    match name.as_str() {
        // EC2's key pairs are the only keys that go by name.
        "key" if leaf == "KeyName" => "keypair".to_owned(),
        "name" | "id" | "arn" | "identifier" | "resource" => String::new(),
        _ => name,
    }
}
