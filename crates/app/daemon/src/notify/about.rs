//! Which requests a way is told of: those of its team's things first, and nobody's things are everybody's.

use globset::{Glob, GlobSet, GlobSetBuilder};
use interlock_action::Target;
use interlock_approval::Ticket;

use crate::config::{About, NotifyConfig};

/// Whether this way is told of a request: it is about something that the request touches, or no way is about some of that. Nothing
/// waits unheard because something else stood beside it.
pub(super) fn concerns(ways: &[NotifyConfig], way: &NotifyConfig, ticket: &Ticket) -> bool {
    let Some(about) = way.about.as_ref().map(Patterns::of) else { return true };
    let targets = &ticket.held.action.targets;
    if targets.iter().any(|target| about.are_of(ticket, target)) {
        return true;
    }
    if ways.iter().any(|way| way.about.is_none()) {
        return false;
    }
    let all: Vec<Patterns> = ways.iter().filter_map(|way| way.about.as_ref()).map(Patterns::of).collect();
    let told = |target: &Target| all.iter().any(|about| about.are_of(ticket, target));
    targets.is_empty() || !targets.iter().all(told)
}

/// What a way is about, ready to be compared.
struct Patterns {
    environment: Option<GlobSet>,
    service: Option<GlobSet>,
    name: Option<GlobSet>,
    agent: Option<GlobSet>,
}

impl Patterns {
    /// Patterns that are none were refused when the configuration was read.
    fn of(about: &About) -> Self {
        let set = |list: &[String]| {
            let mut set = GlobSetBuilder::new();
            for glob in list {
                set.add(Glob::new(glob).ok()?);
            }
            (!list.is_empty()).then(|| set.build().ok()).flatten()
        };
        Self {
            environment: set(&about.environment),
            service: set(&about.service),
            name: set(&about.name),
            agent: set(&about.agent),
        }
    }

    /// Whether every list that is given has something in it that fits this target of a request.
    fn are_of(&self, ticket: &Ticket, target: &Target) -> bool {
        let fits = |set: &Option<GlobSet>, texts: &[&str]| {
            set.as_ref().is_none_or(|set| texts.iter().any(|text| set.is_match(text)))
        };
        let environment =
            target.environment.as_ref().map_or(interlock_flow::PRODUCTION, |name| name.as_str());
        let name = target.name.as_deref().unwrap_or(target.id.as_str());
        fits(&self.environment, &[environment])
            && fits(&self.service, &[ticket.held.action.operation.service()])
            && fits(&self.name, &[target.id.as_str(), name])
            && fits(&self.agent, &[ticket.held.agent.as_str()])
    }
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
        let mut both = ticket("production", "school-a");
        both.held.action.targets.extend(ticket("production", "core").held.action.targets);
        assert_eq!(told(&ways, &both), [true, true], "what is nobody's is not hidden by what is somebody's");
        assert_eq!(told(&[school, billing, all], &ticket("staging", "school-a")), [false, false, true]);
    }
}
