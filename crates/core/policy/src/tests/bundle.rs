//! The bundle itself: requests fit the schema, errors refuse, the memo is bounded, reasons are whole.

use std::sync::Arc;

use cedar_policy::{Entities, PolicySet, Request, Schema};
use interlock_action::{Effect, RuleId};

use super::every_evidence;
use crate::case::ordinary;
use crate::request::Situation;
use crate::{Bundle, Decision, Hypothetical, PolicyFile, Tier, Verified};

#[test]
fn the_shipped_bundle_is_sound() {
    let files = Bundle::shipped_files();
    let bundle = Bundle::load(&files).unwrap();
    assert_eq!(bundle.hash(), Bundle::shipped().hash());
    // An example that stands in a comment is no rule.
    let written = files.iter().flat_map(|file| file.text.lines()).filter(|line| line.starts_with("@id("));
    assert_eq!((bundle.rules().count(), written.count()), (36, 36));
    let mut other = files.clone();
    other.push(PolicyFile::new("empty.cedar", "// nothing\n"));
    assert_ne!(Bundle::load(&other).unwrap().hash(), bundle.hash());
    other.rotate_left(3);
    assert_eq!(Bundle::load(&other).unwrap().hash(), Bundle::load(&other).unwrap().hash());
}

#[test]
fn every_folder_file_is_shipped() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../policies");
    let mut there: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".cedar") || name.ends_with(".cedarschema"))
        .collect();
    there.sort();
    let mut shipped: Vec<String> = Bundle::shipped_files().into_iter().map(|file| file.name).collect();
    shipped.sort();
    assert_eq!(there, shipped);
}

/// Requests are built without the schema for speed; this is why that is safe.
#[test]
fn requests_fit_the_schema() {
    let bundle = Bundle::shipped();
    let text = &Bundle::shipped_files()[0].text;
    let (schema, _) = Schema::from_cedarschema_str(text).unwrap();
    for effect in Effect::ALL {
        for full in [false, true] {
            let mut ask = ordinary();
            ask.effect = effect;
            if full {
                ask.target.tags = Some([("env".to_owned(), "dev".to_owned())].into());
            } else {
                (ask.target.name, ask.target.account) = (None, None);
            }
            let situation = Situation::new(&ask, &bundle.slices[&effect]).unwrap();
            Entities::from_entities(situation.entities().iter().cloned(), Some(&schema)).unwrap();
            for evidence in every_evidence(2, false).into_iter().take(40) {
                let request = situation.request(&evidence).unwrap();
                Request::new(
                    request.principal().unwrap().clone(),
                    request.action().unwrap().clone(),
                    request.resource().unwrap().clone(),
                    request.context().unwrap().clone(),
                    Some(&schema),
                )
                .unwrap();
            }
        }
    }
}

#[test]
fn effects_are_the_actions_of_the_schema() {
    let (schema, _) = Schema::from_cedarschema_str(&Bundle::shipped_files()[0].text).unwrap();
    let mut actions: Vec<String> =
        schema.request_envs().map(|env| env.action().id().unescaped().to_owned()).collect();
    actions.sort();
    let mut effects: Vec<String> = Effect::ALL.iter().map(ToString::to_string).collect();
    effects.sort();
    assert_eq!(actions, effects);
    let mutation = "Action::\"mutation\"".parse().unwrap();
    let entities = schema.action_entities().unwrap();
    for effect in Effect::ALL {
        let uid = format!("Action::\"{effect}\"").parse().unwrap();
        assert_eq!(entities.is_ancestor_of(&mutation, &uid), effect.mutates(), "{effect}");
    }
}

/// Cedar skips a forbid that errors. Past the gates no forbid errors, so one is smuggled in.
#[test]
fn an_error_refuses() {
    let mut bundle = Bundle::shipped();
    let slice = bundle.slices.get_mut(&Effect::Create).unwrap();
    let failing: PolicySet =
        "permit (principal, action, resource); forbid (principal, action, resource) when { resource.gone };"
            .parse()
            .unwrap();
    slice.rules = failing;
    let ask = crate::Ask { effect: Effect::Create, ..ordinary() };
    let decision = bundle.decide(&[ask], &Verified::none(3, false), &Hypothetical::greatest(3, 2, false));
    assert_eq!(decision.name(), "refuse");
    assert_eq!(decision.rules()[0].rule.as_str(), "evaluation-failed");
    assert!(decision.rules()[0].why.contains("gone"), "{decision:?}");
}

#[test]
fn without_policy_everything_is_refused() {
    let mut bundle = Bundle::shipped();
    bundle.slices.clear();
    let decision =
        bundle.decide(&[ordinary()], &Verified::none(1, true), &Hypothetical::greatest(1, 0, true));
    assert_eq!(decision.name(), "refuse");
    let mut bundle = Bundle::shipped();
    bundle.slices.get_mut(&Effect::Read).unwrap().rules = PolicySet::new();
    let decision =
        bundle.decide(&[ordinary()], &Verified::none(1, true), &Hypothetical::greatest(1, 0, true));
    assert_eq!(decision.rules()[0].rule.as_str(), "nothing-permits");
}

#[test]
fn the_memo_answers_and_is_bounded() {
    let bundle = Bundle::shipped();
    let (none, most) = (Verified::none(3, false), Hypothetical::greatest(3, 2, false));
    let first = bundle.decide(&[ordinary()], &none, &most);
    assert_eq!(bundle.memo.len(), 1);
    assert_eq!(bundle.decide(&[ordinary()], &none, &most), first);
    assert_eq!(bundle.memo.len(), 1);
    let mut held = ordinary();
    held.effect = Effect::Interrupt;
    held.target.production = true;
    let approved =
        crate::Evidence { approvals: 1, others: 1, independent: 1, ..crate::Evidence::none(3, false) };
    assert!(!bundle.decide(std::slice::from_ref(&held), &none, &most).admits());
    assert!(bundle.decide(std::slice::from_ref(&held), &Verified::new(approved), &most).admits());
    assert!(!bundle.decide(std::slice::from_ref(&held), &none, &most).admits());
    for number in 0..5000 {
        let mut ask = ordinary();
        ask.target.id = format!("arn:{number}").into();
        let _ = bundle.decide(&[ask], &none, &most);
        assert!(bundle.memo.len() <= 2048);
    }
}

#[test]
fn a_reason_is_whole() {
    let bundle = Bundle::shipped();
    let mut ask = ordinary();
    ask.effect = Effect::Destroy;
    ask.target.production = true;
    ask.target.bears_data = true;
    let asks = [ask.clone(), ask.clone()];
    let decision = bundle.decide(&asks, &Verified::none(3, false), &Hypothetical::greatest(3, 2, false));
    let [reason] = decision.rules() else { panic!("{decision:?}") };
    let about = bundle.explain(&reason.rule).unwrap();
    assert_eq!((&reason.why, &reason.next, reason.tier), (&about.why, &about.next, Tier::T4));
    assert_eq!(reason.target.as_ref(), Some(&ask.target.id));
    assert_eq!((about.file.as_str(), about.line.is_some()), ("destroy.cedar", true));
    assert!(about.source.starts_with("@id(\"destroy-data-production\")"), "{}", about.source);
    assert_eq!(bundle.explain(&RuleId::new("nothing")), None);
    for rule in bundle.rules() {
        assert!(rule.why.ends_with('.') && rule.next.ends_with('.'), "{}", rule.id);
        assert!(!rule.next.contains("break"), "{} suggests breaking the glass", rule.id);
    }
}

#[test]
fn decisions_have_a_stable_form() {
    let bundle = Bundle::shipped();
    let mut ask = ordinary();
    ask.effect = Effect::Destroy;
    ask.target.production = true;
    ask.target.bears_data = true;
    let decision = bundle.decide(&[ask], &Verified::none(3, false), &Hypothetical::greatest(3, 2, false));
    let json = serde_json::to_value(&decision).unwrap();
    assert_eq!(json["decision"], "hold");
    assert_eq!(json["tier"], "T4");
    assert_eq!(json["needs"], serde_json::json!(["recovery-point", "two-people"]));
    assert_eq!(json["rules"][0]["rule"], "destroy-data-production");
    let back: Decision = serde_json::from_value(json).unwrap();
    assert_eq!(back, decision);
    assert_eq!(serde_json::to_value(Tier::Refuse).unwrap(), "refuse");
}

#[test]
fn many_threads_ask_one_bundle() {
    let bundle = Arc::new(Bundle::shipped());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let bundle = bundle.clone();
            std::thread::spawn(move || {
                for number in 0..300 {
                    let mut ask = ordinary();
                    ask.target.id = format!("arn:{}", (number + thread) % 50).into();
                    let decision = bundle.decide(
                        &[ask],
                        &Verified::none(3, false),
                        &Hypothetical::greatest(3, 2, false),
                    );
                    assert!(decision.admits());
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
