//! Where a log group's events are sent.
//!
//! Kept: the filter of that name. Back: it is put again, or deleted where there was none. Compared: the same.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{call, is, list, only, step, text, with, word},
};

/// The way.
pub(super) struct Subscription;

fn of(deed: &Deed) -> Option<(&str, &str)> {
    let ours = is(deed, "logs", &["PutSubscriptionFilter", "DeleteSubscriptionFilter"]);
    text(deed, "/logGroupName").zip(text(deed, "/filterName")).filter(|_| ours)
}

impl OneRead for Subscription {
    fn called(&self) -> &'static str {
        "logs/subscription"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        let (group, filter) = of(deed)?;
        let place = json!({"logGroupName": group, "filterNamePrefix": filter});
        Some(Ask("logs", "DescribeSubscriptionFilters", place))
    }

    fn kept(&self, deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let (_, filter) = of(deed).ok_or("the filter is not named")?;
        let all = answer.map_or(&[][..], |answer| list(answer, "/subscriptionFilters"));
        let own = all.iter().find(|one| word(one, "/filterName") == Some(filter));
        let members = [
            "filterPattern",
            "destinationArn",
            "roleArn",
            "distribution",
            "applyOnTransformedLogs",
            "fieldSelectionCriteria",
            "emitSystemFields",
        ];
        Ok(json!({"filter": own.map(|one| only(one, &members))}))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let (group, filter) = of(deed).ok_or("the filter is not named")?;
        let place = json!({"logGroupName": group, "filterName": filter});
        let was = before.get("filter").filter(|filter| !filter.is_null());
        let (words, operation, arguments) = match was {
            Some(was) => ("put back", "PutSubscriptionFilter", with(was.clone(), place)),
            None => ("delete", "DeleteSubscriptionFilter", place),
        };
        let name = format!("{words} the filter {filter} of {group}");
        Ok(vec![step(name, call(deed, "logs", operation, arguments))])
    }
}
