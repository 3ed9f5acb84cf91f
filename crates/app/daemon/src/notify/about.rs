//! Which requests a way is told of: those of its team's things first, and nobody's things are everybody's.

use globset::Glob;
use interlock_approval::Ticket;

use crate::config::{About, NotifyConfig};

/// Whether this way is told of a request. What no way is about is told by every way: nothing waits unheard.
pub(super) fn concerns(ways: &[NotifyConfig], way: &NotifyConfig, ticket: &Ticket) -> bool {
    let about = |way: &NotifyConfig| way.about.as_ref().is_none_or(|about| is_about(about, ticket));
    about(way) || !ways.iter().any(about)
}

/// Every list that is given has something in it that fits.
fn is_about(about: &About, ticket: &Ticket) -> bool {
    let (action, targets) = (&ticket.held.action, &ticket.held.action.targets);
    let environment = |glob: &str| {
        targets.iter().any(|target| {
            let environment = target.environment.as_ref();
            fits(glob, environment.map_or(interlock_flow::PRODUCTION, |environment| environment.as_str()))
        })
    };
    let name = |glob: &str| {
        targets.iter().any(|target| {
            fits(glob, target.id.as_str()) || target.name.as_deref().is_some_and(|name| fits(glob, name))
        })
    };
    let some = |list: &[String], fits: &dyn Fn(&str) -> bool| {
        list.is_empty() || list.iter().any(|glob| fits(glob.as_str()))
    };
    some(&about.environment, &environment)
        && some(&about.service, &|glob| fits(glob, action.operation.service()))
        && some(&about.name, &name)
        && some(&about.agent, &|glob| fits(glob, ticket.held.agent.as_str()))
}

fn fits(glob: &str, text: &str) -> bool {
    Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(text))
}

#[cfg(test)]
mod tests {
    use interlock_action::{Digest, Facts, Forecast};
    use interlock_approval::{Held, Launch, Quorum, Slot};
    use serde_json::json;

    use super::*;

    fn ticket(environment: &str, name: &str) -> Ticket {
        let action = json!({"surface": "aws", "operation": "aws:rds:Delete", "claims": [], "arguments": {}, "targets": [{
            "id": format!("arn:aws:rds:x:1:db:{name}"), "kind": "database", "name": name, "data": "yes",
            "environment": environment,
        }]});
        let held = Held {
            agent: "claude".into(),
            owner: "ana".into(),
            launch: Launch::of("ana"),
            task: String::new(),
            action: serde_json::from_value(action).unwrap(),
            action_digest: Digest::of(b"a"),
            facts: Facts::default(),
            forecast: Forecast::assumed(""),
            fingerprint: json!({}),
            bundle: Digest::of(b"b"),
            tier: "T3".to_owned(),
            needs: Vec::new(),
            reasons: Vec::new(),
            nonce: String::new(),
            opened: 0,
            expires: 100,
        };
        let quorum = Quorum {
            slots: vec![Slot { role: None }],
            others: 0,
            independent: 0,
            step: interlock_approval::KeyStep::OpenSsh,
            delay: None,
        };
        Ticket::open("tk-1".into(), held, quorum, "ses-1".into(), false).unwrap()
    }

    fn way(about: &str) -> NotifyConfig {
        toml::from_str(&format!("name = \"a\"\nslack = \"https://a.example\"\n{about}")).unwrap()
    }

    #[test]
    fn each_team_is_told_of_its_own_and_everybody_of_what_is_nobodys() {
        let school = way("about = { environment = [\"prod*\"], name = [\"school-*\"] }");
        let billing = way("about = { name = [\"billing-*\"], service = [\"rds\", \"dynamodb\"] }");
        let all = way("");
        let ways = [school.clone(), billing.clone()];
        let told = |ways: &[NotifyConfig], ticket: &Ticket| {
            ways.iter().map(|way| concerns(ways, way, ticket)).collect::<Vec<_>>()
        };
        assert_eq!(told(&ways, &ticket("production", "school-a")), [true, false]);
        assert_eq!(told(&ways, &ticket("production", "billing-a")), [false, true]);
        assert_eq!(told(&ways, &ticket("staging", "school-a")), [true, true], "nobody's, so everybody's");
        assert_eq!(told(&[school, billing, all], &ticket("staging", "school-a")), [false, false, true]);
    }
}
