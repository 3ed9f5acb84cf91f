use super::*;

fn rules(text: serde_json::Value) -> Rules {
    Rules::new(&serde_json::from_value::<Vec<EnvironmentRule>>(text).unwrap()).unwrap()
}

fn example() -> Rules {
    rules(serde_json::json!([
        {"name": "production", "match": {"tag": {"env": "prod*"}}},
        {"name": "development", "match": {"account": ["111122223333"], "name": ["dev-*"]}},
    ]))
}

fn thing<'a>(name: &'a str, tags: Option<&'a BTreeMap<String, String>>) -> Subject<'a> {
    Subject {
        account: Some("111122223333"),
        region: None,
        name: Some(name),
        kind: Kind::Database,
        service: "rds",
        tags,
    }
}

#[test]
fn the_first_rule_that_matches_decides_and_nothing_is_production() {
    let none = BTreeMap::new();
    let prod = BTreeMap::from([("env".to_owned(), "production".to_owned())]);
    assert_eq!(example().classify(&thing("dev-a", Some(&none))).environment.as_str(), "development");
    assert_eq!(example().classify(&thing("dev-a", Some(&prod))).environment.as_str(), PRODUCTION);
    assert_eq!(example().classify(&thing("school", Some(&none))).environment.as_str(), PRODUCTION);
}

#[test]
fn unread_tags_never_relax() {
    let classified = example().classify(&thing("dev-a", None));
    assert_eq!((classified.environment.as_str(), classified.certain), (PRODUCTION, false));
    let loose = rules(serde_json::json!([{"name": "staging", "match": {"tag": {"env": "stage"}}}]));
    assert_eq!(loose.classify(&thing("x", None)).environment.as_str(), PRODUCTION);
}

#[test]
fn identities_belong_to_the_strictest_environment_of_their_account() {
    assert_eq!(example().strictest(Some("111122223333")).as_str(), PRODUCTION);
    let whole = rules(serde_json::json!([{"name": "development", "match": {"account": "111122223333"}}]));
    assert_eq!(whole.strictest(Some("111122223333")).as_str(), "development");
    assert_eq!(whole.strictest(Some("999999999999")).as_str(), PRODUCTION);
    assert_eq!(whole.strictest(None).as_str(), PRODUCTION);
}

#[test]
fn a_rule_that_matches_on_nothing_is_refused() {
    let empty = serde_json::json!([{"name": "development", "match": {}}]);
    let list = serde_json::from_value::<Vec<EnvironmentRule>>(empty).unwrap();
    assert!(matches!(Rules::new(&list), Err(RuleError::Empty(_))));
}

#[test]
fn a_rule_that_tightens_takes_a_name_in_any_case() {
    let named = rules(serde_json::json!([
        {"name": "production", "match": {"name": "prod-*"}},
        {"name": "development", "match": {"account": "111122223333", "name": "dev-*"}},
        {"name": "staging", "match": {"account": "111122223333"}},
    ]));
    let place = |name| named.classify(&thing(name, None)).environment.to_string();
    assert_eq!(
        (place("PROD-a").as_str(), place("dev-a").as_str(), place("DEV-a").as_str()),
        (PRODUCTION, "development", "staging")
    );
}
