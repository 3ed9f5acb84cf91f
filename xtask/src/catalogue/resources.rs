//! Which resource types an operation acts on, and which input members fill the variables of their ARN formats.

use super::{
    access::Authorised,
    iam::Reference,
    model::{Dumped, OperationModel},
    tables::Tables,
    words::{plain, singular, stem},
};

/// A resource type of an operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Resource {
    pub(super) kind: String,
    pub(super) arn: String,
    pub(super) required: bool,
    /// Members that hold the whole ARN.
    pub(super) arn_members: Vec<String>,
    /// Variable, member path, exact.
    pub(super) fills: Vec<(String, String, bool)>,
}

/// An input member that can name something: a text or a list of texts.
struct Naming {
    name: String,
    path: String,
    plain: String,
    stem: String,
}

impl Naming {
    fn new(name: &str, list: bool) -> Self {
        let plain = if list { singular(&plain(name)) } else { plain(name) };
        let stem = if list { singular(&stem(name)) } else { stem(name) };
        let path = if list { format!("{name}[]") } else { name.to_owned() };
        Self { name: name.to_owned(), path, plain, stem }
    }

    fn is_arn(&self) -> bool {
        self.plain.ends_with("arn")
    }
}

/// Which members fill a variable, and whether exactly.
type Fills<'a> = &'a dyn Fn(&str, &[&Naming]) -> Vec<(String, bool)>;

/// The resource types of an operation.
pub(super) fn resources(
    service: &Dumped,
    operation: &str,
    model: &OperationModel,
    authorised: &Authorised,
    reference: &Reference,
    tables: &Tables,
) -> Vec<Resource> {
    let members = naming(service, model);
    let mut resources = Vec::new();
    for (prefix, kind, required) in &authorised.resources {
        let kind = kind.trim_end_matches('*');
        let Some(arn) = reference.format(prefix, kind) else { continue };
        let filled = |variable: &str, members: &[&Naming]| {
            let scopes =
                [format!("{}:{operation} {variable}", service.name), format!("{} {variable}", service.name)];
            let hand = scopes.iter().find_map(|scope| tables.fills.get(scope));
            hand.map(|paths| by_hand(paths, members))
                .filter(|found| !found.is_empty())
                .unwrap_or_else(|| fill(operation, variable, kind, members))
        };
        let all: Vec<&Naming> = members.iter().collect();
        let last = variables(arn).last().map(|last| filled(last, &all)).unwrap_or_default();
        // What names the thing does not name what it lies in, where something else may.
        let own = |path: &String| last.iter().any(|(have, _)| have == path);
        let others: Vec<&Naming> =
            all.iter().copied().filter(|one| !own(&one.path) && !one.is_arn()).collect();
        let end = variables(arn).count().saturating_sub(1);
        let mut fills = Vec::new();
        for (at, variable) in variables(arn).enumerate() {
            let mut found = filled(variable, &all);
            if at < end && !found.is_empty() && found.iter().all(|(path, exact)| own(path) && !exact) {
                let better = [&exactly as Fills<'_>, &filled, &by_end].into_iter();
                let mut better = better.map(|fill| fill(variable, &others));
                found = better.find(|better| !better.is_empty()).unwrap_or(found);
            }
            fills.extend(found.into_iter().map(|(path, exact)| (variable.to_owned(), path, exact)));
        }
        let arn_members = arn_members(kind, arn, &members);
        resources.push(Resource {
            kind: kind.to_owned(),
            arn: arn.to_owned(),
            required: *required,
            arn_members,
            fills,
        });
    }
    resources
}

/// The variables of a format that come from the request.
pub(super) fn variables(arn: &str) -> impl Iterator<Item = &str> {
    arn.split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
        .filter(|name| !matches!(*name, "Partition" | "Region" | "Account"))
}

/// The members of the input that can name something.
fn naming(service: &Dumped, model: &OperationModel) -> Vec<Naming> {
    let Some(input) = &model.input else { return Vec::new() };
    let mut members = Vec::new();
    for (name, member) in service.members(&input.shape) {
        if member.idempotency_token {
            continue;
        }
        if service.kind(&member.shape) == "string" {
            members.push(Naming::new(name, false));
        } else if let Some(inner) = service.list_member(&member.shape)
            && service.kind(inner) == "string"
        {
            members.push(Naming::new(name, true));
        }
    }
    members
}

/// The members that the hand table names, where the operation has them.
fn by_hand(paths: &[String], members: &[&Naming]) -> Vec<(String, bool)> {
    paths
        .iter()
        .filter(|path| {
            let top = path.split(['.', '[']).next().unwrap_or(path);
            path.contains('.') || members.iter().any(|member| member.name == top && member.path == **path)
        })
        .map(|path| (path.clone(), true))
        .collect()
}

/// The members that fill a variable: those whose names match best.
fn fill(operation: &str, variable: &str, kind: &str, members: &[&Naming]) -> Vec<(String, bool)> {
    let wanted = plain(variable);
    let wanted_stem = stem(variable);
    let kind = plain(kind);
    let generic = matches!(
        wanted.as_str(),
        "id" | "name" | "identifier" | "resourceid" | "resourcename" | "resourceidentifier" | "resource"
    );
    let operation = plain(operation);
    let of_operation = |noun: &str| operation.ends_with(noun) || operation.ends_with(&format!("{noun}s"));
    let bare = of_operation(&wanted_stem) || of_operation(&kind);
    // An id is not known from a name; a name may well be called an identifier.
    let id_from_name = |member: &Naming| wanted.ends_with("id") && member.plain.ends_with("name");
    let tests: [&dyn Fn(&Naming) -> bool; 5] = [
        &|member| member.plain == wanted,
        &|member| !generic && member.stem == wanted_stem,
        &|member| bare && matches!(member.plain.as_str(), "name" | "id" | "identifier"),
        &|member| member.stem == kind || member.stem.ends_with(&kind) && kind.len() >= 4,
        &|member| {
            !generic
                && (member.stem.len() >= 4 && wanted_stem.ends_with(&member.stem)
                    || wanted_stem.len() >= 4 && member.stem.ends_with(&wanted_stem))
        },
    ];
    for (tier, test) in tests.iter().enumerate() {
        let found: Vec<_> = members
            .iter()
            .filter(|member| !member.is_arn() && names_something(member) && test(member))
            .filter(|member| tier == 0 || !id_from_name(member))
            .map(|member| (member.path.clone(), tier == 0))
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// The member of that very name, whatever it speaks of.
fn exactly(variable: &str, members: &[&Naming]) -> Vec<(String, bool)> {
    let same = members.iter().filter(|member| member.plain == plain(variable));
    same.map(|member| (member.path.clone(), true)).collect()
}

/// Members whose name ends with a short one: `restApiId` of `ApiId`.
fn by_end(variable: &str, members: &[&Naming]) -> Vec<(String, bool)> {
    let wanted = stem(variable);
    let fits = |member: &&&Naming| {
        wanted.len() >= 3
            && names_something(member)
            && member.stem.ends_with(&wanted)
            && !(plain(variable).ends_with("id") && member.plain.ends_with("name"))
    };
    members.iter().filter(fits).map(|member| (member.path.clone(), false)).collect()
}

/// Members that speak of paging, types and states name nothing, whatever their stem.
fn names_something(member: &Naming) -> bool {
    !["type", "status", "state", "token", "class", "description", "engine", "version", "role"]
        .iter()
        .any(|ending| member.plain.ends_with(ending))
        || member.plain.ends_with("rolename")
}

/// The members that hold the whole ARN of a resource of this type.
fn arn_members(kind: &str, arn: &str, members: &[Naming]) -> Vec<String> {
    let kind = plain(kind);
    let stems: Vec<String> = variables(arn).map(stem).collect();
    let last = stems.last().cloned().unwrap_or_default();
    members
        .iter()
        .filter(|member| member.is_arn())
        .filter(|member| {
            matches!(member.stem.as_str(), "arn" | "resource" | "target")
                || member.stem == kind
                || member.stem == last
                || kind.len() >= 4 && member.stem.ends_with(&kind)
                || last.len() >= 4 && member.stem.ends_with(&last)
                || member.stem.len() >= 4 && (kind.ends_with(&member.stem) || last.ends_with(&member.stem))
        })
        .map(|member| member.path.clone())
        .collect()
}
