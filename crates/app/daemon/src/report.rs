//! A session's report: the fold of its entries.

use std::collections::BTreeMap;

use interlock_action::{SessionId, TargetId};
use interlock_ledger::EntryKind;
use interlock_store::{Query, Store, StoredEntry};
use serde_json::Value;

use interlock_api::{Example, Fate, Fault, RuleCount, SessionReport};

use crate::state::Daemon;

/// How many entries are read at once: a session may have made a million reads.
const PAGE: u32 = 2_000;

impl Daemon {
    /// Counts what became of a session's calls.
    pub(crate) async fn session_report(
        self: &std::sync::Arc<Self>,
        id: &SessionId,
    ) -> Result<SessionReport, Fault> {
        let known = self.memory().sessions.get(id).cloned();
        let unknown = || Fault::not_found(format!("there is no session `{id}`"));
        let session = known.ok_or_else(|| unknown().hint("list them with `interlock session ls`"))?;
        let report = SessionReport {
            session: session.id,
            agent: session.agent.name,
            owner: session.agent.owner,
            launch: session.launch,
            task: session.task,
            observed: false,
            reads: 0,
            flowed: 0,
            would_hold: 0,
            held: 0,
            refused: 0,
            rules: Vec::new(),
        };
        let store = std::sync::Arc::clone(&self.store);
        let counted = tokio::task::spawn_blocking(move || read(&store, report)).await;
        counted.map_err(Fault::unavailable)?.map_err(Fault::unavailable)
    }
}

fn read(store: &Store, mut report: SessionReport) -> Result<SessionReport, String> {
    let mut rules = BTreeMap::new();
    let mut from = 0;
    loop {
        let query = Query {
            from: Some(from),
            session: Some(report.session.to_string()),
            kinds: vec![
                EntryKind::SessionOpened,
                EntryKind::Read,
                EntryKind::Allowed,
                EntryKind::Held,
                EntryKind::Refused,
            ],
            limit: Some(PAGE),
            ..Query::default()
        };
        let page = store.read_entries(&query).map_err(|error| error.to_string())?;
        let Some(last) = page.last() else { break };
        from = last.index.saturating_add(1);
        for entry in &page {
            count(&mut report, &mut rules, entry);
        }
    }
    report.rules = rules.into_values().collect();
    report.rules.sort_by(|one: &RuleCount, other| {
        (one.fate.cmp(&other.fate)).then(other.tier.cmp(&one.tier)).then(other.calls.cmp(&one.calls))
    });
    Ok(report)
}

type Rules = BTreeMap<(Fate, String), RuleCount>;

/// Adds one entry.
fn count(report: &mut SessionReport, rules: &mut Rules, entry: &StoredEntry) {
    let text = |name: &str| entry.public.get(name).and_then(Value::as_str);
    // What Interlock or a person did, a recovery point, a way back, is not the agent's.
    if entry.kind == EntryKind::Allowed && text("by").is_some() {
        return;
    }
    // A step of a plan that would pass.
    if entry.kind == EntryKind::Refused && text("cause") == Some("planned") {
        return;
    }
    let fate = match entry.kind {
        EntryKind::SessionOpened => {
            report.observed |= text("mode") == Some(interlock_flow::OBSERVE);
            return;
        }
        EntryKind::Held => {
            report.held = report.held.saturating_add(1);
            Fate::Held
        }
        EntryKind::Refused => {
            report.refused = report.refused.saturating_add(1);
            Fate::Refused
        }
        kind => {
            let flowed = if kind == EntryKind::Read { &mut report.reads } else { &mut report.flowed };
            *flowed = flowed.saturating_add(1);
            if text("observed").is_none() {
                return;
            }
            report.would_hold = report.would_hold.saturating_add(1);
            Fate::WouldHold
        }
    };
    for (rule, why, target) in reasons(entry) {
        add(rules.entry((fate, rule.clone())), fate, &rule, &why, entry, target);
    }
}

/// The rules that an entry names, each once: its id, its words, and the first target it spoke about.
fn reasons(entry: &StoredEntry) -> Vec<(String, String, Option<TargetId>)> {
    let target = entry.private.get("targets").and_then(|targets| targets.pointer("/0/id"));
    let target = target.and_then(Value::as_str).map(TargetId::from);
    let mut named: Vec<(String, String, Option<TargetId>)> = Vec::new();
    for reason in entry.private.get("reasons").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| reason.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let about = reason.get("target").and_then(Value::as_str).map(TargetId::from);
        if named.iter().all(|(rule, _, _)| *rule != text("rule")) {
            named.push((text("rule"), text("why"), about.or_else(|| target.clone())));
        }
    }
    if named.is_empty() {
        named.push((
            "(redacted)".to_owned(),
            "What was private about these calls was taken away.".to_owned(),
            None,
        ));
    }
    named
}

fn add(
    slot: std::collections::btree_map::Entry<'_, (Fate, String), RuleCount>,
    fate: Fate,
    rule: &str,
    why: &str,
    entry: &StoredEntry,
    target: Option<TargetId>,
) {
    let text = |name: &str| entry.public.get(name).and_then(Value::as_str);
    let counted = slot.or_insert_with(|| RuleCount {
        fate,
        rule: rule.to_owned(),
        why: why.to_owned(),
        tier: String::new(),
        needs: Vec::new(),
        calls: 0,
        first: Example {
            operation: text("operation").unwrap_or_default().to_owned(),
            target,
            action: text("action").map(Into::into),
            entry: entry.index,
            at: entry.at,
        },
    });
    counted.calls = counted.calls.saturating_add(1);
    let tier = text("tier").unwrap_or(if fate == Fate::Refused { "refuse" } else { "" });
    // T0 … T4 order as text does, and `refuse` after them.
    if counted.tier.as_str() < tier {
        tier.clone_into(&mut counted.tier);
    }
    for need in entry.public.get("needs").and_then(Value::as_array).into_iter().flatten() {
        let need = need.as_str().unwrap_or_default();
        if counted.needs.iter().all(|have| have != need) {
            counted.needs.push(need.to_owned());
        }
    }
}
