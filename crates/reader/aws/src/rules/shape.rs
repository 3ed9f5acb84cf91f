//! How the danger of a request hides, and what its rule owes for that.

use interlock_action::Claim;

use super::yes;
use crate::effect::Subject;

/// The shape of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The parameters say what happens, or the live state of what they name does.
    Setting,
    /// A protection goes: nothing happens now, and the next request is fatal. Such a rule claims the loss of the guard
    /// itself, whatever else it claims.
    GuardRemoval,
    /// The request replaces the whole of something, so that what it leaves out is gone. Whether anything is, no look at
    /// the request tells: every claim of such a rule waits for the difference from the live state.
    FullReplace {
        /// The fact that says so: true, or unknown, where something of the present state is given up.
        difference: &'static str,
    },
    /// The effect happens under another identity, now or later. It is judged by what that identity reaches, which is a
    /// target of the action where the request names it, and else the strictest of the account.
    Delegation {
        /// Members where the identity stands; none where what runs has one of its own.
        identity: &'static [&'static str],
    },
}

impl Shape {
    /// What a rule of this shape says in the end.
    pub(super) fn settle(self, subject: &Subject<'_>, claim: Claim) -> Claim {
        match self {
            Self::Setting | Self::GuardRemoval => claim,
            Self::FullReplace { difference } if claim.when.iter().any(|test| test.fact == difference) => {
                claim
            }
            Self::FullReplace { difference } => {
                let mut claim = claim;
                claim.when.push(yes(difference));
                claim
            }
            Self::Delegation { identity: &[] } => claim,
            Self::Delegation { identity } => {
                let named = identity.iter().find_map(|path| subject.text(path));
                let under = named.map_or_else(
                    || "an identity that the request does not name".to_owned(),
                    |identity| format!("`{identity}`"),
                );
                Claim { why: format!("{}, under {under}", claim.why), ..claim }
            }
        }
    }
}
