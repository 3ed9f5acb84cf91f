//! A listener that is modified.
//!
//! Kept: protocol, port, certificate, security policy, default actions. Back: it is modified again. Compared: all that is
//! kept. The client secret of a sign-in action stays with the service.

use interlock_action::{Deed, Step};
use serde_json::{Value, json};

use super::super::{
    one_read::{Ask, OneRead},
    way::{at, call, is, list, only, step, text, with, word},
};

/// The way.
pub(super) struct Listener;

const MEMBERS: &[&str] = &["Port", "Protocol", "SslPolicy", "MutualAuthentication"];

/// What of a listener is kept.
pub(super) fn kept(listener: &Value) -> Value {
    let actions: Vec<Value> = list(listener, "/DefaultActions").iter().map(action).collect();
    // Whether the certificate is the default one is told apart from which it is.
    let certificates = list(listener, "/Certificates").iter().map(|one| only(one, &["CertificateArn"]));
    let certificates: Vec<Value> = certificates.collect();
    let certificates = if certificates.is_empty() { Value::Null } else { json!(certificates) };
    let alpn = list(listener, "/AlpnPolicy");
    let alpn = if alpn.is_empty() { Value::Null } else { json!(alpn) };
    let more = json!({"DefaultActions": actions, "Certificates": certificates, "AlpnPolicy": alpn});
    with(only(listener, MEMBERS), more)
}

/// An action, in the form that it is set in. A client secret is not told: the one that is there is used.
pub(super) fn action(action: &Value) -> Value {
    let mut action = action.clone();
    if let Some(config) = action.pointer_mut("/AuthenticateOidcConfig").and_then(Value::as_object_mut) {
        config.insert("UseExistingClientSecret".to_owned(), true.into());
    }
    // An old form of the same, beside the new one.
    if let (true, Some(members)) = (action.get("ForwardConfig").is_some(), action.as_object_mut()) {
        members.shift_remove("TargetGroupArn");
    }
    action
}

fn arn(deed: &Deed) -> Option<&str> {
    text(deed, "/ListenerArn").filter(|_| is(deed, "elbv2", &["ModifyListener"]))
}

impl OneRead for Listener {
    fn called(&self) -> &'static str {
        "elbv2/listener"
    }

    fn asks(&self, deed: &Deed) -> Option<Ask> {
        Some(Ask("elbv2", "DescribeListeners", json!({"ListenerArns": [arn(deed)?]})))
    }

    fn kept(&self, _deed: &Deed, answer: Option<&Value>) -> Result<Value, String> {
        let listener = answer.and_then(|answer| list(answer, "/Listeners").first());
        Ok(kept(listener.ok_or("the listener is not there")?))
    }

    fn remains(&self, deed: &Deed, before: &Value, _now: &Value) -> Result<Vec<Step>, String> {
        let arn = arn(deed).ok_or("the listener is not named")?;
        let port = at(before, "/Port");
        let name =
            format!("set the {} listener on port {port} back", word(before, "/Protocol").unwrap_or("?"));
        let arguments = with(before.clone(), json!({"ListenerArn": arn}));
        Ok(vec![step(name, call(deed, "elbv2", "ModifyListener", arguments))])
    }
}
