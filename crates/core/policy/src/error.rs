//! Why a bundle is not loaded: what is wrong, in which file, on which line.

use std::fmt;

use interlock_action::RuleId;
use serde::{Deserialize, Serialize};

/// The gates that a bundle passes, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// The text is Cedar.
    Parse,
    /// Every rule has a unique `@id`, a `@tier`, a `@why` and a `@next`, and none is a template.
    Annotations,
    /// Strict validation against the schema.
    Validation,
    /// No expression can fail at run time.
    NeverErrors,
    /// More evidence never turns allow into refuse.
    Monotone,
    /// The invariants are Cedar, and each says what it is.
    Invariants,
    /// Only the shipped rules and added forbids are in force without a proof.
    Proof,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The gate it did not pass.
    pub gate: Gate,
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1, where one is known.
    pub line: Option<usize>,
    /// The column in characters, from 1, where one is known.
    pub column: Option<usize>,
    /// The rule, where it has an id.
    pub rule: Option<RuleId>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        f.write_str(": ")?;
        if let Some(rule) = &self.rule {
            write!(f, "rule `{rule}`: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Why a bundle is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// It does not pass the gates.
    #[error("the policy does not load\n{}", lines(.0))]
    Faulty(Vec<Fault>),
    /// It is sound, but it may permit more than the shipped policy; only a prover can accept that.
    #[error("the policy may permit more than the shipped one, and that takes a proof\n{}", lines(.0))]
    NeedsProof(Vec<Fault>),
}

impl LoadError {
    /// What is wrong, one by one.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Faulty(faults) | Self::NeedsProof(faults) => faults,
        }
    }
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
