//! Which resources an action touches: their ARNs, kinds, and the parts they play.
//!
//! Hand tables first, then the ARN formats of the catalogue, then what an id looks like. Account and region come from
//! the session and the scope; an ARN of another account in a place that is acted on is an unknown, because whether the
//! service heeds the account in it or only the name is not for us to guess.

mod arn;
mod ec2;
mod kinds;
mod names;
mod parents;
mod references;
mod relation;
mod s3;
mod writes;

#[cfg(test)]
mod tests;

use interlock_action::{AccountId, Bears, ClassifierWrite, Kind, Relation, Target, TargetId};
use serde_json::Value;

use crate::catalogue::ResourceRef;
use crate::effect::{Subject, is_account, sql};
use arn::Arn;

/// What an action touches.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    /// At least one.
    pub(crate) targets: Vec<Target>,
    /// Tags and names that it writes.
    pub(crate) writes: Vec<ClassifierWrite>,
    /// What could not be told.
    pub(crate) unknowns: Vec<String>,
}

/// The targets, writes and unknowns of an operation that mutates or not.
pub(crate) fn touched(subject: &Subject<'_>, mutates: bool) -> Touched {
    let mut touched =
        Touched { writes: if mutates { writes::of(subject) } else { Vec::new() }, ..Touched::default() };
    let further = if mutates { parents::further(subject) } else { Vec::new() };
    for (id, relation) in further.into_iter().chain(named(subject)) {
        push(subject, &mut touched, &id, relation);
    }
    if mutates || !subject.access.is_read() {
        for id in references::reached(subject) {
            push(subject, &mut touched, &id, Relation::Reaches);
        }
    }
    let parent = parents::has_parent(subject);
    let main = touched.targets.iter().any(|target| match target.relation {
        Relation::Creates => true,
        Relation::Acts => !parent,
        _ => false,
    });
    if !main {
        fallback(subject, mutates, &mut touched);
    }
    if mutates {
        foreign(subject, &mut touched);
        let hidden =
            touched.targets.iter().map(|target| target.id.as_str()).filter(|id| arn::is_access_point(id));
        let words = hidden.map(|id| format!("which bucket stands behind the access point `{id}`"));
        touched.unknowns.extend(words.collect::<Vec<_>>());
    }
    touched
}

/// Adds a target, once; of two parts the one that says more stays.
fn push(subject: &Subject<'_>, touched: &mut Touched, id: &str, relation: Relation) {
    let id = &arn::one_spelling(id);
    if let Some(known) = touched.targets.iter_mut().find(|target| target.id.as_str() == id) {
        // INVARIANT: which member comes first is the agent's choice, so it must not say what part a target plays.
        if weight(relation) > weight(known.relation) {
            known.relation = relation;
        }
        return;
    }
    touched.targets.push(target(subject, id, relation));
}

/// How much a part says: what is acted on is hit by the effect, whatever else it is.
fn weight(relation: Relation) -> u8 {
    match relation {
        Relation::Acts => 3,
        Relation::Creates => 2,
        Relation::Source => 1,
        Relation::Reaches => 0,
    }
}

fn target(subject: &Subject<'_>, id: &str, relation: Relation) -> Target {
    let Some(arn) = Arn::parse(id) else {
        return Target {
            id: TargetId::new(id),
            kind: Kind::Other,
            name: None,
            account: subject.account.map(AccountId::from),
            region: subject.region.map(str::to_owned),
            relation,
            data: Bears::Unknown,
            environment: None,
        };
    };
    let (kind, mut data) = kinds::classify(arn.service, arn.kind());
    // Records are no data of their own: what is lost with one is written in the request.
    if subject.is("route53", "ChangeResourceRecordSets") && kind == Kind::Dns {
        data = Bears::No;
    }
    let account = if is_account(arn.account) { Some(arn.account) } else { subject.account };
    let region = match (arn.region, arn.service) {
        ("", "s3") => subject.region,
        ("", _) => None,
        (region, _) => Some(region),
    };
    Target {
        id: TargetId::new(id),
        kind,
        // An access point's name says nothing of the bucket behind it.
        name: Some(arn.name())
            .filter(|name| !["*", ""].contains(name) && !arn::is_access_point(id))
            .map(str::to_owned),
        account: account.map(AccountId::from),
        region: region.map(str::to_owned),
        relation,
        data,
        environment: None,
    }
}

/// A resource named by a member.
struct Named {
    member: String,
    id: String,
    specific: bool,
}

/// Every resource that the members name, with the part it plays.
fn named(subject: &Subject<'_>) -> Vec<(String, Relation)> {
    if subject.service == "s3" {
        return s3::named(subject);
    }
    let mut found = Vec::new();
    let mut silent: Vec<&str> = Vec::new();
    let rows: Vec<_> = names::rows(subject.family(), subject.operation).collect();
    for (member, template, specific) in rows.iter().copied() {
        // What a table says of the operation stands above what it says of the service.
        if !specific && rows.iter().any(|(other, _, specific)| *specific && *other == member) {
            continue;
        }
        if template == "!" {
            silent.push(relation::leaf(member));
            continue;
        }
        for value in subject.texts(member) {
            found.push(Named {
                member: member.to_owned(),
                id: hand(subject, member, template, value),
                specific,
            });
        }
    }
    statements(subject, &mut found);
    tagged(subject, &mut found);
    if subject.service == "cloudcontrol" {
        cloudcontrol(subject, &mut found);
    }
    if subject.service == "ec2" {
        ids(subject.parameters, "", &mut |member, id, template| {
            found.push(Named {
                member: member.to_owned(),
                id: arn::fill(subject, &template, id),
                specific: false,
            });
        });
    }
    catalogue(subject, &silent, &mut found);
    let stems: Vec<String> = found
        .iter()
        .filter(|named| !named.member.contains('.'))
        .map(|named| relation::stem(relation::leaf(&named.member)))
        .collect();
    found
        .into_iter()
        .filter_map(|named| {
            let arn = Arn::parse(&named.id)?;
            let (kind, _) = kinds::classify(arn.service, arn.kind());
            let relation =
                relation::of(subject, &named.member, named.specific, kind, arn.service == "s3", &stems)?;
            // A role of another account is not acted on by taking it on: the effect reaches it.
            let elsewhere =
                subject.service == "sts" && is_account(arn.account) && subject.account != Some(arn.account);
            let relation = if elsewhere { Relation::Reaches } else { relation };
            Some((named.id, relation))
        })
        .collect()
}

/// The ARN of a value in a hand-listed member, with what some services put around names.
fn hand(subject: &Subject<'_>, member: &str, template: &str, value: &str) -> String {
    let value = match (subject.family(), relation::leaf(member)) {
        ("sqs", "QueueUrl") => return queue(subject, value),
        ("kms", "KeyId" | "TargetKeyId" | "SourceKeyId" | "DestinationKeyId")
            if value.starts_with("alias/") =>
        {
            return arn::fill(subject, "kms:{r}:{a}:{}", value);
        }
        ("route53", _) => value.rsplit('/').next().unwrap_or(value),
        ("ssm", "Name" | "Names" | "Path") => value.trim_start_matches('/'),
        ("logs", _) => value.trim_end_matches(":*"),
        ("ecs", _) if template.contains("/*/") => return in_cluster(subject, template, value),
        ("lambda", "FunctionName") if Arn::parse(value).is_none() => {
            return function(subject, value);
        }
        ("rds", "DBClusterIdentifier") if subject.operation.contains("Endpoint") => value,
        _ => value,
    };
    arn::fill(subject, template, value)
}

/// Services and tasks lie in a cluster, which another member names; an old ARN leaves it out.
fn in_cluster(subject: &Subject<'_>, template: &str, value: &str) -> String {
    let cluster = subject.text("cluster").unwrap_or("default");
    let cluster = cluster.rsplit('/').next().unwrap_or(cluster);
    let name = match Arn::parse(value).map(|arn| arn.resource.split('/').collect::<Vec<_>>()) {
        Some(parts) => match parts.as_slice() {
            [_, name] => *name,
            _ => return value.to_owned(),
        },
        None => value,
    };
    arn::fill(subject, &template.replace('*', cluster), name)
}

/// A function's name may carry account and qualifier: `123456789012:function:name:prod`, `name:1`.
fn function(subject: &Subject<'_>, value: &str) -> String {
    let name = value.rsplit_once(":function:").map_or(value, |(_, name)| name);
    let account = value.split(':').next().filter(|account| is_account(account));
    let template = match account {
        Some(account) => format!("lambda:{{r}}:{account}:function:{{}}"),
        None => "lambda:{r}:{a}:function:{}".to_owned(),
    };
    arn::fill(subject, &template, name)
}

/// `https://sqs.us-east-1.amazonaws.com/111122223333/jobs`: the account stands in the path.
fn queue(subject: &Subject<'_>, url: &str) -> String {
    let mut parts = url.trim_end_matches('/').rsplit('/');
    let name = parts.next().unwrap_or(url);
    match parts.next().filter(|account| is_account(account)) {
        Some(account) => arn::fill(subject, &format!("sqs:{{r}}:{account}:{{}}"), name),
        None => arn::fill(subject, "sqs:{r}:{a}:{}", name),
    }
}

/// DynamoDB names tables as map keys and in statements.
fn statements(subject: &Subject<'_>, found: &mut Vec<Named>) {
    if subject.service != "dynamodb" {
        return;
    }
    let items = subject
        .one("RequestItems")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|map| map.keys().cloned());
    let partiql = sql::partiql_statements(subject).into_iter().filter_map(sql::partiql_table);
    for table in items.chain(partiql) {
        found.push(Named {
            member: "TableName".to_owned(),
            id: arn::fill(subject, "dynamodb:{r}:{a}:table/{}", &table),
            specific: false,
        });
    }
}

/// Cloud Control names a resource by its CloudFormation type and its own service's identifier.
fn cloudcontrol(subject: &Subject<'_>, found: &mut Vec<Named>) {
    const TYPES: [(&str, &str); 16] = [
        ("AWS::RDS::DBInstance", "rds:{r}:{a}:db:{}"),
        ("AWS::RDS::DBCluster", "rds:{r}:{a}:cluster:{}"),
        ("AWS::S3::Bucket", "s3:::{}"),
        ("AWS::DynamoDB::Table", "dynamodb:{r}:{a}:table/{}"),
        ("AWS::IAM::Role", "iam::{a}:role/{}"),
        ("AWS::IAM::User", "iam::{a}:user/{}"),
        ("AWS::IAM::ManagedPolicy", "iam::{a}:policy/{}"),
        ("AWS::KMS::Key", "kms:{r}:{a}:key/{}"),
        ("AWS::SecretsManager::Secret", "secretsmanager:{r}:{a}:secret:{}"),
        ("AWS::Lambda::Function", "lambda:{r}:{a}:function:{}"),
        ("AWS::CloudTrail::Trail", "cloudtrail:{r}:{a}:trail/{}"),
        ("AWS::Logs::LogGroup", "logs:{r}:{a}:log-group:{}"),
        ("AWS::ECR::Repository", "ecr:{r}:{a}:repository/{}"),
        ("AWS::EFS::FileSystem", "elasticfilesystem:{r}:{a}:file-system/{}"),
        ("AWS::SSM::Parameter", "ssm:{r}:{a}:parameter/{}"),
        ("AWS::CloudWatch::Alarm", "cloudwatch:{r}:{a}:alarm:{}"),
    ];
    let Some(id) = subject.text("Identifier") else { return };
    let kind = subject.text("TypeName").unwrap_or_default();
    let template = TYPES.iter().find(|(name, _)| *name == kind).map(|(_, template)| (*template).to_owned());
    let template = template
        .or_else(|| ec2::template(id))
        .unwrap_or_else(|| format!("cloudcontrolapi:{{r}}:{{a}}:{kind}/{{}}"));
    found.push(Named {
        member: "Resource".to_owned(),
        id: arn::fill(subject, &template, id),
        specific: false,
    });
}

/// Systems Manager's tag calls say beside the id what it is the id of.
fn tagged(subject: &Subject<'_>, found: &mut Vec<Named>) {
    let (Some(kind), Some(id)) = (subject.text("ResourceType"), subject.text("ResourceId")) else { return };
    if subject.family() != "ssm" || !subject.operation.contains("Tags") {
        return;
    }
    let (template, id) = match kind {
        "Parameter" => ("ssm:{r}:{a}:parameter/{}", id.trim_start_matches('/')),
        "Document" => ("ssm:{r}:{a}:document/{}", id),
        "ManagedInstance" => ("ssm:{r}:{a}:managed-instance/{}", id),
        "MaintenanceWindow" => ("ssm:{r}:{a}:maintenancewindow/{}", id),
        "PatchBaseline" => ("ssm:{r}:{a}:patchbaseline/{}", id),
        "OpsItem" => ("ssm:{r}:{a}:opsitem/{}", id),
        "OpsMetadata" => ("ssm:{r}:{a}:opsmetadata/{}", id),
        "Automation" => ("ssm:{r}:{a}:automation-execution/{}", id),
        "Association" => ("ssm:{r}:{a}:association/{}", id),
        _ => return,
    };
    found.push(Named {
        member: "ResourceId".to_owned(),
        id: arn::fill(subject, template, id),
        specific: true,
    });
}

/// EC2 ids wherever they stand, with the path of their member.
fn ids(value: &Value, at: &str, take: &mut impl FnMut(&str, &str, String)) {
    match value {
        Value::String(id) => {
            if let Some(template) = ec2::template(id) {
                take(at, id, template);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| ids(value, at, take)),
        Value::Object(members) => {
            for (name, value) in members {
                let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                ids(value, &path, take);
            }
        }
        _ => {}
    }
}

/// The catalogue's ARN formats, for members that no hand table has covered.
fn catalogue(subject: &Subject<'_>, silent: &[&str], found: &mut Vec<Named>) {
    let covered: Vec<String> = found.iter().map(|named| relation::leaf(&named.member).to_owned()).collect();
    let free = |member: &str| {
        let leaf = relation::leaf(member);
        !covered.iter().any(|have| have == leaf) && !silent.contains(&leaf)
    };
    let noun = relation::made(subject.operation);
    let about =
        |resource: &ResourceRef| noun.contains(&resource.kind.replace(['-', '_', ' '], "").to_lowercase());
    for resource in subject.resources {
        for member in resource.arn_members.iter().filter(|member| free(member)) {
            for value in subject.texts(member).into_iter().filter(|value| Arn::parse(value).is_some()) {
                found.push(Named { member: (*member).to_owned(), id: value.to_owned(), specific: false });
            }
        }
        let fills: Vec<_> = resource.variables().map(|variable| resource.fill(variable)).collect();
        // The last variable names the thing; the ones before it only say where it lies.
        let Some(Some(last)) = fills.last() else { continue };
        if !free(last.member) {
            continue;
        }
        // One member, several types: the one that the operation's name is about.
        let same = |other: &&ResourceRef| {
            let variable = other.variables().last();
            variable.and_then(|variable| other.fill(variable)).is_some_and(|fill| fill.member == last.member)
        };
        if !about(resource) && subject.resources.iter().filter(same).any(about) {
            continue;
        }
        for value in subject.texts(last.member) {
            if Arn::parse(value).is_some() {
                found.push(Named { member: last.member.to_owned(), id: value.to_owned(), specific: false });
                continue;
            }
            let mut id = resource
                .arn
                .replace("${Partition}", subject.partition())
                .replace("${Region}", subject.region.unwrap_or_default())
                .replace("${Account}", subject.account.unwrap_or_default());
            for (variable, fill) in resource.variables().zip(&fills) {
                let value = match fill {
                    Some(fill) if fill.member == last.member => value,
                    Some(fill) => subject.text(fill.member).unwrap_or("*"),
                    None => "*",
                };
                id = id.replace(&format!("${{{variable}}}"), value);
            }
            found.push(Named { member: last.member.to_owned(), id, specific: false });
        }
    }
}

/// No member names what is acted on.
fn fallback(subject: &Subject<'_>, mutates: bool, touched: &mut Touched) {
    let (region, account) = (subject.region.unwrap_or_default(), subject.account.unwrap_or_default());
    let service = match subject.family() {
        "elbv2" | "elb" => "elasticloadbalancing",
        "efs" => "elasticfilesystem",
        "stepfunctions" => "states",
        family => family,
    };
    if mutates && relation::makes(subject) {
        let noun = relation::made_words(subject.operation).join("-");
        let noun =
            if subject.operation.starts_with("Run") { noun.trim_end_matches('s').to_owned() } else { noun };
        let noun = if noun == "address" { "elastic-ip".to_owned() } else { noun };
        let id = format!("arn:{}:{service}:{region}:{account}:{noun}/*", subject.partition());
        push(subject, touched, &id, Relation::Creates);
        return;
    }
    // What is asked of STS is asked for the account.
    let asks = subject.service == "sts";
    // An id-like member that no format explains: the service and the value are as near as we get.
    let mut ids = Vec::new();
    if !asks {
        id_like(subject.parameters, 0, &mut ids);
    }
    for value in ids {
        let id = match Arn::parse(value) {
            Some(_) => value.to_owned(),
            None => format!("arn:{}:{service}:{region}:{account}:{value}", subject.partition()),
        };
        push(subject, touched, &id, Relation::Acts);
    }
    let acts = touched.targets.iter().any(|target| target.relation == Relation::Acts);
    if acts {
        return;
    }
    let empty =
        subject.parameters.as_object().is_none_or(|members| members.values().all(|value| value.is_boolean()));
    let mut whole = target(
        subject,
        &format!("arn:{}:{service}:{region}:{account}:*", subject.partition()),
        Relation::Acts,
    );
    // What acts on things of a kind and names none is not about the account: the service refuses it, or takes more than we see.
    let unnamed = !empty || !subject.resources.is_empty();
    if !unnamed || !mutates || asks || is_account_wide(subject) {
        // A setting of the whole account, or a look at all there is.
        whole.kind = Kind::Account;
        whole.data = Bears::No;
    } else {
        whole.kind = Kind::Other;
        whole.data = Bears::Unknown;
        touched.unknowns.push(format!(
            "what `{}:{}` acts on cannot be told from its parameters",
            subject.service, subject.operation
        ));
    }
    touched.targets.push(whole);
}

/// Texts whose member's name says that they name something, to the third level.
fn id_like<'v>(value: &'v Value, depth: u8, found: &mut Vec<&'v str>) {
    const ENDS: [&str; 9] = ["Id", "Ids", "Identifier", "Name", "Names", "Arn", "ARN", "Arns", "Url"];
    const WHOLE: [&str; 4] = ["name", "id", "arn", "identifier"];
    for (name, value) in value.as_object().into_iter().flatten() {
        let like = ENDS.iter().any(|end| name.ends_with(end)) || WHOLE.contains(&name.as_str());
        match value {
            Value::String(text) if like => found.push(text),
            Value::Array(values) if like => found.extend(values.iter().filter_map(Value::as_str)),
            Value::Object(_) if depth < 2 => id_like(value, depth + 1, found),
            _ => {}
        }
    }
}

/// Services and operations that set something for the whole account.
fn is_account_wide(subject: &Subject<'_>) -> bool {
    const SERVICES: [&str; 17] = [
        "account",
        "accessanalyzer",
        "budgets",
        "ce",
        "compute-optimizer",
        "config",
        "fms",
        "health",
        "inspector2",
        "macie2",
        "securityhub",
        "service-quotas",
        "ses",
        "sesv2",
        "support",
        "taxsettings",
        "xray",
    ];
    const WORDS: [&str; 5] = ["Account", "Default", "Registry", "IdFormat", "SMS"];
    SERVICES.contains(&subject.service) || WORDS.iter().any(|word| subject.operation.contains(word))
}

/// An ARN of another account where the action acts: held, whoever the service then thinks is meant.
fn foreign(subject: &Subject<'_>, touched: &mut Touched) {
    let Some(own) = subject.account else { return };
    for target in &touched.targets {
        let other = target.account.as_ref().map(AccountId::as_str).filter(|account| *account != own);
        if let (Some(other), Relation::Acts | Relation::Creates) = (other, target.relation) {
            touched
                .unknowns
                .push(format!("names `{}`, which belongs to another account (`{other}`)", target.id));
        }
    }
}
