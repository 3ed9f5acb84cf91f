//! `interlock policy apply`
//!
//! People sign what they were shown: a bundle that weakens comes into force only with the digest of its difference on the
//! command line, and that digest is part of what is signed.

use std::path::PathBuf;

use interlock_action::{PersonId, digest_of};
use interlock_approval::{Person, Statement};
use interlock_daemon::{Pending, Reviewed};
use interlock_policy::{Bundle, Candidate};

use super::prove::fault;
use crate::{
    command::Global,
    exit::Exit,
    fault::Fault,
    output::{Output, visible},
};

pub(super) fn apply(
    global: &Global,
    keys: &[PathBuf],
    reason: &str,
    (difference, without_witnesses): (Option<&str>, bool),
    output: &Output,
) -> Result<(), Fault> {
    let mut early = None;
    let review = |pending: &Pending| {
        review(pending, difference, output).map_err(|fault| {
            let words = fault.to_string();
            early = Some(fault);
            words
        })
    };
    let sign = |people: &[Person], statement: &dyn Fn(&PersonId, &str) -> Statement| {
        crate::sign::together(people, statement, keys, reason)
    };
    let applied = interlock_daemon::apply(&global.home()?, without_witnesses, review, sign, |delay| {
        output.say(&format!(
            "you work alone: what may weaken comes into force in {} s. End this command, and it does not.",
            delay.as_secs()
        ));
        std::thread::sleep(delay);
        Ok(())
    });
    let stamp = match (applied, early) {
        (Ok(stamp), _) => stamp,
        (Err(_), Some(fault)) => return Err(fault),
        (Err(error), None) => return Err(error.into()),
    };
    output.show(&stamp, |stamp| format!("in force: configuration {}, bundle {}", stamp.config, stamp.bundle));
    Ok(())
}

fn review(pending: &Pending, difference: Option<&str>, output: &Output) -> Result<Reviewed, Fault> {
    let bad =
        |error: interlock_policy::LoadError| Fault::new(Exit::BadConfig, "bad-policy", error.to_string());
    let shipped = Bundle::shipped_files();
    let in_force = pending.in_force.as_ref().unwrap_or_else(|| {
        output.say("the ledger kept only the digest of the bundle in force: compared with the shipped one");
        &shipped
    });
    // What nobody knows may be stricter than what it is compared with.
    let unknown = pending.in_force.is_none();
    let in_force = Candidate::load(in_force).map_err(bad)?;
    let candidate = Candidate::load(&pending.candidate).map_err(bad)?;
    let seen = interlock_prover::review(&in_force, &candidate, &pending.invariants).map_err(fault)?;
    let mut words = seen.to_string();
    for name in &pending.given_up {
        words.push_str(&format!("\nthis GIVES UP or changes a promise that is in force: {name}"));
    }
    let words = visible(&words);
    let hides = unknown || !pending.given_up.is_empty();
    if in_force.hash() != candidate.hash() || !pending.invariants.is_empty() || hides {
        output.say(&words);
    }
    match &pending.reconfigured {
        Some(tables) if tables.is_empty() => {}
        Some(tables) => output.say(&format!("the configuration changes: {}", tables.join(", "))),
        None => output.say("what configuration is in force is not known: all of it counts as changed"),
    }
    let digest = match hides {
        false => seen.digest,
        true => digest_of("interlock policy apply v1", &(seen.digest, &pending.given_up, unknown))
            .map_err(|error| Fault::failed(error.to_string()))?,
    };
    let reviewed = Reviewed { admissible: seen.admissible(), weakens: seen.weakens || hides, digest, words };
    if !reviewed.admissible {
        return Err(Fault::new(
            Exit::Refused,
            "refused",
            "this bundle does not come into force: see above why",
        ));
    }
    if reviewed.weakens && difference != Some(reviewed.digest.to_string().as_str()) {
        let message = "this bundle weakens the one in force: people sign the difference that is shown above";
        let hint = format!("if it is what you mean, say so: --difference {}", reviewed.digest);
        return Err(Fault::new(Exit::Held, "held", message).hint(hint));
    }
    Ok(reviewed)
}
