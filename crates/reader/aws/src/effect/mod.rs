//! Which classes of consequence an operation has, before its parameters are looked at closely.
//!
//! Evidence in order: hand tables, the published access level, the verb. A rule ([`crate::rules`]) may add to what
//! comes out here; nothing takes from it. Never a read without a published level or a row that says so.

mod acting;
mod destination;
mod disclosure;
mod fresh;
mod json_text;
mod secrets;
pub(crate) mod sql;
mod subject;
mod table;
mod texts;
pub(crate) mod verb;

#[cfg(test)]
mod tests;

use interlock_action::{Claim, Effect, FactTest};

use crate::catalogue::Access;
use crate::rules::facts::SSM_PARAMETER_SECRET;

pub(crate) use destination::comes_from;
pub(crate) use secrets::pointers;
pub use secrets::secrets_in;
pub(crate) use subject::{Subject, is_account};

/// What an operation does, as far as is known.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// At least one.
    pub(crate) claims: Vec<Claim>,
    /// What could not be told.
    pub(crate) unknowns: Vec<String>,
}

/// The claims that operation and published level give.
pub(crate) fn judge(subject: &Subject<'_>) -> Judged {
    if rehearses(subject) {
        let claims = vec![Claim::plain(Effect::Read, "asks whether it would be allowed; nothing is done")];
        return Judged { claims, unknowns: Vec::new() };
    }
    let mut unknowns = Vec::new();
    let mut claims = by_parameter(subject);
    if claims.is_empty() {
        claims = table::claims(subject);
    }
    if claims.is_empty() {
        claims = by_level(subject, &mut unknowns);
    }
    hands_out(subject, &mut claims);
    disclosure::discloses(subject, &mut claims);
    destination::leaves(subject, &mut claims);
    Judged { claims, unknowns }
}

/// Whether the request only asks if it would be allowed. The services say of their `DryRun` that nothing is done; the
/// request that leaves is rebuilt from these parameters, so that it cannot be another one.
pub(crate) fn rehearses(subject: &Subject<'_>) -> bool {
    let services = ["ec2", "kms"].contains(&subject.service) || subject.is("lambda", "UpdateFunctionCode");
    let asks = subject.is("lambda", "Invoke") && subject.text("InvocationType") == Some("DryRun");
    asks || (services && subject.on("DryRun"))
}

/// Operations that are a read or not by a parameter alone.
fn by_parameter(subject: &Subject<'_>) -> Vec<Claim> {
    let claim = |effect, why: &str| vec![Claim::plain(effect, why)];
    match (subject.family(), subject.operation) {
        ("ssm", "GetParameter" | "GetParameters" | "GetParametersByPath" | "GetParameterHistory") => {
            // What kind each parameter is the live state tells, where the request names them.
            let named = ["GetParameter", "GetParameters"].contains(&subject.operation);
            match subject.on("WithDecryption") {
                true if named => vec![
                    Claim {
                        when: vec![FactTest::is(SSM_PARAMETER_SECRET, true)],
                        ..Claim::plain(Effect::SensitiveRead, "hands out secret parameters in plain text")
                    },
                    Claim::plain(Effect::Read, "looks at parameters"),
                ],
                true => claim(Effect::SensitiveRead, "hands out secret parameters in plain text"),
                false => claim(Effect::Read, "looks at parameters; secret ones stay encrypted"),
            }
        }
        ("athena", "StartQueryExecution")
        | ("timestream-query", "Query")
        | ("redshift-data" | "rds-data", "ExecuteStatement") => {
            let statements = sql::statements(subject);
            match !statements.is_empty() && statements.iter().all(|one| sql::reads(subject.family(), one)) {
                true => claim(Effect::Read, "runs a query that only reads"),
                false => claim(Effect::Execute, "runs SQL that may do more than read"),
            }
        }
        ("dynamodb", "ExecuteStatement" | "BatchExecuteStatement" | "ExecuteTransaction") => {
            match sql::partiql_statements(subject).iter().all(|statement| sql::is_select(statement)) {
                true => claim(Effect::Read, "runs statements that only read"),
                false => claim(Effect::Update, "runs statements that change items"),
            }
        }
        _ => Vec::new(),
    }
}

fn by_level(subject: &Subject<'_>, unknowns: &mut Vec<String>) -> Vec<Claim> {
    let operation = subject.operation;
    let one = |effect| vec![Claim::plain(effect, verb::sentence(effect, operation))];
    match subject.access {
        Access::Read | Access::List => one(Effect::Read),
        Access::Tagging => vec![Claim::plain(Effect::Update, "changes tags")],
        Access::Permissions => {
            let mut claims = one(Effect::Privilege);
            let effect = verb::effect(operation);
            // A policy that is deleted from a bucket is no lost bucket: only identities are things of their own here.
            if subject.family() == "iam" && matches!(effect, Effect::Create | Effect::Destroy) {
                claims.extend(one(effect));
            }
            claims
        }
        Access::Write if is_policy(operation) => one(Effect::Privilege),
        Access::Write => one(verb::effect(operation)),
        Access::Unknown => {
            unknowns.push(format!("no published source says what `{}:{operation}` does", subject.service));
            let mut claims = one(Effect::Update);
            let effect = verb::effect(operation);
            if effect != Effect::Update {
                claims.extend(one(effect));
            }
            claims
        }
    }
}

/// Whether a write is about a policy or permission, though its published level is a plain write.
fn is_policy(operation: &str) -> bool {
    let verbs =
        ["Put", "Set", "Create", "Update", "Delete", "Add", "Remove", "Attach", "Detach", "Grant", "Revoke"];
    let nouns =
        ["ResourcePolicy", "AccessPolicy", "AccessPolicies", "Permission", "Permissions", "PolicyStatement"];
    verbs.iter().any(|verb| operation.starts_with(verb)) && nouns.iter().any(|noun| operation.ends_with(noun))
}

/// Services whose answers repeat a password only as stars.
const MASKED: [&str; 2] = ["rds", "redshift"];

/// An answer that carries credentials or unsigned addresses makes a read a sensitive one, and adds to a mutation.
fn hands_out(subject: &Subject<'_>, claims: &mut Vec<Claim>) {
    let told = claims.iter().any(|claim| claim.effect == Effect::SensitiveRead);
    let judged_by_hand = !table::claims(subject).is_empty();
    let out = subject.credentials_out || (subject.presigned_out && !judged_by_hand);
    if told || !out || MASKED.contains(&subject.family()) || (judged_by_hand && subject.access.is_read()) {
        return;
    }
    let why = match subject.credentials_out {
        true => "hands out credentials or secret values",
        false => "hands out an address that works without a signature",
    };
    claims.retain(|claim| claim.effect != Effect::Read);
    claims.push(Claim::plain(Effect::SensitiveRead, why));
}

/// Whether it is a creation by its name alone, and nobody has looked at it: it may change whatever it names.
pub(crate) fn is_doubted(subject: &Subject<'_>) -> bool {
    subject.access == Access::Write
        && verb::effect(subject.operation) == Effect::Create
        && table::claims(subject).is_empty()
        && !fresh::only_adds(subject)
}

/// What is a creation by its name alone is a change as well, where nothing worse is known of it.
pub(crate) fn doubt(subject: &Subject<'_>, claims: &mut Vec<Claim>) {
    let known =
        |claim: &Claim| claim.when.is_empty() && claim.effect.mutates() && claim.effect != Effect::Create;
    if is_doubted(subject) && !claims.iter().any(known) {
        claims.push(Claim::plain(
            Effect::Update,
            "may change what is there: only its name says that it makes something",
        ));
    }
}

/// How bad an effect is at its worst, for putting claims in order: greater is worse.
pub(crate) fn severity(effect: Effect) -> u8 {
    match effect {
        Effect::Interlock => 15,
        Effect::AuditTrail => 14,
        Effect::RecoveryLoss => 13,
        Effect::GuardRemoval => 12,
        Effect::Destroy => 11,
        Effect::Privilege => 10,
        Effect::Expose => 9,
        Effect::Exfiltrate => 8,
        Effect::Execute => 7,
        Effect::Network => 6,
        Effect::Interrupt => 5,
        Effect::SensitiveRead => 4,
        Effect::Update => 3,
        Effect::Create => 2,
        Effect::Read => 1,
    }
}

/// Puts claims in order: worst first, among equals the unconditional before the conditional, else as found. A plain read
/// says nothing beside what is more, and sure.
pub(crate) fn settle(claims: &mut Vec<Claim>) {
    if claims.iter().any(|claim| claim.effect != Effect::Read && claim.when.is_empty()) {
        claims.retain(|claim| claim.effect != Effect::Read);
    }
    claims.sort_by_key(|claim| (std::cmp::Reverse(severity(claim.effect)), !claim.when.is_empty()));
}
