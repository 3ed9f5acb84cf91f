//! Typed names: a bare `String` never means something.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self { Self(text.into()) }
            /// The text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self { Self(text.to_owned()) }
        }
        impl From<String> for $name {
            fn from(text: String) -> Self { Self(text) }
        }
    )*};
}

/// Whether a name is one that people cannot take for another: at most 64 letters without accents, digits, and `-`, `_`, `.`, `@`; it
/// begins with a letter or a digit.
pub fn is_plain_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
    name.len() <= 64 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(plain)
}

names! {
    /// A registered AI worker.
    AgentId,
    /// A human known by an enrolled key.
    PersonId,
    /// One agent working on one task for one person.
    SessionId,
    /// One action on the road.
    ActionId,
    /// An action that is held.
    TicketId,
    /// One broken glass.
    GlassId,
    /// One standing grant.
    GrantId,
    /// What an agent means to do.
    PlanId,
    /// One run back over changes.
    UndoId,
    /// A resource; for AWS its ARN.
    TargetId,
    /// A named environment of the configuration.
    EnvironmentName,
    /// A rule, of a reader or of the policy bundle.
    RuleId,
    /// A Terraform workspace: the folder of a configuration, and the workspace's name where it is not the default one.
    WorkspaceId,
    /// A cloud account: twelve digits on AWS.
    AccountId,
}

#[cfg(test)]
mod tests {
    use super::is_plain_name;

    #[test]
    fn a_plain_name_looks_like_no_other() {
        assert!(["ana", "bo@example.com", "CI-7", "a.b_c"].into_iter().all(is_plain_name));
        let long = "a".repeat(65);
        let odd = ["", " ", "bo ", " bo", "-bo", "b\u{43e}", "zo\u{e9}", "a\u{200b}b", "a\nb", "a/b", &long];
        assert!(!odd.into_iter().any(is_plain_name));
    }
}
