//! `interlock explain`: reads what an agent would send and says what the policy would say. Needs no daemon, touches
//! nothing.

use std::collections::BTreeSet;

use interlock_action::{Bears, Effect, EnvironmentName, Kind, TargetId};
use interlock_flow::Explained;
use interlock_policy::{Bundle, Need, Tier};
use interlock_reader_aws::wire::{Body, Request, Scope};
use interlock_reader_terraform::{Place, Plan, State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The input is not the surface's input object.
    #[error("not an input object: {0}")]
    Input(String),
    /// The request is refused rather than guessed at.
    #[error(transparent)]
    Read(#[from] interlock_reader_aws::ReadError),
    /// The plan is refused rather than guessed at.
    #[error(transparent)]
    Plan(#[from] interlock_reader_terraform::ReadError),
}

/// The `aws` surface's input: a request as it would be sent. The signature is not checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsInput {
    /// `POST`.
    pub method: String,
    /// The whole URL.
    pub url: String,
    /// Headers by name.
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
    /// The body, base64.
    #[serde(default)]
    pub body_base64: String,
}

/// One target of a [`Verdict`].
#[derive(Clone, Debug, Serialize)]
pub struct TargetRow {
    /// Its ARN.
    pub id: TargetId,
    /// What it is.
    pub kind: Kind,
    /// Where it belongs.
    pub environment: Option<EnvironmentName>,
    /// Whether it bears data.
    pub data: Bears,
}

/// What the policy would say.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// `aws:rds:DeleteDBInstance`.
    pub operation: String,
    /// What it does.
    pub effects: BTreeSet<Effect>,
    /// To what.
    pub targets: Vec<TargetRow>,
    /// What it takes.
    pub tier: Tier,
    /// `allow`, `hold` or `refuse`.
    pub decision: &'static str,
    /// What would be missing.
    pub needs: Vec<Need>,
    /// Which rules have a say.
    pub rules: Vec<String>,
    /// What could not be told.
    pub unknowns: Vec<String>,
    /// What happens, in plain words, where the operation does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// Other readings of the same bytes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Verdict>,
    /// What it consists of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Verdict>,
}

/// Explains one AWS request.
pub fn aws(
    input: &serde_json::Value,
    environment: Option<&EnvironmentName>,
    bundle: &Bundle,
) -> Result<Verdict, ExplainError> {
    let input: AwsInput =
        serde_json::from_value(input.clone()).map_err(|error| ExplainError::Input(error.to_string()))?;
    let request = request(&input)?;
    let scope = scope(&request);
    let reading = interlock_reader_aws::read(&request, scope.as_ref(), None)?;
    let mut verdicts: Vec<Verdict> = reading
        .candidates
        .iter()
        .map(|candidate| {
            let explained = interlock_flow::explain(&candidate.action, environment, bundle);
            verdict(candidate.action.operation.to_string(), explained)
        })
        .collect();
    verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.tier));
    if verdicts.is_empty() {
        return Err(ExplainError::Input("nothing could be read in it".to_owned()));
    }
    let mut worst = verdicts.remove(0);
    if !verdicts.is_empty() {
        let first = worst.clone();
        worst.candidates = std::iter::once(first).chain(verdicts).collect();
    }
    Ok(worst)
}

/// The `terraform` surface's input: a plan as `terraform show -json` prints it, beside the state that it is made from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TerraformInput<'a> {
    #[serde(borrow)]
    plan: &'a RawValue,
    state: Option<serde_json::Value>,
    prior_serial: Option<u64>,
}

/// Explains a Terraform plan: each of its changes, and all of them together. The plan alone is taken for the input, too.
pub fn terraform(
    input: &[u8],
    environment: Option<&EnvironmentName>,
    bundle: &Bundle,
) -> Result<Verdict, ExplainError> {
    let given: Option<TerraformInput<'_>> = serde_json::from_slice(input).ok();
    let (plan, state) = match &given {
        Some(given) => {
            let told = given.state.is_some() || given.prior_serial.is_some();
            let state = given.state.clone().unwrap_or_default();
            let state = told.then(|| State::parse(&state, given.prior_serial)).transpose()?;
            (Plan::parse(given.plan.get().as_bytes())?, state)
        }
        None => (Plan::parse(input)?, None),
    };
    let reading = interlock_reader_terraform::read(&plan, state.as_ref(), Place::default());
    let explained = |action: &interlock_action::Action| {
        verdict(action.operation.to_string(), interlock_flow::explain(action, environment, bundle))
    };
    let mut whole = explained(&reading.whole);
    for planned in &reading.changes {
        let words = format!("{} {}", planned.change.address, planned.change.act);
        let change = Verdict { what: Some(words), ..explained(&planned.action) };
        whole.add(change);
    }
    Ok(whole)
}

impl Verdict {
    /// Takes in a part: the worst of all counts.
    fn add(&mut self, part: Self) {
        let rank = |decision: &str| ["allow", "hold", "refuse"].iter().position(|known| *known == decision);
        if rank(part.decision) > rank(self.decision) {
            self.decision = part.decision;
        }
        self.tier = self.tier.max(part.tier);
        self.effects.extend(part.effects.iter().copied());
        merge(&mut self.needs, &part.needs);
        merge(&mut self.rules, &part.rules);
        merge(&mut self.unknowns, &part.unknowns);
        for target in &part.targets {
            if !self.targets.iter().any(|have| have.id == target.id) {
                self.targets.push(target.clone());
            }
        }
        self.actions.push(part);
    }
}

fn merge<T: PartialEq + Clone>(have: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !have.contains(one) {
            have.push(one.clone());
        }
    }
}

fn verdict(operation: String, explained: Explained) -> Verdict {
    Verdict {
        operation,
        effects: explained.falls.iter().map(|fall| fall.effect).collect(),
        targets: explained
            .targets
            .into_iter()
            .map(|target| TargetRow {
                id: target.id,
                kind: target.kind,
                environment: target.environment,
                data: target.data,
            })
            .collect(),
        tier: explained.decision.tier(),
        decision: explained.decision.name(),
        needs: explained.decision.needs().to_vec(),
        rules: explained
            .decision
            .rules()
            .iter()
            .map(|reason| reason.rule.to_string())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        unknowns: explained.unknowns,
        what: None,
        candidates: Vec::new(),
        actions: Vec::new(),
    }
}

fn request(input: &AwsInput) -> Result<Request, ExplainError> {
    use base64::Engine as _;
    let bad = |why: &str| ExplainError::Input(why.to_owned());
    let uri: http::Uri = input.url.parse().map_err(|_| bad("`url` is not a URL"))?;
    let body = base64::engine::general_purpose::STANDARD.decode(&input.body_base64);
    let mut headers: Vec<(String, String)> =
        input.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    if let Some(host) = uri.host()
        && !headers.iter().any(|(name, _)| name == "host")
    {
        headers.push(("host".to_owned(), host.to_owned()));
    }
    Ok(Request {
        method: input.method.to_ascii_uppercase(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: Body::Bytes(body.map_err(|_| bad("`body_base64` is not base64"))?),
    })
}

/// The credential scope of the `Authorization` header or of a presigned query.
fn scope(request: &Request) -> Option<Scope> {
    let header = request.header("authorization").and_then(|value| value.split("Credential=").nth(1));
    let query = request.query.split('&').find_map(|pair| pair.strip_prefix("X-Amz-Credential="));
    let text = header.map(|value| value.split([',', ' ']).next().unwrap_or_default().to_owned());
    let text = text.or_else(|| query.map(|value| value.replace("%2F", "/")))?;
    let mut parts = text.split('/').skip(2);
    Some(Scope { region: parts.next()?.to_owned(), service: parts.next()?.to_owned() })
}
