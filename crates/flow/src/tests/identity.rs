//! Whose credentials Interlock holds: what must not happen before that is known.

use std::sync::{Arc, Mutex};

use interlock_action::{Action, Effect, Kind, Operation, Target};

use super::house::{House, action, database};
use crate::{Cause, Identity, Verdict};

/// STS, which may be away.
#[derive(Default)]
struct Sts(Mutex<Option<Vec<String>>>);

impl Identity for Sts {
    fn principals(&self) -> Option<Vec<String>> {
        self.0.lock().unwrap().clone()
    }
}

const OWN: &str = "arn:aws:iam::111122223333:user/dev-interlock";

fn on(operation: &str, effect: Effect, kind: Kind) -> Action {
    let target = Target { id: OWN.into(), kind, ..database("dev-interlock") };
    let mut action = action(operation, effect, target);
    action.operation = Operation::aws("iam", operation);
    action
}

fn rule(verdict: Verdict) -> String {
    match verdict {
        Verdict::Refused(refused) if refused.cause == Cause::Policy => refused.reasons[0].rule.clone(),
        Verdict::Refused(refused) => panic!("{}", refused.message()),
        Verdict::Held(_) => "held".to_owned(),
        _ => "allowed".to_owned(),
    }
}

#[test]
fn identities_are_left_alone_until_interlocks_own_is_known() {
    let mut house = House::of(&["ana", "bo", "cy"]);
    let sts = Arc::new(Sts::default());
    house.road = house.road.known_by(Arc::clone(&sts) as _);
    let tag = on("TagUser", Effect::Update, Kind::User);
    let take = on("GetSessionToken", Effect::SensitiveRead, Kind::Other);
    let mut through = on("DeleteResource", Effect::Destroy, Kind::Role);
    through.operation = Operation::aws("cloudcontrol", "DeleteResource");
    for action in [&tag, &take, &through] {
        assert_eq!(rule(house.admit(action)), "identity", "{}", action.operation);
    }
    assert!(house.runs(&action("CreateDBInstance", Effect::Create, database("dev-a"))), "work goes on");

    *sts.0.lock().unwrap() = Some(vec!["arn:aws:iam::111122223333:user/somebody".to_owned()]);
    assert_ne!(rule(house.admit(&tag)), "identity");
    *sts.0.lock().unwrap() = Some(vec![OWN.to_owned()]);
    assert!(rule(house.admit(&tag)).starts_with("interlock"));
}
