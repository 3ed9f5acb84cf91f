//! What a plan would do, for whoever asked for it: the worst first.

use interlock_action::Survey;
use interlock_reader_terraform::{Act, Plan, Reading};

use crate::doubt::line;

/// How many things of one kind are named.
const NAMED: usize = 40;

/// The lines.
pub(crate) fn summary(plan: &Plan, reading: &Reading, survey: &Survey) -> Vec<String> {
    let of = |wanted: fn(&Act) -> bool| -> Vec<String> {
        let all =
            reading.changes.iter().filter(|planned| planned.change.managed && wanted(&planned.change.act));
        all.map(|planned| line(&planned.change)).collect()
    };
    let mut lines = Vec::new();
    let mut section = |title: &str, all: Vec<String>| {
        if all.is_empty() {
            return;
        }
        lines.push(format!("{title} ({}):", all.len()));
        let more = all.len().saturating_sub(NAMED);
        lines.extend(all.into_iter().take(NAMED).map(|one| format!("  {one}")));
        if more > 0 {
            lines.push(format!("  and {more} more"));
        }
    };
    section("destroyed", of(|act| *act == Act::Delete));
    section("replaced", of(|act| matches!(act, Act::Replace { .. })));
    section("lost", survey.forecast.data_loss.clone());
    section("changed", of(|act| *act == Act::Update));
    section("forgotten", of(|act| matches!(act, Act::Forget | Act::ForgetAndCreate)));
    section("created", of(|act| *act == Act::Create));
    section("depends on it", survey.forecast.dependents.clone());
    section("changed behind Terraform's back", plan.drift.iter().map(line).collect());
    lines
}
