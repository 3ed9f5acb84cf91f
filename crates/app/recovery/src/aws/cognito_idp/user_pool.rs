//! A user pool that is deleted: made again with all that stood in it, but for what nobody is told.
//!
//! Kept: its settings, second factors, groups, outside providers, resource servers; its users with their attributes and groups,
//! and whether they are shut out. Back: another pool is made and found by the tag that says which one it restores; then all that
//! stood in it, users without a message to them, and its functions last, so that none is called meanwhile. Compared: all that is
//! kept. Lost: passwords and second factors, ids, tokens; app clients, which are told only together with their secrets; looks
//! and risk settings. A pool that can be deleted has no domain.
//!
//! Not a way back: a pool of which something is told that is not known here; an outside provider whose secret is not told; more
//! than 300 users, or 50 of anything else; more than 30 pools to look through.

use interlock_action::{Answers, Deed, Read, Step, Terms};
use serde_json::{Map, Value, json};

use super::{
    super::way::{
        RESTORES, Way, at, call, found, is, later, list, only, read, sends_only, set_by_service, standing,
        step, text, what, with, word,
    },
    inside::{self, inside, one},
    pool, users,
};

/// The way.
pub(super) struct UserPool;

/// More pools are not looked through for the one that restores another.
const MOST: usize = 30;
/// What stands in a pool: the member of its state, in words, what makes it, the name's parameter.
const PARTS: [(&str, &str, &str, &str); 3] = [
    ("servers", "resource server", "CreateResourceServer", "Identifier"),
    ("providers", "identity provider", "CreateIdentityProvider", "ProviderName"),
    ("groups", "group", "CreateGroup", "GroupName"),
];
const LOST: [&str; 4] = [
    "the users' passwords, second factors, passkeys and devices: each must be invited, or given a password, to sign in again",
    "the pool's id, ARN and addresses, and the ids of its users (`sub`): whoever names them must name the new ones",
    "all tokens and sessions",
    "branding, risk settings, log delivery, import jobs",
];
const CLIENTS: &str =
    "its app clients: each must be made again, and every application be given its new id and secret";
const FUNCTIONS: &str = "that it may call its functions: their policies name the old ARN";
const OUTSIDE: &str =
    "users of outside identity providers: they come back when they sign in again, in no group";

fn id(deed: &Deed) -> Option<&str> {
    let known = sends_only(deed, &[&["UserPoolId"]]);
    text(deed, "/UserPoolId").filter(|_| known && is(deed, "cognito-idp", &["DeleteUserPool"]))
}

/// No answer tells more, and none can be asked for without saying how many.
fn pools() -> Value {
    json!({"MaxResults": 60})
}

/// The ids of all other pools.
fn others<'a>(answers: &'a Answers, id: &str) -> Result<Vec<&'a str>, String> {
    let told = found(answers, "cognito-idp", "ListUserPools", &pools())?.ok_or("the pools are not told")?;
    let all = list(told, "/UserPools");
    if !at(told, "/NextToken").is_null() || all.len() > MOST {
        return Err("there are more user pools than are looked through".to_owned());
    }
    Ok(all.iter().filter_map(|one| word(one, "/Id")).filter(|other| *other != id).collect())
}

/// The pool, or the one that restores it.
fn current<'a>(deed: &Deed, answers: &'a Answers) -> Result<Option<&'a Value>, String> {
    let id = id(deed).ok_or("the user pool is not named")?;
    let describe = |id: &str| -> Result<Option<&'a Value>, String> {
        let told = found(answers, "cognito-idp", "DescribeUserPool", &one(id))?;
        Ok(told.map(|told| at(told, "/UserPool")))
    };
    if let Some(own) = describe(id)? {
        return Ok(Some(own));
    }
    let mark = deed.mark(id);
    let mut there = Vec::new();
    for other in others(answers, id)? {
        let restores = |pool: &&Value| {
            mark.is_some()
                && at(pool, "/UserPoolTags").get(RESTORES).and_then(Value::as_str) == mark.as_deref()
        };
        there.extend(describe(other)?.filter(restores));
    }
    match there.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(format!("more than one user pool says that it restores {id}")),
    }
}

impl Way for UserPool {
    fn name(&self) -> &'static str {
        "cognito-idp/deleted-user-pool"
    }

    fn undoes(&self, deed: &Deed) -> bool {
        id(deed).is_some()
    }

    fn reads(&self, deed: &Deed, so_far: &Answers) -> Vec<Read> {
        let Some(id) = id(deed) else { return Vec::new() };
        let ask = |operation: &str, of: Value| read(deed, "cognito-idp", operation, of);
        let mut reads = vec![ask("DescribeUserPool", one(id)), ask("ListUserPools", pools())];
        if let Ok(None) = found(so_far, "cognito-idp", "DescribeUserPool", &one(id)) {
            let others = others(so_far, id).unwrap_or_default();
            reads.extend(others.into_iter().map(|other| ask("DescribeUserPool", one(other))));
        }
        if let Ok(Some(pool)) = current(deed, so_far)
            && let Some(id) = word(pool, "/Id")
        {
            reads.extend(inside::reads(deed, so_far, id));
        }
        reads
    }

    fn state(&self, deed: &Deed, answers: &Answers) -> Result<Value, String> {
        let gone = id(deed).ok_or("the user pool is not named")?;
        // INVARIANT: where nobody could find out which one restores it, there is no way back.
        others(answers, gone)?;
        let Some(told) = current(deed, answers)? else { return Ok(standing(Value::Null, json!({}))) };
        let id = word(told, "/Id").ok_or("the user pool has no id")?;
        let settings = pool::kept(told);
        let inside = inside(answers, id, &settings)?;
        let handle = json!({
            "id": id,
            "known": pool::is_known(told) && inside.known,
            "outside": inside.outside,
            "clients": inside.clients,
        });
        Ok(standing(with(inside.is, json!({"pool": settings})), handle))
    }

    fn terms(&self, _deed: &Deed, before: &Value) -> Option<Terms> {
        let was = what(before);
        if was.is_null() || at(before, "/handle/known") != &Value::Bool(true) {
            return None;
        }
        let has = |what: &str| at(before, what) == &Value::Bool(true);
        let calls = !at(was, "/pool/LambdaConfig").is_null();
        let more = [(has("/handle/clients"), CLIENTS), (calls, FUNCTIONS), (has("/handle/outside"), OUTSIDE)];
        let more = more.into_iter().filter_map(|(holds, lost)| holds.then_some(lost));
        let lost: Vec<&str> = LOST.into_iter().chain(more).collect();
        let users = at(was, "/users").as_object().map_or(0, Map::len);
        // Each is a call or more, and all is looked at between two calls.
        Some(Terms::lossy(u32::try_from(users / 10).unwrap_or(u32::MAX).saturating_add(5), &lost))
    }

    fn back(&self, deed: &Deed, before: &Value, now: &Value) -> Result<Vec<Step>, String> {
        let gone = id(deed).ok_or("the user pool is not named")?;
        let (was, is) = (what(before), what(now));
        let name = word(was, "/pool/Name").ok_or("the user pool's name was not kept")?;
        let fresh = is.is_null();
        if !fresh && pool::still(at(was, "/pool")) != pool::still(at(is, "/pool")) {
            return Err(format!("the user pool that stands in the place of {name} is another"));
        }
        let mut steps = Vec::new();
        if fresh {
            let create =
                call(deed, "cognito-idp", "CreateUserPool", pool::made(at(was, "/pool"), deed.mark(gone)));
            steps.push(step(format!("make the user pool {name} again"), create));
        }
        let id = word(now, "/handle/id").filter(|_| !fresh);
        let rest = factors(was, is, name).into_iter().chain(parts(was, is)?);
        let rest = rest.chain(people(was, is)?).chain(functions(was, is, deed.mark(gone), name));
        for (name, operation, arguments) in rest {
            let next = call(deed, "cognito-idp", operation, with(arguments, json!({"UserPoolId": id})));
            steps.push(if fresh { later(name) } else { step(name, next) });
        }
        Ok(steps)
    }

    fn between(&self, _deed: &Deed, before: &Value, now: &Value) -> Vec<Value> {
        // A new pool asks for no second factor until it is set to.
        let fresh = at(what(now), "/mfa");
        let off = word(fresh, "/MfaConfiguration") == Some("OFF");
        off.then(|| set_by_service(before, &[("/is/mfa", fresh.clone())])).into_iter().collect()
    }
}

/// A step to be: in words, the operation, its parameters but for the pool.
type Rest = Vec<(String, &'static str, Value)>;

fn members<'a>(state: &'a Value, part: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    state.get(part).and_then(Value::as_object).into_iter().flatten()
}

/// Whatever stood in the pool and does not yet. What stands there as another stops it.
fn parts(was: &Value, is: &Value) -> Result<Rest, String> {
    let mut rest = Vec::new();
    for (part, words, operation, parameter) in PARTS {
        for (name, record) in members(was, part) {
            match is.get(part).and_then(|part| part.get(name)) {
                Some(now) if now == record => {}
                Some(_) => return Err(format!("the {words} {name} that stands there is another")),
                None => {
                    let arguments = with(record.clone(), json!({parameter: name}));
                    rest.push((format!("make the {words} {name} again"), operation, arguments));
                }
            }
        }
    }
    Ok(rest)
}

/// The users, then their groups, then who is shut out. Their names are in no step's words.
fn people(was: &Value, is: &Value) -> Result<Rest, String> {
    let (mut make, mut join, mut shut) = (Vec::new(), Vec::new(), Vec::new());
    let count = members(was, "users").count();
    for (number, (name, user)) in (1_u32..).zip(members(was, "users")) {
        let called = format!("user {number} of {count}");
        let one = json!({"Username": name});
        let now = is.get("users").and_then(|users| users.get(name));
        match now {
            Some(now) if at(now, "/attributes") != at(user, "/attributes") => {
                return Err(format!("{called}, who stands there, is another"));
            }
            Some(_) => {}
            None => {
                let more = json!({"UserAttributes": users::said(user), "MessageAction": "SUPPRESS"});
                make.push((format!("make {called} again"), "AdminCreateUser", with(one.clone(), more)));
            }
        }
        for (group, _) in members(user, "groups") {
            if now.and_then(|now| now.get("groups")?.get(group)).is_none() {
                let arguments = with(one.clone(), json!({"GroupName": group}));
                join.push((format!("put {called} into {group} again"), "AdminAddUserToGroup", arguments));
            }
        }
        let out = |user: &Value| at(user, "/shut out") == &Value::Bool(true);
        if out(user) && !now.is_some_and(out) {
            shut.push((format!("shut {called} out again"), "AdminDisableUser", one));
        }
    }
    make.append(&mut join);
    make.append(&mut shut);
    Ok(make)
}

/// Second factors: the first of all, for a new pool may have them as they were.
fn factors(was: &Value, is: &Value, name: &str) -> Rest {
    let off = json!({"MfaConfiguration": "OFF"});
    let now = if is.is_null() { &off } else { at(is, "/mfa") };
    let set =
        (format!("set the second factors of {name} again"), "SetUserPoolMfaConfig", at(was, "/mfa").clone());
    if at(was, "/mfa") == now { Vec::new() } else { vec![set] }
}

/// Functions: the last, for users who are made would call them.
fn functions(was: &Value, is: &Value, mark: Option<String>, name: &str) -> Rest {
    if at(was, "/pool/LambdaConfig") == at(is, "/pool/LambdaConfig") {
        return Vec::new();
    }
    let factors = only(at(was, "/mfa"), &["MfaConfiguration"]);
    let arguments = with(pool::updated(at(was, "/pool"), mark), factors);
    vec![(format!("let {name} call its functions again"), "UpdateUserPool", arguments)]
}

#[cfg(test)]
mod tests;
