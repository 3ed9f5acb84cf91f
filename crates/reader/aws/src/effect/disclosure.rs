//! Reads whose parameters decide whether the answer is a secret. The tables name those that always hand one out.

use interlock_action::{Claim, Effect};

use super::Subject;

/// CloudFormation types whose properties hold what their own service's sensitive reads hand out.
const TYPES: [&str; 11] = [
    "AWS::ApiGateway::ApiKey",
    "AWS::AppSync::ApiKey",
    "AWS::AppSync::DataSource",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolIdentityProvider",
    "AWS::EC2::Instance",
    "AWS::EC2::VPNConnection",
    "AWS::Glue::Connection",
    "AWS::IAM::AccessKey",
    "AWS::Lambda::Function",
    "AWS::SecretsManager::Secret",
];

/// Turns a plain read into a sensitive one where its parameters ask for a secret.
pub(super) fn discloses(subject: &Subject<'_>, claims: &mut [Claim]) {
    let Some(why) = secret(subject) else { return };
    for claim in claims.iter_mut().filter(|claim| claim.effect == Effect::Read) {
        *claim = Claim::plain(Effect::SensitiveRead, why);
    }
}

fn secret(subject: &Subject<'_>) -> Option<&'static str> {
    let asks = match (subject.family(), subject.operation) {
        // `userData` alone: the other attributes are settings.
        ("ec2", "DescribeInstanceAttribute") => {
            subject.text("Attribute").is_none_or(|attribute| attribute.eq_ignore_ascii_case("userData"))
        }
        ("glue", "GetConnection" | "GetConnections") => !subject.on("HidePassword"),
        ("ssm", "ListCommandInvocations") => subject.on("Details"),
        ("cloudcontrol", "GetResource" | "ListResources") => {
            let kind = subject.text("TypeName").unwrap_or_default();
            kind.is_empty() || TYPES.iter().any(|have| have.eq_ignore_ascii_case(kind))
        }
        _ => return None,
    };
    asks.then_some(match subject.family() {
        "ec2" => "hands out the user data that a machine starts with",
        "glue" => "hands out the passwords of connections",
        "ssm" => "hands out what commands printed on machines",
        _ => "hands out properties that hold secrets",
    })
}
