//! The gates: what does not load, and what is said about it.

use crate::{Bundle, Gate, LoadError, PolicyFile};

const HEAD: &str = "@id(\"mine\")\n@tier(\"T3\")\n@why(\"Because.\")\n@next(\"Wait.\")\n";
const SCOPE: &str = "forbid (principal is Agent, action == Action::\"create\", resource is Target)\n";

fn load(text: &str) -> Result<Bundle, LoadError> {
    Bundle::with_added(&[PolicyFile::new("mine.cedar", text)])
}

fn forbid(conditions: &str) -> Result<Bundle, LoadError> {
    load(&format!("{HEAD}{SCOPE}{conditions};"))
}

fn gate_of(result: Result<Bundle, LoadError>) -> Gate {
    let error = result.expect_err("it loads");
    let fault = &error.faults()[0];
    assert_eq!(fault.file, "mine.cedar", "{error}");
    fault.gate
}

#[test]
fn an_added_forbid_loads() {
    for conditions in [
        "",
        "when { resource.environment == \"billing\" }",
        "when { resource has account && resource.account like \"1111*\" }",
        "when { resource.hasTag(\"owner\") && resource.getTag(\"owner\") == \"ana\" }",
        "when { [\"rds\", \"s3\"].contains(context.facts.service) }",
        "unless { context.evidence.approvals >= 2 && context.evidence.rehearsal }",
        "unless { 1 <= context.evidence.independent || context.evidence.forecast == true }",
        "unless { context.evidence.approvals > 1 }",
        "unless { context.evidence.others >= 2 }",
        "unless { if context.people.solo then context.evidence.forecast else context.evidence.rehearsal }",
        "when { context.people.team > 2 && !context.people.solo }",
    ] {
        forbid(conditions).unwrap_or_else(|error| panic!("{conditions}: {error}"));
    }
}

#[test]
fn what_could_fail_at_run_time_does_not_load() {
    for conditions in [
        "when { context.people.team + 1 > 2 }",
        "when { context.people.team * 2 > 2 }",
        "when { context.people.team - 1 > 2 }",
        "when { -context.people.team > 2 }",
        "unless { context.evidence.approvals + 1 >= 2 }",
        "when { Agent::\"somebody\".class == \"builder\" }",
    ] {
        assert_eq!(gate_of(forbid(conditions)), Gate::NeverErrors, "{conditions}");
    }
    // Extension functions are not even built in.
    for conditions in [
        "when { ip(context.facts.operation).isLoopback() }",
        "when { decimal(context.facts.operation).lessThan(decimal(\"1.0\")) }",
    ] {
        assert!(matches!(forbid(conditions), Err(LoadError::Faulty(_))), "{conditions}");
    }
}

#[test]
fn what_strict_validation_rejects_does_not_load() {
    for conditions in [
        "when { resource.account == \"111122223333\" }",
        "when { resource.getTag(\"owner\") == \"ana\" }",
        "when { resource.nothing == 1 }",
        "when { context.facts.known == \"yes\" }",
        "when { false }",
    ] {
        assert_eq!(gate_of(forbid(conditions)), Gate::Validation, "{conditions}");
    }
}

#[test]
fn evidence_against_the_agent_does_not_load() {
    for conditions in [
        "when { context.evidence.approvals >= 1 }",
        "when { context.evidence.forecast }",
        "when { !context.evidence.forecast }",
        "unless { !context.evidence.break_glass }",
        "unless { context.evidence.approvals < 2 }",
        "unless { context.evidence.approvals == 1 }",
        "unless { context.evidence.approvals >= 3 }",
        "unless { context.evidence.approvals >= context.people.team }",
        "unless { context.evidence.forecast == false }",
        "unless { context.evidence.forecast != false }",
        "unless { context.evidence.forecast == context.evidence.rehearsal }",
        "unless { 2 >= context.evidence.approvals }",
        "unless { if context.evidence.forecast then false else true }",
        "unless { {a: context}.a.facts.known }",
        "unless { [context.evidence.forecast].contains(false) }",
    ] {
        let gate = gate_of(forbid(conditions));
        assert!(matches!(gate, Gate::Monotone | Gate::NeverErrors), "{conditions}: {gate:?}");
    }
    assert_eq!(gate_of(forbid("when { context.evidence == context.evidence }")), Gate::Monotone);
}

#[test]
fn rules_without_their_texts_do_not_load() {
    for text in [
        SCOPE.trim_end().to_owned() + ";",
        format!("@id(\"mine\")\n@tier(\"T3\")\n@why(\"\")\n@next(\"x\")\n{SCOPE};"),
        format!("@id(\"mine\")\n@tier(\"T1\")\n@why(\"x\")\n@next(\"x\")\n{SCOPE};"),
        format!("@id(\"mine\")\n@tier(\"T9\")\n@why(\"x\")\n@next(\"x\")\n{SCOPE};"),
        format!("@id(\"My rule\")\n@tier(\"T3\")\n@why(\"x\")\n@next(\"x\")\n{SCOPE};"),
        format!("{HEAD}{SCOPE};\n{HEAD}{SCOPE};"),
        format!("{HEAD}forbid (principal == ?principal, action == Action::\"create\", resource is Target);"),
        HEAD.replace("mine", "destroy-data-production") + SCOPE + ";",
    ] {
        assert_eq!(gate_of(load(&text)), Gate::Annotations, "{text}");
    }
}

#[test]
fn faults_say_where() {
    let text = format!("// a comment\n\n{HEAD}{SCOPE}when {{\n  resource.nothing == 1\n}};\n");
    let error = load(&text).expect_err("it loads");
    let fault = &error.faults()[0];
    assert_eq!(
        (fault.line, fault.rule.as_ref().map(|rule| rule.as_str())),
        (Some(9), Some("mine")),
        "{error}"
    );
    assert!(error.to_string().contains("mine.cedar:9:"), "{error}");

    let error =
        load(&format!("{HEAD}{SCOPE};\n\nforbid (principal, action resource);")).expect_err("it parses");
    assert_eq!((error.faults()[0].gate, error.faults()[0].line), (Gate::Parse, Some(8)), "{error}");

    let error =
        load(&format!("\n\n{HEAD}{SCOPE}when {{ context.evidence.forecast }};")).expect_err("it loads");
    assert_eq!(error.faults()[0].line, Some(3), "{error}");
    assert!(error.to_string().contains("hint: "), "{error}");
}

#[test]
fn what_may_permit_more_takes_a_proof() {
    let shipped = Bundle::shipped_files();
    let with = |name: &str, change: &dyn Fn(&str) -> String| {
        let mut files = shipped.clone();
        let file = files.iter_mut().find(|file| file.name == name).unwrap();
        file.text = change(&file.text);
        Bundle::load(&files)
    };
    let proof = |result: Result<Bundle, LoadError>| match result {
        Err(LoadError::NeedsProof(faults)) => faults[0].message.clone(),
        other => panic!("{other:?}"),
    };
    let weaker = proof(with("interrupt.cedar", &|text| text.replace("independent >= 1", "independent >= 0")));
    assert!(weaker.contains("differs"), "{weaker}");
    let gone = proof(Bundle::load(
        &shipped.iter().filter(|file| file.name != "never.cedar").cloned().collect::<Vec<_>>(),
    ));
    assert!(gone.contains("missing"), "{gone}");
    let permit = "@id(\"mine\") @tier(\"T1\") @why(\"x\") @next(\"x\") permit (principal, action, resource);";
    assert!(proof(load(permit)).contains("permit"));
    let schema = proof(with("schema.cedarschema", &|text| {
        text.replace("solo: Bool, //", "solo: Bool, more: Bool, //")
    }));
    assert!(schema.contains("schema"), "{schema}");
    proof(with("destroy.cedar", &|text| text.replace("@tier(\"T4\")", "@tier(\"T3\")")));

    // Layout and comments are no difference.
    with("interrupt.cedar", &|text| format!("// ours\n{}", text.replace("\nwhen", "\n\n  when"))).unwrap();
}

#[test]
fn an_added_forbid_closes_what_was_open() {
    let ask = crate::Ask { effect: interlock_action::Effect::Create, ..crate::case::ordinary() };
    let decide = |bundle: &Bundle| {
        bundle.decide(
            std::slice::from_ref(&ask),
            &crate::Verified::none(3, false),
            &crate::Hypothetical::greatest(3, 2, false),
        )
    };
    assert!(decide(&Bundle::shipped()).admits());
    assert_eq!(decide(&forbid("").unwrap()).name(), "refuse");
    assert_eq!(
        decide(&forbid("unless { context.evidence.rehearsal }").unwrap()).needs(),
        [crate::Need::Rehearsal]
    );
    let drill = decide(&forbid("unless { context.evidence.recovery_proven }").unwrap());
    assert_eq!(
        (drill.name(), drill.tier(), drill.needs()),
        ("hold", crate::Tier::T3, &[crate::Need::RecoveryDrill][..])
    );
    let against = forbid("when { context.evidence.recovery_proven }");
    assert!(against.is_err(), "a proof is never held against the agent");
    let held = decide(&forbid("unless { context.evidence.delay_elapsed }").unwrap());
    assert_eq!(
        (held.name(), held.tier(), held.needs()),
        ("hold", crate::Tier::T3, &[crate::Need::Delay][..])
    );
}
