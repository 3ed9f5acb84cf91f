use interlock_action::{Answer, Effect, Kind, Reversibility, Survey};
use serde_json::{Value, json};

use crate::{
    forecast::testing::{action, found, having, survey, target},
    rules::facts,
};

fn upsert(answer: Answer) -> Survey {
    upsert_of("www.example.com", answer)
}

fn upsert_of(name: &str, answer: Answer) -> Survey {
    let record = json!({"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]});
    let arguments = json!({"HostedZoneId": "Z1", "ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}});
    let mut action = having(action("route53", "ChangeResourceRecordSets", arguments), Effect::Network);
    action.targets = vec![target("arn:aws:route53:::hostedzone/Z1", Kind::Dns, "Z1")];
    survey(&action, |operation, _| match operation {
        "ListResourceRecordSets" => answer.clone(),
        _ => Answer::Unreadable("not of interest".to_owned()),
    })
}

fn listing(record: Value) -> Answer {
    found(json!({"ResourceRecordSets": [record], "IsTruncated": true}))
}

#[test]
fn an_upsert_is_compared_with_the_record_that_is_there() {
    let record = |value: &str, name: &str| json!({"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": value}]});
    let fact = |survey: &Survey| survey.facts.get(facts::ROUTE53_RECORD_CHANGES).cloned();
    let changed = upsert(listing(record("10.0.0.9", "www.example.com.")));
    assert_eq!(fact(&changed), Some(json!(true)));
    assert_eq!(
        changed.forecast.changes[0].before.as_ref().unwrap()["ResourceRecords"][0]["Value"],
        json!("10.0.0.9")
    );
    assert_eq!(changed.forecast.reversibility, Reversibility::Exact);
    assert_eq!(fact(&upsert(listing(record("10.0.0.1", "www.example.com.")))), Some(json!(false)));
    assert_eq!(
        fact(&upsert(listing(record("10.0.0.9", "zzz.example.com.")))),
        Some(json!(false)),
        "the next name is another"
    );
    assert_eq!(fact(&upsert(Answer::Unreadable("denied".to_owned()))), None);
}

#[test]
fn a_wildcard_is_found_as_the_service_spells_it() {
    let now = json!({"Name": "\\052.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.9"}]});
    let seen = upsert_of("*.Example.com", listing(now));
    assert_eq!(seen.facts.get(facts::ROUTE53_RECORD_CHANGES), Some(&json!(true)));
    assert_eq!(seen.forecast.changes[0].effect, Effect::Network, "{:?}", seen.forecast.changes);
}
