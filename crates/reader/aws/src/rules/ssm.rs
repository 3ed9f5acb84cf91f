//! AWS Systems Manager: parameters, documents, and commands on machines.

use interlock_action::{Claim, Effect};

use super::facts::SSM_PARAMETER_EXISTS;
use super::{Rule, Shape, claim, claim_when, yes};
use crate::effect::Subject;

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "ssm-parameter-overwritten",
        finds: "a parameter's new value in the place of the old",
        shape: Shape::Setting,
        operations: &[("ssm", "PutParameter")],
        test: |subject| {
            let exists = || vec![yes(SSM_PARAMETER_EXISTS)];
            if !subject.on("Overwrite") {
                return Vec::new();
            }
            vec![
                claim_when(
                    Effect::Interrupt,
                    "gives every program that reads the parameter another value",
                    exists(),
                ),
                claim_when(Effect::Update, "gives the parameter another value", exists()),
            ]
        },
    },
    Rule {
        id: "ssm-document-shared",
        finds: "a document shared with others",
        shape: Shape::Setting,
        operations: &[("ssm", "ModifyDocumentPermission")],
        test: |subject| {
            subject
                .texts("AccountIdsToAdd[]")
                .into_iter()
                .filter(|account| subject.account != Some(account))
                .map(|account| claim(Effect::Expose, format!("lets `{account}` read and run the document")))
                .collect()
        },
    },
    Rule {
        id: "ssm-commands-run",
        finds: "commands or a session on machines",
        shape: Shape::Delegation { identity: &["ServiceRoleArn"] },
        operations: &[("ssm", "SendCommand"), ("ssm", "StartSession"), ("ssm", "ResumeSession")],
        test: |subject| {
            let tagged = subject.texts("Targets[].Key").iter().any(|key| key.starts_with("tag"));
            let why =
                if tagged { "runs commands on every machine of a tag" } else { "runs commands on machines" };
            vec![claim(Effect::Execute, why)]
        },
    },
    Rule {
        id: "ssm-automation-run",
        finds: "a document whose steps call other services",
        shape: Shape::Delegation { identity: &["Parameters.AutomationAssumeRole[]"] },
        operations: &[("ssm", "StartAutomationExecution"), ("ssm", "StartChangeRequestExecution")],
        test: automation,
    },
];

/// Beginnings of the names of AWS's own documents, and what their steps do.
const DOCUMENTS: [(&str, Effect); 8] = [
    ("AWS-Terminate", Effect::Destroy),
    ("AWS-Delete", Effect::Destroy),
    ("AWSConfigRemediation-Delete", Effect::Destroy),
    ("AWS-Stop", Effect::Interrupt),
    ("AWS-Reboot", Effect::Interrupt),
    ("AWS-Restart", Effect::Interrupt),
    ("AWS-Detach", Effect::Interrupt),
    ("AWS-Disable", Effect::GuardRemoval),
];

fn automation(subject: &Subject<'_>) -> Vec<Claim> {
    let named = subject.text("DocumentName").or_else(|| subject.text("Runbooks[].DocumentName"));
    let name = named.and_then(|name| name.rsplit('/').next()).unwrap_or_default();
    let mut claims = vec![claim(Effect::Execute, format!("carries out the steps of the document `{name}`"))];
    let known = DOCUMENTS.iter().filter(|(start, _)| name.starts_with(start));
    claims.extend(known.map(|(_, effect)| claim(*effect, format!("does what the document `{name}` is for"))));
    claims
}
