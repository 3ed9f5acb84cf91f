//! Where in the answer of a create-like operation the id of what it made stands.
//!
//! A path that named a thing that was there before would let an agent claim it as its own. So: only verbs that always
//! make something, only members that carry the noun's own id, never an ARN that the input carries too, nothing for
//! operations that give back what exists when called twice. What the rule cannot tell stands in the hand table.

use super::{
    model::{Dumped, OperationModel},
    tables::Tables,
    words::{plain, singular, words},
};

/// Verbs that always make something new. `Put`, `Register`, `Restore`, `Publish`, `Upload` may update, revive or
/// return what exists: those that do not stand in the hand table.
const MAKES: [&str; 6] = ["Create", "Run", "Allocate", "Import", "Copy", "Request"];
/// Words that end the noun: what follows is where it comes from.
const ENDS: [&str; 9] = ["From", "To", "With", "By", "For", "In", "On", "Into", "Using"];
/// Heads of nouns that hang on a parent: a bare `Arn` or `Id` beside them is often the parent's.
const HANGS_ON: [&str; 14] = [
    "version",
    "revision",
    "alias",
    "attachment",
    "association",
    "membership",
    "member",
    "item",
    "entry",
    "policy",
    "permission",
    "tag",
    "tags",
    "config",
];

/// The paths, ARNs first.
pub(super) fn created(
    service: &Dumped,
    operation: &str,
    model: &OperationModel,
    tables: &Tables,
) -> Vec<String> {
    if let Some(paths) = tables.created.get(&format!("{}:{operation}", service.name)) {
        return paths.clone();
    }
    let words = words(operation);
    let Some((verb, rest)) = words.split_first() else { return Vec::new() };
    let noun: Vec<&str> = rest
        .iter()
        .enumerate()
        .take_while(|(at, word)| *at == 0 || !ENDS.contains(&word.as_str()))
        .map(|(_, word)| word.as_str())
        .collect();
    let Some(output) = &model.output else { return Vec::new() };
    if !MAKES.contains(&verb.as_str()) || noun.is_empty() || returns_existing(service, model) {
        return Vec::new();
    }
    let input: Vec<String> = model
        .input
        .iter()
        .flat_map(|input| service.members(&input.shape))
        .map(|(name, _)| plain(name))
        .collect();
    let nouns = nouns(&noun);
    let mut paths = contained(service, &output.shape, &nouns);
    if paths.is_empty() {
        let bare = !noun.last().is_some_and(|head| HANGS_ON.contains(&plain(head).as_str()));
        paths = ids(service, &output.shape, nouns.get(..1).unwrap_or_default(), bare);
    }
    if paths.is_empty() {
        paths = ids(service, &output.shape, &nouns, false);
    }
    paths.retain(|path| {
        let leaf = plain(path.rsplit('.').next().unwrap_or(path).trim_end_matches("[]"));
        let given = input.contains(&leaf);
        !(given && (leaf.ends_with("arn") || verb != "Create" && !path.contains('.')))
    });
    paths
}

/// The model says that calling twice is calling once, and no token tells the calls apart: the answer may be an old thing.
fn returns_existing(service: &Dumped, model: &OperationModel) -> bool {
    let idempotent = !matches!(&model.idempotent, serde_json::Value::Null | serde_json::Value::Bool(false));
    let token = model
        .input
        .iter()
        .flat_map(|input| service.members(&input.shape))
        .any(|(_, member)| member.idempotency_token);
    idempotent && !token
}

/// The noun and its endings, longest first: `securitygroup`, `group`. Singular.
fn nouns(noun: &[&str]) -> Vec<String> {
    let mut nouns = Vec::new();
    for at in 0..noun.len() {
        let text = singular(&plain(&noun.get(at..).unwrap_or_default().concat()));
        let text = text.strip_suffix("v2").unwrap_or(&text).to_owned();
        if text.len() >= 4 || at == 0 {
            nouns.push(text);
        }
    }
    nouns
}

/// Ids in a member that is the thing itself, or a list of such.
fn contained(service: &Dumped, output: &str, nouns: &[String]) -> Vec<String> {
    for noun in nouns {
        for (name, member) in service.members(output) {
            let holders = [singular(&plain(name)), holder(name), singular(&holder(name))];
            let list = service.list_member(&member.shape);
            let inner = list.unwrap_or(&member.shape);
            if service.kind(inner) != "structure" || !holders.contains(noun) {
                continue;
            }
            let path = if list.is_some() { format!("{name}[]") } else { name.clone() };
            let found = ids(service, inner, nouns, true);
            if !found.is_empty() {
                return found.into_iter().map(|id| format!("{path}.{id}")).collect();
            }
        }
    }
    Vec::new()
}

/// The plain name of a member without what says that it holds something: `TableDescription` → `table`.
fn holder(name: &str) -> String {
    let plain = plain(name);
    for ending in [
        "description",
        "details",
        "detail",
        "metadata",
        "information",
        "info",
        "summary",
        "response",
        "list",
        "set",
    ] {
        if let Some(holder) = plain.strip_suffix(ending)
            && !holder.is_empty()
        {
            return holder.to_owned();
        }
    }
    plain
}

/// Members of a structure that carry the id of the noun; with `bare`, `Arn` and `Id` alone count too.
fn ids(service: &Dumped, shape: &str, nouns: &[String], bare: bool) -> Vec<String> {
    let members: Vec<(&str, String, bool)> = service
        .members(shape)
        .iter()
        .filter_map(|(name, member)| {
            let list = service.list_member(&member.shape);
            let text = service.kind(list.unwrap_or(&member.shape)) == "string";
            text.then(|| {
                (
                    name.as_str(),
                    if list.is_some() { singular(&plain(name)) } else { plain(name) },
                    list.is_some(),
                )
            })
        })
        .collect();
    let path =
        |(name, _, list): &(&str, String, bool)| if *list { format!("{name}[]") } else { (*name).to_owned() };
    for endings in [["arn", "id", "identifier"].as_slice(), ["name"].as_slice()] {
        for (at, noun) in nouns.iter().enumerate() {
            let roots = if bare && at == 0 { vec![noun.as_str(), ""] } else { vec![noun.as_str()] };
            let found: Vec<String> = endings
                .iter()
                .flat_map(|ending| roots.iter().map(move |root| format!("{root}{ending}")))
                .flat_map(|wanted| members.iter().filter(move |(_, plain, _)| *plain == wanted))
                .map(path)
                .collect();
            if !found.is_empty() {
                return found;
            }
        }
    }
    Vec::new()
}
