//! ARNs: taking them apart and putting them together.

use crate::effect::Subject;

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    /// `rds`.
    pub(super) service: &'a str,
    /// `us-east-1`, or nothing.
    pub(super) region: &'a str,
    /// Twelve digits, `aws`, or nothing.
    pub(super) account: &'a str,
    /// What follows the fifth colon.
    pub(super) resource: &'a str,
}

/// The type of an object that is named through an access point: which bucket it lies in is not told.
pub(super) const POINT_OBJECT: &str = "accesspoint-object";

impl<'a> Arn<'a> {
    /// Takes an ARN apart; `None` if it is none.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        (parts.next() == Some("arn")).then_some(())?;
        parts.next()?.starts_with("aws").then_some(())?;
        let [service, region, account, resource] =
            [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        (!service.is_empty() && !resource.is_empty()).then_some(Self { service, region, account, resource })
    }

    /// The resource type: `db`, `table`, `log-group`; nothing where the service has but one.
    pub(super) fn kind(&self) -> &'a str {
        match self.service {
            _ if self.is_object_behind_point() => POINT_OBJECT,
            "s3" if self.region.is_empty() => {
                if self.resource.contains('/') {
                    "object"
                } else {
                    "bucket"
                }
            }
            "sns" | "sqs" => "",
            "dynamodb" => dynamodb_kind(self.resource),
            "execute-api" => "api",
            "apigateway" => self.resource.trim_start_matches('/').split('/').next().unwrap_or_default(),
            _ => self.resource.split([':', '/']).next().unwrap_or_default(),
        }
    }

    /// An object named through an access point, `…:accesspoint/NAME/object/KEY`.
    fn is_object_behind_point(&self) -> bool {
        ["s3", "s3-object-lambda", "s3-outposts"].contains(&self.service)
            && !(self.region.is_empty() && self.account.is_empty())
            && self.resource.contains("/object/")
    }

    /// What people call it: the last part, with what a service's names may themselves hold.
    pub(super) fn name(&self) -> &'a str {
        let resource = self.resource.trim_end_matches(":*");
        let after = |prefix: &str| resource.strip_prefix(prefix);
        let whole = match self.service {
            "s3" if self.region.is_empty() => Some(resource.split('/').next().unwrap_or(resource)),
            "logs" => after("log-group:").map(|rest| rest.split(":log-stream:").next().unwrap_or(rest)),
            "secretsmanager" => after("secret:"),
            "ssm" => after("parameter/"),
            "ecr" => after("repository/"),
            "dynamodb" => after("table/").map(|rest| rest.split('/').next().unwrap_or(rest)),
            "lambda" => after("function:").map(|rest| rest.split(':').next().unwrap_or(rest)),
            "elasticloadbalancing" => {
                let parts: Vec<&str> = resource.split('/').collect();
                match parts.as_slice() {
                    ["loadbalancer", "app" | "net" | "gwy", name, ..] | ["targetgroup", name, ..] => {
                        Some(*name)
                    }
                    ["listener" | "listener-rule", _, name, ..] => Some(*name),
                    _ => None,
                }
            }
            "autoscaling" => resource.rsplit_once("/").map(|(_, name)| name),
            "cloudformation" => resource.split('/').nth(1),
            _ => None,
        };
        whole.unwrap_or_else(|| resource.rsplit(['/', ':']).next().unwrap_or(resource))
    }
}

fn dynamodb_kind(resource: &str) -> &str {
    let mut parts = resource.split('/');
    match (parts.next(), parts.nth(1)) {
        (Some("table"), Some(child)) => child,
        (Some(kind), _) => kind,
        (None, _) => "",
    }
}

/// Services whose names are the same in any case: one thing must have one id, or a name in capitals would belong to
/// another environment.
const CASELESS: [&str; 9] = [
    "rds",
    "redshift",
    "elasticache",
    "memorydb",
    "dms",
    "dax",
    "docdb-elastic",
    "neptune-graph",
    "cloudsearch",
];

/// The ARN in the one spelling that the thing is known under.
pub(super) fn one_spelling(id: &str) -> String {
    match Arn::parse(id) {
        Some(arn) if CASELESS.contains(&arn.service) => {
            let head = id.len().saturating_sub(arn.resource.len());
            format!("{}{}", id.get(..head).unwrap_or_default(), arn.resource.to_lowercase())
        }
        _ => id.to_owned(),
    }
}

/// Whether this stands for a bucket without saying for which: an access point's ARN or alias.
pub(super) fn is_access_point(id: &str) -> bool {
    let Some(arn) = Arn::parse(id) else { return false };
    let bucket = arn.resource.split('/').next().unwrap_or_default();
    let alias =
        ["-s3alias", "--op-s3", "--ol-s3", "-ext-s3alias", ".mrap"].iter().any(|end| bucket.ends_with(end));
    match arn.service {
        "s3" => !arn.region.is_empty() || !arn.account.is_empty() || alias,
        "s3-object-lambda" | "s3-outposts" => true,
        _ => false,
    }
}

/// Fills a template like `rds:{r}:{a}:db:{}`; a value that is an ARN already stays as it is.
pub(super) fn fill(subject: &Subject<'_>, template: &str, value: &str) -> String {
    if Arn::parse(value).is_some() {
        return value.to_owned();
    }
    let filled = template
        .replace("{r}", subject.region.unwrap_or_default())
        .replace("{a}", subject.account.unwrap_or_default())
        .replace("{}", value);
    format!("arn:{}:{filled}", subject.partition())
}
