//! The API's own description: OpenAPI 3.1, made from the types that it speaks.
//!
//! One table. A test holds it against the routes, and `docs/reference/openapi.json` against what it makes.
#![expect(clippy::indexing_slicing, reason = "a JSON object gets the member that it has not")]

use interlock_action::ActionId;
use interlock_api::{
    AccessRequest, AddAgent, AddKey, AddPerson, Added, AdoptState, BreakGlass, ConsoleLink, DecisionRequest,
    Decisions, DrillRequest, EndGrant, EvaluationAnswer, EvaluationAnswers, EvaluationRequest,
    EvaluationsRequest, Fault, Feed, FreezeRequest, GrantOffer, GrantRow, KeptPoint, LedgerQuery, LedgerRow,
    LinkReply, NonceReply, OfferedPasskey, OpenSession, OpenedSession, PointRun, PurgeBegun, Reached,
    RemoveKey, RemovePerson, RequestRow, RequestView, RestSession, ReviewGlass, Selection, SessionReport,
    SessionRow, SignGrant, Status, TaskAnswer, UndoRequest, UndoRun, UnfreezeRequest, WordsAt, WordsSigned,
    WordsToSign, WorkspaceRow,
};
use interlock_approval::Person;
use interlock_flow::{
    Agent, ChangeNote, Freeze, Glass, GrantWish, Preview, StateVersion,
    custody::{PurgeOrder, PurgePreview},
};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::control::{Since, WaitFor, With};

/// The description of the API.
pub(crate) fn openapi() -> Value {
    let mut table = Table::new();
    people(&mut table);
    requests(&mut table);
    stops(&mut table);
    undoing(&mut table);
    policy(&mut table);
    table.document()
}

fn people(table: &mut Table) {
    table.get::<Status>("/v1/status", "How the daemon is.").console();
    table
        .post::<(), NonceReply>("/v1/nonce", "A value to be signed into the next statement, once.")
        .console();
    table.get::<Vec<Person>>("/v1/people", "Everybody enrolled, with their keys.").console();
    table.post::<Added<AddPerson>, Option<RequestRow>>("/v1/people", "Enrol a person.");
    table.post::<Added<RemovePerson>, Option<RequestRow>>("/v1/people/remove", "Take a person out.");
    table.post::<Added<AddKey>, Option<RequestRow>>("/v1/people/keys", "Enrol a further key of a person.");
    table.post::<Added<RemoveKey>, Option<RequestRow>>("/v1/people/keys/remove", "Take a key out.");
    table.get::<Vec<Agent>>("/v1/agents", "Every agent.").console();
    table.post::<Added<AddAgent>, ()>("/v1/agents", "Register an agent.");
    table.get::<Vec<SessionRow>>("/v1/sessions", "Every session, the newest first.").console();
    table.post::<OpenSession, OpenedSession>("/v1/sessions", "Open a session, or resume one.");
    table.delete("/v1/sessions/{id}", "End a session.").query::<With>();
    table.post::<RestSession, ()>("/v1/sessions/{id}/rest", "The command of a session has ended.");
    table.post::<Reached, ()>(
        "/v1/sessions/{id}/reached",
        "The command of a session reached for something that was left out of its sandbox.",
    );
    table.get::<SessionReport>("/v1/sessions/{id}/report", "What came of a session.");
    table.post::<Added<ConsoleLink>, LinkReply>(
        "/v1/console",
        "A link that lets its signer into the console, once.",
    );
    table.post::<WordsToSign, WordsAt>("/v1/words", "Hand in words that a person signs in the console.");
    table.get::<WordsSigned>("/v1/words/{id}", "Their signature.").query::<WaitFor>();
    table.get::<OfferedPasskey>(
        "/v1/passkeys/{id}",
        "A passkey that was made in the console and is nobody's yet.",
    );
}

fn requests(table: &mut Table) {
    table.get::<Vec<RequestRow>>("/v1/requests", "Held actions, the newest first.").console();
    table.get::<Feed>("/v1/requests/feed", "Requests as they are opened and moved.").query::<Since>();
    table.get::<RequestView>("/v1/requests/{id}", "One request, whole.").console();
    table.post::<DecisionRequest, RequestView>("/v1/requests/{id}/decision", "Approve or deny it.").console();
    table.get::<RequestView>("/v1/requests/{id}/wait", "Answers once it is settled.").query::<WaitFor>();
    let together = "Decide on several with one signature: verb `approve-together` or `deny-together`.";
    table.post::<Added<Decisions>, Vec<RequestView>>("/v1/requests/decisions", together).console();
    let offer = "What a grant for the like of it would be.";
    table.get::<GrantOffer>("/v1/requests/{id}/grant", offer).query::<GrantWish>().console();
    table
        .get::<Vec<interlock_flow::Plan>>("/v1/plans", "What agents have handed in, the newest first.")
        .console();
    table.get::<Vec<GrantRow>>("/v1/grants", "Standing grants, those that stand first.").console();
    table.post::<Added<SignGrant>, GrantRow>("/v1/grants", "Sign a grant's terms: verb `grant`.").console();
    table.post::<Added<EndGrant>, GrantRow>("/v1/grants/end", "End a grant: verb `end-grant`.").console();
    table.get::<Vec<LedgerRow>>("/v1/ledger", "Entries of the ledger.").query::<LedgerQuery>().console();
}

fn stops(table: &mut Table) {
    table.get::<Vec<Freeze>>("/v1/freezes", "What is frozen.");
    table.post::<FreezeRequest, ()>("/v1/freezes", "Stop every mutation in a scope.");
    table.post::<Added<UnfreezeRequest>, ()>("/v1/unfreeze", "Let a scope go on.");
    table.get::<Vec<Glass>>("/v1/glass", "Every broken glass.");
    table.post::<Added<BreakGlass>, Glass>("/v1/glass", "Stand in for people in an incident.");
    table.post::<Added<ReviewGlass>, Glass>(
        "/v1/glass/review",
        "Say that you looked at what somebody did with it.",
    );
    table.post::<Added<ReviewGlass>, Glass>("/v1/glass/mend", "End it before its time.");
}

fn undoing(table: &mut Table) {
    table.get::<Vec<WorkspaceRow>>("/v1/terraform/workspaces", "Terraform workspaces, and their states.");
    table.post::<Added<AdoptState>, StateVersion>("/v1/terraform/adopt", "Bring a state in.");
    table.get::<Vec<(ActionId, ChangeNote)>>("/v1/changes", "Changes that can be taken back.");
    table.post::<Selection, Preview>("/v1/undo/preview", "What taking changes back would do.");
    table.post::<Added<UndoRequest>, UndoRun>("/v1/undo", "Take changes back.");
    table.get::<UndoRun>("/v1/undo/{id}", "How far that has come.");
    table.get::<Vec<KeptPoint>>("/v1/recovery", "Recovery points in custody.");
    table.post::<Added<DrillRequest>, PointRun>(
        "/v1/recovery/drill",
        "Restore one to a scratch copy, and see.",
    );
    table.post::<PurgeOrder, PurgePreview>("/v1/recovery/purge/preview", "What removing points would do.");
    table.post::<Added<PurgeOrder>, PurgeBegun>("/v1/recovery/purge", "Have points removed.");
    table.get::<PointRun>("/v1/recovery/run/{id}", "How far that has come.");
}

fn policy(table: &mut Table) {
    table.get::<Value>("/v1/openapi.json", "This description.").console();
    let one =
        "AuthZEN 1.0: what the policy says of one agent, effect and resource, with nothing brought for it.";
    table.post::<EvaluationRequest, EvaluationAnswer>("/access/v1/evaluation", one);
    table.post::<EvaluationsRequest, EvaluationAnswers>(
        "/access/v1/evaluations",
        "AuthZEN 1.0: the same of several.",
    );
    let asks = "AuthZEN's access requests: the task of a denial whose call is held.";
    table.post::<AccessRequest, TaskAnswer>("/access/v1/requests", asks);
    table.get::<TaskAnswer>("/access/v1/requests/{id}", "How a task stands.");
    table.get::<Value>("/.well-known/authzen-configuration", "AuthZEN 1.0: where its endpoints are.");
}

/// What stands in the description so far.
struct Table {
    schemas: SchemaGenerator,
    paths: Map<String, Value>,
}

/// One operation, to say more of it.
struct Told<'a> {
    schemas: &'a mut SchemaGenerator,
    operation: &'a mut Value,
}

impl Table {
    fn new() -> Self {
        let settings = SchemaSettings::draft2020_12()
            .with(|settings| "/components/schemas".clone_into(settings.definitions_path.to_mut()));
        Self { schemas: settings.into_generator(), paths: Map::new() }
    }

    fn get<A: JsonSchema>(&mut self, path: &str, summary: &str) -> Told<'_> {
        let answer = self.schemas.subschema_for::<A>().to_value();
        self.put("get", path, summary, None, Some(answer))
    }

    fn post<B: JsonSchema, A: JsonSchema>(&mut self, path: &str, summary: &str) -> Told<'_> {
        let nothing = self.schemas.subschema_for::<()>().to_value();
        let body = self.schemas.subschema_for::<B>().to_value();
        let answer = self.schemas.subschema_for::<A>().to_value();
        let some = |schema: Value| (schema != nothing).then_some(schema);
        let (body, answer) = (some(body), some(answer));
        self.put("post", path, summary, body, answer)
    }

    fn delete(&mut self, path: &str, summary: &str) -> Told<'_> {
        self.put("delete", path, summary, None, None)
    }

    fn put(
        &mut self,
        method: &str,
        path: &str,
        summary: &str,
        body: Option<Value>,
        answer: Option<Value>,
    ) -> Told<'_> {
        let content = |schema: Value| json!({"application/json": {"schema": schema}});
        let fault = self.schemas.subschema_for::<Fault>().to_value();
        let well = match answer {
            Some(schema) => ("200", json!({"description": "Done.", "content": content(schema)})),
            None => ("204", json!({"description": "Done."})),
        };
        let else_ = json!({"description": "Why not, and what to do next.", "content": content(fault)});
        let mut operation = json!({"summary": summary, "responses": {well.0: well.1, "default": else_}});
        let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameter =
            |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
        operation["parameters"] = named.map(parameter).collect();
        if let Some(schema) = body {
            operation["requestBody"] = json!({"required": true, "content": content(schema)});
        }
        let at = self.paths.entry(path).or_insert_with(|| json!({}));
        at[method] = operation;
        Told { schemas: &mut self.schemas, operation: &mut at[method] }
    }

    fn document(mut self) -> Value {
        let schemas = self.schemas.take_definitions(true);
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Interlock",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "What `--json` prints and the console shows. Served on the control socket of a home, and the \
                    operations with the security `visit` also by the console, below `/api`. No credential of an agent opens it.",
            },
            "servers": [
                {"url": "http://interlock", "description": "the control socket"},
                {"url": "/api", "description": "the console, for operations with the security `visit`"},
            ],
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "visit": {
                        "type": "apiKey",
                        "in": "cookie",
                        "name": "interlock",
                        "description": "A person's visit of the console; behind TLS the cookie is `__Host-interlock`. What \
                            changes something carries its token in `x-interlock-token` (`GET /api/v1/visit` tells it). A visit \
                            decides nothing: every decision carries a signature of its own.",
                    },
                },
            },
        })
    }
}

impl Told<'_> {
    /// It is served by the console too.
    fn console(self) {
        self.operation["security"] = json!([{}, {"visit": []}]);
    }

    /// It takes these in its query.
    fn query<Q: JsonSchema>(self) -> Self {
        let schema = self.schemas.clone().into_root_schema_for::<Q>().to_value();
        let of = |name: &str| schema.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let (fields, definitions) = (of("properties"), of("$defs"));
        debug_assert!(definitions.is_empty());
        let parameters =
            fields.into_iter().map(|(name, schema)| json!({"name": name, "in": "query", "schema": schema}));
        if let Some(all) = self.operation["parameters"].as_array_mut() {
            all.extend(parameters);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let mut routed = BTreeSet::new();
        for line in
            include_str!("control.rs").lines().filter_map(|line| line.trim().strip_prefix(".route(\""))
        {
            let (path, methods) = line.split_once("\", ").unwrap();
            for method in
                ["get", "post", "delete"].iter().filter(|method| methods.contains(&format!("{method}(")))
            {
                routed.insert(format!("{method} {}", path.replace("{*", "{")));
            }
        }
        let described = openapi()["paths"].as_object().unwrap().clone();
        let described: BTreeSet<String> = described
            .iter()
            .flat_map(|(path, methods)| {
                methods
                    .as_object()
                    .unwrap()
                    .keys()
                    .map(|method| format!("{method} {path}"))
                    .collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = openapi();
        let mut todo = vec![&document];
        let mut seen = 0;
        while let Some(value) = todo.pop() {
            if let Some(to) = value.get("$ref").and_then(Value::as_str) {
                assert!(document.pointer(to.trim_start_matches('#')).is_some(), "{to}");
                seen += 1;
            }
            match value {
                Value::Array(all) => todo.extend(all),
                Value::Object(all) => todo.extend(all.values()),
                _ => {}
            }
        }
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn the_written_description_is_this_one() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/reference/openapi.json");
        let now = format!("{}\n", serde_json::to_string_pretty(&openapi()).unwrap());
        if std::env::var_os("INSTA_UPDATE").is_some_and(|how| how == "always") {
            std::fs::write(&file, &now).unwrap();
        }
        assert!(
            std::fs::read_to_string(&file).unwrap_or_default() == now,
            "`INSTA_UPDATE=always` writes it anew"
        );
    }
}
