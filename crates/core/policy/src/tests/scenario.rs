//! The scenarios of `scenarios/policy`: Markdown with an input and an expected block each.

use std::path::Path;

use serde_json::{Map, Value};

use crate::{Bundle, run_tests};

/// The cases of a document: the last heading is the name, an input block and the expected block after it are the case.
fn cases(document: &str) -> Vec<Value> {
    let (mut cases, mut heading, mut open) = (Vec::new(), String::new(), None::<(String, String)>);
    let mut input: Option<Map<String, Value>> = None;
    for line in document.lines() {
        match (&mut open, line) {
            (Some((kind, text)), "```") => {
                let block: Map<String, Value> =
                    serde_json::from_str(text).unwrap_or_else(|error| panic!("{heading}: {kind}: {error}"));
                match kind.as_str() {
                    "input" => assert!(input.replace(block).is_none(), "{heading}: two inputs"),
                    "expected" => {
                        let mut case = input.take().unwrap_or_else(|| panic!("{heading}: no input"));
                        case.insert("name".to_owned(), heading.clone().into());
                        case.extend(block);
                        cases.push(case.into());
                    }
                    other => panic!("{heading}: `{other}` is no block"),
                }
                open = None;
            }
            (Some((_, text)), line) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, line) => {
                if let Some(kind) = line.strip_prefix("```json ") {
                    open = Some((kind.trim().to_owned(), String::new()));
                } else if let Some(title) = line.strip_prefix("### ") {
                    heading = title.to_owned();
                }
            }
        }
    }
    assert!(input.is_none() && open.is_none(), "the document ends in the middle of a case");
    cases
}

#[test]
fn every_scenario_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scenarios/policy");
    let bundle = Bundle::shipped();
    let mut total = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let cases = cases(&std::fs::read_to_string(&path).unwrap());
        let report = run_tests(&bundle, &Value::from(cases).to_string());
        let failures: Vec<String> =
            report.failures.iter().map(|failure| format!("{}: {}", failure.name, failure.message)).collect();
        assert!(report.passed(), "{}:\n{}", path.display(), failures.join("\n"));
        total += report.cases;
    }
    assert!(total >= 90, "only {total} cases were found");
}

#[test]
fn a_wrong_expectation_fails() {
    let bundle = Bundle::shipped();
    let wrong = [
        r#"[{"name": "n", "ask": {"effect": "read"}, "decision": "hold"}]"#,
        r#"[{"name": "n", "ask": {"effect": "read"}, "decision": "allow", "tier": "T1"}]"#,
        r#"[{"name": "n", "ask": {"effect": "read"}, "decision": "allow", "needs": ["forecast"]}]"#,
        r#"[{"name": "n", "ask": {"effect": "read"}, "decision": "allow", "rules": ["create"]}]"#,
        r#"[{"name": "n", "ask": {"effect": "reed"}, "decision": "allow"}]"#,
        r#"[{"name": "n", "ask": {"effect": "read", "targte": {}}, "decision": "allow"}]"#,
        r#"[{"name": "n", "ask": {"effect": "read"}, "evidence": {"aproval": 1}, "decision": "allow"}]"#,
        r#"[{"name": "n", "ask": {"effect": "read"}, "decision": "allow", "teir": "T0"}]"#,
        r#"[]"#,
        r#"{"#,
    ];
    for json in wrong {
        assert!(!run_tests(&bundle, json).passed(), "{json}");
    }
    assert!(
        run_tests(&bundle, r#"[{"name": "n", "ask": {"effect": "read"}, "decision": "allow"}]"#).passed()
    );
}
