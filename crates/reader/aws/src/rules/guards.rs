//! Protections that go by one name in every service: whatever operation sets one off is told of it.
//!
//! They speak only where no table and no rule of the operation's own has said the same already.

use interlock_action::{Claim, Effect};
use serde_json::{Map, Value};

use super::{Rule, Shape, claim, general};
use crate::catalogue::Access;
use crate::effect::{Subject, judge, verb};

pub(super) const RULES: &[Rule] = &[Rule {
    id: "guard-set-off",
    finds: "a protection set off under the name that it has in every service",
    shape: Shape::Setting,
    operations: &[(general::ANY, general::ANY)],
    test,
}];

/// A protection, and what a request says to set it off.
pub(super) struct Guard {
    /// What its members are called, lower-case.
    pub(super) names: &'static [&'static str],
    /// The truth value that sets it off.
    pub(super) off: bool,
    /// The words that do, lower-case; [`ANY_TEXT`]: every text.
    pub(super) words: &'static [&'static str],
    effect: Effect,
    why: &'static str,
}

impl Guard {
    /// Whether a claim of this effect says that it goes.
    pub(super) fn is_told_by(&self, effect: Effect) -> bool {
        match self.effect {
            Effect::Expose | Effect::Privilege => effect == self.effect,
            _ => matches!(effect, Effect::GuardRemoval | Effect::RecoveryLoss | Effect::AuditTrail),
        }
    }
}

/// Stands for every text.
const ANY_TEXT: &str = "*";

/// The protections.
pub(super) const GUARDS: &[Guard] = &[
    Guard {
        names: &[
            "deletionprotection",
            "deletionprotectionenabled",
            "deleteprotection",
            "deletionprotected",
            "enabledeletionprotection",
            "terminationprotectionenabled",
            "terminationprotected",
            "enableterminationprotection",
            "managedterminationprotection",
            "protectionenabled",
            "protectedfromscalein",
            "newinstancesprotectedfromscalein",
            "subnetchangeprotection",
            "firewallpolicychangeprotection",
            "availabilityzonechangeprotection",
            "replicationoverwriteprotection",
            "mutationprotection",
        ],
        off: false,
        words: &["inactive", "disabled", "none"],
        effect: Effect::GuardRemoval,
        why: "lets what it names be deleted, ended or changed",
    },
    Guard {
        names: &["multiaz", "multiazenabled", "multiazwithstandbyenabled", "automaticfailoverenabled"],
        off: false,
        words: &[],
        effect: Effect::GuardRemoval,
        why: "leaves nothing that could take over when a zone or a node fails",
    },
    Guard {
        names: &[
            "encrypted",
            "storageencrypted",
            "kmsencrypted",
            "transitencryptionenabled",
            "transitencryptionmode",
            "encryptionenabled",
            "encryptionsupport",
            "cloudwatchencryptionenabled",
            "s3encryptionenabled",
            "enableintercontainertrafficencryption",
            "returnconnectionpasswordencrypted",
            "catalogencryptionmode",
            "requireencryption",
            "enforcehttps",
            "intransitencryption",
            "enforcemessagesigning",
            "noencryptionconfig",
        ],
        off: false,
        words: &["disabled", "disable", "none", "preferred", "noencryption"],
        effect: Effect::GuardRemoval,
        why: "stores or sends data unencrypted, or unsigned",
    },
    Guard {
        names: &[
            "encryptiondisabled",
            "removeencryptionconfiguration",
            "removecustomercontentencryptionconfiguration",
        ],
        off: true,
        words: &[],
        effect: Effect::GuardRemoval,
        why: "stores data unencrypted",
    },
    Guard {
        names: &["blockpublicpolicy", "blockpublicacls", "blockpublicsecuritygrouprules"],
        off: false,
        words: &[],
        effect: Effect::GuardRemoval,
        why: "lets policies or rules open it to the public",
    },
    Guard {
        names: &[
            "enableiamdatabaseauthentication",
            "managemasteruserpassword",
            "managemasterpassword",
            "manageadminpassword",
            "scanonpush",
            "enforceworkgroupconfiguration",
            "enablelogfilevalidation",
            "actionsenabled",
            "httptokens",
            "httptokensenforced",
            "imagetagmutability",
        ],
        off: false,
        words: &["optional", "disabled", "mutable", "mutable_with_exclusion"],
        effect: Effect::GuardRemoval,
        why: "takes away a check of who signs in, what runs or what is recorded",
    },
    Guard {
        names: &[
            "bypasspolicylockoutsafetycheck",
            "bypasspolicylockoutcheck",
            "bypassgovernanceretention",
            "bypasssnaplockenterpriseretention",
            "deletionprotectioncheck",
            "skiparchive",
        ],
        off: true,
        words: &["bypass"],
        effect: Effect::GuardRemoval,
        why: "goes past a protection that would stop it",
    },
    Guard {
        names: &["pointintimerecoveryenabled", "enablebackupretention", "neverexpires"],
        off: false,
        words: &[],
        effect: Effect::RecoveryLoss,
        why: "lets go what data could be restored from",
    },
    Guard {
        names: &[
            "disablebackupretention",
            "skipfinalsnapshot",
            "skipfinalclustersnapshot",
            "skipfinalbackup",
            "skipsnapshot",
            "forcedeletewithoutrecovery",
        ],
        off: true,
        words: &[],
        effect: Effect::RecoveryLoss,
        why: "keeps nothing that data could be restored from",
    },
    Guard {
        names: &[
            "masteruserpassword",
            "adminuserpassword",
            "fsxadminpassword",
            "svmadminpassword",
            "rotatemasteruserpassword",
            "nopasswordrequired",
        ],
        off: true,
        words: &[ANY_TEXT],
        effect: Effect::Privilege,
        why: "changes who gets in: whoever knows the new password does",
    },
    Guard {
        names: &["publiclyaccessible", "ispubliclyaccessible"],
        off: true,
        words: &[],
        effect: Effect::Expose,
        why: "gives it a public address",
    },
];

/// A guard that the request sets off.
struct SetOff {
    guard: &'static Guard,
    /// Where, without places in lists.
    at: String,
    /// Parameters that say this and nothing else.
    alone: Value,
}

fn test(subject: &Subject<'_>) -> Vec<Claim> {
    if subject.access.is_read() || subject.access == Access::Tagging {
        return Vec::new();
    }
    let mut found: Vec<SetOff> = Vec::new();
    walk(subject.parameters, "", &|alone| alone, &mut found);
    if found.is_empty() {
        return Vec::new();
    }
    let judged = judge(subject).claims;
    if judged.iter().all(|claim| !claim.effect.mutates()) {
        return Vec::new();
    }
    // What is new has nothing yet that a protection could be taken from; but open it may be.
    let fresh = verb::effect(subject.operation) == Effect::Create;
    let new = found.into_iter().filter(|one| {
        // INVARIANT: what a rule of its own says of another member, perhaps under a condition, does not speak for this.
        let own = general::own(&Subject { parameters: &one.alone, ..*subject });
        let told = judged.iter().chain(&own).any(|claim| one.guard.is_told_by(claim.effect));
        (one.guard.effect == Effect::Expose || !fresh) && !told
    });
    new.map(|one| claim(one.guard.effect, format!("{}: `{}`", one.guard.why, one.at))).collect()
}

/// The guards that are set off, each place once. `whole` puts what stands here into what stands above.
fn walk(value: &Value, at: &str, whole: &dyn Fn(Value) -> Value, found: &mut Vec<SetOff>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                let alone = |inner: Value| {
                    let mut only = Map::new();
                    only.insert(name.clone(), inner);
                    whole(Value::Object(only))
                };
                let lower = name.to_ascii_lowercase();
                let guard = GUARDS.iter().find(|guard| guard.names.contains(&lower.as_str()));
                if let Some(guard) = guard.filter(|guard| is_off(guard, value))
                    && !found.iter().any(|have| have.at == at)
                {
                    found.push(SetOff { guard, at: at.clone(), alone: alone(value.clone()) });
                }
                walk(value, &at, &alone, found);
            }
        }
        Value::Array(values) => {
            for value in values {
                walk(value, at, &|inner| whole(Value::Array(vec![inner])), found);
            }
        }
        _ => {}
    }
}

fn is_off(guard: &Guard, value: &Value) -> bool {
    match value {
        Value::Bool(set) => *set == guard.off,
        Value::String(text) => {
            let says = |word: &&str| *word == ANY_TEXT || word.eq_ignore_ascii_case(text);
            !text.is_empty() && guard.words.iter().any(says)
        }
        _ => false,
    }
}
