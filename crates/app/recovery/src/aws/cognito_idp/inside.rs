//! What stands in a user pool beside its users: groups, outside providers, resource servers; whether there are app clients.
//!
//! An app client is told only together with its secret, which opens something: such answers are not asked for.

use std::collections::BTreeMap;

use interlock_action::{Answers, Deed, Read};
use serde_json::{Map, Value, json};

use super::{
    super::way::{at, found, list, only, read, tells_only, with, word},
    plain, provider,
    users::{Users, users},
};

/// More of a kind are not asked for one by one.
const MOST: usize = 50;

/// The lists: which operation, where they stand in its answer.
const CLIENTS: (&str, &str) = ("ListUserPoolClients", "/UserPoolClients");
const GROUPS: (&str, &str) = ("ListGroups", "/Groups");
const PROVIDERS: (&str, &str) = ("ListIdentityProviders", "/Providers");
const SERVERS: (&str, &str) = ("ListResourceServers", "/ResourceServers");
const USERS: (&str, &str) = ("ListUsers", "/Users");

const GROUP: &[&str] = &["Description", "RoleArn", "Precedence"];
const GROUP_TOLD: &[&str] = &["GroupName", "UserPoolId", "CreationDate", "LastModifiedDate"];
const SERVER: &[&str] = &["Name", "Scopes"];
const SERVER_TOLD: &[&str] = &["Identifier", "UserPoolId"];

/// The parameters that name the pool.
pub(super) fn one(pool: &str) -> Value {
    json!({"UserPoolId": pool})
}

fn group(pool: &str, name: &str) -> Value {
    with(one(pool), json!({"GroupName": name}))
}

fn outside(pool: &str, name: &str) -> Value {
    with(one(pool), json!({"ProviderName": name}))
}

/// A list to its end.
fn whole<'a>(answers: &'a Answers, pool: &str, (operation, at): (&str, &str)) -> Result<&'a [Value], String> {
    let told = found(answers, "cognito-idp", operation, &one(pool))?;
    let told = told.ok_or_else(|| format!("{operation} found nothing"))?;
    let more =
        ["/NextToken", "/PaginationToken"].iter().any(|token| !super::super::way::at(told, token).is_null());
    match list(told, at) {
        _ if more => Err(format!("{operation} has more than one answer tells")),
        all => Ok(all),
    }
}

/// The reads of what stands in a pool; the second of them follow from the first.
pub(super) fn reads(deed: &Deed, so_far: &Answers, pool: &str) -> Vec<Read> {
    let ask = |operation: &str, of: Value| read(deed, "cognito-idp", operation, of);
    let lists = [CLIENTS, GROUPS, PROVIDERS, SERVERS, USERS].map(|(operation, _)| ask(operation, one(pool)));
    let mut reads = Vec::from(lists);
    reads.push(ask("GetUserPoolMfaConfig", one(pool)));
    let names = |of: (&str, &str), member: &str| -> Vec<String> {
        let all = whole(so_far, pool, of).unwrap_or_default().iter().take(MOST);
        all.filter_map(|one| word(one, member).map(str::to_owned)).collect()
    };
    let of = |operation: &str, asked: Vec<Value>| -> Vec<Read> {
        asked.into_iter().map(|of| ask(operation, of)).collect()
    };
    let groups = names(GROUPS, "/GroupName").iter().map(|name| group(pool, name)).collect();
    let providers = names(PROVIDERS, "/ProviderName").iter().map(|name| outside(pool, name)).collect();
    reads.extend(of("ListUsersInGroup", groups));
    reads.extend(of("DescribeIdentityProvider", providers));
    reads
}

/// What stands in a pool.
pub(super) struct Inside {
    /// The state of it.
    pub(super) is: Value,
    /// Whether all of it can be told to another pool.
    pub(super) known: bool,
    /// Whether some users come from outside.
    pub(super) outside: bool,
    /// Whether applications sign users in.
    pub(super) clients: bool,
}

/// Records by their names, and whether there is but one of each, all of which are known.
struct Named(BTreeMap<String, Value>, bool);

impl Named {
    fn new() -> Self {
        Self(BTreeMap::new(), true)
    }

    fn add(&mut self, name: Option<&str>, record: Value, known: bool) {
        let new = name.is_some_and(|name| self.0.insert(name.to_owned(), record).is_none());
        self.1 &= new && known;
    }

    fn map(self) -> Value {
        Value::Object(self.0.into_iter().collect::<Map<_, _>>())
    }
}

/// What stands in a pool, whose settings are `settings`.
pub(super) fn inside(answers: &Answers, pool: &str, settings: &Value) -> Result<Inside, String> {
    let detail = |operation: &str, of: Value| -> Result<&Value, String> {
        let told = found(answers, "cognito-idp", operation, &of)?;
        told.ok_or_else(|| format!("{operation} found nothing"))
    };
    let few = |all: &[Value]| all.len() <= MOST;
    let (groups, providers) = (whole(answers, pool, GROUPS)?, whole(answers, pool, PROVIDERS)?);
    let (clients, servers) = (whole(answers, pool, CLIENTS)?, whole(answers, pool, SERVERS)?);
    let mut known = few(groups) && few(providers) && few(servers);
    let mut all = [Named::new(), Named::new(), Named::new()];
    let [by_group, by_provider, by_server] = &mut all;
    for name in providers.iter().take(MOST).filter_map(|one| word(one, "/ProviderName")) {
        let told = at(detail("DescribeIdentityProvider", outside(pool, name))?, "/IdentityProvider");
        by_provider.add(Some(name), provider::kept(told), provider::is_known(told));
    }
    for told in servers {
        let known = tells_only(told, &[SERVER, SERVER_TOLD]);
        by_server.add(word(told, "/Identifier"), plain(&only(told, SERVER)), known);
    }
    let mut members = BTreeMap::new();
    for told in groups {
        let name = word(told, "/GroupName");
        by_group.add(name, plain(&only(told, GROUP)), tells_only(told, &[GROUP, GROUP_TOLD]));
        if let Some(name) = name.filter(|_| few(groups)) {
            members.insert(name, whole_group(answers, pool, name)?);
        }
    }
    whole(answers, pool, USERS)?;
    let Users { all: users, outside, known: sayable } =
        users(settings, detail("ListUsers", one(pool))?, &members);
    known &= sayable && all.iter().all(|Named(_, known)| *known);
    let [groups, providers, servers] = all.map(Named::map);
    let is = json!({
        "mfa": plain(detail("GetUserPoolMfaConfig", one(pool))?),
        "groups": groups,
        "providers": providers,
        "servers": servers,
        "users": users,
    });
    Ok(Inside { is, known, outside, clients: !clients.is_empty() })
}

/// Who is in a group, to the end.
fn whole_group<'a>(answers: &'a Answers, pool: &str, name: &str) -> Result<&'a Value, String> {
    let told = found(answers, "cognito-idp", "ListUsersInGroup", &group(pool, name))?;
    let told = told.ok_or("a group went while it was read")?;
    if at(told, "/NextToken").is_null() {
        return Ok(told);
    }
    Err("a group has more users than one answer tells".to_owned())
}
